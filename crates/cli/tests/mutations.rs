//! Valid documents with a change at every position: errors of the schema are reported at that
//! position, and changes that the schema accepts are accepted.
//!
//! The results are compared with those of a JSON Schema validator for the changed JSON, which
//! shares only the schema with the tested code. Documents are written with one key or item per
//! line, so that the line of a position is easy to determine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeMap;
use std::fs;

use sandbox::Sandbox;
use serde_json::{Map, Value, json};

/// A changed document.
struct Mutation {
    /// A description of the change, for messages.
    what: String,
    document: Value,
    /// The JSON pointers of the changed position and of its parent.
    places: [String; 2],
}

/// The number of files that a run of the command validates.
const BATCH: usize = 50;

#[test]
fn every_place_of_the_schema() {
    let schema: Value = serde_json::from_str(score_schemas::SCORE_V1B1).unwrap();
    let judge = jsonschema::validator_for(&schema).unwrap();
    let documents = documents();
    for document in &documents {
        assert!(judge.is_valid(document), "{document:#}");
    }
    let mutations = documents.iter().flat_map(mutations);
    let mutations: Vec<Mutation> = mutations.filter(|it| !is_exempt(it)).collect();
    let (valid, invalid): (Vec<_>, Vec<_>) = mutations
        .iter()
        .partition(|mutation| judge.is_valid(&mutation.document));
    assert!(invalid.len() > 300, "{} are invalid", invalid.len());
    assert!(valid.len() > 30, "{} are valid", valid.len());
    let problems: Vec<String> = [(invalid, true), (valid, false)]
        .iter()
        .flat_map(|(mutations, wrong)| mutations.chunks(BATCH).map(move |some| (some, *wrong)))
        .flat_map(|(mutations, wrong)| check(mutations, wrong))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Validates some documents in a run, and returns the problems of the reports. `wrong` means that
/// the schema rejects all of them.
fn check(mutations: &[&Mutation], wrong: bool) -> Vec<String> {
    let sandbox = Sandbox::new("project");
    let mut command = vec!["validate".to_owned(), "--format=json".to_owned()];
    let mut written = BTreeMap::new();
    for (at, mutation) in mutations.iter().enumerate() {
        let name = format!("{at}.score.yaml");
        let mut yaml = Yaml::default();
        yaml.value(&mutation.document, 0, "");
        fs::write(sandbox.folder().join(&name), &yaml.text).unwrap();
        command.push(name.clone());
        written.insert(name, (*mutation, yaml));
    }
    let outcome = sandbox.run(&command, b"");
    let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for diagnostic in report["diagnostics"].as_array().unwrap() {
        let file = diagnostic["file"].as_str().unwrap_or_default();
        if diagnostic["severity"] == "error" {
            found.entry(file).or_default().push(diagnostic);
        }
    }
    let mut problems = Vec::new();
    for (file, (mutation, yaml)) in &written {
        let found = found.get(file.as_str()).map_or(&[][..], Vec::as_slice);
        // Rules may reject documents that the schema accepts.
        let problem = if wrong {
            misplaced(mutation, yaml, found)
        } else {
            let found = found.iter().any(|found| is_about_schema(found));
            found.then(|| "it is valid".to_owned())
        };
        problems.extend(problem.map(|problem| {
            let shown: Vec<String> = found.iter().map(|found| headline(found)).collect();
            let (what, text) = (&mutation.what, &yaml.text);
            format!("{what}: {problem}\n  {}\n{text}", shown.join("\n  "))
        }));
    }
    let expected = i32::from(!found.is_empty());
    if outcome.exit != expected {
        problems.push(format!("exit code {} instead of {expected}", outcome.exit));
    }
    problems
}

/// The problem of the errors reported for a document that the schema rejects. It has a single
/// mistake, so errors of the schema must be about its position: `path` is that position or its
/// parent, and the range is on the lines of the value at `path`.
fn misplaced(mutation: &Mutation, yaml: &Yaml, found: &[&Value]) -> Option<String> {
    let mut fits = false;
    for diagnostic in found {
        let path = diagnostic["path"].as_str().unwrap_or_default();
        let place = mutation.places.iter().any(|place| place == path);
        let line = |end: &str| diagnostic["range"][end]["line"].as_u64().unwrap_or(0);
        let (first, last) = yaml.lines.get(path).copied().unwrap_or_default();
        if place && line("start") >= first && line("end") <= last {
            fits = true;
        } else if is_about_schema(diagnostic) {
            return Some(format!(
                "`{path}` is not its place, or the range is not on its lines {first} to {last}"
            ));
        }
    }
    (!fits).then(|| "nothing is reported there".to_owned())
}

/// Whether the schema and this program disagree on purpose: the program accepts deprecated forms
/// that the current schema does not contain, and requires a `target` in deprecated lists, which the
/// schema cannot require without requiring it in maps.
fn is_exempt(mutation: &Mutation) -> bool {
    let what = mutation.what.as_str();
    let lines = what.contains("/files/") && what.ends_with("/content becomes []");
    lines || what.ends_with("/0 loses target") || what.contains("/0: target becomes ")
}

fn is_about_schema(diagnostic: &Value) -> bool {
    let code = diagnostic["code"].as_str().unwrap();
    matches!(
        code,
        "spec/unknown-field"
            | "spec/missing-field"
            | "spec/wrong-type"
            | "spec/invalid-value"
            | "spec/invalid-name"
            | "spec/empty"
    ) || code.starts_with("yaml/")
}

fn headline(found: &Value) -> String {
    let (code, path) = (&found["code"], &found["path"]);
    let (file, line) = (&found["file"], &found["range"]["start"]["line"]);
    format!("{file}:{line} {path} {code}: {}", found["message"])
}

/// Valid documents that together contain every field of the schema.
fn documents() -> Vec<Value> {
    let head = |containers: Value| json!({"apiVersion": "score.dev/v1b1", "metadata": {"name": "web"}, "containers": containers});
    vec![
        json!({
            "apiVersion": "score.dev/v1b1",
            "metadata": {
                "name": "web",
                "annotations": {"example.com/team": "shop"},
                "note": {"free": ["form", 1, true, null]}
            },
            "service": {"ports": {
                "http": {"port": 80, "targetPort": 8080, "protocol": "TCP"},
                "dns": {"port": 53, "protocol": "UDP"}
            }},
            "containers": {
                "main": {
                    "image": "nginx:1.29",
                    "command": ["/bin/sh"],
                    "args": ["-c", "sleep 1"],
                    "variables": {"HOST": "${resources.db.host}", "NAME": "${metadata.name}"},
                    "files": {
                        "/etc/a": {"content": "a", "mode": "0644", "noExpand": true},
                        "/etc/b": {"binaryContent": "aGVsbG8="}
                    },
                    "volumes": {"/data": {"source": "${resources.data}", "path": "sub", "readOnly": true}},
                    "resources": {
                        "limits": {"cpu": "1", "memory": "128Mi"},
                        "requests": {"cpu": "100m", "memory": "64Mi"}
                    },
                    "livenessProbe": {"exec": {"command": ["true"]}},
                    "readinessProbe": {"httpGet": {
                        "path": "/ready",
                        "port": 8080,
                        "host": "localhost",
                        "scheme": "HTTP",
                        "httpHeaders": [{"name": "X-A", "value": "b"}]
                    }}
                },
                "init": {"image": "busybox:1", "before": {"main": {"ready": "complete"}}}
            },
            "resources": {
                "db": {
                    "type": "postgres",
                    "class": "default",
                    "id": "shared-db",
                    "metadata": {"annotations": {"example.com/tier": "gold"}, "more": 1},
                    "params": {}
                },
                "data": {"type": "volume"}
            }
        }),
        // The deprecated forms.
        head(json!({"main": {
            "image": "nginx:1.29",
            "files": [{"target": "/etc/a", "content": "a"}],
            "volumes": [{"target": "/data", "source": "${resources.data}"}]
        }})),
        head(json!({"main": {
            "image": ".",
            "livenessProbe": {"httpGet": {"path": "/", "port": 1}, "exec": {"command": ["a"]}}
        }})),
    ]
}

/// Every change of a document: each position is removed, renamed and given other types, and
/// something is added to each map and list.
fn mutations(document: &Value) -> Vec<Mutation> {
    let mut all = Vec::new();
    walk(document, document, &mut Vec::new(), &mut all);
    all
}

fn walk(document: &Value, value: &Value, path: &mut Vec<String>, all: &mut Vec<Mutation>) {
    let mut add = |what: String, place: &[String], change: &dyn Fn(&mut Value)| {
        let mut changed = document.clone();
        change(changed.pointer_mut(&pointer(path)).unwrap());
        let parent = &place[..place.len().saturating_sub(1)];
        all.push(Mutation {
            what,
            document: changed,
            places: [pointer(place), pointer(parent)],
        });
    };
    let shown = pointer(path);
    for other in [
        Value::Null,
        json!(true),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
    ] {
        let kind = std::mem::discriminant(&other);
        if kind != std::mem::discriminant(value) && !path.is_empty() {
            let what = format!("{shown} becomes {other}");
            add(what, path, &|value| *value = other.clone());
        }
    }
    let below = |key: &str| [path.as_slice(), &[key.to_owned()]].concat();
    match value {
        Value::Object(entries) => {
            for key in entries.keys() {
                let place = below(key);
                add(format!("{shown} loses {key}"), &place, &|value| {
                    value.as_object_mut().unwrap().shift_remove(key);
                });
                let new = format!("{key}X y");
                let renamed = below(&new);
                add(
                    format!("{shown}: {key} becomes {new}"),
                    &renamed,
                    &|value| {
                        let entries = std::mem::take(value.as_object_mut().unwrap());
                        let rename =
                            |(name, value)| (if name == *key { new.clone() } else { name }, value);
                        *value =
                            Value::Object(entries.into_iter().map(rename).collect::<Map<_, _>>());
                    },
                );
            }
            add(format!("{shown} gains a key"), &below("extra"), &|value| {
                let entries = value.as_object_mut().unwrap();
                entries.insert("extra".to_owned(), json!("text"));
            });
        }
        Value::Array(items) => {
            let last = items.len().to_string();
            add(format!("{shown} gains an item"), &below(&last), &|value| {
                value.as_array_mut().unwrap().push(json!(7));
            });
        }
        Value::String(_) => add(format!("{shown} becomes empty"), path, &|value| {
            *value = json!("");
        }),
        Value::Number(_) => add(format!("{shown} becomes 0"), path, &|value| {
            *value = json!(0);
        }),
        _ => {}
    }
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                path.push(key.clone());
                walk(document, value, path, all);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                path.push(at.to_string());
                walk(document, value, path, all);
                path.pop();
            }
        }
        _ => {}
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().fold(String::new(), |pointer, step| {
        pointer + "/" + &step.replace('~', "~0").replace('/', "~1")
    })
}

/// A document as block-style YAML, with the first and last line of each value, including its key,
/// by JSON pointer.
#[derive(Default)]
struct Yaml {
    text: String,
    line: u64,
    lines: BTreeMap<String, (u64, u64)>,
}

impl Yaml {
    /// Writes a value after the text that is already on the line.
    fn value(&mut self, value: &Value, indent: usize, path: &str) {
        let first = self.line.max(1);
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                for (key, value) in entries {
                    self.start(indent, &format!("{}:", json!(key)));
                    let step = pointer(std::slice::from_ref(key));
                    self.value(value, indent + 2, &format!("{path}{step}"));
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (at, value) in items.iter().enumerate() {
                    self.start(indent, "-");
                    self.value(value, indent + 2, &format!("{path}/{at}"));
                }
            }
            scalar => {
                let gap = if self.line == 0 { "" } else { " " };
                self.text.extend([gap, &scalar.to_string()]);
            }
        }
        self.lines.insert(path.to_owned(), (first, self.line));
    }

    fn start(&mut self, indent: usize, text: &str) {
        if self.line > 0 {
            self.text.push('\n');
        }
        self.line += 1;
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
    }
}
