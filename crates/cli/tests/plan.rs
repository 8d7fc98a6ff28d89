//! `score-rs plan` compared with Git revisions, with output on disk that is missing, edited or broken, and in checkouts
//! of strangers. `tests/cases/plan` has a case for each class of changes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]
#![cfg(unix)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

#[path = "plan/checkouts.rs"]
mod checkouts;
#[path = "plan/delivery.rs"]
mod delivery;
#[path = "plan/disk.rs"]
mod disk;
#[path = "plan/environments.rs"]
mod environments;
#[path = "plan/formats.rs"]
mod formats;
#[path = "plan/repositories.rs"]
mod repositories;
#[path = "plan/shop.rs"]
mod shop;

use std::fs;
use std::process::Command;

use sandbox::{Outcome, Sandbox};
use serde_json::Value;

/// A workload with a variable.
pub(crate) const WEB: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables: {COLOR: red}
service: {ports: {http: {port: 80}}}
";

pub(crate) const PROJECT: &str =
    "apiVersion: score-rs/v1\nkind: Project\nname: shop\ntarget: kubernetes\n";

/// A project in a Git repository.
pub(crate) struct Project(pub(crate) Sandbox);

/// The printed text of a run, with line breaks as spaces.
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// A repository whose only commit has these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(Sandbox::new("project"));
        for (path, text) in files {
            project.write(path, text);
        }
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit();
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        sandbox::write(&self.0, path, text);
    }

    /// Replaces a part of a file.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let file = self.0.folder().join(path);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        fs::write(file, text.replace(from, to)).unwrap();
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "a"]);
    }

    #[track_caller]
    pub(crate) fn git(&self, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        command.args(["-c", "protocol.file.allow=always"]);
        command.args(words).current_dir(self.0.folder());
        let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `plan` with further words, which must end with this exit code.
    #[track_caller]
    pub(crate) fn plan(&self, words: &str, exit: i32) -> Printed {
        let line = format!("plan {words}");
        let outcome = sandbox::run(&self.0, line.trim());
        let found = outcome.exit;
        let printed = Printed::of(outcome);
        let Printed { stdout, stderr } = &printed;
        assert_eq!(found, exit, "{line}\n{stdout}\n{stderr}");
        printed
    }

    /// The JSON of a plan.
    #[track_caller]
    pub(crate) fn json(&self, words: &str, exit: i32) -> Value {
        let printed = self.plan(&format!("{words} -f json"), exit);
        serde_json::from_str(&printed.stdout).unwrap()
    }

    /// The changes of the only environment as lines `CLASS SUBJECT PATH FILE:LINE`.
    #[track_caller]
    pub(crate) fn changes(&self, words: &str, exit: i32) -> Vec<String> {
        let json = self.json(words, exit);
        let changes = json["environments"][0]["changes"].as_array().unwrap();
        changes.iter().map(change).collect()
    }
}

impl Printed {
    fn of(outcome: Outcome) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            stdout: text(outcome.stdout),
            stderr: text(outcome.stderr),
        }
    }

    /// All text with line breaks and frames as spaces.
    pub(crate) fn words(&self) -> String {
        let all = format!("{} {}", self.stdout, self.stderr);
        let words = all.split_whitespace().filter(|it| *it != "│");
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A change as a line.
fn change(change: &Value) -> String {
    let text = |name: &str| change[name].as_str().unwrap_or_default();
    let object = &change["object"];
    let subject = match object["kind"].as_str() {
        Some(kind) => format!("{kind}/{}", object["name"].as_str().unwrap()),
        None => text("resource").to_owned(),
    };
    let place = &change["place"];
    let place = match (place["file"].as_str(), place["line"].as_u64()) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        _ => "-".to_owned(),
    };
    format!("{} {subject} {} {place}", text("class"), text("path"))
}
