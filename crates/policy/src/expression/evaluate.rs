//! The evaluation of expressions. Each step is counted, and so is the work of functions in proportion to the
//! sizes of their arguments.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::functions::MOST_ARGUMENTS;
use super::operators;
use super::problem::{Failure, Problem, Trouble};
use super::syntax::{Access, Expr, ExprKind, Macro};
use super::value::{Entries, List, Text, Value};
use crate::data::Data;

/// The steps and the variables of an evaluation.
#[derive(Debug)]
pub(super) struct Evaluator<'a> {
    /// The values of the variables, in the order in which expressions were parsed with them.
    globals: &'a [Option<Data<'a>>],
    locals: Vec<Value<'a>>,
    /// The steps that are left.
    steps: u64,
}

type Evaluated<'a> = Result<Value<'a>, Failure>;

impl<'a> Evaluator<'a> {
    pub(super) fn new(globals: &'a [Option<Data<'a>>], steps: u64) -> Self {
        Self {
            globals,
            locals: Vec::new(),
            steps,
        }
    }

    /// The steps that are left.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Counts steps.
    pub(super) fn charge(&mut self, steps: u64) -> Result<(), Trouble> {
        let left = self.steps.checked_sub(steps);
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Trouble::TooLong)
    }

    /// Counts the steps of work with a string of this length.
    pub(super) fn charge_text(&mut self, length: usize) -> Result<(), Trouble> {
        self.charge(1 + length as u64 / 10)
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &'a Expr) -> Evaluated<'a> {
        let at = |trouble| failure(trouble, expr.range());
        self.charge(1).map_err(at)?;
        match &expr.kind {
            ExprKind::Null => Ok(Value::Null),
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::Int(value) => Ok(Value::Int(*value)),
            ExprKind::Double(value) => Ok(Value::Double(*value)),
            ExprKind::Text(text) => Ok(Value::Text(Text::Borrowed(text))),
            ExprKind::Type(name) => Ok(Value::Type(name)),
            ExprKind::Global(at) => match self.globals.get(*at) {
                Some(Some(data)) => Ok((*data).into()),
                _ => Err(Failure::Missing),
            },
            ExprKind::Local(at) => self.locals.get(*at).cloned().ok_or(Failure::Missing),
            ExprKind::Select(of, field, access) => self.select(expr, of, field, *access),
            ExprKind::Index(operands, access) => self.index(expr, operands, *access),
            ExprKind::List(items) => self.all(items).map(Value::list),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Not(operand) => Ok(Value::Bool(!self.condition(operand)?)),
            ExprKind::Negate(operand) => {
                let value = self.value(operand)?;
                operators::negate(&value).map_err(at)
            }
            ExprKind::And(operands) => self.every(operands, false),
            ExprKind::Or(operands) => self.every(operands, true),
            ExprKind::Binary(operator, operands) => {
                let (left, right) = (self.value(&operands.0)?, self.value(&operands.1)?);
                let result = operators::binary(*operator, &left, &right, self);
                result.map_err(|trouble| typed(trouble, operator.sign(), &[left, right], expr))
            }
            ExprKind::Choice(parts) => {
                let is_true = self.condition(&parts.0)?;
                self.value(if is_true { &parts.1 } else { &parts.2 })
            }
            ExprKind::Call(function, arguments) => {
                let mut values = [const { Value::Null }; MOST_ARGUMENTS];
                for (value, argument) in values.iter_mut().zip(arguments) {
                    *value = self.value(argument)?;
                }
                let values = &values[..arguments.len().min(MOST_ARGUMENTS)];
                let result = (function.call)(values, self);
                result.map_err(|trouble| typed(trouble, function.name, values, expr))
            }
            ExprKind::Matches(text, pattern) => {
                let text = self.value(text)?;
                let Some(text) = text.text() else {
                    return Err(typed(Trouble::Types, "matches", &[text], expr));
                };
                self.charge(pattern.steps(text)).map_err(at)?;
                Ok(Value::Bool(pattern.is_match(text)))
            }
            ExprKind::Each(kind, of, bodies) => self.each(expr, *kind, of, bodies),
        }
    }

    fn all(&mut self, exprs: &'a [Expr]) -> Result<Vec<Value<'a>>, Failure> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    /// A value that has to be a boolean.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Result<bool, Failure> {
        match self.value(expr)? {
            Value::Bool(value) => Ok(value),
            other => {
                let message = format!(
                    "this is of type `{}`, but has to be `bool`",
                    other.type_name()
                );
                Err(wrong(message, expr.range()))
            }
        }
    }

    /// Whether all operands are true, or with `decides` whether any is. As in all implementations of CEL, an
    /// operand that decides the result does so even if another one fails.
    fn every(&mut self, operands: &'a [Expr], decides: bool) -> Evaluated<'a> {
        let mut failed = None;
        for operand in operands {
            match self.condition(operand) {
                Ok(value) if value == decides => return Ok(Value::Bool(decides)),
                Ok(_) => {}
                Err(failure) => keep(&mut failed, failure)?,
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn map(&mut self, entries: &'a [(Expr, Expr)]) -> Evaluated<'a> {
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        for (key, value) in entries {
            let found = self.value(key)?;
            if !matches!(found, Value::Text(_) | Value::Int(_) | Value::Bool(_)) {
                return Err(typed(Trouble::Types, "{}", &[found], key));
            }
            for (other, _) in &made {
                let is_equal = other.equals(&found, self);
                if is_equal.map_err(|trouble| failure(trouble, key.range()))? {
                    return Err(wrong("this key occurs twice", key.range()));
                }
            }
            made.push((found, self.value(value)?));
        }
        Ok(Value::Map(Entries::Made(made.into())))
    }

    fn select(
        &mut self,
        expr: &'a Expr,
        of: &'a Expr,
        field: &'a str,
        access: Access,
    ) -> Evaluated<'a> {
        let value = self.value(of)?;
        let (value, access) = match unwrapped(value, access) {
            Ok(found) => found,
            Err(none) => return Ok(none),
        };
        let found = match &value {
            Value::Map(entries) => entries.field(field, self),
            Value::Null => Ok(None),
            _ => Err(Trouble::Types),
        };
        match found {
            Ok(found) => accessed(found, access),
            Err(Trouble::Types) => {
                let message = format!("a value of type `{}` has no fields", value.type_name());
                Err(wrong(message, of.range()))
            }
            Err(trouble) => Err(failure(trouble, expr.range())),
        }
    }

    fn index(
        &mut self,
        expr: &'a Expr,
        operands: &'a (Expr, Expr),
        access: Access,
    ) -> Evaluated<'a> {
        let value = self.value(&operands.0)?;
        let key = self.value(&operands.1)?;
        let (value, access) = match unwrapped(value, access) {
            Ok(found) => found,
            Err(none) => return Ok(none),
        };
        let found = match (&value, &key) {
            (Value::Map(entries), key) => entries.get(key, self),
            (Value::List(items), Value::Int(at)) => {
                Ok(usize::try_from(*at).ok().and_then(|at| items.get(at)))
            }
            (Value::Null, _) => Ok(None),
            _ => Err(Trouble::Types),
        };
        match found {
            Ok(found) => accessed(found, access),
            Err(trouble) => Err(typed(trouble, "[]", &[value, key], expr)),
        }
    }

    /// A macro.
    fn each(
        &mut self,
        expr: &'a Expr,
        kind: Macro,
        of: &'a Expr,
        bodies: &'a [Expr],
    ) -> Evaluated<'a> {
        let value = self.value(of)?;
        if let Value::Optional(inner) = value {
            return self.optional(expr, kind, inner, bodies);
        }
        let items = match &value {
            _ if matches!(kind, Macro::OptMap | Macro::OptFlatMap) => None,
            Value::List(items) => Some(items.clone()),
            Value::Map(Entries::Data(fields)) => Some(List::Keys(*fields)),
            Value::Map(Entries::Made(entries)) => {
                let charged = self.charge(entries.len() as u64);
                charged.map_err(|it| failure(it, expr.range()))?;
                let keys = entries.iter().map(|(key, _)| key.clone());
                Some(List::Made(keys.collect()))
            }
            _ => None,
        };
        let Some(items) = items else {
            let name = Macro::ALL
                .iter()
                .find(|it| it.1 == kind)
                .map_or("", |it| it.0);
            return Err(typed(Trouble::Types, name, &[value], expr));
        };
        match kind {
            Macro::All => self.decided(&items, &bodies[0], false),
            Macro::Exists => self.decided(&items, &bodies[0], true),
            _ => self.collected(kind, &items, bodies),
        }
    }

    /// The value of an expression with one more variable.
    fn with(&mut self, local: Value<'a>, body: &'a Expr) -> Evaluated<'a> {
        self.locals.push(local);
        let value = self.value(body);
        self.locals.pop();
        value
    }

    fn holds(&mut self, local: Value<'a>, body: &'a Expr) -> Result<bool, Failure> {
        self.locals.push(local);
        let value = self.condition(body);
        self.locals.pop();
        value
    }

    /// `all` and `exists`, which fail like `&&` and `||`.
    fn decided(&mut self, items: &List<'a>, body: &'a Expr, decides: bool) -> Evaluated<'a> {
        let mut failed = None;
        for item in items.iter() {
            match self.holds(item, body) {
                Ok(value) if value == decides => return Ok(Value::Bool(decides)),
                Ok(_) => {}
                Err(failure) => keep(&mut failed, failure)?,
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    /// `exists_one`, `filter` and `map`.
    fn collected(&mut self, kind: Macro, items: &List<'a>, bodies: &'a [Expr]) -> Evaluated<'a> {
        let (mut found, mut count) = (Vec::new(), 0);
        for item in items.iter() {
            match (kind, bodies) {
                (Macro::Map, [body]) => found.push(self.with(item, body)?),
                (Macro::Map, [condition, body, ..]) => {
                    if self.holds(item.clone(), condition)? {
                        found.push(self.with(item, body)?);
                    }
                }
                (Macro::Filter, [condition, ..]) => {
                    if self.holds(item.clone(), condition)? {
                        found.push(item);
                    }
                }
                (_, bodies) => count += usize::from(self.holds(item, &bodies[0])?),
            }
        }
        Ok(match kind {
            Macro::ExistsOne => Value::Bool(count == 1),
            _ => Value::list(found),
        })
    }

    /// `optMap` and `optFlatMap`.
    fn optional(
        &mut self,
        expr: &'a Expr,
        kind: Macro,
        inner: Option<Rc<Value<'a>>>,
        bodies: &'a [Expr],
    ) -> Evaluated<'a> {
        if !matches!(kind, Macro::OptMap | Macro::OptFlatMap) {
            let name = Macro::ALL
                .iter()
                .find(|it| it.1 == kind)
                .map_or("", |it| it.0);
            return Err(typed(Trouble::Types, name, &[Value::Optional(inner)], expr));
        }
        let Some(inner) = inner else {
            return Ok(Value::Optional(None));
        };
        let value = self.with((*inner).clone(), &bodies[0])?;
        match (kind, value) {
            (Macro::OptFlatMap, Value::Optional(inner)) => Ok(Value::Optional(inner)),
            (Macro::OptFlatMap, other) => Err(typed(Trouble::Types, "optFlatMap", &[other], expr)),
            (_, value) => Ok(Value::Optional(Some(Rc::new(value)))),
        }
    }
}

/// The value in an optional one, whose fields are optional too. The error is the result if there is none.
fn unwrapped(value: Value<'_>, access: Access) -> Result<(Value<'_>, Access), Value<'_>> {
    match (value, access) {
        (Value::Optional(None), Access::Test) => Err(Value::Bool(false)),
        (Value::Optional(None), _) => Err(Value::Optional(None)),
        (Value::Optional(Some(inner)), Access::Required) => {
            Ok(((*inner).clone(), Access::Optional))
        }
        (Value::Optional(Some(inner)), access) => Ok(((*inner).clone(), access)),
        (value, access) => Ok((value, access)),
    }
}

