//! JSON for reading schemas: strings are borrowed, and maps have no hash index. Out of scope: JSON that is
//! kept.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json};

/// A JSON value.
#[derive(Debug)]
pub(super) enum Form<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Form<'a>>),
    Map(Entries<'a>),
}

/// The entries of a map, in order.
pub(super) type Entries<'a> = Vec<(Cow<'a, str>, Form<'a>)>;

impl Form<'_> {
    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Form::Map(entries) => entry(entries, key),
            _ => None,
        }
    }

    /// The value at a JSON pointer (RFC 6901).
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Self> {
        let mut steps = pointer.split('/');
        if !steps.next()?.is_empty() {
            return None;
        }
        steps.try_fold(self, |at, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match at {
                Form::List(items) => items.get(step.parse::<usize>().ok()?),
                _ => at.get(&step),
            }
        })
    }

    /// The string, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub(super) fn list(&self) -> Option<&[Self]> {
        match self {
            Form::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value as an owned tree.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Form::Null => Json::Null,
            Form::Bool(value) => (*value).into(),
            Form::Number(number) => number.clone().into(),
            Form::Text(text) => text.as_ref().into(),
            Form::List(items) => items.iter().map(Form::to_json).collect(),
            Form::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_json()))
                .collect(),
        }
    }
}

/// The value under a key.
pub(super) fn entry<'f, 'a>(entries: &'f Entries<'a>, key: &str) -> Option<&'f Form<'a>> {
    let known = entries.iter().find(|(known, _)| known == key);
    known.map(|(_, value)| value)
}

impl<'a> Deserialize<'a> for Form<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'a> Visitor<'a> for Reading {
    type Value = Form<'a>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Form<'a>, E> {
        Ok(Form::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Form<'a>, E> {
        Ok(Form::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Form<'a>, E> {
        Ok(Form::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Form<'a>, E> {
        Ok(Form::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Form<'a>, E> {
        let number = Number::from_f64(value).map(Form::Number);
        number.ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Form<'a>, E> {
        Ok(Form::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Form<'a>, E> {
        Ok(Form::Text(text.to_owned().into()))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut access: A) -> Result<Form<'a>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Form::List(items))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut access: A) -> Result<Form<'a>, A::Error> {
        let mut entries = Vec::new();
        while let Some((Form::Text(key), value)) = access.next_entry()? {
            // Readers disagree about which one counts.
            if entry(&entries, &key).is_some() {
                return Err(A::Error::custom(format!("`{key}` is defined twice")));
            }
            entries.push((key, value));
        }
        Ok(Form::Map(entries))
    }
}
