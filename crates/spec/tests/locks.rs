//! Locks cannot be passed, and report nothing else.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod run;

use run::{Run, score, web};

/// Decides an annotation, and the resources of each container.
const LAYER: &str = "'*': {metadata: {annotations: {profile: strict}}, containers: {'*': {resources: {limits: {cpu: '1'}}}}}";

/// The locks of [`guarded`].
const LOCKS: [&str; 4] = [
    "metadata.annotations.profile",
    "metadata.annotations.other",
    "containers.*.resources",
    "containers.*.volumes.*.readOnly",
];

fn guarded(score: &str) -> Run {
    LOCKS
        .iter()
        .fold(Run::new(score, &[LAYER]), |run, path| run.lock(path))
}

const NAME: &str = "name: web";
const IMAGE: &str = "image: nginx:1";

#[test]
fn score_files_cannot_pass_a_lock() {
    let profile = "metadata.annotations.profile";
    for (metadata, container, expected) in [
        ("", "", &[][..]),
        (
            "annotations: {profile: strict}",
            "resources: {limits: {cpu: '1'}}",
            &[],
        ),
        ("annotations: {free: x}", "variables: {A: x}", &[]),
        ("annotations: {profile: lax}", "", &[("profile", profile)]),
        (
            "annotations: {other: x}",
            "",
            &[("other", "metadata.annotations.oth…")],
        ),
        ("annotations: {profile: null}", "", &[("profile", profile)]),
        (
            "annotations: {profile: [strict]}",
            "",
            &[("profile", profile)],
        ),
        (
            "annotations: {\"pr\\x6ffile\": lax}",
            "",
            &[("\"pr\\x6ffile\"", profile)],
        ),
        (
            "x: &x {profile: lax}, annotations: *x",
            "",
            &[("profile", profile)],
        ),
        (
            "x: &x {profile: lax}, annotations: {<<: *x}",
            "",
            &[("profile", profile)],
        ),
        (
            "",
            "resources: {limits: {cpu: '2'}}",
            &[("resources", "containers.*.resourc…")],
        ),
        (
            "",
            "resources: {limits: {cpu: 1}}",
            &[("resources", "containers.*.resourc…")],
        ),
        (
            "",
            "resources: {limits: {memory: 1Gi}}",
            &[("resources", "containers.*.resourc…")],
        ),
        ("", "resources: {}", &[]),
        (
            "",
            "resources: null",
            &[("resources", "containers.*.resourc…")],
        ),
        (
            "",
            "volumes: {/d: {source: data, readOnly: true}}",
            &[("readOnly", "containers.*.volumes…")],
        ),
        (
            "",
            "volumes: {/d: {source: data, read_only: true}}",
            &[("read_only", "containers.*.volumes…")],
        ),
        (
            "",
            "volumes: [{target: /d, source: data, read_only: true}]",
            &[("read_only", "containers.*.volumes…")],
        ),
    ] {
        let text = score(&format!(
            "metadata: {{{NAME}, {metadata}}}, containers: {{main: {{{IMAGE}, {container}}}}}"
        ));
        let (_, found) = guarded(&text).load();
        let locked: Vec<String> = found
            .into_iter()
            .filter(|it| it.starts_with("environment"))
            .collect();
        let expected = expected.iter();
        let expected = expected.map(|(key, lock)| {
            format!(
                "environment/locked score.yaml:{key} prod.yaml:{}",
                cut(lock)
            )
        });
        assert_eq!(locked, expected.collect::<Vec<_>>(), "{text}");
    }
}

fn cut(text: &str) -> String {
    text.get(..20)
        .map_or(text.to_owned(), |it| format!("{it}…"))
}

