//! Layers, overrides beside Score files, and locks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod run;

use std::collections::BTreeSet;

use run::{Run, SLOTS, score, web};
use score_spec::{
    load::Loaded,
    overlay::{Effects, Layer},
};

/// The workloads of a run as JSON-like text: metadata, images and variables, ports, and types of resources.
fn outcome(loaded: &Loaded) -> String {
    let workloads = loaded.workloads.iter().map(|workload| {
        let annotations = workload.annotations.iter();
        let annotations = annotations.map(|(key, it)| format!("{key}={it}"));
        let containers = workload.containers.iter().map(|(name, container)| {
            let variables = container.variables.keys().cloned().collect::<Vec<_>>();
            format!("{name}={} {variables:?}", container.image)
        });
        let ports = workload
            .ports
            .iter()
            .map(|(name, port)| format!("{name}={}", port.port));
        let resources = workload.resources.iter();
        let resources = resources.map(|(name, it)| format!("{name}={}", it.kind));
        let parts = annotations.chain(containers).chain(ports).chain(resources);
        let parts: Vec<String> = parts.collect();
        format!("{}: {}", workload.name, parts.join(", "))
    });
    workloads.collect::<Vec<_>>().join("; ")
}

#[test]
fn layers_apply_in_order() {
    let two = score(
        "metadata: {name: web, annotations: {aa: '0'}}, service: {ports: {http: {port: 80}, tcp: {port: 81}}}, containers: {main: {image: i:1}, side: {image: i:2}}, resources: {db: {type: postgres}}",
    );
    for (layers, expected) in [
        (
            &["{}"][..],
            "web: aa=0, main=i:1 [], side=i:2 [], http=80, tcp=81, db=postgres",
        ),
        // Exact names come after globs, and globs after `*`, wherever they are in the file.
        (
            &[
                "web: {metadata: {annotations: {aa: '3'}}}\nw*: {metadata: {annotations: {aa: '2', bb: '2'}}}\n'*': {metadata: {annotations: {aa: '1', bb: '1', cc: '1'}}}\nx*: {metadata: null}",
            ],
            "web: aa=3, bb=2, cc=1, main=i:1 [], side=i:2 [], http=80, tcp=81, db=postgres",
        ),
        (
            &[
                "web: {metadata: {annotations: {aa: '3'}}}",
                "'*': {metadata: {annotations: null}}",
            ],
            "web: main=i:1 [], side=i:2 [], http=80, tcp=81, db=postgres",
        ),
        // An exact key comes after `*`, and `*` does not apply to an entry of the same layer.
        (
            &[
                "web: {containers: {main: {variables: {B: x}}, new: {image: i:3}, '*': {image: i:4, variables: {A: x}}}}",
            ],
            "web: aa=0, main=i:4 [\"A\", \"B\"], side=i:4 [\"A\"], new=i:3 [], http=80, tcp=81, db=postgres",
        ),
        (
            &[
                "web: {service: {ports: {'*': {port: 9}, tcp: null}}, resources: {'*': {type: redis}, new: {type: s3}}}",
            ],
            "web: aa=0, main=i:1 [], side=i:2 [], http=9, db=redis, new=s3",
        ),
        (
            &["web: {containers: {side: null}, service: null, resources: {'*': null}}"],
            "web: aa=0, main=i:1 []",
        ),
    ] {
        let (loaded, found) = Run::new(&two, layers).load();
        assert_eq!(
            (outcome(&loaded), found),
            (expected.to_owned(), vec![]),
            "{layers:?}"
        );
    }
}

#[test]
fn a_star_makes_no_key() {
    let bare = score("metadata: {name: web}, containers: {main: {image: i:1}}");
    let layer = "'*': {containers: {'*': {variables: {A: x}}}, resources: {'*': {class: x}}, service: {ports: {'*': {port: 1}}}}";
    let (loaded, found) = Run::new(&bare, &[layer]).load();
    assert_eq!(
        (outcome(&loaded).as_str(), found),
        ("web: main=i:1 [\"A\"]", vec![])
    );
    // Nor does it make a map around the entries.
    for (text, expected) in [
        ("{metadata: {name: web}}", "{metadata: {name: web}}"),
        (
            "{containers: x, resources: [], service: {ports: null}}",
            "{containers: x, resources: [], service: {ports: null}}",
        ),
    ] {
        let (with, without) = (
            Run::new(text, &[layer]).codes(),
            Run::new(expected, &[]).codes(),
        );
        assert_eq!(with, without, "{text}");
    }
}

