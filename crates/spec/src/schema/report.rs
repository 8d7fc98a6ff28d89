//! Converts validation errors to diagnostics, one for each mistake. Out of scope: fields and names of maps,
//! and combined schemas; their modules extend [`Report`].

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind as Broken};
use jsonschema::{JsonType, ValidationError};
use serde_json::{Number, Value as Json};

use super::accept::{Patterns, accepts_at};
use super::shape::Shape;
use super::tree::{Site, Tree, segments};
use super::{Codes, Place, Schema, wording};
use crate::node::Kind;
use crate::{Diagnostic, Hint, Node, Sources, diagnostic};

/// The maximum length of a command line, or of a name, that is repeated in a suggestion.
const LONGEST_LINE: usize = 60;

/// The diagnostics of one validation, in the order of the errors.
pub(super) struct Report<'a> {
    pub(super) shape: Shape<'a>,
    patterns: &'a Patterns,
    pub(super) tree: Tree<'a>,
    pub(super) sources: &'a Sources,
    pub(super) codes: &'a Codes,
    /// The remaining number of suggestions. They cost more than the diagnostic itself.
    pub(super) proposals: usize,
    /// The remaining number of comparisons with similar values.
    choices: usize,
    findings: Vec<Finding>,
}

/// A diagnostic with the data needed to detect others about the same mistake.
pub(super) struct Finding {
    /// The value, or the map that has or lacks a field; only its identity matters.
    pub(super) of: *const Node,
    pub(super) aspect: Aspect,
    pub(super) rank: Rank,
    /// The fields of the map that the author probably intended by an unknown one.
    pub(super) stands_for: Vec<String>,
    pub(super) diagnostic: Diagnostic,
}

/// The part of the value at a path that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    /// The value.
    Value,
    /// One of its keys.
    Key(String),
    /// One of these missing keys.
    Lacks(Vec<String>),
}

