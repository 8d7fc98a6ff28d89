//! The schema of Score files for validation is derived from that for editors.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the schemas are files on the disk"
)]

use serde_json::Value;

/// The derived schema.
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../schemas/score-v1b1-rules.json"
);

/// The keywords that do not affect a validation.
const FOR_EDITORS: [&str; 3] = ["title", "description", "default"];

#[test]
fn the_schema_for_validation_is_up_to_date() {
    let mut schema = serde_json::from_str(score_schemas::SCORE_V1B1).unwrap();
    strip(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(FILE, &text).unwrap();
    }
    let current = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        current == text,
        "schemas/score-v1b1-rules.json is out of date; UPDATE=1 cargo test -p score-spec --test rules writes it"
    );
}

/// Removes keywords from a schema and from those in it.
fn strip(schema: &mut Value) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    keywords.retain(|keyword, _| !FOR_EDITORS.contains(&keyword.as_str()));
    for (keyword, rule) in keywords {
        match (keyword.as_str(), rule) {
            // Their keys are names.
            ("properties" | "$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(strip);
            }
            // Suggestions for fields.
            ("x-unknown", _) => {}
            (_, Value::Array(schemas)) => schemas.iter_mut().for_each(strip),
            (_, rule) => strip(rule),
        }
    }
}
