//! The functions and methods of expressions: those that expressions of Kubernetes have, too.

use std::ops::RangeInclusive;
use std::rc::Rc;

use super::evaluate::Evaluator;
use super::operators::truncated;
use super::primary::TYPES;
use super::problem::Trouble;
use super::quantity::Quantity;
use super::value::{Value, to_double};
use super::{lists, strings};

/// The result of a function.
pub(super) type Returned<'a> = Result<Value<'a>, Trouble>;

/// The implementation of a function. Arguments are as many as it declares.
type Call = for<'a> fn(&[Value<'a>], &mut Evaluator<'a>) -> Returned<'a>;

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// The number of arguments, with the value before the dot.
    pub(super) arguments: RangeInclusive<usize>,
    pub(super) call: Call,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `name(value)`
    Function,
    /// `value.name()`
    Method,
    Both,
}

const fn function(name: &'static str, arguments: RangeInclusive<usize>, call: Call) -> Function {
    Function {
        name,
        form: Form::Function,
        arguments,
        call,
    }
}

const fn method(name: &'static str, arguments: RangeInclusive<usize>, call: Call) -> Function {
    Function {
        name,
        form: Form::Method,
        arguments,
        call,
    }
}

const fn both(name: &'static str, arguments: RangeInclusive<usize>, call: Call) -> Function {
    Function {
        name,
        form: Form::Both,
        arguments,
        call,
    }
}

/// The maximum number of arguments, with the value before the dot.
pub(super) const MOST_ARGUMENTS: usize = 4;

/// All functions.
pub(super) static FUNCTIONS: [Function; 48] = [
    both("size", 1..=1, size),
    function("type", 1..=1, type_of),
    function("dyn", 1..=1, |it, _| Ok(it[0].clone())),
    function("bool", 1..=1, to_bool),
    function("int", 1..=1, int),
    function("double", 1..=1, double),
    function("string", 1..=1, strings::string),
    both("matches", 2..=2, strings::matches),
    method("find", 2..=2, strings::find),
    method("findAll", 2..=3, strings::find_all),
    method("startsWith", 2..=2, strings::starts_with),
    method("endsWith", 2..=2, strings::ends_with),
    method("contains", 2..=2, strings::contains),
    method("charAt", 2..=2, strings::char_at),
    method("substring", 2..=3, strings::substring),
    method("lowerAscii", 1..=1, strings::lower),
    method("upperAscii", 1..=1, strings::upper),
    method("trim", 1..=1, strings::trim),
    method("replace", 3..=4, strings::replace),
    method("split", 2..=3, strings::split),
    method("join", 1..=2, strings::join),
    method("indexOf", 2..=3, lists::index_of),
    method("lastIndexOf", 2..=3, lists::last_index_of),
    method("isSorted", 1..=1, lists::is_sorted),
    method("sum", 1..=1, lists::sum),
    method("min", 1..=1, lists::least),
    method("max", 1..=1, lists::greatest),
    function("sets.contains", 2..=2, lists::contains_all),
    function("sets.equivalent", 2..=2, lists::is_equivalent),
    function("sets.intersects", 2..=2, lists::intersects),
    function("quantity", 1..=1, quantity),
    function("isQuantity", 1..=1, is_quantity),
    method("isInteger", 1..=1, |it, _| {
        Ok(Value::Bool(own(it)?.integer().is_some()))
    }),
    method("asInteger", 1..=1, as_integer),
    method("asApproximateFloat", 1..=1, |it, _| {
        Ok(Value::Double(own(it)?.float()))
    }),
    method("sign", 1..=1, |it, _| Ok(Value::Int(own(it)?.sign()))),
    method("compareTo", 2..=2, |it, _| {
        let [a, b] = two(it)?;
        Ok(Value::Int(a.cmp(&b) as i64))
    }),
    method("isGreaterThan", 2..=2, |it, _| {
        two(it).map(|[a, b]| Value::Bool(a > b))
    }),
    method("isLessThan", 2..=2, |it, _| {
        two(it).map(|[a, b]| Value::Bool(a < b))
    }),
    method("add", 2..=2, |it, _| computed(it, Quantity::add)),
    method("sub", 2..=2, |it, _| computed(it, Quantity::subtract)),
    function("optional.of", 1..=1, |it, _| Ok(some(it[0].clone()))),
    function("optional.none", 0..=0, |_, _| Ok(Value::Optional(None))),
    function("optional.ofNonZeroValue", 1..=1, non_zero),
    method("hasValue", 1..=1, |it, _| {
        Ok(Value::Bool(optional(&it[0])?.is_some()))
    }),
    method("value", 1..=1, |it, _| {
        optional(&it[0])?.ok_or(Trouble::Missing)
    }),
    method("orValue", 2..=2, |it, _| {
        Ok(optional(&it[0])?.unwrap_or_else(|| it[1].clone()))
    }),
    method("or", 2..=2, or),
];

