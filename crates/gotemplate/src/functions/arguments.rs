//! The parameters of functions.

use crate::context::Context;
use crate::error::Outcome;
use crate::value::{IntType, List, Map, Value, ValueType, described};

/// The parameters of a function, one letter each. A `*` at the end repeats the last one, also zero
/// times. See [`Parameter`] for the letters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature(pub(super) &'static str);

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Parameter {
    /// `a`: any value.
    Any,
    /// `s`: a string.
    String,
    /// `i`: an `int`.
    Int,
    /// `f`: a `float64`.
    Float,
    /// `b`: a boolean.
    Bool,
    /// `m`: a `map[string]interface {}`.
    Map,
    /// `t`: a `time.Time`.
    Time,
    /// `u`: an `uint32`. Only literals have this type.
    Uint,
    /// `v`: a `semver.Version`.
    Version,
    /// `d`: a `time.Duration`.
    Duration,
}

impl Signature {
    /// So many strings, at most 16.
    pub(crate) fn strings(count: usize) -> Self {
        const LETTERS: &str = "ssssssssssssssss";
        Self(LETTERS.get(..count).unwrap_or(LETTERS))
    }

    fn letters(self) -> &'static [u8] {
        self.0.as_bytes()
    }

    fn is_variadic(self) -> bool {
        self.0.ends_with('*')
    }

    /// The problem with a number of arguments, if there is one.
    pub(crate) fn refuses(self, count: usize) -> Option<String> {
        let parameters = self.letters().len();
        if self.is_variadic() {
            let fixed = parameters - 2;
            return (count < fixed).then(|| format!("want at least {fixed} got {count}"));
        }
        (count != parameters).then(|| format!("want {parameters} got {count}"))
    }

    /// The type of the parameter for the argument with this index.
    pub(crate) fn parameter(self, index: usize) -> Parameter {
        let letters = self.letters();
        let last = if self.is_variadic() {
            letters.len() - 2
        } else {
            letters.len().saturating_sub(1)
        };
        match letters.get(index.min(last)) {
            Some(b's') => Parameter::String,
            Some(b'i') => Parameter::Int,
            Some(b'f') => Parameter::Float,
            Some(b'b') => Parameter::Bool,
            Some(b'm') => Parameter::Map,
            Some(b't') => Parameter::Time,
            Some(b'u') => Parameter::Uint,
            Some(b'v') => Parameter::Version,
            Some(b'd') => Parameter::Duration,
            _ => Parameter::Any,
        }
    }
}

impl Parameter {
    /// The type in messages, with an article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::String => "a string",
            Self::Int => "an integer",
            Self::Float => "a floating-point number",
            Self::Bool => "a boolean",
            Self::Map => "a map",
            Self::Time => "a time",
            Self::Uint => "an integer without a sign",
            Self::Version => "a version",
            Self::Duration => "a duration",
        }
    }

    /// The end of a message about a value of another type: a function that converts it.
    fn conversion(self, value: &Value) -> &'static str {
        match (self, value) {
            (Self::Int, Value::Int(..) | Value::Float(_)) => "; `int` converts it",
            (Self::Float, Value::Int(..)) => "; `float64` converts it",
            (Self::String, Value::Int(..) | Value::Float(_) | Value::Bool(_) | Value::Named(_)) => {
                "; `toString` converts it"
            }
            _ => "",
        }
    }

    /// Checks the type of an argument. A missing value, in contrast to nil, is a nil map.
    pub(crate) fn check(self, value: Option<Value>) -> Result<Value, String> {
        let Some(value) = value else {
            return match self {
                Self::Any => Ok(Value::Nil),
                Self::Map => Ok(Value::Map(Map::nil())),
                _ => Err(format!("expected {}, found no value", self.described())),
            };
        };
        let fits = match (self, &value) {
            (Self::Any, _)
            | (Self::String, Value::String(_))
            | (Self::Int, Value::Int(_, IntType::Int))
            | (Self::Float, Value::Float(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Time, Value::Time(_))
            | (Self::Version, Value::Version(_))
            | (Self::Duration, Value::Int(_, IntType::Duration)) => true,
            (Self::Map, Value::Map(map)) => *map.value_type() == ValueType::Any,
            _ => false,
        };
        if fits {
            return Ok(value);
        }
        Err(format!(
            "expected {}, found {}{}",
            self.described(),
            described(&value),
            self.conversion(&value)
        ))
    }
}

/// The string at an index. The signature ensures that it is one.
pub(super) fn bytes(arguments: &[Value], index: usize) -> &[u8] {
    arguments
        .get(index)
        .and_then(Value::bytes)
        .unwrap_or_default()
}

/// The string at an index, with U+FFFD for each byte that is not UTF-8.
pub(super) fn string(arguments: &[Value], index: usize) -> std::borrow::Cow<'_, str> {
    crate::text::lossy(bytes(arguments, index))
}

/// The integer at an index. The signature ensures that it is one.
pub(super) fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(value, _)) => *value,
        _ => 0,
    }
}

/// The map at an index. The signature ensures that it is one.
pub(super) fn map(arguments: &[Value], index: usize) -> Map {
    match arguments.get(index) {
        Some(Value::Map(map)) => map.clone(),
        _ => Map::nil(),
    }
}

/// The value at an index, nil if there is none.
pub(super) fn any(arguments: &[Value], index: usize) -> Value {
    arguments.get(index).cloned().unwrap_or_default()
}

/// A new string.
pub(super) fn text(context: &mut Context, bytes: impl Into<Vec<u8>>) -> Outcome<Value> {
    let bytes = bytes.into();
    context.allocate(bytes.len())?;
    Ok(Value::string(bytes))
}

/// A new list of type `[]interface {}`.
pub(super) fn list(context: &mut Context, items: Vec<Value>) -> Outcome<Value> {
    context.allocate(items.len() * size_of::<Value>())?;
    Ok(Value::List(List::new(items)))
}