/// The result of reading a field or item.
fn accessed(found: Option<Value<'_>>, access: Access) -> Evaluated<'_> {
    match access {
        Access::Required => found.ok_or(Failure::Missing),
        // Null is as good as no value: Kubernetes removes such fields.
        Access::Optional => {
            let found = found.filter(|found| !matches!(found, Value::Null));
            Ok(Value::Optional(found.map(Rc::new)))
        }
        Access::Test => Ok(Value::Bool(found.is_some())),
    }
}

/// Keeps the worse of two failures. Nothing makes up for one that ends the evaluation.
fn keep(kept: &mut Option<Failure>, failure: Failure) -> Result<(), Failure> {
    if matches!(failure, Failure::TooLong(_)) {
        return Err(failure);
    }
    if matches!(kept, None | Some(Failure::Missing)) {
        *kept = Some(failure);
    }
    Ok(())
}

fn wrong(message: impl Into<Cow<'static, str>>, range: Range<usize>) -> Failure {
    Failure::Wrong(Box::new(Problem::new(message, range)))
}

/// The failure of an operation at a place.
pub(super) fn failure(trouble: Trouble, range: Range<usize>) -> Failure {
    match trouble {
        Trouble::Missing => Failure::Missing,
        Trouble::Types => wrong("the types do not match", range),
        Trouble::Message(message) => wrong(message, range),
        Trouble::TooLong => {
            let problem = Problem::new("the evaluation takes too many steps", range);
            let help = "use fewer nested loops, and shorter lists and strings";
            Failure::TooLong(Box::new(problem.help(help)))
        }
    }
}

/// The failure of an operation on these values.
fn typed(trouble: Trouble, name: &str, values: &[Value<'_>], expr: &Expr) -> Failure {
    if trouble != Trouble::Types {
        return failure(trouble, expr.range());
    }
    let types: Vec<String> = values
        .iter()
        .map(|value| format!("`{}`", value.type_name()))
        .collect();
    let message = format!("`{name}` is not defined for {}", types.join(" and "));
    wrong(message, expr.range())
}
