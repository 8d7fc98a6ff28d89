//! Turns the errors of a validation into diagnostics, one for each mistake. Not: fields and names of
//! maps, and combined schemas; their modules add to [`Report`].

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::error::{TypeKind, ValidationErrorKind as Broken};
use jsonschema::{JsonType, ValidationError, Validator};
use serde_json::Value as Json;

use super::shape::Shape;
use super::tree::{Site, Tree, segments};
use super::{Codes, Place, wording};
use crate::node::Kind;
use crate::{Diagnostic, Node, Sources, diagnostic};

/// The findings of one check, as they come in.
pub(super) struct Report<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) tree: Tree<'a>,
    pub(super) sources: &'a Sources,
    pub(super) codes: &'a Codes,
    /// Compiled rules for names, by their place in the schema; for proposing better names.
    pub(super) names: BTreeMap<String, Option<Validator>>,
    /// How many proposals may still be looked for. They cost more than the finding itself.
    pub(super) proposals: usize,
    /// How many values may still be compared with what was written instead of them.
    choices: usize,
    findings: Vec<Finding>,
}

/// A diagnostic with what is needed to see that another one is about the same mistake.
pub(super) struct Finding {
    /// The value, or the map that has or lacks a field; nothing but its identity counts.
    pub(super) of: *const Node,
    pub(super) aspect: Aspect,
    pub(super) rank: Rank,
    /// The fields of the map that the author probably meant by an unknown one.
    pub(super) stands_for: Vec<String>,
    pub(super) diagnostic: Diagnostic,
}

/// What of the value at a path is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    /// The value.
    Value,
    /// One of its keys.
    Key(String),
    /// The lack of one of these keys.
    Lacks(Vec<String>),
}

/// Of several findings about the same thing the first in this order is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The type; nothing else can be said about the value then.
    Type,
    /// The choice among given values, or a field that is not known.
    Choice,
    /// Any other rule.
    Rule,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        schema: &'a Json,
        place: &'a Place,
        node: &'a Node,
        sources: &'a Sources,
        codes: &'a Codes,
    ) -> Self {
        Self {
            shape: Shape(schema),
            tree: Tree::new(node, place),
            sources,
            codes,
            names: BTreeMap::new(),
            proposals: 100,
            choices: 100_000,
            findings: Vec::new(),
        }
    }

    /// Takes up an error of the validation.
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

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A finding about a value.
    pub(super) fn push_value(&mut self, site: &Site<'_>, rank: Rank, diagnostic: Diagnostic) {
        self.push(Finding {
            of: site.node,
            aspect: Aspect::Value,
            rank,
            stands_for: Vec::new(),
            diagnostic,
        });
    }

    /// The diagnostics, without those that only follow from others.
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

    /// A value of none of the `expected` types; the schema is the one that wants them, if there is one.
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
            _ => self.mend_type(diagnostic, site.node, expected),
        };
        self.push_value(site, Rank::Type, diagnostic);
    }

    /// Adds what would make a value one of the expected type.
    fn mend_type(&self, found: Diagnostic, node: &Node, expected: &[JsonType]) -> Diagnostic {
        let wants = |kind| expected.contains(&kind);
        let written = self.sources.slice(node.span);
        let write = |replacement: String| {
            let found = found.clone().help(format!("write `{replacement}`"));
            found.fix(node.span, replacement)
        };
        match &node.kind {
            Kind::Bool(_) | Kind::Number(_) if wants(JsonType::String) && is_plain(written) => {
                write(format!("\"{written}\""))
            }
            Kind::Null if wants(JsonType::String) => found.help("write `\"\"` for an empty string"),
            Kind::Text(text) => match as_scalar(text, written, expected) {
                Some(replacement) => write(replacement),
                None if wants(JsonType::Array) && !wants(JsonType::Object) => {
                    found.help("write it as a list: `[…]`")
                }
                None => found,
            },
            Kind::List(_) if wants(JsonType::Object) => {
                found.help("write its entries as `key: value`, without `-`")
            }
            _ => found,
        }
    }

    /// A value that is none of the given ones.
    pub(super) fn wrong_choice(&mut self, site: &Site<'_>, options: &[&Json]) {
        let message = format!("{} must be {}", site.subject(), wording::options(options));
        let mut found =
            Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        let texts = options.iter().filter_map(|option| option.as_str());
        let proposes = options.len() <= self.choices;
        self.choices -= if proposes { options.len() } else { 0 };
        if let Some(text) = site.node.text().filter(|text| proposes && text.len() <= 64)
            && let Some(near) = diagnostic::nearest(text, texts)
        {
            found = found.help(match options.len() {
                1 => format!("write `{near}`"),
                _ => format!("did you mean `{near}`?"),
            });
            if near.eq_ignore_ascii_case(text) && self.sources.slice(site.node.span) == text {
                found = found.fix(site.node.span, near);
            }
        }
        self.push_value(site, Rank::Choice, found);
    }

    /// A value that breaks a rule of another kind.
    fn broken_rule(&mut self, error: &ValidationError<'_>, site: &Site<'_>) {
        let schema = self.shape.above(error.schema_path().as_str(), 1);
        let meant = schema.and_then(|schema| schema.get("x-error")?.as_str());
        let rule = wording::rule(error.kind(), schema, meant);
        let message = format!("{} {rule}", site.subject());
        let mut found =
            Diagnostic::new(self.codes.invalid_value, message).at(site.value_span(), "");
        let meant = schema.zip(site.node.text());
        if let (Some(schema), Some("")) = (schema, site.node.text()) {
            found = fill_in(found, schema);
        } else if let Some(meant) = meant.and_then(|(schema, text)| unslipped(schema, text)) {
            found = found.help(format!("did you mean `{meant}`?"));
        } else if let Some(example) = schema.and_then(example) {
            found = found.help(format!("for example `{example}`"));
        }
        self.push_value(site, Rank::Rule, found);
    }
}

