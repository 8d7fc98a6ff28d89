//! Findings and notes without values that came from outside, such as variables of the environment,
//! however a provisioner has transformed them.
//!
//! A value cannot be found in a message again once it has been reversed or encoded. So all passes are
//! done again with a stand-in for each value, and what is shown is what they find then. A message of the
//! first time is shown only if it is the same the second time, since then no value is in it.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use score_spec::{Code, Diagnostic, Span};

use crate::{App, Resolved, Target, Text};

/// What is said in the place of what depends on values.
const HIDDEN: &str = "the details depend on values of environment variables, which are not shown";

/// Findings by what they are about.
type ByPlace = BTreeMap<(Code, Option<Span>), VecDeque<Diagnostic>>;

/// The findings with the words of those that were made with stand-ins. One that has no counterpart
/// keeps its code and its place.
pub(crate) fn veiled(findings: Vec<Diagnostic>, again: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut known = ByPlace::new();
    for finding in again {
        known.entry(key(&finding)).or_default().push_back(finding);
    }
    // Those that are equal first, so that none of them is taken for another one.
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
            // A change of the text would write a stand-in.
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

/// A finding of which only the code and the place are shown.
fn hidden(finding: &Diagnostic) -> Diagnostic {
    let message = format!("{}; {HIDDEN}", finding.code.title());
    let found = Diagnostic::new(finding.code, message);
    let mut found = match finding.span() {
        Some(span) => found.at(span, ""),
        None => found,
    };
    found.severity = finding.severity;
    found.help(
        "check the values of the variables that this depends on, in the environment or in the env file",
    )
}

/// Puts notes with stand-ins in the place of those with values.
pub(crate) fn veil_notes(
    resolved: &mut Resolved,
    again: (&Resolved, &App),
    target: Option<&Target>,
) {
    let (other, app) = again;
    for (uid, provisioned) in resolved {
        if provisioned.notes.is_none() {
            continue;
        }
        let notes = other.get(uid).and_then(|other| other.notes.as_ref());
        // Hosts and ports are known by names that may hold values, too.
        let notes = notes.map(|notes| match target {
            Some(target) => (target.resolve)(app, notes),
            None => notes.clone(),
        });
        provisioned.notes = Some(notes.unwrap_or_else(|| Text::from(HIDDEN)));
    }
}
