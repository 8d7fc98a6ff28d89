//! Each built-in resource type has a case that renders it for every target, and the example of
//! provisioner fields is compiled by a case.
#![allow(clippy::disallowed_methods, reason = "cases are folders on the disk")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::path::Path;

use sandbox::Sandbox;
use score_compiler::targets;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/resources");

/// The folder with the charts of the types, each in a separate case.
const CHARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/helm");

/// These cases contain only the output of other targets, because a chart has many files.
#[test]
fn every_type_has_a_case_for_every_target() {
    for (kind, commands) in commands() {
        for target in targets().into_iter().filter(|target| !target.is_folder()) {
            let generates = format!("generate -t {}", target.name());
            assert!(
                commands.lines().any(|line| line.starts_with(&generates)),
                "`{kind}` is not rendered for {}",
                target.name()
            );
        }
    }
}

#[test]
fn every_type_has_a_case_for_its_chart() {
    for (kind, _) in commands() {
        let case = Path::new(CHARTS).join(format!("resource-{kind}"));
        let chart = case.join("expected/files/chart/Chart.yaml");
        assert!(chart.is_file(), "`{kind}` has no chart");
    }
}

#[test]
fn every_type_can_be_a_part_of_a_chart() {
    for (kind, commands) in commands() {
        let generates = |line: &&str| line.starts_with("generate -t kubernetes");
        let command = commands.lines().find(generates).unwrap();
        let words = command.replace("-t kubernetes", "-t helm");
        let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        // A chart does not read environment variables.
        if let Some(option) = words.iter().position(|word| word == "--env-file") {
            words.drain(option..option + 2);
        }
        let case = Path::new(CASES).join(kind);
        let sandbox = Sandbox::new("project").with_copy(&case, &["cmd", "expected"]);
        let outcome = sandbox.run(&words, b"");
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(outcome.exit, 0, "{kind}\n{said}");
        assert!(!said.contains("target/"), "{kind}\n{said}");
        assert!(sandbox.files().contains_key("chart/Chart.yaml"));
    }
}

/// The types of the catalogue, each with the commands of its case.
fn commands() -> Vec<(&'static str, String)> {
    let kinds = score_provisioners::BUILTIN.iter();
    let commands = kinds.map(|(kind, _)| {
        let commands = std::fs::read_to_string(Path::new(CASES).join(kind).join("cmd"));
        let commands = commands.unwrap_or_else(|_| panic!("`{kind}` has no case"));
        (*kind, commands)
    });
    commands.collect()
}

/// The cases of provisioners whose provisioner is an example of the documentation.
const EXAMPLES: [&str; 10] = [
    "every-field/search.yaml",
    "each-hosts/platform.yaml",
    "network-policy/platform.yaml",
    "fail-per-workload/platform.yaml",
    "project-policy/platform.yaml",
    "every-container/platform.yaml",
    "container-ports/platform.yaml",
    "rollout-by-kind/platform.yaml",
    "compose-sidecar/platform.yaml",
    "splice/platform.yaml",
];

#[test]
fn the_examples_of_provisioners_are_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &Path| std::fs::read_to_string(root.join(path)).unwrap();
    let page = read(Path::new("docs/provisioners.md"));
    for example in EXAMPLES {
        let text = read(&Path::new("tests/cases/provisioners").join(example));
        assert!(page.contains(&format!("```yaml\n{text}```\n")), "{example}");
    }
}

/// The examples of tests, inheritance and wrapping are the files of a case, which runs their tests.
#[test]
fn the_examples_of_tests_are_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/provisioners.md")).unwrap();
    let case = Path::new(CASES).join("../provisioners/documented");
    let files = sandbox::entries(&case).into_iter();
    let files: Vec<_> = files
        .filter(|(_, path)| path.extension().is_some())
        .collect();
    assert_eq!(files.len(), 5);
    for (name, path) in files {
        let example = std::fs::read_to_string(path).unwrap();
        let block = format!("```yaml\n{example}```\n");
        assert!(page.contains(&block), "{}", name.display());
    }
}
