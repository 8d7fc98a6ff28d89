//! sprig's functions of lists.

use super::arguments::{any, int, list};
use super::{Function, entry};
use crate::context::{Context, OVERHEAD};
use crate::error::{Failure, Outcome};
use crate::print::string_of;
use crate::value::{ElementType, List, Value, described, equal};

pub(super) const TABLE: &[Function] = &[
    entry("append", "aa", append),
    entry("chunk", "ia", chunk),
    entry("concat", "a*", concat),
    entry("first", "a", |_, values| {
        Ok(items(values, 0)?
            .items()
            .first()
            .cloned()
            .unwrap_or_default())
    }),
    entry("has", "aa", has),
    entry("initial", "a", initial),
    entry("last", "a", |_, values| {
        Ok(items(values, 0)?
            .items()
            .last()
            .cloned()
            .unwrap_or_default())
    }),
    entry("list", "a*", |context, values| {
        list(context, values.to_vec())
    }),
    entry("mustAppend", "aa", append),
    entry("mustChunk", "ia", chunk),
    entry("mustFirst", "a", |_, values| {
        Ok(items(values, 0)?
            .items()
            .first()
            .cloned()
            .unwrap_or_default())
    }),
    entry("mustHas", "aa", has),
    entry("mustInitial", "a", initial),
    entry("mustLast", "a", |_, values| {
        Ok(items(values, 0)?
            .items()
            .last()
            .cloned()
            .unwrap_or_default())
    }),
    entry("mustPrepend", "aa", prepend),
    entry("mustPush", "aa", append),
    entry("mustRest", "a", rest),
    entry("mustReverse", "a", reverse),
    entry("mustSlice", "aa*", slice),
    entry("mustUniq", "a", uniq),
    entry("mustWithout", "aa*", without),
    entry("prepend", "aa", prepend),
    entry("push", "aa", append),
    entry("rest", "a", rest),
    entry("reverse", "a", reverse),
    entry("slice", "aa*", slice),
    entry("sortAlpha", "a", sort_alpha),
    entry("tuple", "a*", |context, values| {
        list(context, values.to_vec())
    }),
    entry("uniq", "a", uniq),
    entry("without", "aa*", without),
];

/// The list at an index.
fn items(values: &[Value], index: usize) -> Outcome<List> {
    match any(values, index) {
        Value::List(list) => Ok(list),
        value => Err(Failure::invalid(format!(
            "expected a list, found {}",
            described(&value)
        ))),
    }
}

fn append(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (items, last) = (items(values, 0)?, any(values, 1));
    list(
        context,
        items.items().iter().cloned().chain([last]).collect(),
    )
}

fn prepend(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (items, first) = (items(values, 0)?, any(values, 1));
    list(
        context,
        [first]
            .into_iter()
            .chain(items.items().iter().cloned())
            .collect(),
    )
}

fn chunk(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let items = items(values, 1)?;
    let size = usize::try_from(int(values, 0)).unwrap_or_default();
    if size == 0 {
        return Err(Failure::invalid("the size is not positive"));
    }
    let chunks = items.items().chunks(size);
    let overhead = chunks.len() * (size_of::<Value>() + OVERHEAD);
    context.allocate(items.len() * size_of::<Value>() + overhead)?;
    let chunks = chunks.map(|chunk| Value::List(List::new(chunk.to_vec())));
    Ok(Value::List(List::of(ElementType::List, chunks.collect())))
}

fn concat(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let mut all = Vec::new();
    for index in 0..values.len() {
        let items = items(values, index)?;
        context.allocate(items.len() * size_of::<Value>())?;
        all.extend_from_slice(items.items());
    }
    Ok(Value::List(if all.is_empty() {
        List::nil(ElementType::Any)
    } else {
        List::new(all)
    }))
}

/// Whether a list has an item.
fn contains(context: &mut Context, items: &[Value], wanted: &Value) -> Outcome<bool> {
    for item in items {
        if equal(item, wanted, context, 0)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    if matches!(values.get(1), Some(Value::Nil)) {
        return Ok(Value::Bool(false));
    }
    contains(context, items(values, 1)?.items(), &any(values, 0)).map(Value::Bool)
}

fn initial(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let items = items(values, 0)?;
    match items.items().split_last() {
        Some((_, initial)) => list(context, initial.to_vec()),
        None => Ok(Value::List(List::nil(ElementType::Any))),
    }
}

fn rest(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let items = items(values, 0)?;
    match items.items().split_first() {
        Some((_, rest)) => list(context, rest.to_vec()),
        None => Ok(Value::List(List::nil(ElementType::Any))),
    }
}

fn reverse(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    list(
        context,
        items(values, 0)?.items().iter().rev().cloned().collect(),
    )
}

/// A part of a list. Its bounds may be of any type that can be an integer.
fn slice(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let items = items(values, 0)?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |index: usize| {
        values
            .get(index)
            .map(|value| usize::try_from(super::math::to_int(value)))
    };
    let start = bound(1).unwrap_or(Ok(0));
    let end = bound(2).unwrap_or(Ok(items.len()));
    let part = match (start, end) {
        (Ok(start), Ok(end)) => items.items().get(start..end),
        _ => None,
    };
    let part = part.ok_or_else(|| Failure::invalid("the bounds are out of range"))?;
    context.allocate(size_of_val(part))?;
    Ok(Value::List(List::of(items.element_type(), part.to_vec())))
}

fn uniq(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let mut unique = Vec::new();
    for item in items(values, 0)?.items() {
        if !contains(context, &unique, item)? {
            unique.push(item.clone());
        }
    }
    list(context, unique)
}

fn without(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let unwanted = values.get(1..).unwrap_or_default();
    let mut left = Vec::new();
    for item in items(values, 0)?.items() {
        if !contains(context, unwanted, item)? {
            left.push(item.clone());
        }
    }
    list(context, left)
}

/// The strings of the items of a list. A value that is no list is its only item.
pub(super) fn strings(context: &mut Context, value: &Value) -> Outcome<Vec<Vec<u8>>> {
    let items = match value {
        Value::List(list) => list.items(),
        Value::Nil => &[],
        value => std::slice::from_ref(value),
    };
    let items = items.iter().filter(|item| !matches!(item, Value::Nil));
    items.map(|item| string_of(item, context)).collect()
}

/// A new list of strings.
pub(super) fn string_list(context: &mut Context, items: Vec<Vec<u8>>) -> Outcome<Value> {
    let overhead = size_of::<Value>() + OVERHEAD;
    context.allocate(items.iter().map(|item| item.len() + overhead).sum())?;
    let items = items.into_iter().map(Value::string).collect();
    Ok(Value::List(List::of(ElementType::String, items)))
}

fn sort_alpha(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let value = any(values, 0);
    let mut strings = match value {
        Value::List(_) => strings(context, &value)?,
        value => vec![string_of(&value, context)?],
    };
    // A comparison takes as long as the equal start of two strings.
    let longest = strings.iter().map(Vec::len).max().unwrap_or_default();
    context.step(strings.len() * (1 + longest / 64))?;
    strings.sort();
    string_list(context, strings)
}
