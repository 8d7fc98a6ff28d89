//! Go's comparison functions.

use std::cmp::Ordering;

use super::arguments::any;
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::value::{Value, described, equal, is_nil};

pub(super) const TABLE: &[Function] = &[
    entry("eq", "aa*", |context, values| {
        equal_to_any(context, values).map(Value::Bool)
    }),
    entry("ne", "aa", |context, values| {
        Ok(Value::Bool(!are_equal(
            context,
            &any(values, 0),
            &any(values, 1),
        )?))
    }),
    entry("lt", "aa", |_, values| ordered(values, Ordering::is_lt)),
    entry("le", "aa", |_, values| ordered(values, Ordering::is_le)),
    entry("gt", "aa", |_, values| ordered(values, Ordering::is_gt)),
    entry("ge", "aa", |_, values| ordered(values, Ordering::is_ge)),
];

/// A value that is compared by its contents. All integers are of one kind.
enum Basic<'a> {
    Bool(bool),
    Integer(i128),
    Float(f64),
    Complex(f64, f64),
    String(&'a [u8]),
}

impl<'a> Basic<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value, of) if of.is_signed() => Self::Integer((*value).into()),
            Value::Int(value, _) => Self::Integer(value.cast_unsigned().into()),
            Value::Float(value) => Self::Float(*value),
            Value::Complex(real, imaginary) => Self::Complex(*real, *imaginary),
            value => Self::String(value.bytes()?),
        })
    }
}

fn equal_to_any(context: &mut Context, values: &[Value]) -> Outcome<bool> {
    let first = any(values, 0);
    let others = values.get(1..).unwrap_or_default();
    if others.is_empty() {
        return Err(Failure::invalid("missing argument for comparison"));
    }
    for other in others {
        if are_equal(context, &first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp, reason = "so does Go")]
fn are_equal(context: &mut Context, left: &Value, right: &Value) -> Outcome<bool> {
    context.step(1)?;
    Ok(match (Basic::of(left), Basic::of(right)) {
        (Some(Basic::Bool(left)), Some(Basic::Bool(right))) => left == right,
        (Some(Basic::Integer(left)), Some(Basic::Integer(right))) => left == right,
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => left == right,
        (Some(Basic::Complex(a, b)), Some(Basic::Complex(c, d))) => a == c && b == d,
        (Some(Basic::String(left)), Some(Basic::String(right))) => left == right,
        (None, None) => return same(context, left, right),
        _ if matches!(left, Value::Nil) || matches!(right, Value::Nil) => false,
        _ => {
            let (left, right) = (described(left), described(right));
            return Err(Failure::invalid(format!(
                "{left} cannot be compared with {right}"
            )));
        }
    })
}

/// Compares values that are not basic: with nil, or structs of basic values.
fn same(context: &mut Context, left: &Value, right: &Value) -> Outcome<bool> {
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    let is_comparable = match (left, right) {
        (Value::Struct(left), Value::Struct(_)) => {
            left.values().iter().all(|value| Basic::of(value).is_some())
        }
        (Value::Time(_), Value::Time(_)) | (Value::Version(_), Value::Version(_)) => true,
        _ => false,
    };
    if is_comparable {
        return equal(left, right, context, 0);
    }
    Err(Failure::invalid(format!(
        "{} cannot be compared",
        described(left)
    )))
}

fn ordered(values: &[Value], accepts: fn(Ordering) -> bool) -> Outcome<Value> {
    let (left, right) = (any(values, 0), any(values, 1));
    let order = match (Basic::of(&left), Basic::of(&right)) {
        (Some(Basic::Integer(left)), Some(Basic::Integer(right))) => Some(left.cmp(&right)),
        (Some(Basic::String(left)), Some(Basic::String(right))) => Some(left.cmp(right)),
        // Not a number is in no order to any number, but Go's `gt` is the opposite of `le`.
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => {
            let greater = accepts(Ordering::Greater) && !accepts(Ordering::Less);
            return Ok(Value::Bool(
                left.partial_cmp(&right)
                    .map_or(greater && !accepts(Ordering::Equal), accepts),
            ));
        }
        _ => None,
    };
    order.map(accepts).map(Value::Bool).ok_or_else(|| {
        let (left, right) = (described(&left), described(&right));
        Failure::invalid(format!("{left} and {right} cannot be ordered"))
    })
}