/// Of several diagnostics about the same part, the first in this order is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The type; nothing else can be reported about the value then.
    Type,
    /// The choice among listed values, or an unknown field.
    Choice,
    /// Any other rule.
    Rule,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        schema: &'a Schema,
        place: &'a Place,
        node: &'a Node,
        sources: &'a Sources,
        codes: &'a Codes,
    ) -> Self {
        Self {
            shape: Shape(schema.annotated()),
            tree: Tree::new(node, place),
            sources,
            codes,
            patterns: &schema.patterns,
            proposals: 100,
            choices: 100_000,
            findings: Vec::new(),
        }
    }

    /// Adds a validation error.
    pub(super) fn add(&mut self, error: &ValidationError<'_>) {
        let path = error.instance_path().as_str();
        let Some(site) = self.tree.site(&segments(path)) else {
            return;
        };
        match error.kind() {
            Broken::Type { kind } => {
                let schema = self.shape.above(error.schema_path().as_str(), 1);
                self.wrong_type(&site, &type_list(kind), schema);
            }
            Broken::AdditionalProperties { unexpected }
            | Broken::UnevaluatedProperties { unexpected } => {
                self.unknown_fields(error, &site, unexpected);
            }
            Broken::FalseSchema => self.forbidden(error, &site),
            Broken::Not { schema } => self.not(error, &site, schema),
            Broken::Required { property } => {
                if let Some(field) = property.as_str() {
                    self.missing_field(error, &site, field);
                }
            }
            Broken::PropertyNames { error } => self.invalid_name(error, &site),
            Broken::AnyOf { context } | Broken::OneOfNotValid { context } => {
                self.no_branch(path, &site, context);
            }
            Broken::OneOfMultipleValid { context } => self.many_branches(error, &site, context),
            Broken::Enum { options } => {
                let options: Vec<&Json> = options.as_array().into_iter().flatten().collect();
                self.wrong_choice(&site, &options);
            }
            Broken::Constant { expected_value } => {
                self.wrong_choice(&site, &[expected_value.as_ref()]);
            }
            _ => self.broken_rule(error, &site),
        }
    }

    /// The preceding finding.
    pub(super) fn last(&mut self) -> Option<&mut Finding> {
        self.findings.last_mut()
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A diagnostic about a value.
    pub(super) fn push_value(&mut self, site: &Site<'_>, rank: Rank, diagnostic: Diagnostic) {
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Value,
            rank,
            stands_for: Vec::new(),
            diagnostic,
        });
    }

    /// The diagnostics, without those that are only consequences of others.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut findings = self.findings;
        findings.sort_by_key(|finding| finding.rank);
        let mut mistyped = BTreeSet::new();
        let mut meant = BTreeSet::new();
        for finding in &findings {
            if finding.rank == Rank::Type {
                mistyped.insert(finding.of);
            }
            for field in &finding.stands_for {
                meant.insert((finding.of, field.clone()));
            }
        }
        let mut seen = BTreeSet::new();
        let follows = |finding: &Finding| match &finding.aspect {
            _ if finding.rank != Rank::Type && mistyped.contains(&finding.of) => true,
            Aspect::Lacks(fields) => fields
                .iter()
                .any(|field| meant.contains(&(finding.of, field.clone()))),
            _ => false,
        };
        findings.retain(|finding| {
            !follows(finding) && seen.insert((finding.of, finding.aspect.clone()))
        });
        findings
            .into_iter()
            .map(|finding| finding.diagnostic)
            .collect()
    }

    /// A value that has none of the `expected` types; `schema` is the schema that requires them, if
    /// known.
    pub(super) fn wrong_type(
        &mut self,
        site: &Site<'_>,
        expected: &[JsonType],
        schema: Option<&Json>,
    ) {
        let place = match site.path.as_str() {
            "" => String::new(),
            dotted => format!(" at `{dotted}`"),
        };
        let (wanted, found) = (
            wording::types(expected),
            wording::found(site.node, expected),
        );
        let message = format!("expected {wanted}{place}, found {found}");
        let diagnostic = Diagnostic::new(self.codes.wrong_type, message).at(site.value_span(), "");
        let diagnostic = match (&site.node.kind, schema) {
            (Kind::Null, Some(schema)) if expected.contains(&JsonType::String) => {
                fill_in(diagnostic, schema)
            }
            _ => match schema.and_then(|schema| full_form(schema, site)) {
                Some(full) => {
                    let written = match site.key {
                        Some(key) => format!("{}: {full}", self.sources.slice(key)),
                        None => full.clone(),
                    };
                    let diagnostic = diagnostic.help(format!("write `{written}`"));
                    if full.contains('…') {
                        diagnostic
                    } else {
                        diagnostic.fix(site.node.span, full)
                    }
                }
                None => self.mend_type(diagnostic, site.node, expected, schema),
            },
        };
        self.push_value(site, Rank::Type, diagnostic);
    }

    /// Adds the change that gives a value one of the expected types.
    fn mend_type(
        &self,
        found: Diagnostic,
        node: &Node,
        expected: &[JsonType],
        schema: Option<&Json>,
    ) -> Diagnostic {
        let wants = |kind| expected.contains(&kind);
        let written = self.sources.slice(node.span);
        let write = |found: Diagnostic, value: &Kind, replacement: String| {
            if !schema.is_none_or(|schema| self.accepts(schema, value)) {
                return found;
            }
            let found = found.help(format!("write `{replacement}`"));
            found.fix(node.span, replacement)
        };
        match &node.kind {
            Kind::Bool(_) | Kind::Number(_) if wants(JsonType::String) && is_plain(written) => {
                let text = Kind::Text(written.to_owned());
                write(found, &text, format!("\"{written}\""))
            }
            Kind::Null if wants(JsonType::String) => found.help("write `\"\"` for an empty string"),
            Kind::Text(text) => match as_scalar(text, written, expected) {
                Some((value, replacement)) => write(found, &value, replacement),
                None if wants(JsonType::Array) && !wants(JsonType::Object) => {
                    let is_line = schema.is_some_and(|it| it.get("x-words").is_some());
                    let words = words(text).filter(|_| is_line);
                    let list = words.unwrap_or_else(|| "[…]".to_owned());
                    found.help(format!("write it as a list: `{list}`"))
                }
                None => found,
            },
            Kind::List(items) if wants(JsonType::Object) => {
                let has_pairs = schema.is_some_and(|it| it.get("x-pairs").is_some());
                let name = variable(items).filter(|_| has_pairs);
                let entry = name.map_or("key: value".to_owned(), |name| format!("{name}: …"));
                found.help(if written.starts_with('[') {
                    format!("write a map: `{{{entry}}}`")
                } else {
                    format!("write its entries as `{entry}`, without `-`")
                })
            }
            _ => found,
        }
    }

    /// A value that is none of the listed ones.
    pub(super) fn wrong_choice(&mut self, site: &Site<'_>, options: &[&Json]) {
        let message = format!("{} must be {}", site.subject(), wording::options(options));
        let mut found =
            Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        let texts = options.iter().filter_map(|option| option.as_str());
        let proposes = options.len() <= self.choices;
        self.choices -= if proposes { options.len() } else { 0 };
        if let Some(text) = site.node.text().filter(|text| proposes && text.len() <= 64) {
            let near = diagnostic::nearest(text, texts.clone());
            if let Some(only) = texts.clone().next().filter(|_| options.len() == 1) {
                found = found.help(format!("write `{only}`"));
            } else if let Some(near) = near {
                found = found.help(format!("did you mean `{near}`?"));
            }
            if let Some(near) = near
                && near.eq_ignore_ascii_case(text)
                && self.sources.slice(site.node.span) == text
            {
                found = found.fix(site.node.span, near);
            }
        }
        self.push_value(site, Rank::Choice, found);
    }

    /// A value that violates any other rule.
    fn broken_rule(&mut self, error: &ValidationError<'_>, site: &Site<'_>) {
        let schema = self.shape.above(error.schema_path().as_str(), 1);
        let meant = schema.and_then(|schema| schema.get("x-error")?.as_str());
        let rule = wording::rule(error.kind(), schema, meant);
        let message = format!("{} {rule}", site.subject());
        let mut found =
            Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        if let Some(schema) = schema {
            found = match site.node.text() {
                Some("") => fill_in(found, schema),
                text => match (
                    text.and_then(|text| self.better(schema, text)),
                    example(schema),
                ) {
                    (Some(better), _) => found.help(format!("did you mean `{better}`?")),
                    (None, Some(example)) => found.help(format!("for example `{example}`")),
                    (None, None) => found,
                },
            };
        }
        self.push_value(site, Rank::Rule, found);
    }

    /// The string that was probably intended, if the schema lists the mistake or is that of a name.
    fn better(&self, schema: &Json, text: &str) -> Option<String> {
        if let Some(better) = unslipped(schema, text) {
            let is_valid = self.accepts(schema, &Kind::Text(better.clone()));
            return is_valid.then_some(better);
        }
        let is_name = schema.get("x-name").is_some();
        self.better_name(schema, text).filter(|_| is_name)
    }

    /// Whether a value to suggest is valid.
    pub(super) fn accepts(&self, schema: &Json, value: &Kind) -> bool {
        accepts_at(self.shape.0, schema, self.patterns, value)
    }
}