#[test]
fn a_null_leaves_a_workload_out() {
    for (layers, is_left_out) in [
        (&["web: null"][..], true),
        (&["w*: null"], true),
        (&["'*': null"], true),
        (&["api: null"], false),
        (&["'*': null\nweb: {}"], false),
        (&["w*: null\nweb: {}"], false),
        (&["web: null", "web: {}"], false),
        (&["web: null", "'*': {}\nw*: {}"], true),
        (&["web: {}", "'*': null"], true),
        (&["web: null", "web: {}", "web: null"], true),
    ] {
        let (loaded, found) = Run::new(&web(), layers).load();
        assert_eq!(found, Vec::<String>::new(), "{layers:?}");
        assert_eq!(loaded.names, ["web"]);
        assert_eq!(
            loaded.left_out.len(),
            usize::from(is_left_out),
            "{layers:?}"
        );
        assert_eq!(loaded.workloads.is_empty(), is_left_out, "{layers:?}");
    }
    // A workload that is left out is not validated.
    assert_eq!(
        Run::new("{metadata: {name: web}}", &["web: null"]).codes(),
        Vec::<String>::new()
    );
}

#[test]
fn entries_without_effect_are_reported() {
    for (layer, expected) in [
        (
            "web: {containers: {app: {variables: {A: x}}}}",
            &["override/no-effect layer-0.yaml:app"][..],
        ),
        (
            "web: {containers: {app: null}}",
            &["override/no-effect layer-0.yaml:app"],
        ),
        (
            "web: {resources: {db: {class: x}}}",
            &["override/no-effect layer-0.yaml:db"],
        ),
        (
            "web: {resources: {db: {type: null}}}",
            &["override/no-effect layer-0.yaml:db"],
        ),
        (
            "web: {service: {ports: {http: null}}}",
            &["override/no-effect layer-0.yaml:http"],
        ),
        ("api: {containers: {app: {variables: {A: x}}}}", &[]),
    ] {
        let (loaded, found) = Run::new(&web(), &[layer]).load();
        assert_eq!(found, expected, "{layer}");
        assert_eq!(outcome(&loaded), "web: main=nginx:1 []", "{layer}");
    }
    // An entry for several workloads only needs to change one of them.
    let api = score("metadata: {name: api}, containers: {app: {image: i:1}}");
    let layer = "'*': {containers: {app: {variables: {A: x}}, none: {variables: {A: x}}}}";
    let documents = format!("{}\n---\n{api}", web());
    let (_, found) = Run::new(&documents, &[layer]).load();
    assert_eq!(found, ["override/no-effect layer-0.yaml:none"]);
    let mut effects = Effects::default();
    for (text, expected) in [(web(), 2), (api, 1)] {
        let (loaded, _) = Run::new(&text, &[layer]).load();
        effects.extend(loaded.effects);
        assert_eq!(effects.clone().into_diagnostics().count(), expected);
    }
}

#[test]
fn names_and_globs_without_a_workload_are_known() {
    let mut run = Run::new("", &[]);
    let node = run.node(
        "layer",
        "'*': {}\nweb: {}\nwbe: null\norders-*: {}\nw*: {}\n",
    );
    let layer = Layer::read(&node, SLOTS, &mut run.diagnostics);
    let names = BTreeSet::from(["web".to_owned()]);
    let unmatched = layer.unmatched(&names).map(|(name, span)| {
        assert_eq!(run.sources.slice(span), name);
        name
    });
    assert_eq!(unmatched.collect::<Vec<_>>(), ["orders-*", "wbe"]);
}

