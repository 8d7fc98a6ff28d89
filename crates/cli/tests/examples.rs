//! Every example compiles for every target without diagnostics, and its provisioners pass their
//! tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::path::Path;

use sandbox::{Sandbox, entries};
use score_compiler::targets;

#[test]
fn examples_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        // A published package has no examples.
        return;
    }
    let mut count = 0;
    for (name, folder) in entries(&root) {
        // Programs have their own tests, each environment has its own target, and a package has no workloads.
        if !folder.is_dir()
            || folder.join("Cargo.toml").exists()
            || folder.join("templates").exists()
            || folder.join("environments").exists()
        {
            continue;
        }
        for target in targets() {
            let sandbox = Sandbox::new("project").with_copy(&folder, &[]);
            let arguments = ["generate", "-t", target.name(), "-o", "out"].map(str::to_owned);
            let outcome = sandbox.run(&arguments, b"");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let fine = outcome.exit == 0
                && !stderr.contains("error")
                && !stderr.contains("warning")
                && sandbox.files().contains_key(if target.is_folder() {
                    "out/Chart.yaml"
                } else {
                    "out"
                });
            assert!(
                fine,
                "{} for {}: exit code {}\n{stderr}",
                name.display(),
                target.name(),
                outcome.exit
            );
            count += 1;
        }
    }
    assert!(count > 0);
}

/// All environments of a project compile without diagnostics, to the same files in whichever folder a run starts.
#[test]
fn environments_compile_from_every_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        return;
    }
    let mut count = 0;
    for (name, folder) in entries(&root) {
        if !folder.join("environments").is_dir() {
            continue;
        }
        // Several environments do not share a key, so each gets a key file.
        let no_key = [("SCORE_RS_KEY".to_owned(), String::new())];
        let sandbox = Sandbox::new("project")
            .with_environment(&no_key)
            .with_copy(&folder, &[]);
        let run = |arguments: &str| {
            let words = arguments.split_whitespace().map(str::to_owned);
            let outcome = sandbox.run(&words.collect::<Vec<_>>(), b"");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let name = name.display();
            let exit = outcome.exit;
            assert_eq!(exit, 0, "{name}: score-rs {arguments}\n{stderr}");
            assert!(!stderr.contains("warning"), "{name}: {arguments}\n{stderr}");
        };
        run("validate --all-envs");
        let all = format!("generate --all-envs {PARAMS}");
        run(&all);
        for start in ["score-rs.yaml", "environments/", "platform/", "services/"] {
            let first = sandbox
                .files()
                .into_keys()
                .find(|path| path.starts_with(start));
            let first = first.unwrap();
            let start = Path::new(&first).parent().unwrap().to_str().unwrap();
            run(&format!("-C ./{start} {all} --check"));
        }
        for environment in clusters(&folder) {
            run(&format!("generate -t helm {environment}"));
            count += 1;
        }
    }
    assert!(count > 0);
}

/// The params of the environments of all examples.
const PARAMS: &str = "--param pr=123";

/// The options that select each environment that runs in a cluster, and so can have a chart.
fn clusters(folder: &Path) -> Vec<String> {
    let files = entries(&folder.join("environments")).into_iter();
    let options = files.filter_map(|(name, path)| {
        let name = name.to_str().unwrap().strip_suffix(".yaml")?.to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let is_cluster = text.contains("kind: Environment")
            && !text.contains("abstract: true")
            && !text.contains("target: compose");
        let params = if text.contains("params:") { PARAMS } else { "" };
        is_cluster.then(|| format!("--env {name} -o charts/{name} {params}"))
    });
    options.collect()
}

#[test]
fn provisioners_pass_their_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        return;
    }
    let mut count = 0;
    for (name, folder) in entries(&root) {
        let mut files = Vec::new();
        provisioners(&folder, "", &mut files);
        if files.is_empty() {
            continue;
        }
        let sandbox = Sandbox::new("project").with_copy(&folder, &[]);
        let arguments = ["provisioners", "test"].map(str::to_owned);
        let arguments: Vec<String> = arguments.into_iter().chain(files).collect();
        let outcome = sandbox.run(&arguments, b"");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(outcome.exit, 0, "{}\n{stderr}", name.display());
        assert!(!stderr.contains("note:"), "{}\n{stderr}", name.display());
        count += 1;
    }
    assert!(count > 0);
}

/// Adds the provisioner files below a folder, with relative paths.
fn provisioners(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    if !folder.is_dir() {
        return;
    }
    for (name, path) in entries(folder) {
        let relative = format!("{prefix}{}", name.to_str().unwrap());
        if path.is_dir() {
            provisioners(&path, &format!("{relative}/"), found);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains("\nkind: Provisioner\n") {
                found.push(relative);
            }
        }
    }
}
