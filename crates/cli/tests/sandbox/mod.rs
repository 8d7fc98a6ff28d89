//! Runs the binary in a temporary folder, with a reproducible environment.

mod binary;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use binary::binary;

/// The project key of all tests; it protects nothing.
pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A temporary folder, which is removed on drop.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
}

/// The output and exit code of a command.
pub(crate) struct Outcome {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The exit code; -1 if a signal ended the command.
    pub(crate) exit: i32,
}

/// The files of a folder by relative path, with `/` as separator.
pub(crate) type Files = BTreeMap<String, Saved>;

/// The contents and permission bits of a file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u32,
}

impl Sandbox {
    /// A new folder with this name.
    pub(crate) fn new(name: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(root.path()).unwrap().join(name);
        fs::create_dir(&folder).unwrap();
        // In CI, messages contain no advice on what to do next.
        let environment = [
            ("SCORE_RS_KEY", KEY),
            ("NO_COLOR", "1"),
            ("COLUMNS", "80"),
            ("CI", "true"),
            // 2026-11-28, when the waivers of examples have not ended.
            ("SOURCE_DATE_EPOCH", "1795860000"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            root,
            folder,
            environment: environment.into(),
        }
    }

    /// The folder in which commands run.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds environment variables; an empty value removes one.
    pub(crate) fn with_environment(mut self, variables: &[(String, String)]) -> Self {
        for (name, value) in variables {
            if value.is_empty() {
                self.environment.remove(name);
            } else {
                self.environment.insert(name.clone(), value.clone());
            }
        }
        self
    }

    /// Copies a folder, except for the entries with these names.
    pub(crate) fn with_copy(self, from: &Path, without: &[&str]) -> Self {
        copy(from, &self.folder, without);
        self
    }

    /// Runs the binary.
    pub(crate) fn run(&self, arguments: &[String], stdin: &[u8]) -> Outcome {
        let mut child = self.command().args(arguments).spawn().unwrap();
        // A command that does not read its input closes the pipe, which is not an error.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        Outcome {
            stdout: self.without_place(output.stdout),
            stderr: self.without_place(output.stderr),
            exit: output.status.code().unwrap_or(-1),
        }
    }

    /// The binary, to be started by the caller, with a pipe for each stream.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The files of the folder, without build artifacts.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        collect(&self.folder, "", &mut files);
        files.retain(|path, _| !path.starts_with("target/"));
        files
    }

    /// Replaces the path of the folder, which differs in each run, with `[DIR]`.
    fn without_place(&self, output: Vec<u8>) -> Vec<u8> {
        match String::from_utf8(output) {
            Ok(text) => text
                .replace(self.folder.to_str().unwrap(), "[DIR]")
                .into_bytes(),
            Err(error) => error.into_bytes(),
        }
    }
}

/// Writes a file, and creates its folder.
pub(crate) fn write(sandbox: &Sandbox, path: &str, text: &str) {
    let path = sandbox.folder().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Runs the binary with the words of a line as its arguments.
pub(crate) fn run(sandbox: &Sandbox, line: &str) -> Outcome {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    sandbox.run(&words, b"")
}

/// The messages of a run that must find errors.
#[track_caller]
pub(crate) fn fail(sandbox: &Sandbox, line: &str) -> String {
    let outcome = run(sandbox, line);
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.exit, 1, "{line}\n{stderr}");
    stderr
}

fn copy(from: &Path, to: &Path, without: &[&str]) {
    for (name, path) in entries(from) {
        let to = to.join(&name);
        if without.iter().any(|other| OsStr::new(other) == name) {
            continue;
        }
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), to).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&path, &to, &[]);
        } else {
            fs::copy(&path, &to).unwrap();
            // Version control does not store these permissions.
            if to.ends_with(".score-rs/key") {
                fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }
}

/// Adds the files of a folder. Links are not followed.
pub(crate) fn collect(folder: &Path, prefix: &str, files: &mut Files) {
    for (name, path) in entries(folder) {
        let relative = format!("{prefix}{}", name.to_str().unwrap());
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            collect(&path, &format!("{relative}/"), files);
        } else if metadata.is_file() {
            let saved = Saved {
                content: fs::read(&path).unwrap(),
                mode: metadata.permissions().mode() & 0o7777,
            };
            files.insert(relative, saved);
        }
    }
}

/// The entries of a folder, sorted by name.
pub(crate) fn entries(folder: &Path) -> Vec<(std::ffi::OsString, PathBuf)> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), entry.path()))
        .collect();
    entries.sort();
    entries
}