/// Adds what to write where nothing is written, or an empty text.
fn fill_in(found: Diagnostic, schema: &Json) -> Diagnostic {
    let meant = schema.get("x-empty").and_then(Json::as_str);
    let rules = ["minLength", "pattern", "format", "enum", "const", "allOf"];
    let may_be_empty = !rules.iter().any(|rule| schema.get(rule).is_some());
    match (meant, example(schema)) {
        (Some(meant), _) => found.help(meant),
        (None, _) if may_be_empty => found.help("write `\"\"` for an empty string"),
        (None, Some(example)) => found.help(format!("for example `{example}`")),
        (None, None) => found,
    }
}

/// The first example of a schema.
fn example(schema: &Json) -> Option<&str> {
    schema.get("examples")?.get(0)?.as_str()
}

/// A text with the end that was probably meant, if the schema knows its end as a frequent slip.
fn unslipped(schema: &Json, text: &str) -> Option<String> {
    let slips = schema.get("x-slips")?.as_object()?;
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let meant = slips.get(&text[number.len()..])?.as_str()?;
    (!number.is_empty()).then(|| format!("{number}{meant}"))
}

/// The types of an error about types.
pub(super) fn type_list(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(kind) => vec![*kind],
        TypeKind::Multiple(kinds) => kinds.into_iter().collect(),
    }
}

/// Whether this is a plain scalar that stays one text between quotes.
fn is_plain(written: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
    !written.is_empty() && written.chars().all(fits)
}

/// A text as the number or boolean that was expected, if it was written as one, or as the words
/// that only older versions of YAML take for booleans.
fn as_scalar(text: &str, written: &str, expected: &[JsonType]) -> Option<String> {
    let bare = written
        .strip_prefix(['"', '\''])
        .and_then(|rest| rest.strip_suffix(['"', '\'']))
        .unwrap_or(written);
    if bare != text {
        return None;
    }
    if expected.contains(&JsonType::Boolean) {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => return Some("true".to_owned()),
            "false" | "no" | "off" | "n" => return Some("false".to_owned()),
            _ => {}
        }
    }
    let number: Json = serde_json::from_str(text).ok()?;
    let whole = number.is_u64() || number.is_i64();
    let fits = expected.contains(&JsonType::Integer) && whole
        || expected.contains(&JsonType::Number) && number.is_number();
    fits.then(|| text.to_owned())
}
