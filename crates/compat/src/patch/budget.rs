//! A limit for what patch templates do to a document.

use score_spec::Value;

use super::Reason;

/// The number of bytes of a string that count as one part of a value.
const BYTES: usize = 16;

/// The number of parts of a document that a template sees in the time of one step.
const VIEWED: usize = 8;

/// The work that the operations of a project may still do: visit parts of the document, and write parts of values. A pattern
/// can write a large value to many places, into which others write again.
#[derive(Debug, Clone)]
pub struct PatchBudget {
    left: usize,
}

/// The budget of a small project. A document of this size takes about 80 MB.
const LEAST: usize = 2_000_000;

/// The number of times that the templates of a project may write as much as its document has.
const TIMES: usize = 8;

impl PatchBudget {
    /// The budget for a document: a large project has more objects to change.
    pub fn for_document<T: AsRef<str>>(document: &Value<T>) -> Self {
        Self {
            left: LEAST.saturating_add(size(document).saturating_mul(TIMES)),
        }
    }

    /// Takes a number of steps.
    ///
    /// # Errors
    ///
    /// If there are not as many left.
    pub fn take(&mut self, steps: usize) -> Result<(), Reason> {
        let left = self.left.checked_sub(steps);
        self.left = left.unwrap_or_default();
        left.map(|_| ()).ok_or(Reason::TooMuch)
    }

    /// Takes the costs of showing a document to a template.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub fn take_view<T: AsRef<str>>(&mut self, document: &Value<T>) -> Result<(), Reason> {
        self.take(size(document) / VIEWED)
    }

    /// Takes the size of a value.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub fn take_value<T: AsRef<str>>(&mut self, value: &Value<T>) -> Result<(), Reason> {
        self.take(size(value))
    }
}

/// The number of parts of a value.
fn size<T: AsRef<str>>(value: &Value<T>) -> usize {
    match value {
        Value::Text(text) => 1 + text.as_ref().len() / BYTES,
        Value::List(items) => items.iter().fold(1, |sum, item| sum + size(item)),
        Value::Map(entries) => entries
            .iter()
            .fold(1, |sum, (key, value)| sum + key.len() / BYTES + size(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}
