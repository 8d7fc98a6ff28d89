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
        // Programs have their own tests.
        if !folder.is_dir() || folder.join("Cargo.toml").exists() {
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
