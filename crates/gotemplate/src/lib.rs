#![doc = include_str!("../README.md")]

mod context;
mod error;
mod execute;
mod functions;
mod json;
mod number;
pub mod outline;
mod print;
mod syntax;
mod template;
mod text;
mod value;

pub use context::{Context, Limits, RANDOM_FUNCTIONS};
pub use error::{Error, ErrorKind, Stage};
pub use functions::Functions;
pub use template::Template;
pub use value::{
    ElementType, Field, IntType, List, Map, NamedString, Str, Struct, StructType, Time, Value,
    ValueType, Version,
};
