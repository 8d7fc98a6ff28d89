//! sprig's functions of maps.

use super::arguments::{any, bytes, list, map};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::print::string_of;
use crate::value::{ElementType, List, Map, Rejected, Str, Value, ValueType, is_empty};

pub(super) const TABLE: &[Function] = &[
    entry("dict", "a*", dict),
    entry("dig", "a*", dig),
    entry("get", "ms", |_, values| {
        Ok(map(values, 0)
            .get(bytes(values, 1))
            .unwrap_or_else(|| Value::from("")))
    }),
    entry("hasKey", "ms", |_, values| {
        Ok(Value::Bool(map(values, 0).contains_key(bytes(values, 1))))
    }),
    entry("keys", "m*", keys),
    entry("merge", "mm*", |context, values| {
        merge_all(context, values, false)
    }),
    entry("mergeOverwrite", "mm*", |context, values| {
        merge_all(context, values, true)
    }),
    entry("mustMerge", "mm*", |context, values| {
        merge_all(context, values, false)
    }),
    entry("mustMergeOverwrite", "mm*", |context, values| {
        merge_all(context, values, true)
    }),
    entry("omit", "ms*", |context, values| {
        select(context, values, false)
    }),
    entry("pick", "ms*", |context, values| {
        select(context, values, true)
    }),
    entry("pluck", "sm*", |context, values| {
        let key = bytes(values, 0);
        let maps = (1..values.len()).map(|index| map(values, index));
        list(context, maps.filter_map(|map| map.get(key)).collect())
    }),
    entry("set", "msa", |context, values| {
        let map = map(values, 0);
        insert(context, &map, Str::from(bytes(values, 1)), any(values, 2))?;
        Ok(Value::Map(map))
    }),
    entry("unset", "ms", |_, values| {
        let map = map(values, 0);
        map.remove(bytes(values, 1));
        Ok(Value::Map(map))
    }),
    entry("values", "m", |context, values| {
        let entries = map(values, 0).entries().into_iter();
        list(context, entries.map(|(_, value)| value).collect())
    }),
];

/// The approximate size of an entry of a map in bytes.
pub(super) const ENTRY: usize = 100;

/// Sets an entry of a map of the template.
pub(super) fn insert(context: &mut Context, map: &Map, key: Str, value: Value) -> Outcome<()> {
    const MOST: usize = 100_000;
    if map.is_nil() {
        return Err(Failure::invalid(
            "a map that does not exist cannot be changed",
        ));
    }
    let mut left = MOST;
    let admitted = map.admits(&value, &mut left);
    context.step(MOST - left)?;
    match admitted {
        Ok(()) => {}
        Err(Rejected::Cycle) => return Err(Failure::invalid("a map cannot contain itself")),
        Err(Rejected::TooLarge) => return Err(Failure::limit("the value is too large for a map")),
    }
    context.allocate(ENTRY + key.as_bytes().len())?;
    map.set(key, value);
    Ok(())
}

fn dict(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let map = Map::new();
    for pair in values.chunks(2) {
        let key = string_of(&pair[0], context)?;
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::from(""));
        insert(context, &map, key.into(), value)?;
    }
    Ok(Value::Map(map))
}

fn dig(_: &mut Context, values: &[Value]) -> Outcome<Value> {
    let [path @ .., default, last] = values else {
        return Err(Failure::invalid("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(Failure::invalid("dig needs at least three arguments"));
    }
    let mut value = last.clone();
    for key in path {
        let Value::String(key) = key else {
            return Err(Failure::invalid("a key is no string"));
        };
        let next = match &value {
            Value::Map(map) if *map.value_type() == ValueType::Any => map.get(key.as_bytes()),
            _ => {
                return Err(Failure::invalid(format!(
                    "no map in which to look for \"{}\"",
                    key.to_text()
                )));
            }
        };
        match next {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

fn keys(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let maps = (0..values.len()).map(|index| map(values, index));
    let keys: Vec<Value> = maps.flat_map(|map| map.keys()).map(Value::String).collect();
    context.allocate(keys.len() * size_of::<Value>())?;
    Ok(Value::List(List::of(ElementType::String, keys)))
}

/// The entries with or without some keys.
fn select(context: &mut Context, values: &[Value], wanted: bool) -> Outcome<Value> {
    let keys = values.get(1..).unwrap_or_default();
    let selected = Map::new();
    for (key, value) in map(values, 0).entries() {
        context.step(1 + keys.len())?;
        if keys.iter().any(|it| it.bytes() == Some(key.as_bytes())) == wanted {
            insert(context, &selected, key, value)?;
        }
    }
    Ok(Value::Map(selected))
}

fn merge_all(context: &mut Context, values: &[Value], overwrite: bool) -> Outcome<Value> {
    let target = map(values, 0);
    for index in 1..values.len() {
        merge(context, &target, &map(values, index), overwrite, 0)?;
    }
    Ok(Value::Map(target))
}

/// Adds the entries of a map to another one, in which nested maps change as well.
fn merge(
    context: &mut Context,
    target: &Map,
    source: &Map,
    overwrite: bool,
    depth: usize,
) -> Outcome<()> {
    if depth > context.limits().depth {
        return Err(Failure::limit("maps are nested too deeply to merge them"));
    }
    if target.is_same(source) {
        return Ok(());
    }
    for (key, value) in source.entries() {
        context.step(1)?;
        let old = target.get(key.as_bytes());
        let replaces = match (&old, &value) {
            (Some(Value::Map(old)), Value::Map(value)) if !old.is_nil() => {
                merge(context, old, value, overwrite, depth + 1)?;
                false
            }
            (_, Value::Nil) => overwrite,
            (None, _) => true,
            (Some(old), _) => overwrite || is_empty(old),
        };
        if replaces {
            insert(context, target, key, value)?;
        }
    }
    Ok(())
}
