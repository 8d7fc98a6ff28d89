//! Locks on folders. Temporary entries of a locked folder are what a killed run has left, and are removed.

use std::collections::BTreeMap;
use std::fs::File;

use super::folder::{Identity, Shared};
use super::path::OWN_FOLDER;
use super::staged::{PREFIX, is_temporary, sweep};
use crate::report::failure::Failure;

/// Folders that no other run writes into meanwhile.
#[derive(Debug)]
pub(crate) struct Locks {
    _held: Vec<File>,
}

impl Locks {
    /// Locks folders, in an order that is the same for all runs, so that none waits for another in a
    /// circle. What runs that were killed have left in them is removed.
    pub(crate) fn of<'a>(folders: impl IntoIterator<Item = &'a Shared>) -> Result<Self, Failure> {
        let folders = folders.into_iter();
        let sorted: BTreeMap<Option<Identity>, &Shared> = folders
            .map(|folder| (folder.own_identity(), folder))
            .collect();
        let mut held = Vec::new();
        for folder in sorted.into_values() {
            // What is in a folder that cannot be locked could belong to another run.
            let Some(lock) = folder.lock()? else {
                continue;
            };
            held.push(lock);
            sweep(folder, PREFIX);
            if let Ok(own) = folder.folder(OWN_FOLDER) {
                sweep(&own, PREFIX);
            }
        }
        Ok(Self { _held: held })
    }
}

/// Removes what runs that were killed have left in a folder and in the own folder there. A folder without
/// any of it is not locked.
pub(crate) fn tidy(folder: &Shared) -> Result<(), Failure> {
    let own = folder.folder(OWN_FOLDER);
    let mut entries = folder.entries().unwrap_or_default();
    entries.extend(own.and_then(|own| own.entries()).unwrap_or_default());
    if entries.iter().any(|(name, _)| is_temporary(name, PREFIX)) {
        Locks::of([folder])?;
    }
    Ok(())
}
