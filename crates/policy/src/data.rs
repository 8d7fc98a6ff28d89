//! Views of the values that rules read, so that documents are not copied for them.

use score_compiler::Text;
use score_compiler::ir::{Sealed, Tree};
use score_spec::{Entry, Kind, Map, Node, Number, Span, Value};

/// The value of a string with a secret.
const SECRET: &str = "(secret)";

/// A value that rules read: a part of a document, or a value that was created for the rules.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// A part of a document.
    Node(&'a Node),
    /// A value without locations.
    Value(&'a Value),
    /// A part of an object of the output, in which each string with a secret is `(secret)`.
    Object(&'a Tree<Sealed>),
}

/// The contents of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
    List(Items<'a>),
    Map(Fields<'a>),
}

/// The items of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Items<'a> {
    Nodes(&'a [Node]),
    Values(&'a [Value]),
    Objects(&'a [Tree<Sealed>]),
}

/// The entries of a map.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fields<'a> {
    Nodes(&'a [Entry]),
    Values(&'a Map<Value>),
    Objects(&'a Map<Tree<Sealed>>),
}

impl<'a> Data<'a> {
    pub(crate) fn shape(self) -> Shape<'a> {
        match self {
            Data::Node(node) => match &node.kind {
                Kind::Null => Shape::Null,
                Kind::Bool(value) => Shape::Bool(*value),
                Kind::Number(number) => Shape::Number(number),
                Kind::Text(text) => Shape::Text(text),
                Kind::List(items) => Shape::List(Items::Nodes(items)),
                Kind::Map(entries) => Shape::Map(Fields::Nodes(entries)),
            },
            Data::Value(value) => match value {
                Value::Null => Shape::Null,
                Value::Bool(value) => Shape::Bool(*value),
                Value::Number(number) => Shape::Number(number),
                Value::Text(text) => Shape::Text(text),
                Value::List(items) => Shape::List(Items::Values(items)),
                Value::Map(entries) => Shape::Map(Fields::Values(entries)),
            },
            Data::Object(tree) => match tree {
                Value::Null => Shape::Null,
                Value::Bool(value) => Shape::Bool(*value),
                Value::Number(number) => Shape::Number(number),
                Value::Text(text) => Shape::Text(visible(text)),
                Value::List(items) => Shape::List(Items::Objects(items)),
                Value::Map(entries) => Shape::Map(Fields::Objects(entries)),
            },
        }
    }
}

impl<'a> Items<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Items::Nodes(items) => items.len(),
            Items::Values(items) => items.len(),
            Items::Objects(items) => items.len(),
        }
    }

    pub(crate) fn get(self, at: usize) -> Option<Data<'a>> {
        match self {
            Items::Nodes(items) => items.get(at).map(Data::Node),
            Items::Values(items) => items.get(at).map(Data::Value),
            Items::Objects(items) => items.get(at).map(Data::Object),
        }
    }
}

impl<'a> Fields<'a> {
    /// The number of entries, including those with null.
    pub(crate) fn len(self) -> usize {
        match self {
            Fields::Nodes(entries) => entries.len(),
            Fields::Values(entries) => entries.len(),
            Fields::Objects(entries) => entries.len(),
        }
    }

    /// The value of an entry. As in Kubernetes, an entry with null is the same as none.
    pub(crate) fn get(self, key: &str) -> Option<Data<'a>> {
        let found = match self {
            Fields::Nodes(entries) => {
                let entry = entries.iter().find(|entry| entry.key == key)?;
                Data::Node(&entry.value)
            }
            Fields::Values(entries) => Data::Value(entries.get(key)?),
            Fields::Objects(entries) => Data::Object(entries.get(key)?),
        };
        (!matches!(found.shape(), Shape::Null)).then_some(found)
    }

    pub(crate) fn at(self, at: usize) -> Option<(&'a str, Data<'a>)> {
        match self {
            Fields::Nodes(entries) => {
                let entry = entries.get(at)?;
                Some((&entry.key, Data::Node(&entry.value)))
            }
            Fields::Values(entries) => {
                let (key, value) = entries.get_index(at)?;
                Some((key, Data::Value(value)))
            }
            Fields::Objects(entries) => {
                let (key, value) = entries.get_index(at)?;
                Some((key, Data::Object(value)))
            }
        }
    }
}

/// Whether a map in a document has a null value.
pub(crate) fn has_null(node: &Node) -> bool {
    match &node.kind {
        Kind::List(items) => items.iter().any(has_null),
        Kind::Map(entries) => {
            let mut values = entries.iter().map(|entry| &entry.value);
            values.any(|value| matches!(value.kind, Kind::Null) || has_null(value))
        }
        _ => false,
    }
}

/// A document without the entries of maps that are null, which rules do not see.
pub(crate) fn without_null(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::List(items) => Kind::List(items.iter().map(without_null).collect()),
        Kind::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.filter(|entry| !matches!(entry.value.kind, Kind::Null));
            let entries = entries.map(|entry| Entry {
                value: without_null(&entry.value),
                ..entry.clone()
            });
            Kind::Map(entries.collect())
        }
        kind => kind.clone(),
    };
    Node {
        span: node.span,
        kind,
    }
}

/// The string as rules see it.
fn visible(text: &Text<Sealed>) -> &str {
    text.as_plain().unwrap_or(SECRET)
}

/// An object of the output as a tree whose parts are all at one location.
pub(crate) fn object_at(object: &Tree<Sealed>, span: Span) -> Node {
    let value = object.map_text(&mut |text| visible(text).to_owned());
    node_at(&value, span)
}

/// A value as a tree whose parts are all at one location.
pub(crate) fn node_at(value: &Value, span: Span) -> Node {
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(value) => Kind::Bool(*value),
        Value::Number(number) => Kind::Number(number.clone()),
        Value::Text(text) => Kind::Text(text.clone()),
        Value::List(items) => Kind::List(items.iter().map(|item| node_at(item, span)).collect()),
        Value::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, value)| Entry {
                    key: key.clone(),
                    key_span: span,
                    value: node_at(value, span),
                })
                .collect(),
        ),
    };
    Node { span, kind }
}
