//! Accepts most valid documents by a walk through the schema and the document: compiling the Score schema
//! for the validator takes 1.5 ms, a third of a run over one workload. Keywords, patterns and numbers whose
//! interpretation is not certain are left to the validator, as are all documents that are not accepted.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use regex_lite::Regex;
use serde_json::{Number, Value as Json};

use crate::node::Kind;
use crate::{Map, Node};

/// The draft that defines these keywords.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The maximum depth of schemas. References can form a cycle.
const DEEPEST: usize = 200;

/// The maximum length of a list of values or names, because searches are linear.
const LONGEST: usize = 100;

/// The number of strings whose answers a pattern remembers.
const REMEMBERED: usize = 1000;

/// Whether the schema certainly accepts the document. `false` does not mean that it rejects it.
pub(super) fn accepts(schema: &Json, patterns: &Patterns, document: &Node) -> bool {
    accepts_at(schema, schema, patterns, &document.kind)
}

/// Whether a part of a schema certainly accepts a value.
pub(super) fn accepts_at(schema: &Json, part: &Json, patterns: &Patterns, value: &Kind) -> bool {
    let walk = Walk { schema, patterns };
    let draft = schema.get("$schema");
    draft.is_none_or(|draft| draft == DRAFT) && walk.meets(part, value, 0) == Some(true)
}

#[derive(Clone, Copy)]
struct Walk<'s> {
    schema: &'s Json,
    patterns: &'s Patterns,
}

impl Walk<'_> {
    /// Whether a value satisfies a part of the schema. `Some(false)` can be wrong, which only leads to the
    /// validator. `None` ends the whole walk, so that no cycle is followed more than once.
    fn meets(self, part: &Json, value: &Kind, depth: usize) -> Option<bool> {
        match part {
            Json::Bool(any) => Some(*any),
            Json::Object(keywords) if depth < DEEPEST => {
                let mut keywords = keywords.iter().map(|(name, rule)| (name.as_str(), rule));
                all(&mut keywords, |keyword| {
                    self.keyword(keyword, part, value, depth + 1)
                })
            }
            _ => None,
        }
    }

    fn keyword(
        self,
        keyword: (&str, &Json),
        part: &Json,
        value: &Kind,
        depth: usize,
    ) -> Option<bool> {
        let (name, rule) = keyword;
        let meets = |part: &Json| self.meets(part, value, depth);
        let at_least = |count: usize| Some(count as u64 >= rule.as_u64()?);
        let at_most = |count: usize| Some(count as u64 <= rule.as_u64()?);
        match (name, value) {
            ("type", _) => match rule {
                Json::Array(types) => any(types, |name| is_a(value, name.as_str()?)),
                name => is_a(value, name.as_str()?),
            },
            ("const", _) => equals(value, rule),
            ("enum", _) => any(short(rule)?, |choice| equals(value, choice)),
            ("$ref", _) => meets(self.target(rule.as_str()?)?),
            ("allOf", _) => all(rule.as_array()?, meets),
            ("anyOf", _) => any(rule.as_array()?, meets),
            ("oneOf", _) => one_form(rule.as_array()?, value),
            ("items", Kind::List(items)) => all(items, |item| self.meets(rule, &item.kind, depth)),
            ("minItems", Kind::List(items)) => at_least(items.len()),
            ("maxItems", Kind::List(items)) => at_most(items.len()),
            ("properties", Kind::Map(entries)) => {
                let known = rule.as_object()?;
                all(entries, |entry| match known.get(&entry.key) {
                    Some(part) => self.meets(part, &entry.value.kind, depth),
                    None => Some(true),
                })
            }
            ("additionalProperties", Kind::Map(entries)) => {
                let known = part.get("properties").and_then(Json::as_object);
                let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
                let others = entries.iter().filter(|entry| !is_known(&entry.key));
                all(others, |entry| self.meets(rule, &entry.value.kind, depth))
            }
            ("propertyNames", Kind::Map(entries)) => all(entries, |entry| {
                self.meets(rule, &Kind::Text(entry.key.clone()), depth)
            }),
            ("required", Kind::Map(_)) => has_all(value, rule),
            ("minProperties", Kind::Map(entries)) => at_least(entries.len()),
            ("maxProperties", Kind::Map(entries)) => at_most(entries.len()),
            ("pattern", Kind::Text(text)) => self.patterns.matches(rule.as_str()?, text),
            ("minLength", Kind::Text(text)) => at_least(text.chars().count()),
            ("maxLength", Kind::Text(text)) => at_most(text.chars().count()),
            ("minimum", Kind::Number(number)) => Some(whole(number)? >= whole(rule.as_number()?)?),
            ("maximum", Kind::Number(number)) => Some(whole(number)? <= whole(rule.as_number()?)?),
            // In other places they change the meaning of references or keywords.
            ("$id" | "$schema", _) => std::ptr::eq(part, self.schema).then_some(true),
            (other, _) => has_no_effect(other).then_some(true),
        }
    }

    /// The target of a reference: the whole schema, or one of its definitions.
    fn target(&self, reference: &str) -> Option<&Json> {
        match reference.strip_prefix("#/$defs/") {
            // These would have to be decoded, or refer to a part of a definition.
            Some(name) if name.contains(['%', '~', '/']) => None,
            Some(name) => self.schema.get("$defs")?.get(name),
            None => (reference == "#").then_some(self.schema),
        }
    }
}

