//! The fields that an expression reads, as far as they are known without evaluating it.

use super::Step;
use super::syntax::{Expr, ExprKind, Operator};

/// A field of a variable: the position of the variable, and the steps from there.
pub(super) type Field = (usize, Vec<Step>);

/// The first field in an expression of a variable that is `wanted`.
pub(super) fn first_field(expr: &Expr, wanted: &dyn Fn(usize) -> bool) -> Option<Field> {
    let is_wanted = |found: &Field| wanted(found.0);
    let found = field(expr).or_else(|| entry(expr)).filter(is_wanted);
    found.or_else(|| {
        let mut parts = parts(expr).into_iter();
        parts.find_map(|part| first_field(part, wanted))
    })
}

/// The entry that `'key' in map` is about.
fn entry(expr: &Expr) -> Option<Field> {
    let ExprKind::Binary(Operator::In, operands) = &expr.kind else {
        return None;
    };
    let (at, steps) = field(&operands.1)?;
    Some((at, [steps, vec![step(&operands.0)?]].concat()))
}

/// The field that an expression stands for, or the nearest one above it.
fn field(expr: &Expr) -> Option<Field> {
    match &expr.kind {
        ExprKind::Global(at) => Some((*at, Vec::new())),
        ExprKind::Select(of, name, _) => {
            let mut found = exact(of)?;
            found.1.push(Step::Key(name.clone()));
            Some(found)
        }
        ExprKind::Index(operands, _) => {
            let found = exact(&operands.0)?;
            Some(match step(&operands.1) {
                Some(step) => (found.0, [found.1, vec![step]].concat()),
                None => found,
            })
        }
        _ => None,
    }
}

/// The field that an expression stands for.
fn exact(expr: &Expr) -> Option<Field> {
    match &expr.kind {
        ExprKind::Index(operands, _) if step(&operands.1).is_none() => None,
        _ => field(expr),
    }
}

fn step(key: &Expr) -> Option<Step> {
    match &key.kind {
        ExprKind::Text(key) => Some(Step::Key(key.clone())),
        ExprKind::Int(at) => usize::try_from(*at).ok().map(Step::Item),
        _ => None,
    }
}

/// The parts of an expression in the order of the text.
pub(super) fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Double(_)
        | ExprKind::Text(_)
        | ExprKind::Type(_)
        | ExprKind::Global(_)
        | ExprKind::Local(_) => Vec::new(),
        ExprKind::Select(of, ..)
        | ExprKind::Not(of)
        | ExprKind::Negate(of)
        | ExprKind::Matches(of, _) => vec![of],
        ExprKind::Index(both, _) | ExprKind::Binary(_, both) => vec![&both.0, &both.1],
        ExprKind::Choice(parts) => vec![&parts.0, &parts.1, &parts.2],
        ExprKind::List(items) | ExprKind::And(items) | ExprKind::Or(items) => {
            items.iter().collect()
        }
        ExprKind::Call(_, items) => items.iter().collect(),
        ExprKind::Map(entries) => entries.iter().flat_map(|it| [&it.0, &it.1]).collect(),
        ExprKind::Each(_, of, bodies) => [&**of].into_iter().chain(bodies).collect(),
    }
}
