//! An open folder. Entries are reached by their names only, and links are never followed, so that
//! nothing in a folder can redirect what is done in it. Not: which folder may be opened.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, Metadata, OpenOptions};

use super::path::{folder_of, or_here};
use crate::report::failure::Failure;

/// How long to wait for another run that has the same folder locked.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How often to try again while waiting.
const PAUSE: Duration = Duration::from_millis(20);

/// The most that is read of one file, which is far more than any file of a project has.
const MOST: u64 = 256 << 20;

/// An open folder, and what messages call it.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, whatever it leads to.
    Link,
    /// Anything else: a device, a FIFO, a socket.
    Other,
}

/// The identity of a file on this host: two paths with the same one lead to the same file.
pub(crate) type Identity = (u64, u64);

impl Folder {
    /// Opens the folder that the user named; links on the way are followed. The empty path is the
    /// working folder.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        Ok(Self {
            dir: Dir::open_ambient_dir(or_here(path), ambient_authority())?,
            path: path.to_owned(),
        })
    }

    /// The same folder, under another name in messages.
    #[must_use]
    pub(crate) fn shown_as(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// What messages call it; empty for the working folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is at a name; nothing if there is nothing.
    pub(crate) fn kind(&self, name: impl AsRef<Path>) -> io::Result<Option<Kind>> {
        match self.dir.symlink_metadata(name) {
            Ok(known) => Ok(Some(Kind::of(&known))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is at a path that goes through folders only; nothing if one of them is not there.
    pub(crate) fn kind_at(&self, inner: &Path) -> io::Result<Option<Kind>> {
        let Some(name) = inner.file_name() else {
            return Ok(Some(Kind::Folder));
        };
        match self.parent_of(inner) {
            Ok(folder) => folder.kind(name),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a folder in this one.
    pub(crate) fn folder(&self, name: impl AsRef<Path>) -> io::Result<Self> {
        let name = name.as_ref();
        Ok(Self {
            dir: self.dir.open_dir_nofollow(name)?,
            path: self.path.join(name),
        })
    }

    /// Opens the folder at a path that goes through folders only.
    pub(crate) fn folder_at(&self, inner: &Path) -> io::Result<Self> {
        let mut folder = Self {
            dir: self.dir.try_clone()?,
            path: self.path.clone(),
        };
        for part in inner.components() {
            match part {
                Component::Normal(name) => folder = folder.folder(name)?,
                Component::CurDir => {}
                _ => return Err(io::ErrorKind::InvalidInput.into()),
            }
        }
        Ok(folder)
    }

    /// The folder that a path below this one is in.
    pub(crate) fn parent_of(&self, inner: &Path) -> io::Result<Self> {
        self.folder_at(folder_of(inner))
    }

    /// Opens a folder in this one, and makes it if there is none.
    pub(crate) fn make_folder(&self, name: impl AsRef<Path>, mode: u32) -> io::Result<Self> {
        let name = name.as_ref();
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        cap_std::fs::DirBuilderExt::mode(&mut builder, mode);
        #[cfg(not(unix))]
        let _ = mode;
        match self.dir.create_dir_with(Path::new(name), &builder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.folder(name)
    }

    /// Opens the folder at a path below this one, and makes those that are missing.
    pub(crate) fn make_folder_at(&self, inner: &Path, mode: u32) -> io::Result<Self> {
        let mut folder = self.folder_at(Path::new(""))?;
        for name in inner {
            folder = folder.make_folder(name, mode)?;
        }
        Ok(folder)
    }

    /// Opens a regular file to read. Nothing else is opened: a FIFO could block, and a device could
    /// do anything.
    pub(crate) fn open(&self, name: impl AsRef<Path>) -> io::Result<File> {
        let name = name.as_ref();
        // What is there can be replaced after it was looked at, so this looks at what is open.
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::custom_flags(
            &mut options,
            i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
        );
        match Kind::of(&self.dir.symlink_metadata(name)?) {
            Kind::File => {}
            kind => return Err(kind.refusal()),
        }
        let file = self.dir.open_with(name, &options)?;
        match Kind::of(&file.metadata()?) {
            Kind::File => Ok(file.into_std()),
            kind => Err(kind.refusal()),
        }
    }

    /// The content of a regular file, unless it is so large that it would use up the memory.
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        self.read_at_most(name, MOST)
    }

    /// The content of a regular file that has no more bytes than these.
    pub(crate) fn read_at_most(&self, name: impl AsRef<Path>, most: u64) -> io::Result<Vec<u8>> {
        let file = self.open(name)?;
        let large = || {
            let most = match most {
                most if most >= 1 << 20 => format!("{} MiB", most >> 20),
                most => format!("{most} bytes"),
            };
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it is larger than {most}"),
            )
        };
        // A file can grow while it is read.
        if file.metadata()?.len() > most {
            return Err(large());
        }
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(large());
        }
        Ok(bytes)
    }

    /// The entries and what they are, sorted by name.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, Kind)>> {
        let mut entries = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            entries.push((entry.file_name(), Kind::of_type(entry.file_type()?)));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// What the system knows about an entry; of a link about itself.
    pub(crate) fn metadata(&self, name: impl AsRef<Path>) -> io::Result<Metadata> {
        self.dir.symlink_metadata(name)
    }

    /// Which file an entry is, if there is one.
    pub(crate) fn identity(&self, name: impl AsRef<Path>) -> Option<Identity> {
        let known = self.metadata(name).ok()?;
        Some((known.dev(), known.ino()))
    }

    /// Which folder this is.
    pub(crate) fn own_identity(&self) -> Option<Identity> {
        let known = self.dir.dir_metadata().ok()?;
        Some((known.dev(), known.ino()))
    }

    /// Where a link leads, as it says.
    pub(crate) fn link(&self, name: impl AsRef<Path>) -> io::Result<PathBuf> {
        self.dir.read_link_contents(name)
    }

    /// Makes a file that only its owner can read until it has its permissions, fills it, and gives
    /// it them. `sync` makes it survive a crash of the system.
    pub(crate) fn create(
        &self,
        name: impl AsRef<Path>,
        bytes: &[u8],
        mode: u32,
        sync: bool,
    ) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = self.dir.open_with(name, &options)?;
        let mut file = file.into_std();
        file.write_all(bytes)?;
        set_mode(&file, mode)?;
        if sync {
            file.sync_data()?;
        }
        Ok(())
    }

    /// Makes a file with the permissions that the user's mask leaves.
    pub(crate) fn create_new(&self, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = self.dir.open_with(name, &options)?;
        file.into_std().write_all(bytes)
    }

    /// Gives a folder these permissions, where the system has them.
    #[cfg(unix)]
    pub(crate) fn set_own_mode(&self, mode: u32) -> io::Result<()> {
        use cap_std::fs::PermissionsExt;
        if permissions(&self.dir.dir_metadata()?) == Some(mode) {
            return Ok(());
        }
        let permissions = cap_std::fs::Permissions::from_mode(mode);
        self.dir.set_permissions(".", permissions)
    }

    #[cfg(not(unix))]
    #[allow(clippy::unnecessary_wraps, reason = "other systems can fail")]
    pub(crate) fn set_own_mode(&self, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Renames an entry, and replaces what has the new name.
    pub(crate) fn rename(
        &self,
        from: impl AsRef<Path>,
        to: &Self,
        name: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.dir.rename(from, &to.dir, name)
    }

    /// Gives a file a second name, unless something has it.
    pub(crate) fn link_to(
        &self,
        from: impl AsRef<Path>,
        to: &Self,
        name: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.dir.hard_link(from, &to.dir, name)
    }

    /// Removes an entry: a file, a link itself, or a folder with everything in it. One that is not
    /// there is fine.
    pub(crate) fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let name = name.as_ref();
        let removed = match self.kind(name)? {
            None => Ok(()),
            Some(Kind::Folder) => self.dir.remove_dir_all(name),
            Some(_) => self.dir.remove_file_or_symlink(name),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Removes an empty folder; one that is not empty stays, and this says so.
    pub(crate) fn remove_empty(&self, name: impl AsRef<Path>) -> bool {
        self.dir.remove_dir(name).is_ok()
    }

    /// Makes what was renamed or removed in the folder survive a crash of the system.
    pub(crate) fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        self.handle()?.sync_all()?;
        Ok(())
    }

    /// Waits until no other run has the folder locked, and locks it until what this gives is dropped or
    /// its process ends. Nothing where the file system cannot lock folders.
    pub(crate) fn lock(&self) -> Result<Option<File>, Failure> {
        let Ok(file) = self.handle() else {
            return Ok(None);
        };
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::Error(_)) => return Ok(None),
                Err(TryLockError::WouldBlock) if start.elapsed() > LONGEST_WAIT => {
                    let (path, seconds) = (self.path.join(""), LONGEST_WAIT.as_secs());
                    let path = or_here(&path).display();
                    return Err(Failure::new(format!(
                        "the folder `{path}` has been locked by another process for {seconds} seconds"
                    ))
                    .help("wait until other runs of score-rs have ended, and try again"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Opens a file that is there to be locked, and makes it if there is none.
    pub(crate) fn lock_file(&self, name: impl AsRef<Path>) -> io::Result<File> {
        let name = name.as_ref();
        if let Some(kind) = self.kind(name)?.filter(|kind| *kind != Kind::File) {
            return Err(kind.refusal());
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true).follow(FollowSymlinks::No);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(self.dir.open_with(name, &options)?.into_std())
    }

    /// The folder as an open file.
    fn handle(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        Ok(self.dir.open_with(".", &options)?.into_std())
    }
}

impl Kind {
    fn of(known: &Metadata) -> Self {
        Self::of_type(known.file_type())
    }

    fn of_type(kind: cap_std::fs::FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }

    /// Why an entry of this kind is not read.
    pub(crate) fn refusal(self) -> io::Error {
        match self {
            Self::Folder => io::ErrorKind::IsADirectory.into(),
            Self::Link => io::Error::other("it is a symbolic link"),
            Self::File | Self::Other => io::Error::other("it is not a regular file"),
        }
    }
}

/// Whether an error says that something is not there.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The permission bits, where the system has them.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "not every system has them")]
pub(crate) fn permissions(known: &Metadata) -> Option<u32> {
    use cap_std::fs::PermissionsExt;
    Some(known.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub(crate) fn permissions(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "other systems can fail")]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// A shared open folder.
pub(crate) type Shared = Arc<Folder>;

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn no_more_is_read_than_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let open = Folder::named(folder.path()).unwrap();
        std::fs::write(folder.path().join("a"), "12345").unwrap();
        assert_eq!(open.read_at_most("a", 5).unwrap(), b"12345");
        let error = open.read_at_most("a", 4).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 4 bytes");
    }
}
