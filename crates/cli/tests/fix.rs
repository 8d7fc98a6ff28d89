//! A second `validate --fix` changes nothing, for any input.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::path::Path;

use sandbox::{Sandbox, entries};
use serde_json::Value;

#[test]
fn twice_is_the_same_as_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    if !root.is_dir() {
        // A published package has no cases.
        return;
    }
    let areas = entries(&root).into_iter();
    let folders = areas.flat_map(|(_, area)| entries(&area));
    let changed = folders.filter(|(_, folder)| twice(folder)).count();
    assert!(changed > 10, "only {changed} cases have something to fix");
}

/// Fixes all YAML files of a case twice, and returns whether the first run changed anything.
fn twice(folder: &Path) -> bool {
    let case = folder.display();
    let sandbox = Sandbox::new("project").with_copy(folder, &["cmd", "env", "stdin", "expected"]);
    let before = sandbox.files();
    let files = before
        .keys()
        .filter(|path| Path::new(path).extension().is_some_and(|end| end == "yaml"));
    let files: Vec<String> = files.cloned().collect();
    if files.is_empty() {
        return false;
    }
    let command = ["validate", "--fix", "--format", "json", "--"].map(str::to_owned);
    let command = [command.as_slice(), &files].concat();
    let once = sandbox.run(&command, b"");
    let first = sandbox.files();
    if first != before {
        let again = sandbox.run(&command, b"");
        let second = sandbox.files();
        for (path, saved) in &first {
            let same = second.get(path) == Some(saved);
            assert!(same, "{case}: {path} changes again");
        }
        assert_eq!(first.len(), second.len(), "{case}");
        assert!(once.stdout == again.stdout, "{case}: another report");
        assert_eq!(once.exit, again.exit, "{case}");
    }
    if !once.stdout.is_empty() {
        let report: Value = serde_json::from_slice(&once.stdout).unwrap();
        let found = report["diagnostics"].as_array().unwrap().iter();
        // Only Score files are changed.
        let in_project_file = |found: &Value| found["file"] == "score-rs.yaml";
        for found in found.filter(|found| !in_project_file(found)) {
            assert_eq!(found["fix"], Value::Null, "{case}: {found:#} is left");
        }
    }
    first != before
}
