//! Errors with their place in the template.

use std::fmt;

/// An error of parsing or executing a template.
///
/// No message contains a value of the data, because values may be secrets. The exception is the
/// message that a template passes to `fail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Whether the template was parsed or executed.
    pub stage: Stage,
    /// The kind of the error.
    pub kind: ErrorKind,
    /// A sentence without a location, in lower case.
    pub message: String,
    /// The byte offset in the template.
    pub offset: usize,
    /// The line in the template, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// When an error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The template cannot be parsed, with any data.
    Parse,
    /// The template cannot be executed with this data.
    Execute,
}

/// The kinds of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The template is wrong, or does not fit its data.
    Invalid,
    /// The template called `fail`.
    Failed,
    /// A limit was reached.
    Limit,
    /// A function that depends on the clock, the environment or the network, or that cannot be
    /// computed from the seed.
    Unsupported,
    /// A value that would be printed does not exist, and the [`Context`](crate::Context) does not allow it.
    Missing,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for Error {}

/// An error before its place in the text is known. It is boxed, because values are small.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: ErrorKind,
    message: String,
    /// The byte offset in the template, if it is known.
    offset: Option<usize>,
}

/// The result of everything that can fail.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (message, offset) = (message.into(), None);
        Self(Box::new(Details {
            kind,
            message,
            offset,
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn missing() -> Self {
        Self::new(ErrorKind::Missing, "the value does not exist or is null")
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Sets the place, unless a more exact one is known.
    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Names the function that failed.
    pub(crate) fn within(mut self, function: &str) -> Self {
        self.0.message = format!("{function}: {}", self.0.message);
        self
    }

    /// Finds line and column.
    pub(crate) fn into_error(self, stage: Stage, text: &str) -> Error {
        let details = *self.0;
        let offset = details.offset.unwrap_or_default().min(text.len());
        let before = text.get(..offset).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() + 1;
        let line = before.matches('\n').count() + 1;
        Error {
            stage,
            kind: details.kind,
            message: details.message,
            offset,
            line,
            column,
        }
    }
}
