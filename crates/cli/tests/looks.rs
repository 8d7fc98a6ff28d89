//! Read-only runs start no command: `generate --check` and `--diff`, `resources get-outputs` and
//! `validate` use the answers in the state.
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
use std::os::unix::fs::PermissionsExt as _;

use sandbox::Sandbox;

const SPEC: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables: {URL: \"${resources.lock.url}\", PIN: \"${resources.lock.pin}\"}
resources:
  lock: {type: lock, params: {size: 1}}
";

const PROVISIONER: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: lock
params: {properties: {size: {}}}
outputs: {properties: {url: {}, pin: {secret: true}}}
run: {command: [./answer], timeout: 60}
values: {url: \"{{ run.url }}\", pin: \"{{ run.pin }}\"}
";

/// A command that counts its calls in a file.
const ANSWER: &str = "#!/bin/sh
echo >>calls
echo '{\"version\": \"score-rs/run/v1\", \"values\": {\"url\": \"https://a\"}, \"secrets\": {\"pin\": \"4711\"}}'
";

const UID: &str = "lock.default#web.lock";

struct Project(Sandbox);

impl Project {
    fn new() -> Self {
        let project = Self(Sandbox::new("project"));
        project.write("score.yaml", SPEC);
        project.write("lock.provisioners.yaml", PROVISIONER);
        let text =
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [lock.provisioners.yaml]\n";
        project.write("score-rs.yaml", text);
        project.write("answer", ANSWER);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(project.0.folder().join("answer"), mode).unwrap();
        project
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.folder().join(path), text).unwrap();
    }

    /// Runs a command, and returns its output and the number of calls of the provisioner command so
    /// far.
    #[track_caller]
    fn run(&self, words: &str, exit: i32) -> (String, usize) {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let outcome = self.0.run(&words, b"");
        let printed = String::from_utf8([outcome.stdout, outcome.stderr].concat()).unwrap();
        assert_eq!(outcome.exit, exit, "{words:?}\n{printed}");
        let calls = fs::read_to_string(self.0.folder().join("calls"));
        (printed, calls.unwrap_or_default().lines().count())
    }

    /// Runs all read-only commands. Their exit codes depend on whether the answer is known.
    #[track_caller]
    fn look(&self, is_known: bool) -> String {
        let get = format!("resources get-outputs {UID}");
        let (_, before) = self.run("validate", 0);
        let mut all = String::new();
        for (words, known, unknown) in [
            ("validate -t kubernetes", 0, 0),
            ("generate --check", 0, 1),
            ("generate --diff", 0, 0),
            ("generate --check --diff", 0, 1),
            ("resources list", 0, 0),
            (&get, 0, 2),
            (&format!("{get} --show-secrets"), 0, 2),
        ] {
            let (printed, calls) = self.run(words, if is_known { known } else { unknown });
            assert_eq!(calls, before, "{words}");
            all.push_str(&printed);
        }
        // Messages contain line breaks.
        let words: Vec<&str> = all.split_whitespace().filter(|it| *it != "│").collect();
        words.join(" ")
    }
}

#[test]
fn runs_that_look_start_no_command() {
    let project = Project::new();
    let shown = project.look(false);
    assert!(
        shown.contains("state/unknown-answer") && shown.contains(UID),
        "{shown}"
    );
    assert!(shown.contains("`./answer`"), "{shown}");
    assert!(!project.0.folder().join("compose.yaml").exists());

    let (_, calls) = project.run("generate", 0);
    assert_eq!(calls, 1);
    let shown = project.look(true);
    assert!(!shown.contains("state/unknown-answer"), "{shown}");
    assert!(
        shown.contains("up to date") && shown.contains("\"pin\": \"4711\""),
        "{shown}"
    );

    let state = fs::read_to_string(project.0.folder().join(".score-rs/state.json")).unwrap();
    assert!(
        state.contains("https://a") && !state.contains("4711"),
        "{state}"
    );
}

/// The same request to another program is another question.
#[test]
fn a_changed_program_has_no_answer() {
    let project = Project::new();
    project.run("generate", 0);
    let (printed, _) = project.run("plan", 0);
    assert!(printed.contains("nothing changes"), "{printed}");

    project.write("answer", &ANSWER.replace("https://a", "https://evil"));
    let shown = project.look(false);
    assert!(shown.contains("or the program, was different"), "{shown}");
    let (printed, calls) = project.run("plan", 0);
    assert!(
        printed.contains("unknown") && !printed.contains("nothing changes"),
        "{printed}"
    );
    assert_eq!(calls, 1);
    project.run("generate", 0);
    project.look(true);
}

#[test]
fn what_is_not_known_is_named() {
    let project = Project::new();
    project.run("generate", 0);
    project.write("score.yaml", &SPEC.replace("size: 1", "size: 2"));
    let shown = project.look(false);
    assert!(
        shown.contains("the last request, or the program, was different"),
        "{shown}"
    );
    let (printed, calls) = project.run(&format!("resources get-outputs {UID} --run"), 0);
    assert!(printed.contains("https://a"), "{printed}");
    assert_eq!(calls, 2);
    project.run("generate", 0);
    project.look(true);

    let other = "ff".repeat(32);
    let project = Project(
        project
            .0
            .with_environment(&[("SCORE_RS_KEY".to_owned(), other)]),
    );
    let shown = project.look(false);
    assert!(shown.contains("another project key"), "{shown}");
}
