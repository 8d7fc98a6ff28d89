//! The secrets of the whole catalogue: they are derived from the project key alone, and are only in
//! Compose files below `.score-rs` and in Secret objects of Kubernetes, but not in charts.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use sandbox::{Files, Outcome, Sandbox};
use score_compiler::targets;
use score_spec::{Kind, Node, Sources, parse};
use serde_json::Value;

/// Two keys; they protect nothing.
const KEYS: [&str; 2] = [
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
];

/// The params of types that require some, and the id of one that names a workload.
const PARAMS: [(&str, &str); 4] = [
    ("endpoint", "{port: http}, id: web"),
    ("route", "{host: a.example, path: /, port: http}"),
    ("service-port", "{workload: web, port: http}"),
    ("volume", "{size: 1Gi}"),
];

/// A workload that uses every type of the catalogue, with every output in a variable and in a file.
fn spec(types: &Value) -> String {
    let (mut variables, mut resources, mut file) = (String::new(), String::new(), String::new());
    for known in types.as_array().unwrap() {
        let kind = known["type"].as_str().unwrap();
        let name = if kind == "service" { "web" } else { kind };
        let params = PARAMS.iter().find(|(other, _)| *other == kind);
        let params = params.map_or(String::new(), |(_, params)| format!(", params: {params}"));
        let _ = writeln!(resources, "  {name}: {{type: {kind}{params}}}");
        let outputs = known["outputs"].as_object().unwrap().keys();
        let any = (known["any_output"] == true).then_some("NAME");
        for output in outputs.map(String::as_str).chain(any) {
            let variable = format!("{kind}_{output}").to_uppercase().replace('-', "_");
            let placeholder = format!("${{resources.{name}.{output}}}");
            let _ = writeln!(variables, "      {variable}: \"<{placeholder}>\"");
            // Compose does not write environment variables to files.
            if Some(output) != any {
                let _ = writeln!(file, "          {output}={placeholder}");
            }
        }
    }
    format!(
        "apiVersion: score.dev/v1b1
metadata: {{name: web}}
service: {{ports: {{http: {{port: 80}}}}}}
containers:
  main:
    image: nginx:1
    variables:
{variables}    files:
      /etc/all:
        content: |
{file}    volumes:
      /data: {{source: \"${{resources.volume}}\"}}
resources:
{resources}"
    )
}

/// A project with a key that uses the whole catalogue.
struct Project(Sandbox);

impl Project {
    fn new(key: &str) -> Self {
        let variables = [("SCORE_RS_KEY", ""), ("NAME", "a value")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let project = Self(Sandbox::new("project").with_environment(&variables));
        let own = project.0.folder().join(".score-rs");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("key"), key).unwrap();
        fs::set_permissions(own.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
        let types = project.run(&["provisioners", "list", "-f", "json"]).stdout;
        let types: Value = serde_json::from_slice(&types).unwrap();
        assert!(types.as_array().unwrap().len() >= 20);
        project.write("score.yaml", &spec(&types));
        project.write(
            "score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\npermissions: {environment: [NAME]}\n",
        );
        project
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.folder().join(path), text).unwrap();
    }

    /// Runs a command that may fail.
    fn try_run(&self, words: &[&str]) -> Outcome {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.0.run(&words, b"")
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let outcome = self.try_run(words);
        let said = String::from_utf8_lossy(&outcome.stderr);
        assert_eq!(outcome.exit, 0, "{words:?}\n{said}");
        outcome
    }

    /// Renders for all targets, and returns the written files without the key.
    fn generate(&self) -> Files {
        for target in targets() {
            self.run(&["generate", "-t", target.name()]);
        }
        let mut files = self.0.files();
        files.remove(".score-rs/key");
        files
    }

    /// The values of all secrets in outputs.
    fn secrets(&self) -> BTreeSet<String> {
        let list = self.run(&["resources", "list", "-f", "json"]).stdout;
        let list: Value = serde_json::from_slice(&list).unwrap();
        let mut secrets = BTreeSet::new();
        for resource in list.as_array().unwrap() {
            let uid = resource["uid"].as_str().unwrap();
            let words = ["resources", "get-outputs", uid];
            let sealed = self.run(&words).stdout;
            let open = self.run(&[&words[..], &["--show-secrets"]].concat()).stdout;
            let [sealed, open] = [sealed, open].map(|text| {
                let outputs: Value = serde_json::from_slice(&text).unwrap();
                outputs.as_object().unwrap().clone()
            });
            for (name, sealed) in &sealed {
                let texts = [sealed.as_str(), open[name].as_str()];
                if let [Some(sealed), Some(open)] = texts {
                    secrets.extend(revealed(sealed, open));
                }
            }
        }
        // About two for each server and user.
        assert!(secrets.len() >= 12, "{}", secrets.len());
        assert!(secrets.iter().all(|it| it.len() >= 16), "{secrets:?}");
        secrets
    }
}

/// The parts of `open` at the positions of `[redacted]` in `sealed`.
fn revealed(sealed: &str, open: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut parts = sealed.split("[redacted]");
    let mut rest = open.strip_prefix(parts.next().unwrap()).unwrap();
    for part in parts {
        let end = if part.is_empty() {
            rest.len()
        } else {
            rest.find(part).unwrap()
        };
        found.push(rest[..end].to_owned());
        rest = &rest[end + part.len()..];
    }
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The secrets in `text`.
fn found<'a>(text: &str, secrets: &'a BTreeSet<String>) -> Vec<&'a str> {
    let secrets = secrets.iter().map(String::as_str);
    secrets.filter(|secret| text.contains(secret)).collect()
}

#[test]
fn losing_all_but_the_key_changes_nothing() {
    let project = Project::new(KEYS[0]);
    let first = project.generate();
    assert_eq!(
        project.generate().keys().collect::<Vec<_>>(),
        first.keys().collect::<Vec<_>>()
    );
    let written = |path: &&String| !["score.yaml", "score-rs.yaml"].contains(&path.as_str());
    for path in first.keys().filter(written) {
        fs::remove_file(project.0.folder().join(path)).unwrap();
    }
    let again = project.generate();
    compare(&first, &again);
    // The same applies to another machine with the key in a variable.
    let other = Project::new(KEYS[1]);
    fs::remove_dir_all(other.0.folder().join(".score-rs")).unwrap();
    let variable = [("SCORE_RS_KEY".to_owned(), KEYS[0].to_owned())];
    let other = Project(other.0.with_environment(&variable));
    compare(&first, &other.generate());
}

fn compare(first: &Files, second: &Files) {
    assert_eq!(
        first.keys().collect::<Vec<_>>(),
        second.keys().collect::<Vec<_>>()
    );
    for (path, saved) in first {
        assert!(saved == &second[path], "{path} differs");
    }
}

#[test]
fn another_key_changes_secrets_only() {
    let masked = KEYS.map(|key| {
        let project = Project::new(key);
        let secrets = project.secrets();
        let mut files = project.generate();
        for saved in files.values_mut() {
            let mut content = text(&saved.content);
            for secret in &secrets {
                content = content.replace(secret, "[secret]");
            }
            saved.content = content.into_bytes();
        }
        (files, secrets)
    });
    let [(first, some), (second, others)] = masked;
    assert!(some.is_disjoint(&others));
    compare(&first, &second);
    let all: String = first.values().map(|saved| text(&saved.content)).collect();
    assert!(all.matches("[secret]").count() > 2 * some.len());
}

#[test]
fn secrets_stand_only_where_they_may() {
    let project = Project::new(KEYS[0]);
    let secrets = project.secrets();
    let files = project.generate();
    let mut seen = BTreeSet::new();
    for (path, saved) in &files {
        let content = text(&saved.content);
        let all = found(&content, &secrets);
        seen.extend(all.iter().copied());
        match path.as_str() {
            "manifests.yaml" => {
                assert_eq!(saved.mode, 0o600);
                assert_eq!(outside_of_secrets(&content, &secrets), Vec::<&str>::new());
            }
            // The mode of a mounted file with a secret lets the user of the container read it.
            path if path.starts_with(".score-rs/compose/") => {
                let file = path.ends_with("/etc/all");
                assert!(file || all.is_empty() || saved.mode == 0o600, "{path}");
            }
            path => assert_eq!(all, Vec::<&str>::new(), "{path}"),
        }
    }
    assert_eq!(seen.len(), secrets.len());
    assert!(files.contains_key("chart/templates/web-deployment.yaml"));
    // The folder around these files is accessible only to its owner.
    let own = fs::metadata(project.0.folder().join(".score-rs/compose")).unwrap();
    assert_eq!(own.permissions().mode() & 0o777, 0o700);
}

/// The secrets in objects that are not Secrets.
fn outside_of_secrets<'a>(content: &str, secrets: &'a BTreeSet<String>) -> Vec<&'a str> {
    let mut sources = Sources::new();
    let id = sources.add("manifests.yaml", content);
    let parsed = parse(&sources, id);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let mut texts = String::new();
    for document in &parsed.documents {
        let kind = document.get("kind").and_then(Node::text);
        if kind != Some("Secret") {
            collect(document, &mut texts);
        }
    }
    assert!(texts.contains("secretKeyRef"));
    // Comments are included too, because they are outside of Secret objects.
    let comments = content
        .lines()
        .filter(|line| line.trim_start().starts_with('#'));
    texts.extend(comments);
    found(&texts, secrets)
}

