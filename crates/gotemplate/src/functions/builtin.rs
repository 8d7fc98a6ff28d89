//! Functions of Go that are no comparisons.

use super::arguments::{any, bytes};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::print;
use crate::value::{IntType, Value, described, is_true};

pub(super) const TABLE: &[Function] = &[
    entry("call", "aa*", call),
    entry("index", "aa*", index),
    entry("len", "a", len),
    entry("not", "a", not),
    entry("print", "a*", |context, values| {
        text_of(print::print(values, context))
    }),
    entry("printf", "sa*", printf),
    entry("println", "a*", |context, values| {
        text_of(print::println(values, context))
    }),
];

/// The printed text is counted by the printer.
fn text_of(printed: Outcome<Vec<u8>>) -> Outcome<Value> {
    printed.map(Value::string)
}

fn call(_: &mut Context, arguments: &[Value]) -> Outcome<Value> {
    let of = described(&any(arguments, 0));
    Err(Failure::invalid(format!("{of} is not a function")))
}

fn not(_: &mut Context, arguments: &[Value]) -> Outcome<Value> {
    Ok(Value::Bool(!is_true(&any(arguments, 0))))
}

fn printf(context: &mut Context, arguments: &[Value]) -> Outcome<Value> {
    let values = arguments.get(1..).unwrap_or_default();
    print::printf(bytes(arguments, 0), values, context).map(Value::string)
}

fn len(_: &mut Context, arguments: &[Value]) -> Outcome<Value> {
    let value = any(arguments, 0);
    let length = match &value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Nil => return Err(Failure::invalid("null has no length")),
        value => {
            let message = || Failure::invalid(format!("{} has no length", described(value)));
            value.bytes().ok_or_else(message)?.len()
        }
    };
    Ok(Value::int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn index(context: &mut Context, arguments: &[Value]) -> Outcome<Value> {
    let mut item = any(arguments, 0);
    for index in arguments.get(1..).unwrap_or_default() {
        context.step(1)?;
        item = match &item {
            Value::Nil => return Err(Failure::invalid("null has no items")),
            Value::List(list) => list.items()[position(index, list.len())?].clone(),
            Value::Map(map) => {
                let Value::String(key) = index else {
                    let message = format!("a key is a string, not {}", described(index));
                    return Err(Failure::invalid(message));
                };
                map.get(key.as_bytes())
                    .unwrap_or_else(|| map.value_type().zero())
            }
            value => {
                let message = || format!("{} has no items", described(value));
                let bytes = value.bytes().ok_or_else(|| Failure::invalid(message()))?;
                Value::Int(bytes[position(index, bytes.len())?].into(), IntType::Byte)
            }
        };
    }
    if matches!(arguments.first(), None | Some(Value::Nil)) {
        return Err(Failure::invalid("null has no items"));
    }
    Ok(item)
}

fn position(index: &Value, length: usize) -> Outcome<usize> {
    match index {
        Value::Int(index, _) => match usize::try_from(*index) {
            Ok(index) if index < length => Ok(index),
            _ => Err(Failure::invalid(format!(
                "index out of range: {index} of {length}"
            ))),
        },
        Value::Nil => Err(Failure::invalid("an index is an integer, not null")),
        value => {
            let message = format!("an index is an integer, not {}", described(value));
            Err(Failure::invalid(message))
        }
    }
}

/// The string that `html`, `js` and `urlquery` escape.
pub(super) fn printed(context: &mut Context, values: &[Value]) -> Outcome<Vec<u8>> {
    let or_no_value = |value: &Value| match value {
        Value::Nil => context.missing().map(Value::from),
        value => Ok(value.clone()),
    };
    let values: Vec<Value> = values.iter().map(or_no_value).collect::<Outcome<_>>()?;
    print::print(&values, context)
}
