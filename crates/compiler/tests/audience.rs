//! Provisioners for some workloads and environments: who may use them, and which one handles a resource.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use score_compiler::catalogue::{CatalogueEntry, Verdict, Wanted};
use score_compiler::{Compiler, EnvironmentId, Inputs, Memory, Rendered, Settings};
use score_spec::{Code, Sources};

/// A Score file of a workload with a resource.
fn spec(workload: &str, resource: &str) -> String {
    format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: {workload}}}\n\
         containers: {{main: {{image: 'nginx:1', variables: {{URL: '${{resources.db.url}}'}}}}}}\n\
         resources: {{db: {resource}}}\n"
    )
}

/// A provisioner with this value of its output.
fn provisioner(kind: &str, fields: &str, url: &str) -> String {
    format!(
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: {kind}\n{fields}\n\
         outputs: {{properties: {{url: {{type: string}}}}}}\nvalues: {{url: '{url}'}}\n"
    )
}

fn environment(name: &str, kind: Option<&str>) -> EnvironmentId {
    EnvironmentId {
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
    }
}

fn check(compiler: &Compiler, specs: &[String]) -> Rendered {
    let specs = specs.iter().enumerate();
    let inputs = specs.fold(Inputs::new(), |inputs, (number, text)| {
        inputs.with_spec(&format!("{number}.yaml"), text.as_str())
    });
    compiler.compile(&Memory::new(), inputs).check()
}

/// The file of the provisioner that handles each resource, by uid.
fn files(rendered: &Rendered) -> Vec<(&str, &str)> {
    let resources = rendered.project.resources.values();
    let mut files: Vec<_> = resources
        .map(|it| (it.uid.as_str(), it.provisioner.file.as_str()))
        .collect();
    files.sort_unstable();
    files
}

fn codes(rendered: &Rendered) -> Vec<Code> {
    rendered.diagnostics.iter().map(|it| it.code).collect()
}

#[test]
fn a_canary_handles_only_its_workloads_in_its_environment() {
    let fields = "for: {workloads: ['orders-*'], environments: [staging]}";
    let compiler = Compiler::new()
        .with_provisioners("all.yaml", provisioner("db", "", "all"))
        .with_provisioners("canary.yaml", provisioner("db", fields, "canary"));
    let specs = ["orders-api", "orders", "web"].map(|name| spec(name, "{type: db}"));
    let others = [
        None,
        Some(environment("prod", Some("staging"))),
        Some(environment("staging-eu", None)),
    ];
    for other in others {
        let compiler = match other {
            Some(other) => compiler.clone().with_environment_id(other),
            None => compiler.clone(),
        };
        let rendered = check(&compiler, &specs);
        let candidates = rendered.catalogue.candidates(&Wanted {
            kind: "db",
            class: "default",
            id: "orders-api.db",
            workload: "orders-api",
            is_declared: true,
        });
        let verdicts: Vec<_> = candidates.iter().map(|it| it.verdict).collect();
        assert_eq!(verdicts, [Verdict::Answers, Verdict::OtherEnvironment]);
        assert!(
            rendered.diagnostics.is_empty(),
            "{:?}",
            rendered.diagnostics
        );
        assert!(files(&rendered).iter().all(|(_, file)| *file == "all.yaml"));
    }
    let compiler = compiler.with_environment_id(environment("staging", None));
    let rendered = check(&compiler, &specs);
    assert!(
        rendered.diagnostics.is_empty(),
        "{:?}",
        rendered.diagnostics
    );
    let expected = [
        ("db.default#orders-api.db", "canary.yaml"),
        ("db.default#orders.db", "all.yaml"),
        ("db.default#web.db", "all.yaml"),
    ];
    assert_eq!(files(&rendered), expected);
}

