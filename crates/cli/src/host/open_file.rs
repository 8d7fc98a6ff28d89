//! An open file whose type and size are known.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// An open file, with its metadata at the time when it was opened.
#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    size: u64,
    executable: bool,
}

impl OpenFile {
    /// An open file and its metadata.
    pub(crate) fn new(file: File, known: &Metadata) -> Self {
        Self {
            file,
            size: known.len(),
            executable: is_executable(known),
        }
    }

    /// Opens any file that the user named, for example a pipe.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let known = file.metadata()?;
        Ok(Self::new(file, &known))
    }

    /// Whether the owner of the file may execute it. On systems without modes, all files are executable.
    pub(crate) fn is_executable(&self) -> bool {
        self.executable
    }

    /// Reads the file. Reading stops one byte after `most`, so that the caller can detect a file
    /// that is too large.
    pub(crate) fn read(self, most: u64) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.size.min(most)).unwrap_or_default();
        // With room for one more byte, the end of the file is found without another allocation.
        let mut bytes = Vec::with_capacity(size + 1);
        self.file.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads the first `length` bytes, or the whole file if it is shorter.
    pub(crate) fn read_start(self, length: u64) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        self.file.take(length).read_to_end(&mut start)?;
        Ok(start)
    }
}

#[cfg(unix)]
fn is_executable(known: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    known.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    true
}
