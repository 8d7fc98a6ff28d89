//! Runs each folder `tests/cases/AREA/NAME/` as a test `AREA::NAME`. To add a test, add a folder.
//! To accept the current output of the binary, run with `UPDATE=1`, and review the difference.
//!
//! | in the folder | contents |
//! |---|---|
//! | `cmd` | the arguments of the binary, one command per line, quoted as in a shell |
//! | `env` | lines `NAME=value`, added to the environment; an empty value removes a variable |
//! | `stdin` | the input of each command |
//! | `expected/stdout`, `expected/stderr` | the output of all commands; none if absent |
//! | `expected/exit` | the exit code of each command, one per line; all are 0 if absent |
//! | `expected/files/` | the files that the commands write or change; `.gitignore` is stored as `_gitignore`, because Git would use it |
//! | `expected/modes` | the permission bits that differ from 0644 |
//! | other files | the input files |
//!
//! In addition, if all commands succeed and one is `generate`, they must write the same bytes when
//! the files after `generate` are reversed, in a folder with another name, and without
//! `.score-rs/`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use sandbox::{Files, Sandbox, Saved, collect, entries};
use similar::TextDiff;

/// The entries of a case's folder that are not input files.
const CONTROL: [&str; 4] = ["cmd", "env", "stdin", "expected"];

