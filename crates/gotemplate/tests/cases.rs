//! Renders the templates in `tests/cases`: a file per subject, in which each line is a case as the
//! example `batch` reads it, with its `output` or `error`. `UPDATE=1` writes these.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "cases are files on the disk, and a variable asks for their update"
)]

use std::path::Path;

use serde_json::{Value as Json, json};

#[path = "../examples/batch.rs"]
#[allow(dead_code, reason = "the main function of the example")]
mod batch;

#[test]
fn templates_render_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 5);
    let mut problems = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let rendered: String = text.lines().map(|line| answered(line) + "\n").collect();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &rendered).unwrap();
        } else if rendered != text {
            let lines = text.lines().zip(rendered.lines()).enumerate();
            for (at, (expected, found)) in lines.filter(|(_, (old, new))| old != new) {
                let place = format!("{}:{}", file.display(), at + 1);
                problems.push(format!("{place}\nexpected {expected}\nfound    {found}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A case with the current answer.
fn answered(line: &str) -> String {
    let mut case: Json = serde_json::from_str(line).unwrap();
    let answer = batch::render(&case);
    let entries = case.as_object_mut().unwrap();
    entries.remove("output");
    entries.remove("error");
    match answer {
        Ok(output) => entries.insert("output".to_owned(), json!(output)),
        Err(error) => entries.insert("error".to_owned(), json!(error.to_string())),
    };
    case.to_string()
}
