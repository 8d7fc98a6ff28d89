//! The schemas that decide whether Score files and project files are valid are derived from the annotated ones.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the schemas are files on the disk"
)]

use serde_json::Value;

/// The names of the derived schemas, with the text of the others.
const SCHEMAS: [(&str, &str); 2] = [
    ("score-v1b1-rules", score_schemas::SCORE_V1B1),
    ("project-rules", score_schemas::PROJECT),
];

/// The keywords that do not affect whether a document is valid, besides those that begin with `x-`.
const ANNOTATIONS: [&str; 4] = ["title", "description", "default", "examples"];

#[test]
fn the_schemas_for_validation_are_up_to_date() {
    for (name, text) in SCHEMAS {
        let file = format!("{}/../../schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let mut schema = serde_json::from_str(text).unwrap();
        strip(&mut schema);
        let mut text = serde_json::to_string(&schema).unwrap();
        text.push('\n');
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(&file, &text).unwrap();
        }
        let current = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            current == text,
            "schemas/{name}.json is out of date; UPDATE=1 cargo test -p score-spec --test rules writes it"
        );
    }
}

/// Removes keywords from a schema and from those in it.
fn strip(schema: &mut Value) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    keywords.retain(|keyword, _| {
        !ANNOTATIONS.contains(&keyword.as_str()) && !keyword.starts_with("x-")
    });
    for (keyword, rule) in keywords {
        match (keyword.as_str(), rule) {
            // Their keys are names.
            ("properties" | "$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(strip);
            }
            (_, Value::Array(schemas)) => schemas.iter_mut().for_each(strip),
            (_, rule) => strip(rule),
        }
    }
}
