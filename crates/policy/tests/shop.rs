//! The findings of the built-in rules in an example, which `tests/engines/checkov.py` compares with those of Checkov.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the example and the expected findings are on the disk, and a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod compiled;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use compiled::{Project, files};
use score_compiler::Kubernetes;

const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop-prod-eu.txt");

/// Each finding as a line with the level, the rule, and the object or the workload.
#[test]
fn production_finds_the_expected_places() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    if !folder.is_dir() {
        // A published package has no examples.
        return;
    }
    let project = Project::new(&files(&folder), "prod-eu", "{preset: production}");
    let judgements = project.judge(&Kubernetes::default());
    let lines: BTreeSet<String> = judgements
        .iter()
        .map(|it| {
            let workload = it.workload.as_ref().map(|name| format!("workload/{name}"));
            let part = it.object.clone().or(workload).unwrap_or_default();
            let level = it.diagnostic.severity;
            format!("{} {part} {level}", it.rule)
        })
        .collect();
    let found = lines.iter().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    });
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(EXPECTED, &found).unwrap();
    }
    let expected = std::fs::read_to_string(EXPECTED).unwrap_or_default();
    assert!(
        found == expected,
        "UPDATE=1 cargo test -p score-policy --test shop writes the findings:\n{found}"
    );
}
