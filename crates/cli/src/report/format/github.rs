//! Workflow commands of GitHub Actions: `::error file=…,line=…::message`.
//!
//! Escaping follows the toolkit of the runner: `%`, line breaks, and in properties `:` and `,`.
//! Other control characters, which the toolkit does not escape, are escaped as in all text.

use std::fmt::Write;

use score_spec::Severity;

use crate::report::advice::advised;
use crate::report::findings::Findings;
use crate::report::printable::{clean_lines, inert};

/// The commands, one per line.
pub(super) fn write(findings: &Findings) -> String {
    let mut text = String::new();
    for found in findings.listed() {
        let _ = write!(
            text,
            "::{} ",
            match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            }
        );
        if let Some(span) = found.span().filter(|span| findings.is_in_file(*span)) {
            let range = findings.range(span);
            let file = property(findings.path(span));
            let (start, end) = (range.start, range.end);
            let _ = write!(
                text,
                "file={file},line={},endLine={},",
                start.line, end.line
            );
            // An end column is meaningful only on the line of the start.
            if start.line == end.line {
                let _ = write!(text, "col={},endColumn={},", start.column, end.column);
            } else {
                let _ = write!(text, "col={},", start.column);
            }
        }
        let message = advised(found);
        let title = property(found.id());
        let _ = writeln!(text, "title={title}::{}", data(&message));
    }
    text
}

fn data(text: &str) -> String {
    inert(&clean_lines(text))
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
