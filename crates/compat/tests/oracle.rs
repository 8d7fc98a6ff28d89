//! The cases of the folder in `SCORE_GO_TOOLS`, whose results come from the Go tools.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that reads a folder"
)]

use std::path::PathBuf;

use score_compat::yaml::{Node, Scalar};
use score_compat::{patch, services, shared, value, yaml};
use score_spec::{Kind, Sources};
use serde_json::{Value, json};

/// The cases of a file; none without the folder.
fn cases(file: &str) -> Vec<Value> {
    let Some(folder) = std::env::var_os("SCORE_GO_TOOLS") else {
        return Vec::new();
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join(file)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Checks each case, and lists those that differ.
fn check(file: &str, run: impl Fn(&Value) -> Option<Value>, exceptions: &[&str]) {
    let mut wrong = Vec::new();
    for case in cases(file) {
        let expected = (case.get("error").is_none())
            .then(|| case.get("result").or(case.get("value")).unwrap().clone());
        let found = run(&case);
        let name = case["name"].as_str().unwrap().to_owned();
        if found.as_ref().map(floats) != expected.as_ref().map(floats)
            && !exceptions.contains(&name.as_str())
        {
            wrong.push(format!("{name}: {case}\n  found {found:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {file} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn node(text: &str) -> Result<Option<Node>, ()> {
    let mut sources = Sources::new();
    let id = sources.add("template", text);
    yaml::read(&sources, id).map_err(|_| ())
}

/// The value in the notation of the cases.
fn encoded(node: &Node) -> Value {
    match &node.kind {
        Kind::Number(number) if number.is_f64() => json!({"!float": number.as_f64()}),
        Kind::Number(number) if number.is_i64() => json!({"!int": number.to_string()}),
        Kind::Number(number) => json!({"!uint64": number.to_string()}),
        Kind::Text(Scalar::Time(time)) => json!({"!time": time.rfc3339()}),
        Kind::Text(Scalar::Float(float)) if float.is_nan() => json!({"!float": "NaN"}),
        Kind::Text(Scalar::Float(float)) if *float > 0.0 => json!({"!float": "+Inf"}),
        Kind::Text(Scalar::Float(_)) => json!({"!float": "-Inf"}),
        Kind::List(items) => items.iter().map(encoded).collect(),
        Kind::Map(entries) => {
            let entries = entries.iter();
            entries
                .map(|it| (it.key.clone(), encoded(&it.value)))
                .collect()
        }
        _ => yaml::to_json(node).unwrap(),
    }
}

#[test]
fn yaml() {
    let run = |case: &Value| {
        let node = node(case["text"].as_str().unwrap()).ok()?;
        Some(node.map_or(Value::Null, |node| encoded(&node)))
    };
    let exceptions = [
        // Tags without a meaning for provisioners are errors, not ignored.
        "yaml-060", "yaml-061", "yaml-062", "yaml-063", "yaml-083",
        // Keys at the top must be strings, which the Go tools refuse a step later.
        "yaml-098", "yaml-099", "yaml-100", "yaml-101", "yaml-102",
        // More is accepted: a tab before the first key, and the escape of JSON for a slash.
        "yaml-130", "yaml-156",
        // Text after the end of the value is an error, not ignored.
        "yaml-181",
    ];
    check("yaml-cases.jsonl", run, &exceptions);
}

/// Numbers as floats, as which the Go tools compare them.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(entries) => match entries.get("!float").and_then(Value::as_str) {
            Some(text) => json!({"!float": text.parse::<f64>().ok().filter(|it| it.is_finite())}),
            None => entries
                .iter()
                .map(|(key, value)| (key.clone(), floats(value)))
                .collect(),
        },
        value => value.clone(),
    }
}

#[test]
fn patches() {
    let run = |case: &Value| {
        let mut document = score_spec::Value::from_json(case["document"].clone());
        let mut budget = patch::PatchBudget::for_document(&document);
        let output = node(case["ops"].as_str().unwrap()).ok()??;
        let operations = patch::Operation::read_all(&output).ok()?;
        for operation in operations {
            operation.apply(&mut document, &mut budget).ok()?;
        }
        Some(document.to_json())
    };
    check("patch-cases.jsonl", run, &[]);
}

#[test]
fn shared_state() {
    let run = |case: &Value| {
        let Value::Object(state) = &case["current"] else {
            return None;
        };
        let map = |entries: &serde_json::Map<String, Value>| -> score_gotemplate::Map {
            let entries = entries.iter();
            entries
                .map(|(key, value)| (key.as_str(), value::from_json(value)))
                .collect()
        };
        let state = map(state);
        shared::merge(&state, &map(case["patch"].as_object()?));
        value::map_to_json(&state).map(Value::Object)
    };
    check("shared-state-cases.jsonl", run, &[]);
}

#[test]
fn services() {
    let run = |case: &Value| {
        let services = node(case["text"].as_str().unwrap()).ok()??;
        services::read(&services).ok().map(Value::Object)
    };
    check("services-cases.jsonl", run, &[]);
}
