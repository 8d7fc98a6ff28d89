//! Completions in the real shells: each test sources the script as a user does.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "these tests run shells, and skipped ones say so"
)]

#[path = "sandbox/binary.rs"]
mod binary;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use binary::binary;
use tempfile::TempDir;

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers:
  main: {image: nginx:1}
  sidecar: {image: nginx:1}
resources:
  cache: {type: redis}
  db: {type: postgres}
";

const LOCK: &str = "\
version: 1
packages:
  - name: acme
    source: ../acme
    files:
      mail.yaml: sha256:0000000000000000000000000000000000000000000000000000000000000000
";

/// Lines up to the cursor, and the complete words that replace the last one.
const LINES: &[(&str, &[&str])] = &[
    ("score-rs ge", &["generate"]),
    ("score-rs generate --targ", &["--target"]),
    ("score-rs generate -t ", &["compose", "kubernetes", "helm"]),
    ("score-rs generate --target=ku", &["--target=kubernetes"]),
    ("score-rs validate --format ju", &["junit"]),
    ("score-rs resources ", &["list", "get-outputs", "help"]),
    ("score-rs explain spec/unknown-f", &["spec/unknown-field"]),
    (
        "score-rs validate --allow spec/unknown-f",
        &["spec/unknown-field"],
    ),
    (
        "score-rs validate --warn=spec/unknown-f",
        &["--warn=spec/unknown-field"],
    ),
    ("score-rs validate --deny warn", &["warnings"]),
    ("score-rs provisioners show redi", &["redis"]),
    (
        "score-rs provisioners explain red",
        &["redis.default#web.cache"],
    ),
    (
        "score-rs resources get-outputs r",
        &["redis.default#web.cache"],
    ),
    (
        "score-rs resources get-outputs 'r",
        &["redis.default#web.cache"],
    ),
    (
        "score-rs generate --image web/",
        &["web/main=", "web/sidecar="],
    ),
    ("score-rs generate -i ma", &["main="]),
    ("score-rs generate --env pr", &["prod"]),
    ("score-rs env show st", &["staging"]),
    ("score-rs env diff prod st", &["staging"]),
    ("score-rs env show prod we", &["web"]),
    ("score-rs generate -p 8080:w", &["8080:web:"]),
    ("score-rs generate -p 8080:web:", &["8080:web:http"]),
    ("score-rs provisioners remove a", &["acme"]),
    ("score-rs generate score.", &["score.yaml"]),
    (
        "score-rs -C shop generate --image sh",
        &["shop/main=", "shop/sidecar="],
    ),
];

/// A shell with the completions of score-rs.
struct Shell {
    folder: TempDir,
    program: &'static str,
    /// The commands that print the completions of `$LINE`, after the script was sourced.
    driver: &'static str,
}

impl Shell {
    /// A shell in a project, or `None` with a message if it is not installed. With `SCORE_RS_SHELLS`, all must be.
    fn new(program: &'static str, driver: &'static str) -> Option<Self> {
        let probe = Command::new(program).arg("-c").arg("true").status();
        if probe.is_err() {
            let is_required = std::env::var_os("SCORE_RS_SHELLS").is_some();
            assert!(!is_required, "{program} is not installed");
            eprintln!("skipped: {program} is not installed");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let shell = Self {
            folder,
            program,
            driver,
        };
        shell.write("project/score.yaml", SCORE);
        shell.write("project/score-rs.lock", LOCK);
        for name in ["prod", "staging"] {
            let path = format!("project/environments/{name}.yaml");
            shell.write(&path, "apiVersion: score-rs/v1\nkind: Environment\n");
        }
        shell.write(
            "project/shop/score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\n",
        );
        shell.write("project/shop/score.yaml", &SCORE.replace("web", "shop"));
        fs::create_dir(shell.path("bin")).unwrap();
        symlink(binary(), shell.path("bin/score-rs")).unwrap();
        let script = Command::new(binary())
            .args(["completions", program])
            .output()
            .unwrap();
        assert!(script.status.success());
        shell.write("_score-rs", std::str::from_utf8(&script.stdout).unwrap());
        Some(shell)
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Sources the script, and returns the completions of the last word of the line.
    fn complete(&self, line: &str) -> Vec<String> {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.path("bin").display());
        let output = Command::new(self.program)
            .arg("-c")
            .arg(self.driver)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("SCRIPT", self.path("_score-rs"))
            .env("LINE", line)
            .current_dir(self.path("project"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(errors, "", "{} {line}", self.program);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words: Vec<String> = text.lines().map(str::to_owned).collect();
        words.retain(|word| !word.is_empty());
        words
    }

    /// Fails if a line of [`LINES`] is completed in another way. `tail` is what the shell replaces.
    fn check(&self, tail: fn(&str) -> &str) {
        for (line, expected) in LINES {
            let expected: Vec<&str> = expected.iter().map(|word| tail(word)).collect();
            let mut completed = self.complete(line);
            // Options are also possible where a value is, but only Bash hides them.
            completed.retain(|word| !word.starts_with('-') || line.contains(" -"));
            if !line.ends_with("-t ") {
                completed.sort();
            }
            let mut sorted = expected.clone();
            if !line.ends_with("-t ") {
                sorted.sort_unstable();
            }
            assert_eq!(completed, sorted, "{}: {line}", self.program);
        }
    }

    /// Fails if completing in a hostile project runs its command, changes files or takes long.
    fn check_hostile(&self) {
        let mark = self.path("mark").display().to_string();
        self.write(&format!("project/$(touch {})", mark.replace('/', ":")), "");
        self.write("project/a b.yaml", "");
        for name in ["--force", "#a.yaml", "=ls", "@x", "~root/x.yaml", "b=~root"] {
            self.write(&format!("project/{name}"), "");
        }
        self.write(
            "project/p.yaml",
            &format!(
                "apiVersion: score-rs/v1\nkind: Provisioner\ntype: redis\nrun: {{command: [/usr/bin/env, touch, '{mark}'], environment: [PATH]}}\noutputs: {{properties: {{host: {{type: string}}}}}}\nvalues: {{host: x}}\n"
            ),
        );
        self.write(
            "project/score-rs.yaml",
            "apiVersion: score-rs/v1\nkind: Project\nprovisioners: [p.yaml]\n",
        );
        fs::remove_file(self.path("project/score-rs.lock")).unwrap();
        let fifo = Command::new("mkfifo")
            .arg(self.path("project/fifo.score.yaml"))
            .status();
        assert!(fifo.unwrap().success());
        let before = files(&self.path("project"));
        let start = Instant::now();
        for (line, _) in LINES {
            for word in self.complete(line) {
                assert!(!word.contains(['$', ' ', '(', '~']), "{line}: {word}");
                assert!(!word.starts_with(['#', '=', '@']), "{line}: {word}");
            }
        }
        for start in ["#", "=", "@"] {
            let shown = self.complete(&format!("score-rs generate {start}"));
            assert_eq!(shown, Vec::<String>::new(), "{start}");
        }
        let shown = self.complete("score-rs generate --force ");
        assert!(shown.contains(&"score.yaml".to_owned()), "{shown:?}");
        let each = start.elapsed() / u32::try_from(LINES.len()).unwrap();
        assert!(each < Duration::from_secs(10), "{each:?}");
        assert_eq!(files(&self.path("project")), before);
        assert!(!self.path("mark").exists());
        fs::remove_file(self.path("project/fifo.score.yaml")).unwrap();
        let generate = Command::new(binary())
            .arg("generate")
            .current_dir(self.path("project"))
            .output()
            .unwrap();
        assert!(self.path("mark").exists(), "{generate:?}");
    }
}

/// The paths of all files and folders in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        files.push(entry.path().display().to_string());
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        }
    }
    files.sort();
    files
}

