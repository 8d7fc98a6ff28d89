//! What a run makes of a folder that is its output. Not: which files are in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::staged::clear_own;
use crate::write::{Output, folder_of, write};

/// How every file that holds an output begins, where its format has comments of YAML.
pub(crate) const MARK: &str = "# Written by score-rs ";

/// What a run makes of a folder, which need not be there yet.
#[derive(Debug)]
pub(crate) struct Change {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The files to write.
    pub(crate) outputs: Vec<Output>,
    /// The files of an earlier run that go.
    pub(crate) stale: Vec<PathBuf>,
}

impl Change {
    /// Writes the files into the folder, which is made if there is none, and removes those of an
    /// earlier run that are none of them. Tells whether anything has changed.
    pub(crate) fn apply(&self) -> Result<bool, Failure> {
        let mut folders: BTreeSet<&Path> = BTreeSet::from([self.folder.as_path()]);
        folders.extend(self.outputs.iter().map(|output| folder_of(&output.path)));
        for folder in &folders {
            fs::create_dir_all(folder).map_err(|error| Failure::write(folder, &error))?;
        }
        // Not every system can lock a folder. Where one cannot, what a stopped run has left stays.
        let lock = File::open(&self.folder).and_then(|open| open.lock().map(|()| open));
        if lock.is_ok() {
            for folder in &folders {
                clear_own(folder);
            }
        }
        let changed = write(&self.outputs)?.contains(&true);
        for path in &self.stale {
            fs::remove_file(path).map_err(|error| Failure::write(path, &error))?;
        }
        self.leave();
        drop(lock);
        Ok(changed || !self.stale.is_empty())
    }

    /// What messages call it: the file, where it is only one, or the folder.
    pub(crate) fn name(&self) -> PathBuf {
        match self.outputs.as_slice() {
            [only] => only.path.clone(),
            _ => self.folder.join(""),
        }
    }

    /// Removes the folders below that have become empty.
    fn leave(&self) {
        for path in &self.stale {
            let folders = path.ancestors().skip(1);
            for folder in folders.take_while(|folder| *folder != self.folder) {
                // One with something in it cannot be removed, which is meant.
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
    }
}
