//! Types, kinds and equality, as in Go.

use super::{ElementType, IntType, Str, Value, ValueType};
use crate::context::Context;
use crate::error::{Failure, Outcome};

impl IntType {
    /// The name of the type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Byte => "uint8",
            Self::Uint64 => "uint64",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Duration => "int64",
            Self::Month | Self::Weekday => "int",
            _ => self.name(),
        }
    }

    pub(crate) fn is_signed(self) -> bool {
        !matches!(self, Self::Byte | Self::Uint64)
    }
}

impl ElementType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::String => "string",
            Self::Int => "int",
            Self::List => "[]interface {}",
        }
    }
}

impl ValueType {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Any => "interface {}",
            Self::String => "string",
            Self::Struct(of) => of.name,
        }
    }

    /// The zero value.
    pub(crate) fn zero(&self) -> Value {
        match self {
            Self::Any => Value::Nil,
            Self::String => Value::string(""),
            Self::Struct(of) => Value::Struct(super::Struct::new(of, Vec::new())),
        }
    }
}

/// The name of the type, as `%T` prints it.
pub(crate) fn type_name(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Int(_, of) => of.name().to_owned(),
        Value::Float(_) => "float64".to_owned(),
        Value::Complex(..) => "complex128".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Named(named) => named.type_name.to_owned(),
        Value::List(list) => format!("[]{}", list.element_type().name()),
        Value::Map(map) => format!("map[string]{}", map.value_type().name()),
        Value::Struct(value) => value.struct_type().name.to_owned(),
        Value::Time(_) => "time.Time".to_owned(),
        Value::Version(_) => "*semver.Version".to_owned(),
    }
}

/// The name of the kind.
pub(crate) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_, of) => of.kind(),
        Value::Float(_) => "float64",
        Value::Complex(..) => "complex128",
        Value::String(_) | Value::Named(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Struct(value) if value.struct_type().is_pointer() => "ptr",
        Value::Struct(_) | Value::Time(_) => "struct",
        Value::Version(_) => "ptr",
    }
}

/// Whether `if` takes its first branch.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Struct(_) | Value::Time(_) => true,
        value => !is_empty(value),
    }
}

/// Whether sprig's `default` replaces the value.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Bool(value) => !value,
        Value::Int(value, _) => *value == 0,
        Value::Float(value) => *value == 0.0,
        Value::Complex(real, imaginary) => *real == 0.0 && *imaginary == 0.0,
        Value::String(text) => text.as_bytes().is_empty(),
        Value::Named(named) => named.value.as_bytes().is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Struct(_) | Value::Time(_) | Value::Version(_) => false,
    }
}

/// Whether a value is nil, or a nil slice or map.
pub(crate) fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

/// Whether two values are equal with their types, as `reflect.DeepEqual` finds.
#[allow(clippy::float_cmp, reason = "so does Go")]
pub(crate) fn equal(
    left: &Value,
    right: &Value,
    context: &mut Context,
    depth: usize,
) -> Outcome<bool> {
    context.step(1 + left.weight())?;
    if depth > context.limits().depth {
        return Err(Failure::limit(
            "values are nested too deeply to compare them",
        ));
    }
    Ok(match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left, of), Value::Int(right, other)) => of == other && left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Complex(a, b), Value::Complex(c, d)) => a == c && b == d,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Named(left), Value::Named(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right,
        (Value::Version(left), Value::Version(right)) => left == right,
        (Value::List(left), Value::List(right)) => {
            left.element_type() == right.element_type()
                && left.is_nil() == right.is_nil()
                && all_equal(left.items(), right.items(), context, depth)?
        }
        (Value::Struct(left), Value::Struct(right)) => {
            left.struct_type() == right.struct_type()
                && all_equal(left.values(), right.values(), context, depth)?
        }
        (Value::Map(left), Value::Map(right)) => {
            let is_alike =
                left.value_type() == right.value_type() && left.is_nil() == right.is_nil();
            if !is_alike || left.keys() != right.keys() {
                return Ok(false);
            }
            let values = |entries: Vec<(Str, Value)>| -> Vec<Value> {
                entries.into_iter().map(|(_, value)| value).collect()
            };
            all_equal(
                &values(left.entries()),
                &values(right.entries()),
                context,
                depth,
            )?
        }
        _ => false,
    })
}

fn all_equal(
    left: &[Value],
    right: &[Value],
    context: &mut Context,
    depth: usize,
) -> Outcome<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right) {
        if !equal(left, right, context, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}
