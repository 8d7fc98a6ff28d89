//! The tests of the built-in catalogue, and the files that `provisioners test --update` changes, for situations
//! that cases cannot show.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

use sandbox::Sandbox;
use score_compiler::targets;
#[cfg(unix)]
use score_spec::{Node, Sources, parse};

const PROVISIONER: &str = "\
apiVersion: score-rs/v1
kind: Provisioner
type: cache
outputs: {properties: {host: {}}}
values: {host: cache}
tests:
  - name: defaults
";

fn test(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String) {
    let words = ["provisioners", "test"].iter().chain(arguments);
    let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
    let outcome = sandbox.run(&words, b"");
    (outcome.exit, String::from_utf8(outcome.stderr).unwrap())
}

fn write(sandbox: &Sandbox, path: &str, text: &str) {
    let path = sandbox.folder().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The tests of each built-in provisioner pass on all targets. They are in files that extend it, because the binary
/// contains the catalogue.
#[test]
fn the_catalogue_passes_its_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../provisioners/tests");
    if !tests.is_dir() {
        // A published package has no catalogue.
        return;
    }
    let sandbox = Sandbox::new("project").with_copy(&tests, &[]);
    for (kind, _) in score_provisioners::BUILTIN {
        let text = fs::read_to_string(tests.join(format!("{kind}.yaml"))).unwrap_or_default();
        let head = format!("kind: Provisioner\ntype: {kind}\nextends: {kind}\ntests:\n");
        assert!(
            text.contains(&head),
            "provisioners/tests/{kind}.yaml has only tests of the built-in provisioner for `{kind}`"
        );
    }
    let (exit, said) = test(&sandbox, &["."]);
    assert_eq!(exit, 0, "{said}");
    for (kind, _) in score_provisioners::BUILTIN {
        for target in targets() {
            let passed = said.lines().any(|line| {
                let mut words = line.split_whitespace();
                let words = [words.next(), words.next(), words.next_back()];
                words == [Some("ok"), Some(*kind), Some(target.name())]
            });
            assert!(passed, "`{kind}` has no test for {}\n{said}", target.name());
        }
    }
    assert!(!said.contains("note:"), "{said}");
    assert_eq!(
        fs::read_dir(&tests).unwrap().count(),
        score_provisioners::BUILTIN.len()
    );
}

/// The jobs of the catalogue end even if their server never responds: each script fails, with commands that always fail
/// and without waiting. Engines then show the failure, and repeat the job a limited number of times.
#[cfg(unix)]
#[test]
fn jobs_of_the_catalogue_end_without_a_server() {
    let mut jobs = 0;
    for (kind, text) in score_provisioners::BUILTIN {
        let mut sources = Sources::new();
        let id = sources.add(*kind, *text);
        let document = parse(&sources, id).documents.remove(0);
        for component in document.entries_at("components") {
            if component.value.get("run").is_none() {
                continue;
            }
            for container in component.value.entries_at("containers") {
                let script = Script::of(&container.value);
                assert_ne!(script.exit_without_server(), Some(0), "{kind}");
                jobs += 1;
            }
        }
    }
    assert!(jobs >= 6);
}

/// The script of a container.
#[cfg(unix)]
struct Script {
    program: String,
    arguments: Vec<String>,
    variables: Vec<String>,
}

#[cfg(unix)]
impl Script {
    fn of(container: &Node) -> Self {
        let words = |field| container.items_at(field).iter().filter_map(Node::text);
        let mut words = words("command").chain(words("args")).map(str::to_owned);
        Self {
            program: words.next().unwrap(),
            arguments: words.collect(),
            variables: container
                .entries_at("variables")
                .iter()
                .map(|it| it.key.clone())
                .collect(),
        }
    }

    /// The exit code in a world where all clients fail.
    fn exit_without_server(&self) -> Option<i32> {
        let tools = tempfile::tempdir().unwrap();
        let tool = |name: &str, text: &str| {
            let path = tools.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        tool("sleep", "#!/bin/sh\n");
        tool("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n");
        for client in ["pg_isready", "psql", "mysqladmin", "mysql", "mc", "ollama"] {
            tool(client, "#!/bin/sh\nexit 1\n");
        }
        // Python executes this file when it starts.
        tool(
            "sitecustomize.py",
            "import time\ntime.sleep = lambda seconds: None\n",
        );
        let value = |name: &str| match name {
            "SERVER" => "127.0.0.1:1",
            "BROKER_HOST" => "127.0.0.1",
            _ => "1",
        };
        let path = std::env::var("PATH").unwrap();
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.variables.iter().map(|name| (name, value(name))))
            .env("PATH", format!("{}:{path}", tools.path().display()))
            .env("PYTHONPATH", tools.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..600 {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        child.kill().unwrap();
        panic!("the script does not end: {:?}", self.arguments);
    }
}

#[test]
fn update_removes_what_is_stale_and_nothing_else() {
    let sandbox = Sandbox::new("project");
    write(&sandbox, "cache.yaml", PROVISIONER);
    for path in [
        "cache.tests/cache-defaults/compose/parts.yaml",
        "cache.tests/cache-defaults/compose/compose/deep/old.env",
        "cache.tests/cache-defaults/kubernetes/old.yaml",
        "cache.tests/cache-gone/compose/compose.yaml",
        "cache.tests/README.md",
        "other.tests/cache-gone/compose/compose.yaml",
        "compose.yaml",
    ] {
        write(&sandbox, path, "old\n");
    }
    // Files of other targets are kept.
    let (exit, said) = test(&sandbox, &["cache.yaml", "--update", "-t", "compose"]);
    assert_eq!(exit, 0, "{said}");
    assert!(
        sandbox
            .files()
            .contains_key("cache.tests/cache-defaults/kubernetes/old.yaml")
    );
    let (exit, said) = test(&sandbox, &["cache.yaml", "--update"]);
    assert_eq!(exit, 0, "{said}");
    let files = sandbox.files();
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "cache.tests/README.md",
            "cache.tests/cache-defaults/compose/parts.yaml",
            "cache.tests/cache-defaults/kubernetes/parts.yaml",
            "cache.yaml",
            "compose.yaml",
            "other.tests/cache-gone/compose/compose.yaml",
        ]
    );
    assert_ne!(
        files["cache.tests/cache-defaults/compose/parts.yaml"].content,
        b"old\n"
    );
    assert_eq!(files["compose.yaml"].content, b"old\n");
    let (exit, said) = test(&sandbox, &["cache.yaml"]);
    assert_eq!(
        (exit, said.lines().last().unwrap()),
        (0, "3 passed, 0 failed")
    );
}