/// Whether a keyword has no effect on a value: it is a description, or applies to other types.
fn has_no_effect(keyword: &str) -> bool {
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
    const OUTPUTS: [&str; 3] = ["secret", "optional", "deferred"];
    const OF_ONE_TYPE: [&str; 14] = [
        "items",
        "minItems",
        "maxItems",
        "properties",
        "additionalProperties",
        "propertyNames",
        "required",
        "minProperties",
        "maxProperties",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
    ];
    NOTES.contains(&keyword)
        || OF_ONE_TYPE.contains(&keyword)
        || OUTPUTS.contains(&keyword)
        || keyword.starts_with("x-")
}

/// Whether `holds` for all items. The first uncertain answer ends the search.
fn all<T>(
    items: impl IntoIterator<Item = T>,
    mut holds: impl FnMut(T) -> Option<bool>,
) -> Option<bool> {
    for item in items {
        if !holds(item)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether `holds` for an item. The first uncertain answer ends the search.
fn any<T>(
    items: impl IntoIterator<Item = T>,
    mut holds: impl FnMut(T) -> Option<bool>,
) -> Option<bool> {
    for item in items {
        if holds(item)? {
            return Some(true);
        }
    }
    Some(false)
}

/// Whether a value has a type. Floats such as `80.0` can be integers, so the validator decides about that.
fn is_a(value: &Kind, name: &str) -> Option<bool> {
    Some(match value {
        Kind::Null => name == "null",
        Kind::Bool(_) => name == "boolean",
        Kind::Number(number) if name == "integer" => whole(number).map(|_| true)?,
        Kind::Number(_) => name == "number",
        Kind::Text(_) => name == "string",
        Kind::List(_) => name == "array",
        Kind::Map(_) => name == "object",
    })
}

/// Whether a value equals one in a schema.
fn equals(value: &Kind, json: &Json) -> Option<bool> {
    match (value, json) {
        (Kind::Number(own), Json::Number(other)) => Some(whole(own)? == whole(other)?),
        (Kind::List(_), Json::Array(_)) | (Kind::Map(_), Json::Object(_)) => None,
        (Kind::Null, json) => Some(json.is_null()),
        (Kind::Bool(own), json) => Some(json == own),
        (Kind::Text(own), json) => Some(json == own),
        (Kind::Number(_) | Kind::List(_) | Kind::Map(_), _) => Some(false),
    }
}

/// The value of a number in integer notation.
fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}

/// A list that is short enough to be searched.
fn short(list: &Json) -> Option<&[Json]> {
    list.as_array()
        .map(Vec::as_slice)
        .filter(|list| list.len() <= LONGEST)
}

/// Whether a map has all of these keys.
fn has_all(value: &Kind, keys: &Json) -> Option<bool> {
    let Kind::Map(entries) = value else {
        return None;
    };
    all(short(keys)?, |key| {
        let key = key.as_str()?;
        Some(entries.iter().any(|entry| entry.key == key))
    })
}

/// Whether a map has the required fields of exactly one of these schemas. For schemas with other keywords, it
/// would have to be certain that the value does not satisfy them.
fn one_form(forms: &[Json], value: &Kind) -> Option<bool> {
    let mut met = 0;
    for form in forms {
        let form = form.as_object().filter(|form| form.len() == 1)?;
        met += usize::from(has_all(value, form.get("required")?)?);
    }
    Some(met == 1)
}

/// The patterns of a schema.
#[derive(Debug)]
pub(super) struct Patterns(BTreeMap<String, Pattern>);

/// A pattern, which is compiled when it is first needed. The regex engine of the validator takes five times
/// as long to compile one.
#[derive(Debug, Default)]
struct Pattern {
    regex: OnceLock<Option<Regex>>,
    /// The answers for earlier strings. Projects repeat names and variables; matching all of them again
    /// takes a seventh of the time of a validation.
    answers: Mutex<Map<bool>>,
}

impl Patterns {
    pub(super) fn of(schema: &Json) -> Self {
        let mut patterns = BTreeMap::new();
        let mut left = vec![schema];
        while let Some(part) = left.pop() {
            match part {
                Json::Array(parts) => left.extend(parts),
                Json::Object(keywords) => {
                    for (name, rule) in keywords {
                        match rule {
                            Json::String(text) if name == "pattern" => {
                                patterns.insert(text.clone(), Pattern::default());
                            }
                            rule => left.push(rule),
                        }
                    }
                }
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
            }
        }
        Self(patterns)
    }

    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        // Engines can disagree about other characters.
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let Pattern { regex, answers } = self.0.get(pattern).filter(|_| is_plain)?;
        let compile = || Regex::new(pattern).ok().filter(|_| is_common(pattern));
        let regex = regex.get_or_init(compile).as_ref()?;
        let mut answers = answers.lock().ok()?;
        if let Some(answer) = answers.get(text) {
            return Some(*answer);
        }
        let answer = regex.is_match(text);
        if answers.len() < REMEMBERED {
            answers.insert(text.to_owned(), answer);
        }
        Some(answer)
    }
}

