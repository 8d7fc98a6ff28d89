//! Tells what a change of the output of a project does to what is running.
//!
//! ```text
//! (before, after: Rendering) --compare--> Changes
//! ```
//!
//! - A [`Rendering`] has the [`Object`]s of an output: those of the compiler, or those of documents. The
//!   description of the project ([`Rendering::with_model`]) adds which resources have data.
//! - A [`Change`] is a difference of an object, with its [`Class`]: the effect on what is running, from
//!   [`Class::None`] to [`Class::Refused`]. [`Class::is_hazard`] tells those that need attention.
//! - [`removal`] is the comparison with nothing, as far as it is about data.
//! - [`RULES`] are the rules of the API server about fields, each with its source. A field without a rule is
//!   [`Class::Unknown`].
//! - A [`Rename`] is a workload that has another name, with the ids that keep its data.
//!
//! Objects are compared, not lines: the order of keys and of items with merge keys has no meaning. The old and the new
//! values in a [`Change`] never contain values of secrets.
//!
//! This crate does no I/O, and knows neither Git nor commands.
//!
//! ```
//! use score_impact::{Class, Object, Rendering, compare};
//! use score_spec::{Sources, parse};
//!
//! let rendering = |label: &str| {
//!     let mut sources = Sources::new();
//!     let text = format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: web, labels: {{team: {label}}}}}}}");
//!     let id = sources.add("web.yaml", text);
//!     let document = parse(&sources, id).documents.remove(0);
//!     Rendering::new(Object::read(&document).expect("an object"))
//! };
//! let changes = compare(&rendering("a"), &rendering("b"));
//! assert_eq!(changes.class(), Class::Metadata);
//! let change = &changes.changes[0];
//! assert_eq!(change.subject.to_string(), "ConfigMap/web");
//! assert_eq!(change.path.to_string(), "metadata.labels.team");
//! assert_eq!((change.before.as_deref(), change.after.as_deref()), (Some("a"), Some("b")));
//! ```

mod change;
mod claims;
mod class;
mod compare;
mod diff;
mod document_set;
mod downtime;
mod effect;
mod exposure;
mod found;
mod hosts;
mod mounts;
mod moves;
mod object;
mod outputs;
mod pairs;
mod pod_index;
mod pods;
mod proxy;
mod quantity;
mod renames;
mod rendering;
mod resources;
mod routes;
mod rules;
mod selector;
mod servers;
mod show;
mod side;
mod tree;
mod unanswered;

pub use change::{Action, Change, Changes, Keep, Rename, SECRET, Subject};
pub use class::Class;
pub use compare::{compare, removal};
pub use object::{Object, ObjectId, Owner};
pub use rendering::Rendering;
pub use rules::{Effect, RULES, Rule};
pub use tree::Document;
