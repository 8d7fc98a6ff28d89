//! The failure of a command, as opposed to diagnostics of its input.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// A failure with exit code 2.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The problem.
    pub(crate) message: String,
    /// The advice.
    pub(crate) help: Option<String>,
    /// The file that could not be read, if that is the problem.
    pub(crate) file: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            file: None,
        }
    }

    /// Adds advice.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the subject, if the message does not mention it.
    #[must_use]
    pub(crate) fn about(mut self, subject: impl Display) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }

    /// The failure to read a file.
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        let (file, reason) = (path.display().to_string(), reason(error));
        Self {
            file: Some(file.clone()).filter(|file| !file.is_empty()),
            ..Self::new(format!("cannot read `{file}`: {reason}"))
        }
    }

    /// The failure to write a file.
    pub(crate) fn write(path: &Path, error: &io::Error) -> Self {
        let (path, reason) = (path.display(), reason(error));
        Self::new(format!("cannot write `{path}`: {reason}"))
    }
}

/// Converts an I/O error to a failure with a path.
pub(crate) trait About<T> {
    /// Adds the path of a file that could not be read.
    fn reading(self, path: &Path) -> Result<T, Failure>;
    /// Adds the path of a file that could not be written.
    fn writing(self, path: &Path) -> Result<T, Failure>;
}

impl<T> About<T> for io::Result<T> {
    fn reading(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|error| Failure::read(path, &error))
    }

    fn writing(self, path: &Path) -> Result<T, Failure> {
        self.map_err(|error| Failure::write(path, &error))
    }
}

/// The message for an I/O error.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => {
            let text = error.to_string();
            let end = text.rfind(" (os error").unwrap_or(text.len());
            let mut text = text[..end].to_owned();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            text
        }
    }
}
