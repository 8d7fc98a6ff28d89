//! Files and folders under temporary names, which mark them as incomplete.

use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::folder::{Folder, Shared};

/// The prefix of temporary names in locked folders.
pub(crate) const PREFIX: &str = ".score-rs-";

/// The suffix of temporary names.
const SUFFIX: &str = ".tmp";

/// The number of random bytes in a temporary name.
const RANDOM_BYTES: usize = 8;

/// A file or folder with a temporary name. It is removed on drop, unless it was renamed.
#[derive(Debug)]
pub(crate) struct Staged {
    folder: Shared,
    name: String,
}

impl Staged {
    /// Writes a complete file. With `sync`, it survives a crash of the system.
    pub(crate) fn file(
        folder: &Shared,
        prefix: &str,
        bytes: &[u8],
        mode: u32,
        sync: bool,
    ) -> io::Result<Self> {
        let staged = Self::new(folder, prefix)?;
        folder.create(&staged.name, bytes, mode, sync)?;
        Ok(staged)
    }

    /// Creates an empty folder with these permissions in a locked folder.
    pub(crate) fn folder(parent: &Shared, permissions: u32) -> io::Result<(Self, Folder)> {
        let staged = Self::new(parent, PREFIX)?;
        let folder = parent.make_folder(&staged.name, permissions)?;
        Ok((staged, folder))
    }

    /// A second name of a file in a folder.
    pub(crate) fn linked(folder: &Shared, prefix: &str, name: &Path) -> io::Result<Self> {
        let staged = Self::new(folder, prefix)?;
        folder.link_to(name, folder, &staged.name)?;
        Ok(staged)
    }

    fn new(folder: &Shared, prefix: &str) -> io::Result<Self> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut name = prefix.to_owned();
        for byte in random {
            let _ = write!(name, "{byte:02x}");
        }
        name.push_str(SUFFIX);
        let folder = Arc::clone(folder);
        Ok(Self { folder, name })
    }

    /// Renames it, and replaces an existing entry.
    pub(crate) fn persist(self, folder: &Folder, name: impl AsRef<Path>) -> io::Result<()> {
        self.folder.rename(&self.name, folder, name)
    }

    /// Gives a file its final name. Fails if the name exists.
    pub(crate) fn persist_new(self, folder: &Folder, name: impl AsRef<Path>) -> io::Result<()> {
        self.folder.link_to(&self.name, folder, name)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // If this fails, the next run removes it.
        let _ = self.folder.remove(&self.name);
    }
}

/// Whether `name` is a temporary name with this prefix. The check is exact, so that similar names
/// of user files do not match.
pub(crate) fn is_temporary(name: &OsStr, prefix: &str) -> bool {
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    name.to_str()
        .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(SUFFIX))
        .is_some_and(|random| random.len() == 2 * RANDOM_BYTES && random.bytes().all(is_digit))
}

/// Removes the temporary entries with this prefix. No other process may be using them.
pub(crate) fn sweep(folder: &Folder, prefix: &str) {
    for (name, _) in folder.entries().unwrap_or_default() {
        if is_temporary(&name, prefix) {
            let _ = folder.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;
    use std::sync::Arc;

    use super::{Folder, Staged, is_temporary};

    #[test]
    fn temporary_names_are_known_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::named(folder.path()).unwrap());
        let made = Staged::new(&folder, ".a-").unwrap();
        let is = |name: &str| is_temporary(OsStr::new(name), ".a-");
        assert!(is(&made.name), "{made:?}");
        for name in [
            ".a-mine.tmp",
            ".a-.tmp",
            ".a-0123456789abcde.tmp",
            ".a-0123456789abcdef0.tmp",
            ".a-0123456789abcdeg.tmp",
            ".a-0123456789ABCDEF.tmp",
            ".a-0123456789abcdef",
            "x.a-0123456789abcdef.tmp",
        ] {
            assert!(!is(name), "{name}");
        }
    }

    #[test]
    fn what_has_no_place_goes() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::named(temporary.path()).unwrap());
        let file = || Staged::file(&folder, ".a-", b"a", 0o600, false).unwrap();
        drop(file());
        file().persist(&folder, Path::new("a")).unwrap();
        assert!(file().persist_new(&folder, Path::new("a")).is_err());
        let names = folder.entries().unwrap();
        let names: Vec<_> = names.iter().map(|(name, _)| name.to_str()).collect();
        assert_eq!(names, [Some("a")]);
    }
}
