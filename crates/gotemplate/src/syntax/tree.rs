//! The tree of a template. It can be sent to other threads.

use crate::functions::Callable;
use crate::value::Str;

/// A part of a template.
#[derive(Debug)]
pub(crate) enum Node {
    /// Text, as its range in the template.
    Text(u32, u32),
    /// A pipeline whose value is printed, unless it sets variables.
    Action(Pipeline),
    If(Branch),
    With(Branch),
    Range(Box<Range>),
    Template(Box<Call>),
    Break,
    Continue,
}

/// `if` or `with`, with all of its `else if` or `else with`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) arms: Vec<(Pipeline, Vec<Node>)>,
    pub(crate) otherwise: Vec<Node>,
    /// The offset after its `end`.
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) pipeline: Pipeline,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Vec<Node>,
    /// The offset after its `end`.
    pub(crate) end: u32,
}

/// A call of a template.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) offset: u32,
    pub(crate) name: Str,
    pub(crate) pipeline: Option<Pipeline>,
}

/// Commands with `|` between them.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) offset: u32,
    /// The offset after its action, or after the parenthesis that closes it.
    pub(crate) end: u32,
    /// The variables that are set, by number.
    pub(crate) variables: Vec<u32>,
    /// The variables are assigned and not declared.
    pub(crate) is_assignment: bool,
    pub(crate) commands: Vec<Command>,
}

/// A term and its arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) first: Term,
    pub(crate) arguments: Vec<Term>,
}

#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) offset: u32,
    pub(crate) kind: TermKind,
}

#[derive(Debug)]
pub(crate) enum TermKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    String(Str),
    /// Fields of the dot.
    Field(Box<[Str]>),
    /// A variable by number, and its fields.
    Variable(u32, Box<[Str]>),
    Function(Callable),
    Pipeline(Box<Pipeline>),
    /// Fields of another term.
    Chain(Box<Term>, Box<[Str]>),
}

/// A number with all types that it fits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
    /// The literal is one of a float.
    pub(crate) is_float: bool,
}
