//! The table against the verdicts of Docker Compose.

use std::collections::BTreeSet;

use score_spec::{Map, Value};

use super::{MistakeKind, Nulls, TYPES, mistakes};

const VERDICTS: &str = include_str!("verdicts.txt");

/// The differences that are intended: the table knows the deprecated form of `external`, whose other fields have no
/// effect, and the prefix `x-` in it.
const STRICTER: [(&str, &str); 2] = [("config", "external"), ("secret", "external")];
const LOOSER: [(&str, &str); 1] = [("service", "storage_opt")];

/// Fields that Docker Compose knows since version 5, and the type of one of them.
const NEWER: [(&str, &str); 2] = [("service", "pre_start"), ("build", "no_cache_filter")];
const NEWER_TYPE: &str = "init_hook";

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Number(number.clone()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(entries) => {
            let entries = entries.iter();
            entries.map(|(key, of)| (key.clone(), value(of))).collect()
        }
    }
}

fn samples() -> Vec<Value> {
    let header = VERDICTS.lines().take_while(|line| line.starts_with('#'));
    let json = header.last().unwrap().trim_start_matches("# ");
    let samples: Vec<serde_json::Value> = serde_json::from_str(json).unwrap();
    samples.iter().map(value).collect()
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let rows = VERDICTS.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let mut columns = row.split(' ');
        let mut column = || columns.next().unwrap();
        (column(), column(), column())
    })
}

#[test]
fn the_table_agrees_with_compose() {
    let samples = samples();
    let mut wrong = Vec::new();
    for (of, field, verdicts) in rows() {
        assert_eq!(verdicts.len(), samples.len(), "{of} {field}");
        for (sample, verdict) in samples.iter().zip(verdicts.chars()) {
            let whole: Value = [(field.to_owned(), sample.clone())].into_iter().collect();
            let is_accepted = mistakes(&whole, of, Nulls::Values).is_empty();
            let intended: &[_] = if is_accepted { &LOOSER } else { &STRICTER };
            let is_intended = intended.contains(&(of, field));
            if verdict != '?' && is_accepted != (verdict == '.') && !is_intended {
                wrong.push(format!("{of} {field} {sample:?}: {verdict}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_field_has_a_verdict() {
    let extra = ["x-k", "bogus"];
    let judged: BTreeSet<_> = rows()
        .filter(|(_, field, _)| !extra.contains(field))
        .map(|(of, field, _)| (of, field))
        .collect();
    let fields = TYPES.iter();
    let known: BTreeSet<_> = fields
        .filter(|(of, _)| **of != NEWER_TYPE)
        .flat_map(|(of, it)| it.fields.keys().map(|field| (*of, *field)))
        .filter(|it| !NEWER.contains(it))
        .collect();
    assert_eq!(judged, known);
}

#[test]
fn each_type_of_a_form_exists() {
    fn types<'a>(form: &'a super::FieldForm, all: &mut Vec<&'a str>) {
        for alternative in &form.0 {
            match alternative {
                super::Alternative::Type(of) => all.push(of),
                super::Alternative::List(form) | super::Alternative::Map(form) => types(form, all),
                super::Alternative::Null | super::Alternative::Scalar(_) => {}
            }
        }
    }
    for (of, it) in TYPES.iter() {
        for (field, form) in &it.fields {
            let mut all = Vec::new();
            types(form, &mut all);
            for named in all {
                assert!(TYPES.contains_key(named), "{of} {field}: {named}");
            }
        }
    }
}

#[test]
fn nulls_remove_fields_but_not_items() {
    let null = |field: &str| {
        let fields = [(field.to_owned(), Value::Null)];
        fields.into_iter().collect::<Value>()
    };
    assert!(mistakes(&null("image"), "service", Nulls::Remove).is_empty());
    assert_eq!(mistakes(&null("image"), "service", Nulls::Values).len(), 1);
    assert_eq!(mistakes(&null("imago"), "service", Nulls::Remove).len(), 1);
    let items = Value::List(vec![Value::Null]);
    let list: Value = [("cap_add".to_owned(), items)].into_iter().collect();
    assert_eq!(mistakes(&list, "service", Nulls::Remove).len(), 1);
}

#[test]
fn strings_spell_other_values() {
    for (field, text, is_accepted) in [
        ("privileged", "true", true),
        ("privileged", "YES", true),
        ("privileged", "", false),
        ("privileged", "1", false),
        ("privileged", "${ON}", true),
        ("cpus", "0.5", true),
        ("cpus", "", false),
        ("cpus", "half", false),
        ("scale", "+5", true),
        ("scale", "0x5", false),
        ("scale", "2.5", false),
        ("mem_limit", "64m", true),
        ("mem_limit", "1.5 GB", true),
        ("mem_limit", "5kib", true),
        ("mem_limit", ".5m", true),
        ("mem_limit", "+5", true),
        ("mem_limit", "64Mi", false),
        ("mem_limit", "5ib", false),
        ("mem_limit", "5  m", false),
        ("mem_limit", "-1", false),
        ("mem_limit", "", false),
        ("mem_limit", "${LIMIT}", true),
        ("stop_grace_period", "1m30s", true),
        ("stop_grace_period", "1.5h", true),
        ("stop_grace_period", "1w", true),
        ("stop_grace_period", "100ms", true),
        ("stop_grace_period", "0", true),
        ("stop_grace_period", "-5s", true),
        ("stop_grace_period", "5", false),
        ("stop_grace_period", "1 s", false),
        ("stop_grace_period", "s", false),
        ("stop_grace_period", "", false),
        ("use_api_socket", "true", false),
    ] {
        let fields: Map<Value> = Map::from_iter([(field.to_owned(), Value::Text(text.to_owned()))]);
        let found = mistakes(&fields.into(), "service", Nulls::Values);
        assert_eq!(found.is_empty(), is_accepted, "{field}: {text:?}");
    }
}

#[test]
fn mistakes_name_the_path_and_the_form() {
    let json = serde_json::json!({
        "restart": [1],
        "deploy": {"resources": {"limits": {"cpus": [1], "pids": 0.5}}},
        "ports": {"a": "b"},
        "cap_add": "x",
        "volumes": [{"type": "bind", "bind": {"creat_host_path": true}}],
        "healthcheck": {"interval": 5},
    });
    let found = mistakes(&value(&json), "service", Nulls::Values);
    let shown: Vec<String> = found
        .iter()
        .map(|it| match &it.kind {
            MistakeKind::Unknown(_) => {
                let help = it.similar().unwrap_or_default();
                format!("{}: unknown, {help}", it.path.join("."))
            }
            MistakeKind::Form {
                expected, found, ..
            } => format!("{}: {expected}, not {found}", it.path.join(".")),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "restart: a string, not a list",
            "deploy.resources.limits.cpus: a number, not a list",
            "deploy.resources.limits.pids: an integer, not a number with a fraction",
            "ports: a list, not a map",
            "cap_add: a list, not a string",
            "volumes.0.bind.creat_host_path: unknown, did you mean `create_host_path`?",
            "healthcheck.interval: a duration such as `30s`, not a number",
        ]
    );
}
