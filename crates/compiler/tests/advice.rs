//! The libraries mention no command-line option, except in the tables of fields, which are part of
//! its documentation. The README of a chart mentions options of Helm.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the source of the libraries is on the disk, and a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

const CRATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The support for each field, from which `docs/targets.md` is generated.
const TABLES: [&str; 2] = ["compose/capability.rs", "kubernetes/capabilities.rs"];

/// The source of the README of a chart.
const README: &str = "helm/files.rs";

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if !TABLES
            .iter()
            .chain([&README])
            .any(|name| path.ends_with(name))
        {
            found.push(path);
        }
    }
}

/// The advice of a schema: the strings below the annotations that affect messages.
fn advice<'a>(schema: &'a Json, is_advice: bool, found: &mut Vec<&'a str>) {
    match schema {
        Json::Object(fields) => {
            for (name, value) in fields {
                advice(value, is_advice || name.starts_with("x-"), found);
            }
        }
        Json::Array(items) => {
            for item in items {
                advice(item, is_advice, found);
            }
        }
        Json::String(text) if is_advice => found.push(text),
        _ => {}
    }
}

#[test]
fn no_advice_of_a_schema_names_an_option() {
    for schema in [
        score_schemas::SCORE_V1B1,
        score_schemas::PROJECT,
        score_schemas::PROVISIONER,
    ] {
        let schema = serde_json::from_str(schema).unwrap();
        let mut found = Vec::new();
        advice(&schema, false, &mut found);
        assert!(!found.is_empty());
        for text in found {
            assert!(!text.contains("`--"), "{text}");
        }
    }
}

#[test]
fn no_text_of_the_libraries_names_an_option() {
    let mut all = Vec::new();
    for library in ["spec/src", "compiler/src"] {
        files(&Path::new(CRATES).join(library), &mut all);
    }
    assert!(all.len() > 100);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in lines {
            let place = format!("{}:{}", path.display(), number + 1);
            let options = line.match_indices("`--").map(|(at, _)| &line[at + 3..]);
            let mut names =
                options.filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
            assert!(names.next().is_none(), "{place}: {line}");
        }
    }
}
