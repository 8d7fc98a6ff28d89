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
        Ok(entries_of(self, folder))
    }

    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure> {
        Ok(self.get(path).cloned())
    }
}

/// The entries of a folder among the paths of a map, sorted by name. Other folders are not searched, so that the work
/// for all folders is not that for each path in each of them.
pub(super) fn entries_of<T>(paths: &BTreeMap<String, T>, folder: &str) -> Vec<TreeEntry> {
    let start = match folder {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let paths = paths.range(start.clone()..).map(|(path, _)| path);
    let mut entries: Vec<TreeEntry> = paths
        .map_while(|path| path.strip_prefix(&start))
        .map(|inside| match inside.split_once('/') {
            Some((name, _)) => TreeEntry::Folder(name.to_owned()),
            None => TreeEntry::File(inside.to_owned()),
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}

#[cfg(test)]
mod tests {
    use super::{FilesByPath, PackageFile, TreeEntry, entries_of};

    #[test]
    fn a_folder_has_the_entries_directly_below_it() {
        let paths = ["a-b/x", "a.yaml", "a/c/d", "a/c/e", "a/z", "ab/x"];
        let paths = paths.map(|path| (path.to_owned(), PackageFile::default()));
        let files = FilesByPath::from(paths);
        let folder = |name: &str| TreeEntry::Folder(name.to_owned());
        let file = |name: &str| TreeEntry::File(name.to_owned());
        let top = [file("a.yaml"), folder("a"), folder("a-b"), folder("ab")];
        assert_eq!(entries_of(&files, ""), top);
        assert_eq!(entries_of(&files, "a"), [file("z"), folder("c")]);
        assert_eq!(entries_of(&files, "a/c"), [file("d"), file("e")]);
        assert_eq!(entries_of(&files, "c"), []);
    }
}
