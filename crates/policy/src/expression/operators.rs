//! Binary operators and the negative of a number.

use std::cmp::Ordering;

use super::evaluate::Evaluator;
use super::problem::Trouble;
use super::syntax::Operator;
use super::value::{Value, to_int};

const OVERFLOW: Trouble = Trouble::Message("the result is too large for an integer");
const ZERO: Trouble = Trouble::Message("a division by zero");

impl Operator {
    /// Its text.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }
}

/// The result of an operator.
pub(super) fn binary<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<Value<'a>, Trouble> {
    let mut ordered = |wanted: &[Ordering]| {
        let found = left.compare(right, evaluator)?;
        Ok(Value::Bool(found.is_some_and(|it| wanted.contains(&it))))
    };
    match operator {
        Operator::Less => ordered(&[Ordering::Less]),
        Operator::LessOrEqual => ordered(&[Ordering::Less, Ordering::Equal]),
        Operator::Greater => ordered(&[Ordering::Greater]),
        Operator::GreaterOrEqual => ordered(&[Ordering::Greater, Ordering::Equal]),
        Operator::Equal => Ok(Value::Bool(left.equals(right, evaluator)?)),
        Operator::NotEqual => Ok(Value::Bool(!left.equals(right, evaluator)?)),
        Operator::In => contains(right, left, evaluator).map(Value::Bool),
        Operator::Add => add(left, right, evaluator),
        Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
            arithmetic(operator, left, right)
        }
    }
}

/// Whether a list has an item, or a map a key.
fn contains<'a>(
    all: &Value<'a>,
    wanted: &Value<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<bool, Trouble> {
    match all {
        Value::List(items) => {
            for item in items.iter() {
                if item.equals(wanted, evaluator)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(entries) => Ok(entries.get(wanted, evaluator)?.is_some()),
        _ => Err(Trouble::Types),
    }
}

/// The sum of two values. A list sums up its items with it.
pub(super) fn add<'a>(
    left: &Value<'a>,
    right: &Value<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<Value<'a>, Trouble> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int).ok_or(OVERFLOW),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        (Value::Text(a), Value::Text(b)) => {
            let (a, b) = (a.as_str(), b.as_str());
            evaluator.charge_text(a.len() + b.len())?;
            Ok(Value::made([a, b].concat()))
        }
        (Value::List(a), Value::List(b)) => {
            evaluator.charge((a.len() + b.len()) as u64)?;
            Ok(Value::list(a.iter().chain(b.iter()).collect()))
        }
        _ => Err(Trouble::Types),
    }
}

fn arithmetic<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
) -> Result<Value<'a>, Trouble> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            if *b == 0 && matches!(operator, Operator::Divide | Operator::Remainder) {
                return Err(ZERO);
            }
            let result = match operator {
                Operator::Subtract => a.checked_sub(*b),
                Operator::Multiply => a.checked_mul(*b),
                Operator::Divide => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            result.map(Value::Int).ok_or(OVERFLOW)
        }
        (Value::Double(a), Value::Double(b)) => match operator {
            Operator::Subtract => Ok(Value::Double(a - b)),
            Operator::Multiply => Ok(Value::Double(a * b)),
            Operator::Divide => Ok(Value::Double(a / b)),
            _ => Err(Trouble::Types),
        },
        _ => Err(Trouble::Types),
    }
}

/// The negative of a number.
pub(super) fn negate<'a>(value: &Value<'a>) -> Result<Value<'a>, Trouble> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(OVERFLOW),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => Err(Trouble::Types),
    }
}

/// The integer part of a float.
pub(super) fn truncated<'a>(value: f64) -> Result<Value<'a>, Trouble> {
    to_int(value.trunc()).map(Value::Int).ok_or(OVERFLOW)
}
