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

/// Enough for tens of thousands of operations in a large project. A document of this size takes about 80 MB.
impl Default for PatchBudget {
    fn default() -> Self {
        Self { left: 2_000_000 }
    }
}

impl PatchBudget {
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
        let mut size = Self { left: usize::MAX };
        size.take_value(document)?;
        self.take((usize::MAX - size.left) / VIEWED)
    }

    /// Takes the size of a value.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    pub fn take_value<T: AsRef<str>>(&mut self, value: &Value<T>) -> Result<(), Reason> {
        match value {
            Value::Text(text) => self.take(1 + text.as_ref().len() / BYTES),
            Value::List(items) => {
                self.take(1)?;
                items.iter().try_for_each(|item| self.take_value(item))
            }
            Value::Map(entries) => {
                self.take(1)?;
                let mut entries = entries.iter();
                entries.try_for_each(|(key, value)| {
                    self.take(key.len() / BYTES)?;
                    self.take_value(value)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.take(1),
        }
    }
}
