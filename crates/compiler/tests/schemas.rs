//! The schema of environment files is derived from that of project files.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the schemas are files on the disk"
)]

use serde_json::{Map, Value, json};

/// The derived schema.
const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../schemas/environment.json"
);

/// The fields that only an environment has.
fn own_fields() -> Value {
    json!({
        "description": {
            "title": "Description",
            "description": "The purpose of the environment, in one sentence.",
            "type": "string"
        },
        "type": {
            "title": "Type",
            "description": "The type of the environment, such as `production`: any text, which provisioners can select. An environment inherits it from the one that it extends.",
            "type": "string",
            "minLength": 1,
            "examples": ["development", "production"]
        },
        "abstract": {
            "title": "Abstract",
            "description": "Whether the environment only serves as a base of others, which extend it.",
            "type": "boolean",
            "default": false
        },
        "extends": {
            "title": "Extends",
            "description": "The environment over which this one is merged: one of the project, or `package:PACKAGE/NAME`. The lowest one is merged over the project file.",
            "type": "string",
            "pattern": "^(package:[a-z0-9][a-z0-9._-]{0,63}/)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
            "x-error": "the name of an environment, or `package:PACKAGE/NAME`",
            "examples": ["base", "package:acme/base"]
        },
        "params": {
            "title": "Params",
            "description": "The params of the environment, a JSON Schema. Their values come from `--param NAME=VALUE`, and `{{ params.NAME }}` refers to them in any string of the project file and the environment files. The first of the `examples` is used by `validate`.",
            "type": "object",
            "examples": [{
                "required": ["pr"],
                "properties": { "pr": { "type": "integer", "minimum": 1, "examples": [123] } }
            }]
        }
    })
}

#[test]
fn the_schema_of_environments_is_up_to_date() {
    let mut text = serde_json::to_string_pretty(&derived()).unwrap();
    text.push('\n');
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(FILE, &text).unwrap();
    }
    let current = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        current == text,
        "schemas/environment.json is out of date; UPDATE=1 cargo test -p score-compiler --test schemas writes it"
    );
}

fn derived() -> Value {
    let mut schema: Map<String, Value> = serde_json::from_str(score_schemas::PROJECT).unwrap();
    schema["$id"] = json!("https://score-rs.dev/schemas/environment.json");
    schema["title"] = json!("score-rs environment");
    schema["description"] = json!(
        "A file `environments/NAME.yaml`, whose settings are merged over those of the project file. Maps are merged, `null` removes a setting, anything else is replaced. Strings can contain expressions, such as `{{ params.NAME }}` and `{{ environment.name }}`."
    );
    let project = schema["properties"].as_object_mut().unwrap();
    let mut head = Map::new();
    head.insert(
        "apiVersion".to_owned(),
        project.remove("apiVersion").unwrap(),
    );
    let mut kind = project.remove("kind").unwrap();
    kind["const"] = json!("Environment");
    kind["description"] = json!("Identifies the file as an environment.");
    head.insert("kind".to_owned(), kind);
    head.extend(own_fields().as_object().unwrap().clone());
    for only_in_projects in ["name", "environment", "extends"] {
        project.remove(only_in_projects).unwrap();
    }
    head.extend(
        project
            .iter()
            .map(|(name, field)| (name.clone(), open(field))),
    );
    *project = head;
    schema.into()
}

/// The schema of a setting, which can be `null` or an expression.
fn open(field: &Value) -> Value {
    let mut field = field.as_object().unwrap().clone();
    if let Some(inner) = field.get_mut("properties").and_then(Value::as_object_mut) {
        for value in inner.values_mut() {
            *value = open(value);
        }
    }
    let mut about = Map::new();
    for name in ["title", "description", "default", "examples"] {
        about.extend(field.remove(name).map(|value| (name.to_owned(), value)));
    }
    let others = json!([
        field,
        { "type": "null" },
        { "type": "string", "pattern": "\\{\\{" }
    ]);
    about.insert("anyOf".to_owned(), others);
    about.into()
}
