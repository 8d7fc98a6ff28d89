//! The pages that a newcomer follows do what they say: in the order of the page, files are written
//! as the page shows them, commands run, and their output contains the lines that the page shows.
//!
//! - A block after a paragraph that starts with "Create `PATH`" or "Replace `PATH`" is the contents
//!   of that file.
//! - A block of `sh` is a command per line. The comment `# fails` expects exit code 1.
//! - A block of `text` after it is a part of the output: each line occurs, in this order.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
use std::path::{Path, PathBuf};

use sandbox::Sandbox;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The pages, and the folder of the repository whose contents are in the folder in which each of
/// them starts; empty for an empty folder.
const PAGES: &[(&str, &str)] = &[
    ("README.md", ""),
    ("docs/delivery.md", "examples/shop"),
    ("docs/environments.md", "examples/shop"),
    ("docs/from-score-compose.md", ""),
    ("docs/from-score-k8s.md", ""),
    ("docs/gitops.md", "examples/web-with-postgres"),
    ("docs/golden-paths.md", "examples"),
    ("docs/graph.md", "examples/shop"),
    ("docs/helm.md", "examples/web-with-postgres"),
    ("docs/install.md", ""),
    ("docs/migration.md", "examples/web-with-postgres"),
    ("docs/registries.md", "examples/web-with-postgres"),
    ("docs/routes.md", "examples/web-with-postgres"),
    ("docs/secrets.md", "examples/web-with-postgres"),
    ("docs/troubleshooting.md", "examples/web-with-postgres"),
    ("docs/tutorial.md", ""),
];

/// Pages whose commands are not run here, because they do not show all that the commands need:
/// examples of codes are tested by `codes.rs`, packages by `packages.rs` and `fetch.rs`, and the
/// commands of the others by the cases of the command line.
const ELSEWHERE: &[&str] = &[
    "docs/ci.md",
    "docs/codes.md",
    "docs/export.md",
    "docs/export-argocd.md",
    "docs/export-backstage.md",
    "docs/export-backstage-template.md",
    "docs/export-externals.md",
    "docs/export-flux.md",
    "docs/export-orchestrator.md",
    "docs/export-port.md",
    "docs/export-spacelift.md",
    "docs/export-upsun.md",
    "docs/packages.md",
    "docs/provisioners.md",
    "docs/security.md",
];

/// Programs that a page may name and that this test does not run: they need a container engine, a
/// cluster, a network or an installation.
const NOT_RUN: &[&str] = &[
    "cargo", "curl", "docker", "export", "git", "helm", "kubectl", "openssl",
];

/// Programs that a page may use besides `score-rs`.
const PROGRAMS: &[&str] = &["mkdir", "mv", "rm"];

#[test]
fn pages_do_what_they_say() {
    if !Path::new(ROOT).join("docs").is_dir() {
        // A published package has no pages.
        return;
    }
    for (page, start) in PAGES {
        let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
        let mut reader = Reader::new(page, start);
        for block in blocks(&text) {
            reader.follow(&block);
        }
        assert!(reader.count > 0, "{page} has no command");
    }
}

#[test]
fn every_page_with_commands_is_followed() {
    let root = Path::new(ROOT);
    if !root.join("docs").is_dir() {
        return;
    }
    let names = sandbox::entries(&root.join("docs")).into_iter();
    let names = names.map(|(name, _)| format!("docs/{}", name.to_str().unwrap()));
    for name in names {
        let text = fs::read_to_string(root.join(&name)).unwrap();
        let has_commands = blocks(&text).iter().any(|block| block.language == "sh");
        let is_followed = PAGES.iter().any(|(page, _)| *page == name);
        let is_elsewhere = ELSEWHERE.contains(&name.as_str());
        assert_eq!(has_commands, is_followed || is_elsewhere, "{name}");
        assert!(!(is_followed && is_elsewhere), "{name}");
    }
}

/// Each example of the catalogue is valid for every target, with a service and another workload.
#[test]
fn examples_of_the_catalogue_are_valid() {
    let root = Path::new(ROOT);
    if !root.join("docs").is_dir() {
        return;
    }
    let text = fs::read_to_string(root.join("docs/catalogue.md")).unwrap();
    let examples = blocks(&text);
    assert!(!examples.is_empty());
    for (number, example) in examples.iter().enumerate() {
        let sandbox = Sandbox::new("project");
        let write = |name: &str, containers: &str| {
            let start = format!("apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\n");
            let service = "service: {ports: {web: {port: 80}}}\n";
            let text = format!("{start}{service}{containers}");
            fs::write(sandbox.folder().join(format!("{name}.score.yaml")), text).unwrap();
        };
        write("web", example.content);
        write("api", "containers: {main: {image: example.com/api:1.0}}\n");
        for target in ["compose", "kubernetes", "helm"] {
            let command = ["generate", "-t", target, "--allow-env", "REGION"].map(str::to_owned);
            let region = ("REGION".to_owned(), "eu".to_owned());
            let outcome = Sandbox::new("project")
                .with_environment(&[region])
                .with_copy(sandbox.folder(), &[])
                .run(&command, b"");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert_eq!(
                outcome.exit, 0,
                "example {number}, {target}:\n{}\n{stderr}",
                example.content
            );
        }
    }
}

