//! Whether a document meets a schema, answered without compiling the schema for good and without
//! a copy of the document. Most documents are fine, and most runs see few of them. Not: what is wrong,
//! and not every schema: where this is not certain, the full validator decides.

mod pattern;

use serde_json::{Map, Number, Value as Json};

use self::pattern::Pattern;
use crate::Node;
use crate::node::Kind;

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

/// How deep rules are followed. References may lead in a circle.
const DEPTH: usize = 200;

/// A schema in a form in which it can be asked.
#[derive(Debug)]
pub(super) struct Quick {
    rules: Vec<Rule>,
}

/// The place of a rule among all of them; the first is that of the whole schema.
type At = usize;

/// One schema. Keywords that are not there demand nothing.
#[derive(Debug, Default)]
struct Rule {
    /// Whether there is a keyword that only the validator knows, which may change what others mean.
    foreign: bool,
    /// Whether nothing meets it.
    never: bool,
    types: Option<Vec<String>>,
    values: Option<Vec<Json>>,
    required: Vec<String>,
    properties: Vec<(String, At)>,
    additional: Option<At>,
    names: Option<At>,
    items: Option<At>,
    entries: Limits,
    length: Limits,
    count: Limits,
    amount: Limits,
    pattern: Option<Pattern>,
    all: Vec<At>,
    any: Vec<At>,
    one: Vec<At>,
}

/// The least and the most of something, both allowed.
#[derive(Debug, Default)]
struct Limits {
    least: Option<i128>,
    most: Option<i128>,
}

impl Limits {
    fn of(schema: &Map<String, Json>, least: &str, most: &str) -> Option<Self> {
        let limit = |name| match schema.get(name) {
            Some(Json::Number(number)) => Some(Some(whole(number)?)),
            Some(_) => None,
            None => Some(None),
        };
        Some(Self {
            least: limit(least)?,
            most: limit(most)?,
        })
    }

    fn hold(&self, number: i128) -> bool {
        self.least.is_none_or(|least| least <= number)
            && self.most.is_none_or(|most| number <= most)
    }

    fn is_some(&self) -> bool {
        self.least.is_some() || self.most.is_some()
    }
}

/// A number that is written as an integer.
fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

impl Quick {
    /// Reads a schema. What cannot be read makes its part of the schema undecided.
    pub(super) fn new(schema: &Json) -> Self {
        let mut reading = Reading {
            schema,
            rules: Vec::new(),
            known: Vec::new(),
        };
        reading.rule(schema, 0);
        let mut rules = reading.rules;
        let draft = schema.get("$schema");
        if let Some(root) = rules.first_mut()
            && draft.is_some_and(|draft| draft != DRAFT)
        {
            root.foreign = true;
        }
        Self { rules }
    }

    /// Whether a document meets the schema; nothing where only the validator can tell.
    pub(super) fn accepts(&self, node: &Node) -> Option<bool> {
        self.node(0, node, DEPTH)
    }

    fn node(&self, at: At, node: &Node, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let rule = self.rules.get(at).filter(|rule| !rule.foreign)?;
        let own = match &node.kind {
            Kind::Text(text) => return self.text(at, text, depth),
            Kind::Null => rule.plain("null", |value| Some(value.is_null())),
            Kind::Bool(own) => rule.plain("boolean", |value| Some(value == own)),
            Kind::Number(number) => rule.number(number),
            Kind::List(items) => both([
                rule.plain("array", |value| (!value.is_array()).then_some(false)),
                Some(rule.count.hold(items.len() as i128)),
                rule.items.map_or(Some(true), |at| {
                    both(items.iter().map(|item| self.node(at, item, depth)))
                }),
            ]),
            Kind::Map(_) => self.map(rule, node, depth),
        };
        both([own, combined(rule, |at| self.node(at, node, depth))])
    }

    fn text(&self, at: At, text: &str, depth: usize) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        let rule = self.rules.get(at).filter(|rule| !rule.foreign)?;
        let length = || rule.length.hold(text.chars().count() as i128);
        both([
            rule.plain("string", |value| Some(value == text)),
            Some(!rule.length.is_some() || length()),
            rule.pattern
                .as_ref()
                .map_or(Some(true), |pattern| pattern.matches(text)),
            combined(rule, |at| self.text(at, text, depth)),
        ])
    }

    fn map(&self, rule: &Rule, node: &Node, depth: usize) -> Option<bool> {
        let entries = node.entries();
        let has = |key: &String| entries.iter().any(|entry| entry.key == *key);
        let entry = |entry: &crate::Entry| {
            let known = rule.properties.iter().find(|(name, _)| *name == entry.key);
            let value = known.map(|(_, at)| *at).or(rule.additional);
            both([
                value.map_or(Some(true), |at| self.node(at, &entry.value, depth)),
                rule.names
                    .map_or(Some(true), |at| self.text(at, &entry.key, depth)),
            ])
        };
        both([
            rule.plain("object", |value| (!value.is_object()).then_some(false)),
            Some(rule.entries.hold(entries.len() as i128)),
            Some(rule.required.iter().all(has)),
            both(entries.iter().map(entry)),
        ])
    }
}