/// Splits the line as Bash does, and calls the registered function.
const BASH: &str = r#"
set -u
source "$SCRIPT"
COMP_LINE=$LINE
COMP_POINT=${#LINE}
COMP_WORDS=()
rest=$LINE
while [[ -n $rest ]]; do
    if [[ $rest == ' '* ]]; then
        rest=${rest# }
        [[ -n $rest ]] || COMP_WORDS+=('')
    elif [[ $rest == [:=]* ]]; then
        COMP_WORDS+=("${rest:0:1}")
        rest=${rest:1}
    else
        word=${rest%%[ :=]*}
        COMP_WORDS+=("$word")
        rest=${rest#"$word"}
    fi
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
[[ $(complete -p score-rs) == *'-F _score_rs'* ]] || echo 'not registered' >&2
_score_rs
printf '%s\n' "${COMPREPLY[@]-}"
"#;

/// Calls the registered function with a `_describe` that prints what it would offer.
const ZSH: &str = r#"
compdef() { [[ $2 == score-rs ]] && registered=$1 }
_describe() {
    local item
    for item in ${(P)3}; do
        # A description follows an unescaped `:`.
        item=${item//\\:/$'\1'}
        item=${item%%:*}
        print -r -- ${item//$'\1'/:}
    done
}
source "$SCRIPT"
words=(${(s: :)LINE})
[[ $LINE == *' ' ]] && words+=('')
CURRENT=$#words
$registered
true
"#;

/// Autoloads the script, as zsh does for a file in `fpath`.
const ZSH_AUTOLOAD: &str = r"
compdef() { : }
_describe() { print -r -- ${(P)3[1]%%:*} }
fpath=(${SCRIPT:h} $fpath)
autoload -Uz _score-rs
words=(${(z)LINE})
CURRENT=$#words
_score-rs
";

const FISH: &str = r#"
source $SCRIPT
complete -C "$LINE" | string replace -r '\t.*' ''
"#;

/// The part of a word after its last `:` or `=`, which Bash replaces.
fn last_part(word: &str) -> &str {
    let inner = word.trim_end_matches([':', '=']);
    let at = inner.rfind([':', '=']).map_or(0, |at| at + 1);
    &word[at..]
}

#[test]
fn bash_completes() {
    Shell::new("bash", BASH).unwrap().check(last_part);
}

#[test]
fn zsh_completes() {
    if let Some(shell) = Shell::new("zsh", ZSH) {
        shell.check(|word| word);
    }
}

#[test]
fn zsh_completes_with_an_autoloaded_script() {
    if let Some(shell) = Shell::new("zsh", ZSH_AUTOLOAD) {
        assert_eq!(shell.complete("score-rs ge"), ["generate"]);
    }
}

#[test]
fn fish_completes() {
    if let Some(shell) = Shell::new("fish", FISH) {
        shell.check(|word| word);
    }
}

#[test]
fn completing_is_harmless() {
    for (program, driver) in [("bash", BASH), ("zsh", ZSH), ("fish", FISH)] {
        if let Some(shell) = Shell::new(program, driver) {
            shell.check_hostile();
        }
    }
}