/// A list of an entry applies together with that of a provisioner, and the same file can be in several entries.
#[test]
fn an_entry_limits_its_provisioners() {
    let mut sources = Sources::new();
    let id = sources.add(
        "a.yaml",
        provisioner("db", "for: {workloads: ['orders-*']}", "a"),
    );
    let project = "apiVersion: score-rs/v1\nkind: Project\nprovisioners:\n\
                   - {from: a.yaml, for: {workloads: ['*-api'], environmentTypes: [production]}}\n\
                   - a.yaml\n";
    let project = sources.add("score-rs.yaml", project);
    let mut diagnostics = Vec::new();
    let entries = Settings::read(&sources, project, &mut diagnostics).provisioners;
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let entries = entries.into_iter().map(|entry| CatalogueEntry {
        files: vec![id],
        audience: entry.audience,
    });
    let compiler = Compiler::new()
        .with_catalogue(sources, entries.collect())
        .with_environment_id(environment("eu", Some("production")));
    let specs = ["orders-api", "orders-db", "web-api"].map(|name| spec(name, "{type: db}"));
    let rendered = check(&compiler, &specs);
    let entry = |uid: &str| rendered.project.resources[uid].provisioner.entry;
    assert_eq!(entry("db.default#orders-api.db"), 0);
    assert_eq!(entry("db.default#orders-db.db"), 1);
    assert_eq!(codes(&rendered), [Code::ResourceUnknownType]);
    // For editors, it is one provisioner with its params.
    let schema = rendered.catalogue.editor_schema([]);
    let rules = schema["$defs"]["resource"]["allOf"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|it| it["if"]["properties"]["type"]["const"] == "db");
    assert!(rule.unwrap()["then"]["properties"].get("params").is_some());
}

/// Workloads that share a resource need the same provisioner for it, and for those that it requires.
#[test]
fn workloads_that_share_a_resource_agree_in_its_provisioner() {
    let limited = "for: {workloads: [api]}";
    let compiler = Compiler::new()
        .with_provisioners(
            "db.yaml",
            provisioner("db", "resources: {server: {type: server, id: one}}", "db"),
        )
        .with_provisioners("server.yaml", provisioner("server", "", "all"))
        .with_provisioners("canary.yaml", provisioner("server", limited, "canary"));
    let shared = |workload: &str| spec(workload, "{type: server, id: two}");
    let rendered = check(&compiler, &[shared("api"), shared("web")]);
    assert_eq!(codes(&rendered), [Code::ResourceConflict]);
    let rendered = check(&compiler, &[shared("web"), shared("worker")]);
    assert!(
        rendered.diagnostics.is_empty(),
        "{:?}",
        rendered.diagnostics
    );
    // The same for the server that both databases require.
    let own = |workload: &str| spec(workload, "{type: db}");
    let rendered = check(&compiler, &[own("api"), own("web")]);
    assert_eq!(codes(&rendered), [Code::ResourceConflict]);
    let users = rendered.project.users("server.default#one");
    let users: Vec<_> = users
        .iter()
        .map(|it| (it.workload, it.is_declared))
        .collect();
    assert_eq!(users, [("api", false), ("web", false)]);
    // And if they share the database itself.
    let both = |workload: &str| spec(workload, "{type: db, id: main}");
    let rendered = check(&compiler, &[both("api"), both("web")]);
    assert_eq!(codes(&rendered), [Code::ResourceConflict]);
    let rendered = check(&compiler, &[both("web"), both("worker")]);
    assert!(
        rendered.diagnostics.is_empty(),
        "{:?}",
        rendered.diagnostics
    );
}

/// A workload that may not use the server behind a resource does not get it indirectly.
#[test]
fn a_workload_does_not_need_what_it_may_not_use() {
    let compiler = Compiler::new()
        .with_provisioners(
            "db.yaml",
            provisioner("db", "resources: {server: {type: server, id: one}}", "db"),
        )
        .with_provisioners(
            "server.yaml",
            provisioner("server", "for: {workloads: [api]}", "x"),
        );
    let both = |workload: &str| spec(workload, "{type: db, id: main}");
    let rendered = check(&compiler, &[both("api")]);
    assert!(
        rendered.diagnostics.is_empty(),
        "{:?}",
        rendered.diagnostics
    );
    for specs in [vec![both("api"), both("web")], vec![both("web")]] {
        let rendered = check(&compiler, &specs);
        assert_eq!(codes(&rendered), [Code::ResourceUnknownType]);
        let found = &rendered.diagnostics[0];
        assert!(found.message.contains("`web`"), "{}", found.message);
        let help = found.help.as_ref().unwrap().to_string();
        assert!(help.contains("only for the workload `api`"), "{help}");
    }
}

