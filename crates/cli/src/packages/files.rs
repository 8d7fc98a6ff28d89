//! The files of a package in memory, with limits.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use super::source::is_archive_name;
use crate::host::{Pin, Pins};
use crate::report::failure::Failure;

/// The maximum size of a file.
pub(super) const MOST_BYTES: u64 = 1 << 20;

/// The maximum size of all files of a package.
const MOST_TOTAL: usize = 32 << 20;

/// The maximum number of files of a package.
pub(super) const MOST_FILES: usize = 256;

/// The maximum number of folders in a path.
pub(super) const MOST_DEPTH: usize = 8;

/// The maximum length of the name of a file or folder.
const LONGEST_NAME: usize = 128;

/// The maximum length of a path.
const LONGEST_PATH: usize = 512;

/// The folder of templates. The names of its files can contain expressions.
pub(super) const TEMPLATES: &str = "templates";

/// A file of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackageFile {
    /// Its contents.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is executable.
    pub(crate) executable: bool,
}

/// The files of a package by path, relative to its folder and with `/` as separator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<String, PackageFile>);

impl Files {
    /// Adds a file.
    pub(crate) fn with(mut self, path: &str, file: PackageFile) -> Result<Self, Failure> {
        if !is_path(path) {
            return Err(unusable(path));
        }
        if file.bytes.len() as u64 > MOST_BYTES {
            return Err(
                Failure::new(format!("the file `{path}` is larger than 1 MiB"))
                    .help("split it into several files"),
            );
        }
        if self.0.insert(path.to_owned(), file).is_some() {
            return Err(twice(path));
        }
        let is_folder = |known: &String| {
            known
                .strip_prefix(path)
                .is_some_and(|it| it.starts_with('/'))
        };
        if self.0.keys().any(is_folder) {
            return Err(twice(path));
        }
        if let Some(other) = self.alike(path) {
            let problem = format!(
                "the package has two files that some systems do not tell apart: `{other}` and `{path}`"
            );
            return Err(Failure::new(problem).help("rename one of them"));
        }
        if let Some(folder) = folders(path).find(|folder| self.0.contains_key(*folder)) {
            return Err(twice(folder));
        }
        if self.0.len() > MOST_FILES {
            return Err(too_many());
        }
        if self.0.values().map(|file| file.bytes.len()).sum::<usize>() > MOST_TOTAL {
            let most = MOST_TOTAL >> 20;
            let problem = format!("the files of the package are larger than {most} MiB");
            return Err(Failure::new(problem).help("split the package"));
        }
        Ok(self)
    }

    /// A path that differs from another one only in case, as a whole or in the name of a folder.
    fn alike(&self, path: &str) -> Option<&str> {
        let is_alike = |known: &&String| {
            let parts = known.split('/').zip(path.split('/'));
            let other = parts.into_iter().find(|(known, part)| known != part);
            other.is_some_and(|(known, part)| known.eq_ignore_ascii_case(part))
        };
        self.0.keys().find(is_alike).map(String::as_str)
    }

    /// The files by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &PackageFile)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// A file.
    pub(crate) fn get(&self, path: &str) -> Option<&PackageFile> {
        self.0.get(path)
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The pins of the files, for the lock file.
    pub(crate) fn pins(&self) -> Pins {
        let files = self.0.iter();
        files
            .map(|(path, file)| (path.clone(), Pin::of(&file.bytes, file.executable)))
            .collect()
    }
}

/// The folders of a path.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The name of the template that a file belongs to, and the path of the file in its folder.
pub(crate) fn template_file(path: &str) -> Option<(&str, &str)> {
    let inner = path.strip_prefix(TEMPLATES)?.strip_prefix('/')?;
    inner.split_once('/')
}

/// Whether a path is that of a YAML file directly in the folder of the package.
pub(crate) fn is_document(path: &str) -> bool {
    !path.contains('/') && is_yaml(path)
}

/// The error for a single file of a source that is not a YAML file.
pub(super) fn no_document(source: &str) -> Failure {
    let help = if is_archive_name(source) {
        "unpack the archive and use its folder; only archives at `https://` URLs are unpacked"
    } else {
        "use a folder, or a file that ends with `.yaml` or `.yml`"
    };
    Failure::new(format!("`{source}` is neither a folder nor a YAML file")).help(help)
}

/// Whether a path is that of a YAML file.
pub(super) fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| path.ends_with(end))
}

