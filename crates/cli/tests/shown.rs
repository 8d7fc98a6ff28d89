//! The output of `generate --diff` and `--check` never contains a secret, however short it is, in
//! any format, of this run or an earlier one.
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

use sandbox::{Outcome, Sandbox};

/// Another key than the usual one; it protects nothing.
const OTHER_KEY: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

const SPEC: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables:
      PIN: ${resources.lock.pin}
      GIVEN: <${resources.lock.given}>
    files:
      /etc/lock.conf:
        content: |
          pin=${resources.lock.pin}
          given=${resources.lock.given}
resources:
  lock: {type: lock}
";

const PROVISIONER: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: lock
outputs:
  properties:
    pin: {type: string, secret: true}
    given: {type: string, secret: true}
run: {command: [./answer], timeout: 60}
values:
  pin: \"{{ secret('pin', length=4, alphabet='0123456789') }}\"
  given: \"{{ run.given }}\"
kubernetes:
  - apiVersion: v1
    kind: Secret
    metadata: {name: \"{{ name() }}-raw\"}
    stringData:
      both: \"{{ secret('pin', length=4, alphabet='0123456789') }} {{ run.given }}\"
";

/// A project with two secrets: a number of four digits returned by a command, and one derived from
/// the key.
struct Project(Sandbox);

impl Project {
    fn new() -> Self {
        let project = Self(Sandbox::new("project"));
        project.write("score.yaml", SPEC);
        project.write("lock.provisioners.yaml", PROVISIONER);
        project.write(
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [lock.provisioners.yaml]\n",
        );
        project.answer("4711");
        project
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.folder().join(path), text).unwrap();
    }

    /// Sets the answer of the command.
    fn answer(&self, given: &str) {
        let script = format!(
            "#!/bin/sh\ncat >/dev/null\necho '{{\"version\": \"score-rs/run/v1\", \"secrets\": {{\"given\": \"{given}\"}}}}'\n"
        );
        self.write("answer", &script);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.0.folder().join("answer"), mode).unwrap();
    }

    fn with_key(self, key: &str) -> Self {
        Self(
            self.0
                .with_environment(&[("SCORE_RS_KEY".to_owned(), key.to_owned())]),
        )
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.0.run(&words, b"")
    }

    #[track_caller]
    fn succeed(&self, words: &[&str]) -> String {
        let outcome = self.run(words);
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(outcome.exit, 0, "{words:?}\n{said}");
        String::from_utf8(outcome.stdout).unwrap()
    }

    /// The secret derived from the key. After this call, the state contains the answer of the
    /// command for the target.
    fn pin(&self, target: &str) -> String {
        let uid = "lock.default#web.lock";
        let outputs = self.succeed(&[
            "resources",
            "get-outputs",
            uid,
            "--target",
            target,
            "--run",
            "--show-secrets",
            "-f",
            "json",
        ]);
        let outputs: serde_json::Value = serde_json::from_str(&outputs).unwrap();
        outputs["pin"].as_str().unwrap().to_owned()
    }

    /// The printed differences.
    #[track_caller]
    fn difference(&self, words: &[&str], secrets: &[&str]) -> String {
        let words = [words, &["--check", "--diff"]].concat();
        let outcome = self.run(&words);
        let shown = [outcome.stdout, outcome.stderr].concat();
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(outcome.exit, 1, "{words:?}\n{shown}");
        for secret in secrets {
            assert!(
                !shown.contains(secret),
                "{words:?} shows {secret}:\n{shown}"
            );
        }
        shown
    }
}

#[test]
fn no_secret_is_shown_in_any_format() {
    let kubernetes = ["generate", "-t", "kubernetes"];
    let mut ways: Vec<Vec<&str>> = vec![
        vec!["generate"],
        vec!["generate", "-t", "helm"],
        vec!["generate", "-t", "helm", "--chart-per-workload"],
        vec!["generate", "-t", "helm", "--package"],
    ];
    for format in ["yaml", "kyaml", "json"] {
        for secrets in ["inline", "separate", "external"] {
            for place in [["-o", "out.yaml"], ["--output-dir", "out"]] {
                let options = ["--format", format, "--secrets", secrets];
                ways.push([&kubernetes[..], &options, &place].concat());
            }
        }
    }
    for way in ways {
        let project = Project::new();
        let target = way.get(2).unwrap_or(&"compose");
        let pin = project.pin(target);
        // None of the files exist yet.
        let shown = project.difference(&way, &["4711", &pin]);
        let is_inline = way.contains(&"inline");
        assert_eq!(shown.contains("[redacted]"), is_inline, "{way:?}\n{shown}");
        // All files exist, with other secrets.
        project.succeed(&way);
        project.answer("5822");
        let text = SPEC.replace("image: nginx:1", "image: httpd:1");
        project.write("score.yaml", &text);
        let project = project.with_key(OTHER_KEY);
        let other = project.pin(target);
        assert_ne!(pin, other);
        let shown = project.difference(&way, &["4711", "5822", &pin, &other]);
        if !way.contains(&"json") && !way.contains(&"--package") {
            assert!(shown.contains("httpd"), "{way:?}\n{shown}");
        }
    }
}

/// A file that cannot be parsed could contain a secret anywhere.
#[test]
fn lines_of_a_file_that_cannot_be_read_are_not_shown() {
    let project = Project::new();
    project.pin("kubernetes");
    project.write(
        "manifests.yaml",
        "# Written by score-rs 0\nkind: Secret\ndata: {a: 4711\n",
    );
    let shown = project.difference(&["generate", "-t", "kubernetes"], &["4711"]);
    assert!(shown.contains("are not shown"), "{shown}");
}

/// Manifests with the checksum may be public: with a plain digest, 10,000 attempts would be enough
/// to find four digits.
#[test]
fn a_checksum_follows_from_the_key() {
    let words = [
        "generate",
        "-t",
        "kubernetes",
        "--secrets",
        "separate",
        "-o",
        "m.yaml",
    ];
    let checksums = |project: &Project| {
        project.succeed(&words);
        let manifests = fs::read_to_string(project.0.folder().join("m.yaml")).unwrap();
        assert!(!manifests.contains("4711"));
        let lines = manifests.lines().map(str::trim);
        let found: Vec<String> = lines
            .filter(|line| line.starts_with("checksum/"))
            .map(str::to_owned)
            .collect();
        assert_eq!(found.len(), 2, "{manifests}");
        found
    };
    let project = Project::new();
    let first = checksums(&project);
    assert_eq!(checksums(&project), first);
    project.answer("4712");
    let second = checksums(&project);
    assert!(first.iter().zip(&second).all(|(one, other)| one != other));
    project.answer("4711");
    assert_eq!(checksums(&project), first);
    let other = checksums(&project.with_key(OTHER_KEY));
    assert!(first.iter().zip(&other).all(|(one, other)| one != other));
    // Later runs use the key that the first run created.
    let project = Project::new().with_key("");
    let first = checksums(&project);
    assert_eq!(checksums(&project), first);
}