/// The name of the folder in which a case runs, and an alternative one.
const NAMES: [&str; 2] = ["project", "another-place"];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let update = std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty() && value != "0");
    let mut trials = Vec::new();
    // A published package has no cases.
    let areas = if root.is_dir() {
        entries(&root)
    } else {
        vec![]
    };
    for (area, folder) in areas {
        for (name, folder) in entries(&folder) {
            let name = format!("{}::{}", area.display(), name.display());
            trials.push(Trial::test(name, move || Case::read(&folder)?.test(update)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A folder with commands.
struct Case {
    folder: PathBuf,
    commands: Vec<Vec<String>>,
    environment: Vec<(String, String)>,
    stdin: Vec<u8>,
}

/// The actual or expected results of a case, as the files of `expected/`.
type Record = Files;

impl Case {
    fn read(folder: &Path) -> Result<Self, Failed> {
        let text = |name| fs::read_to_string(folder.join(name));
        let commands = text("cmd").map_err(|error| format!("no file `cmd`: {error}"))?;
        let commands = commands
            .lines()
            .map(|line| shell_words::split(line).map_err(|error| format!("{line}: {error}")))
            .collect::<Result<Vec<_>, _>>()?;
        let environment = text("env").unwrap_or_default();
        let environment = environment
            .lines()
            .map(|line| line.split_once('=').ok_or(format!("no `=` in `{line}`")))
            .map(|pair| pair.map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            folder: folder.to_owned(),
            commands: commands.into_iter().filter(|c| !c.is_empty()).collect(),
            environment,
            stdin: fs::read(folder.join("stdin")).unwrap_or_default(),
        })
    }

    fn test(&self, update: bool) -> Result<(), Failed> {
        let sandbox = self.sandbox(NAMES[0]);
        let (found, succeeded) = self.run(&sandbox)?;
        let expected = self.expected();
        let mut problems = String::new();
        if update {
            self.accept(&found);
        } else if found != expected {
            problems = differences(&expected, &found);
            problems.push_str("\nto accept this: UPDATE=1 cargo test -p score-rs --test cases\n");
        }
        if succeeded && self.commands.iter().any(|command| generates(command)) {
            self.properties(&sandbox, &found, &mut problems)?;
        }
        match problems.as_str() {
            "" => Ok(()),
            problems => Err(problems.into()),
        }
    }

    fn sandbox(&self, name: &str) -> Sandbox {
        Sandbox::new(name)
            .with_environment(&self.environment)
            .with_copy(&self.folder, &CONTROL)
    }

    /// Runs all commands, and returns whether all of them succeeded.
    fn run(&self, sandbox: &Sandbox) -> Result<(Record, bool), Failed> {
        let before = self.sandbox(NAMES[0]).files();
        let (mut stdout, mut stderr, mut exits) = (Vec::new(), Vec::new(), Vec::new());
        for command in &self.commands {
            let outcome = sandbox.run(command, &self.stdin);
            stdout.extend(outcome.stdout);
            stderr.extend(outcome.stderr);
            exits.push(outcome.exit);
        }
        let succeeded = exits.iter().all(|exit| *exit == 0);
        let mut record = Record::new();
        for (name, content) in [("stdout", stdout), ("stderr", stderr)] {
            if !content.is_empty() {
                record.insert(name.to_owned(), text_file(content));
            }
        }
        if !succeeded {
            let lines: Vec<_> = exits.iter().map(ToString::to_string).collect();
            let lines = lines.join("\n") + "\n";
            record.insert("exit".to_owned(), text_file(lines.into()));
        }
        let mut modes = String::new();
        let after = sandbox.files();
        for (path, saved) in &after {
            if before.get(path) == Some(saved) || path.ends_with(".score-rs/key") {
                continue;
            }
            if saved.mode != 0o644 {
                writeln!(modes, "{:04o} {path}", saved.mode).unwrap();
            }
            record.insert(stored(path), text_file(saved.content.clone()));
        }
        if !modes.is_empty() {
            record.insert("modes".to_owned(), text_file(modes.into()));
        }
        if let Some(path) = before.keys().find(|path| !after.contains_key(*path)) {
            return Err(format!("the commands delete `{path}`").into());
        }
        Ok((record, succeeded))
    }

    fn expected(&self) -> Record {
        let folder = self.folder.join("expected");
        let mut record = Record::new();
        if folder.is_dir() {
            collect(&folder, "", &mut record);
        }
        for saved in record.values_mut() {
            // The permission bits in a checkout depend on the umask of the user.
            saved.mode = 0o644;
        }
        record
    }

    fn accept(&self, found: &Record) {
        let folder = self.folder.join("expected");
        if folder.is_dir() {
            fs::remove_dir_all(&folder).unwrap();
        }
        for (path, saved) in found {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &saved.content).unwrap();
        }
    }

    /// Checks that the same inputs produce the same bytes in different surroundings.
    fn properties(
        &self,
        sandbox: &Sandbox,
        first: &Record,
        problems: &mut String,
    ) -> Result<(), Failed> {
        let mut same = |what: &str, case: &Case, sandbox: &Sandbox| -> Result<(), Failed> {
            let (again, _) = case.run(sandbox)?;
            let (first, again) = (written(first), written(&again));
            if first != again {
                let difference = differences(&first, &again);
                writeln!(problems, "other output {what}\n{difference}").unwrap();
            }
            Ok(())
        };
        same("in a second run", self, sandbox)?;
        let own_key = |(name, _): &(String, String)| name == "SCORE_RS_KEY";
        if self.environment.iter().any(own_key) {
            // The key is in `.score-rs/`, so another folder has another key.
            return Ok(());
        }
        let state = sandbox.folder().join(".score-rs");
        if state.is_dir() {
            fs::remove_dir_all(state).unwrap();
            same("without `.score-rs/`", self, sandbox)?;
        }
        same("in a folder of another name", self, &self.sandbox(NAMES[1]))?;
        let commands: Vec<_> = self
            .commands
            .iter()
            .map(|command| reversed(command))
            .collect();
        if commands != self.commands {
            let case = Case {
                folder: self.folder.clone(),
                commands,
                environment: self.environment.clone(),
                stdin: self.stdin.clone(),
            };
            same("with the files in reverse", &case, &self.sandbox(NAMES[0]))?;
        }
        Ok(())
    }
}

fn generates(command: &[String]) -> bool {
    command.first().is_some_and(|word| word == "generate")
}

/// The command with the files after `generate` in reverse order.
fn reversed(command: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    if generates(&command) {
        let files = command[1..]
            .iter()
            .take_while(|word| !word.starts_with('-'))
            .count();
        command[1..=files].reverse();
    }
    command
}

/// The results that must be the same in each run. Messages on stderr may depend on the run.
fn written(record: &Record) -> Record {
    let mut record = record.clone();
    record.remove("stderr");
    record
}

/// The path of a file of the sandbox below `expected/`.
fn stored(path: &str) -> String {
    match path.strip_suffix(".gitignore") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => {
            format!("files/{folder}_gitignore")
        }
        _ => format!("files/{path}"),
    }
}

fn text_file(content: Vec<u8>) -> Saved {
    Saved {
        content,
        mode: 0o644,
    }
}

/// The differences as text: `-` is expected, `+` was found.
fn differences(expected: &Record, found: &Record) -> String {
    let mut result = String::new();
    let names: std::collections::BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    for name in names {
        let (old, new) = (expected.get(name), found.get(name));
        if old == new {
            continue;
        }
        let what = match (old, new) {
            (None, _) => " (not expected)",
            (_, None) => " (missing)",
            _ => "",
        };
        writeln!(result, "\n{name}{what}").unwrap();
        let bytes = |saved: Option<&Saved>| saved.map(|s| s.content.clone()).unwrap_or_default();
        let (Ok(old), Ok(new)) = (String::from_utf8(bytes(old)), String::from_utf8(bytes(new)))
        else {
            result.push_str("  binary, and different\n");
            continue;
        };
        let difference = TextDiff::from_lines(&old, &new);
        result.push_str(&difference.unified_diff().context_radius(3).to_string());
    }
    result
}
