//! Whether a document meets a schema, answered without compiling the schema for good and without
//! a copy of the document. Most documents are fine, and most runs see few of them. Not: what is wrong,
//! and not every schema: where this is not certain, the full validator decides.

mod form;
mod pattern;
mod read;

use serde_core::Deserialize;
use serde_json::{Number, Value as Json};

use self::form::Form;
use self::pattern::Pattern;
use crate::node::Kind;
use crate::{Entry, Node};

/// How deep rules are followed. References may lead in a circle.
const DEPTH: usize = 200;

/// A schema in a form in which it can be asked.
#[derive(Debug)]
pub(super) struct Quick {
    rules: Vec<Rule>,
}

/// The place of a rule among all of them; the first is that of the whole schema.
type At = usize;

/// One schema: what it demands. Nothing if it has a keyword that only the validator knows, which may
/// change what others mean.
type Rule = Option<Vec<Demand>>;

/// What keywords demand. Most of them only of values of one type.
#[derive(Debug)]
enum Demand {
    /// That there is no such value.
    Never,
    /// One of these types, by name.
    Types(Vec<String>),
    /// One of these values.
    Values(Vec<Json>),
    Required(Vec<String>),
    Properties(Properties),
    /// What all keys are held against.
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

/// The rules of the values of a map.
#[derive(Debug, Default)]
struct Properties {
    known: Vec<(String, At)>,
    others: Option<At>,
}

/// The least and the most of something, both allowed.
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

/// What is held against a rule. A key is a text as well.
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
            // `80.0` is an integer to some, and not to others.
            Self::Number(number) => {
                whole(number)?;
                matches!(name, "integer" | "number")
            }
            Self::Text(_) => name == "string",
            Self::List(_) => name == "array",
            Self::Map(_) => name == "object",
        })
    }

    /// Whether it is a value of a schema.
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

/// A number that is written as an integer.
fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

impl Quick {
    /// Reads a schema. What cannot be read makes its part of the schema undecided.
    pub(super) fn of_text(schema: &str) -> Self {
        Self::of(serde_json::from_str(schema))
    }

    /// The same.
    pub(super) fn of_value(schema: &Json) -> Self {
        Self::of(Form::deserialize(schema))
    }

    fn of(schema: serde_json::Result<Form>) -> Self {
        Self {
            rules: schema.map_or_else(|_| vec![None], |schema| read::rules(&schema)),
        }
    }

    /// Whether a document meets the schema; nothing where only the validator can tell.
    pub(super) fn accepts(&self, node: &Node) -> Option<bool> {
        self.rule(0, node.into(), DEPTH)
    }

    fn rule(&self, at: At, instance: Instance, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let demands = self.rules.get(at)?.as_ref()?.iter();
        both(demands.map(|demand| self.demand(demand, instance, depth)))
    }

    fn demand(&self, demand: &Demand, instance: Instance, depth: usize) -> Option<bool> {
        let rule = |at: At, instance| self.rule(at, instance, depth);
        match (demand, instance) {
            (Demand::Never, _) => Some(false),
            (Demand::Types(names), _) => some(names.iter().map(|name| instance.is(name))),
            (Demand::Values(values), _) => some(values.iter().map(|value| instance.equals(value))),
            (Demand::All(all), _) => both(all.iter().map(|&at| rule(at, instance))),
            (Demand::Any(any), _) => some(any.iter().map(|&at| rule(at, instance))),
            (Demand::One(one), _) => {
                let met: Option<Vec<bool>> = one.iter().map(|&at| rule(at, instance)).collect();
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
                both(items.iter().map(|item| rule(*at, item.into())))
            }
            (Demand::Entries(limits), Instance::Map(entries)) => {
                Some(limits.hold(entries.len() as i128))
            }
            (Demand::Required(keys), Instance::Map(entries)) => {
                let has = |key: &String| entries.iter().any(|entry| entry.key == *key);
                Some(keys.iter().all(has))
            }
            (Demand::Names(at), Instance::Map(entries)) => both(
                entries
                    .iter()
                    .map(|entry| rule(*at, Instance::Text(&entry.key))),
            ),
            (Demand::Properties(properties), Instance::Map(entries)) => {
                both(entries.iter().map(|entry| {
                    let at = properties.of(&entry.key);
                    at.map_or(Some(true), |at| rule(at, (&entry.value).into()))
                }))
            }
            _ => Some(true),
        }
    }
}

impl Properties {
    /// The rule of the value under a key.
    fn of(&self, key: &str) -> Option<At> {
        let known = self.known.iter().find(|(name, _)| name == key);
        known.map(|(_, at)| *at).or(self.others)
    }
}

/// Whether all hold. One that does not decides, whatever is not known of the others.
fn both(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// Whether any holds. One that does decides, whatever is not known of the others.
fn some(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let fails = answers.into_iter().map(|answer| answer.map(|holds| !holds));
    both(fails).map(|none| !none)
}
