//! The code quality report of GitLab: a subset of the format of Code Climate.

use std::collections::BTreeMap;
use std::fmt::Write;

use score_spec::{Diagnostic, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::report::advice::advised;
use crate::report::findings::Findings;

/// The file of diagnostics without a location: GitLab requires one.
const NO_FILE: &str = "score-rs.yaml";

/// An array with an issue for each diagnostic.
pub(super) fn write(findings: &Findings) -> String {
    let mut seen = BTreeMap::new();
    let issues = findings.listed().iter();
    let issues = issues.map(|found| issue(findings, found, &mut seen));
    let document: Value = issues.collect();
    format!("{document:#}\n")
}

/// An issue. `seen` counts the previous issues that differ only in their lines.
fn issue(findings: &Findings, found: &Diagnostic, seen: &mut BTreeMap<String, usize>) -> Value {
    let place = findings.place(found);
    let path = place.map_or(NO_FILE, |span| findings.path(span));
    let line = place.map_or(1, |span| findings.range(span).start.line);
    // Without the line, so that GitLab recognizes an issue whose line has moved.
    let identity = json!([path, found.id(), found.message]).to_string();
    let count = seen.entry(identity.clone()).or_default();
    *count += 1;
    json!({
        "description": advised(found),
        "check_name": found.id(),
        "fingerprint": fingerprint(&identity, *count),
        "severity": match found.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        "location": {"path": path, "lines": {"begin": line}},
    })
}

/// A hexadecimal digest that is unique in the report.
fn fingerprint(identity: &str, count: usize) -> String {
    let digest = Sha256::digest(format!("{count} {identity}"));
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
