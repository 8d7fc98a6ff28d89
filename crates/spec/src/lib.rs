//! Reads [Score](https://score.dev) workload specs: from text to a [`Valid`] [`Workload`].
//!
//! ```text
//! text --parse--> Node --Overlay::apply--> Node --check--> Valid<Workload>
//! ```
//!
//! - [`parse`] never fails: it returns trees, in which every key and value has its byte range, and the
//!   problems of the text.
//! - [`Overlay`] changes a tree before it is validated.
//! - [`check()`] upgrades deprecated forms, validates the tree against the JSON Schema of
//!   `score.dev/v1b1`, converts it to types, and applies the rules that a schema cannot express. It
//!   reports all problems, and only a document without errors becomes [`Valid`].
//! - [`load()`] combines all of these.
//!
//! This crate knows no resource types and no targets, and does no I/O: inputs are passed in as
//! [`Sources`], problems are returned as [`Diagnostic`]s.
//!
//! ```
//! use score_spec::{Sources, load};
//!
//! let mut sources = Sources::new();
//! let id = sources.add(
//!     "score.yaml",
//!     "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1}}}",
//! );
//! let mut diagnostics = Vec::new();
//! let loaded = load(&sources, id, &[], &mut diagnostics);
//! assert!(diagnostics.is_empty());
//! assert_eq!(loaded.workloads[0].containers["main"].image.value, "nginx:1");
//! ```

mod before;
mod check;
mod code;
pub mod diagnostic;
pub mod graph;
mod limit;
mod load;
mod node;
mod overlay;
mod quantity;
pub mod reader;
mod references;
mod rules;
mod schema;
mod source;
mod template;
mod upgrade;
mod value;
mod workload;
mod yaml;

pub use check::check;
pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Fix, Hint, Label};
pub use load::{Loaded, load};
pub use node::{Entry, Kind, Node};
pub use overlay::{Change, Overlay};
pub use quantity::Quantity;
pub use references::unknown;
pub use rules::{limits_below_requests, sounds_secret};
pub use schema::{Codes, Place, Schema, score_schema};
pub use source::{Position, Source, SourceId, Sources, Span, Spanned};
pub use template::{Grammar, Part, Placeholder, Root, Template};
pub use value::{Map, Number, Value};
pub use workload::{
    Before, Container, File, FileContent, HttpGet, Params, Port, Probe, Protocol, Quantities,
    Ready, Resource, Valid, Volume, Workload,
};
pub use yaml::{Parsed, parse, parse_value};
