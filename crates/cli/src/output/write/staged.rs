//! Files and folders under temporary names, and what runs that were killed left of them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{FOLDER, Output, Rule};
use crate::host::disk::OWN_FOLDER;
use crate::host::{Folder, Identity, Lock, Shared, is_temporary_name, temporary_name};
use crate::report::failure::Failure;

/// The words around the random part of a temporary name.
pub(super) const TEMPORARY: (&str, &str) = (".score-rs-", ".tmp");

/// A complete file under a temporary name. It goes unless it is put in its place.
#[derive(Debug)]
pub(crate) struct Staged {
    folder: Shared,
    name: String,
    placed: bool,
}

impl Staged {
    /// The file of an output, in the own folder of score-rs if it is private. One beside many others
    /// need not survive a crash of the system: it does not look as it should to the next run, which
    /// writes it again.
    pub(super) fn new(output: &Output, own: Option<&Shared>) -> io::Result<Self> {
        let base = output.base.as_ref().filter(|_| !output.is_private());
        let folder = base.or(own).ok_or(io::ErrorKind::NotFound)?;
        let folder = Arc::clone(folder);
        let sync = output.rule == Rule::Edited || output.inner.iter().count() == 1;
        Self::file(folder, &output.bytes, output.mode, sync)
    }

    /// A file in a folder that is locked.
    pub(crate) fn file(folder: Shared, bytes: &[u8], mode: u32, sync: bool) -> io::Result<Self> {
        let staged = Self {
            name: temporary_name(TEMPORARY.0, TEMPORARY.1)?,
            folder,
            placed: false,
        };
        staged.folder.create(&staged.name, bytes, mode, sync)?;
        Ok(staged)
    }

    /// An empty folder in one that is locked, and itself opened under the name that it will have.
    pub(crate) fn folder(parent: &Shared, path: &Path) -> io::Result<(Self, Shared)> {
        let staged = Self {
            name: temporary_name(TEMPORARY.0, TEMPORARY.1)?,
            folder: Arc::clone(parent),
            placed: false,
        };
        let folder = parent.make_folder(&staged.name, FOLDER)?;
        Ok((staged, Arc::new(folder.shown_as(path))))
    }

    /// Puts it in its place.
    pub(crate) fn persist(mut self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        self.folder.rename(&self.name, folder, name)?;
        self.placed = true;
        Ok(())
    }

    /// Puts a file in its place, unless there is something.
    pub(crate) fn persist_new(self, folder: &Folder, name: &OsStr) -> io::Result<()> {
        // What is dropped is the temporary name only.
        self.folder.link_to(&self.name, folder, name)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.placed {
            // What cannot be removed is removed by the next run.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// Folders that no other run writes into meanwhile.
#[derive(Debug)]
pub(crate) struct Locks(Vec<(Shared, Lock)>);

impl Locks {
    /// Locks folders, in an order that is the same for all runs, so that none waits for another in a
    /// circle. What runs that were killed have left in them is removed.
    pub(crate) fn of<'a>(folders: impl IntoIterator<Item = &'a Shared>) -> Result<Self, Failure> {
        let mut known: BTreeMap<Option<Identity>, &Shared> = BTreeMap::new();
        for folder in folders {
            known.entry(folder.own_identity()).or_insert(folder);
        }
        let locked = known.into_values().map(|folder| {
            let lock = folder.lock()?;
            Ok((Arc::clone(folder), lock))
        });
        let locks = locked.collect::<Result<_, Failure>>().map(Self)?;
        locks.sweep();
        Ok(locks)
    }

    /// Locks the folders that outputs go into.
    pub(crate) fn of_outputs(outputs: &[Output]) -> Result<Self, Failure> {
        Self::of(outputs.iter().filter_map(|output| output.base.as_ref()))
    }

    /// Removes what runs that were killed have left in the folders. Where a folder cannot be locked,
    /// it could belong to another run.
    fn sweep(&self) {
        for (folder, lock) in &self.0 {
            if lock.is_held {
                sweep(folder);
                if let Ok(own) = folder.folder(OWN_FOLDER) {
                    sweep(&own);
                }
            }
        }
    }
}

/// Removes temporary entries from a folder that is locked.
pub(crate) fn sweep(folder: &Folder) {
    for name in temporary(folder) {
        let _ = folder.remove(&name);
    }
}

/// Removes what runs that were killed have left in a folder and in the own folder there. A folder without
/// any of it is not locked.
pub(crate) fn tidy(folder: &Shared) -> Result<(), Failure> {
    let own = folder.folder(OWN_FOLDER).ok();
    let mut left = temporary(folder).chain(own.iter().flat_map(temporary));
    if left.next().is_some() {
        Locks::of([folder])?;
    }
    Ok(())
}

/// The names of the temporary entries of a folder.
fn temporary(folder: &Folder) -> impl Iterator<Item = OsString> + use<> {
    let (start, end) = TEMPORARY;
    let names = folder.entries().unwrap_or_default().into_iter();
    names
        .map(|(name, _)| name)
        .filter(move |name| is_temporary_name(name, start, end))
}

/// A name for a temporary entry of a locked folder. The next run that locks the folder removes it.
pub(crate) fn name_of_staged() -> io::Result<String> {
    temporary_name(TEMPORARY.0, TEMPORARY.1)
}