/// The map that was probably intended by the value of its main field alone, such as `{port: 80}` by
/// `80`. It contains no string, which could be a secret.
fn full_form(schema: &Json, site: &Site<'_>) -> Option<String> {
    let forms = schema.get("x-short")?;
    let port = site.node.port().filter(|_| forms.get("number").is_some());
    let port = port.map(|port| port.to_string());
    let (kind, value) = match (&site.node.kind, &port) {
        (Kind::Number(_) | Kind::Text(_), Some(port)) => ("number", port.as_str()),
        (Kind::Number(_), None) => ("number", "…"),
        (Kind::Text(_), None) => ("string", "…"),
        (Kind::List(_), _) => ("list", "[…]"),
        _ => return None,
    };
    let item = forms.get("item").filter(|_| site.key.is_none());
    let form = item.or(forms.get(kind))?.as_str()?;
    Some(form.replace('…', value))
}

/// Adds a suggestion for a missing value or an empty string.
fn fill_in(found: Diagnostic, schema: &Json) -> Diagnostic {
    let meant = schema.get("x-empty").and_then(hint);
    let rules = ["minLength", "pattern", "format", "enum", "const", "allOf"];
    let may_be_empty = !rules.iter().any(|rule| schema.get(rule).is_some());
    match (meant, example(schema)) {
        (Some(meant), _) => found.help(meant),
        (None, _) if may_be_empty => found.help("write `\"\"` for an empty string"),
        (None, Some(example)) => found.help(format!("for example `{example}`")),
        (None, None) => found,
    }
}