/// Overlapping patterns of one entry are a tie only for workloads that both match.
#[test]
fn overlapping_patterns_tie_where_they_are_used() {
    let two = |first: &str, second: &str| {
        let texts = [first, second].map(|fields| provisioner("db", fields, "x"));
        Compiler::new().with_provisioners("platform.yaml", texts.join("---\n"))
    };
    let specs = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| spec(name, "{type: db}")).collect()
    };
    let workloads = two(
        "for: {workloads: ['orders-*']}",
        "for: {workloads: ['*-api', web]}",
    );
    let rendered = check(&workloads, &specs(&["orders-db", "web-api", "web"]));
    assert!(
        rendered.diagnostics.is_empty(),
        "{:?}",
        rendered.diagnostics
    );
    // Two workloads, one finding.
    let rendered = check(&workloads, &specs(&["orders-api", "orders-2-api"]));
    assert_eq!(codes(&rendered), [Code::ProvisionerTie]);
    assert_eq!(rendered.diagnostics[0].labels.len(), 3);
    // Equal lists tie even if no workload uses them, and that is reported once.
    let same = two(
        "for: {workloads: [web, api]}",
        "for: {workloads: [api, web]}",
    );
    for names in [&["other"][..], &["web"]] {
        let rendered = check(&same, &specs(names));
        let ties = codes(&rendered);
        let ties = ties.iter().filter(|code| **code == Code::ProvisionerTie);
        assert_eq!(ties.count(), 1);
    }
    // Other environments never meet; overlapping ones do in the environment that both match.
    let places = two(
        "for: {environments: [prod]}",
        "for: {environments: ['prod*']}",
    );
    for (name, ties) in [("prod", 1), ("prod-eu", 0), ("test", 0)] {
        let compiler = places.clone().with_environment_id(environment(name, None));
        let rendered = check(&compiler, &[]);
        assert_eq!(rendered.diagnostics.len(), ties, "{name}");
    }
}

/// Each resource is compared with all patterns of its type, so that their number has a limit.
#[test]
fn the_number_of_patterns_has_a_limit() {
    let patterns: Vec<String> = (0..1000).map(|number| format!("'w{number}-*'")).collect();
    let many = format!("for: {{workloads: [{}]}}", patterns.join(", "));
    let names = many.replace("-*", "");
    for (fields, found) in [(many, vec![Code::ProjectTooLarge]), (names, Vec::new())] {
        let compiler =
            Compiler::new().with_provisioners("platform.yaml", provisioner("db", &fields, "x"));
        assert_eq!(codes(&check(&compiler, &[])), found);
    }
}

/// A built-in provisioner that is not allowed handles nothing, even for another provisioner.
#[test]
fn builtins_are_allowed_by_type() {
    let compiler = |types: &str| {
        let project = format!("{{apiVersion: score-rs/v1, kind: Project, builtins: {types}}}");
        Compiler::new().with_project("score-rs.yaml", project)
    };
    let uses = |resource: &str| spec("web", resource).replace("db.url", "db.host");
    for (types, resource, allowed) in [
        ("[redis]", "{type: redis}", true),
        ("[]", "{type: redis}", false),
        ("[postgres]", "{type: postgres}", false),
        ("[postgres, postgres-instance]", "{type: postgres}", true),
    ] {
        let rendered = check(&compiler(types), &[uses(resource)]);
        let found: Vec<_> = rendered
            .diagnostics
            .iter()
            .filter(|it| it.code == Code::ResourceUnknownType)
            .collect();
        assert_eq!(found.is_empty(), allowed, "{types}");
        if let [found] = found.as_slice() {
            assert!(
                found.message.contains("does not allow"),
                "{}",
                found.message
            );
            assert!(
                found
                    .labels
                    .iter()
                    .any(|it| it.message == "not in this list")
            );
        }
    }
    // A provisioner of the project is not affected.
    let own = compiler("[]").with_provisioners("redis.yaml", provisioner("redis", "", "x"));
    assert!(
        check(&own, &[spec("web", "{type: redis}")])
            .diagnostics
            .is_empty()
    );
}
