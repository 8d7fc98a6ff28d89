//! Programs print the expected output. `UPDATE=1` updates the expected files.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test starts programs and reads files"
)]

use std::process::Command;

fn check(name: &str, program: &str, code: i32) {
    let output = Command::new(program).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{name}");
    assert_eq!(output.status.code(), Some(code), "{name}");
    let found = String::from_utf8(output.stdout).unwrap();
    let path = format!("{}/expected/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{path} differs from:\n{found}");
}

#[test]
fn validate() {
    check("validate", env!("CARGO_BIN_EXE_validate"), 1);
}

#[test]
fn two_targets() {
    check("two_targets", env!("CARGO_BIN_EXE_two_targets"), 0);
}

#[test]
fn provisioner() {
    check("provisioner", env!("CARGO_BIN_EXE_provisioner"), 0);
}

#[test]
fn target() {
    check("target", env!("CARGO_BIN_EXE_target"), 0);
}
