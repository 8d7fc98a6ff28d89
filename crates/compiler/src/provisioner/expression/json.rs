//! Values inside strings, as text.

use minijinja::value::Value as Jinja;
use minijinja::{Error, ErrorKind};

use super::value::{Unfit, from_jinja};
use crate::ir::{Ref, Segment, Text, Tree};
use crate::support::budget::Budget;

/// `json(value)`: a plain value as JSON, which is also YAML. The engine has charged for the argument before.
pub(crate) fn json_function() -> Jinja {
    Jinja::from_function(|value: &Jinja| {
        let tree = from_jinja(value, &Budget::default()).map_err(|problem| match problem {
            Unfit::Value(error) => error,
            Unfit::Exhausted(_) => {
                Error::new(ErrorKind::InvalidOperation, "the value is too large")
            }
        })?;
        let text = json(&tree);
        let plain = text.as_plain().map(str::to_owned);
        plain.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the value is a reference"))
    })
}

/// A value inside a string: strings unchanged, null as an empty string, and everything else as
/// compact JSON.
pub(crate) fn to_text(value: &Tree) -> Text {
    match value {
        Tree::Text(text) => text.clone(),
        Tree::Null => Text::new(),
        value => json(value),
    }
}

/// A value as compact JSON with its typed references.
pub(crate) fn json(value: &Tree) -> Text {
    let mut out = Text::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Tree, out: &mut Text) {
    match value {
        Tree::Null => out.push_str("null"),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Tree::Number(number) => out.push_str(&number.to_string()),
        Tree::Text(text) => {
            out.push_str("\"");
            for segment in text.segments() {
                match segment {
                    Segment::Plain(plain) => out.push_str(&escaped(plain)),
                    Segment::Ref(Ref::Secret(secret)) => {
                        out.push_ref(Ref::Secret(secret.within("json", escaped)));
                    }
                    Segment::Ref(other) => out.push_ref(other.clone()),
                }
            }
            out.push_str("\"");
        }
        Tree::List(items) => {
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "[" } else { "," });
                write_json(item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Tree::Map(entries) => {
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at == 0 { "{" } else { "," });
                out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                out.push_str(":");
                write_json(value, out);
            }
            out.push_str(if entries.is_empty() { "{}" } else { "}" });
        }
    }
}

/// A string for the quotes of JSON.
fn escaped(plain: &str) -> String {
    let quoted = serde_json::Value::from(plain).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
