//! Compose services in the notation of score-compose: the long forms of the Compose file format, with the
//! leniency of its reader. Keys that it does not know have no effect, as there.

mod amount;
mod fields;

use std::fmt;

use score_spec::{Kind, Span};
use serde_json::{Map, Value};

use self::fields::{SERVICE, Type};
use crate::yaml::{self, Node, Scalar};

/// The part of a service that has no meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The location in the rendered template.
    pub span: Span,
    /// The type that is expected, with its article.
    pub expected: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this must be {}", self.expected)
    }
}

/// Reads a map of services.
///
/// # Errors
///
/// The first part that has no meaning.
pub fn read(services: &Node) -> Result<Map<String, Value>, Fault> {
    let Kind::Map(entries) = &services.kind else {
        return Err(fault(services, "a map of services"));
    };
    let services = entries.iter().map(|entry| {
        let service = match entry.value.kind {
            Kind::Null => Value::Object(Map::new()),
            _ => value(&entry.value, &Type::Fields(SERVICE))?,
        };
        Ok((entry.key.clone(), service))
    });
    services.collect()
}

fn fault(node: &Node, expected: &'static str) -> Fault {
    Fault {
        span: node.span,
        expected,
    }
}

/// The value of a field of this type.
fn value(node: &Node, of: &Type) -> Result<Value, Fault> {
    const LIMITS: &[(&str, Type)] = &[("soft", Type::Integer), ("hard", Type::Integer)];
    let wrong = |expected| fault(node, expected);
    Ok(match of {
        Type::Words => match &node.kind {
            Kind::Text(Scalar::Text(text)) => {
                let words = shell_words::split(text);
                let words = words.map_err(|_| wrong("a command with closed quotes"))?;
                words.into_iter().map(Value::String).collect()
            }
            _ => strings(node, strict)?,
        },
        Type::Test => match &node.kind {
            Kind::Text(Scalar::Text(text)) => serde_json::json!(["CMD-SHELL", text]),
            _ => strings(node, strict)?,
        },
        Type::Texts => strings(node, text)?,
        Type::TextOrTexts => match text(node) {
            Some(text) => Value::Array(vec![Value::String(text)]),
            None => strings(node, text)?,
        },
        Type::Variables => pairs(node, || Value::Null)?,
        Type::Labels => pairs(node, || Value::String(String::new()))?,
        Type::Hosts => hosts(node)?,
        Type::Limit => match &node.kind {
            Kind::Map(_) => Value::Object(members(node, LIMITS)?),
            _ => value(node, &Type::Integer)?,
        },
        Type::List(of) => match &node.kind {
            Kind::List(items) => {
                let items = items.iter().map(|item| value(item, of));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            _ => return Err(wrong("a list")),
        },
        Type::Map(of) => values(node, of)?,
        Type::Fields(fields) => Value::Object(members(node, fields)?),
        Type::Dependency => dependency(node)?,
        Type::Any => yaml::to_json(node).ok_or_else(|| wrong("a value that exists in JSON"))?,
        scalar => self::scalar(node, scalar)?,
    })
}

/// The value of a field whose type is a scalar.
fn scalar(node: &Node, of: &Type) -> Result<Value, Fault> {
    let text = |found: Option<String>, expected| {
        let found = found.map(Value::String);
        found.ok_or_else(|| fault(node, expected))
    };
    match of {
        Type::Flag | Type::Switch => match amount::flag(node) {
            // As absent.
            Some(false) if matches!(of, Type::Switch) => Ok(Value::Null),
            Some(flag) => Ok(Value::Bool(flag)),
            None => Err(fault(node, "a boolean")),
        },
        Type::Integer => match &node.kind {
            Kind::Number(number) if !number.is_f64() => Ok(Value::Number(number.clone())),
            _ => Err(fault(node, "an integer")),
        },
        Type::Number => amount::number(node).ok_or_else(|| fault(node, "a number")),
        Type::Size => text(amount::size(node), "a size such as `64m`"),
        Type::Duration => text(amount::duration(node), "a duration such as `30s`"),
        Type::Mode => text(amount::mode(node), "a file mode"),
        _ => text(self::text(node), "a string"),
    }
}

/// A map with arbitrary keys.
fn values(node: &Node, of: &Type) -> Result<Value, Fault> {
    let Kind::Map(entries) = &node.kind else {
        return Err(fault(node, "a map"));
    };
    let entries = entries.iter().map(|entry| {
        let value = match (&entry.value.kind, of) {
            (Kind::Null, Type::Dependency) => dependency(&entry.value)?,
            (Kind::Null, _) => Value::Null,
            _ => value(&entry.value, of)?,
        };
        Ok((entry.key.clone(), value))
    });
    Ok(Value::Object(entries.collect::<Result<_, _>>()?))
}

/// The fields of a map that are known. A field that is null is absent.
fn members(node: &Node, fields: &[(&str, Type)]) -> Result<Map<String, Value>, Fault> {
    let Kind::Map(entries) = &node.kind else {
        return Err(fault(node, "a map in the long form of Compose"));
    };
    let mut members = Map::new();
    for entry in entries {
        let field = fields.iter().find(|(name, _)| *name == entry.key);
        let Some((_, of)) = field else { continue };
        if entry.value.kind == Kind::Null {
            continue;
        }
        match value(&entry.value, of)? {
            Value::Null => {}
            value => _ = members.insert(entry.key.clone(), value),
        }
    }
    Ok(members)
}

/// A service that another one depends on. It is not required unless it says so.
fn dependency(node: &Node) -> Result<Value, Fault> {
    const FIELDS: &[(&str, Type)] = &[
        ("condition", Type::Text),
        ("required", Type::Flag),
        ("restart", Type::Flag),
    ];
    let mut members = match node.kind {
        Kind::Null => Map::new(),
        _ => members(node, FIELDS)?,
    };
    members.entry("required").or_insert(Value::Bool(false));
    Ok(Value::Object(members))
}

/// A list of strings.
fn strings(node: &Node, read: fn(&Node) -> Option<String>) -> Result<Value, Fault> {
    let Kind::List(items) = &node.kind else {
        return Err(fault(node, "a string or a list of strings"));
    };
    let items = items.iter().map(|item| {
        read(item)
            .map(Value::String)
            .ok_or_else(|| fault(item, "a string"))
    });
    items.collect()
}

fn strict(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Text(Scalar::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A scalar as a string.
fn text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Number(number) => Some(amount::printed(number)),
        Kind::Text(text) => Some(amount::word(text)),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    }
}

/// A map of strings, or a list of `KEY=VALUE`.
fn pairs(node: &Node, missing: fn() -> Value) -> Result<Value, Fault> {
    let pairs: Result<Map<String, Value>, Fault> = match &node.kind {
        Kind::Map(entries) => {
            let pairs = entries.iter().map(|entry| {
                let value = match &entry.value.kind {
                    Kind::Null => missing(),
                    _ => Value::String(amount::go_text(&entry.value)),
                };
                Ok((entry.key.clone(), value))
            });
            pairs.collect()
        }
        Kind::List(items) => {
            let pairs = items.iter().map(|item| {
                let pair = text(item).ok_or_else(|| fault(item, "a string such as `KEY=value`"))?;
                Ok(match pair.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Value::String(value.to_owned())),
                    None => (pair, missing()),
                })
            });
            pairs.collect()
        }
        _ => Err(fault(
            node,
            "a map, or a list of strings such as `KEY=value`",
        )),
    };
    pairs.map(Value::Object)
}

/// Names of hosts with their addresses, as `NAME=ADDRESS`.
fn hosts(node: &Node) -> Result<Value, Fault> {
    let wrong = |node| fault(node, "a string such as `name=address`");
    match &node.kind {
        Kind::Map(entries) => {
            let hosts = entries.iter().map(|entry| {
                let address = text(&entry.value).ok_or_else(|| wrong(&entry.value))?;
                Ok(Value::String(format!("{}={address}", entry.key)))
            });
            hosts.collect()
        }
        Kind::List(items) => {
            let hosts = items.iter().map(|item| {
                let host = text(item).ok_or_else(|| wrong(item))?;
                let parts = host.split_once('=').or_else(|| host.split_once(':'));
                let (name, address) = parts.ok_or_else(|| wrong(item))?;
                Ok(Value::String(format!("{name}={address}")))
            });
            hosts.collect()
        }
        _ => Err(fault(
            node,
            "a map, or a list of strings such as `name=address`",
        )),
    }
}
