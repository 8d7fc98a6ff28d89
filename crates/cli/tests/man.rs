//! Every command has a manual page.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeSet;
use std::fs;

use sandbox::{Outcome, Sandbox};

fn run(sandbox: &Sandbox, line: &str) -> Outcome {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    sandbox.run(&words, b"")
}

/// The commands below a command, according to its help, with spaces between their names.
fn commands(sandbox: &Sandbox, parent: &str) -> Vec<String> {
    let help = run(sandbox, &format!("{parent} --help")).stdout;
    let help = String::from_utf8(help).unwrap();
    let below = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = below.lines().take_while(|line| line.starts_with("  "));
    // Summaries continue on lines that are indented further.
    let lines = lines.filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    let mut all = Vec::new();
    for name in names {
        let command = format!("{parent} {name}").trim().to_owned();
        all.extend(commands(sandbox, &command));
        all.push(command);
    }
    all
}

#[test]
fn every_command_has_a_page() {
    let sandbox = Sandbox::new("project");
    assert_eq!(run(&sandbox, "man --all pages/man1").exit, 0);
    let mut expected = BTreeSet::from(["pages/man1/score-rs.1".to_owned()]);
    for command in commands(&sandbox, "") {
        let name = command.replace(' ', "-");
        let path = format!("pages/man1/score-rs-{name}.1");
        let page = run(&sandbox, &format!("man {command}")).stdout;
        let text = String::from_utf8(page.clone()).unwrap();
        let name = format!("score\\-rs\\-{}", name.replace('-', "\\-"));
        let summary = format!("\n.SH NAME\n{name} \\- ");
        assert!(text.contains(&summary), "{command}: {text}");
        assert!(text.contains("\n.SH SYNOPSIS\n"), "{command}");
        assert!(fs::read(sandbox.folder().join(&path)).unwrap() == page);
        expected.insert(path);
    }
    assert!(expected.len() > 25, "{expected:?}");
    let written: BTreeSet<String> = sandbox.files().into_keys().collect();
    assert_eq!(written, expected);
}

#[test]
fn pages_replace_only_pages() {
    let sandbox = Sandbox::new("project");
    let page = sandbox.folder().join("score-rs-init.1");
    fs::write(&page, ".TH FOREIGN 1\n").unwrap();
    let refused = run(&sandbox, "man --all .");
    assert_eq!(refused.exit, 2);
    assert_eq!(sandbox.files().len(), 1);
    fs::remove_file(&page).unwrap();
    assert_eq!(run(&sandbox, "man --all .").exit, 0);
    let first = fs::read(&page).unwrap();
    fs::write(&page, [&first, b".\\\" older".as_slice()].concat()).unwrap();
    assert_eq!(run(&sandbox, "man --all .").exit, 0);
    assert!(fs::read(&page).unwrap() == first);
    let again = run(&sandbox, "man --all .").stderr;
    assert!(String::from_utf8(again).unwrap().starts_with("unchanged "));
}
