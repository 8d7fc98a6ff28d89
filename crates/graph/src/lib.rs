//! Draws a project: its workloads, resources, routes and external workloads, and which of them needs which.
//!
//! ```text
//! Model --Graph::of--> Graph --focused--> Graph --mermaid, dot--> text
//!                                           \--Layout::of--> Layout --svg, html--> text
//! ```
//!
//! - A [`Graph`] has the nodes and edges. Each format shows the same ones.
//! - A [`Layout`] has the places of the nodes and the paths of the edges.
//! - [`svg()`] and [`html()`] refer to nothing outside of the file. Only the latter has a script, which shows text of the
//!   project as text, never as markup.
//!
//! Names, params and annotations are not trusted: each format escapes them. The same model results in the same bytes.
//! This crate knows no targets and no commands, and does no I/O.

mod details;
mod dot;
mod escape;
mod graph;
mod html;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use graph::{EdgeKind, Graph, GraphEdge, GraphNode, NodeKind};
pub use html::html;
pub use layout::{Layout, Point, Rect};
pub use mermaid::mermaid;
pub use svg::svg;