fn collect(node: &Node, texts: &mut String) {
    match &node.kind {
        Kind::Text(text) => {
            texts.push_str(text);
            texts.push('\n');
        }
        Kind::List(items) => items.iter().for_each(|item| collect(item, texts)),
        Kind::Map(entries) => {
            for entry in entries {
                texts.push_str(&entry.key);
                texts.push('\n');
                collect(&entry.value, texts);
            }
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => {}
    }
}

/// Changes of the project that cause diagnostics about values with secrets.
const FAULTS: [(&str, &str); 8] = [
    (
        "metadata: {name: web}",
        "metadata: {name: web, note: \"${resources.redis.password}\"}",
    ),
    (
        "    image: nginx:1",
        "    image: nginx:1\n    args: [\"${resources.redis.password}\"]",
    ),
    (
        "    image: nginx:1",
        "    image: nginx:1\n    livenessProbe: {exec: {command: [\"${resources.redis.password}\"]}}",
    ),
    ("{size: 1Gi}", "{size: \"${resources.redis.password}\"}"),
    (
        "{host: a.example,",
        "{host: \"${resources.redis.password}\",",
    ),
    ("path: /,", "path: \"/${resources.redis.password}\","),
    ("port: http}}", "port: \"${resources.redis.password}\"}}"),
    (
        "${resources.redis.password}",
        "${resources.redis.password.deeper}",
    ),
];

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let project = Project::new(KEYS[0]);
    let secrets = project.secrets();
    let good = fs::read_to_string(project.0.folder().join("score.yaml")).unwrap();
    let faulty = FAULTS.map(|(from, to)| {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        bad
    });
    for (at, spec) in std::iter::once(&good).chain(&faulty).enumerate() {
        project.write("score.yaml", spec);
        let commands = commands();
        let of_fault = |it: &&String| at == 0 || !it.starts_with("resources");
        for words in commands.iter().filter(of_fault) {
            let words: Vec<&str> = words.split(' ').collect();
            let outcome = project.try_run(&words);
            assert!(outcome.exit == 0 || at > 0, "{words:?}");
            let mut printed = text(&outcome.stderr);
            if words.contains(&"kubernetes") && words.contains(&"-o") {
                // The objects themselves.
                let said = text(&outcome.stdout);
                if !said.is_empty() {
                    assert_eq!(outside_of_secrets(&said, &secrets), Vec::<&str>::new());
                }
            } else {
                printed.push_str(&text(&outcome.stdout));
            }
            assert_eq!(
                found(&printed, &secrets),
                Vec::<&str>::new(),
                "{at} {words:?}"
            );
            assert!(!printed.contains(KEYS[0]), "{at} {words:?}");
        }
    }
}

/// All commands that print something about a project.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    for target in targets() {
        let (target, is_folder) = (target.name(), target.is_folder());
        for format in ["human", "json", "sarif", "github", "junit"] {
            commands.push(format!("validate -vv -t {target} -f {format}"));
        }
        for command in [
            "generate -vv",
            "generate -vv --diff --chart-name other -n other --app-version 2",
            if is_folder {
                "generate -vv --package"
            } else {
                "generate -vv -o -"
            },
            "resources list -vv",
            "resources list -vv -f json",
            "resources get-outputs -vv redis.default#web.redis",
            "resources get-outputs -vv redis.default#web.redis -f yaml",
            "resources get-outputs -vv mongodb.default#web.mongodb",
            "provisioners explain -vv redis.default#web.redis",
            "provisioners explain -vv redis.default#web.redis -f json",
        ] {
            commands.push(format!("{command} -t {target}"));
        }
    }
    commands
}
