//! Locks on folders. A temporary entry of a locked folder belongs to a killed run, and is removed.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use super::folder::{Identity, Shared};
use super::path::OWN_FOLDER;
use super::staged::{PREFIX, is_temporary, sweep};
use crate::report::failure::Failure;

/// Folders that no other run writes to at the same time.
#[derive(Debug)]
pub(crate) struct Locks {
    _held: Vec<File>,
}

impl Locks {
    /// Locks folders and removes temporary entries of killed runs. All runs lock folders in the
    /// same order, by identity, so that they cannot deadlock.
    pub(crate) fn of<'a>(folders: impl IntoIterator<Item = &'a Shared>) -> Result<Self, Failure> {
        let mut folders: Vec<&Shared> = folders.into_iter().collect();
        // Most files of a run are in the same folder, whose identity is read only once.
        folders.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let sorted: BTreeMap<Option<Identity>, &Shared> = folders
            .into_iter()
            .map(|folder| (folder.own_identity(), folder))
            .collect();
        let mut held = Vec::new();
        for folder in sorted.into_values() {
            // Temporary entries of a folder that cannot be locked may belong to a concurrent run.
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

/// Removes temporary entries of killed runs from a folder and from `.score-rs` in it. The folder is
/// locked only if there are any.
pub(crate) fn tidy(folder: &Shared) -> Result<(), Failure> {
    let own = folder.folder(OWN_FOLDER);
    let mut entries = folder.entries().unwrap_or_default();
    entries.extend(own.and_then(|own| own.entries()).unwrap_or_default());
    if entries.iter().any(|(name, _)| is_temporary(name, PREFIX)) {
        Locks::of([folder])?;
    }
    Ok(())
}
