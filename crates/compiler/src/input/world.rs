//! The outside world as the compiler sees it. All I/O goes through here, so that tests and
//! embedders can run in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::input::Pass;
use crate::ir::ProjectKey;

/// What the compiler asks of the world outside. It may ask from several threads.
pub trait World: Sync {
    /// The content of a file that a Score file names as the `source` of a file.
    ///
    /// `spec` is the name of the Score file, `path` is as it was written: relative to the folder
    /// of the Score file.
    fn file(&self, spec: &str, path: &str) -> Result<Vec<u8>, FileError>;

    /// The value that this run gives an environment variable, as in an env file. Only the names that a
    /// workload asks for are read.
    fn variable(&self, name: &str) -> Option<String>;

    /// A variable of the process. It is asked only for names that the run or the project allows, and
    /// for those that a command gets, whose values are hidden in messages.
    fn environment(&self, name: &str) -> Option<String>;

    /// The project key, with which checksums tell that a secret changed that was given. It is asked for
    /// only where there is such a secret; without a key the checksums leave it out.
    fn key(&self) -> Option<ProjectKey> {
        None
    }

    /// Runs the command of a provisioner, and gives what it writes to standard output.
    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError>;

    /// Takes note that a pass begins, and of how many things it goes through.
    fn begin(&self, _pass: Pass, _things: usize) {}

    /// Takes note that a pass is through with one more of them. Not every pass tells.
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
    /// The uid of the resource that it is asked for.
    pub resource: String,
    /// The name of the file that its provisioner was written in. The command runs in the folder of
    /// that file.
    pub provisioner: String,
    /// The program and its arguments. A program with a `/` that is not absolute is relative to that
    /// folder. There is no shell.
    pub command: Vec<String>,
    /// The variables of the environment that it gets, if they are set. It gets no others.
    pub environment: Vec<String>,
    /// After which time it is stopped.
    pub timeout: Duration,
    /// What it reads on standard input.
    pub input: Vec<u8>,
}

/// Why a command gave nothing. What it wrote to standard error is its end only, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// It could not be started, and why.
    NotStarted(String),
    /// It ended otherwise than well.
    Failed {
        /// How it ended, such as `exit code 3`.
        status: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It took too long.
    TimedOut {
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It wrote more than this many bytes.
    TooLarge(usize),
}

/// Why a file has no content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileError {
    /// There is none.
    NotFound,
    /// It lies outside the folder that files may be read from.
    Outside,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// A world in memory: the files, variables and commands that it was given, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    variables: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    commands: BTreeMap<Vec<String>, Vec<u8>>,
}

impl Memory {
    /// A world with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under the path that Score files name it by.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// Gives an environment variable a value.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds a variable of the process, which is read only where that is allowed.
    #[must_use]
    pub fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds a command, and what it writes each time.
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
