//! Validates a [`Node`] against a JSON Schema and reports the problems with their locations in the text.
//!
//! Each mistake is reported once: a value of the wrong type is not also reported for rules that it cannot
//! satisfy, and a misspelled field is not also reported as missing. Out of scope: rules that JSON Schema
//! cannot express, for example that a placeholder refers to an existing resource.

mod accept;
mod branches;
mod fields;
mod report;
mod shape;
mod tree;
mod violation;
mod wording;
mod work;

pub use self::violation::Violation;

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value as Json;

use self::accept::{Patterns, accepts};
use self::work::{Extent, MOST_SCHEMAS, extent, is_too_much};
use crate::{Code, Diagnostic, Node, Sources, Span, diagnostic};

/// The codes for the diagnostics of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// For an unknown field.
    pub unknown_field: Code,
    /// For a missing required field.
    pub missing_field: Code,
    /// For a value of the wrong type, including empty values.
    pub wrong_type: Code,
    /// For a value of the right type that violates another rule.
    pub invalid_value: Code,
    /// For an invalid key of a map, such as the name of a container.
    pub invalid_name: Code,
}

impl Codes {
    /// The codes for Score files.
    pub const SPEC: Self = Self {
        unknown_field: Code::SpecUnknownField,
        missing_field: Code::SpecMissingField,
        wrong_type: Code::SpecWrongType,
        invalid_value: Code::SpecInvalidValue,
        invalid_name: Code::SpecInvalidName,
    };

    /// The same code for everything.
    pub const fn all(code: Code) -> Self {
        Self {
            unknown_field: code,
            missing_field: code,
            wrong_type: code,
            invalid_value: code,
            invalid_name: code,
        }
    }
}

/// The position of a validated value in its document, if it is not the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The prefix of dotted paths in messages, such as `resources.db.params`; empty for a whole
    /// document.
    pub path: String,
    /// The location of diagnostics about the value as a whole: usually its key.
    pub key: Option<Span>,
}

/// A compiled JSON Schema (draft 2020-12 by default).
///
/// Patterns are matched in linear time, so that an untrusted document cannot stall the validation.
/// Therefore a schema with look-around or back-references does not compile. Neither do references
/// to other documents: nothing is fetched.
///
/// Most documents are accepted without the validator, so a built-in schema is compiled only when a
/// document needs it.
#[derive(Debug)]
pub struct Schema {
    json: Json,
    /// The text of the same schema with annotations for messages, if `json` lacks them.
    annotated: Option<&'static str>,
    annotated_json: OnceLock<Json>,
    patterns: Patterns,
    /// Absent only if a built-in schema does not compile, which a test rules out.
    validator: OnceLock<Option<Validator>>,
    /// The size of the expanded schema; absent for a built-in one, which limits the work for a
    /// document by itself.
    extent: Option<Extent>,
}

impl Schema {
    /// Compiles a schema from its text. The error contains the reason.
    pub fn new(text: &str) -> Result<Self, String> {
        let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::from_value(json)
    }

    /// Compiles a schema. The error contains the reason and the location.
    pub fn from_value(json: Json) -> Result<Self, String> {
        match compile(&json) {
            Ok(_) if extent(&json).schemas > MOST_SCHEMAS => Err(format!(
                "its references lead to more than {MOST_SCHEMAS} schemas, counting a schema each \
                 time it is reached"
            )),
            Ok(validator) => Ok(Self {
                validator: OnceLock::from(Some(validator)),
                ..Self::trusted(json)
            }),
            Err(error) => {
                let path = error.instance_path().as_str();
                Err(if path.is_empty() {
                    error.to_string()
                } else {
                    format!("{error} at `{path}`")
                })
            }
        }
    }

    /// All violations of the schema in a document, sorted by location.
    pub fn check(&self, node: &Node, sources: &Sources, codes: &Codes) -> Vec<Diagnostic> {
        self.check_at(&Place::default(), node, sources, codes)
    }

