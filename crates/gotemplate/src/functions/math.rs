//! sprig's functions of numbers.

mod decimal;

use super::arguments::{any, bytes, int, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::number::{self, parse_float, parse_int, to_float};
use crate::print::string_of;
use crate::text::lossy;
use crate::value::{ElementType, List, Value};
use decimal::Decimal;

pub(super) const TABLE: &[Function] = &[
    entry("add", "a*", |_, values| fold(values, 0, i64::wrapping_add)),
    entry("add1", "a", |_, values| {
        Ok(Value::int64(to_int(&any(values, 0)).wrapping_add(1)))
    }),
    entry("add1f", "a", |_, values| {
        decimals(&[any(values, 0), Value::int(1)], Decimal::add)
    }),
    entry("addf", "a*", |_, values| {
        let zero = [Value::Float(0.0)];
        decimals(&[&zero, values].concat(), Decimal::add)
    }),
    entry("atoi", "s", |_, values| {
        Ok(Value::int(
            lossy(bytes(values, 0)).parse().unwrap_or_default(),
        ))
    }),
    entry("biggest", "aa*", |_, values| fold_rest(values, i64::max)),
    entry("ceil", "a", |_, values| {
        Ok(Value::Float(float(&any(values, 0)).ceil()))
    }),
    entry("div", "aa", |_, values| divide(values, i64::wrapping_div)),
    entry("divf", "aa*", divide_decimals),
    entry("float64", "a", |_, values| {
        Ok(Value::Float(float(&any(values, 0))))
    }),
    entry("floor", "a", |_, values| {
        Ok(Value::Float(float(&any(values, 0)).floor()))
    }),
    entry("int", "a", |_, values| {
        Ok(Value::int(to_int(&any(values, 0))))
    }),
    entry("int64", "a", |_, values| {
        Ok(Value::int64(to_int(&any(values, 0))))
    }),
    entry("max", "aa*", |_, values| fold_rest(values, i64::max)),
    entry("maxf", "aa*", |_, values| {
        Ok(Value::Float(
            values.iter().map(float).fold(f64::NEG_INFINITY, max),
        ))
    }),
    entry("min", "aa*", |_, values| fold_rest(values, i64::min)),
    entry("minf", "aa*", |_, values| {
        Ok(Value::Float(
            values.iter().map(float).fold(f64::INFINITY, min),
        ))
    }),
    entry("mod", "aa", |_, values| divide(values, i64::wrapping_rem)),
    entry("mul", "aa*", |_, values| {
        fold_rest(values, i64::wrapping_mul)
    }),
    entry("mulf", "aa*", |_, values| {
        decimals(values, Decimal::multiply)
    }),
    entry("round", "aif*", round),
    entry("seq", "i*", seq),
    entry("sub", "aa", |_, values| {
        fold_rest(values, i64::wrapping_sub)
    }),
    entry("subf", "aa*", |_, values| {
        decimals(values, Decimal::subtract)
    }),
    entry("toDecimal", "a", to_decimal),
    entry("until", "i", |context, values| {
        let end = int(values, 0);
        numbers(context, 0, end, if end < 0 { -1 } else { 1 }).map(int_list)
    }),
    entry("untilStep", "iii", |context, values| {
        numbers(context, int(values, 0), int(values, 1), int(values, 2)).map(int_list)
    }),
];

/// Any value as an integer, 0 if it is none.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Int(value, _) => *value,
        Value::Float(value) => number::to_int(*value),
        value => value.bytes().map_or(0, |bytes| {
            parse_int(&without_decimals(&lossy(bytes))).unwrap_or_default()
        }),
    }
}

/// The integer part of a decimal number; any other text as it is.
fn without_decimals(text: &str) -> String {
    let unsigned = text.trim_start_matches(['+', '-']);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_decimal = text.len() - unsigned.len() <= 1
        && whole
            .bytes()
            .chain(decimals.bytes())
            .all(|byte| byte.is_ascii_digit());
    if !is_decimal {
        return text.to_owned();
    }
    let whole = &text[..text.len() - unsigned.len() + whole.len()];
    if whole.trim_start_matches(['+', '-']).is_empty() {
        "0".to_owned()
    } else {
        whole.to_owned()
    }
}