#[test]
fn overrides_files_cannot_pass_a_lock() {
    for (text, expected) in [
        ("{}", &[][..]),
        ("metadata: {annotations: {profile: strict, free: x}}", &[]),
        (
            "containers: {main: {variables: {A: x}, resources: {limits: {cpu: '1'}}}}",
            &[],
        ),
        ("containers: {main: null}", &[]),
        ("metadata: {annotations: {profile: lax}}", &["profile"]),
        ("metadata: {annotations: {profile: null}}", &["profile"]),
        ("metadata: {annotations: {other: x}}", &["other"]),
        ("metadata: {annotations: null}", &["annotations"]),
        ("metadata: null", &["metadata"]),
        ("metadata: x", &["metadata"]),
        ("metadata: {annotations: [profile]}", &["annotations"]),
        ("containers: {main: x}", &["main"]),
        ("containers: {main: {resources: null}}", &["resources"]),
        (
            "containers: {main: {resources: {limits: {cpu: null}}}}",
            &["resources"],
        ),
        (
            "containers: {main: {resources: {limits: {memory: 1G}}}}",
            &["resources"],
        ),
        // The layers do not apply to what an override adds, so it must say the same.
        ("containers: {new: {image: i:1}}", &["new"]),
        (
            "containers: {new: {image: i:1, resources: {limits: {cpu: '1'}}}}",
            &[],
        ),
        (
            "containers: {new: {image: i:1, resources: {limits: {cpu: '2'}}}}",
            &["resources"],
        ),
        (
            "a: &a {profile: lax}\nmetadata: {annotations: {<<: *a}}",
            &["profile"],
        ),
    ] {
        for run in [guarded(&web()).file(text), guarded(&web()).beside(text)] {
            let (_, found) = run.load();
            let locked = found.iter().filter(|it| it.starts_with("environment"));
            let locked: Vec<_> = locked
                .map(|it| it.split([':', ' ']).nth(2).unwrap())
                .collect();
            assert!(
                locked.iter().zip(expected).all(|(a, b)| a == b)
                    && locked.is_empty() == expected.is_empty(),
                "{text}: {found:?}"
            );
        }
    }
}

#[test]
fn properties_cannot_pass_a_lock() {
    for (properties, expected) in [
        (&["metadata.annotations.free=x"][..], 0),
        (&["metadata.annotations.profile=strict"], 0),
        (&["containers.main.resources.limits.cpu='1'"], 0),
        (&["containers.main.variables.A=x"], 0),
        (&["metadata.annotations.profile=lax"], 1),
        (&["metadata.annotations.profile="], 1),
        (&["metadata.annotations="], 1),
        (&["metadata.annotations={}"], 1),
        (&["metadata="], 1),
        (&["containers.main.resources.limits.cpu=1"], 1),
        (&["containers.main.resources="], 1),
        (&["containers.main={image: x}"], 1),
        (&["containers={main: {image: x}}"], 1),
        (&["containers.main=", "containers.main={image: x}"], 1),
        (
            &[
                "containers.main=",
                "containers.main={image: x, resources: {limits: {cpu: '1'}}}",
            ],
            1,
        ),
        (&["containers.new.image=x"], 1),
        (
            &[
                "containers.main.volumes=[{target: /d, source: data}]",
                "containers.main.volumes.0.read_only=true",
            ],
            1,
        ),
        // An option must not say something else even if a later one takes it back.
        (
            &[
                "metadata.annotations.profile=lax",
                "metadata.annotations.profile=strict",
            ],
            1,
        ),
    ] {
        let run = properties
            .iter()
            .fold(guarded(&web()), |run, text| run.property(text));
        let (loaded, found) = run.load();
        let locked = found.iter().filter(|it| it.starts_with("environment"));
        assert_eq!(
            usize::from(locked.count() > 0),
            expected,
            "{properties:?}: {found:?}"
        );
        assert_eq!(
            expected > 0,
            found.iter().any(|it| it.starts_with("environment/locked")),
            "{properties:?} {loaded:?}"
        );
    }
}

#[test]
fn a_new_name_does_not_pass_a_lock() {
    let layers = "'*': {metadata: {annotations: {profile: strict}}}\nweb: {metadata: {annotations: {profile: lax}}}";
    let run = || Run::new(&web(), &[layers]).lock("metadata.annotations.profile");
    assert_eq!(run().codes(), Vec::<String>::new());
    assert_eq!(
        run().property("metadata.name=api").codes(),
        ["environment/locked"]
    );
    let properties = ["metadata.name=api", "metadata.annotations.profile=strict"];
    let both = properties
        .iter()
        .fold(run(), |run, text| run.property(text));
    assert_eq!(both.codes(), Vec::<String>::new());
}

