//! Problems of expressions and of their evaluation.

use std::borrow::Cow;
use std::ops::Range;

/// A reason why an expression cannot be parsed or evaluated, with its place in the text. It contains no value
/// that the expression reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The message, as in a diagnostic.
    pub message: Cow<'static, str>,
    /// How to fix it.
    pub help: Option<String>,
    /// The bytes of the expression.
    pub range: Range<usize>,
}

impl Problem {
    pub(super) fn new(message: impl Into<Cow<'static, str>>, range: Range<usize>) -> Self {
        Self {
            message: message.into(),
            help: None,
            range,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why an evaluation has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It reads a field, key or item that does not exist.
    Missing,
    /// Anything else.
    Wrong(Box<Problem>),
    /// It takes too many steps.
    TooLong(Box<Problem>),
}

/// Why an operation or a function has no result. The evaluation adds the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Missing,
    /// It is not defined for values of these types.
    Types,
    Message(&'static str),
    TooLong,
}
