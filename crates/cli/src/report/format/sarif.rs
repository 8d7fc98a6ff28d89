//! SARIF 2.1.0 (OASIS), as required by GitHub code scanning: relative URIs, a location for every
//! result, and rules with help.

use std::fmt::Write;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Severity, Span};
use serde_json::{Value, json};

use crate::report::advice::{advice, advised};
use crate::report::findings::Findings;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with a single run.
pub(super) fn write(findings: &Findings) -> String {
    let codes: IndexSet<Code> = findings.listed().iter().map(|found| found.code).collect();
    let results = findings.listed().iter();
    // Code scanning rejects results without a location.
    let results =
        results.filter(|found| found.code != Code::RunFailed || findings.place(found).is_some());
    let results = results.map(|found| result(findings, found, &codes));
    let mut document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "score-rs",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Value>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Value>(),
        }],
    });
    let failures = findings.listed().iter();
    let failures = failures.filter(|found| found.code == Code::RunFailed);
    let notifications: Vec<Value> = failures.map(notification).collect();
    if !notifications.is_empty() {
        document["runs"][0]["invocations"] = json!([{
            "executionSuccessful": false,
            "toolExecutionNotifications": notifications,
        }]);
    }
    format!("{document:#}\n")
}

/// A notification about a failure of the command.
fn notification(found: &Diagnostic) -> Value {
    json!({
        "level": "error",
        "descriptor": {"id": found.code.name()},
        "message": {"text": advised(found)},
    })
}

fn rule(code: Code) -> Value {
    let name: String = code
        .name()
        .split(['/', '-'])
        .flat_map(|part| {
            let (first, rest) = part.split_at(1);
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect();
    json!({
        "id": code.name(),
        "name": name,
        "shortDescription": {"text": code.title()},
        "fullDescription": {"text": code.title()},
        "help": {"text": code.explanation(), "markdown": code.explanation()},
        "defaultConfiguration": {"level": code.severity().to_string()},
        "properties": {"tags": [code.name().split('/').next()]},
    })
}

fn result(findings: &Findings, found: &Diagnostic, codes: &IndexSet<Code>) -> Value {
    let related = found.labels.iter().skip(1).enumerate().map(|(at, label)| {
        let mut related = location(findings, label.span);
        related["id"] = json!(at + 1);
        related["message"] = json!({"text": label.message});
        related
    });
    // Code scanning requires a location.
    let place = findings.place(found);
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut result = json!({
        "ruleId": found.code.name(),
        "ruleIndex": codes.get_index_of(&found.code),
        "level": level,
        "message": {"text": advised(found)},
        "locations": place.into_iter().map(|span| location(findings, span)).collect::<Value>(),
        "relatedLocations": related.collect::<Value>(),
    });
    if !found.environments.is_empty() {
        result["properties"] = json!({"environments": found.environments});
    }
    if let Some(fix) = &found.fix {
        result["fixes"] = json!([{
            "description": {"text": advice(found)},
            "artifactChanges": [{
                "artifactLocation": artifact(findings, fix.span),
                "replacements": [{
                    "deletedRegion": region(findings, fix.span),
                    "insertedContent": {"text": fix.replacement},
                }],
            }],
        }]);
    }
    result
}

fn location(findings: &Findings, span: Span) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": artifact(findings, span),
        "region": region(findings, span),
    }})
}

fn artifact(findings: &Findings, span: Span) -> Value {
    let path = findings.path(span);
    if path.starts_with('/') {
        return json!({"uri": format!("file://{}", uri(path))});
    }
    json!({"uri": uri(path), "uriBaseId": "%SRCROOT%"})
}

fn region(findings: &Findings, span: Span) -> Value {
    let range = findings.range(span);
    json!({
        "startLine": range.start.line,
        "startColumn": range.start.column,
        "endLine": range.end.line,
        "endColumn": range.end.column,
    })
}

/// A path as a relative URI reference (RFC 3986). Characters that are not allowed in a segment are
/// percent-encoded.
fn uri(path: &str) -> String {
    path.bytes()
        .fold(String::with_capacity(path.len()), |mut uri, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                    uri.push(char::from(byte));
                }
                _ => {
                    let _ = write!(uri, "%{byte:02X}");
                }
            }
            uri
        })
}
