#![doc = "placeholder"]
mod code;
pub mod diagnostic;
mod node;
mod source;
mod template;
mod value;
mod workload;

pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Fix, Label};
pub use node::{Entry, Kind, Node};
pub use source::{Position, Source, SourceId, Sources, Span, Spanned};
pub use template::{Part, Placeholder, Root, Template};
pub use value::{Number, Value};
pub use workload::*;
