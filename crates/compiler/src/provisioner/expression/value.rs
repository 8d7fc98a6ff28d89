//! Conversion of values for expressions and of their results.

use std::cell::Cell;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value as Jinja, ValueKind};
use score_spec::{Map, Number};

use crate::ir::{Text, Tree};
use crate::support::budget::{Budget, Exhausted};

/// The maximum length of a string that expressions can process. A longer one is passed on like a
/// reference.
const MAX_SEEN: usize = 1 << 16;

/// The maximum length of the string that an expression can produce.
const MAX_TEXT: usize = 1 << 20;

/// The maximum length of a key in bytes. YAML readers, including ours, rarely accept longer ones.
pub(super) const MAX_KEY: usize = 1000;

/// The maximum depth of the value of an expression.
const MAX_DEPTH: usize = 128;

/// Text with references, opaque to expressions.
#[derive(Debug)]
struct Reference(Text);

impl Object for Reference {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Inspection::Conversion.note();
        f.write_str("[reference]")
    }

    fn is_true(self: &Arc<Self>) -> bool {
        Inspection::Comparison.note();
        true
    }
}

/// The use of a reference whose value is not known yet by an expression. The engine cannot reject
/// that, so it is recorded and reported after the evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inspection {
    /// It was converted to a string, which would hide what it is.
    Conversion,
    /// It was compared, or tested, which would have the same result for all values.
    Comparison,
}

thread_local! {
    static INSPECTED: Cell<Option<Inspection>> = const { Cell::new(None) };
}

impl Inspection {
    fn note(self) {
        INSPECTED.set(Some(self));
    }

    pub(super) fn reset() {
        INSPECTED.set(None);
    }

    pub(super) fn happened() -> Option<Self> {
        INSPECTED.get()
    }

    /// Records a comparison if the value is a reference.
    pub(super) fn of(value: &Jinja) {
        if value.downcast_object_ref::<Reference>().is_some() {
            Self::Comparison.note();
        }
    }
}

/// The text for expressions.
pub(crate) fn reference(text: Text) -> Jinja {
    match text.as_plain() {
        Some(plain) if plain.len() <= MAX_SEEN => Jinja::from(plain),
        _ => Jinja::from_object(Reference(text)),
    }
}

/// The tree for expressions.
pub(crate) fn to_jinja(value: &Tree) -> Jinja {
    match value {
        Tree::Null => Jinja::from(()),
        Tree::Bool(value) => Jinja::from(*value),
        Tree::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Jinja::from(number),
            (None, Some(number)) => Jinja::from(number),
            (None, None) => Jinja::from(number.as_f64().unwrap_or_default()),
        },
        Tree::Text(text) => reference(text.clone()),
        Tree::List(items) => items.iter().map(to_jinja).collect(),
        Tree::Map(entries) => {
            let pairs = entries.iter();
            Jinja::from_pairs(pairs.map(|(key, value)| (key.as_str(), to_jinja(value))))
        }
    }
}

/// The reason why a value is not allowed as a result.
pub(super) enum Unfit {
    /// It exceeds the limit.
    Exhausted(Exhausted),
    /// It has an unsupported type.
    Value(minijinja::Error),
}

impl From<minijinja::Error> for Unfit {
    fn from(error: minijinja::Error) -> Self {
        Unfit::Value(error)
    }
}

/// The memory of an entry of a map in addition to its key and value, at least.
const ENTRY: usize = 128;

/// The tree of a value, within the limit.
pub(super) fn from_jinja(value: &Jinja, budget: &Budget) -> Result<Tree, Unfit> {
    from_jinja_within(value, MAX_DEPTH, budget)
}

fn from_jinja_within(value: &Jinja, depth: usize, budget: &Budget) -> Result<Tree, Unfit> {
    let error = |what: &str| {
        let kind = minijinja::ErrorKind::InvalidOperation;
        Unfit::Value(minijinja::Error::new(kind, what.to_owned()))
    };
    let Some(below) = depth.checked_sub(1) else {
        return Err(error("the value is nested too deeply"));
    };
    let take = |bytes: usize| budget.take(bytes).map_err(Unfit::Exhausted);
    take(size_of::<Tree>())?;
    if let Some(reference) = value.downcast_object_ref::<Reference>() {
        take(reference.0.size())?;
        return Ok(Tree::Text(reference.0.clone()));
    }
    Ok(match value.kind() {
        ValueKind::Undefined => {
            return Err(Unfit::Value(minijinja::ErrorKind::UndefinedError.into()));
        }
        ValueKind::None => Tree::Null,
        ValueKind::Bool => Tree::Bool(value.is_true()),
        ValueKind::Number => {
            Tree::Number(number(value).ok_or_else(|| error("not a finite number"))?)
        }
        ValueKind::String => match value.as_str() {
            Some(text) if text.len() <= MAX_TEXT => {
                take(text.len())?;
                Tree::Text(text.into())
            }
            _ => return Err(error("the string is too long")),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter()? {
                items.push(from_jinja_within(&item, below, budget)?);
            }
            Tree::List(items)
        }
        ValueKind::Map => {
            let mut map = Map::default();
            for key in value.try_iter()? {
                let name = key.as_str().ok_or_else(|| error("a key is not a string"))?;
                if name.len() > MAX_KEY {
                    return Err(error("a key is too long"));
                }
                take(ENTRY + name.len())?;
                let entry = from_jinja_within(&value.get_item(&key)?, below, budget)?;
                map.insert(name.to_owned(), entry);
            }
            map.into()
        }
        _ => return Err(error("the value is not a string, number, list or map")),
    })
}

fn number(value: &Jinja) -> Option<Number> {
    if let Some(number) = value.as_i64() {
        return Some(number.into());
    }
    if let Ok(number) = u64::try_from(value.clone()) {
        return Some(number.into());
    }
    Number::from_f64(f64::try_from(value.clone()).ok()?)
}