/// Test folders with the same relative path in different folders are distinct.
#[test]
fn files_of_the_same_name_keep_their_folders() {
    let sandbox = Sandbox::new("project");
    for folder in ["a", "b"] {
        let text = PROVISIONER.replace("type: cache", &format!("type: cache\nid: id-{folder}"));
        write(&sandbox, &format!("{folder}/cache.yaml"), &text);
    }
    let (exit, said) = test(&sandbox, &["a", "b", "--update", "-t", "compose"]);
    assert_eq!(exit, 0, "{said}");
    let files = sandbox.files();
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "a/cache.tests/cache-defaults/compose/parts.yaml",
            "a/cache.yaml",
            "b/cache.tests/cache-defaults/compose/parts.yaml",
            "b/cache.yaml",
        ]
    );
}

#[test]
fn a_test_that_fails_otherwise_changes_no_file() {
    let sandbox = Sandbox::new("project");
    let wrong = PROVISIONER.replace("host: cache", "host: '{{ params.missing }}'");
    write(&sandbox, "cache.yaml", &wrong);
    let kept = "cache.tests/cache-defaults/compose/parts.yaml";
    write(&sandbox, kept, "old\n");
    let (exit, said) = test(&sandbox, &[".", "--update"]);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("`params.missing` is not defined"), "{said}");
    assert_eq!(sandbox.files()[kept].content, b"old\n");
    assert_eq!(sandbox.files().len(), 2);
}

/// The order in the project determines which provisioner handles a resource, even if a file is
/// given explicitly.
#[test]
fn a_named_file_keeps_its_place_in_the_project() {
    let sandbox = Sandbox::new("project");
    write(
        &sandbox,
        "platform/a.yaml",
        &PROVISIONER.replace("host: cache", "host: first"),
    );
    write(&sandbox, "platform/b.yaml", PROVISIONER);
    let project =
        "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [platform/a.yaml, platform]\n";
    write(&sandbox, "score-rs.yaml", project);
    let (exit, said) = test(&sandbox, &["platform/b.yaml"]);
    assert_eq!(exit, 1, "{said}");
    assert!(
        said.contains("the provisioner at platform/a.yaml:3 handles the resource instead"),
        "{said}"
    );
    let (exit, said) = test(&sandbox, &["nowhere.yaml"]);
    assert_eq!(exit, 2, "{said}");
}

/// The expected files of one provisioner file would be obsolete for the other one, and would be
/// removed.
#[test]
fn files_that_share_a_folder_of_tests_are_refused() {
    let expected = "cache.tests/seer-defaults/compose/compose.yaml";
    for (other, arguments) in [
        ("cache.yml", vec!["cache.yaml", "cache.yml", "--update"]),
        ("cache.yml", vec!["cache.yaml", "--update"]),
        ("cache.yml", vec![".", "--update"]),
        ("cache.yml", vec!["cache.yaml"]),
        ("cache.txt", vec!["cache.yaml", "cache.txt", "--update"]),
    ] {
        let sandbox = Sandbox::new("project");
        write(&sandbox, "cache.yaml", PROVISIONER);
        write(
            &sandbox,
            other,
            &PROVISIONER.replace("type: cache", "type: seer"),
        );
        write(&sandbox, expected, "old\n");
        let before = sandbox.files();
        let (exit, said) = test(&sandbox, &arguments);
        assert_eq!(exit, 2, "{arguments:?}\n{said}");
        assert!(said.contains("share the folder `"), "{said}");
        assert!(sandbox.files() == before, "{arguments:?}\n{said}");
    }
    // A file of another kind has no test folder.
    let sandbox = Sandbox::new("project");
    write(&sandbox, "cache.yaml", PROVISIONER);
    write(&sandbox, "cache.yml", "apiVersion: score.dev/v1b1\n");
    let (exit, said) = test(&sandbox, &["cache.yaml", "--update"]);
    assert_eq!(exit, 0, "{said}");
}