/// Any value as a float, 0 if it is none.
fn float(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Int(value, _) => to_float(*value),
        Value::Float(value) => *value,
        value => value
            .bytes()
            .and_then(|bytes| parse_float(&lossy(bytes)))
            .unwrap_or_default(),
    }
}

/// The larger number; not a number if one of them is none.
fn max(left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() {
        f64::NAN
    } else {
        left.max(right)
    }
}

fn min(left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() {
        f64::NAN
    } else {
        left.min(right)
    }
}

fn fold(values: &[Value], start: i64, step: fn(i64, i64) -> i64) -> Outcome<Value> {
    Ok(Value::int64(values.iter().map(to_int).fold(start, step)))
}

fn fold_rest(values: &[Value], step: fn(i64, i64) -> i64) -> Outcome<Value> {
    fold(
        values.get(1..).unwrap_or_default(),
        to_int(&any(values, 0)),
        step,
    )
}

fn divide(values: &[Value], step: fn(i64, i64) -> i64) -> Outcome<Value> {
    match to_int(&any(values, 1)) {
        0 => Err(Failure::invalid("division by zero")),
        _ => fold_rest(values, step),
    }
}

/// Computes with decimal numbers, so that `addf 0.1 0.2` is 0.3. Numbers with too many digits are
/// computed as floats.
fn decimals(values: &[Value], step: fn(Decimal, Decimal) -> Decimal) -> Outcome<Value> {
    let mut numbers = values.iter().map(|value| Decimal::from_float(float(value)));
    let first = numbers.next().unwrap_or_else(|| Decimal::from_float(0.0));
    let result = numbers.fold(first, step).to_float();
    if result.is_finite() {
        return Ok(Value::Float(result));
    }
    Err(Failure::invalid("the numbers are too large"))
}

fn divide_decimals(_: &mut Context, values: &[Value]) -> Outcome<Value> {
    if values.iter().skip(1).any(|value| float(value) == 0.0) {
        return Err(Failure::invalid("division by zero"));
    }
    decimals(values, Decimal::divide)
}

fn round(_: &mut Context, values: &[Value]) -> Outcome<Value> {
    let limit = values.get(2).map_or(0.5, float);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a float has at most 400 places"
    )]
    let places = int(values, 1).clamp(-400, 400) as i32;
    let power = 10f64.powi(places);
    let digits = power * float(&any(values, 0));
    let rounded = if digits.fract() >= limit {
        digits.ceil()
    } else {
        digits.floor()
    };
    Ok(Value::Float(rounded / power))
}

fn to_decimal(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let digits = string_of(&any(values, 0), context)?;
    let digits = lossy(&digits);
    Ok(Value::int64(
        i64::from_str_radix(&digits, 8).unwrap_or_default(),
    ))
}

/// The numbers from a start to before an end.
fn numbers(context: &mut Context, start: i64, end: i64, step: i64) -> Outcome<Vec<i64>> {
    if (end < start) != (step < 0) || step == 0 || start == end {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(end).div_ceil(step.unsigned_abs());
    let size = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .saturating_mul(size_of::<Value>());
    context.allocate(size)?;
    let mut numbers = Vec::with_capacity(size / size_of::<Value>());
    let mut number = Some(start);
    while let Some(value) =
        number.filter(|value| if step < 0 { *value > end } else { *value < end })
    {
        numbers.push(value);
        number = value.checked_add(step);
    }
    Ok(numbers)
}

fn int_list(numbers: Vec<i64>) -> Value {
    Value::List(List::of(
        ElementType::Int,
        numbers.into_iter().map(Value::int).collect(),
    ))
}

fn seq(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let parameters: Vec<i64> = (0..values.len()).map(|index| int(values, index)).collect();
    let (start, step, end) = match parameters.as_slice() {
        [end] => (1, if *end < 1 { -1 } else { 1 }, *end),
        [start, end] => (*start, if end < start { -1 } else { 1 }, *end),
        [start, step, end] if end < start && *step > 0 => return text(context, ""),
        [start, step, end] => (*start, *step, *end),
        _ => return text(context, ""),
    };
    let end = end.saturating_add(if end < start { -1 } else { 1 });
    let numbers = numbers(context, start, end, step)?;
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    text(context, numbers.join(" "))
}