#[test]
fn layers_that_are_not_idempotent_are_not_an_override() {
    // `*` does not apply to the container that a later layer adds, whatever the developer changes elsewhere.
    let later = "web: {containers: {side: {image: x:1}}}";
    let run = || Run::new(&web(), &[LAYER, later]).lock("containers.*.resources");
    for property in [
        "metadata.annotations.free=x",
        "containers.side.variables.A=x",
        "containers.main=",
    ] {
        assert_eq!(
            run().property(property).codes(),
            Vec::<String>::new(),
            "{property}"
        );
    }
    let property = "containers.side.resources={limits: {cpu: '1'}}";
    assert_eq!(run().property(property).codes(), ["environment/locked"]);
}

#[test]
fn defaults_give_values_to_locked_paths() {
    let defaults = "{metadata: {annotations: {profile: strict}}, containers: {'*': {resources: {limits: {cpu: '1'}}}, none: {image: x}}}";
    let run = |score: &str| {
        let run = Run::new(score, &[])
            .defaults(defaults)
            .lock("metadata.annotations.profile");
        run.lock("containers.*.resources")
    };
    for (property, expected) in [
        ("metadata.annotations.free=x", 0),
        ("metadata.annotations.profile=strict", 0),
        ("metadata.annotations.profile=lax", 1),
        ("containers.main.resources={limits: {cpu: '1'}}", 0),
        ("containers.main.resources={limits: {cpu: '2'}}", 1),
        ("containers.new.image=x:1", 0),
        ("containers={}", 0),
    ] {
        let (loaded, found) = run(&web()).property(property).load();
        let locked = found
            .iter()
            .filter(|it| it.starts_with("environment"))
            .count();
        assert_eq!(locked, expected, "{property}: {found:?}");
        // Defaults are not part of the document.
        let workload = loaded.workloads.first();
        let profile = workload.and_then(|it| it.annotations.get("profile"));
        assert_eq!(
            profile.is_some(),
            property.contains("profile="),
            "{property}"
        );
    }
    let lax = score(
        "metadata: {name: web, annotations: {profile: lax}}, containers: {main: {image: i:1}}",
    );
    assert_eq!(run(&lax).codes(), ["environment/locked"]);
}

#[test]
fn a_lock_applies_to_what_it_excludes() {
    let layer = "web: {metadata: {annotations: {replicas: '2'}}}";
    let run = || Run::new(&web(), &[layer]).lock("metadata.annotations.replicas");
    assert_eq!(run().codes(), Vec::<String>::new());
    assert_eq!(
        run().property("metadata.annotations.autoscaling=x").codes(),
        ["environment/locked"]
    );
    let text = score(
        "metadata: {name: web, annotations: {autoscaling: x}}, containers: {main: {image: i:1}}",
    );
    let run = Run::new(&text, &[layer]).lock("metadata.annotations.replicas");
    assert_eq!(run.codes(), ["environment/locked"]);
}

#[test]
fn a_lock_of_an_annotation_applies_to_its_form_for_a_container() {
    for (lock, annotation, expected) in [
        (
            "k8s\\.score\\.dev/pre-stop",
            "k8s.score.dev/main.pre-stop",
            1,
        ),
        (
            "k8s\\.score\\.dev/pre-stop",
            "k8s.score.dev/a.b.pre-stop",
            1,
        ),
        (
            "compose\\.score\\.dev/restart",
            "compose.score.dev/main.restart",
            1,
        ),
        (
            "k8s\\.score\\.dev/pre-stop",
            "compose.score.dev/main.pre-stop",
            0,
        ),
        (
            "k8s\\.score\\.dev/pre-stop",
            "k8s.score.dev/mainpre-stop",
            0,
        ),
        (
            "k8s\\.score\\.dev/main\\.pre-stop",
            "k8s.score.dev/other.pre-stop",
            0,
        ),
        ("acme\\.example/owner", "acme.example/team.owner", 0),
    ] {
        let text = score(&format!(
            "metadata: {{name: web, annotations: {{{annotation}: x}}}}, containers: {{main: {{image: i:1}}}}"
        ));
        let run = Run::new(&text, &[]).lock(&format!("metadata.annotations.{lock}"));
        assert_eq!(run.codes().len(), expected, "{lock}, {annotation}");
    }
}