/// A fenced block.
struct Block<'a> {
    /// The word after the fence.
    language: &'a str,
    /// The paragraph before the block.
    intro: &'a str,
    content: &'a str,
}

/// The fenced blocks of a page.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut prose = "";
    // Text before a fence and fenced text alternate.
    for (number, part) in page.split("```").enumerate() {
        if number % 2 == 0 {
            prose = part;
            continue;
        }
        let (language, content) = part.split_once('\n').unwrap_or_default();
        blocks.push(Block {
            language,
            intro: prose.trim().rsplit("\n\n").next().unwrap_or_default(),
            content,
        });
    }
    blocks
}

/// A user who follows a page.
struct Reader<'a> {
    page: &'a str,
    sandbox: Sandbox,
    /// The working folder.
    folder: PathBuf,
    /// The output of the last block of commands, and whether any of them ran.
    output: String,
    ran: bool,
    /// The number of commands that ran.
    count: usize,
}

impl<'a> Reader<'a> {
    fn new(page: &'a str, start: &str) -> Self {
        // As for a user who has neither a key nor a project, and reads the messages.
        let unset = ["SCORE_RS_KEY", "CI"].map(|name| (name.to_owned(), String::new()));
        let mut sandbox = Sandbox::new("start").with_environment(&unset);
        if !start.is_empty() {
            sandbox = sandbox.with_copy(&Path::new(ROOT).join(start), &[]);
        }
        let folder = sandbox.folder().to_owned();
        Self {
            page,
            sandbox,
            folder,
            output: String::new(),
            ran: false,
            count: 0,
        }
    }

    fn follow(&mut self, block: &Block<'_>) {
        if let Some(path) = shown_file(block.intro) {
            let path = self.folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, block.content).unwrap();
        } else if block.language == "sh" {
            self.output.clear();
            self.ran = false;
            for line in block.content.replace("\\\n", " ").lines() {
                self.run(line);
            }
        } else if block.language == "text" && self.ran {
            self.compare(block.content);
        }
    }

    fn run(&mut self, line: &str) {
        let mut words = shell_words::split(line).unwrap().into_iter();
        let Some(program) = words.next() else {
            return;
        };
        let mut arguments: Vec<_> = words.collect();
        let mut command = match program.as_str() {
            "cd" => {
                self.folder = fs::canonicalize(self.folder.join(&arguments[0])).unwrap();
                return;
            }
            "git" if arguments[0] == "clone" => {
                let name = arguments[1].rsplit('/').next().unwrap();
                fs::create_dir(self.folder.join(name)).unwrap();
                return;
            }
            "score-rs" => self.sandbox.command(),
            other if PROGRAMS.contains(&other) => std::process::Command::new(other),
            other => {
                assert!(NOT_RUN.contains(&other), "{}: {line}", self.page);
                return;
            }
        };
        let target = arguments
            .last()
            .and_then(|it| it.strip_prefix('>'))
            .map(|name| self.folder.join(name));
        if target.is_some() {
            arguments.pop();
        }
        let command = command.args(&arguments).current_dir(&self.folder);
        let outcome = command.output().unwrap();
        if let Some(path) = target {
            fs::write(path, &outcome.stdout).unwrap();
        } else {
            self.output += &String::from_utf8(outcome.stdout).unwrap();
        }
        self.output += &String::from_utf8(outcome.stderr).unwrap();
        let expected = i32::from(line.ends_with("# fails"));
        assert_eq!(
            outcome.status.code(),
            Some(expected),
            "{}: {line}\n{}",
            self.page,
            self.output
        );
        self.ran = true;
        self.count += 1;
    }

    /// Whether the lines of the page occur in the output, in this order.
    fn compare(&self, shown: &str) {
        let mut lines = self.output.lines().map(str::trim);
        for line in shown.lines().map(str::trim) {
            assert!(
                lines.any(|it| it == line),
                "{}: `{line}` is not in the output\n{}",
                self.page,
                self.output
            );
        }
    }
}

/// The path of the file that the block after a paragraph shows.
fn shown_file(intro: &str) -> Option<&str> {
    let rest = ["Create `", "Replace `"];
    let rest = rest.iter().find_map(|start| intro.strip_prefix(start))?;
    Some(rest.split_once('`')?.0)
}
