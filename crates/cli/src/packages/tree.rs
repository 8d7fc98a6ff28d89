//! The files of a source, which are listed and read on demand: a repository can contain much more than a package.

use std::collections::BTreeMap;

use super::files::{MOST_DEPTH, MOST_FILES, PackageFile};
use crate::report::failure::Failure;

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TreeEntry {
    /// A regular file.
    File(String),
    /// A folder.
    Folder(String),
}

/// The folder of a source. Paths are relative to it and have `/` as separator. Links and special files do not exist
/// for a tree.
pub(super) trait Tree {
    /// The entries of a folder, sorted by name; none if it does not exist. The empty path is the folder of the source.
    fn entries(&mut self, folder: &str) -> Result<Vec<TreeEntry>, Failure>;

    /// A file, if it exists. At most one byte more than the limit of a file is read.
    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure>;
}

/// The paths of all files below a folder.
pub(super) fn below(tree: &mut dyn Tree, folder: &str) -> Result<Vec<String>, Failure> {
    let mut paths = Vec::new();
    let mut open = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(folder) = open.pop() {
        for entry in tree.entries(&folder)? {
            seen += 1;
            if seen > 2 * MOST_FILES || folder.split('/').count() > MOST_DEPTH {
                let problem = format!(
                    "`{folder}` has more than {MOST_FILES} files or more than {MOST_DEPTH} levels of folders"
                );
                return Err(Failure::new(problem).help("split it into smaller ones"));
            }
            match entry {
                TreeEntry::File(name) => paths.push(joined(&folder, &name)),
                TreeEntry::Folder(name) => open.push(joined(&folder, &name)),
            }
        }
    }
    paths.sort();
    Ok(paths)
}

/// The path of an entry of a folder.
pub(super) fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Files in memory, by path.
pub(super) type FilesByPath = BTreeMap<String, PackageFile>;

impl Tree for FilesByPath {
    fn entries(&mut self, folder: &str) -> Result<Vec<TreeEntry>, Failure> {
        Ok(entries_of(self.keys(), folder))
    }

    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure> {
        Ok(self.get(path).cloned())
    }
}

/// The entries of a folder among sorted paths.
pub(super) fn entries_of<'a>(
    paths: impl Iterator<Item = &'a String>,
    folder: &str,
) -> Vec<TreeEntry> {
    let inside = paths.filter_map(|path| match folder {
        "" => Some(path.as_str()),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    });
    let mut entries: Vec<TreeEntry> = inside
        .map(|inside| match inside.split_once('/') {
            Some((name, _)) => TreeEntry::Folder(name.to_owned()),
            None => TreeEntry::File(inside.to_owned()),
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}
