//! Values of expressions. They borrow from the documents and from the expression as far as possible.

use std::cmp::Ordering;
use std::rc::Rc;

use score_spec::Number;

use super::evaluate::Evaluator;
use super::problem::Trouble;
use super::quantity::Quantity;
use crate::data::{Data, Fields, Items, Shape};

/// A value. Copying it is cheap.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Text<'a>),
    List(List<'a>),
    Map(Entries<'a>),
    Type(&'static str),
    Quantity(Quantity),
    Optional(Option<Rc<Value<'a>>>),
}

/// A string.
#[derive(Debug, Clone)]
pub(super) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
}

/// A list.
#[derive(Debug, Clone)]
pub(super) enum List<'a> {
    Data(Items<'a>),
    /// The keys of a map.
    Keys(Fields<'a>),
    Made(Rc<[Value<'a>]>),
}

/// A map.
#[derive(Debug, Clone)]
pub(super) enum Entries<'a> {
    Data(Fields<'a>),
    Made(Rc<[(Value<'a>, Value<'a>)]>),
}

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl<'a> List<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            List::Data(items) => items.len(),
            List::Keys(fields) => fields.len(),
            List::Made(items) => items.len(),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<Value<'a>> {
        match self {
            List::Data(items) => items.get(at).map(Value::from),
            List::Keys(fields) => {
                let (key, _) = fields.at(at)?;
                Some(Value::Text(Text::Borrowed(key)))
            }
            List::Made(items) => items.get(at).cloned(),
        }
    }

    /// The items in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'a>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl<'a> Entries<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Entries::Data(fields) => fields.len(),
            Entries::Made(entries) => entries.len(),
        }
    }

    pub(super) fn at(&self, at: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Entries::Data(fields) => {
                let (key, value) = fields.at(at)?;
                Some((Value::Text(Text::Borrowed(key)), value.into()))
            }
            Entries::Made(entries) => entries.get(at).cloned(),
        }
    }

    /// The value of a field.
    pub(super) fn field(
        &self,
        name: &str,
        evaluator: &mut Evaluator<'a>,
    ) -> Result<Option<Value<'a>>, Trouble> {
        evaluator.charge(1 + self.len() as u64 / 8)?;
        Ok(match self {
            Entries::Data(fields) => fields.get(name).map(Value::from),
            Entries::Made(entries) => entries
                .iter()
                .find(|(key, _)| key.text() == Some(name))
                .map(|(_, value)| value.clone()),
        })
    }

    /// The value under a key.
    pub(super) fn get(
        &self,
        key: &Value<'a>,
        evaluator: &mut Evaluator<'a>,
    ) -> Result<Option<Value<'a>>, Trouble> {
        if let Some(name) = key.text() {
            return self.field(name, evaluator);
        }
        if let Entries::Made(entries) = self {
            for (found, value) in entries.iter() {
                if found.equals(key, evaluator)? {
                    return Ok(Some(value.clone()));
                }
            }
        }
        Ok(None)
    }
}

impl<'a> From<Data<'a>> for Value<'a> {
    fn from(data: Data<'a>) -> Self {
        match data.shape() {
            Shape::Null => Value::Null,
            Shape::Bool(value) => Value::Bool(value),
            Shape::Number(number) => Value::number(number),
            Shape::Text(text) => Value::Text(Text::Borrowed(text)),
            Shape::List(items) => Value::List(List::Data(items)),
            Shape::Map(fields) => Value::Map(Entries::Data(fields)),
        }
    }
}

impl<'a> Value<'a> {
    fn number(number: &Number) -> Self {
        match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Double(value),
            (None, None) => Value::Null,
        }
    }

    /// A string that an operation has made.
    pub(super) fn made(text: impl Into<Rc<str>>) -> Self {
        Value::Text(Text::Made(text.into()))
    }

    /// A list that an operation has made.
    pub(super) fn list(items: Vec<Value<'a>>) -> Self {
        Value::List(List::Made(items.into()))
    }

    /// The string, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Double(_) => "double",
            Value::Text(_) => "string",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Type(_) => "type",
            Value::Quantity(_) => "quantity",
            Value::Optional(_) => "optional_type",
        }
    }

    /// Whether two values are equal. Values of different types are not; numbers are compared by their value.
    pub(super) fn equals(
        &self,
        other: &Self,
        evaluator: &mut Evaluator<'a>,
    ) -> Result<bool, Trouble> {
        evaluator.charge(1)?;
        Ok(match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
                compare_numbers(self, other) == Some(Ordering::Equal)
            }
            (Value::Text(a), Value::Text(b)) => {
                let (a, b) = (a.as_str(), b.as_str());
                if a.len() == b.len() {
                    evaluator.charge_text(a.len())?;
                }
                a == b
            }
            (Value::List(a), Value::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b.iter()) {
                    if !a.equals(&b, evaluator)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(a), Value::Map(b)) => return equal_maps(a, b, evaluator),
            (Value::Type(a), Value::Type(b)) => a == b,
            (Value::Quantity(a), Value::Quantity(b)) => a == b,
            (Value::Optional(Some(a)), Value::Optional(Some(b))) => a.equals(b, evaluator)?,
            (Value::Optional(a), Value::Optional(b)) => a.is_none() && b.is_none(),
            _ => false,
        })
    }

    /// The order of two values, if values of their types have one.
    pub(super) fn compare(
        &self,
        other: &Self,
        evaluator: &mut Evaluator<'a>,
    ) -> Result<Option<Ordering>, Trouble> {
        match (self, other) {
            (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
                Ok(compare_numbers(self, other))
            }
            (Value::Text(a), Value::Text(b)) => {
                let (a, b) = (a.as_str(), b.as_str());
                evaluator.charge_text(a.len().min(b.len()))?;
                Ok(Some(a.cmp(b)))
            }
            (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
            _ => Err(Trouble::Types),
        }
    }
}

fn equal_maps<'a>(
    a: &Entries<'a>,
    b: &Entries<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<bool, Trouble> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, value) in (0..a.len()).filter_map(|at| a.at(at)) {
        let is_equal = match b.get(&key, evaluator)? {
            Some(other) => value.equals(&other, evaluator)?,
            None => false,
        };
        if !is_equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two numbers, if both are numbers.
fn compare_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Double(b)) => compare_mixed(*a, *b),
        (Value::Double(a), Value::Int(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
        _ => None,
    }
}

/// The exact order of an integer and a float.
fn compare_mixed(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    match to_int(b.trunc()) {
        Some(whole) => Some(a.cmp(&whole).then(0.0.partial_cmp(&b.fract())?)),
        None if b > 0.0 => Some(Ordering::Less),
        None => Some(Ordering::Greater),
    }
}

/// The integer with the value of a float without its fraction, if there is one.
pub(super) fn to_int(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range has been checked"
    )]
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

/// The float that is nearest to an integer.
#[expect(
    clippy::cast_precision_loss,
    reason = "that is the meaning of this conversion"
)]
pub(super) fn to_double(value: i64) -> f64 {
    value as f64
}
