//! Text with placeholders: `${metadata.name}`, `${resources.db.host}`, and the escapes `$$` and
//! `$${…}`. Not: what a placeholder stands for.

use crate::Span;

/// A text, cut into literal parts and placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Where the text was written.
    pub span: Span,
    /// The parts in order. No two literals follow each other, and none is empty.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself, its escapes already undone.
    Literal(String),
    /// A reference.
    Placeholder(Placeholder),
}

/// A reference to something that is known only later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The placeholder in the text, from `$` to `}`.
    pub span: Span,
    /// What it refers to.
    pub root: Root,
    /// The keys to walk from there.
    pub path: Vec<String>,
}

/// Where the walk of a [`Placeholder`] begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `${metadata.…}`: the metadata of the workload.
    Metadata,
    /// `${resources.NAME…}`: the outputs of a resource of the workload.
    Resource(String),
}
