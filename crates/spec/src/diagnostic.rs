//! What is wrong with an input, as data that can print itself. Not: how a terminal shows it; that is the
//! caller's.

mod display;
mod hint;
mod page;
pub mod printable;

pub use self::display::Diagnostics;
pub use self::hint::Hint;
pub use self::page::Page;
use crate::{Code, Severity, Span};

/// How many bytes of a message, label or help are kept.
const LONGEST: usize = 2_000;

/// How many names a sentence lists, and how many members of a circle have a label.
pub const MOST_NAMED: usize = 24;

/// How many names are compared with a wrong one, and how long these may be. A comparison takes
/// time that grows with the length of both.
const MOST_COMPARED: usize = 200;
const LONGEST_COMPARED: usize = 64;

/// How many findings say what was probably meant. Behind these many a finding only says what is
/// wrong; nobody reads as far, and the search for names takes longer than all else.
pub const MOST_PROPOSALS: usize = 1_000;

/// A finding about an input.
///
/// The message is lower case, puts names in backticks and has no final period. The help says what
/// to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule was broken.
    pub code: Code,
    /// How bad it is; at first what the code says.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where. The first is the place itself, the others explain it. Empty if the finding is about
    /// something that no input text contains.
    pub labels: Vec<Label>,
    /// The value that it is about, where that is not the one at the first label: what lacks something
    /// is pointed to by its first line only.
    pub about: Option<Span>,
    /// How to mend it.
    pub help: Option<Hint>,
    /// A change of the text that mends it, safe to apply without a look.
    pub fix: Option<Fix>,
}

/// A place with a few words about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub message: String,
}

/// A replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The bytes to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl Diagnostic {
    /// A finding of the severity that its code has.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: bounded(message.into()),
            labels: Vec::new(),
            about: None,
            help: None,
            fix: None,
        }
    }

    /// Adds a place. The first one added is the place of the finding.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            message: bounded(message.into()),
        });
        self
    }

    /// Says which value it is about.
    #[must_use]
    pub fn about(mut self, value: Span) -> Self {
        self.about = Some(value);
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<Hint>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives the change that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
        });
        self
    }

    /// How to fix it, or where to read about it.
    pub fn advice(&self) -> String {
        self.help.as_ref().map_or_else(
            || format!("the page of the code `{}` shows an example", self.code),
            Hint::to_string,
        )
    }

    /// The place of the value that the finding is about.
    pub fn subject(&self) -> Option<Span> {
        self.about.or_else(|| self.span())
    }

    /// The place of the finding.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// A text that is shown whole unless it is very long. Names in messages come from the input, and
/// nobody reads a megabyte of them.
pub fn bounded(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// Sorts findings by input and place, those without a place first, and drops repetitions.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span(), a.code, &a.message).cmp(&(b.span(), b.code, &b.message)));
    diagnostics.dedup();
}

/// Whether any finding is an error.
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The name among `known` that was probably meant by `name`, if one is near enough. Long names are
/// not compared, nor are the last of very many.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Names as a sentence lists them: `` `a`, `b` and `c` ``. Of very many it names the first.
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

/// Things that lead from one to the next and back to the first: `` `a` → `b` → `a` ``. Of a very
/// long circle the middle is left out.
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
