//! Changes of the installed packages, made completely or not at all.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::installed::FOLDER;
use super::lock::Lock;
use crate::host::{
    Folder, Gate, LOCK_FILE, Locks, PRIVATE_FOLDER, Shared, Staged, folder_of, own_folder,
    private_folder,
};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::Changes;
use crate::report::failure::{About, Failure};

/// The mode of executable files.
const EXECUTABLE: u32 = 0o755;

/// A planned change.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    project: &'a Gate,
    /// The current lock file.
    before: &'a Lock,
    /// The new files of packages.
    put: Vec<(String, Files)>,
    /// The entries of the packages folder to remove.
    gone: Vec<PathBuf>,
    /// The new lock file.
    after: Option<Lock>,
}

impl<'a> Change<'a> {
    /// An empty change.
    pub(crate) fn new(project: &'a Gate, before: &'a Lock) -> Self {
        Self {
            project,
            before,
            put: Vec::new(),
            gone: Vec::new(),
            after: None,
        }
    }

    /// Replaces the files of a package.
    #[must_use]
    pub(crate) fn with_files(mut self, name: &str, files: Files) -> Self {
        self.put.push((name.to_owned(), files));
        self
    }

    /// Removes a package, or another entry of the packages folder.
    #[must_use]
    pub(crate) fn without(mut self, name: &Path) -> Self {
        self.gone.push(name.to_owned());
        self
    }

    /// Replaces the lock file.
    #[must_use]
    pub(crate) fn with_lock(mut self, lock: Lock) -> Self {
        self.after = Some(lock);
        self
    }

    /// Makes the change. If a part of it fails, the others are undone. The lock file is written
    /// first, so that `install` can complete the change of a killed run.
    pub(crate) fn apply(&self) -> Result<(), Failure> {
        let root = self.project.root();
        let own = own_folder(root)?;
        let locks = Locks::of([root])?;
        let known = self.project.read(Path::new(LOCK_FILE));
        if known.unwrap_or_default() != self.before.text {
            let path = root.path().join(LOCK_FILE);
            let problem = format!("`{}` has changed in the meantime", path.display());
            return Err(Failure::new(problem).help("run the command again"));
        }
        let shown = own.path().join(FOLDER);
        // Folders are replaced in there, and a link could lead anywhere.
        let packages = private_folder(&own, FOLDER).writing(&shown)?;
        // Staged files and replaced folders are removed on drop.
        let (_staged, staging) = Staged::folder(&own, PRIVATE_FOLDER).writing(&shown)?;
        let new = Arc::new(self.stage(&staging).writing(&shown)?);
        let old = Arc::new(staging.make_folder("old", PRIVATE_FOLDER).writing(&shown)?);
        if let Some(lock) = &self.after {
            self.write_lock(lock.to_text().into_bytes(), &locks)?;
        }
        let mut moves = Moves::default();
        let done = self.swap(&Arc::new(packages), &new, &old, &mut moves);
        if done.is_err() {
            moves.undo();
            if self.after.is_some() {
                // If this fails too, report only the first error.
                let _ = self.write_lock(self.before.text.clone(), &locks);
            }
        }
        done.writing(&shown)
    }

    /// Writes the new files to a temporary folder.
    fn stage(&self, staging: &Folder) -> io::Result<Folder> {
        let new = staging.make_folder("new", PRIVATE_FOLDER)?;
        for (name, files) in &self.put {
            let folder = new.make_folder(name, PRIVATE_FOLDER)?;
            for (path, file) in files.iter() {
                let path = Path::new(path);
                let folder = folder.make_folder_at(folder_of(path), PRIVATE_FOLDER)?;
                let mode = if file.executable { EXECUTABLE } else { OPEN };
                folder.create(
                    path.file_name().unwrap_or_default(),
                    &file.bytes,
                    mode,
                    false,
                )?;
            }
        }
        Ok(new)
    }

    /// Replaces the old folders with the new ones.
    fn swap(
        &self,
        packages: &Shared,
        new: &Shared,
        old: &Shared,
        moves: &mut Moves,
    ) -> io::Result<()> {
        let put = self.put.iter().map(|(name, _)| Path::new(name));
        for name in put.chain(self.gone.iter().map(PathBuf::as_path)) {
            if packages.kind(name)?.is_some() {
                moves.make(packages, old, name)?;
            }
        }
        for (name, _) in &self.put {
            moves.make(new, packages, Path::new(name))?;
        }
        Ok(())
    }

    /// Writes the lock file. Empty text means that there was no lock file, so it is removed.
    fn write_lock(&self, text: Vec<u8>, locks: &Locks) -> Result<(), Failure> {
        let root = self.project.root();
        let path = root.path().join(LOCK_FILE);
        if text.is_empty() {
            return root.remove(LOCK_FILE).writing(&path);
        }
        let located = self.project.locate(Path::new(LOCK_FILE)).writing(&path)?;
        let output = Output::named(located, &path, text, OPEN, Rule::Edited)?;
        let changes = Changes::from(vec![output]);
        changes.apply_locked(locks, &Permission::default())?;
        Ok(())
    }
}

/// Completed renames: the old folder, the new folder, and the name.
#[derive(Debug, Default)]
struct Moves(Vec<(Shared, Shared, PathBuf)>);

impl Moves {
    fn make(&mut self, from: &Shared, to: &Shared, name: &Path) -> io::Result<()> {
        from.rename(name, to, name)?;
        self.0
            .push((Arc::clone(from), Arc::clone(to), name.to_owned()));
        Ok(())
    }

    /// Undoes all renames. If one cannot be undone, the next command detects it, because all files
    /// are verified against the lock file.
    fn undo(self) {
        for (from, to, name) in self.0.into_iter().rev() {
            let _ = to.rename(&name, &from, &name);
        }
    }
}
