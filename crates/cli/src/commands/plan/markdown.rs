//! A plan as a comment for a pull request, in the Markdown of GitHub and GitLab.
//!
//! Names and values come from the pull request. They are in code spans, in which nothing has a meaning: no link, no
//! mention, no HTML. A span ends only with as many backticks as it begins with.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use score_impact::{Change, Class, Rename};
use score_spec::{Diagnostic, Severity};

use super::human::summary;
use super::judge::LOWERED;
use super::section::{Entry, Section, advice, values};
use crate::report::advice::advice as advice_of;
use crate::report::findings::Findings;
use crate::report::printable::{clean, inert};

/// The maximum length of a comment. GitHub accepts 65,536 characters.
const LONGEST: usize = 60_000;

/// The maximum length of a code span.
const LONGEST_SPAN: usize = 300;

/// The comment.
pub(super) fn text(sections: &[Section], findings: &Findings) -> String {
    let mut lines = vec![format!("**Plan**: {}", plain(&summary(sections, findings)))];
    let others = findings.diagnostics.iter();
    let others = others.filter(|found| !found.code.name().starts_with("plan/"));
    let others: Vec<String> = others.map(|found| diagnostic(found, findings)).collect();
    if !others.is_empty() {
        lines.push(String::new());
        lines.extend(others);
    }
    let mut advised = BTreeSet::new();
    for section in sections {
        of_section(section, &mut advised, &mut lines);
    }
    bounded(&lines)
}

/// The lines within the maximum length.
fn bounded(lines: &[String]) -> String {
    let mut text = String::new();
    let mut is_open = false;
    for (at, line) in lines.iter().enumerate() {
        let line = inert(line);
        if text.len() + line.len() > LONGEST {
            if is_open {
                text.push_str("\n</details>\n");
            }
            let more = lines.len() - at;
            let _ = write!(
                text,
                "\n… and {more} more lines; `score-rs plan` prints all.\n"
            );
            return text;
        }
        is_open = is_open && line != CLOSE || line.starts_with(OPEN);
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The first and the last line of a part that is not shown at first.
const OPEN: &str = "<details>";
const CLOSE: &str = "</details>";

/// `advised` has the classes whose general advice has been given.
fn of_section(section: &Section, advised: &mut BTreeSet<Class>, lines: &mut Vec<String>) {
    let against = code(&section.against);
    let heading = match &section.environment {
        Some(environment) => format!("### {} compared with {against}", code(environment)),
        None => format!("### Compared with {against}"),
    };
    lines.extend([String::new(), heading, String::new()]);
    lines.extend(
        section
            .former
            .iter()
            .map(|former| format!("Note: {}.", plain(former))),
    );
    if let Some(reason) = &section.is_new {
        lines.push(format!("Everything is new: {}.", code(reason)));
    }
    lines.extend(section.changes.renames.iter().flat_map(renamed));
    let (hazards, others): (Vec<_>, Vec<_>) = section
        .shown()
        // A level that a pull request lowers must not hide a hazard from its comment.
        .partition(|(change, entry)| {
            change.class.is_hazard() || entry.level.is_some() || entry.waiver.is_some()
        });
    for (change, entry) in &hazards {
        lines.extend(hazard(change, entry, advised));
    }
    if hazards.is_empty() && others.is_empty() && section.changes.renames.is_empty() {
        lines.push("Nothing changes.".to_owned());
    }
    if !others.is_empty() {
        let number = others.len();
        let noun = if number == 1 { "change" } else { "changes" };
        lines.push(String::new());
        lines.push(format!(
            "{OPEN}<summary>{number} {noun} without a hazard</summary>"
        ));
        lines.push(String::new());
        lines.extend(others.iter().map(|(change, entry)| {
            format!("- {}: {}", change.class.name(), subject(change, entry))
        }));
        lines.extend([String::new(), CLOSE.to_owned()]);
    }
    if !section.gaps.is_empty() {
        lines.extend([String::new(), "Not compared:".to_owned(), String::new()]);
        lines.extend(section.gaps.iter().map(|gap| format!("- {}", plain(gap))));
    }
}

fn hazard(change: &Change, entry: &Entry, advised: &mut BTreeSet<Class>) -> Vec<String> {
    let icon = match entry.level {
        Some(Severity::Error) => ":x:",
        Some(Severity::Warning) => ":warning:",
        None => ":heavy_check_mark:",
    };
    let class = change.class.name();
    let reason = plain(&change.reason);
    let mut lines = vec![format!(
        "- {icon} **{class}**: {} — {reason}.",
        subject(change, entry)
    )];
    match &entry.waiver {
        Some(reason) => lines.push(format!("  Waived: {}", plain(reason))),
        None if entry.level.is_none() => {
            lines.push("  Allowed by a level of the project or the run.".to_owned());
        }
        None if change.advice.is_some() || advised.insert(change.class) => {
            lines.push(format!("  Help: {}", plain(advice(change))));
        }
        None => {}
    }
    if entry.is_lowered {
        lines.push(format!("  Note: {LOWERED}"));
    }
    lines
}

/// The thing that changes with its field, its values and its place.
fn subject(change: &Change, entry: &Entry) -> String {
    let mut text = code(&change.subject.to_string());
    if !change.path.is_empty() {
        let _ = write!(text, " {}", code(&change.path.to_string()));
    }
    match values(change) {
        Some(values) => {
            let _ = write!(text, " {}", code(&values));
        }
        None => {
            let _ = write!(text, " {}", change.action.name());
        }
    }
    if let Some(place) = &entry.place {
        let _ = write!(text, " ({})", code(&place.text()));
    }
    text
}

fn renamed(rename: &Rename) -> Vec<String> {
    let (from, to) = (code(&rename.from), code(&rename.to));
    let mut lines = vec![format!(
        "- {to} is renamed from {from} ({} % alike)",
        rename.share
    )];
    lines.extend(rename.keeps.iter().map(|keep| {
        let id = code(&format!("id: {}", keep.id));
        let resource = code(keep.resource.as_deref().unwrap_or(&keep.to));
        format!(
            "  - {id} of the resource {resource} keeps the data of {}",
            code(&keep.from)
        )
    }));
    lines
}

fn diagnostic(found: &Diagnostic, findings: &Findings) -> String {
    let place = found.span().map_or(String::new(), |span| {
        let line = findings.range(span).start.line;
        format!(" ({})", code(&format!("{}:{line}", findings.path(span))))
    });
    let help = advice_of(found).map_or(String::new(), |help| format!(" Help: {}", code(&help)));
    let message = code(&found.message);
    format!(
        "- {} {}: {message}{place}.{help}",
        found.severity,
        code(found.id())
    )
}

/// A message of score-rs in which names from the project are quoted with backticks: these become code spans, and all
/// other characters with a meaning in Markdown or HTML are escaped.
fn plain(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return code(&text);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ if part.is_empty() => escaped("``"),
        _ => code(part),
    });
    parts.collect()
}

