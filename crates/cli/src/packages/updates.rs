//! Packages in memory, with which a run shows what an update would do.

use std::collections::BTreeMap;

use super::{Files, Package};

/// The packages that a run uses instead of installed ones, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Updates(BTreeMap<String, Update>);

/// A fetched package that is not installed.
#[derive(Debug, Clone)]
pub(super) struct Update {
    pub(super) files: Files,
    /// Whether messages show no contents of its files.
    pub(super) is_hidden: bool,
}

impl Updates {
    /// Adds a package.
    pub(crate) fn add(&mut self, package: &Package, files: Files, is_hidden: bool) {
        let update = Update { files, is_hidden };
        self.0.insert(package.name.clone(), update);
    }

    /// The package that is used instead of the installed one.
    pub(super) fn get(&self, package: &Package) -> Option<&Update> {
        self.0.get(&package.name)
    }
}
