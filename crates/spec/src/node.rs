//! The tree of a YAML text: JSON-like values with their locations.

use crate::{Map, Number, Span, Value};

/// A value with its location. `T` is the type of its strings: as written, or with their values after
/// expressions have been evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<T = String> {
    /// The bytes of the value: for a map or list, from its first to its last entry.
    pub span: Span,
    /// The value.
    pub kind: Kind<T>,
}

/// The value of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<T = String> {
    /// `null`, `~` or an empty value.
    Null,
    /// `true` or `false`; no other words are booleans.
    Bool(bool),
    /// An integer of up to 64 bits, or a finite float.
    Number(Number),
    /// Any other scalar.
    Text(T),
    /// A list.
    List(Vec<Node<T>>),
    /// A map with distinct keys, in their original order.
    Map(Vec<Entry<T>>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T = String> {
    /// The key.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node<T>,
}

impl<T> Node<T> {
    /// The entry with this key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry<T>> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value under this key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under this key, for modification in place.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.kind {
            Kind::Map(entries) => entries
                .iter_mut()
                .find(|entry| entry.key == key)
                .map(|entry| &mut entry.value),
            _ => None,
        }
    }

    /// Whether the value under this key is `true`.
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key).map(|node| &node.kind), Some(Kind::Bool(true)))
    }

    /// The entries of a map; empty for other values.
    pub fn entries(&self) -> &[Entry<T>] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for other values.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of the map under a key; empty if there is no such map.
    pub fn entries_at(&self, key: &str) -> &[Entry<T>] {
        self.get(key).map_or(&[], Node::entries)
    }

    /// The items of the list under a key; empty if there is no such list.
    pub fn items_at(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The results of `f` for the entries of the map under a key.
    pub fn map_at<U>(&self, key: &str, mut f: impl FnMut(&Self) -> Option<U>) -> Map<U> {
        let entries = self.entries_at(key).iter();
        entries
            .filter_map(|entry| Some((entry.key.clone(), f(&entry.value)?)))
            .collect()
    }

    /// The JSON Pointer (RFC 6901) of the smallest part of this tree that contains a location. For
    /// the location of a key, it is that of its value.
    pub fn pointer(&self, place: Span) -> String {
        let mut pointer = String::new();
        let mut at = self;
        loop {
            let next = match &at.kind {
                Kind::Map(entries) => entries
                    .iter()
                    .find(|entry| {
                        entry.key_span.contains(place) || entry.value.span.contains(place)
                    })
                    .map(|entry| {
                        (
                            entry.key.replace('~', "~0").replace('/', "~1"),
                            &entry.value,
                        )
                    }),
                Kind::List(items) => items
                    .iter()
                    .enumerate()
                    .find(|(_, item)| item.span.contains(place))
                    .map(|(index, item)| (index.to_string(), item)),
                _ => None,
            };
            let Some((step, inner)) = next else {
                return pointer;
            };
            pointer.push('/');
            pointer.push_str(&step);
            at = inner;
        }
    }

    /// The kind of this value for messages, with its article.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }

    /// Calls `f` with each string of the tree and its location, in order.
    pub fn each_text<'a>(&'a self, f: &mut impl FnMut(&'a T, Span)) {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
            Kind::Text(text) => f(text, self.span),
            Kind::List(items) => items.iter().for_each(|item| item.each_text(f)),
            Kind::Map(entries) => entries.iter().for_each(|it| it.value.each_text(f)),
        }
    }

    /// The tree with each string replaced by the result of `f` for the string and its location.
    pub fn map_text<U>(&self, f: &mut impl FnMut(&T, Span) -> U) -> Node<U> {
        let kind = match &self.kind {
            Kind::Null => Kind::Null,
            Kind::Bool(value) => Kind::Bool(*value),
            Kind::Number(number) => Kind::Number(number.clone()),
            Kind::Text(text) => Kind::Text(f(text, self.span)),
            Kind::List(items) => Kind::List(items.iter().map(|item| item.map_text(f)).collect()),
            Kind::Map(entries) => {
                let entries = entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: entry.value.map_text(f),
                });
                Kind::Map(entries.collect())
            }
        };
        Node {
            span: self.span,
            kind,
        }
    }
}

impl Node {
    /// The string, if the value is a string.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The port that is written as a number, or as a string of digits.
    pub(crate) fn port(&self) -> Option<u16> {
        let digits = match &self.kind {
            Kind::Number(number) => number.to_string(),
            Kind::Text(text) => text.clone(),
            _ => return None,
        };
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let port = digits.parse().ok().filter(|port| *port > 0);
        port.filter(|_| is_digits)
    }

    /// The value without locations.
    pub fn to_value(&self) -> Value {
        self.to_value_with(&mut |text, _| text.to_owned())
    }

    /// The value without locations, in which each string is replaced by the result of `f` for the
    /// string and its location.
    pub fn to_value_with<T>(&self, f: &mut impl FnMut(&str, Span) -> T) -> Value<T> {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::Text(f(text, self.span)),
            Kind::List(items) => {
                Value::List(items.iter().map(|item| item.to_value_with(f)).collect())
            }
            Kind::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_value_with(f)))
                .collect(),
        }
    }
}
