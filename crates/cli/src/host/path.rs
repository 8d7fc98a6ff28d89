//! Paths, and the names of the files that make a project. Links are followed only where it is said.

use std::path::{Component, Path, PathBuf};

/// The folder that score-rs keeps its own things in, such as the project key.
pub(crate) const OWN_FOLDER: &str = ".score-rs";

/// The name of the project file.
pub(crate) const PROJECT_FILE: &str = "score-rs.yaml";

/// The name of the lock file of packages, which is beside the project file.
pub(crate) const LOCK_FILE: &str = "score-rs.lock";

/// Whether a name is one that only the project itself gives its files. File systems may ignore case.
pub(crate) fn is_reserved(name: &std::ffi::OsStr) -> bool {
    [PROJECT_FILE, LOCK_FILE]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
}

/// A path that the system understands: the empty one is the working folder.
pub(crate) fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// The folder that a path is in; empty for the working folder.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// What messages call a file.
pub(crate) fn name(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    if cfg!(windows) {
        name.replace('\\', "/")
    } else {
        name
    }
}

/// A path with all links followed; one that does not exist stays as it is.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    let path = or_here(path);
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path without `.` and `..`. Links are not followed.
pub(crate) fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The relative path from a folder to another path, both absolute and without links.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::relative;
    use std::path::Path;

    #[test]
    fn relative_paths_lead_from_a_folder() {
        for (from, to, expected) in [
            ("/a/b", "/a/b/c.yaml", "c.yaml"),
            ("/a/b", "/a/x/c", "../x/c"),
            ("/a/b", "/a/b", ""),
        ] {
            assert_eq!(
                relative(Path::new(from), Path::new(to)),
                Path::new(expected)
            );
        }
    }
}
