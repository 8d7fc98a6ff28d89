//! Advice about files that cannot be part of a golden case: links, FIFOs and hostile names.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use sandbox::Sandbox;

/// The message about a folder without Score files that this function prepares.
fn message(prepare: impl Fn(&Path)) -> String {
    let sandbox = Sandbox::new("project");
    prepare(sandbox.folder());
    let outcome = sandbox.run(&["validate".to_owned()], b"");
    assert_eq!(outcome.exit, 2);
    let message = String::from_utf8(outcome.stderr).unwrap();
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn links_that_cannot_be_used_are_named() {
    let dangling = message(|folder| symlink("gone.yaml", folder.join("score.yaml")).unwrap());
    let expected = "`score.yaml` is a link, but its target does not exist";
    assert!(dangling.contains(expected), "{dangling}");
    let other = message(|folder| {
        fs::write(folder.join("a.yaml"), "").unwrap();
        symlink("a.yaml", folder.join("web.score.yaml")).unwrap();
    });
    let expected = "`score-rs generate web.score.yaml`";
    assert!(other.contains(expected), "{other}");
    let outside = message(|folder| symlink("/etc/hostname", folder.join("score.yml")).unwrap());
    assert!(outside.contains("is not in the project"), "{outside}");
}

#[test]
fn other_entries_are_left_out_and_names_are_escaped() {
    let fifo = message(|folder| {
        let mkfifo = Command::new("mkfifo")
            .arg(folder.join("score.yml"))
            .status();
        assert!(mkfifo.unwrap().success());
    });
    assert!(
        fifo.contains("`score-rs init`") && !fifo.contains("score.yml"),
        "{fifo}"
    );
    let hostile = message(|folder| {
        fs::write(folder.join("score-\u{1b}]0;x\u{7}.yml"), "").unwrap();
    });
    let is_escaped = !hostile.contains('\u{1b}');
    assert!(hostile.contains("did you mean") && is_escaped, "{hostile}");
}