impl Rule {
    /// What `type`, `enum` and `const` say of a value; `same` compares it with one of theirs.
    fn plain(&self, name: &str, same: impl Fn(&Json) -> Option<bool>) -> Option<bool> {
        if self.never {
            return Some(false);
        }
        let types = self.types.as_ref();
        let fits = types.is_none_or(|types| types.iter().any(|known| known == name));
        let listed = match &self.values {
            None => Some(true),
            Some(values) => {
                let same: Option<Vec<bool>> = values.iter().map(same).collect();
                same.map(|same| same.contains(&true))
            }
        };
        both([Some(fits), listed])
    }

    fn number(&self, number: &Number) -> Option<bool> {
        // `80.0` is an integer to some, and not to others.
        let own = whole(number)?;
        let same = |value: &Json| match value {
            Json::Number(value) => Some(whole(value)? == own),
            _ => Some(false),
        };
        let fits = [self.plain("integer", same), self.plain("number", same)];
        let fits = if fits.contains(&Some(true)) {
            Some(true)
        } else {
            both(fits)
        };
        both([fits, Some(self.amount.hold(own))])
    }
}

/// What the schemas say that a rule combines.
fn combined(rule: &Rule, mut ask: impl FnMut(At) -> Option<bool>) -> Option<bool> {
    let all = both(rule.all.iter().map(|&at| ask(at)));
    let mut count = |list: &[At]| -> Option<usize> {
        let met: Option<Vec<bool>> = list.iter().map(|&at| ask(at)).collect();
        Some(met?.into_iter().filter(|met| *met).count())
    };
    both([
        all,
        rule.any
            .is_empty()
            .then_some(true)
            .or_else(|| Some(count(&rule.any)? > 0)),
        rule.one
            .is_empty()
            .then_some(true)
            .or_else(|| Some(count(&rule.one)? == 1)),
    ])
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

/// Turns schemas into rules.
struct Reading<'a> {
    schema: &'a Json,
    rules: Vec<Rule>,
    /// The rules that references lead to.
    known: Vec<(&'a str, At)>,
}

impl<'a> Reading<'a> {
    fn rule(&mut self, schema: &'a Json, depth: usize) -> At {
        let at = self.rules.len();
        self.rules.push(Rule::default());
        let made = match schema {
            Json::Bool(all) => Some(Rule {
                never: !all,
                ..Rule::default()
            }),
            Json::Object(keywords) if depth < DEPTH => self.keywords(keywords, depth + 1),
            _ => None,
        };
        self.rules[at] = made.unwrap_or(Rule {
            foreign: true,
            ..Rule::default()
        });
        at
    }

    fn keywords(&mut self, schema: &'a Map<String, Json>, depth: usize) -> Option<Rule> {
        let texts = |value: &Json| -> Option<Vec<String>> {
            let text = |value: &Json| value.as_str().map(str::to_owned);
            value.as_array()?.iter().map(text).collect()
        };
        let mut rule = Rule {
            entries: Limits::of(schema, "minProperties", "maxProperties")?,
            length: Limits::of(schema, "minLength", "maxLength")?,
            count: Limits::of(schema, "minItems", "maxItems")?,
            amount: Limits::of(schema, "minimum", "maximum")?,
            ..Rule::default()
        };
        for (name, value) in schema {
            match name.as_str() {
                "minProperties" | "maxProperties" | "minLength" | "maxLength" | "minItems"
                | "maxItems" | "minimum" | "maximum" => {}
                "type" => {
                    let one = value.as_str().map(|name| vec![name.to_owned()]);
                    rule.types = Some(one.or_else(|| texts(value))?);
                }
                // One of each would have to be met by both.
                "enum" if !schema.contains_key("const") => {
                    rule.values = Some(value.as_array()?.clone());
                }
                "const" if !schema.contains_key("enum") => rule.values = Some(vec![value.clone()]),
                "required" => rule.required = texts(value)?,
                "properties" => {
                    let entries = value.as_object()?.iter();
                    let rules =
                        entries.map(|(name, value)| (name.clone(), self.rule(value, depth)));
                    rule.properties = rules.collect();
                }
                "additionalProperties" => rule.additional = Some(self.rule(value, depth)),
                "propertyNames" => rule.names = Some(self.rule(value, depth)),
                "items" => rule.items = Some(self.rule(value, depth)),
                "pattern" => rule.pattern = Some(Pattern::new(value.as_str()?)),
                "$ref" => {
                    let at = self.reference(value.as_str()?, depth)?;
                    rule.all.push(at);
                }
                "allOf" => {
                    let more = self.list(value, depth)?;
                    rule.all.extend(more);
                }
                "anyOf" => rule.any = self.list(value, depth)?,
                "oneOf" => rule.one = self.list(value, depth)?,
                note if NOTES.contains(&note) || OWN.contains(&note) => {}
                note if note.starts_with("x-") => {}
                _ => rule.foreign = true,
            }
        }
        Some(rule)
    }

    fn list(&mut self, value: &'a Json, depth: usize) -> Option<Vec<At>> {
        let list = value.as_array()?.iter();
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
