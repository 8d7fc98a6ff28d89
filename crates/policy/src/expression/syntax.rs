//! The tree of a parsed expression. Names are resolved: an expression refers to variables and functions that
//! exist.

use std::ops::Range;

use super::functions::Function;
use super::pattern::Pattern;

/// The greatest depth of a tree. Its evaluation, and most operations on it, are recursive.
pub(super) const DEEPEST: u16 = 64;

/// An expression with its place in the text.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) depth: u16,
    pub(super) kind: ExprKind,
}

impl Expr {
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug)]
pub(super) enum ExprKind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    /// The name of a type, such as `string`.
    Type(&'static str),
    /// A variable of the rule, by its position in the list of variables.
    Global(usize),
    /// A variable of a macro, by its position from the outermost macro on.
    Local(usize),
    Select(Box<Expr>, String, Access),
    Index(Box<(Expr, Expr)>, Access),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Binary(Operator, Box<(Expr, Expr)>),
    /// A condition and two alternatives.
    Choice(Box<(Expr, Expr, Expr)>),
    /// A function with its arguments; the first one is the value before the dot of a method.
    Call(&'static Function, Vec<Expr>),
    /// A test with a regular expression that is part of the text.
    Matches(Box<Expr>, Pattern),
    /// A macro with the list, and one or two expressions with its variable.
    Each(Macro, Box<Expr>, Vec<Expr>),
}

/// How a field or item is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Required,
    /// As an optional value: `.?field`, `[?key]`.
    Optional,
    /// Only whether it exists: `has(…)`.
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Macro {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
    OptMap,
    OptFlatMap,
}

impl Macro {
    pub(super) const ALL: [(&'static str, Macro); 7] = [
        ("all", Macro::All),
        ("exists", Macro::Exists),
        ("exists_one", Macro::ExistsOne),
        ("filter", Macro::Filter),
        ("map", Macro::Map),
        ("optMap", Macro::OptMap),
        ("optFlatMap", Macro::OptFlatMap),
    ];
}