/// Whether a path is valid for a file of a package on every system.
pub(super) fn is_path(path: &str) -> bool {
    let is_part: fn(&str) -> bool = match path.split_once('/') {
        Some((TEMPLATES, _)) => is_template_name,
        _ => is_name,
    };
    path.len() <= LONGEST_PATH
        && folders(path).count() <= MOST_DEPTH
        && path
            .split('/')
            .all(|part| part.len() <= LONGEST_NAME && is_part(part))
}

/// Whether a file or folder outside of templates can have this name.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(inner)
        && !name.ends_with('.')
}

/// Whether a file or folder of a template can have this name: what a project contains, or an expression for that.
/// Never a folder with hooks of Git, or of score-rs itself.
fn is_template_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphanumeric() || "._{[(@".contains(c);
    let inner = |c: char| first(c) || " -+)]}".contains(c);
    name.starts_with(first)
        && name.chars().all(inner)
        && !name.ends_with(['.', ' '])
        && !crate::host::is_private(Path::new(name))
}

/// A relative path with `/` as separator, or `None` if the path leaves its folder.
pub(super) fn plain(path: &Path) -> Option<String> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(part) => part.to_str().filter(|part| !part.contains('\\')),
            _ => None,
        })
        .collect();
    Some(parts?.join("/")).filter(|path| !path.is_empty())
}

/// The error for a path that is not valid.
pub(super) fn unusable(path: &str) -> Failure {
    Failure::new(format!("the file `{path}` cannot be part of a package")).help(format!(
        "use names of up to {LONGEST_NAME} letters, digits, `.`, `_` and `-`, starting with a letter or digit, in \
         at most {MOST_DEPTH} folders"
    ))
}

/// The error for too many files.
pub(super) fn too_many() -> Failure {
    Failure::new(format!("the package has more than {MOST_FILES} files"))
        .help("use a subfolder, or split the package")
}

/// The error for a path that occurs twice, or as a file and a folder.
pub(super) fn twice(path: &str) -> Failure {
    Failure::new(format!("the package has two files `{path}`")).help("rename one of them")
}

#[cfg(test)]
mod tests {
    use super::{Files, MOST_BYTES, MOST_FILES, MOST_TOTAL, PackageFile};
    use crate::report::failure::Failure;

    fn with(files: Files, path: &str, size: usize) -> Result<Files, Failure> {
        let bytes = vec![b' '; size];
        files.with(
            path,
            PackageFile {
                bytes,
                executable: false,
            },
        )
    }

    #[test]
    fn names_and_sizes_have_limits() {
        let deep = "a/".repeat(8) + "a";
        for path in [
            "a.yaml",
            "A-1_b.c.yml",
            "bin/a.sh",
            "run",
            "templates/web/.gitignore",
            "templates/web/{{ params.name }}/score.yaml.jinja",
            &deep,
        ] {
            assert!(with(Files::default(), path, 0).is_ok(), "{path}");
        }
        let (long, deeper) = ("a".repeat(130), format!("a/{deep}"));
        for path in [
            "",
            ".yaml",
            "../a.yaml",
            "/a.yaml",
            "a//b",
            "a/./b",
            "bin/.hidden",
            "a\\b.yaml",
            "-a.yaml",
            "ä.yaml",
            "a.",
            "C:a",
            "templates/web/../../a",
            "templates/web/.git/hooks/post-checkout",
            "templates/web/.GIT/config",
            "templates/web/.score-rs/key",
            "templates/web/a\nb",
            "templates/web/a ",
            "templates/web/-a",
            &long,
            &deeper,
        ] {
            assert!(with(Files::default(), path, 0).is_err(), "{path}");
        }
        let large = usize::try_from(MOST_BYTES).unwrap();
        assert!(with(Files::default(), "a.yaml", large + 1).is_err());
        let fill = |count: usize, size: usize| {
            (0..count).try_fold(Files::default(), |files, number| {
                with(files, &format!("{number}.yaml"), size)
            })
        };
        assert!(fill(MOST_FILES, 0).is_ok() && fill(MOST_FILES + 1, 0).is_err());
        let most = MOST_TOTAL / large;
        assert!(fill(most, large).is_ok() && fill(most + 1, large).is_err());
    }

    #[test]
    fn paths_are_unique() {
        for [first, second] in [
            ["a", "a"],
            ["a", "a/b"],
            ["a/b", "a"],
            ["bin/leak.sh", "bin/LEAK.sh"],
            ["bin/a", "Bin/b"],
            ["a", "A/b"],
        ] {
            let files = with(Files::default(), first, 0).unwrap();
            assert!(with(files, second, 0).is_err(), "{first} {second}");
        }
    }
}