#[test]
fn any_path_can_be_locked() {
    for (path, expected) in [
        ("containers.*.image", &["environment/locked"][..]),
        ("containers.main.args.0", &["environment/locked"]),
        ("containers", &["environment/locked"]),
        ("*", &["environment/locked"]),
        ("metadata.name", &["environment/locked"]),
        ("containers.other.image", &[]),
        ("containers.main.image.x", &[]),
        (r"metadata.annotations.a\.b", &[]),
        ("", &["project/invalid"]),
        ("containers..image", &["project/invalid"]),
    ] {
        let text = score("metadata: {name: web}, containers: {main: {image: i:1, args: [a, b]}}");
        let mut codes = Run::new(&text, &[]).lock(path).codes();
        codes.dedup();
        assert_eq!(codes, expected, "{path}");
    }
    let deep = "a.".repeat(100) + "a";
    assert_eq!(
        Run::new(&web(), &[]).lock(&deep).codes(),
        ["project/invalid"]
    );
}

/// A reproducible random number generator (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % limit
    }

    fn some(&mut self, pieces: &[&str]) -> String {
        let count = self.below(6).saturating_sub(3);
        let chosen = (0..count).map(|_| pieces[self.below(pieces.len())]);
        chosen.collect::<Vec<_>>().join(", ")
    }
}

const METADATA: [&str; 8] = [
    "annotations: {profile: lax}",
    "annotations: {profile: strict, free: x}",
    "annotations: {free: x}",
    "annotations: {other: x, profile: null}",
    "annotations: null",
    "annotations: {<<: {profile: lax}}",
    "x: &x {profile: strict}, annotations: *x",
    "team: a",
];

const CONTAINER: [&str; 9] = [
    "image: i:2",
    "variables: {A: x}",
    "resources: {limits: {cpu: '1'}}",
    "resources: {limits: {cpu: '2', memory: 1G}}",
    "resources: {limits: null}",
    "resources: null",
    "volumes: {/d: {source: data, read_only: true}}",
    "volumes: [{target: /d, source: data, readOnly: true}]",
    "volumes: {/d: {source: data}}",
];

const PROPERTIES: [&str; 14] = [
    "metadata.annotations.profile=lax",
    "metadata.annotations.profile=strict",
    "metadata.annotations.profile=",
    "metadata.annotations.other=x",
    "metadata.annotations={free: x}",
    "metadata={name: web}",
    "metadata.name=api",
    "containers.main=",
    "containers.main={image: i:3}",
    "containers={main: {image: i:3, resources: {limits: {cpu: '1'}}}}",
    "containers.main.resources.limits.cpu='1'",
    "containers.side.resources.limits.cpu=2",
    "containers.main.volumes.0.readOnly=true",
    "containers.main.volumes./d.read_only=true",
];

