//! An open folder. Entries are accessed by name relative to its handle, and links are never
//! followed, so that nothing in a folder can redirect an operation.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, Metadata, OpenOptions};

use super::open_file::OpenFile;
use super::path::{folder_of, or_here};
use crate::report::failure::Failure;

/// How long to wait for a folder that another run has locked.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The interval between attempts while waiting.
const PAUSE: Duration = Duration::from_millis(20);

/// The maximum size of a file, far more than any file of a project needs.
const MOST: u64 = 256 << 20;

/// An open folder, with its path for messages.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, regardless of its target.
    Link,
    /// Anything else: a device, a FIFO, a socket.
    Other,
}

/// The device and inode of a file. Paths with equal identities refer to the same file.
pub(crate) type Identity = (u64, u64);

impl Folder {
    /// Opens a folder given by the user; links in the path are followed. The empty path is the
    /// working folder.
    pub(crate) fn named(path: &Path) -> io::Result<Self> {
        Ok(Self {
            dir: Dir::open_ambient_dir(or_here(path), ambient_authority())?,
            path: path.to_owned(),
        })
    }

    /// The same folder, with another path in messages.
    #[must_use]
    pub(crate) fn shown_as(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The path in messages; empty for the working folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The type of an entry, or `None` if it does not exist.
    pub(crate) fn kind(&self, name: impl AsRef<Path>) -> io::Result<Option<Kind>> {
        match self.dir.symlink_metadata(name) {
            Ok(known) => Ok(Some(Kind::of(&known))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The type of the entry at a path below this folder, or `None` if it or a folder of the path
    /// does not exist. Fails if a folder of the path is a link.
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

    /// Opens a subfolder.
    pub(crate) fn folder(&self, name: impl AsRef<Path>) -> io::Result<Self> {
        let name = name.as_ref();
        Ok(Self {
            dir: self.dir.open_dir_nofollow(name)?,
            path: self.path.join(name),
        })
    }

    /// Opens the folder at a path below this one. Fails if a part of the path is a link or `..`.
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

    /// Opens the parent folder of a path below this one.
    pub(crate) fn parent_of(&self, inner: &Path) -> io::Result<Self> {
        self.folder_at(folder_of(inner))
    }

    /// Opens a subfolder, and creates it if it does not exist.
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

    /// Opens the folder at a path below this one, and creates missing folders.
    pub(crate) fn make_folder_at(&self, inner: &Path, mode: u32) -> io::Result<Self> {
        let mut folder = self.folder_at(Path::new(""))?;
        for name in inner {
            folder = folder.make_folder(name, mode)?;
        }
        Ok(folder)
    }

    /// Opens a regular file for reading. Everything else is rejected: a FIFO could block, and
    /// reading a device could have any effect.
    pub(crate) fn open(&self, name: impl AsRef<Path>) -> io::Result<OpenFile> {
        let name = name.as_ref();
        self.open_as(name, self.kind(name)?)
    }

    /// Opens a regular file for reading, if its type was looked up just before.
    pub(super) fn open_as(
        &self,
        name: impl AsRef<Path>,
        kind: Option<Kind>,
    ) -> io::Result<OpenFile> {
        match kind {
            Some(Kind::File) => {}
            Some(kind) => return Err(kind.refusal()),
            None => return Err(io::ErrorKind::NotFound.into()),
        }
        // The entry can be replaced after it was looked up, so the type of the opened file is
        // checked too. Opening a FIFO that appears in between does not block because of `NONBLOCK`.
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::custom_flags(
            &mut options,
            i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
        );
        let file = self.dir.open_with(name, &options)?.into_std();
        let known = file.metadata()?;
        if !known.is_file() {
            return Err(Kind::Other.refusal());
        }
        Ok(OpenFile::new(file, &known))
    }

    /// Reads a regular file, up to a limit that protects the memory.
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        self.read_at_most(name, MOST)
    }

    /// Reads a regular file of at most `most` bytes.
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
        let bytes = file.read(most)?;
        if bytes.len() as u64 > most {
            return Err(large());
        }
        Ok(bytes)
    }

    /// The entries with their types, sorted by name.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, Kind)>> {
        let mut entries = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            entries.push((entry.file_name(), Kind::of_type(entry.file_type()?)));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// The metadata of an entry; links are not followed.
    pub(crate) fn metadata(&self, name: impl AsRef<Path>) -> io::Result<Metadata> {
        self.dir.symlink_metadata(name)
    }

    /// The identity of an entry, if it exists.
    pub(crate) fn identity(&self, name: impl AsRef<Path>) -> Option<Identity> {
        let known = self.metadata(name).ok()?;
        Some((known.dev(), known.ino()))
    }

    /// The identity of this folder.
    pub(crate) fn own_identity(&self) -> Option<Identity> {
        let known = self.dir.dir_metadata().ok()?;
        Some((known.dev(), known.ino()))
    }

    /// The target of a link, as stored.
    pub(crate) fn link(&self, name: impl AsRef<Path>) -> io::Result<PathBuf> {
        self.dir.read_link_contents(name)
    }

    /// Creates a file that only its owner can read while it is written, and then sets its
    /// permissions. With `sync`, the contents survive a crash of the system.
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

    /// Creates a file with the default permissions of the user.
    pub(crate) fn create_new(&self, name: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = self.dir.open_with(name, &options)?;
        file.into_std().write_all(bytes)
    }

    /// Sets the permissions of this folder, if the system supports them.
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

    /// Renames an entry, and replaces an existing one.
    pub(crate) fn rename(
        &self,
        from: impl AsRef<Path>,
        to: &Self,
        name: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.dir.rename(from, &to.dir, name)
    }

    /// Creates a hard link to a file. Fails if the name exists.
    pub(crate) fn link_to(
        &self,
        from: impl AsRef<Path>,
        to: &Self,
        name: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.dir.hard_link(from, &to.dir, name)
    }

    /// Removes an entry: a file, a link (not its target), or a folder with its contents. Succeeds
    /// if the entry does not exist.
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

    /// Removes an empty folder. Returns false if it is not empty or cannot be removed.
    pub(crate) fn remove_empty(&self, name: impl AsRef<Path>) -> bool {
        self.dir.remove_dir(name).is_ok()
    }

    /// Makes renames and removals in this folder survive a crash of the system.
    pub(crate) fn sync(&self) -> io::Result<()> {
        #[cfg(unix)]
        self.handle()?.sync_all()?;
        Ok(())
    }

    /// Locks the folder, and waits while another run has locked it. The lock ends when the returned
    /// file is dropped or the process ends. Returns `None` if the file system cannot lock folders.
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

    /// Opens a file that serves as a lock, and creates it if it does not exist.
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

    /// An open file for the folder itself.
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

    /// The error for reading an entry of this type.
    pub(crate) fn refusal(self) -> io::Error {
        match self {
            Self::Folder => io::ErrorKind::IsADirectory.into(),
            Self::Link => io::Error::other("it is a symbolic link"),
            Self::File | Self::Other => io::Error::other("it is not a regular file"),
        }
    }
}

/// Whether an error means that a file or a folder of its path does not exist.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The permission bits, if the system supports them.
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
