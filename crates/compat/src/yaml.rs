//! YAML as Go's `yaml.v3` reads it into values without types. In contrast to Score files, it has times, and
//! numbers that JSON does not have: `2024-05-06` and `.inf`.

mod time;

use std::collections::BTreeSet;

use score_gotemplate::Time;
use score_spec::{Code, Diagnostic, Entry, Kind, SourceId, Sources, Span};
use serde_json::Value as Json;

/// A scalar that is neither null, a boolean nor a number of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A string.
    Text(String),
    /// A date or a moment.
    Time(Time),
    /// An infinite number, or none.
    Float(f64),
}

/// A value with its location in the text.
pub type Node = score_spec::Node<Scalar>;

/// Reads the first document of an input; other documents have no effect. Absent if it is empty.
///
/// Keys that are no strings become strings, except at the top.
///
/// # Errors
///
/// The faults of the document.
pub fn read(sources: &Sources, id: SourceId) -> Result<Option<Node>, Vec<Diagnostic>> {
    let parsed = score_spec::parse(sources, id);
    let document = parsed.documents.into_iter().next();
    let mut keys = BTreeSet::new();
    for entry in document.iter().flat_map(score_spec::Node::entries) {
        add_keys(&entry.value, &mut keys);
    }
    let is_accepted = |fault: &Diagnostic| {
        let place = fault.labels.first().map(|label| label.span);
        fault.code == Code::YamlKeyType && place.is_some_and(|place| keys.contains(&place))
    };
    let faults = parsed.diagnostics.into_iter();
    let faults: Vec<_> = faults.filter(|it| !is_accepted(it)).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(document.map(|document| typed(document, sources)))
}

/// Adds the locations of all keys of a value.
fn add_keys(node: &score_spec::Node, keys: &mut BTreeSet<Span>) {
    for entry in node.entries() {
        keys.insert(entry.key_span);
        add_keys(&entry.value, keys);
    }
    for item in node.items() {
        add_keys(item, keys);
    }
}

fn typed(node: score_spec::Node, sources: &Sources) -> Node {
    let kind = match node.kind {
        Kind::Null => Kind::Null,
        Kind::Bool(value) => Kind::Bool(value),
        Kind::Number(number) => Kind::Number(number),
        Kind::Text(text) => {
            let written = &sources.get(node.span.source).text[node.span.range()];
            let is_plain = written == text;
            Kind::Text(if is_plain {
                scalar(text)
            } else {
                Scalar::Text(text)
            })
        }
        Kind::List(items) => Kind::List(items.into_iter().map(|it| typed(it, sources)).collect()),
        Kind::Map(entries) => {
            let entries = entries.into_iter().map(|entry| Entry {
                key: entry.key,
                key_span: entry.key_span,
                value: typed(entry.value, sources),
            });
            Kind::Map(entries.collect())
        }
    };
    Node {
        span: node.span,
        kind,
    }
}

/// A scalar without quotes.
fn scalar(text: String) -> Scalar {
    match text.as_str() {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        written => match time::parse(written) {
            Some(time) => Scalar::Time(time),
            None => Scalar::Text(text),
        },
    }
}

/// The value as JSON. Absent for numbers that JSON does not have.
pub fn to_json(node: &Node) -> Option<Json> {
    Some(match &node.kind {
        Kind::Null => Json::Null,
        Kind::Bool(value) => Json::Bool(*value),
        Kind::Number(number) => Json::Number(number.clone()),
        Kind::Text(Scalar::Text(text)) => Json::String(text.clone()),
        Kind::Text(Scalar::Time(time)) => Json::String(time.rfc3339()),
        Kind::Text(Scalar::Float(_)) => return None,
        Kind::List(items) => Json::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        Kind::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| Some((entry.key.clone(), to_json(&entry.value)?)));
            Json::Object(entries.collect::<Option<_>>()?)
        }
    })
}
