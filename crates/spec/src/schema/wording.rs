//! The wording of the rules of a JSON Schema. Out of scope: which rule is reported, and its
//! location.

use jsonschema::JsonType;
use jsonschema::error::ValidationErrorKind as Broken;
use serde_json::Value as Json;

use crate::Node;
use crate::node::Kind;

/// The maximum length of keys and lists in messages.
const LONG: usize = 80;

/// A key for messages: on one line, and truncated if it is long.
pub(super) fn shown(key: &str) -> String {
    let mut shown = String::new();
    for (count, c) in key.chars().enumerate() {
        if count == LONG {
            shown.push('…');
            break;
        }
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The dotted path of the value under a key.
pub(super) fn below(path: &str, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if key.is_empty() || !key.chars().all(plain) {
        format!("{path}[\"{}\"]", shown(key))
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{}", shown(key))
    }
}

/// Alternatives as a list in a sentence: `a, b or c`.
pub(super) fn either(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Names in backticks as a list of alternatives.
pub(super) fn either_name<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    either(&quoted)
}

/// The expected types as alternatives.
pub(super) fn types(expected: &[JsonType]) -> String {
    let mut sorted = expected.to_vec();
    sorted.sort_by_key(|kind| std::cmp::Reverse(*kind));
    sorted.dedup();
    let words: Vec<String> = sorted
        .into_iter()
        .map(|kind| word(kind).to_owned())
        .collect();
    either(&words)
}

fn word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "nothing",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "a map",
    }
}

/// The value that was found instead of one of these types.
pub(super) fn found(node: &Node, expected: &[JsonType]) -> &'static str {
    match &node.kind {
        Kind::Number(_) if expected.contains(&JsonType::Integer) => "a number with a fraction",
        _ => node.kind_name(),
    }
}

/// The expected values as alternatives.
pub(super) fn options(options: &[&Json]) -> String {
    // More than are displayed, because each has at least one character.
    let shown = options.iter().take(4 * LONG);
    let mut words: Vec<String> = shown
        .map(|option| format!("`{}`", scalar(option)))
        .collect();
    words.dedup();
    if words.iter().map(String::len).sum::<usize>() > 4 * LONG {
        words.truncate(5);
        return format!("one of {}, …", words.join(", "));
    }
    either(&words)
}

/// A value of a schema in YAML notation.
fn scalar(value: &Json) -> String {
    match value {
        Json::String(text) if text.parse::<f64>().is_err() && !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

/// A value of a schema in the flow style of YAML.
fn flow(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        other => scalar(other),
    }
}

/// An example of a field, from the only value or first example of its schema.
pub(super) fn example(name: &str, only: Option<&Json>, examples: Option<&Json>) -> Option<String> {
    if let Some(only) = only {
        return Some(format!("add `{name}: {}`", scalar(only)));
    }
    let example = match examples?.get(0)? {
        Json::String(text) => scalar(&Json::String(text.clone())),
        other => flow(other),
    };
    (example.len() <= LONG).then(|| format!("for example `{name}: {example}`"))
}

/// The violated rule for a value of the right type, as a phrase that starts with "must".
///
/// `schema` is the schema with the rule; `meant` is its own description of valid values, if it has
/// one.
pub(super) fn rule(broken: &Broken, schema: Option<&Json>, meant: Option<&str>) -> String {
    let limit = |keyword| schema.and_then(|schema| schema.get(keyword));
    if let (Some(meant), true) = (meant, about_text(broken)) {
        return format!("must be {meant}");
    }
    match broken {
        Broken::Minimum { .. } | Broken::Maximum { .. } => {
            match (limit("minimum"), limit("maximum")) {
                (Some(low), Some(high)) => format!("must be from {low} to {high}"),
                (Some(low), None) => format!("must be at least {low}"),
                (None, high) => format!("must be at most {}", high.unwrap_or(&Json::Null)),
            }
        }
        Broken::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Broken::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Broken::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Broken::MinLength { limit: 1 } => "must not be empty".to_owned(),
        Broken::MinLength { limit } => format!("must have at least {limit} characters"),
        Broken::MaxLength { limit } => format!("must have at most {limit} characters"),
        Broken::Pattern { pattern } => format!("must match the pattern `{pattern}`"),
        Broken::Format { format } => format!("must have the format `{format}`"),
        Broken::MinProperties { limit: 1 } => "must have at least one entry".to_owned(),
        Broken::MinProperties { limit } => format!("must have at least {limit} entries"),
        Broken::MaxProperties { limit } => format!("must have at most {limit} entries"),
        Broken::MinItems { limit: 1 } => "must have at least one item".to_owned(),
        Broken::MinItems { limit } => format!("must have at least {limit} items"),
        Broken::MaxItems { limit } => format!("must have at most {limit} items"),
        Broken::AdditionalItems { limit } => format!("must have at most {limit} items"),
        Broken::UnevaluatedItems { .. } => "must not have so many items".to_owned(),
        Broken::UniqueItems => "must not contain an item twice".to_owned(),
        Broken::Contains => {
            "must have a different number of items that match its schema".to_owned()
        }
        Broken::FalseSchema => "must be omitted".to_owned(),
        other => format!("must match the rule `{}` of its schema", other.keyword()),
    }
}

/// Whether the schema's own description of valid strings covers this rule.
fn about_text(broken: &Broken) -> bool {
    matches!(
        broken,
        Broken::Pattern { .. }
            | Broken::MinLength { .. }
            | Broken::MaxLength { .. }
            | Broken::Format { .. }
    )
}
