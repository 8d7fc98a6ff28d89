//! A JSON object that matches `schemas/diagnostics.json`.

use score_spec::{Diagnostic, Severity, Span, source::Position};
use serde_json::{Value, json};

use crate::report::advice::{advice, page};
use crate::report::findings::Findings;

/// The diagnostics with their counts, pretty-printed.
pub(super) fn write(findings: &Findings) -> String {
    let document = json!({
        "version": 1,
        "diagnostics": diagnostics(findings),
        "summary": {
            "files": findings.specs.len(),
            "errors": findings.count(Severity::Error),
            "warnings": findings.count(Severity::Warning),
        },
    });
    format!("{document:#}\n")
}

/// The listed diagnostics as an array.
pub(super) fn diagnostics(findings: &Findings) -> Value {
    let diagnostics = findings.listed().iter().chain(findings.waived());
    let diagnostics = diagnostics.map(|found| diagnostic(findings, found));
    diagnostics.collect()
}

fn diagnostic(findings: &Findings, found: &Diagnostic) -> Value {
    let span = found.span();
    let labels = found.labels.iter().map(|label| {
        json!({
            "file": findings.file(label.span),
            "range": range(findings, label.span),
            "message": label.message,
        })
    });
    let mut object = json!({
        "code": found.code.name(),
        "severity": found.severity.to_string(),
        "message": found.message,
        "help": advice(found).unwrap_or_else(|| page(found.id())),
        "file": span.map(|span| findings.file(span)),
        "path": found.subject().and_then(|span| findings.pointer(span)),
        "range": span.map(|span| range(findings, span)),
        "labels": labels.collect::<Value>(),
        "fix": found.fix.as_ref().map(|fix| json!({
            "file": findings.file(fix.span),
            "range": range(findings, fix.span),
            "replacement": fix.replacement,
        })),
    });
    if let Some(rule) = &found.rule {
        object["rule"] = json!(&**rule);
    }
    if let Some(reason) = &found.waiver {
        object["waiver"] = json!(reason);
    }
    if !found.environments.is_empty() {
        object["environments"] = json!(found.environments);
    }
    object
}

fn range(findings: &Findings, span: Span) -> Value {
    let range = findings.range(span);
    let position =
        |at: Position, offset: u32| json!({"line": at.line, "column": at.column, "offset": offset});
    json!({
        "start": position(range.start, span.start),
        "end": position(range.end, span.end),
    })
}