fn size<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let size = match &it[0] {
        Value::Text(text) => {
            let text = text.as_str();
            evaluator.charge_text(text.len())?;
            text.chars().count()
        }
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(Trouble::Types),
    };
    Ok(integer(size))
}

/// The integer of a size.
pub(super) fn integer<'a>(size: usize) -> Value<'a> {
    Value::Int(i64::try_from(size).unwrap_or(i64::MAX))
}

fn type_of<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    let name = it[0].type_name();
    let is_known = TYPES.contains(&name);
    is_known.then_some(Value::Type(name)).ok_or(Trouble::Types)
}

fn to_bool<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    match (&it[0], it[0].text()) {
        (Value::Bool(value), _) => Ok(Value::Bool(*value)),
        (_, Some("true" | "True" | "TRUE" | "t" | "1")) => Ok(Value::Bool(true)),
        (_, Some("false" | "False" | "FALSE" | "f" | "0")) => Ok(Value::Bool(false)),
        (_, Some(_)) => Err(Trouble::Message("the string is not a boolean")),
        _ => Err(Trouble::Types),
    }
}

fn int<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    match (&it[0], it[0].text()) {
        (Value::Int(value), _) => Ok(Value::Int(*value)),
        (Value::Double(value), _) => truncated(*value),
        (_, Some(text)) => text
            .parse()
            .map(Value::Int)
            .map_err(|_| Trouble::Message("the string is not an integer")),
        _ => Err(Trouble::Types),
    }
}

fn double<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    match (&it[0], it[0].text()) {
        (Value::Int(value), _) => Ok(Value::Double(to_double(*value))),
        (Value::Double(value), _) => Ok(Value::Double(*value)),
        (_, Some(text)) if text.len() < 400 => text
            .parse()
            .map(Value::Double)
            .map_err(|_| Trouble::Message("the string is not a number")),
        (_, Some(_)) => Err(Trouble::Message("the string is not a number")),
        _ => Err(Trouble::Types),
    }
}

fn quantity<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    let text = it[0].text().ok_or(Trouble::Types)?;
    let quantity = Quantity::parse(text);
    quantity
        .map(Value::Quantity)
        .ok_or(Trouble::Message("the string is not a quantity"))
}

fn is_quantity<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    let text = it[0].text().ok_or(Trouble::Types)?;
    Ok(Value::Bool(Quantity::parse(text).is_some()))
}

/// The quantity of a method.
fn own(it: &[Value<'_>]) -> Result<Quantity, Trouble> {
    match &it[0] {
        Value::Quantity(quantity) => Ok(*quantity),
        _ => Err(Trouble::Types),
    }
}

fn two(it: &[Value<'_>]) -> Result<[Quantity; 2], Trouble> {
    Ok([own(it)?, own(&it[1..])?])
}

fn as_integer<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    let value = own(it)?.integer();
    value
        .map(Value::Int)
        .ok_or(Trouble::Message("the quantity is not an integer"))
}

/// A quantity that is computed with another one, or with an integer.
fn computed<'a>(
    it: &[Value<'a>],
    compute: fn(Quantity, Quantity) -> Option<Quantity>,
) -> Returned<'a> {
    let other = match &it[1] {
        Value::Int(value) => Quantity::parse(&value.to_string()).ok_or(Trouble::Types)?,
        _ => own(&it[1..])?,
    };
    let result = compute(own(it)?, other);
    result
        .map(Value::Quantity)
        .ok_or(Trouble::Message("the quantity is too large"))
}

fn some(value: Value<'_>) -> Value<'_> {
    Value::Optional(Some(Rc::new(value)))
}

/// The value in an optional one.
fn optional<'a>(value: &Value<'a>) -> Result<Option<Value<'a>>, Trouble> {
    match value {
        Value::Optional(inner) => Ok(inner.as_deref().cloned()),
        _ => Err(Trouble::Types),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "all functions have the same type")]
fn non_zero<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    let is_zero = match &it[0] {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Optional(None) => true,
        Value::Double(value) => *value == 0.0,
        Value::Text(text) => text.as_str().is_empty(),
        Value::List(items) => items.len() == 0,
        Value::Map(entries) => entries.len() == 0,
        _ => false,
    };
    Ok(if is_zero {
        Value::Optional(None)
    } else {
        some(it[0].clone())
    })
}

fn or<'a>(it: &[Value<'a>], _: &mut Evaluator<'a>) -> Returned<'a> {
    match (&it[0], &it[1]) {
        (Value::Optional(None), Value::Optional(_)) => Ok(it[1].clone()),
        (Value::Optional(Some(_)), Value::Optional(_)) => Ok(it[0].clone()),
        _ => Err(Trouble::Types),
    }
}
