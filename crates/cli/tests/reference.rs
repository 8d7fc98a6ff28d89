//! The command-line reference `docs/cli.md` is generated from the help texts. `UPDATE=1` rewrites
//! it.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test runs the command and reads files"
)]

#[path = "sandbox/binary.rs"]
mod binary;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use binary::binary;

/// Every command with a separate help text.
const COMMANDS: &[&str] = &[
    "",
    "generate",
    "validate",
    "explain",
    "schema",
    "init",
    "resources",
    "resources list",
    "resources get-outputs",
    "state",
    "state list",
    "state show",
    "state remove",
    "state move",
    "provisioners",
    "provisioners list",
    "provisioners show",
    "provisioners explain",
    "provisioners new",
    "provisioners add",
    "provisioners install",
    "provisioners update",
    "provisioners remove",
    "provisioners test",
    "completions",
    "man",
    "version",
    "check-version",
];

fn help(command: &str) -> String {
    let output = Command::new(binary())
        .args(command.split_whitespace())
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_reference_is_up_to_date() {
    let mut page = String::from(
        "# Command-line reference\n\nThis page is generated from the `--help` output of each command.\n",
    );
    for command in COMMANDS {
        let title = format!("score-rs {command}");
        let lines: Vec<String> = help(command)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        let _ = write!(
            page,
            "\n## `{}`\n\n```text\n{}\n```\n",
            title.trim(),
            lines.join("\n")
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(known, page, "docs/cli.md differs; UPDATE=1 rewrites it");
}

/// Otherwise a command that is missing in the reference would go unnoticed.
#[test]
fn every_command_is_in_the_reference() {
    for parent in ["", "resources", "provisioners"] {
        let text = help(parent);
        let below = text.split("Commands:\n").nth(1).unwrap();
        for line in below.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap();
            let command = format!("{parent} {name}");
            let known = name == "help" || COMMANDS.contains(&command.trim());
            assert!(known, "{command}");
        }
    }
}
