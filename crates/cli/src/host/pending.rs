//! Files that a command is about to write, which are read as if they existed.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::path::folder_of;

/// Files by their paths relative to the working folder, without `.` and `..`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending {
    files: Arc<BTreeMap<PathBuf, Vec<u8>>>,
    is_alone: bool,
}

impl Pending {
    /// Files in addition to those on disk.
    pub(crate) fn new(files: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        Self {
            files: Arc::new(files),
            is_alone: false,
        }
    }

    /// The same files, without the Score files on disk.
    #[must_use]
    pub(crate) fn alone(mut self) -> Self {
        self.is_alone = true;
        self
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether there are no Score files but these.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// The contents of a file.
    pub(crate) fn get(&self, path: &Path) -> Option<&[u8]> {
        self.files.get(&plain(path)).map(Vec::as_slice)
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// The paths of the Score files.
    pub(crate) fn specs(&self) -> impl Iterator<Item = &Path> {
        self.paths().filter(|path| is_spec(path))
    }

    /// The paths of the files directly in a folder.
    pub(crate) fn in_folder<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = &'a Path> {
        self.paths().filter(move |path| folder_of(path) == folder)
    }
}

/// The path without `.`, and with `..` only at its start.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Whether a file has the name of a Score file.
pub(crate) fn is_spec(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name == "score.yaml" || name.ends_with(".score.yaml"))
}
