//! Values for reports.

use score_compiler::ir::Tree;

use crate::change::SECRET;
use crate::object::ObjectId;
use crate::tree::Document;

/// The maximum number of characters of a value.
const LONGEST: usize = 80;

/// The fields of kinds whose values are secret.
const SECRET_FIELDS: [(&str, &str, &[&str]); 2] = [
    ("", "Secret", &["data", "stringData"]),
    ("bitnami.com", "SealedSecret", &["spec"]),
];

/// Whether all values at a path of an object are secret.
pub(crate) fn is_secret_field(id: &ObjectId, path: &[&str]) -> bool {
    SECRET_FIELDS.iter().any(|(group, kind, fields)| {
        id.is(group, kind) && path.first().is_none_or(|first| fields.contains(first))
    })
}

/// Whether a value contains a sealed secret.
pub(crate) fn is_sealed(value: &Document) -> bool {
    let mut found = false;
    value.each_text(&mut |text| found |= text.is_secret());
    found
}

/// A value as one line: a string as it is, anything else as JSON; shortened, and without control characters.
pub(crate) fn shown(value: &Document, is_secret: bool) -> String {
    if is_secret {
        return SECRET.to_owned();
    }
    let text = match value {
        Tree::Text(text) => text.redact(),
        other => other
            .map_text(&mut |text| text.redact())
            .to_json()
            .to_string(),
    };
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            short.push('…');
            break;
        }
        short.push(if c.is_control() { ' ' } else { c });
    }
    short
}
