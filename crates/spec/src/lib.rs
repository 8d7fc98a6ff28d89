//! Reads [Score](https://score.dev) workload specs: from text to a [`Valid`] [`Workload`].
//!
//! ```text
//! text --parse--> Node --Overlays--> Node --check--> Valid<Workload>
//! ```
//!
//! - [`parse`] never fails: it returns trees, in which every key and value has its byte range, and the
//!   problems of the text.
//! - [`Overlays`] change a tree before it is validated.
//! - [`check()`] upgrades deprecated forms, validates the tree against the JSON Schema of
//!   `score.dev/v1b1`, converts it to types, and applies the rules that a schema cannot express. It
//!   reports all problems, and only a document without errors becomes [`Valid`].
//! - [`load()`] combines all of these.
//!
//! The types that most programs need are at the root of the crate, others are in the module of their
//! subject.
//!
//! This crate knows no resource types and no targets, and does no I/O: inputs are passed in as
//! [`Sources`], problems are returned as [`Diagnostic`]s.
//!
//! ```
//! use score_spec::{Overlays, Sources, load};
//!
//! let mut sources = Sources::new();
//! let id = sources.add(
//!     "score.yaml",
//!     "{apiVersion: score.dev/v1b1, metadata: {name: web}, containers: {main: {image: nginx:1}}}",
//! );
//! let mut diagnostics = Vec::new();
//! let loaded = load(&sources, id, &Overlays::default(), &mut diagnostics);
//! assert!(diagnostics.is_empty());
//! assert_eq!(loaded.workloads[0].containers["main"].image.value, "nginx:1");
//! ```

mod before;
mod check;
mod code;
pub mod diagnostic;
pub mod graph;
mod limit;
pub mod load;
mod node;
pub mod overlay;
mod quantity;
pub mod reader;
pub mod references;
pub mod rules;
pub mod schema;
pub mod secret;
mod slips;
pub mod source;
pub mod stored;
pub mod template;
mod upgrade;
mod value;
pub mod workload;
pub mod yaml;

pub use check::{check, shared_resources};
pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Hint};
pub use load::load;
pub use node::{Entry, Kind, Node};
pub use overlay::{Overlay, Overlays};
pub use quantity::Quantity;
pub use source::{SourceId, Sources, Span, Spanned};
pub use upgrade::upgrade;
pub use value::{KeyHashes, Map, Number, Value};
pub use workload::{HttpGet, Port, Protocol, Quantities, Ready, Resource, Valid, Workload};
pub use yaml::{parse, parse_value};
