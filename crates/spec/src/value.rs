//! A JSON-like tree with a generic type of strings: plain strings, templates with placeholders, or
//! text with references. Out of scope: locations, which are part of [`crate::Node`].

use std::hash::{BuildHasher, Hasher};

use indexmap::IndexMap;

pub use serde_json::Number;

/// A map in insertion order, created with `default` or `collect`.
pub type Map<T> = IndexMap<String, T, KeyHashes>;

/// The hashes of the keys of a [`Map`].
///
/// Most maps are small and short-lived, and the hashes of [`std`] take a tenth of a run. The seed
/// differs between processes, so that an author of keys cannot make them collide. Nothing depends on the seed,
/// because hash order is never observed.
#[derive(Debug, Clone, Default)]
pub struct KeyHashes(foldhash::fast::RandomState);

impl BuildHasher for KeyHashes {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher(self.0.build_hasher())
    }
}

/// The hash of one key.
#[derive(Clone)]
pub struct KeyHasher(foldhash::fast::FoldHasher<'static>);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0.write_u8(byte);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// A tree of the JSON data model with `T` instead of strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<T = String> {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(T),
    /// An ordered list.
    List(Vec<Value<T>>),
    /// A map in its original order. It is large compared to the others, and most values are
    /// strings.
    Map(Box<Map<Value<T>>>),
}

impl<T> From<Map<Value<T>>> for Value<T> {
    fn from(entries: Map<Value<T>>) -> Self {
        Value::Map(Box::new(entries))
    }
}

/// A map with these entries.
impl<T> FromIterator<(String, Value<T>)> for Value<T> {
    fn from_iter<I: IntoIterator<Item = (String, Value<T>)>>(entries: I) -> Self {
        Map::from_iter(entries).into()
    }
}

impl<T> Value<T> {
    /// The tree with each string replaced by the result of `f`.
    pub fn map_text<U>(&self, f: &mut impl FnMut(&T) -> U) -> Value<U> {
        self.expand(&mut |text| Value::Text(f(text)))
    }

    /// The tree with each string replaced by the tree that `f` returns.
    pub fn expand<U>(&self, f: &mut impl FnMut(&T) -> Value<U>) -> Value<U> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(*value),
            Value::Number(number) => Value::Number(number.clone()),
            Value::Text(text) => f(text),
            Value::List(items) => Value::List(items.iter().map(|item| item.expand(f)).collect()),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.expand(f)))
                .collect(),
        }
    }

    /// Calls `f` for each string of the tree, in order.
    pub fn each_text<'a>(&'a self, f: &mut impl FnMut(&'a T)) {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::Text(text) => f(text),
            Value::List(items) => items.iter().for_each(|item| item.each_text(f)),
            Value::Map(entries) => entries.values().for_each(|value| value.each_text(f)),
        }
    }

    /// The value under a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Value::Map(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The kind of this value for messages, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Value {
    /// The same tree for libraries that use `serde_json`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The tree of a `serde_json` value.
    pub fn from_json(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => Value::Number(number),
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => {
                Value::List(items.into_iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(entries) => entries
                .into_iter()
                .map(|(key, value)| (key, Value::from_json(value)))
                .collect(),
        }
    }
}
