//! What a run makes of a folder that is its output. Not: which files are in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::staged::{StagedFolder, clear_named, clear_output};
use crate::write::{Output, fill, folder_of, is_absent, openable, write};

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
        // Without what it may end with, such as `/.`.
        let folder: PathBuf = self.folder.components().collect();
        let is_new = is_absent(&folder);
        let inner = |output| Some((inner(output, &folder)?, output));
        let inner: Option<Vec<_>> = self.outputs.iter().map(inner).collect();
        match inner {
            Some(inner) if is_new && folder.file_name().is_some() => match make(&folder, &inner) {
                // Another run has made it in the meantime.
                Err(_) if !is_absent(&folder) => self.update(),
                made => made.map(|()| true),
            },
            _ => self.update(),
        }
    }

    /// Brings a folder that is there up to date.
    fn update(&self) -> Result<bool, Failure> {
        let mut folders: BTreeSet<&Path> = BTreeSet::from([self.folder.as_path()]);
        folders.extend(self.outputs.iter().map(|output| folder_of(&output.path)));
        for folder in &folders {
            fs::create_dir_all(folder).map_err(|error| Failure::write(folder, &error))?;
        }
        // Not every system can lock a folder. Where one cannot, what a stopped run has left stays.
        let lock = File::open(&self.folder).and_then(|open| open.lock().map(|()| open));
        if lock.is_ok() {
            for folder in &folders {
                clear_output(folder);
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

/// Makes a folder of these files, by their paths in it. It is complete from the moment when it is there.
fn make(folder: &Path, files: &[(&Path, &Output)]) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::write(folder, &error);
    let parent = openable(folder_of(folder));
    fs::create_dir_all(parent).map_err(|error| Failure::write(parent, &error))?;
    clear_named(parent);
    let staged = StagedFolder::named(parent).map_err(fail)?;
    fill(&staged, folder, files)?;
    staged.persist(folder).map_err(fail)
}

/// The path of a file in a folder.
fn inner<'a>(output: &'a Output, folder: &Path) -> Option<&'a Path> {
    output.path.strip_prefix(folder).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Change;
    use crate::write::Output;

    #[test]
    fn a_folder_comes_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        let change = |names: &[&str]| {
            let output =
                |name: &&str| Output::one_of_many(&folder.join(name), b"x".to_vec(), |_| 0o644);
            Change {
                folder: folder.join("."),
                outputs: names.iter().map(|name| output(name).unwrap()).collect(),
                stale: Vec::new(),
            }
        };
        let names = || {
            let entries = fs::read_dir(parent.path().join("a")).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name());
            names.collect::<Vec<_>>()
        };
        // A file where a folder has to be.
        assert!(change(&["c/d", "c/d/e", "f"]).apply().is_err());
        assert!(names().is_empty());
        assert!(change(&["c/d", "f"]).apply().unwrap());
        assert_eq!(names(), ["b"]);
        assert_eq!(fs::read(folder.join("c/d")).unwrap(), b"x");
        // A folder of the user that is called like what a stopped run leaves.
        fs::create_dir(folder.join(".staged-mine")).unwrap();
        fs::write(folder.join(".staged-left"), b"").unwrap();
        assert!(!change(&["c/d", "f"]).apply().unwrap());
        assert!(folder.join(".staged-mine").is_dir());
        assert!(!folder.join(".staged-left").exists());
    }
}
