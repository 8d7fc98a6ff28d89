//! Paths, and the names of the files of a project. Functions follow links only if they say so.

use std::path::{Component, Path, PathBuf};

/// The name of the folder of score-rs in a project, with the project key and other files.
pub(crate) const OWN_FOLDER: &str = ".score-rs";

/// The name of the project file.
pub(crate) const PROJECT_FILE: &str = "score-rs.yaml";

/// The name of the lock file of packages, beside the project file.
pub(crate) const LOCK_FILE: &str = "score-rs.lock";

/// Whether a file name is reserved for the project. The comparison ignores case, because some file
/// systems do.
pub(crate) fn is_reserved(name: &std::ffi::OsStr) -> bool {
    [PROJECT_FILE, LOCK_FILE]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it))
}

/// The path, or `.` for the empty path, which the system does not accept.
pub(crate) fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// The parent folder of a path; empty for the working folder.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The name of a file in messages. It cannot be confused with the name of an option, standard input or a
/// built-in file.
pub(crate) fn name(path: &Path) -> String {
    let name = path.to_string_lossy().into_owned();
    let name = if cfg!(windows) {
        name.replace('\\', "/")
    } else {
        name
    };
    let is_odd = ["-", "<", "builtin:"].iter().any(|it| name.starts_with(it));
    if is_odd && name != "-" {
        format!("./{name}")
    } else {
        name
    }
}

/// A path as a word of a shell.
pub(crate) fn word(path: &Path) -> String {
    let path = name(path);
    let is_plain = |c: char| c.is_alphanumeric() || "/-_.:=@%+".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

/// The path with all links resolved. A path that does not exist is returned unchanged.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    let path = or_here(path);
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The path without `.` and without a `/` at the end.
pub(crate) fn without_current(path: &Path) -> PathBuf {
    let parts = path.components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

/// The path without `.` and `..`. Links are not followed.
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

/// The path, in the working folder unless it is absolute, with all links of its existing part resolved.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let path = without_dots(&here.join(path));
    let mut existing = path.ancestors();
    let real = existing.find_map(|it| {
        let missing = path.strip_prefix(it).ok()?;
        Some(std::fs::canonicalize(it).ok()?.join(missing))
    });
    // To join an empty path adds a `/`.
    real.map_or(path, |real| real.components().collect())
}

/// The relative path between two absolute paths without links.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::{relative, resolved, word};
    use std::path::Path;

    #[test]
    fn paths_are_words_of_a_shell() {
        for (path, expected) in [
            ("out/compose.yaml", "out/compose.yaml"),
            ("my app/it's.yaml", r"'my app/it'\''s.yaml'"),
            ("$(x).yaml", "'$(x).yaml'"),
        ] {
            assert_eq!(word(Path::new(path)), expected);
        }
    }

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

    #[test]
    fn paths_are_compared_without_links() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("a")).unwrap();
        std::os::unix::fs::symlink("a", real.join("link")).unwrap();
        for (path, expected) in [
            ("a", "a"),
            ("link/", "a"),
            ("./link/../link/./new/x.yaml", "a/new/x.yaml"),
            ("new/x", "new/x"),
        ] {
            assert_eq!(resolved(&real.join(path)), real.join(expected), "{path}");
        }
    }
}
