//! Patch templates, and their operations: `set` and `delete` with a path into the finished project or the
//! list of objects. Checking the result against the fields of the platform is not part of it.

mod budget;
mod path;
mod query;
mod template;

use std::fmt;

use score_spec::{Kind, Map, Span, Value};

pub use self::budget::PatchBudget;
pub use self::path::Path;
use self::path::{Index, Step};
pub use self::template::{PatchData, Patches, TemplateFault};
use crate::yaml::{self, Node, Scalar};

/// The most items that an operation can add to a list to reach an index.
const MOST_ADDED: usize = 10_000;

/// The number of items that are moved in the time of one step.
const MOVED: usize = 64;

/// An operation of a patch template, with `T` instead of the strings of its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation<T = String> {
    /// The location in the rendered template.
    pub span: Span,
    /// Its effect.
    pub action: Action<T>,
    /// The part of the document.
    pub path: Path,
    /// The comment of its author.
    pub description: String,
}

/// The effect of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Action<T = String> {
    /// Replaces or adds a value.
    Set(Value<T>),
    /// Removes a value, if it exists.
    Delete,
}

/// The reason why the output of a template is no list of operations, or an operation cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The location in the rendered template.
    pub span: Span,
    /// The reason.
    pub reason: Reason,
}

/// The reason of a [`Fault`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The output is not a list of maps.
    NotOperations,
    /// A map has a key that operations do not have.
    UnknownKey(String),
    /// `op` is neither `set` nor `delete`.
    UnknownOperation,
    /// A value has another type than its key requires.
    WrongType(&'static str),
    /// The path is empty.
    EmptyPath,
    /// The path has more steps than the limit.
    LongPath(usize),
    /// The path of a `delete` is a pattern.
    DeletedPattern,
    /// A part of the path is not an index of the list there.
    NotAnIndex(String),
    /// The path leads too far behind the end of a list.
    TooFar,
    /// A value that JSON does not have, such as infinity.
    NoJson,
    /// The operations do more than their budget allows.
    TooMuch,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOperations => f.write_str("the template must result in a list of operations"),
            Self::UnknownKey(key) => write!(f, "operations do not have the key `{key}`"),
            Self::UnknownOperation => f.write_str("`op` must be `set` or `delete`"),
            Self::WrongType(key) => write!(f, "`{key}` must be a string"),
            Self::EmptyPath => f.write_str("the path is empty"),
            Self::LongPath(most) => write!(f, "a path has at most {most} parts"),
            Self::DeletedPattern => f.write_str("`delete` does not support patterns in paths"),
            Self::NotAnIndex(part) => write!(f, "`{part}` is not an index of the list"),
            Self::TooFar => write!(
                f,
                "the index is more than {MOST_ADDED} items behind the end of the list"
            ),
            Self::NoJson => f.write_str("the value does not exist in JSON"),
            Self::TooMuch => f.write_str("the patch templates of the project change too much"),
        }
    }
}

impl Operation {
    /// Reads the output of a patch template, as far as it is not blank.
    ///
    /// # Errors
    ///
    /// The first part that is not an operation.
    pub fn read_all(output: &Node) -> Result<Vec<Self>, Fault> {
        let Kind::List(items) = &output.kind else {
            return Err(fault(output, Reason::NotOperations));
        };
        let operations = items.iter().filter(|item| item.kind != Kind::Null);
        operations.map(Self::read).collect()
    }

    fn read(node: &Node) -> Result<Self, Fault> {
        let Kind::Map(entries) = &node.kind else {
            return Err(fault(node, Reason::NotOperations));
        };
        let (mut op, mut path, mut value) = (None, None, Value::Null);
        let mut description = String::new();
        for entry in entries {
            match entry.key.as_str() {
                "op" => op = Some(text(&entry.value, "op")?),
                "path" => path = Some((text(&entry.value, "path")?, &entry.value)),
                "value" => {
                    let json = yaml::to_json(&entry.value);
                    let json = json.ok_or_else(|| fault(&entry.value, Reason::NoJson))?;
                    value = Value::from_json(json);
                }
                "description" => description = text(&entry.value, "description")?,
                other => {
                    let reason = Reason::UnknownKey(other.to_owned());
                    return Err(Fault {
                        span: entry.key_span,
                        reason,
                    });
                }
            }
        }
        let action = match op.as_deref() {
            Some("set") => Action::Set(value),
            Some("delete") => Action::Delete,
            _ => return Err(fault(node, Reason::UnknownOperation)),
        };
        let (path, place) = path.unwrap_or((String::new(), node));
        let path = Path::parse(&path).map_err(|reason| fault(place, reason))?;
        if action == Action::Delete && path.is_pattern() {
            return Err(fault(place, Reason::DeletedPattern));
        }
        Ok(Self {
            span: place.span,
            action,
            path,
            description,
        })
    }