/// The string with all punctuation escaped that has a meaning.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '@' | '#' | ':' | '|' | '[' | ']' | '*' | '_' | '~' | '\\' | '!' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '.' if escaped.ends_with("www") => escaped.push_str("&#46;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A code span in a single line.
fn code(text: &str) -> String {
    let mut text: String = clean(text).replace(['\n', '\r', '\t'], " ");
    if let Some((end, _)) = text.char_indices().nth(LONGEST_SPAN) {
        text.truncate(end);
        text.push('…');
    }
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let is_bare = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty();
    let pad = if is_bare { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, bounded, code, plain};

    #[test]
    fn code_spans_end_where_they_should() {
        for (text, expected) in [
            ("web", "`web`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("a\n# b", "`a\\n# b`"),
            ("<b>@team</b>", "`<b>@team</b>`"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
        assert!(code(&"x".repeat(10_000)).chars().count() < 400);
    }

    #[test]
    fn text_of_score_rs_keeps_its_code_spans() {
        for (text, expected) in [
            ("`a` is *new*", "`a` is &#42;new&#42;"),
            ("@team www.x.y", "&#64;team www&#46;x.y"),
            ("a`b <i>", "``a`b <i>``"),
            ("`` x", "&#96;"),
        ] {
            let found = plain(text);
            assert!(expected == "&#96;" || found == expected, "{found}");
            assert!(!found.contains("<i>") || found.starts_with('`'), "{found}");
        }
    }

    #[test]
    fn comments_are_bounded() {
        let mut lines = vec!["<details>".to_owned()];
        lines.extend((0..9_000).map(|at| format!("- line {at}")));
        lines.push("</details>".to_owned());
        let text = bounded(&lines);
        assert!(text.len() < LONGEST + 200);
        assert_eq!(
            text.matches("<details>").count(),
            text.matches("</details>").count()
        );
        assert!(text.contains("more lines"));
    }
}
