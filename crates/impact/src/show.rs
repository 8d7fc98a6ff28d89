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

/// A value in a reason or an advice. Only quoted values can be recognized and hidden.
pub(crate) fn quoted(value: &str) -> String {
    format!("`{}`", value.replace('`', "'"))
}

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

/// The old and the new value, each as one line: a string as it is, anything else as JSON; without control characters.
/// Long values are shortened to the part in which they differ.
pub(crate) fn shown(values: [Option<&Document>; 2], is_secret: bool) -> [Option<String>; 2] {
    if is_secret {
        return values.map(|value| value.map(|_| SECRET.to_owned()));
    }
    let texts = values.map(|value| value.map(text));
    let same = match &texts {
        [Some(before), Some(after)] => {
            let pairs = before.chars().zip(after.chars());
            pairs.take_while(|(a, b)| a == b).count()
        }
        _ => 0,
    };
    let is_long =
        |text: &Option<String>| text.as_ref().is_some_and(|it| it.chars().count() > LONGEST);
    // With some of the equal characters before the difference.
    let start = if texts.iter().any(is_long) {
        same.saturating_sub(LONGEST / 4)
    } else {
        0
    };
    texts.map(|text| Some(short(&text?, start)))
}

fn text(value: &Document) -> String {
    let text = match value {
        Tree::Text(text) => text.redact(),
        other => other
            .map_text(&mut |text| text.redact())
            .to_json()
            .to_string(),
    };
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect()
}

/// The part of a string from a character on.
fn short(text: &str, start: usize) -> String {
    let mut short = String::from(if start > 0 { "…" } else { "" });
    let mut rest = text.chars().skip(start);
    short.extend(rest.by_ref().take(LONGEST));
    if rest.next().is_some() {
        short.push('…');
    }
    short
}
