//! Whether a value matches a schema, without messages.

use jsonschema::error::ValidationErrorKind;

use super::accept::accepts;
use super::work::{is_too_much, steps};
use super::{Node, Schema};

/// Why a value does not match a schema. It contains no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// A part of it does not match.
    At {
        /// The JSON Pointer of the part.
        pointer: String,
        /// The required field that the part does not have.
        missing: Option<String>,
    },
    /// The validation would take too many steps.
    TooMuch,
}

impl Schema {
    /// The schema itself.
    pub fn json(&self) -> &serde_json::Value {
        &self.json
    }

    /// The steps that validating a value takes at most; 0 for a built-in schema.
    pub fn steps(&self, node: &Node) -> u64 {
        self.extent
            .map_or(0, |extent| steps(&self.json, extent, node))
    }

    /// The first part of a value that does not match the schema.
    pub fn violation(&self, node: &Node) -> Option<Violation> {
        let is_too_much = |extent| is_too_much(&self.json, extent, node);
        if self.extent.is_some_and(is_too_much) {
            return Some(Violation::TooMuch);
        }
        if accepts(&self.json, &self.patterns, node) {
            return None;
        }
        let Some(validator) = self.validator() else {
            return Some(Violation::TooMuch);
        };
        let instance = node.to_value().to_json();
        let error = validator.iter_errors(&instance).next()?;
        let missing = match error.kind() {
            ValidationErrorKind::Required { property } => property.as_str().map(str::to_owned),
            _ => None,
        };
        Some(Violation::At {
            pointer: error.instance_path().as_str().to_owned(),
            missing,
        })
    }
}
