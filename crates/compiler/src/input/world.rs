//! The outside world as seen by the compiler. All I/O goes through this module, so that tests and
//! embedders can run in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::input::Pass;
use crate::ir::ProjectKey;

/// The interface of the compiler to the outside world. It is used by several threads.
pub trait World: Sync {
    /// The contents of a file that a Score file uses as the `source` of a file.
    ///
    /// `spec` is the name of the Score file. `path` is the path as written, relative to the folder
    /// of the Score file.
    fn file(&self, spec: &str, path: &str) -> Result<Vec<u8>, FileError>;

    /// The value of an environment variable for this run, for example from an env file. Only
    /// variables used by workloads are read.
    fn variable(&self, name: &str) -> Option<String>;

    /// The value of a variable of the process environment. Only variables that the run or the
    /// project allows are read, and those passed to a command, whose values are hidden in messages.
    fn environment(&self, name: &str) -> Option<String>;

    /// The project key, used in checksums that detect changes of external secrets. It is requested
    /// only if there is such a secret; without a key the checksums omit it.
    fn key(&self) -> Option<ProjectKey> {
        None
    }

    /// Runs a provisioner command and returns its standard output.
    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError>;

    /// A digest of a file that is a part of a command, such as its program: an answer is remembered only for the same
    /// one. The path is relative to the folder of this provisioner file, or to that of the project without one. Absent
    /// if the file cannot be read.
    fn command_file(&self, provisioner: Option<&str>, path: &str) -> Option<String> {
        let _ = (provisioner, path);
        None
    }

    /// Records the start of a pass and its number of items.
    fn begin(&self, _pass: Pass, _things: usize) {}

    /// Records that a pass has processed another item. Not every pass does this.
    fn advance(&self) {}
}

impl fmt::Debug for dyn World + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

/// A command to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The uid of the resource that it is run for.
    pub resource: String,
    /// The name of the provisioner file. The command runs in its folder.
    pub provisioner: String,
    /// Whether it runs in the folder of the project instead.
    pub in_project: bool,
    /// The program and its arguments. A program with a `/` that is not an absolute path is relative
    /// to that folder. No shell is involved.
    pub command: Vec<String>,
    /// The environment variables that are passed to it, if they are set. It receives no others.
    pub environment: Vec<String>,
    /// The time limit.
    pub timeout: Duration,
    /// The contents of its standard input.
    pub input: Vec<u8>,
}

/// The reason why a command failed. The standard error is truncated to its end, but otherwise
/// unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// It could not be started, with the reason.
    NotStarted(String),
    /// It did not end successfully.
    Failed {
        /// The way it ended, such as `exit code 3`.
        status: String,
        /// The end of its standard error.
        stderr: String,
    },
    /// It was not started, because a file beside it is not the one that was pinned. The text says which one.
    NotVerified(String),
    /// It exceeded the time limit.
    TimedOut {
        /// The end of its standard error.
        stderr: String,
    },
    /// It wrote more than this number of bytes.
    TooLarge(usize),
}

/// The reason why a file has no contents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileError {
    /// It does not exist.
    NotFound,
    /// It is outside the folder from which files may be read.
    Outside,
    /// It cannot be read, with the reason.
    Unreadable(String),
}

/// An in-memory world with only the given files, variables and commands.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    variables: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    commands: BTreeMap<Vec<String>, Vec<u8>>,
}

impl Memory {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under the path used in Score files.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// Sets an environment variable for the run.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets a variable of the process environment, which is read only if it is allowed.
    #[must_use]
    pub fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds a command with its output.
    #[must_use]
    pub fn with_command(mut self, command: &[&str], output: impl Into<Vec<u8>>) -> Self {
        let command = command.iter().map(|&word| word.to_owned()).collect();
        self.commands.insert(command, output.into());
        self
    }
}

impl World for Memory {
    fn file(&self, _spec: &str, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.get(path).cloned().ok_or(FileError::NotFound)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }

    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError> {
        let output = self.commands.get(&call.command).cloned();
        output.ok_or_else(|| RunError::NotStarted("the command does not exist".to_owned()))
    }
}