#[test]
fn invalid_layers_are_reported() {
    for (layer, expected) in [
        ("[web]", &["project/invalid layer-0.yaml:[web]"][..]),
        ("web: x", &["project/invalid layer-0.yaml:x"]),
        ("web: {'*': x}", &["project/invalid layer-0.yaml:'*'"]),
        (
            "web: {metadata: {annotations: {'*': x}}}",
            &["project/invalid layer-0.yaml:'*'"],
        ),
        (
            "web: {containers: {'*': {variables: {'*': x}}}}",
            &["project/invalid layer-0.yaml:'*'"],
        ),
        (
            "web: {metadata: {annotations: {replicas: '1', autoscaling: x}}}",
            &["project/invalid layer-0.yaml:autoscaling layer-0.yaml:replicas"],
        ),
        (
            "web: {metadata: {annotations: {replicas: '1', autoscaling: null}}}",
            &[],
        ),
    ] {
        let (_, found) = Run::new(&web(), &[layer]).load();
        assert_eq!(found, expected, "{layer}");
    }
    let db = score(
        "metadata: {name: web}, containers: {main: {image: i:1}}, resources: {db: {type: redis}}",
    );
    let layer = "web: {resources: {db: {params: {headers: {'*': x}}}}}";
    let (_, found) = Run::new(&db, &[layer]).load();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn exclusive_annotations_are_one_slot() {
    let text = score(
        "metadata: {name: web, annotations: {replicas: '2'}}, containers: {main: {image: i:1}}",
    );
    for (layers, expected) in [
        (
            &["web: {metadata: {annotations: {other: x}}}"][..],
            "replicas=2, other=x",
        ),
        (
            &["web: {metadata: {annotations: {autoscaling: x}}}"],
            "autoscaling=x",
        ),
        (
            &[
                "'*': {metadata: {annotations: {autoscaling: x}}}",
                "web: {metadata: {annotations: {replicas: '3'}}}",
            ],
            "replicas=3",
        ),
        (
            &[
                "'*': {metadata: {annotations: {autoscaling: x}}}\nweb: {metadata: {annotations: {replicas: '3'}}}",
            ],
            "replicas=3",
        ),
        (
            &["web: {metadata: {annotations: {autoscaling: null}}}"],
            "replicas=2",
        ),
    ] {
        let (loaded, found) = Run::new(&text, layers).load();
        let expected = format!("web: {expected}, main=i:1 []");
        assert_eq!((outcome(&loaded), found), (expected, vec![]), "{layers:?}");
    }
}

#[test]
fn an_override_beside_a_score_file_is_an_overrides_file() {
    for text in [
        "",
        "{}",
        "metadata: {name: api}",
        "metadata: {annotations: {a: b}}\ncontainers: {main: {image: x:2}, side: {image: y:1}}",
        "containers: {main: null}",
        "containers: null",
        "a: 1",
        "[a]",
        "a\n---\nb",
        "a: {a: 1, a: 2}",
        "metadata: {'*': x}",
    ] {
        let with = |run: Run| {
            let (loaded, found) = run.load();
            let found: Vec<_> = found
                .iter()
                .map(|it| it.replace("score.prod.yaml", "overrides.yaml"))
                .collect();
            (format!("{:?} {:?}", loaded.workloads, loaded.drafts), found)
        };
        let beside = with(Run::new(&web(), &[]).beside(text));
        assert_eq!(beside, with(Run::new(&web(), &[]).file(text)), "{text}");
    }
}

#[test]
fn an_override_beside_several_workloads_names_one() {
    let two = format!("{}\n---\n{}", web(), web().replace("web", "api"));
    let of_api = "metadata: {name: api}\ncontainers: {main: {image: x:2}}";
    let (loaded, found) = Run::new(&two, &[]).beside(of_api).load();
    assert_eq!(
        (outcome(&loaded).as_str(), found),
        ("web: main=nginx:1 []; api: main=x:2 []", vec![])
    );
    for text in [
        "containers: null",
        "{}",
        "metadata: {name: wbe}",
        "metadata: {name: 1}",
        "",
    ] {
        assert_eq!(
            Run::new(&two, &[]).beside(text).codes(),
            ["override/invalid"],
            "{text}"
        );
    }
    for text in [
        "containers: {'*': {image: x}}",
        "service: {ports: {'*': {}}}",
        "resources: {'*': null}",
    ] {
        assert_eq!(
            Run::new(&web(), &[]).beside(text).codes(),
            ["override/invalid"],
            "{text}"
        );
    }
}

#[test]
fn precedence_is_layers_then_files_beside_then_options() {
    let layer = "web: {containers: {main: {image: a:1, variables: {L: x}}}}";
    let run = || Run::new(&web(), &[layer]);
    for (run, expected) in [
        (run(), "a:1"),
        (run().beside("containers: {main: {image: b:1}}"), "b:1"),
        (
            run()
                .file("containers: {main: {image: c:1}}")
                .beside("containers: {main: {image: b:1}}"),
            "c:1",
        ),
        (
            run()
                .file("containers: {main: {image: c:1}}")
                .property("containers.main.image=d:1"),
            "d:1",
        ),
    ] {
        let (loaded, found) = run.load();
        let expected = format!("web: main={expected} [\"L\"]");
        assert_eq!((outcome(&loaded), found), (expected, vec![]));
    }
}

#[test]
fn layers_that_add_too_much_are_refused() {
    let containers = |count: usize| {
        let containers = (0..count).map(|at| format!("c{at}: {{image: i:1}}"));
        let containers: Vec<_> = containers.collect();
        score(&format!(
            "metadata: {{name: web}}, containers: {{{}}}",
            containers.join(", ")
        ))
    };
    let variables: Vec<_> = (0..1_000).map(|at| format!("V{at}: x")).collect();
    // Validation of the variables would take most of the time.
    let remove = "'*': {containers: {'*': {variables: null}}}";
    let layer = format!(
        "'*': {{containers: {{'*': {{variables: {{{}}}}}}}}}",
        variables.join(", ")
    );
    assert_eq!(
        Run::new(&containers(100), &[&layer, remove]).codes(),
        Vec::<String>::new()
    );
    assert_eq!(
        Run::new(&containers(1_100), &[&layer, remove]).codes(),
        ["yaml/limit"]
    );
    // All documents of a file count, and the containers that an override adds.
    let documents = vec![containers(300); 4].join("\n---\n");
    assert_eq!(
        Run::new(&documents, &[&layer, remove]).codes(),
        ["yaml/limit"]
    );
    let run = Run::new(&containers(1), &[&layer, remove]).file(&containers(1_100));
    assert_eq!(run.lock("containers.*.variables").codes(), ["yaml/limit"]);
}
