//! Conversions between values of templates, JSON and YAML.

use score_gotemplate::{IntType, List, Map, Value};
use score_spec::{Kind, Number};
use serde_json::Value as Json;

use crate::yaml::{Node, Scalar};

/// The value of JSON in a template.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(value) => number(value),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::List(List::new(items.iter().map(from_json).collect())),
        Json::Object(entries) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|(key, value)| (key.as_str(), from_json(value)))
                    .collect(),
            )
        }
    }
}

/// The value of a tree in a template.
pub fn from_tree<T: AsRef<str>>(tree: &score_spec::Value<T>) -> Value {
    match tree {
        score_spec::Value::Null => Value::Nil,
        score_spec::Value::Bool(value) => Value::Bool(*value),
        score_spec::Value::Number(value) => number(value),
        score_spec::Value::Text(text) => Value::from(text.as_ref()),
        score_spec::Value::List(items) => {
            Value::List(List::new(items.iter().map(from_tree).collect()))
        }
        score_spec::Value::Map(entries) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|(key, value)| (key.as_str(), from_tree(value)))
                    .collect(),
            )
        }
    }
}

fn number(number: &Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => Value::int(integer),
        (None, Some(integer)) => Value::Int(integer.cast_signed(), IntType::Uint64),
        (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
    }
}

/// The value of YAML in a template.
pub fn from_yaml(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Nil,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Number(value) => number(value),
        Kind::Text(Scalar::Text(text)) => Value::from(text.as_str()),
        Kind::Text(Scalar::Time(time)) => Value::Time(*time),
        Kind::Text(Scalar::Float(float)) => Value::Float(*float),
        Kind::List(items) => Value::List(List::new(items.iter().map(from_yaml).collect())),
        Kind::Map(entries) => {
            let entries = entries.iter();
            Value::Map(
                entries
                    .map(|it| (it.key.as_str(), from_yaml(&it.value)))
                    .collect(),
            )
        }
    }
}

/// The value of a template as JSON. Absent for a number or a type that JSON does not have.
pub fn to_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value, IntType::Uint64) => Json::from(value.cast_unsigned()),
        Value::Int(value, _) => Json::from(*value),
        Value::Float(value) => Json::Number(Number::from_f64(*value)?),
        Value::String(text) => Json::String(text.to_text()),
        Value::Named(named) => Json::String(named.value.to_text()),
        Value::List(list) => Json::Array(list.items().iter().map(to_json).collect::<Option<_>>()?),
        Value::Map(map) => Json::Object(map_to_json(map)?),
        Value::Time(time) => Json::String(time.rfc3339()),
        Value::Complex(..) | Value::Struct(_) | Value::Version(_) => return None,
    })
}

/// The entries of a map as JSON. Absent as for [`to_json`].
pub fn map_to_json(map: &Map) -> Option<serde_json::Map<String, Json>> {
    let entries = map.entries().into_iter();
    entries
        .map(|(key, value)| Some((key.to_text(), to_json(&value)?)))
        .collect()
}
