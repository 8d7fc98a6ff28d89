//! Temporary folders, which other users cannot read. The next run removes those of killed ones.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::{Builder, TempDir};

/// The beginning and the end of the names, with random letters and digits between them.
const PREFIX: &str = ".score-rs-";
const SUFFIX: &str = ".tmp";
const RANDOM: usize = 16;

/// The age from which a folder without a lock belongs to a killed run. A new folder is locked after it exists.
const OLD: Duration = Duration::from_mins(1);

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    folder: TempDir,
    /// The lock that shows to other runs that the folder is in use. It ends with the process.
    _lock: Option<File>,
}

impl TemporaryFolder {
    /// Creates an empty folder, and removes those of killed runs.
    pub(crate) fn new() -> io::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> io::Result<Self> {
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(parent)?;
        let lock = File::open(folder.path()).ok();
        let lock = lock.filter(|file| file.try_lock().is_ok());
        let own = fs::symlink_metadata(folder.path())?;
        sweep(parent, &own);
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of killed runs of this user, to whom `own` belongs. Where others can rename any folder, nothing is
/// removed: one with such a name could be another folder of this user.
fn sweep(parent: &Path, own: &Metadata) {
    if !fs::metadata(parent).is_ok_and(|parent| is_kept(&parent)) {
        return;
    }
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_own = |known: &Metadata| known.is_dir() && is_alike(known, own) && is_old(known);
        let is_left =
            is_temporary(&entry.file_name()) && entry.metadata().is_ok_and(|known| is_own(&known));
        let lock = is_left.then(|| File::open(&path).ok()).flatten();
        if let Some(lock) = lock
            && lock.try_lock().is_ok()
        {
            // If this fails, the next run tries it again.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Whether a name is exactly one of those given here.
fn is_temporary(name: &OsStr) -> bool {
    let random = name
        .to_str()
        .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    random.is_some_and(|it| it.len() == RANDOM && it.bytes().all(|it| it.is_ascii_alphanumeric()))
}

fn is_old(known: &Metadata) -> bool {
    let age = known.modified().ok().and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > OLD)
}

/// Whether two folders have the same owner and the same permissions.
#[cfg(unix)]
fn is_alike(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.uid(), a.mode()) == (b.uid(), b.mode())
}

/// Whether only its owner can rename what is in this folder.
#[cfg(unix)]
fn is_kept(parent: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    const OF_OTHERS: u32 = 0o022;
    parent.mode() & STICKY != 0 || parent.mode() & OF_OTHERS == 0
}

#[cfg(not(unix))]
fn is_kept(_: &Metadata) -> bool {
    true
}

/// Elsewhere, the temporary folders of each user are in a folder of their own.
#[cfg(not(unix))]
fn is_alike(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    use super::TemporaryFolder;

    #[test]
    fn only_folders_of_killed_runs_are_removed() {
        let age = |path: &Path| {
            let hour = SystemTime::now() - Duration::from_hours(1);
            File::open(path).unwrap().set_modified(hour).unwrap();
        };
        let parent = tempfile::tempdir().unwrap();
        let used = TemporaryFolder::below(parent.path()).unwrap();
        let mode = fs::metadata(used.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        age(used.path());
        for (name, mode, is_removed) in [
            (".score-rs-aaaaaaaaaaaaaaa0.tmp", 0o700, true),
            (".score-rs-aaaaaaaaaaaaaaa1.tmp", 0o755, false),
            (".score-rs-notes.tmp", 0o700, false),
        ] {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), "a").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            drop(TemporaryFolder::below(parent.path()).unwrap());
            assert!(path.exists(), "{name} is too young");
            age(&path);
            drop(TemporaryFolder::below(parent.path()).unwrap());
            assert_eq!(!path.exists(), is_removed, "{name}");
        }
        let target = parent.path().join("target");
        fs::create_dir(&target).unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o700)).unwrap();
        age(&target);
        let link = parent.path().join(".score-rs-aaaaaaaaaaaaaaa2.tmp");
        symlink(&target, &link).unwrap();
        drop(TemporaryFolder::below(parent.path()).unwrap());
        assert!(target.exists() && link.exists());
        let path = used.path().to_owned();
        assert!(path.exists());
        drop(used);
        assert!(!path.exists());
    }
}
