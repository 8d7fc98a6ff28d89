//! Text from a checkout cannot forge a log: regardless of the contents of names, descriptions,
//! notes and errors, no output controls a terminal, is hidden, or gives a command to a CI system.
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
use std::path::Path;

use sandbox::Sandbox;

/// Text with everything that must be escaped, in a form that is valid as a file name.
const EVIL: &str = "x\n::error::FORGED\n \t::add-mask::FORGED\r::debug::FORGED\u{1b}[31m##[error]F##vso[x]F\u{85}\u{2028}\u{2029}\u{61c}\u{202e}\u{2066}\u{200b}\u{feff}\u{ad}";

/// The same as a YAML string.
fn quoted() -> String {
    let escaped: String = EVIL
        .chars()
        .map(|c| match c {
            ' '..='~' => c.to_string(),
            c => format!("\\U{:08X}", c as u32),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn provisioners() -> String {
    let evil = quoted();
    format!(
        "apiVersion: score-rs/v1
kind: Provisioner
type: evil
description: {evil}
params: {{properties: {{a: {{type: string, description: {evil}}}}}}}
outputs: {{properties: {{out: {{type: string, description: {evil}}}}}}}
values: {{out: {evil}}}
notes: {evil}
tests:
  - name: one
    description: {evil}
    outputs: {{out: {evil}}}
  - name: two
    description: {evil}
    outputs: {{out: other}}
---
apiVersion: score-rs/v1
kind: Provisioner
type: evil
class: fails
params: {{properties: {{why: {{type: string}}}}}}
outputs: {{properties: {{out: {{type: string}}}}}}
values:
  out: \"{{{{ fail(params.why) }}}}\"
---
apiVersion: score-rs/v1
kind: Provisioner
type: evil
class: runs
outputs: {{properties: {{out: {{type: string}}}}}}
run: {{command: [{evil}]}}
values: {{out: a}}
---
apiVersion: score-rs/v1
kind: Provisioner
type: evil
class: writes
outputs: {{properties: {{out: {{type: string}}}}}}
run: {{command: [./write]}}
values: {{out: a}}
"
    )
}

fn spec(class: &str, extra: &str) -> String {
    let evil = quoted();
    let param = if class == "fails" { "why" } else { "a" };
    format!(
        "apiVersion: score.dev/v1b1
metadata:
  name: web
  annotations: {{note: {evil}}}
containers:
  main:
    image: nginx:1
    variables:
      OUT: ${{resources.it.out}}
      EVIL: {evil}
{extra}
resources:
  it: {{type: evil, class: {class}, params: {{{param}: {evil}}}}}
"
    )
}

/// A forged part of the output, if there is any.
fn forged(text: &str, is_github: bool) -> Option<String> {
    let hidden = |c: char| {
        let c = c as u32;
        (c < 0x20 && c != 0x09)
            || (0x7f..=0xa0).contains(&c)
            || [0xad, 0x61c, 0x200b, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff].contains(&c)
    };
    text.lines()
        .find(|line| {
            let own = is_github && (line.starts_with("::error ") || line.starts_with("::warning "));
            let command = !own && line.trim_start().starts_with("::");
            command
                || (!own && (line.contains("##[") || line.contains("##vso[")))
                || line.chars().any(hidden)
        })
        .map(str::to_owned)
}

/// Writes environments with hostile values.
fn write_environments(project: &Path) {
    let evil = quoted();
    fs::create_dir(project.join("environments")).unwrap();
    for name in ["prod", "dev"] {
        let text = format!(
            "apiVersion: score-rs/v1\nkind: Environment\ndescription: {evil}\ntype: {evil}\n\
             variables: {{{name}: {evil}}}\n"
        );
        fs::write(project.join(format!("environments/{name}.yaml")), text).unwrap();
    }
}

/// Commands on environments.
const ON_ENVIRONMENTS: &[&[&str]] = &[
    &["env", "list"],
    &["env", "list", "-f", "json"],
    &["env", "show", EVIL],
    &["env", "show", "prod"],
    &["env", "show", "-f", "json", "prod"],
    &["env", "show", "prod", EVIL],
    &["env", "diff", "dev", "prod"],
    &["env", "diff", EVIL, "prod"],
    &["state", "list", "--env", EVIL],
];

#[test]
fn no_line_is_forged() {
    let sandbox = Sandbox::new("project");
    let write = |path: &str, text: &str| fs::write(sandbox.folder().join(path), text).unwrap();
    let name = format!("{}.score.yaml", EVIL.replace('\t', ""));
    write(&name, &spec("default", ""));
    write("fails.score.yaml", &spec("fails", "    imgae: a"));
    write("fails.yaml", &spec("fails", ""));
    write("runs.yaml", &spec("runs", ""));
    write("writes.yaml", &spec("writes", ""));
    write("broken.yaml", &format!("{}: [\n", quoted()));
    let evil = quoted();
    write(
        "types.yaml",
        &spec("default", "").replace("image: nginx:1", &format!("image: [{evil}]\n    {evil}: a")),
    );
    write("evil.provisioners.yaml", &provisioners());
    write_environments(sandbox.folder());
    write(
        "score-rs.yaml",
        "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [evil.provisioners.yaml]\n",
    );
    let script = sandbox.folder().join("write");
    let bytes = format!("#!/bin/sh\ncat >&2 <<'END'\n{EVIL}\nEND\nexit 1\n");
    fs::write(&script, bytes).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    write(
        "state.json",
        &serde_json::json!({"version": "score-rs/state/v1", "resources": {}}).to_string(),
    );

    let all: [&[&str]; 4] = [
        &[&name],
        &["fails.score.yaml"],
        &["types.yaml"],
        &["broken.yaml"],
    ];
    let mut commands: Vec<Vec<&str>> = Vec::new();
    for files in all {
        for format in ["human", "json", "sarif", "github", "junit"] {
            commands.push([&["validate", "-v", "--format", format], files].concat());
        }
        for target in ["compose", "kubernetes", "helm"] {
            commands.push([&["generate", "-v", "-t", target], files].concat());
            commands.push(
                [
                    &["generate", "-v", "-t", target, "--check", "--diff"],
                    files,
                ]
                .concat(),
            );
        }
    }
    for file in ["fails.yaml", "runs.yaml", "writes.yaml"] {
        commands.push(vec!["generate", "-v", file]);
        commands.push(vec!["validate", "-v", file]);
    }
    let absent = format!("{EVIL}/absent");
    commands.extend([
        vec!["validate"],
        vec!["generate", &absent],
        vec!["generate", &name, "-o", &absent],
        vec!["resources", "list", &name],
        vec!["resources", "list", "-f", "json", &name],
        vec!["resources", "get-outputs", EVIL, &name],
        vec!["resources", "get-outputs", "-f", "json", EVIL, &name],
        vec!["provisioners", "list"],
        vec!["provisioners", "list", "-f", "json"],
        vec!["provisioners", "show", "evil"],
        vec!["provisioners", "show", "-f", "json", "evil"],
        vec!["provisioners", "show", EVIL],
        vec!["provisioners", "test"],
        vec!["provisioners", "test", "--update"],
        vec!["provisioners", "explain", EVIL, &name],
        vec!["provisioners", "add", EVIL],
        vec!["provisioners", "new", EVIL],
        vec!["state", "show", EVIL],
        vec!["state", "list", "--state", &absent],
        vec!["init", "-f", &absent],
    ]);
    commands.extend(ON_ENVIRONMENTS.iter().map(|words| words.to_vec()));
    let uid = "evil.default#web.it";
    commands.extend([
        vec!["resources", "get-outputs", "-f", "json", uid, &name],
        vec!["provisioners", "explain", uid, &name],
        vec!["provisioners", "explain", "-f", "json", uid, &name],
    ]);
    for words in commands {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let outcome = sandbox.run(&words, b"");
        for stream in [&outcome.stdout, &outcome.stderr] {
            let text = String::from_utf8(stream.clone()).unwrap();
            let line = forged(&text, words.contains(&"github".to_owned()));
            assert_eq!(line, None, "{words:?}\n{text}");
        }
    }
}