/// Any valid workload has the values that its locks guarantee.
#[test]
fn no_change_passes_a_lock() {
    let mut random = Random(4);
    let (mut valid, mut refused) = (0, 0);
    for _ in 0..1_500 {
        let container =
            |random: &mut Random| format!("{{image: i:1, {}}}", random.some(&CONTAINER));
        let part = |random: &mut Random| match random.below(12) {
            0 => "metadata: null".to_owned(),
            1 => "containers: {main: x}".to_owned(),
            2 => "containers: null".to_owned(),
            3..6 => format!("metadata: {{{}}}", random.some(&METADATA)),
            6 => format!("containers: {{new: {}}}", container(random)),
            7 => format!(
                "containers: {{main: {{{}}}, side: null}}",
                random.some(&CONTAINER)
            ),
            _ => format!("containers: {{main: {{{}}}}}", random.some(&CONTAINER)),
        };
        let metadata = random.some(&METADATA);
        let (main, side) = (container(&mut random), container(&mut random));
        let text = score(&format!(
            "metadata: {{name: web, {metadata}}}, containers: {{main: {main}, side: {side}}}, resources: {{data: {{type: volume}}}}"
        ));
        let mut run = guarded(&text);
        if random.below(3) == 0 {
            run = run.beside(&part(&mut random));
        }
        if random.below(3) == 0 {
            run = run.file(&part(&mut random));
        }
        for _ in 0..random.below(3) {
            run = run.property(PROPERTIES[random.below(PROPERTIES.len())]);
        }
        let (loaded, found) = run.load();
        refused += usize::from(found.iter().any(|it| it.starts_with("environment/locked")));
        for workload in &loaded.workloads {
            valid += usize::from(!found.iter().any(|it| it.starts_with("environment/locked")));
            if found.iter().any(|it| it.starts_with("environment/locked")) {
                continue;
            }
            assert_eq!(workload.annotations["profile"].value, "strict", "{text}");
            assert!(!workload.annotations.contains_key("other"), "{text}");
            for container in workload.containers.values() {
                let limits = &container.limits;
                assert_eq!(limits.cpu.as_ref().unwrap().to_string(), "1", "{text}");
                assert!(
                    limits.memory.is_none() && container.requests.cpu.is_none(),
                    "{text}"
                );
                assert!(container.volumes.values().all(|it| !it.read_only), "{text}");
            }
        }
    }
    assert!(
        valid > 100 && refused > 100,
        "{valid} valid, {refused} refused"
    );
}

/// Changes of [`LAYER`] and others, in any order.
const LAYERS: [&str; 9] = [
    LAYER,
    "'*': {metadata: {annotations: {profile: lax, replicas: '2'}}}",
    "w*: {metadata: {annotations: {profile: null, autoscaling: x}}}",
    "web: {containers: {side: {image: x:1}, new: {image: x:1, volumes: {/d: {source: data}}}}}",
    "web: {containers: {new: null, main: {resources: {limits: {memory: 1Gi}}}}}",
    "web: {containers: {'*': {resources: null}}}",
    "web: {containers: {'*': {volumes: {/d: {source: data, readOnly: true}}}}}",
    "'*': {containers: {'*': {volumes: null, resources: {requests: {cpu: 1m}}}, side: null}}",
    "web: {metadata: {annotations: null}}",
];

/// Changes that no lock of [`LOCKS`] forbids.
const FREE: [&str; 9] = [
    "metadata.annotations.free=x",
    "metadata.annotations.free=",
    "metadata.team={a: b}",
    "containers.main.image=i:3",
    "containers.main.variables={A: x}",
    "containers.main.args=[a]",
    "service.ports={http: {port: 80}}",
    "resources.more={type: redis}",
    "resources.data.class=x",
];

#[test]
fn what_is_not_locked_is_not_refused() {
    let mut random = Random(5);
    let text = score(
        "metadata: {name: web}, containers: {main: {image: i:1}, old: {image: i:2}}, resources: {data: {type: volume}}",
    );
    for _ in 0..800 {
        let count = 1 + random.below(4);
        let layers: Vec<_> = (0..count)
            .map(|_| LAYERS[random.below(LAYERS.len())])
            .collect();
        let mut run = LOCKS
            .iter()
            .fold(Run::new(&text, &layers), |run, path| run.lock(path));
        run = run.lock("metadata.annotations.replicas");
        let mut properties = Vec::new();
        for _ in 0..random.below(4) {
            properties.push(FREE[random.below(FREE.len())]);
        }
        for property in &properties {
            run = run.property(property);
        }
        if random.below(2) == 0 {
            run = run.beside(
                "{metadata: {annotations: {more: x}}, containers: {old: {variables: {A: x}}}}",
            );
        }
        let (_, found) = run.load();
        let is_locked = found.iter().any(|it| it.starts_with("environment/locked"));
        assert!(!is_locked, "{layers:?} {properties:?}: {found:?}");
    }
}
