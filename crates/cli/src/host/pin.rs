//! Pins: the contents and the mode that a file must have to be used.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;

use score_compiler::world::RunError;
use sha2::{Digest, Sha256};

use super::folder::Folder;
use super::path::name;
use crate::report::failure::reason;

/// Pinned files by path relative to their folder, with `/` as separator.
pub(crate) type Pins = BTreeMap<String, Pin>;

/// The contents and the mode of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The SHA-256 digest, as `sha256:` and 64 hexadecimal digits.
    pub(crate) digest: String,
    /// Whether the file is executable.
    pub(crate) executable: bool,
}

impl Pin {
    /// The pin of a file.
    pub(crate) fn of(bytes: &[u8], executable: bool) -> Self {
        Self {
            digest: digest(bytes),
            executable,
        }
    }

    /// Reads the file below a folder, and returns `None` if it does not match. Links are not followed. File
    /// systems without modes show all files as executable, so only the lack of the mode is a difference.
    pub(crate) fn read(&self, folder: &Folder, path: &str) -> io::Result<Option<Vec<u8>>> {
        let path = Path::new(path);
        let file = folder.parent_of(path)?;
        let file = file.open(path.file_name().unwrap_or_default())?;
        let mode = !self.executable || file.is_executable();
        let bytes = file.read(MOST)?;
        Ok((mode && digest(&bytes) == self.digest).then_some(bytes))
    }
}

/// More than the largest file that is ever pinned.
const MOST: u64 = 2 << 20;

/// The maximum size of a program whose changes are noticed.
const MOST_OF_PROGRAM: u64 = 32 << 20;

/// The digest of a file below a folder, without following links. Absent if it cannot be read.
pub(super) fn of_file(folder: &Path, path: &str) -> Option<String> {
    let path = Path::new(path);
    let parent = Folder::named(folder)
        .and_then(|it| it.parent_of(path))
        .ok()?;
    let bytes = parent
        .open(path.file_name()?)
        .and_then(|it| it.read(MOST_OF_PROGRAM))
        .ok()?;
    Some(digest(&bytes))
}

/// Verifies all files of a folder before a command uses them.
pub(super) fn verify(folder: &Path, pins: &Pins) -> Result<(), RunError> {
    let problem = |path: &str, problem: &str| {
        let path = folder.join(path);
        RunError::NotVerified(format!("`{}` {problem}", name(&path)))
    };
    let open = Folder::named(folder).map_err(|error| problem("", &reason(&error)))?;
    for (path, pin) in pins {
        match pin.read(&open, path) {
            Ok(Some(_)) => {}
            Ok(None) => return Err(problem(path, "differs from the lock file")),
            Err(error) => {
                let reason = format!("cannot be read: {}", reason(&error));
                return Err(problem(path, &reason));
            }
        }
    }
    Ok(())
}

/// The SHA-256 digest of `bytes`, as `sha256:` and 64 hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
