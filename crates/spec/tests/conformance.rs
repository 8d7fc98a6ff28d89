//! Compares verdicts with those of the official schema and of the reference implementation. Their
//! data is not part of this repository; `SCORE_CONFORMANCE` is the path of its folder. Without it
//! nothing is compared.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test reads files, and one that cannot go on fails"
)]

mod flow;

use flow::{headline, read};
use score_spec::{
    Code, Diagnostic, Overlays, Severity, Sources, load,
    schema::{Codes, score_schema},
};
use serde_json::{Value as Json, json};

/// One character longer than the limit of names.
const LONG: &str = "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhh";

/// Keys that replace others or are added.
const KEYS: [&str; 27] = [
    "a",
    "aa",
    "A_b",
    "a=b",
    "",
    "name",
    "target",
    "source",
    "content",
    "mode",
    "exec",
    "httpGet",
    "image",
    "protocol",
    "scheme",
    "host",
    "id",
    "class",
    "params",
    "annotations",
    "before",
    "resources",
    "metadata",
    "a.b/c",
    "A/b",
    "x-y.z/aa",
    LONG,
];

/// Values that replace others.
fn values() -> Vec<Json> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(80.0),
        json!(65535),
        json!(65536),
        json!(""),
        json!("a"),
        json!("ab"),
        json!("A-B"),
        json!("a.b"),
        json!("755"),
        json!("0"),
        json!("1\n"),
        json!("1.5Gi"),
        json!("0.5"),
        json!("5m"),
        json!("٣"),
        json!("a".repeat(63)),
        json!("a".repeat(64)),
        json!([]),
        json!([1]),
        json!(["a"]),
        json!([{}]),
        json!({}),
        json!({"a": 1}),
        json!({"aa": "b"}),
        json!({"target": "a", "source": "b"}),
        json!({"/a": {"source": "b"}}),
        json!({"/a": {"target": "a", "source": "b"}}),
        json!([{"source": "b"}]),
        json!([{"target": "", "source": "b"}]),
        json!({"content": "", "binaryContent": ""}),
    ]
}

/// The codes that a schema error can have.
const SCHEMA: [Code; 5] = [
    Code::SpecUnknownField,
    Code::SpecMissingField,
    Code::SpecWrongType,
    Code::SpecInvalidValue,
    Code::SpecInvalidName,
];