/// The suggestion of a schema: its words, or the name of a hint to which programs add their options.
fn hint(meant: &Json) -> Option<Hint> {
    match meant {
        Json::String(words) => Some(words.as_str().into()),
        named => (named.get("hint")? == "open-image").then_some(Hint::OpenImage),
    }
}

/// The first example of a schema.
fn example(schema: &Json) -> Option<&str> {
    schema.get("examples")?.get(0)?.as_str()
}

/// A string with the suffix that was probably intended, if the schema lists its suffix as a
/// frequent mistake.
fn unslipped(schema: &Json, text: &str) -> Option<String> {
    let slips = schema.get("x-slips")?.as_object()?;
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[number.len()..];
    let meant = slips.get(unit).and_then(Json::as_str).unwrap_or(unit);
    let better = format!("{}{meant}", number.trim());
    (better != text).then_some(better)
}

/// The words of a command line, as a list. Words that are not those of a language could be secrets, and so
/// could a single one. Absent if only a shell knows where the words of the line end.
fn words(line: &str) -> Option<String> {
    if line.contains(['"', '\'', '`', '\\']) {
        return None;
    }
    let word = |word: &'_ str| {
        let is_plain = word
            .chars()
            .all(|c| c.is_ascii_alphabetic() || "/_-".contains(c));
        let is_string = !["-", "true", "false", "null"].contains(&word);
        if is_plain && is_string {
            word.to_owned()
        } else {
            "…".to_owned()
        }
    };
    let words: Vec<String> = line.split_whitespace().map(word).collect();
    (words.len() > 1 && line.len() <= LONGEST_LINE).then(|| format!("[{}]", words.join(", ")))
}

/// The variable of the first item of a list such as `[NAME=value]`.
fn variable(items: &[Node]) -> Option<&str> {
    let (name, _) = items.first()?.text()?.split_once('=')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.len() <= LONGEST_LINE && name.chars().all(is_plain)).then_some(name)
}

/// The types of a type error.
pub(super) fn type_list(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(kind) => vec![*kind],
        TypeKind::Multiple(kinds) => kinds.into_iter().collect(),
    }
}

/// Whether this is a plain scalar that remains a single string in quotes.
fn is_plain(written: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
    !written.is_empty() && written.chars().all(fits)
}

/// A string as the expected number or boolean, and its notation, if it is written like one, or is a boolean word of
/// older YAML versions.
fn as_scalar(text: &str, written: &str, expected: &[JsonType]) -> Option<(Kind, String)> {
    let bare = written
        .strip_prefix(['"', '\''])
        .and_then(|rest| rest.strip_suffix(['"', '\'']))
        .unwrap_or(written);
    if bare != text {
        return None;
    }
    if expected.contains(&JsonType::Boolean) {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => return Some((Kind::Bool(true), "true".to_owned())),
            "false" | "no" | "off" | "n" => return Some((Kind::Bool(false), "false".to_owned())),
            _ => {}
        }
    }
    let number: Number = serde_json::from_str(text).ok()?;
    let whole = number.is_u64() || number.is_i64();
    let fits =
        expected.contains(&JsonType::Integer) && whole || expected.contains(&JsonType::Number);
    fits.then(|| (Kind::Number(number), text.to_owned()))
}
