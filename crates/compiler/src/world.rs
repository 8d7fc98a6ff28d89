//! The outside world as the compiler sees it. All I/O goes through here, so that tests and
//! embedders can run in memory.

use std::collections::BTreeMap;

/// What the compiler asks of the world outside.
pub trait World {
    /// The content of a file that a Score file names as the `source` of a file.
    ///
    /// `spec` is the name of the Score file, `path` is as it was written: relative to the folder
    /// of the Score file.
    fn file(&self, spec: &str, path: &str) -> Result<Vec<u8>, FileError>;

    /// A variable of the environment. Only the names that a workload asks for are read.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Why a file has no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is none.
    NotFound,
    /// It lies outside the folder that files may be read from.
    Outside,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// A world in memory: the files and variables that it was given, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    variables: BTreeMap<String, String>,
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

    /// Adds a variable of the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
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
}
