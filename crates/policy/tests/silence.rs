//! The examples and the built-in catalogue comply with the preset `baseline`.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "examples are on the disk, and a test that cannot go on fails"
)]

mod compiled;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use compiled::{Files, Project, environments, files};
use score_compiler::{Compose, Helm, Kubernetes, Target};
use score_spec::{Sources, parse};

fn targets() -> [Box<dyn Target>; 3] {
    [
        Box::new(Compose::default()),
        Box::new(Kubernetes::default()),
        Box::new(Helm::default()),
    ]
}

/// The findings of `baseline` for all targets, or for those of the environments.
fn findings(name: &str, files: &Files) -> String {
    let mut found = String::new();
    for environment in environments(files) {
        let project = Project::new(files, &environment, "{preset: baseline}");
        for target in targets() {
            let is_wanted = project.target.as_ref();
            if is_wanted.is_some_and(|it| (it == "compose") != (target.name() == "compose")) {
                continue;
            }
            for it in project.judge(&*target) {
                let part = it.object.or(it.workload).unwrap_or_default();
                let target = target.name();
                let message = it.diagnostic.message;
                let _ = writeln!(
                    found,
                    "{name} {environment} {target}: {} {part}: {message}",
                    it.rule
                );
            }
        }
    }
    found
}

#[test]
fn examples_comply_with_baseline() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        // A published package has no examples.
        return;
    }
    let (mut count, mut found) = (0, String::new());
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        // Programs have their own tests.
        if !folder.is_dir() || folder.join("Cargo.toml").exists() {
            continue;
        }
        count += 1;
        found += &findings(&folder.display().to_string(), &files(&folder));
    }
    assert!(count >= 6);
    assert!(found.is_empty(), "{found}");
}

/// A workload with a resource of each type and the params of its tests. It is a `StatefulSet` with a CPU request, as
/// volumes and autoscalers need.
#[test]
fn the_catalogue_complies_with_baseline() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioners/tests");
    let (mut kinds, mut found) = (BTreeSet::new(), String::new());
    for (kind, _) in score_provisioners::BUILTIN {
        let Ok(text) = std::fs::read(folder.join(format!("{kind}.yaml"))) else {
            // A published package does not contain the tests.
            continue;
        };
        let mut sources = Sources::new();
        let id = sources.add("tests.yaml", text);
        for document in parse(&sources, id).documents {
            for test in document.items_at("tests") {
                let params = test.get("params");
                let params =
                    params.map_or_else(String::new, |it| it.to_value().to_json().to_string());
                let files = workload(kind, &params);
                let project = Project::new(&files, "", "{preset: baseline}");
                if !project.compiles() {
                    continue;
                }
                kinds.insert(*kind);
                found += &findings(kind, &files);
            }
        }
    }
    assert!(found.is_empty(), "{found}");
    assert!(!folder.is_dir() || kinds.len() > 20, "{kinds:?}");
}

fn workload(kind: &str, params: &str) -> Files {
    let text = format!(
        "apiVersion: score.dev/v1b1
metadata: {{name: web, annotations: {{k8s.score.dev/kind: StatefulSet}}}}
service: {{ports: {{http: {{port: 8080}}}}}}
containers: {{main: {{image: \"ghcr.io/example/web:1\", resources: {{requests: {{cpu: 50m}}}}}}}}
resources:
  it:
    type: {kind}
    {}
",
        if params.is_empty() {
            String::new()
        } else {
            format!("params: {params}")
        }
    );
    Files::from([("score.yaml".to_owned(), text)])
}
