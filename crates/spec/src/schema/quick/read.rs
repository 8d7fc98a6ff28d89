//! Turns a schema into rules. Not: what rules say of a document.

use serde_json::{Map, Value as Json};

use super::{At, DEPTH, Demand, Limits, Pattern, Properties, Rule, whole};

/// The draft whose keywords these are.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that do not decide anything, beside those that begin with `x-`.
const NOTES: [&str; 9] = [
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
];

/// Keywords of provisioners, which say something about an output and nothing about its value.
const OWN: [&str; 3] = ["secret", "optional", "deferred"];

/// The rules of a schema, first that of the whole.
pub(super) fn rules(schema: &Json) -> Vec<Rule> {
    let draft = schema.get("$schema");
    if draft.is_some_and(|draft| draft != DRAFT) {
        return vec![None];
    }
    let mut reading = Reading {
        schema,
        rules: Vec::new(),
        known: Vec::new(),
    };
    reading.rule(schema, 0);
    reading.rules
}

struct Reading<'a> {
    schema: &'a Json,
    rules: Vec<Rule>,
    /// The rules that references lead to.
    known: Vec<(&'a str, At)>,
}

impl<'a> Reading<'a> {
    fn rule(&mut self, schema: &'a Json, depth: usize) -> At {
        let at = self.rules.len();
        self.rules.push(None);
        self.rules[at] = match schema {
            Json::Bool(true) => Some(Vec::new()),
            Json::Bool(false) => Some(vec![Demand::Never]),
            Json::Object(keywords) if depth < DEPTH => self.keywords(keywords, depth + 1),
            _ => None,
        };
        at
    }

    fn keywords(&mut self, schema: &'a Map<String, Json>, depth: usize) -> Rule {
        let mut demands = Vec::new();
        for (name, value) in schema {
            let demand = match name.as_str() {
                "type" if value.is_string() => Demand::Types(vec![value.as_str()?.to_owned()]),
                "type" => Demand::Types(texts(value)?),
                "enum" => Demand::Values(value.as_array()?.clone()),
                "const" => Demand::Values(vec![value.clone()]),
                "required" => Demand::Required(texts(value)?),
                "additionalProperties" if schema.contains_key("properties") => continue,
                "properties" | "additionalProperties" => {
                    Demand::Properties(self.properties(schema, depth)?)
                }
                "propertyNames" => Demand::Names(self.rule(value, depth)),
                "items" => Demand::Items(self.rule(value, depth)),
                "minProperties" => Demand::Entries(least(value)?),
                "maxProperties" => Demand::Entries(most(value)?),
                "minLength" => Demand::Length(least(value)?),
                "maxLength" => Demand::Length(most(value)?),
                "minItems" => Demand::Count(least(value)?),
                "maxItems" => Demand::Count(most(value)?),
                "minimum" => Demand::Amount(least(value)?),
                "maximum" => Demand::Amount(most(value)?),
                "pattern" => Demand::Pattern(Pattern::new(value.as_str()?)),
                "$ref" => Demand::All(vec![self.reference(value.as_str()?, depth)?]),
                "allOf" => Demand::All(self.list(value, depth)?),
                "anyOf" => Demand::Any(self.list(value, depth)?),
                "oneOf" => Demand::One(self.list(value, depth)?),
                note if is_note(note) => continue,
                _ => return None,
            };
            demands.push(demand);
        }
        Some(demands)
    }

    fn properties(&mut self, schema: &'a Map<String, Json>, depth: usize) -> Option<Properties> {
        let mut properties = Properties::default();
        if let Some(known) = schema.get("properties") {
            let known = known.as_object()?.iter();
            let rules = known.map(|(name, value)| (name.clone(), self.rule(value, depth)));
            properties.known = rules.collect();
        }
        let others = schema.get("additionalProperties");
        properties.others = others.map(|others| self.rule(others, depth));
        Some(properties)
    }

    fn list(&mut self, value: &'a Json, depth: usize) -> Option<Vec<At>> {
        let list = value.as_array().filter(|list| !list.is_empty())?.iter();
        Some(list.map(|schema| self.rule(schema, depth)).collect())
    }

    /// The rule that a reference within the schema leads to.
    fn reference(&mut self, reference: &'a str, depth: usize) -> Option<At> {
        if let Some((_, at)) = self.known.iter().find(|(known, _)| *known == reference) {
            return Some(*at);
        }
        let target = self.schema.pointer(reference.strip_prefix('#')?)?;
        self.known.push((reference, self.rules.len()));
        Some(self.rule(target, depth))
    }
}

/// Whether a keyword decides nothing.
fn is_note(keyword: &str) -> bool {
    NOTES.contains(&keyword) || OWN.contains(&keyword) || keyword.starts_with("x-")
}

fn texts(value: &Json) -> Option<Vec<String>> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    value.as_array()?.iter().map(text).collect()
}

fn least(value: &Json) -> Option<Limits> {
    Some(Limits {
        least: number(value)?,
        most: i128::MAX,
    })
}

fn most(value: &Json) -> Option<Limits> {
    Some(Limits {
        least: i128::MIN,
        most: number(value)?,
    })
}

fn number(value: &Json) -> Option<i128> {
    match value {
        Json::Number(number) => whole(number),
        _ => None,
    }
}
