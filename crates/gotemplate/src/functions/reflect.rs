//! sprig's functions about types and empty values.

use super::arguments::{any, list, string, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::text::lossy;
use crate::value::{List, Map, Value, equal, is_empty, kind_name, type_name};

pub(super) const TABLE: &[Function] = &[
    entry("all", "a*", |_, values| {
        Ok(Value::Bool(!values.iter().any(is_empty)))
    }),
    entry("any", "a*", |_, values| {
        Ok(Value::Bool(!values.iter().all(is_empty)))
    }),
    entry("coalesce", "a*", |_, values| {
        let first = values.iter().find(|value| !is_empty(value));
        Ok(first.cloned().unwrap_or_default())
    }),
    entry("compact", "a", compact),
    entry("deepCopy", "a", deep_copy),
    entry("deepEqual", "aa", |context, values| {
        equal(&any(values, 0), &any(values, 1), context, 0).map(Value::Bool)
    }),
    entry("default", "aa*", |_, values| {
        let value = any(values, 1);
        Ok(if is_empty(&value) {
            any(values, 0)
        } else {
            value
        })
    }),
    entry("empty", "a", |_, values| {
        Ok(Value::Bool(is_empty(&any(values, 0))))
    }),
    entry("fail", "s", |_, values| {
        Err(Failure::failed(string(values, 0)))
    }),
    entry("hello", "", |_, _| Ok(Value::from("Hello!"))),
    entry("kindIs", "sa", |_, values| {
        Ok(Value::Bool(string(values, 0) == kind_name(&any(values, 1))))
    }),
    entry("kindOf", "a", |context, values| {
        text(context, kind_name(&any(values, 0)))
    }),
    entry("mustCompact", "a", compact),
    entry("mustDeepCopy", "a", deep_copy),
    entry("ternary", "aab", |_, values| {
        Ok(any(
            values,
            usize::from(!matches!(values.get(2), Some(Value::Bool(true)))),
        ))
    }),
    entry("typeIs", "sa", |_, values| {
        Ok(Value::Bool(string(values, 0) == type_name(&any(values, 1))))
    }),
    entry("typeIsLike", "sa", |_, values| {
        let (expected, name) = (string(values, 0), type_name(&any(values, 1)));
        Ok(Value::Bool(
            expected == name || format!("*{expected}") == name,
        ))
    }),
    entry("typeOf", "a", |context, values| {
        text(context, type_name(&any(values, 0)))
    }),
    entry("env", "s", |_, values| Err(no_environment(values))),
    entry("expandenv", "s", |_, values| Err(no_environment(values))),
    entry("getHostByName", "s", |_, _| {
        Err(Failure::unsupported(
            "host names are not supported, because templates have no access to the network",
        ))
    }),
];

fn no_environment(values: &[Value]) -> Failure {
    let name = values
        .first()
        .and_then(Value::bytes)
        .map(lossy)
        .unwrap_or_default();
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let name = if is_name && name.len() <= 64 {
        format!("`{name}`")
    } else {
        "…".to_owned()
    };
    Failure::unsupported(format!(
        "environment variable {name} is not supported, because the same input must give the same output"
    ))
}

fn compact(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let Value::List(items) = any(values, 0) else {
        return Err(Failure::invalid(format!(
            "cannot compact on type {}",
            kind_name(&any(values, 0))
        )));
    };
    let items = items.items().iter().filter(|item| !is_empty(item));
    list(context, items.cloned().collect())
}

fn deep_copy(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    match any(values, 0) {
        Value::Nil => Err(Failure::invalid("cannot copy nil")),
        value => copy(context, &value, 0),
    }
}

fn copy(context: &mut Context, value: &Value, depth: usize) -> Outcome<Value> {
    if depth > context.limits().depth {
        return Err(Failure::limit("values are nested too deeply to copy them"));
    }
    context.step(1)?;
    Ok(match value {
        Value::List(list) if !list.is_nil() => {
            context.allocate(list.len() * size_of::<Value>())?;
            let items = list
                .items()
                .iter()
                .map(|item| copy(context, item, depth + 1));
            Value::List(List::of(
                list.element_type(),
                items.collect::<Outcome<_>>()?,
            ))
        }
        Value::Map(map) if !map.is_nil() => {
            let copied = Map::of(map.value_type().clone());
            for (key, value) in map.entries() {
                context.allocate(super::dict::ENTRY)?;
                copied.set(key, copy(context, &value, depth + 1)?);
            }
            Value::Map(copied)
        }
        value => value.clone(),
    })
}
