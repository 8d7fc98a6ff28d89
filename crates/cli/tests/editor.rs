//! The editor schema of Score files accepts the annotations of all valid cases, and refuses wrong values.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use score_compiler::fields::{AnnotationValues, known_annotations};
use score_compiler::{Compiler, Inputs, Memory, target};
use score_spec::{Node, Sources, parse};
use serde_json::{Value as Json, json};

/// The schema of the annotations of workloads.
fn annotations() -> Validator {
    let compiler = Compiler::new();
    let compose = target("compose").unwrap();
    let rendered = compiler
        .compile(&Memory::new(), Inputs::new())
        .render(compose);
    let mut schema = rendered.catalogue.editor_schema(known_annotations());
    let place = "/properties/metadata/properties/annotations";
    let mut field = schema.pointer_mut(place).unwrap().take();
    field["$defs"] = json!({"annotations": schema["$defs"]["annotations"].take()});
    jsonschema::validator_for(&field).unwrap()
}

#[test]
fn annotations_of_valid_cases_are_accepted() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    if !cases.is_dir() {
        return;
    }
    let schema = annotations();
    let mut count = 0;
    for area in ["compose", "kubernetes", "helm"] {
        for file in score_files(&cases.join(area)) {
            let mut sources = Sources::new();
            let id = sources.add("score.yaml", fs::read_to_string(&file).unwrap());
            for document in parse(&sources, id).documents {
                let annotations = document
                    .get("metadata")
                    .and_then(|it| it.get("annotations"));
                let Some(annotations) = annotations.filter(|it| !it.entries().is_empty()) else {
                    continue;
                };
                let annotations: Json = Node::to_value(annotations).to_json();
                let problems = schema.iter_errors(&annotations);
                let problems: Vec<String> = problems.map(|it| it.to_string()).collect();
                assert!(problems.is_empty(), "{}: {problems:#?}", file.display());
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count} files with annotations were found");
}

/// The Score files of cases without errors.
fn score_files(area: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(area).unwrap();
    let folders = folders.map(|folder| folder.unwrap().path());
    let valid = folders.filter(|folder| !folder.join("expected/exit").exists());
    let files = valid.flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path());
    files
        .filter(|file| file.to_string_lossy().ends_with("score.yaml"))
        .collect()
}

#[test]
fn wrong_values_are_refused_and_other_names_are_not() {
    let schema = annotations();
    let mut checked = 0;
    for annotation in known_annotations() {
        let is_open = annotation.values == AnnotationValues::Any;
        let own = json!({annotation.name: "?!"});
        assert_eq!(schema.is_valid(&own), is_open, "{}", annotation.name);
        if annotation.each_container && !is_open {
            let name = annotation.name.replace('/', "/main-1.");
            assert!(!schema.is_valid(&json!({&name: "?!"})), "{name}");
        }
        checked += usize::from(!is_open);
    }
    assert!(checked > 20);
    assert!(schema.is_valid(&json!({"example.com/owner": "team", "k8s.score.dev/other": "a"})));
    assert!(!schema.is_valid(&json!({"example.com/owner": 1})));
    assert!(!schema.is_valid(&json!({"k8s.score.dev/tolerations": ["a"]})));
}
