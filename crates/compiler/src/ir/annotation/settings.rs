//! Values of annotations that consist of several parts, and problems with the part that they concern.

use std::ops::Range;

use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Span};

use crate::ir::Component;
use crate::ir::field::{Field, at};

/// A problem in the value of an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueProblem {
    /// The start of a sentence that ends with the annotation.
    pub(crate) message: String,
    pub(crate) help: String,
    /// The bytes of the value that it concerns; empty for the whole value.
    pub(crate) range: Range<usize>,
}

impl ValueProblem {
    /// A problem of the whole value.
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
            range: 0..0,
        }
    }

    /// The problem of a value with a NUL character.
    pub(crate) fn nul() -> Self {
        let help = "remove it: programs cannot receive strings with a NUL character (`\\0`)";
        Self::new("there is a NUL character", help)
    }

    /// The problem with the location of a part that was read from the value.
    pub(crate) fn at(mut self, part: Span) -> Self {
        self.range = part.start as usize..part.end as usize;
        self
    }

    /// The error about the value of an annotation of a component.
    pub(crate) fn report(self, component: &Component, annotation: &str) -> Diagnostic {
        let message = format!("{} in the annotation `{annotation}`", self.message);
        let place = self.place(component, annotation);
        at(place, Diagnostic::new(Code::TargetInvalid, message)).help(self.help)
    }

    /// The location: inside the value, if the source contains it without escapes.
    fn place(&self, component: &Component, annotation: &str) -> Option<Span> {
        let text = component.annotations.get(annotation)?;
        let name = component.place(Field::Annotation(annotation))?;
        let value = component.place(Field::AnnotationValue(annotation))?;
        let length = (value.end - value.start) as usize;
        let quote = match length.checked_sub(text.len()) {
            Some(0) => 0,
            // Without escapes, the source is as long as the value and its quotes.
            Some(2) => 1,
            _ => return Some(value),
        };
        if value == name || self.range.is_empty() {
            return Some(value);
        }
        let start = value.start as usize + quote;
        let (from, to) = (start + self.range.start, start + self.range.end);
        Some(Span::new(value.source, from, to))
    }
}

/// The result of reading a setting, or a message and help.
pub(crate) type Setting = Result<(), (String, String)>;

/// Reads settings such as `delay=10s failures=6`: calls `set` with the name and value of each. Names must be
/// among `known`, and distinct. `example` is shown if there are no settings.
pub(crate) fn settings(
    text: &str,
    known: &[&str],
    example: &str,
    mut set: impl FnMut(&str, &str) -> Setting,
) -> Result<(), ValueProblem> {
    let mut names: Vec<&str> = Vec::new();
    let mut end = 0;
    for part in text.split_whitespace() {
        let rest = text.get(end..).unwrap_or_default();
        let start = end + rest.find(part).unwrap_or_default();
        end = start + part.len();
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let result = if known.contains(&name) {
            set(name, value)
        } else {
            Err(unknown("setting", name, known))
        };
        let is_repeated = names.contains(&name);
        let result = result.and_then(|()| match is_repeated.then_some(name) {
            Some(name) => Err((
                format!("`{name}` is set twice"),
                "remove one of them".to_owned(),
            )),
            None => Ok(()),
        });
        result.map_err(|(message, help)| ValueProblem {
            message,
            help,
            range: start..end,
        })?;
        names.push(name);
    }
    if names.is_empty() {
        let help = format!("write {example}");
        return Err(ValueProblem::new("there are no settings", help));
    }
    Ok(())
}

/// The message and help for a name that is not among the known ones of this kind.
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> (String, String) {
    let help = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the {kind}s are {}", listed(known.iter().copied())),
    };
    (format!("unknown {kind} `{name}`"), help)
}

/// Parses whole seconds or minutes, such as `10s` or `2m`, up to the number that platforms accept.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let (digits, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s')?, 1),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let seconds = digits.parse::<u32>().ok().filter(|_| is_number)?;
    let seconds = seconds.checked_mul(unit)?;
    (i32::try_from(seconds).is_ok()).then_some(seconds)
}
