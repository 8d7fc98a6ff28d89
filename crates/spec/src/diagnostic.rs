//! Problems of an input as data that can be printed. Out of scope: terminals; they are the responsibility
//! of the caller.

mod conceal;
mod display;
mod hint;
mod merged;
mod page;
pub mod printable;

pub use self::display::Diagnostics;
pub use self::hint::Hint;
pub use self::merged::Merged;
pub use self::page::Page;
use std::sync::Arc;

use crate::{Code, Severity, Span};

/// The maximum length of a message, label or help text in bytes.
const LONGEST: usize = 2_000;

/// The maximum number of names in a sentence, and of labels for the members of a cycle.
pub const MOST_NAMED: usize = 24;

/// The maximum number of names that are compared with a wrong one, and their maximum length. The
/// time of a comparison grows with the length of both.
const MOST_COMPARED: usize = 200;
const LONGEST_COMPARED: usize = 64;

/// The number of diagnostics with suggestions. Later ones only state the problem: few readers get
/// that far, and searching for similar names takes longer than everything else.
pub const MOST_PROPOSALS: usize = 1_000;

/// A problem of an input.
///
/// The message is lower case, has names in backticks and no final period. The help describes how to
/// fix the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The violated rule.
    pub code: Code,
    /// The id of the violated rule of a policy, such as `acme/owner`. It is shown instead of the code, which all
    /// of these have in common.
    pub rule: Option<Arc<str>>,
    /// The severity; by default that of the code.
    pub severity: Severity,
    /// The problem.
    pub message: String,
    /// The locations. The first one is the location of the problem, the others explain it. Empty if
    /// the diagnostic does not concern any input text.
    pub labels: Vec<Label>,
    /// The affected value, if it differs from the first label: a missing part is reported at the
    /// first line of its parent.
    pub about: Option<Span>,
    /// A suggested fix.
    pub help: Option<Hint>,
    /// A change of the text that fixes the problem and is safe to apply without review.
    pub fix: Option<Fix>,
    /// The reason for an exception from the rule. The finding is then only listed in formats for programs, and counts
    /// neither as an error nor as a warning.
    pub waiver: Option<String>,
    /// The environments of the project in which it was found; empty if the run has a single one or none.
    pub environments: Vec<String>,
}

/// A location with a short note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The location.
    pub span: Span,
    /// The note; may be empty.
    pub message: String,
}

/// A replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace.
    pub span: Span,
    /// The replacement.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic with the default severity of its code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            rule: None,
            severity: code.severity(),
            message: bounded(message.into()),
            labels: Vec::new(),
            about: None,
            help: None,
            fix: None,
            waiver: None,
            environments: Vec::new(),
        }
    }

    /// Adds a location. The first one is the location of the problem.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: bounded(message.into()),
        });
        self
    }

    /// Sets the violated rule of a policy.
    #[must_use]
    pub fn rule(mut self, id: impl Into<Arc<str>>) -> Self {
        self.rule = Some(id.into());
        self
    }

    /// Sets the affected value.
    #[must_use]
    pub fn about(mut self, value: Span) -> Self {
        self.about = Some(value);
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn help(mut self, help: impl Into<Hint>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Makes it an exception from the rule, for a reason. An exception is not fixed.
    #[must_use]
    pub fn waived(mut self, reason: impl Into<String>) -> Self {
        self.waiver = Some(bounded(reason.into()));
        self.fix = None;
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// The id of the violated rule of a policy, or the code.
    pub fn id(&self) -> &str {
        self.rule.as_deref().unwrap_or(self.code.name())
    }

    /// The help, or a reference to documentation.
    pub fn advice(&self) -> String {
        match (&self.help, &self.rule) {
            (Some(help), _) => help.to_string(),
            (None, Some(rule)) => format!("the policy with the rule `{rule}` describes it"),
            (None, None) => format!("the page of the code `{}` shows an example", self.code),
        }
    }

    /// The location of the affected value.
    pub fn subject(&self) -> Option<Span> {
        self.about.or_else(|| self.span())
    }

    /// The location of the problem.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// A string that is truncated if it is very long. Names in messages come from the input, and a
/// megabyte of text is not useful.
pub fn bounded(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// Sorts diagnostics by input and location, those without a location first, and removes duplicates.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |it: &Diagnostic| (it.span(), it.code);
    diagnostics.sort_by(|a, b| {
        let rest = || (&a.rule, &a.message).cmp(&(&b.rule, &b.message));
        key(a).cmp(&key(b)).then_with(rest)
    });
    diagnostics.dedup();
}

/// Whether any diagnostic is an error.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error && diagnostic.waiver.is_none())
}

/// The name in `known` that was probably intended by `name`, if one is similar enough. Long names,
/// and names beyond the limit, are not compared.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(name, known, |longer| match longer {
        ..=5 => 1,
        longer => longer.div_ceil(3).min(4),
    })
}

/// The name in `known` that differs from `name` by at most two typos.
pub fn misspelled<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(name, known, |longer| longer.div_ceil(4).min(2))
}

/// The most similar name, of those whose distance is within the limit for the length of the longer one.
fn nearest_within<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
    limit: impl Fn(usize) -> usize,
) -> Option<&'a str> {
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let wanted = name.to_lowercase().replace(['_', '-'], "");
    known
        .into_iter()
        .take(MOST_COMPARED)
        .filter(|candidate| candidate.len() <= LONGEST_COMPARED)
        .map(|candidate| {
            let plain = candidate.to_lowercase().replace(['_', '-'], "");
            (strsim::damerau_levenshtein(&wanted, &plain), candidate)
        })
        .filter(|(distance, candidate)| *distance <= limit(candidate.len().max(name.len())))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Names as a list in a sentence: `` `a`, `b` and `c` ``. A long list is truncated.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut quoted: Vec<String> = names
        .by_ref()
        .take(MOST_NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.count() {
        0 => {}
        more => quoted.push(format!("{more} more")),
    }
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The members of a cycle: `` `a` → `b` → `a` ``. The middle of a long cycle is omitted.
pub fn circle(names: &[&str]) -> String {
    let Some((first, rest)) = names.split_first() else {
        return String::new();
    };
    let mut circle = format!("`{first}`");
    for name in rest.iter().take(MOST_NAMED) {
        circle.extend([" → `", name, "`"]);
    }
    if rest.len() > MOST_NAMED {
        circle.push_str(" → …");
    }
    circle.extend([" → `", first, "`"]);
    circle
}
