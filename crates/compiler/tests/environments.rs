//! The charts of environments, merged to one. The environments are in `environments`, with the
//! files of the merged chart in `environments/expected`; with `UPDATE=1`, the test writes these.
#![allow(
    clippy::disallowed_methods,
    reason = "inputs and expected files are on the disk"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use score_compiler::helm::{EnvironmentCharts, merged};
use score_compiler::{Compiler, Helm, Inputs, Kubernetes, Memory, OutputFile};
use score_spec::Diagnostic;

/// The environments.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/environments");

/// The charts of an environment with these options.
fn charts(environment: &str, options: Helm) -> EnvironmentCharts {
    let (mut compiler, mut inputs) = (Compiler::new(), Inputs::new());
    for (name, text) in files(&Path::new(FOLDER).join(environment)) {
        match name.as_str() {
            "score-rs.yaml" => compiler = compiler.with_project(&name, text),
            _ => inputs = inputs.with_spec(&name, text),
        }
    }
    let world = Memory::new();
    let region = ("REGION".to_owned(), format!("{environment}-1"));
    let helm = Helm {
        objects: Kubernetes {
            namespace: Some(format!("shop-{environment}")),
            ..options.objects.clone()
        },
        variables: BTreeMap::from([region]),
        for_environments: true,
        ..options
    };
    let rendered = compiler.compile(&world, inputs).render(&helm);
    assert_eq!(rendered.diagnostics, []);
    assert_eq!(rendered.files, []);
    rendered.charts.unwrap()
}

/// The merged charts of environments, and the diagnostics.
fn merge(
    environments: &[(&str, Helm)],
    default: Option<&str>,
) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let environments = environments
        .iter()
        .map(|(name, options)| ((*name).to_owned(), charts(name, options.clone())));
    let mut diagnostics = Vec::new();
    let files = merged(environments.collect(), default, &mut diagnostics);
    let text = |file: OutputFile| (file.path.clone().unwrap(), file.redact().unwrap());
    (files.into_iter().map(text).collect(), diagnostics)
}

/// The files below a folder by their relative paths.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let (mut files, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

/// All environments with default options.
fn all() -> [(&'static str, Helm); 3] {
    ["dev", "prod", "staging"].map(|name| (name, Helm::default()))
}

#[test]
fn what_differs_is_in_values_and_under_conditions() {
    let (found, diagnostics) = merge(&all(), Some("dev"));
    assert_eq!(diagnostics, []);
    let folder = PathBuf::from(FOLDER).join("expected");
    if std::env::var("UPDATE").is_ok() {
        let _ = fs::remove_dir_all(&folder);
        for (path, text) in &found {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let expected = files(&folder);
    assert!(expected.keys().eq(found.keys()), "{:?}", found.keys());
    for (path, text) in expected {
        assert_eq!(found[&path], text, "{path}");
    }
}
