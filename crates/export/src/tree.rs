//! Trees of YAML documents, and names in them.

use score_spec::{Map, Value};

/// The maximum length of names that are values of labels.
pub(crate) const MAX_LABEL: usize = 63;

/// A string.
pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A string, or nothing.
pub(crate) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.to_owned()))
}

/// A map without the entries whose value is null.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.into_iter();
    let entries = entries.filter(|(_, value)| *value != Value::Null);
    let entries: Map<Value> = entries.map(|(key, it)| (key.to_owned(), it)).collect();
    entries.into()
}

/// A list.
pub(crate) fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

/// The name of a project as the name of an object.
pub(crate) fn object_name(project: &str) -> String {
    let name = project.replace('_', "-");
    name.trim_matches('-').to_owned()
}
