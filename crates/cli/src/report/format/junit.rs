//! `JUnit` XML for CI servers: a test case per Score file, which fails if the file has errors.

use std::fmt::Write;

use score_spec::{Diagnostic, Severity};

use crate::report::advice::{advice, environments};
use crate::report::findings::Findings;
use crate::report::printable::{clean, inert, set_in};

/// A single test suite.
pub(super) fn write(findings: &Findings) -> String {
    let files: Vec<&str> = findings
        .specs
        .iter()
        .map(|&id| findings.sources.get(id).name.as_str())
        .collect();
    // Diagnostics outside of Score files have a separate test case.
    let elsewhere = |found: &&Diagnostic| {
        found
            .span()
            .is_none_or(|span| !findings.specs.contains(&span.source))
    };
    let other: Vec<&Diagnostic> = findings.listed().iter().filter(elsewhere).collect();
    let mut cases: Vec<(&str, Vec<&Diagnostic>)> = files
        .iter()
        .zip(&findings.specs)
        .map(|(file, id)| {
            let own = findings.listed().iter();
            let own = own.filter(|found| found.span().is_some_and(|span| span.source == *id));
            (*file, own.collect())
        })
        .collect();
    if !other.is_empty() {
        cases.push(("project", other));
    }
    let failed = |found: &[&Diagnostic]| found.iter().any(|it| it.severity == Severity::Error);
    let failures = cases.iter().filter(|(_, found)| failed(found)).count();
    let tests = cases.len();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    let _ = writeln!(text, "<testsuites name=\"score-rs\" {counts}>");
    let command = findings.command;
    let _ = writeln!(text, "  <testsuite name=\"score-rs {command}\" {counts}>");
    for (file, found) in &cases {
        case(findings, file, found, &mut text);
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(findings: &Findings, file: &str, found: &[&Diagnostic], text: &mut String) {
    let _ = write!(
        text,
        "    <testcase classname=\"score-rs\" name=\"{}\"",
        attribute(file)
    );
    if found.is_empty() {
        text.push_str("/>\n");
        return;
    }
    text.push_str(">\n");
    let of = |severity| found.iter().filter(move |it| it.severity == severity);
    if let Some(first) = of(Severity::Error).next() {
        let lines: Vec<String> = of(Severity::Error).map(|it| line(findings, it)).collect();
        let _ = writeln!(
            text,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            attribute(first.id()),
            attribute(&first.message),
            element(&lines),
        );
    }
    let warnings: Vec<String> = of(Severity::Warning).map(|it| line(findings, it)).collect();
    if !warnings.is_empty() {
        let warnings = element(&warnings);
        let _ = writeln!(text, "      <system-out>{warnings}</system-out>");
    }
    text.push_str("    </testcase>\n");
}

fn line(findings: &Findings, found: &Diagnostic) -> String {
    let place = found.span().map_or(String::new(), |span| {
        let start = findings.range(span).start;
        let file = clean(findings.file(span));
        format!("{file}:{}:{}: ", start.line, start.column)
    });
    let help = advice(found).map(|help| format!("\n  help: {}", set_in(&help)));
    let environments = environments(found).map(|names| format!("\n  {}", set_in(&names)));
    format!(
        "{place}{}: {} [{}]{}{}",
        found.severity,
        set_in(&found.message),
        found.id(),
        help.unwrap_or_default(),
        environments.unwrap_or_default()
    )
}

/// Escapes the value of an attribute.
fn attribute(text: &str) -> String {
    escape(&inert(&clean(text)))
}

/// Escapes the lines of an element.
fn element(lines: &[String]) -> String {
    escape(&inert(&lines.join("\n")))
}

/// Escapes text for an element or attribute. Most control characters are not allowed in XML 1.0.
fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut escaped, c| {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\n' | '\t' => escaped.push(c),
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                    escaped.push(char::REPLACEMENT_CHARACTER);
                }
                c => escaped.push(c),
            }
            escaped
        })
}