/// All passes together return the verdicts of the reference implementation: of its schema alone,
/// and of its schema and rules.
#[test]
fn verdicts_of_the_reference() {
    let Some(folder) = conformance() else { return };
    let mut wrong = Vec::new();
    for case in cases(&folder) {
        let (sources, found) = errors(&case["document"].to_string());
        let by_schema = !found.iter().any(|found| SCHEMA.contains(&found.code));
        let verdicts = json!([by_schema, found.is_empty()]);
        let expected = json!([case["valid"], case["valid_by_rules"]]);
        if verdicts != expected {
            let lines: Vec<_> = found.iter().map(|f| headline(&sources, f)).collect();
            wrong.push(format!(
                "{}: {verdicts}, not {expected}\n    {}",
                case["name"],
                lines.join("\n    ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The official samples have no errors.
#[test]
fn official_samples() {
    let Some(folder) = conformance() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(format!("{folder}/samples")).unwrap() {
        let path = entry.unwrap().path();
        let (sources, found) = errors(&std::fs::read_to_string(&path).unwrap());
        let lines: Vec<_> = found.iter().map(|f| headline(&sources, f)).collect();
        assert!(lines.is_empty(), "{}: {lines:#?}", path.display());
        count += 1;
    }
    assert!(count > 0);
}

/// The schema alone returns the verdicts of the official one.
#[test]
fn verdicts_of_the_official_schema() {
    let Some(folder) = conformance() else { return };
    for case in cases(&folder) {
        let (sources, node) = read(&case["document"].to_string());
        let found = score_schema().check(&node, &sources, &Codes::SPEC);
        let name = &case["name"];
        assert_eq!(json!(found.is_empty()), case["valid"], "{name}: {found:#?}");
        if std::env::var_os("SCORE_SHOW").is_some() {
            let lines: Vec<_> = found
                .iter()
                .map(|found| headline(&sources, found))
                .collect();
            println!("{name}\n    {}", lines.join("\n    "));
        }
    }
}

/// Small changes everywhere in a document have the same verdict as with the official schema.
#[test]
fn verdicts_on_mutations() {
    let Some(folder) = conformance() else { return };
    let parse = |file: &str| -> Json {
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/{file}")).unwrap()).unwrap()
    };
    let official = jsonschema::validator_for(&parse("score-v1b1.json")).unwrap();
    let cases = parse("schema-cases.json");
    let mut document = cases[0]["document"].clone();
    assert_eq!(cases[0]["name"], "Valid input");
    document["containers"]["rest"] = json!({
        "image": ".",
        "files": [{"target": "/a", "source": "b", "noExpand": true}],
        "volumes": [{"target": "/a", "source": "b"}],
        "before": {"hello": {"ready": "started"}},
        "readinessProbe": {"httpGet": {"host": "a", "scheme": "HTTPS", "path": "/", "port": 1}},
    });
    document["metadata"]["annotations"] = json!({"my.org/ab": "c"});
    document["resources"]["data"]["id"] = json!("ab.c-d");
    document["service"]["ports"]["www"]["protocol"] = json!("UDP");
    let mut count = 0;
    mutations(&document, &mut |document| {
        let (sources, node) = read(&document.to_string());
        let ours = score_schema().check(&node, &sources, &Codes::SPEC);
        let expected = official.is_valid(document);
        assert_eq!(ours.is_empty(), expected, "{document:#}\n{ours:#?}");
        count += 1;
    });
    println!("{count} mutations");
    assert!(count > 5_000);
}

fn cases(folder: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(format!("{folder}/schema-cases.json")).unwrap();
    let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 130);
    cases
}

/// The errors of loading `text`.
fn errors(text: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let id = sources.add("score.yaml", text);
    let mut diagnostics = Vec::new();
    load(&sources, id, &Overlays::default(), &mut diagnostics);
    diagnostics.retain(|found| found.severity == Severity::Error);
    (sources, diagnostics)
}

fn conformance() -> Option<String> {
    let folder = std::env::var("SCORE_CONFORMANCE").ok();
    if folder.is_none() {
        println!("skipped: SCORE_CONFORMANCE does not name the folder with the official data");
    }
    folder
}

/// Calls `f` with the document and with each change at each position.
fn mutations(document: &Json, f: &mut impl FnMut(&Json)) {
    let mut pointers = vec![String::new()];
    let mut next = 0;
    while let Some(pointer) = pointers.get(next).cloned() {
        next += 1;
        match document.pointer(&pointer).unwrap() {
            Json::Object(map) => {
                let keys = map
                    .keys()
                    .map(|key| key.replace('~', "~0").replace('/', "~1"));
                pointers.extend(keys.map(|key| format!("{pointer}/{key}")));
            }
            Json::Array(items) => {
                pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
            }
            _ => {}
        }
    }
    let values = values();
    for pointer in &pointers {
        for value in &values {
            let mut changed = document.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            f(&changed);
        }
        if let Some((parent, key)) = pointer.rsplit_once('/') {
            let key = key.replace("~1", "/").replace("~0", "~");
            for new in KEYS.map(Some).into_iter().chain([None]) {
                let mut changed = document.clone();
                if let Some(map) = changed.pointer_mut(parent).unwrap().as_object_mut() {
                    let value = map.remove(&key).unwrap();
                    if let Some(new) = new {
                        map.insert(new.to_owned(), value);
                    }
                }
                f(&changed);
            }
        }
        for key in KEYS {
            for value in [json!("aa"), json!({}), json!(1)] {
                let mut changed = document.clone();
                if let Some(map) = changed.pointer_mut(pointer).unwrap().as_object_mut() {
                    map.insert(key.to_owned(), value);
                    f(&changed);
                }
            }
        }
    }
}
