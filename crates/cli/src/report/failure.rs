//! Why a command could not be carried out, as opposed to what is wrong with its input.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// A reason to stop with exit code 2.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what it is about, where the message alone would not.
    #[must_use]
    pub(crate) fn about(mut self, subject: impl Display) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }

    /// A file that cannot be read.
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        let (path, reason) = (path.display(), reason(error));
        Self::new(format!("cannot read `{path}`: {reason}"))
    }

    /// A file that cannot be written.
    pub(crate) fn write(path: &Path, error: &io::Error) -> Self {
        let (path, reason) = (path.display(), reason(error));
        Self::new(format!("cannot write `{path}`: {reason}"))
    }
}

/// Says which file an error of the system is about.
pub(crate) trait About<T> {
    /// It could not be read.
    fn reading(self, path: &Path) -> Result<T, Failure>;
    /// It could not be written.
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

/// An error of the system in the words of this program.
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
