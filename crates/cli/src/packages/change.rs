//! Changes of what is installed: all of a change, or nothing of it. Not: which change is right.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::files::Files;
use super::installed::folder;
use super::lock::{LOCK_FILE, Lock};
use crate::disk::read;
use crate::failure::Failure;
use crate::write::{Output, lock as wait, mode, own_folder, write};

/// The begin of the name of the folder in which a change is prepared.
const STAGING: &str = ".packages-";

/// What is to change.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    root: &'a Path,
    /// The lock as it was read.
    before: &'a Lock,
    /// Packages that are to have these files.
    put: Vec<(String, Files)>,
    /// Entries among the packages that are to go.
    gone: Vec<PathBuf>,
    /// The lock as it is to be.
    after: Option<Lock>,
}

impl<'a> Change<'a> {
    /// A change of nothing.
    pub(crate) fn new(root: &'a Path, before: &'a Lock) -> Self {
        Self {
            root,
            before,
            put: Vec::new(),
            gone: Vec::new(),
            after: None,
        }
    }

    /// Gives a package these files, and no others.
    #[must_use]
    pub(crate) fn with_files(mut self, name: &str, files: Files) -> Self {
        self.put.push((name.to_owned(), files));
        self
    }

    /// Removes a package, or what else has this name among them, if it is there.
    #[must_use]
    pub(crate) fn without(mut self, name: &Path) -> Self {
        self.gone.push(name.to_owned());
        self
    }

    /// Changes the lock.
    #[must_use]
    pub(crate) fn with_lock(mut self, lock: Lock) -> Self {
        self.after = Some(lock);
        self
    }

    /// Makes the change. If a part of it fails, what was done is undone.
    pub(crate) fn apply(&self) -> Result<(), Failure> {
        let own = own_folder(self.root)?;
        let kept = wait(self.root);
        let path = self.root.join(LOCK_FILE);
        if read(&path).unwrap_or_default() != self.before.text {
            return Err(
                Failure::new(format!("`{}` has changed in the meantime", path.display()))
                    .help("run the command again"),
            );
        }
        if kept.is_some() {
            clear(&own);
        }
        let place = folder(self.root);
        let fail = |error| Failure::write(&place, &error);
        if !place.is_dir() {
            fs::create_dir(&place).map_err(fail)?;
        }
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(&own);
        let staging = staging.map_err(fail)?;
        let mut moves = Moves::default();
        let done = self
            .stage(&staging)
            .and_then(|()| self.swap(&place, &staging, &mut moves));
        let done = done.map_err(fail).and_then(|()| self.write_lock(&path));
        if done.is_err() {
            moves.undo();
        }
        drop(kept);
        done
    }

    /// Writes all files where nobody looks for them.
    fn stage(&self, staging: &TempDir) -> io::Result<()> {
        for (name, files) in &self.put {
            let folder = staging.path().join("new").join(name);
            fs::create_dir_all(&folder)?;
            for (name, bytes) in files.iter() {
                fs::write(folder.join(name), bytes)?;
            }
        }
        fs::create_dir(staging.path().join("old"))
    }

    /// Puts new folders into the places of old ones.
    fn swap(&self, place: &Path, staging: &TempDir, moves: &mut Moves) -> io::Result<()> {
        let put = self.put.iter().map(|(name, _)| Path::new(name));
        for name in put.chain(self.gone.iter().map(PathBuf::as_path)) {
            let known = place.join(name);
            if fs::symlink_metadata(&known).is_ok() {
                moves.make(known, staging.path().join("old").join(name))?;
            }
        }
        for (name, _) in &self.put {
            moves.make(staging.path().join("new").join(name), place.join(name))?;
        }
        Ok(())
    }

    fn write_lock(&self, path: &Path) -> Result<(), Failure> {
        let Some(lock) = &self.after else {
            return Ok(());
        };
        let known = fs::metadata(path).ok().and_then(|known| mode(&known));
        let text = lock.to_text().into_bytes();
        write(&[Output::named(path, text, known.unwrap_or(0o644))?])?;
        Ok(())
    }
}

/// Removes what stopped runs have left in an own folder that is locked. What cannot be removed is in
/// nobody's way.
fn clear(own: &Path) {
    for entry in fs::read_dir(own).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Renamings that were made.
#[derive(Debug, Default)]
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn make(&mut self, from: PathBuf, to: PathBuf) -> io::Result<()> {
        fs::rename(&from, &to)?;
        self.0.push((from, to));
        Ok(())
    }

    /// Takes all of them back. One that cannot be taken back is found by the next command, which
    /// holds all files against the lock.
    fn undo(self) {
        for (from, to) in self.0.into_iter().rev() {
            let _ = fs::rename(to, from);
        }
    }
}
