//! Fast validation against a schema, without compiling it for the validator and without copying the
//! document. Most documents are valid, and most runs process few documents. Out of scope: explaining
//! errors, and unusual schemas: whenever the result is uncertain, the full validator decides.

mod form;
mod pattern;
mod read;

use std::collections::BTreeSet;

use serde_core::Deserialize;
use serde_json::{Number, Value as Json};

use self::form::Form;
use self::pattern::Pattern;
use crate::node::Kind;
use crate::{Entry, Node};

/// The maximum depth of rules. References can be recursive.
const DEPTH: usize = 200;

/// A schema in a form that can be evaluated.
#[derive(Debug)]
pub(super) struct Quick {
    rules: Vec<Rule>,
}

/// The index of a rule; the first one is that of the whole schema.
type At = usize;

/// The rule of a schema. `None` if it has a keyword that only the validator supports, because it could
/// change the meaning of others.
type Rule = Option<Vec<Demand>>;

/// The conditions of keywords. Most of them apply only to values of one type.
#[derive(Debug)]
enum Demand {
    /// No value is allowed.
    Never,
    /// One of these types, by name.
    Types(Vec<String>),
    /// One of these values.
    Values(Vec<Json>),
    /// One of these strings.
    Texts(BTreeSet<String>),
    Required(Vec<String>),
    Properties(Properties),
    /// The rule for all keys.
    Names(At),
    Items(At),
    Entries(Limits),
    Length(Limits),
    Count(Limits),
    Amount(Limits),
    Pattern(Pattern),
    All(Vec<At>),
    Any(Vec<At>),
    One(Vec<At>),
}

/// The rules for the values of a map.
#[derive(Debug, Default)]
struct Properties {
    known: Vec<(String, At)>,
    others: Option<At>,
}

/// A minimum and a maximum, both inclusive.
#[derive(Debug)]
struct Limits {
    least: i128,
    most: i128,
}

