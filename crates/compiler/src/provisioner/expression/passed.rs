//! The values that a string passes on unchanged, for engines that fill them in themselves.

use minijinja::machinery::ast::{CallArg, Expr};
use minijinja::machinery::parse_expr;

use super::{Part, Pattern};

/// A part of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Passed {
    Literal(String),
    /// The value of a map with this key.
    Value(String),
    /// The same, as JSON.
    Json(String),
    /// The result of another expression.
    Computed,
}

impl Pattern {
    /// The parts of the string, with the values that it takes from the map with this name.
    pub(crate) fn passed(&self, map: &str) -> Vec<Passed> {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(literal) => Passed::Literal(literal.clone()),
            Part::Expression(_, written) => passed(written, map),
        });
        parts.collect()
    }
}

fn passed(written: &str, map: &str) -> Passed {
    let Ok(expression) = parse_expr(written) else {
        return Passed::Computed;
    };
    if let Expr::Call(call) = &expression
        && is_name(&call.expr, "json")
        && let [CallArg::Pos(argument)] = call.args.as_slice()
    {
        return key(argument, map).map_or(Passed::Computed, Passed::Json);
    }
    key(&expression, map).map_or(Passed::Computed, Passed::Value)
}

/// The key of `map.key` or `map['key']`.
fn key(expression: &Expr<'_>, map: &str) -> Option<String> {
    match expression {
        Expr::GetAttr(it) if is_name(&it.expr, map) => Some(it.name.to_owned()),
        Expr::GetItem(it) if is_name(&it.expr, map) => match &it.subscript_expr {
            Expr::Const(key) => key.value.as_str().map(str::to_owned),
            _ => None,
        },
        _ => None,
    }
}

fn is_name(expression: &Expr<'_>, name: &str) -> bool {
    matches!(expression, Expr::Var(it) if it.id == name)
}
