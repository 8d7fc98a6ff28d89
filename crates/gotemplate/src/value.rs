//! The values of templates.

mod described;
mod list;
mod map;
mod record;
mod time;
mod types;
mod version;

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) use described::described;
pub use list::{ElementType, List};
pub(crate) use map::Rejected;
pub use map::{Map, ValueType};
pub use record::{Field, Struct, StructType};
pub use time::Time;
pub(crate) use time::{Civil, days_from_civil, duration_text, month_name, weekday_name};
pub(crate) use types::{equal, is_empty, is_nil, is_true, kind_name, type_name};
pub use version::Version;
pub(crate) use version::compare_prerelease;

/// A string of bytes, as in Go usually but not always UTF-8. Cloning it is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Str(Arc<[u8]>);

impl Str {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The string with U+FFFD in place of each byte that is not UTF-8.
    pub fn to_text(&self) -> String {
        crate::text::lossy(&self.0).into_owned()
    }
}

impl std::borrow::Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&crate::text::lossy(&self.0), f)
    }
}

/// A string of a named type, which functions do not accept as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedString {
    /// The name of the type, for example `corev1.Protocol`.
    pub type_name: &'static str,
    /// The string.
    pub value: Str,
}

/// The types of integers. Go templates tell them apart: a function with a parameter of type `int`
/// does not accept an `int64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    /// `int`, the type of integers in templates and data.
    Int,
    /// `int64`, the result of sprig's arithmetic.
    Int64,
    /// `uint8`, a byte of a string.
    Byte,
    /// `uint64`, with the bits of the `i64`.
    Uint64,
    /// `time.Duration`, in nanoseconds.
    Duration,
    /// `time.Month`, from 1.
    Month,
    /// `time.Weekday`, from 0 for Sunday.
    Weekday,
}

/// A value of a template.
///
/// Cloning is cheap: maps are shared, so that functions such as `set` change all clones of a map.
/// No value contains itself.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// `nil`.
    #[default]
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer with its type.
    Int(i64, IntType),
    /// A `float64`.
    Float(f64),
    /// A `complex128`: real and imaginary part.
    Complex(f64, f64),
    /// A string.
    String(Str),
    /// A string of a named type.
    Named(Rc<NamedString>),
    /// A slice.
    List(List),
    /// A map whose keys are strings.
    Map(Map),
    /// A struct.
    Struct(Struct),
    /// A `time.Time`.
    Time(Time),
    /// A `semver.Version`.
    Version(Rc<Version>),
}

impl Value {
    /// An integer of type `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(value, IntType::Int)
    }

    /// An integer of type `int64`.
    pub(crate) fn int64(value: i64) -> Self {
        Self::Int(value, IntType::Int64)
    }

    /// A string.
    pub fn string(value: impl Into<Str>) -> Self {
        Self::String(value.into())
    }

    /// A string of a named type, for example `corev1.Protocol`.
    pub fn named(type_name: &'static str, value: impl Into<Str>) -> Self {
        let value = value.into();
        Self::Named(Rc::new(NamedString { type_name, value }))
    }

    /// The bytes of a string of any type.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::String(text) => Some(text.as_bytes()),
            Self::Named(named) => Some(named.value.as_bytes()),
            _ => None,
        }
    }

    /// The approximate work of reading the value without its children.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::String(text) => text.as_bytes().len() / 64,
            Self::Named(named) => named.value.as_bytes().len() / 64,
            Self::List(list) => list.len() / 8,
            Self::Map(map) => map.len() / 8,
            _ => 0,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::string(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

impl From<List> for Value {
    fn from(value: List) -> Self {
        Self::List(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Map(value)
    }
}

impl From<Struct> for Value {
    fn from(value: Struct) -> Self {
        Self::Struct(value)
    }
}
