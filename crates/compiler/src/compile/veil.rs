//! Removes external values, such as environment variables, from diagnostics and notes, however a
//! provisioner has transformed them.
//!
//! A value cannot be recognized in a message after it has been reversed or encoded. Therefore all passes
//! are repeated with a placeholder for each value, and the diagnostics of the repeated passes are shown. A
//! message of the first run is shown only if it is identical in the second run, because it then contains no
//! value.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use score_spec::{Code, Diagnostic, Span};

use crate::ir::{App, Text};
use crate::resolve::Resolved;
use crate::targets::Target;

/// The replacement for parts that depend on values.
const HIDDEN: &str =
    "the details depend on secrets or values of environment variables, which are not shown";

/// Diagnostics by code and location.
type ByPlace = BTreeMap<(Code, Option<Span>), VecDeque<Diagnostic>>;

/// The diagnostics with the messages from the run with placeholder values. One without a
/// counterpart keeps its code and location.
pub(crate) fn veiled(findings: Vec<Diagnostic>, again: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut known = ByPlace::new();
    for finding in again {
        known.entry(key(&finding)).or_default().push_back(finding);
    }
    // Equal ones first, so that none of them is matched with another one.
    let mut left = Vec::new();
    let mut shown = Vec::with_capacity(findings.len());
    for finding in findings {
        let others = known.get_mut(&key(&finding));
        match others.and_then(|others| {
            let at = others.iter().position(|other| *other == finding)?;
            others.remove(at)
        }) {
            Some(same) => shown.push(same),
            None => left.push(finding),
        }
    }
    shown.extend(left.into_iter().map(|finding| {
        let others = known.get_mut(&key(&finding));
        match others.and_then(VecDeque::pop_front) {
            // The fix would insert a placeholder value.
            Some(other) => Diagnostic {
                severity: finding.severity,
                fix: other.fix.filter(|fix| finding.fix.as_ref() == Some(fix)),
                ..other
            },
            None => hidden(&finding),
        }
    }));
    shown
}

fn key(finding: &Diagnostic) -> (Code, Option<Span>) {
    (finding.code, finding.span())
}

/// A diagnostic that shows only its code and location.
fn hidden(finding: &Diagnostic) -> Diagnostic {
    let message = format!("{}; {HIDDEN}", finding.code.title());
    let diagnostic = Diagnostic::new(finding.code, message);
    let mut diagnostic = match finding.span() {
        Some(span) => diagnostic.at(span, ""),
        None => diagnostic,
    };
    diagnostic.severity = finding.severity;
    diagnostic.help(
        "check the values of the variables that this depends on, in the environment or the env file",
    )
}

/// Replaces notes by those with placeholder values.
pub(crate) fn veil_notes(
    resolved: &mut Resolved,
    again: (&Resolved, &App),
    target: Option<&dyn Target>,
) {
    let (other, app) = again;
    for (uid, provisioned) in resolved {
        if provisioned.notes.is_none() {
            continue;
        }
        let notes = other.get(uid).and_then(|other| other.notes.as_ref());
        // The names of hosts and ports can contain values, too.
        let notes = notes.map(|notes| match target {
            Some(target) => target.resolve(app, notes),
            None => notes.clone(),
        });
        provisioned.notes = Some(notes.unwrap_or_else(|| Text::from(HIDDEN)));
    }
}

#[cfg(test)]
mod tests {
    use score_spec::{Code, Diagnostic, Severity, Sources, Span};

    use super::veiled;

    #[test]
    fn findings_have_the_words_of_the_second_time() {
        let id = Sources::new().add("a", "abc");
        let at = |start: usize, message: &str| {
            Diagnostic::new(Code::ResourceParams, message).at(Span::new(id, start, start + 1), "x")
        };
        let (here, there) = (Span::new(id, 0, 1), Span::new(id, 1, 2));
        let findings = vec![
            at(0, "same"),
            at(1, "is S3CRET").help("not S3CRET").fix(there, "S3CRET"),
            at(1, "has S3CRET"),
            at(2, "S3CRET"),
            at(0, "S3CRET, too").fix(here, "b"),
        ];
        let again = vec![
            at(1, "is hidden").help("not hidden").fix(there, "hidden"),
            at(0, "hidden, too").fix(here, "b"),
            at(0, "same"),
        ];
        let mut found = veiled(findings, again);
        score_spec::diagnostic::sort(&mut found);
        let shown: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    it.span().map(|span| span.range().start),
                    it.message.as_str(),
                )
            })
            .collect();
        let hidden = "the params of a resource do not match the schema of its provisioner; the details depend on secrets or values of environment variables, which are not shown";
        assert_eq!(
            shown,
            [
                (Some(0), "hidden, too"),
                (Some(0), "same"),
                (Some(1), "is hidden"),
                (Some(1), hidden),
                (Some(2), hidden),
            ]
        );
        assert!(!format!("{found:?}").contains("S3CRET"));
        let fixes: Vec<_> = found.iter().filter_map(|it| it.fix.as_ref()).collect();
        assert_eq!(fixes.len(), 1);
        assert_eq!(fixes[0].replacement, "b");
        assert!(found.iter().all(|it| it.severity == Severity::Error));
    }
}
