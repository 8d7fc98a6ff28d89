//! Lists of provisioners and their conversions give the same values.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;

use sandbox::{Sandbox, run, write};
use score_spec::{Node, Sources, parse};

/// Values in templates: those with an equivalent, with params, and those without.
const EXPRESSIONS: &str = include_str!("conversion/expressions.yaml");

fn table() -> Node {
    let mut sources = Sources::new();
    let id = sources.add("expressions.yaml", EXPRESSIONS);
    let parsed = parse(&sources, id);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    parsed.documents.into_iter().next().unwrap()
}

/// A list in which each value is the output of a provisioner.
fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.enumerate().fold(String::new(), |mut list, (number, value)| {
        let _ = write!(
            list,
            "- uri: template://test/{number}\n  type: t{number}\n  outputs: |\n    value: {value}\n"
        );
        list
    })
}

/// Runs a command that must succeed.
fn done(sandbox: &Sandbox, line: &str) {
    let outcome = run(sandbox, line);
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.exit, 0, "{line}\n{stderr}");
}

#[test]
fn converted_expressions_have_the_same_values() {
    let sandbox = Sandbox::new("project");
    let table = table();
    let cases = table.items_at("same");
    let values = cases
        .iter()
        .map(|it| it.get("value").unwrap().text().unwrap());
    write(&sandbox, "go.yaml", &list(values));
    let (mut variables, mut resources) = (String::new(), String::new());
    for (number, case) in cases.iter().enumerate() {
        let params = case.get("params").unwrap().to_value().to_json();
        let _ = writeln!(variables, "      V{number}: ${{resources.r{number}.value}}");
        let _ = writeln!(
            resources,
            "  r{number}: {{type: t{number}, params: {params}}}"
        );
    }
    let spec = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: web}}\ncontainers:\n  main:\n    image: nginx:1\n    \
         variables:\n{variables}resources:\n{resources}"
    );
    write(&sandbox, "score.yaml", &spec);
    for folder in ["go", "native"] {
        fs::create_dir(sandbox.folder().join(folder)).unwrap();
    }
    done(&sandbox, "provisioners convert go.yaml -o native.yaml");
    done(
        &sandbox,
        "generate score.yaml --provisioners go.yaml -o go/compose.yaml",
    );
    done(
        &sandbox,
        "generate score.yaml --provisioners native.yaml -o native/compose.yaml",
    );
    let read = |path: &str| fs::read_to_string(sandbox.folder().join(path)).unwrap();
    let (expected, found) = (read("go/compose.yaml"), read("native/compose.yaml"));
    let different: Vec<String> = expected
        .lines()
        .zip(found.lines())
        .filter(|(expected, found)| expected != found)
        .map(|(expected, found)| format!("{expected} became {found}"))
        .collect();
    assert!(
        different.is_empty(),
        "{}\n{}",
        different.join("\n"),
        read("native.yaml")
    );
    assert_eq!(expected, found);
    let shown = expected
        .lines()
        .filter(|it| it.trim_start().starts_with('V'));
    assert_eq!(shown.count(), cases.len(), "{expected}");
}

#[test]
fn expressions_without_an_equivalent_stay_in_comments() {
    let sandbox = Sandbox::new("project");
    let table = table();
    let cases: Vec<&str> = table
        .items_at("none")
        .iter()
        .filter_map(Node::text)
        .collect();
    assert!(cases.len() > 3);
    write(&sandbox, "go.yaml", &list(cases.iter().copied()));
    let outcome = run(&sandbox, "provisioners convert go.yaml");
    assert_eq!(outcome.exit, 1);
    let text = String::from_utf8(outcome.stdout).unwrap();
    let documents: Vec<&str> = text.split("---\n").collect();
    assert_eq!(documents.len(), cases.len());
    for (case, document) in cases.iter().zip(documents) {
        let mut lines = document.lines();
        let is_todo = |line: &str| line.trim_start().starts_with("# TODO");
        assert!(lines.any(is_todo), "{case}\n{document}");
        let mut lines = document.lines();
        let is_kept = |line: &str| line.trim_start().starts_with('#') && line.contains(case);
        assert!(lines.any(is_kept), "{case}\n{document}");
    }
}