    /// The operation with each string of its value replaced by the result of `f`.
    pub fn map_text<T>(self, f: &mut impl FnMut(&String) -> T) -> Operation<T> {
        Operation {
            span: self.span,
            action: match self.action {
                Action::Set(value) => Action::Set(value.map_text(f)),
                Action::Delete => Action::Delete,
            },
            path: self.path,
            description: self.description,
        }
    }
}

impl<T: Clone + AsRef<str>> Operation<T> {
    /// Changes the document, within a budget.
    ///
    /// # Errors
    ///
    /// If the path does not lead to a part of the document that can be changed, or the budget is exhausted.
    pub fn apply(&self, document: &mut Value<T>, budget: &mut PatchBudget) -> Result<(), Fault> {
        let result = match &self.action {
            Action::Set(value) => {
                if let Some(steps) = self.path.steps() {
                    set(document, steps, value, budget)
                } else {
                    query::set(document, &self.path, value, budget)
                }
            }
            Action::Delete => delete(document, self.path.steps().unwrap_or_default(), budget),
        };
        result.map_err(|reason| Fault {
            span: self.span,
            reason,
        })
    }
}

/// A scalar as a string.
fn text(node: &Node, key: &'static str) -> Result<String, Fault> {
    match &node.kind {
        Kind::Null => Ok(String::new()),
        Kind::Bool(value) => Ok(value.to_string()),
        Kind::Number(number) => Ok(number.to_string()),
        Kind::Text(Scalar::Text(text)) => Ok(text.clone()),
        Kind::Text(Scalar::Time(time)) => Ok(time.to_string()),
        Kind::Text(Scalar::Float(_)) | Kind::List(_) | Kind::Map(_) => {
            Err(fault(node, Reason::WrongType(key)))
        }
    }
}

fn fault(node: &Node, reason: Reason) -> Fault {
    Fault {
        span: node.span,
        reason,
    }
}

/// Sets the value at a path. Missing parts are created, and scalars on the way are replaced.
fn set<T: Clone + AsRef<str>>(
    at: &mut Value<T>,
    steps: &[Step],
    value: &Value<T>,
    budget: &mut PatchBudget,
) -> Result<(), Reason> {
    budget.take(1)?;
    let Some((step, rest)) = steps.split_first() else {
        budget.take_value(value)?;
        *at = value.clone();
        return Ok(());
    };
    if !matches!(at, Value::Map(_) | Value::List(_)) {
        *at = if step.is_index() {
            Value::List(Vec::new())
        } else {
            Map::default().into()
        };
    }
    match at {
        Value::List(items) => set(item(items, step, budget)?, rest, value, budget),
        Value::Map(entries) => {
            let entry = entries.entry(step.key()).or_insert(Value::Null);
            set(entry, rest, value, budget)
        }
        _ => Ok(()),
    }
}

/// The item of a list for a `set`, which is added if it does not exist.
fn item<'a, T: Clone>(
    items: &'a mut Vec<Value<T>>,
    step: &Step,
    budget: &mut PatchBudget,
) -> Result<&'a mut Value<T>, Reason> {
    let index = match step.index() {
        Some(Index::At(index)) => index,
        Some(Index::End) => items.len(),
        None => return Err(Reason::NotAnIndex(step.key())),
    };
    if index > items.len().saturating_add(MOST_ADDED) {
        return Err(Reason::TooFar);
    }
    if index >= items.len() {
        budget.take(index - items.len())?;
        items.resize(index + 1, Value::Null);
    }
    Ok(&mut items[index])
}

fn delete<T>(
    mut at: &mut Value<T>,
    steps: &[Step],
    budget: &mut PatchBudget,
) -> Result<(), Reason> {
    budget.take(steps.len())?;
    let Some((last, before)) = steps.split_last() else {
        return Ok(());
    };
    for step in before {
        let below = match at {
            Value::List(items) => existing(items, step).and_then(|index| items.get_mut(index)),
            Value::Map(entries) => entries.get_mut(&step.key()),
            _ => None,
        };
        let Some(below) = below else { return Ok(()) };
        at = below;
    }
    match at {
        Value::List(items) => {
            if let Some(index) = existing(items, last).filter(|index| *index < items.len()) {
                budget.take(items.len() / MOVED)?;
                items.remove(index);
            }
        }
        Value::Map(entries) => {
            budget.take(entries.len() / MOVED)?;
            entries.shift_remove(&last.key());
        }
        _ => {}
    }
    Ok(())
}

/// The index of a step of a `delete`, where `-1` is the last item.
fn existing<T>(items: &[Value<T>], step: &Step) -> Option<usize> {
    match step.index()? {
        Index::At(index) => Some(index),
        Index::End => items.len().checked_sub(1),
    }
}