    /// All violations of the schema in a part of a document, sorted by location.
    pub fn check_at(
        &self,
        place: &Place,
        node: &Node,
        sources: &Sources,
        codes: &Codes,
    ) -> Vec<Diagnostic> {
        let is_too_much = |extent| is_too_much(&self.json, extent, node);
        if self.extent.is_some_and(is_too_much) {
            let message = "validating this against its schema takes too many steps";
            let found = Diagnostic::new(codes.invalid_value, message).at(node.span, "");
            return vec![found.help(
                "reduce this value; in the schema, use fewer references and shorter `enum` lists",
            )];
        }
        if accepts(&self.json, &self.patterns, node) {
            debug_assert!(
                self.is_valid(node) != Some(false),
                "the validator must accept it too"
            );
            return Vec::new();
        }
        let Some(validator) = self.validator() else {
            let message = "this document cannot be validated, because its schema does not compile";
            return vec![Diagnostic::new(codes.invalid_value, message).at(node.span, "")];
        };
        let instance = node.to_value().to_json();
        let mut errors = validator.iter_errors(&instance).peekable();
        if errors.peek().is_none() {
            return Vec::new();
        }
        let mut report = report::Report::new(self, place, node, sources, codes);
        for error in errors {
            report.add(&error);
        }
        let mut diagnostics = report.finish();
        diagnostic::sort(&mut diagnostics);
        diagnostics
    }

    /// A schema that is part of this workspace; tests ensure that it compiles.
    pub fn built_in(text: &'static str) -> Self {
        Self::with_extent(read(text), None)
    }

    /// A schema that is part of this workspace, with and without annotations, which do not affect whether a document is
    /// valid. The annotated text is read only for a document that is not accepted; this saves a fifteenth of a short run.
    pub fn with_rules(rules: &'static str, annotated: &'static str) -> Self {
        Self {
            annotated: Some(annotated),
            ..Self::built_in(rules)
        }
    }

    /// A schema that is known to compile.
    pub fn trusted(json: Json) -> Self {
        let extent = extent(&json);
        Self::with_extent(json, Some(extent))
    }

    fn with_extent(json: Json, extent: Option<Extent>) -> Self {
        Self {
            patterns: Patterns::of(&json),
            json,
            annotated: None,
            annotated_json: OnceLock::new(),
            validator: OnceLock::new(),
            extent,
        }
    }

    /// The errors of the validator for a document, if there are any.
    fn is_valid(&self, node: &Node) -> Option<bool> {
        Some(self.validator()?.is_valid(&node.to_value().to_json()))
    }

    fn validator(&self) -> Option<&Validator> {
        let make = || compile(self.annotated()).ok();
        self.validator.get_or_init(make).as_ref()
    }

    /// The schema with its annotations.
    fn annotated(&self) -> &Json {
        match self.annotated {
            Some(text) => self.annotated_json.get_or_init(|| read(text)),
            None => &self.json,
        }
    }
}

/// A schema of this workspace.
fn read(text: &'static str) -> Json {
    serde_json::from_str(text).unwrap_or_default()
}

/// The schema of Score files, `score.dev/v1b1`.
pub fn score_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    let make = || Schema::with_rules(score_schemas::SCORE_V1B1_RULES, score_schemas::SCORE_V1B1);
    SCHEMA.get_or_init(make)
}

fn compile(schema: &Json) -> Result<Validator, jsonschema::ValidationError<'static>> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Schema, score_schema};

    #[test]
    fn built_in_schemas_compile() {
        assert!(score_schema().validator().is_some());
        for text in [
            score_schemas::PROJECT,
            score_schemas::PROJECT_RULES,
            score_schemas::PROVISIONER,
            score_schemas::POLICY,
            score_schemas::WAIVERS,
            score_schemas::TEMPLATE,
            score_schemas::RUN_REQUEST,
            score_schemas::RUN_ANSWER,
            score_schemas::LOCK,
        ] {
            assert!(Schema::new(text).is_ok());
        }
    }

    #[test]
    fn a_schema_that_cannot_be_used_says_why() {
        let error = |schema| Schema::from_value(schema).err().unwrap_or_default();
        assert!(
            error(json!({"properties": {"a": {"type": "text"}}})).contains("/properties/a/type")
        );
        assert!(error(json!({"$ref": "https://example.com/a.json"})).contains("example.com"));
        assert!(error(json!({"pattern": "(?!a)b"})).contains("`/pattern`"));
        assert!(Schema::new("{").is_err());
        let mut defs = json!({"d20": {}});
        for at in 0..20 {
            let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
            defs[format!("d{at}")] = json!({"anyOf": [next, next]});
        }
        let doubling = json!({"$ref": "#/$defs/d0", "$defs": defs});
        assert!(error(doubling).contains("more than 100000 schemas"));
        assert!(Schema::from_value(json!({"pattern": "^\\d{2}\\.\\w$"})).is_ok());
    }
}
