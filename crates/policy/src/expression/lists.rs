//! Functions of lists, and of lists as sets.

use std::cmp::Ordering;

use super::evaluate::Evaluator;
use super::functions::{Returned, integer};
use super::operators::add;
use super::problem::Trouble;
use super::strings;
use super::value::{List, Value};

const EMPTY: Trouble = Trouble::Message("the list is empty");

fn list<'v, 'a>(it: &'v [Value<'a>], at: usize) -> Result<&'v List<'a>, Trouble> {
    match it.get(at) {
        Some(Value::List(items)) => Ok(items),
        _ => Err(Trouble::Types),
    }
}

/// The position of an item of a list, or of a part of a string.
pub(super) fn index_of<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    index(it, false, evaluator)
}

/// The last position of an item of a list, or of a part of a string.
pub(super) fn last_index_of<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    index(it, true, evaluator)
}

fn index<'a>(it: &[Value<'a>], is_last: bool, evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let ([Value::List(items), wanted], false) = (it, it.len() > 2) else {
        return strings::index(it, is_last, evaluator);
    };
    let mut found = Value::Int(-1);
    for (at, item) in items.iter().enumerate() {
        if item.equals(wanted, evaluator)? {
            found = integer(at);
            if !is_last {
                break;
            }
        }
    }
    Ok(found)
}

pub(super) fn is_sorted<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let items = list(it, 0)?;
    for (left, right) in items.iter().zip(items.iter().skip(1)) {
        evaluator.charge(1)?;
        if left.compare(&right, evaluator)? == Some(Ordering::Greater) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// The sum of numbers.
pub(super) fn sum<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let mut total = None;
    for item in list(it, 0)?.iter() {
        evaluator.charge(1)?;
        if !matches!(item, Value::Int(_) | Value::Double(_)) {
            return Err(Trouble::Types);
        }
        total = Some(match total {
            Some(total) => add(&total, &item, evaluator)?,
            None => item,
        });
    }
    Ok(total.unwrap_or(Value::Int(0)))
}

pub(super) fn least<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    extreme(list(it, 0)?, Ordering::Less, evaluator)
}

pub(super) fn greatest<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    extreme(list(it, 0)?, Ordering::Greater, evaluator)
}

fn extreme<'a>(items: &List<'a>, wanted: Ordering, evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let mut best = items.get(0).ok_or(EMPTY)?;
    for item in items.iter().skip(1) {
        evaluator.charge(1)?;
        if item.compare(&best, evaluator)? == Some(wanted) {
            best = item;
        }
    }
    Ok(best)
}

fn has<'a>(
    items: &List<'a>,
    wanted: &Value<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<bool, Trouble> {
    for item in items.iter() {
        if item.equals(wanted, evaluator)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_all<'a>(
    items: &List<'a>,
    wanted: &List<'a>,
    evaluator: &mut Evaluator<'a>,
) -> Result<bool, Trouble> {
    for item in wanted.iter() {
        if !has(items, &item, evaluator)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a list has all items of another one.
pub(super) fn contains_all<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    has_all(list(it, 0)?, list(it, 1)?, evaluator).map(Value::Bool)
}

/// Whether two lists have the same items, in any order and number.
pub(super) fn is_equivalent<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (left, right) = (list(it, 0)?, list(it, 1)?);
    let is_equivalent = has_all(left, right, evaluator)? && has_all(right, left, evaluator)?;
    Ok(Value::Bool(is_equivalent))
}

/// Whether two lists have an item in common.
pub(super) fn intersects<'a>(it: &[Value<'a>], evaluator: &mut Evaluator<'a>) -> Returned<'a> {
    let (left, right) = (list(it, 0)?, list(it, 1)?);
    for item in left.iter() {
        if has(right, &item, evaluator)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