impl Limits {
    fn hold(&self, number: i128) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

/// A value that is validated against a rule. A key is a string as well.
#[derive(Debug, Clone, Copy)]
enum Instance<'n> {
    Null,
    Bool(bool),
    Number(&'n Number),
    Text(&'n str),
    List(&'n [Node]),
    Map(&'n [Entry]),
}

impl<'n> From<&'n Node> for Instance<'n> {
    fn from(node: &'n Node) -> Self {
        match &node.kind {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(*value),
            Kind::Number(number) => Self::Number(number),
            Kind::Text(text) => Self::Text(text),
            Kind::List(items) => Self::List(items),
            Kind::Map(entries) => Self::Map(entries),
        }
    }
}

impl Instance<'_> {
    /// Whether it has a type.
    fn is(self, name: &str) -> Option<bool> {
        Some(match self {
            Self::Null => name == "null",
            Self::Bool(_) => name == "boolean",
            // Implementations disagree about whether `80.0` is an integer.
            Self::Number(number) => {
                whole(number)?;
                matches!(name, "integer" | "number")
            }
            Self::Text(_) => name == "string",
            Self::List(_) => name == "array",
            Self::Map(_) => name == "object",
        })
    }

    /// Whether it equals a value of a schema.
    fn equals(self, value: &Json) -> Option<bool> {
        match (self, value) {
            (Self::Number(own), Json::Number(value)) => Some(whole(own)? == whole(value)?),
            (Self::List(_), Json::Array(_)) | (Self::Map(_), Json::Object(_)) => None,
            (Self::Null, value) => Some(value.is_null()),
            (Self::Bool(own), value) => Some(*value == own),
            (Self::Text(own), value) => Some(value == own),
            (Self::Number(_) | Self::List(_) | Self::Map(_), _) => Some(false),
        }
    }
}

/// A number in integer notation.
fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

impl Quick {
    /// Reads a schema. Unsupported parts of the schema remain undecided.
    pub(super) fn of_text(schema: &str) -> Self {
        Self::of(serde_json::from_str(schema))
    }

    /// Reads a schema from a tree.
    pub(super) fn of_value(schema: &Json) -> Self {
        Self::of(Form::deserialize(schema))
    }

    fn of(schema: serde_json::Result<Form>) -> Self {
        Self {
            rules: schema.map_or_else(|_| vec![None], |schema| read::rules(&schema)),
        }
    }

    /// Whether a document is valid; `None` if only the validator can decide.
    pub(super) fn accepts(&self, node: &Node) -> Option<bool> {
        self.rule(0, node.into(), DEPTH)
    }

    fn rule(&self, at: At, instance: Instance, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let demands = self.rules.get(at)?.as_ref()?.iter();
        all(demands.map(|demand| self.demand(demand, instance, depth)))
    }

    fn demand(&self, demand: &Demand, instance: Instance, depth: usize) -> Option<bool> {
        let rule = |at: At, instance| self.rule(at, instance, depth);
        match (demand, instance) {
            (Demand::Types(names), _) => any(names.iter().map(|name| instance.is(name))),
            (Demand::Values(values), _) => any(values.iter().map(|value| instance.equals(value))),
            (Demand::Texts(texts), Instance::Text(text)) => Some(texts.contains(text)),
            (Demand::Never | Demand::Texts(_), _) => Some(false),
            (Demand::All(places), _) => all(places.iter().map(|&at| rule(at, instance))),
            (Demand::Any(places), _) => any(places.iter().map(|&at| rule(at, instance))),
            (Demand::One(places), _) => {
                let met: Option<Vec<bool>> = places.iter().map(|&at| rule(at, instance)).collect();
                Some(met?.into_iter().filter(|met| *met).count() == 1)
            }
            (Demand::Amount(limits), Instance::Number(number)) => Some(limits.hold(whole(number)?)),
            (Demand::Length(limits), Instance::Text(text)) => {
                Some(limits.hold(text.chars().count() as i128))
            }
            (Demand::Pattern(pattern), Instance::Text(text)) => pattern.matches(text),
            (Demand::Count(limits), Instance::List(items)) => {
                Some(limits.hold(items.len() as i128))
            }
            (Demand::Items(at), Instance::List(items)) => {
                all(items.iter().map(|item| rule(*at, item.into())))
            }
            (Demand::Entries(limits), Instance::Map(entries)) => {
                Some(limits.hold(entries.len() as i128))
            }
            (Demand::Required(keys), Instance::Map(entries)) => {
                let has = |key: &String| entries.iter().any(|entry| entry.key == *key);
                Some(keys.iter().all(has))
            }
            (Demand::Names(at), Instance::Map(entries)) => all(entries
                .iter()
                .map(|entry| rule(*at, Instance::Text(&entry.key)))),
            (Demand::Properties(properties), Instance::Map(entries)) => {
                all(entries.iter().map(|entry| {
                    let at = properties.of(&entry.key);
                    at.map_or(Some(true), |at| rule(at, (&entry.value).into()))
                }))
            }
            _ => Some(true),
        }
    }
}

impl Properties {
    /// The rule for the value under a key.
    fn of(&self, key: &str) -> Option<At> {
        let known = self.known.iter().find(|(name, _)| name == key);
        known.map(|(_, at)| *at).or(self.others)
    }
}

/// Whether all conditions are met. The first uncertain one ends the evaluation, which also makes recursive
/// schemas terminate.
fn all(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    for answer in answers {
        if !answer? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether any condition is met. The first uncertain one ends the evaluation.
fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    for answer in answers {
        if answer? {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::Quick;
    use crate::{Sources, parse};

    /// The results of both ways to read a schema.
    fn answers(schema: &str, document: &str) -> (Option<bool>, Option<bool>) {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", document);
        let node = &parse(&sources, id).documents[0];
        let value: Json = serde_json::from_str(schema).unwrap();
        let of_value = Quick::of_value(&value).accepts(node);
        (Quick::of_text(schema).accepts(node), of_value)
    }

    /// Schemas and documents with their answers.
    const ANSWERS: &[(&str, &str, Option<bool>)] = &[
        (r#"{"type": ["string", "null"]}"#, "a", Some(true)),
        (r#"{"type": ["string", "null"]}"#, "1", Some(false)),
        (r#"{"type": "number"}"#, "1.5", None),
        (r#"{"const": 1, "enum": [1, 2]}"#, "1", Some(true)),
        (r#"{"const": 1, "enum": [1, 2]}"#, "2", Some(false)),
        (r#"{"const": [1]}"#, "[1]", None),
        (r#"{"minLength": 2, "maxLength": 3}"#, "é", Some(false)),
        (r#"{"minLength": 2, "maxLength": 3}"#, "éé", Some(true)),
        (r#"{"minLength": 2.0}"#, "a", None),
        (r#"{"additionalProperties": false}"#, "{a: 1}", Some(false)),
        (
            r#"{"properties": {"a": {}}, "additionalProperties": false}"#,
            "{a: 1}",
            Some(true),
        ),
        (
            r#"{"additionalProperties": false, "patternProperties": {"a": {}}}"#,
            "{a: 1}",
            None,
        ),
        (r#"{"required": ["a"]}"#, "{b: 1}", Some(false)),
        (r#"{"required": "a"}"#, "{a: 1}", None),
        (
            r#"{"anyOf": [{"type": "null"}, {"type": "string"}]}"#,
            "a",
            Some(true),
        ),
        (
            r#"{"oneOf": [{"type": "string"}, {"minLength": 1}]}"#,
            "a",
            Some(false),
        ),
        (r#"{"anyOf": []}"#, "a", None),
        (
            r##"{"$defs": {"a/b": {"type": "null"}}, "$ref": "#/$defs/a~1b"}"##,
            "a",
            Some(false),
        ),
        (
            r##"{"$defs": {"a%25b": true, "a%b": false}, "$ref": "#/$defs/a%25b"}"##,
            "1",
            None,
        ),
        (
            r##"{"$id": "a.json", "properties": {"a": {"$ref": "#"}}}"##,
            "{a: {}}",
            Some(true),
        ),
        (
            r#"{"properties": {"a": {"$id": "b.json"}}}"#,
            "{a: 1}",
            None,
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
            "1",
            None,
        ),
    ];

    #[test]
    fn only_what_is_certain_is_answered() {
        let circle = |word: &str| format!(r##"{{"{word}": [{{"$ref": "#"}}, {{"$ref": "#"}}]}}"##);
        let (any, all) = (circle("anyOf"), circle("allOf"));
        let circles = [(any.as_str(), "1", None), (all.as_str(), "1", None)];
        for (schema, document, answer) in ANSWERS.iter().copied().chain(circles) {
            assert_eq!(
                answers(schema, document),
                (answer, answer),
                "{schema} {document}"
            );
        }
    }

    #[test]
    fn a_key_that_is_there_twice_decides_nothing() {
        let schema = r#"{"maximum": 1, "maximum": 5}"#;
        assert_eq!(answers(schema, "3"), (None, Some(true)));
    }

    #[test]
    fn an_answer_that_is_not_certain_is_not_looked_for_again() {
        let inner = r##"{"type": "object", "additionalProperties": {"$ref": "#"}}"##;
        let schema = format!(r#"{{"anyOf": [{{"type": "number"}}, {inner}, {inner}]}}"#);
        let document = format!("{}1.5{}", "{a: ".repeat(100), "}".repeat(100));
        assert_eq!(answers(&schema, &document), (None, None));
    }
}