/// Whether all engines interpret the pattern in the same way: no escaped classes, flags, look-around or set
/// operations.
fn is_common(pattern: &str) -> bool {
    let escapes = pattern.split('\\').skip(1);
    let mut letters = escapes.filter_map(|rest| rest.chars().next());
    pattern.is_ascii()
        && !letters.any(|letter| letter.is_ascii_alphanumeric())
        && !["(?", "[[", "[:", "&&", "~~", "--", "{,"]
            .iter()
            .any(|sign| pattern.contains(sign))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::{Patterns, accepts};
    use crate::{Sources, parse};

    fn is_accepted(schema: &str, document: &str) -> bool {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", document);
        let node = &parse(&sources, id).documents[0];
        let schema: Json = serde_json::from_str(schema).unwrap();
        accepts(&schema, &Patterns::of(&schema), node)
    }

    #[test]
    fn documents_that_meet_the_schema() {
        for (schema, document) in [
            (r#"{"type": ["string", "null"]}"#, "a"),
            (r#"{"const": 1, "enum": [1, 2]}"#, "1"),
            (r#"{"minLength": 2, "maxLength": 3}"#, "éé"),
            (r#"{"minLength": 2, "minimum": 2}"#, "[1]"),
            (
                r#"{"properties": {"a": {}}, "additionalProperties": false}"#,
                "{a: 1}",
            ),
            (r#"{"anyOf": [{"type": "null"}, {"type": "string"}]}"#, "a"),
            (
                r#"{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
                "{a: 1}",
            ),
            (
                r##"{"$defs": {"a": {"type": "null"}}, "$ref": "#/$defs/a"}"##,
                "null",
            ),
            (
                r##"{"$id": "a.json", "properties": {"a": {"$ref": "#"}}}"##,
                "{a: {}}",
            ),
            (r#"{"pattern": "^(a{0,3}b){0,1}$"}"#, "aab"),
        ] {
            assert!(is_accepted(schema, document), "{schema} {document}");
        }
    }

    #[test]
    fn documents_that_do_not_meet_the_schema() {
        for (schema, document) in [
            (r#"{"type": ["string", "null"]}"#, "1"),
            (r#"{"const": 1, "enum": [1, 2]}"#, "2"),
            (r#"{"minLength": 2, "maxLength": 3}"#, "é"),
            (r#"{"additionalProperties": false}"#, "{a: 1}"),
            (r#"{"required": ["a"]}"#, "{b: 1}"),
            (
                r#"{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
                "{a: 1, b: 1}",
            ),
            (r#"{"pattern": "^a{0,2}b$"}"#, "aaab"),
        ] {
            assert!(!is_accepted(schema, document), "{schema} {document}");
        }
    }

    #[test]
    fn nothing_is_accepted_that_is_not_certain() {
        let cycle = |word: &str| format!(r##"{{"{word}": [{{"$ref": "#"}}, {{"$ref": "#"}}]}}"##);
        let (any, all) = (cycle("anyOf"), cycle("allOf"));
        for (schema, document) in [
            (r#"{"type": "integer"}"#, "1.0"),
            (r#"{"const": [1]}"#, "[1]"),
            (r#"{"minLength": 1.0}"#, "a"),
            (r#"{"patternProperties": {"a": {}}}"#, "{a: 1}"),
            (r#"{"required": "a"}"#, "{a: 1}"),
            (r#"{"oneOf": [{"type": "string"}, {"type": "null"}]}"#, "a"),
            (
                r##"{"$defs": {"a%25b": true, "a%b": false}, "$ref": "#/$defs/a%25b"}"##,
                "1",
            ),
            (r##"{"$defs": {"a/b": true}, "$ref": "#/$defs/a~1b"}"##, "1"),
            (
                r##"{"$defs": {"a": {"b": true}}, "$ref": "#/$defs/a/b"}"##,
                "1",
            ),
            (r#"{"properties": {"a": {"$id": "b.json"}}}"#, "{a: 1}"),
            (
                r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
                "1",
            ),
            (r#"{"pattern": "^[^=]+$"}"#, "a\tb"),
            (r#"{"pattern": "^.$"}"#, "é"),
            (r#"{"pattern": "^\\d$"}"#, "'1'"),
            (r#"{"pattern": "(?i)a"}"#, "A"),
            (r#"{"pattern": "^[a--b]$"}"#, "a"),
            (r#"{"pattern": "("}"#, "a"),
            (&any, "1"),
            (&all, "1"),
        ] {
            assert!(!is_accepted(schema, document), "{schema} {document}");
        }
    }

    #[test]
    fn what_is_not_certain_is_not_looked_for_again() {
        let inner = r##"{"type": "object", "additionalProperties": {"$ref": "#"}}"##;
        let schema = format!(r#"{{"anyOf": [{{"type": "integer"}}, {inner}, {inner}]}}"#);
        let document = format!("{}1.5{}", "{a: ".repeat(100), "}".repeat(100));
        assert!(!is_accepted(&schema, &document));
    }
}
