//! Expressions of rules in CEL, the Common Expression Language.
//!
//! The grammar, the operators and the functions are those of Kubernetes 1.30, so that the same text can be the
//! expression of a `ValidatingAdmissionPolicy`; without bytes, unsigned integers and times. Parser and evaluator
//! are our own: rules may come from a package and the values that they read from a pull request, so each step is
//! counted, and neither a deep expression nor a large value can exhaust the stack or the memory.
//!
//! | kind | functions |
//! |---|---|
//! | macros | `all`, `exists`, `exists_one`, `filter`, `map`, `has`, `optMap`, `optFlatMap` |
//! | conversions | `bool`, `double`, `dyn`, `int`, `string`, `type` |
//! | strings | `charAt`, `contains`, `endsWith`, `find`, `findAll`, `indexOf`, `join`, `lastIndexOf`, `lowerAscii`, `matches`, `replace`, `size`, `split`, `startsWith`, `substring`, `trim`, `upperAscii` |
//! | lists | `indexOf`, `isSorted`, `lastIndexOf`, `max`, `min`, `size`, `sum`, `sets.contains`, `sets.equivalent`, `sets.intersects` |
//! | quantities | `quantity`, `isQuantity`, `add`, `asApproximateFloat`, `asInteger`, `compareTo`, `isGreaterThan`, `isInteger`, `isLessThan`, `sign`, `sub` |
//! | optional values | `.?field`, `[?key]`, `hasValue`, `or`, `orValue`, `value`, `optional.none`, `optional.of`, `optional.ofNonZeroValue` |
//!
//! Differences from Kubernetes: a field of `null` is missing rather than an error, since a merged document and the
//! output of a cluster have no such fields; types are compared when an expression is evaluated, not before; and regular
//! expressions know no `\p{…}`.

mod calls;
mod evaluate;
mod functions;
mod guarded;
mod lists;
mod operators;
mod parse;
mod pattern;
mod place;
mod primary;
mod problem;
mod quantity;
mod strings;
mod syntax;
mod token;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use self::guarded::{Guarded, quoted};
pub use self::problem::{Failure, Problem};

use self::evaluate::Evaluator;
use self::syntax::{Expr, ExprKind};
use crate::data::Data;

/// A parsed expression.
#[derive(Debug)]
pub struct Expression {
    text: String,
    expr: Expr,
    /// A bit for each variable that it reads.
    variables: u32,
}

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The value under a key of a map.
    Key(String),
    /// An item of a list.
    Item(usize),
}

impl Expression {
    /// Parses an expression that can use variables with these names, of which there are at most 32.
    pub fn parse(text: &str, variables: &[&str]) -> Result<Self, Problem> {
        let (expr, read) = parse::parse(text, variables)?;
        Ok(Self {
            text: text.to_owned(),
            expr,
            variables: read,
        })
    }

    /// An expression that is never true.
    pub(crate) fn never() -> Self {
        Self {
            text: "false".to_owned(),
            expr: Expr {
                start: 0,
                end: 0,
                depth: 0,
                kind: ExprKind::Bool(false),
            },
            variables: 0,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it reads the variable at this position.
    pub fn reads(&self, variable: usize) -> bool {
        self.variables & (1 << variable) != 0
    }

    /// The first field in the text of a variable that is `wanted`, as the position of the variable and the steps
    /// from there.
    pub fn first_field(&self, wanted: &dyn Fn(usize) -> bool) -> Option<(usize, Vec<Step>)> {
        place::first_field(&self.expr, wanted)
    }

    /// The expression with guards, and with other names of its variables.
    pub(crate) fn guarded(&self, names: &[&str]) -> Guarded {
        guarded::guarded(&self.expr, &self.text, names)
    }

    /// The strings that a field of the first variable can have if the expression is true; none if it can have any.
    pub(crate) fn literals(&self, field: &str) -> Option<Vec<String>> {
        guarded::literals(&self.expr, field)
    }

    /// The value of a condition. The values are those of the variables with which it was parsed, in their order;
    /// reading one that is not there is [`Failure::Missing`]. `steps` are reduced by those that it takes.
    pub fn holds(&self, values: &[Option<Data<'_>>], steps: &mut u64) -> Result<bool, Failure> {
        let mut evaluator = Evaluator::new(values, *steps);
        let result = evaluator.condition(&self.expr);
        *steps = evaluator.steps();
        result
    }
}
