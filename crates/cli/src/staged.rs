//! Files and folders that are not complete yet, under names of their own beside the ones that they will
//! replace, and what is left of them where a run was stopped. Not: when they are put in their place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

/// The begin of such names in an own folder, where one run writes at a time.
const OWN: &str = ".staged-";

/// The begin and end of such names in the folders of users.
const NAMED: (&str, &str) = (".score-rs-", ".tmp");

/// How old what lies in the folder of a user has to be before it can be a remnant. Its run locks it only
/// after it has made it.
const SETTLED: Duration = Duration::from_secs(2);

/// A file that takes the place of another one in the end, or goes.
#[derive(Debug)]
pub(crate) struct Staged {
    path: TempPath,
    /// The lock that tells it from a remnant. It goes with the process.
    _lock: Option<File>,
}

impl Staged {
    /// A file in an own folder that is locked. It is closed, since there may be more of them than can
    /// be open.
    pub(crate) fn own(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let mut file = own(folder)?;
        file.write_all(bytes)?;
        set_mode(file.as_file(), mode)?;
        Ok(Self {
            path: file.into_temp_path(),
            _lock: None,
        })
    }

    /// A file in a folder of the user, which survives a crash of the system.
    pub(crate) fn named(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let mut file = Builder::new()
            .prefix(NAMED.0)
            .suffix(NAMED.1)
            .tempfile_in(folder)?;
        // Where the file system has no locks, nothing is taken for a remnant either.
        let _ = file.as_file().lock();
        file.write_all(bytes)?;
        set_mode(file.as_file(), mode)?;
        file.as_file().sync_data()?;
        let (file, path) = file.into_parts();
        Ok(Self {
            path,
            _lock: Some(file),
        })
    }

    /// Puts the file in the place of another one.
    pub(crate) fn persist(self, path: &Path) -> io::Result<()> {
        self.path.persist(path).map_err(|error| error.error)
    }
}

/// A folder that comes to a place where nothing is, or goes with all that is in it.
#[derive(Debug)]
pub(crate) struct StagedFolder {
    folder: TempDir,
    /// The most permission bits of it and of folders in it.
    #[cfg_attr(not(unix), allow(dead_code, reason = "not every system has them"))]
    mode: u32,
    /// The lock that tells it from a remnant. It goes with the process.
    lock: Option<File>,
}

impl StagedFolder {
    /// An empty folder in an own folder that is locked. It is for its owner only.
    pub(crate) fn own(folder: &Path) -> io::Result<Self> {
        Self::new(Builder::new().prefix(OWN), folder, 0o700)
    }

    /// An empty folder in a folder of the user.
    pub(crate) fn named(folder: &Path) -> io::Result<Self> {
        let mut builder = Builder::new();
        let mut staged = Self::new(builder.prefix(NAMED.0).suffix(NAMED.1), folder, 0o777)?;
        // Where folders cannot be locked, none is taken for a remnant either.
        let lock = File::open(staged.folder.path()).and_then(|open| open.lock().map(|()| open));
        staged.lock = lock.ok();
        Ok(staged)
    }

    #[cfg_attr(
        not(unix),
        allow(unused_variables, reason = "not every system has modes")
    )]
    fn new(builder: &mut Builder, folder: &Path, mode: u32) -> io::Result<Self> {
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        Ok(Self {
            folder: builder.tempdir_in(folder)?,
            mode,
            lock: None,
        })
    }

    /// Makes a folder in one that is in it. Where the case of letters does not count, it may be there.
    pub(crate) fn make(&self, path: &Path) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, self.mode);
        match builder.create(self.folder.path().join(path)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made,
        }
    }

    /// Writes a file that is not in it yet.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut options = OpenOptions::new();
        // Until it is complete it is for its owner only, whatever it holds.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let path = self.folder.path().join(path);
        let mut file = options.write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        set_mode(&file, mode)
    }

    /// Puts the folder where nothing is.
    pub(crate) fn persist(mut self, path: &Path) -> io::Result<()> {
        fs::rename(self.folder.path(), path)?;
        self.folder.disable_cleanup(true);
        drop(self.lock);
        Ok(())
    }
}

/// An empty file in an own folder that is locked.
pub(crate) fn own(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(OWN).tempfile_in(folder)
}

/// Removes what stopped runs have left in an own folder that is locked.
pub(crate) fn clear_own(folder: &Path) {
    clear(folder, |name, _| name.starts_with(OWN));
}

/// Removes the files that stopped runs have left in a folder of output that is locked. A folder of such
/// a name is the user's.
pub(crate) fn clear_output(folder: &Path) {
    clear(folder, |name, path| name.starts_with(OWN) && !path.is_dir());
}

/// Removes what stopped runs have left in a folder of the user: what no process holds.
pub(crate) fn clear_named(folder: &Path) {
    clear(folder, |name, path| {
        name.starts_with(NAMED.0) && name.ends_with(NAMED.1) && is_remnant(path)
    });
}

/// Removes what `f` picks. What cannot be removed is in nobody's way.
fn clear(folder: &Path, f: impl Fn(&str, &Path) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if f(&entry.file_name().to_string_lossy(), &entry.path()) {
            let _ = match entry.file_type() {
                Ok(kind) if kind.is_dir() => fs::remove_dir_all(entry.path()),
                _ => fs::remove_file(entry.path()),
            };
        }
    }
}

fn is_remnant(path: &Path) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|known| known.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    // Some systems lock only what is open for writing, which a folder cannot be.
    let open = OpenOptions::new()
        .read(path.is_dir())
        .write(!path.is_dir())
        .open(path);
    age.is_some_and(|age| age > SETTLED) && open.is_ok_and(|open| open.try_lock().is_ok())
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "other systems can fail")]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::{Staged, StagedFolder, clear_named, clear_own};

    #[test]
    fn remnants_go_and_what_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let old = SystemTime::now() - Duration::from_mins(1);
        for name in [
            ".score-rs-a.tmp",
            ".score-rs-b",
            "score-rs-c.tmp",
            ".staged-d",
        ] {
            File::create(at(name)).unwrap().set_modified(old).unwrap();
        }
        for name in [".score-rs-f.tmp", ".score-rs-g"] {
            fs::create_dir(at(name)).unwrap();
            File::create(at(name).join("x")).unwrap();
            let folder = File::open(at(name)).unwrap();
            folder.set_modified(old).unwrap();
        }
        let held_folder = StagedFolder::named(folder.path()).unwrap();
        let open = File::open(held_folder.folder.path()).unwrap();
        open.set_modified(old).unwrap();
        File::create(at(".score-rs-new.tmp")).unwrap();
        let held = Staged::named(folder.path(), b"x", 0o600).unwrap();
        File::options()
            .write(true)
            .open(&held.path)
            .unwrap()
            .set_modified(old)
            .unwrap();

        clear_named(folder.path());
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let held_name = held.path.file_name().unwrap().to_owned();
        assert!(names().contains(&held_name));
        assert!(!names().contains(&".score-rs-a.tmp".into()));
        assert!(!names().contains(&".score-rs-f.tmp".into()));
        assert_eq!(names().len(), 7);
        held.persist(&at("out")).unwrap();
        held_folder.persist(&at("folder")).unwrap();
        clear_own(folder.path());
        let left = [
            ".score-rs-b",
            ".score-rs-g",
            ".score-rs-new.tmp",
            "folder",
            "out",
            "score-rs-c.tmp",
        ];
        assert_eq!(names(), left);
    }
}
