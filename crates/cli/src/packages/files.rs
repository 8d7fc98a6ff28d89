//! The files of a package in memory, with limits.

use std::collections::BTreeMap;

use crate::report::failure::Failure;

/// The maximum size of a file.
pub(super) const MOST_BYTES: u64 = 1 << 20;

/// The maximum number of files of a package.
const MOST_FILES: usize = 256;

/// The maximum length of a file name.
const LONGEST_NAME: usize = 128;

/// The files of a package by name, without folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Adds a file.
    pub(crate) fn with(mut self, name: &str, bytes: Vec<u8>) -> Result<Self, Failure> {
        if !is_file_name(name) {
            return Err(Failure::new(format!("the file `{name}` cannot be part of a package")).help(format!(
                "use a name of up to {LONGEST_NAME} letters, digits, `.`, `_` and `-`, starting \
                 with a letter or digit"
            )));
        }
        if bytes.len() as u64 > MOST_BYTES {
            return Err(
                Failure::new(format!("the file `{name}` is larger than 1 MiB"))
                    .help("split the provisioners into several files"),
            );
        }
        if self.0.insert(name.to_owned(), bytes).is_some() {
            return Err(Failure::new(format!("the package has two files `{name}`"))
                .help("rename one of them"));
        }
        if self.0.len() > MOST_FILES {
            return Err(
                Failure::new(format!("the package has more than {MOST_FILES} files"))
                    .help("use a subfolder, or split the package"),
            );
        }
        Ok(self)
    }

    /// The files by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The contents of a file.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The files for which `keep` returns true.
    pub(crate) fn filter(mut self, keep: impl Fn(&str, &[u8]) -> bool) -> Self {
        self.0.retain(|name, bytes| keep(name, bytes));
        self
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether a file with this name can contain provisioners.
pub(super) fn is_yaml(name: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

/// Whether a name is a valid name for a file of a package on every system.
fn is_file_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    is_yaml(name)
        && name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::{Files, MOST_BYTES, MOST_FILES};

    #[test]
    fn names_and_sizes_have_limits() {
        for name in ["a.yaml", "A-1_b.c.yml"] {
            assert!(Files::default().with(name, Vec::new()).is_ok(), "{name}");
        }
        let long = format!("{}.yaml", "a".repeat(130));
        for name in [
            "",
            ".yaml",
            "../a.yaml",
            "a/b.yaml",
            "a\\b.yaml",
            "a.txt",
            "-a.yaml",
            "ä.yaml",
            &long,
        ] {
            assert!(Files::default().with(name, Vec::new()).is_err(), "{name}");
        }
        let large = vec![b' '; usize::try_from(MOST_BYTES).unwrap() + 1];
        assert!(Files::default().with("a.yaml", large).is_err());
        let many = (0..=MOST_FILES).try_fold(Files::default(), |files, number| {
            files.with(&format!("{number}.yaml"), Vec::new())
        });
        assert!(many.is_err());
        let twice = Files::default().with("a.yaml", Vec::new()).unwrap();
        assert!(twice.with("a.yaml", Vec::new()).is_err());
    }
}
