//! Converts a schema to rules. Out of scope: applying the rules to documents.

use super::form::{Entries, Form, entry};
use super::{At, DEPTH, Demand, Limits, Pattern, Properties, Rule, whole};

/// The draft that defines these keywords.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that do not affect validation, in addition to those that start with `x-`.
const NOTES: [&str; 7] = [
    "$comment",
    "$defs",
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
];

/// Keywords of provisioners, which describe an output but not its value.
const OWN: [&str; 3] = ["secret", "optional", "deferred"];

/// A linear search is faster for up to this many strings.
const FEW: usize = 16;

/// The rules of a schema, starting with that of the whole schema.
pub(super) fn rules(schema: &Form) -> Vec<Rule> {
    let draft = schema.get("$schema");
    if draft.is_some_and(|draft| draft.text() != Some(DRAFT)) {
        return vec![None];
    }
    let mut reading = Reading {
        schema,
        rules: Vec::new(),
        known: vec![("#", 0)],
    };
    reading.rule(schema, 0);
    reading.rules
}

struct Reading<'a> {
    schema: &'a Form<'a>,
    rules: Vec<Rule>,
    /// The rules of references.
    known: Vec<(&'a str, At)>,
}

impl<'a> Reading<'a> {
    fn rule(&mut self, schema: &'a Form<'a>, depth: usize) -> At {
        let at = self.rules.len();
        self.rules.push(None);
        self.rules[at] = match schema {
            Form::Bool(true) => Some(Vec::new()),
            Form::Bool(false) => Some(vec![Demand::Never]),
            Form::Map(keywords) if depth < DEPTH => self.keywords(keywords, depth + 1),
            _ => None,
        };
        at
    }

    fn keywords(&mut self, schema: &'a Entries<'a>, depth: usize) -> Rule {
        let mut demands = Vec::with_capacity(schema.len());
        for (name, value) in schema {
            let demand = match name.as_ref() {
                "type" => Demand::Types(match value {
                    Form::Text(name) => vec![name.to_string()],
                    names => texts(names)?,
                }),
                "enum" => match texts(value) {
                    Some(texts) if texts.len() > FEW => Demand::Texts(texts.into_iter().collect()),
                    _ => Demand::Values(value.list()?.iter().map(Form::to_json).collect()),
                },
                "const" => Demand::Values(vec![value.to_json()]),
                "required" => Demand::Required(texts(value)?),
                // They include it.
                "additionalProperties" if entry(schema, "properties").is_some() => continue,
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
                "pattern" => Demand::Pattern(Pattern::new(value.text()?)),
                "$ref" => Demand::All(vec![self.reference(value.text()?, depth)?]),
                "allOf" => Demand::All(self.list(value, depth)?),
                "anyOf" => Demand::Any(self.list(value, depth)?),
                "oneOf" => Demand::One(self.list(value, depth)?),
                // Elsewhere they change the meaning of a reference or keyword.
                "$id" | "$schema" if depth == 1 => continue,
                note if is_note(note) => continue,
                _ => return None,
            };
            demands.push(demand);
        }
        Some(demands)
    }

    fn properties(&mut self, schema: &'a Entries<'a>, depth: usize) -> Option<Properties> {
        let mut properties = Properties::default();
        match entry(schema, "properties") {
            None => {}
            Some(Form::Map(known)) => {
                let known = known.iter();
                let rules = known.map(|(name, value)| (name.to_string(), self.rule(value, depth)));
                properties.known = rules.collect();
            }
            Some(_) => return None,
        }
        let others = entry(schema, "additionalProperties");
        properties.others = others.map(|others| self.rule(others, depth));
        Some(properties)
    }

    fn list(&mut self, value: &'a Form<'a>, depth: usize) -> Option<Vec<At>> {
        let list = value.list().filter(|list| !list.is_empty())?.iter();
        Some(list.map(|schema| self.rule(schema, depth)).collect())
    }

    /// The rule of a reference within the schema.
    fn reference(&mut self, reference: &'a str, depth: usize) -> Option<At> {
        if let Some((_, at)) = self.known.iter().find(|(known, _)| *known == reference) {
            return Some(*at);
        }
        // It would need decoding.
        if reference.contains('%') {
            return None;
        }
        let target = self.schema.pointer(reference.strip_prefix('#')?)?;
        self.known.push((reference, self.rules.len()));
        Some(self.rule(target, depth))
    }
}

/// Whether a keyword does not affect validation.
fn is_note(keyword: &str) -> bool {
    NOTES.contains(&keyword) || OWN.contains(&keyword) || keyword.starts_with("x-")
}

fn texts(value: &Form) -> Option<Vec<String>> {
    let text = |value: &Form| value.text().map(str::to_owned);
    value.list()?.iter().map(text).collect()
}

fn least(value: &Form) -> Option<Limits> {
    Some(Limits {
        least: number(value)?,
        most: i128::MAX,
    })
}

fn most(value: &Form) -> Option<Limits> {
    Some(Limits {
        least: i128::MIN,
        most: number(value)?,
    })
}

fn number(value: &Form) -> Option<i128> {
    match value {
        Form::Number(number) => whole(number),
        _ => None,
    }
}
