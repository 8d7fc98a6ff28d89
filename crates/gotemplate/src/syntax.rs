//! The syntax of templates: text to a tree.

mod lex;
mod literal;
mod parse;
mod tree;

pub(crate) use parse::{Parsed, parse};
pub(crate) use tree::{Branch, Command, Node, Number, Pipeline, Range, Term, TermKind};
