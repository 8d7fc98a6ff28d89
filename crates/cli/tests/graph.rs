//! Graphs of the examples match the schema, and graphs that are too large are refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write;
use std::path::Path;

use sandbox::{Sandbox, entries, run, write};
use serde_json::Value;

/// A schema that accepts no fields other than those that it describes.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

#[test]
fn json_of_examples_matches_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        // A published package has no examples.
        return;
    }
    let printed = run(&Sandbox::new("project"), "schema model").stdout;
    let mut schema: Value = serde_json::from_slice(&printed).unwrap();
    strict(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut resources = 0;
    for (name, folder) in entries(&root) {
        let has_no_workloads = ["Cargo.toml", "templates"];
        let mut has_no_workloads = has_no_workloads.iter().map(|name| folder.join(name));
        if !folder.is_dir() || has_no_workloads.any(|path| path.exists()) {
            continue;
        }
        let has_environments = folder.join("environments").is_dir();
        let options = if has_environments {
            ["--env dev", "--env prod-eu"]
        } else {
            ["-t compose", "-t kubernetes"]
        };
        for option in options {
            let sandbox = Sandbox::new("project").with_copy(&folder, &[]);
            let outcome = run(&sandbox, &format!("graph -f json {option}"));
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let name = format!("{} with {option}", name.display());
            assert_eq!(outcome.exit, 0, "{name}: {stderr}");
            let model: Value = serde_json::from_slice(&outcome.stdout).unwrap();
            let errors = validator.iter_errors(&model);
            let errors: Vec<String> = errors
                .map(|it| format!("{it} {}", it.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
            resources += model["resources"].as_object().unwrap().len();
        }
    }
    assert!(resources > 50, "{resources}");
}

/// A workload with many resources.
fn large(number: usize) -> String {
    let mut text = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\n\
                    containers: {main: {image: 'nginx:1'}}\nresources:\n"
        .to_owned();
    for at in 0..number {
        let _ = writeln!(text, "  r{at:05}: {{type: environment}}");
    }
    text
}

#[test]
fn a_graph_that_is_too_large_is_refused() {
    let sandbox = Sandbox::new("project");
    write(&sandbox, "score.yaml", &large(10_000));
    for format in ["svg", "html"] {
        let outcome = run(&sandbox, &format!("-q graph -f {format}"));
        assert_eq!(outcome.exit, 2);
        assert_eq!(outcome.stdout, b"");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(stderr.contains("cannot draw 10001 nodes"), "{stderr}");
        assert!(stderr.contains("--focus NAME"), "{stderr}");
    }
    let focused = run(
        &sandbox,
        "-q graph -f svg --focus environment.default#web.r00042",
    );
    assert_eq!(focused.exit, 0);
    let image = String::from_utf8(focused.stdout).unwrap();
    assert_eq!(image.matches("class=\"node ").count(), 2);
    let text = run(&sandbox, "-q graph -f dot");
    assert_eq!(text.exit, 0);
    assert_eq!(
        String::from_utf8(text.stdout).unwrap().lines().count(),
        20_008
    );
}
