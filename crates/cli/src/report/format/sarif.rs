//! SARIF 2.1.0 (OASIS), as required by GitHub code scanning: relative URIs, a location for every
//! result, and rules with help.

use std::fmt::Write;

use indexmap::IndexMap;
use score_spec::{Code, Diagnostic, Severity, Span};
use serde_json::{Value, json};

use crate::report::advice::{advice, advised};
use crate::report::findings::Findings;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with a single run.
pub(super) fn write(findings: &Findings) -> String {
    let mut rules = IndexMap::new();
    for found in findings.listed().iter().chain(findings.waived()) {
        rules.entry(found.id()).or_insert(found);
    }
    let results = findings.listed().iter().chain(findings.waived());
    // Code scanning rejects results without a location.
    let results =
        results.filter(|found| found.code != Code::RunFailed || findings.place(found).is_some());
    let results = results.map(|found| result(findings, found, &rules));
    let mut document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "score-rs",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.values().map(|first| rule(first)).collect::<Value>(),
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
        "descriptor": {"id": found.id()},
        "message": {"text": advised(found)},
    })
}

/// The rule of a diagnostic, which is the first one with it.
fn rule(first: &Diagnostic) -> Value {
    let (id, code) = (first.id(), first.code);
    let name: String = id
        .split(['/', '-'])
        .flat_map(|part| {
            let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect();
    // The rule of a policy has the same message and help in all its results.
    let advice = first
        .rule
        .as_ref()
        .map(|_| advice(first).unwrap_or_default());
    let (title, level) = match &first.rule {
        Some(_) => (first.message.as_str(), first.severity),
        None => (code.title(), code.severity()),
    };
    let help = advice.as_deref().unwrap_or(code.explanation());
    json!({
        "id": id,
        "name": name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": help, "markdown": help},
        "defaultConfiguration": {"level": level.to_string()},
        "properties": {"tags": [id.split('/').next()]},
    })
}

fn result(findings: &Findings, found: &Diagnostic, rules: &IndexMap<&str, &Diagnostic>) -> Value {
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
        "ruleId": found.id(),
        "ruleIndex": rules.get_index_of(found.id()),
        "level": level,
        "message": {"text": advised(found)},
        "locations": place.into_iter().map(|span| location(findings, span)).collect::<Value>(),
        "relatedLocations": related.collect::<Value>(),
    });
    if let Some(reason) = &found.waiver {
        result["suppressions"] = json!([{"kind": "external", "justification": reason}]);
    }
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
