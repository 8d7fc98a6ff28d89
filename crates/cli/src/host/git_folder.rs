//! Whether a repository is that of its working tree. The `.git` of a stranger's folder can lead to another repository
//! of this user: through a file that names it, a link, or the objects that it shares.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The maximum size of a file that names another folder.
const MOST: u64 = 64 << 10;

/// The folders of a repository that share what a link in them leads to.
const SHARED: [&str; 2] = ["info", "pack"];

/// The maximum number of folders with references.
const MOST_FOLDERS: usize = 10_000;

/// The reason why a repository is not used, with a path.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Its `.git` leads to this path outside of it.
    Elsewhere(PathBuf),
    /// This is a named pipe or a device in its `.git`, for which Git would wait.
    Special(PathBuf),
}

/// The folders of a repository.
struct GitFolders {
    /// The folder of the working tree: `.git`, or `.git/worktrees/NAME` of the main one.
    own: PathBuf,
    /// The folder with the objects, which all working trees share.
    common: PathBuf,
}

/// Checks that the repository with this root folder, given without links, has its objects in its own `.git`, or is a
/// further working tree or a submodule of a repository that knows it. A `.git` that Git cannot read is left to Git.
pub(crate) fn check(top: &Path) -> Result<(), Refused> {
    match repository(top)? {
        Some(repository) => repository.check(),
        None => Ok(()),
    }
}

fn repository(top: &Path) -> Result<Option<GitFolders>, Refused> {
    let path = top.join(".git");
    let (Ok(kind), Ok(real)) = (fs::metadata(&path), fs::canonicalize(&path)) else {
        return Ok(None);
    };
    if !real.starts_with(top) {
        return Err(Refused::Elsewhere(real));
    }
    let own = if kind.is_dir() {
        real
    } else {
        let text = text(&path)?.unwrap_or_default();
        let Some(named) = text.strip_prefix("gitdir: ") else {
            return Ok(None);
        };
        let own = existing(top.join(line(named)))?;
        if !own.starts_with(top) && !is_known(&own, top)? {
            return Err(Refused::Elsewhere(own));
        }
        own
    };
    let common = common(&own, top)?;
    Ok(Some(GitFolders { own, common }))
}

/// Whether a repository outside of a working tree names it as one of its own, which a stranger's folder cannot cause.
fn is_known(own: &Path, top: &Path) -> Result<bool, Refused> {
    let is_top = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path == top);
    // A further working tree: the path of its `.git`.
    if let Some(file) = text(&own.join("gitdir"))? {
        let file = own.join(line(&file));
        let is_git = file.file_name().is_some_and(|name| name == ".git");
        return Ok(is_git && file.parent().is_some_and(is_top));
    }
    // A submodule: the path of its working tree.
    let config = text(&own.join("config"))?.unwrap_or_default();
    let mut values = config.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (key.trim() == "worktree").then_some(value)
    });
    Ok(values.any(|value| is_top(&own.join(value))))
}

/// The folder with the objects.
fn common(own: &Path, top: &Path) -> Result<PathBuf, Refused> {
    let Some(named) = text(&own.join("commondir"))? else {
        return Ok(own.to_owned());
    };
    let common = existing(own.join(line(&named)))?;
    // A further working tree is two folders below its repository: `worktrees/NAME`.
    let mut outer = own.ancestors().skip(1);
    let is_worktree = outer
        .next()
        .is_some_and(|folder| folder.ends_with("worktrees"));
    if common.starts_with(top) || is_worktree && outer.next() == Some(&common) {
        Ok(common)
    } else {
        Err(Refused::Elsewhere(common))
    }
}

/// A path as Git reads it from a file: only line breaks at the end do not belong to it.
fn line(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

/// The path without links. A path that cannot be checked is not used.
fn existing(path: PathBuf) -> Result<PathBuf, Refused> {
    fs::canonicalize(&path).map_err(|_| Refused::Elsewhere(path))
}

impl GitFolders {
    /// Checks that nothing in it is a link to the outside, and that it has no objects of others.
    fn check(&self) -> Result<(), Refused> {
        let objects = self.common.join("objects");
        for folder in [&self.own, &self.common, &objects] {
            self.entries(folder)?;
        }
        self.references()?;
        let inner = fs::read_dir(&objects).into_iter().flatten().flatten();
        for entry in inner {
            let name = entry.file_name();
            let is_part = name.len() == 2 || SHARED.iter().any(|shared| name == *shared);
            if is_part {
                self.entries(&entry.path())?;
            }
        }
        // Git reads the alternates of alternates as well, so that none is accepted, even in the repository.
        for objects in [objects, self.own.join("objects")] {
            let alternates = text(&objects.join("info/alternates"))?.unwrap_or_default();
            let mut paths = alternates.split('\n');
            if let Some(path) = paths.find(|path| !path.is_empty()) {
                return Err(Refused::Elsewhere(objects.join(path)));
            }
        }
        Ok(())
    }

    /// Checks the entries of a folder.
    fn entries(&self, folder: &Path) -> Result<(), Refused> {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_symlink() {
                self.inside(&entry.path())?;
            }
            let kind = fs::metadata(entry.path()).map_or(kind, |known| known.file_type());
            if is_special(kind) {
                return Err(Refused::Special(entry.path()));
            }
        }
        Ok(())
    }

    /// Checks the folders with references, and those with further settings.
    fn references(&self) -> Result<(), Refused> {
        let mut folders = vec![self.common.join("info")];
        folders.extend([&self.own, &self.common].map(|it| it.join("refs")));
        let mut number = 0;
        while let Some(folder) = folders.pop() {
            number += 1;
            // The time of Git has a limit, too.
            if number > MOST_FOLDERS {
                break;
            }
            self.entries(&folder)?;
            let inner = fs::read_dir(&folder).into_iter().flatten().flatten();
            let inner = inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            folders.extend(inner.map(|entry| entry.path()));
        }
        Ok(())
    }

    /// Checks that a path is in the repository. One that does not exist is not read.
    fn inside(&self, path: &Path) -> Result<(), Refused> {
        let Ok(real) = fs::canonicalize(path) else {
            return Ok(());
        };
        if real.starts_with(&self.common) || real.starts_with(&self.own) {
            Ok(())
        } else {
            Err(Refused::Elsewhere(real))
        }
    }
}

/// Whether reading a file of this type can wait for another process, or have no end.
#[cfg(unix)]
fn is_special(kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo() || kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_special(_: fs::FileType) -> bool {
    false
}

/// The text of a small file; absent if there is none. Another text than the one that Git reads must not be checked.
fn text(path: &Path) -> Result<Option<String>, Refused> {
    let read = || -> io::Result<Vec<u8>> {
        // A named pipe would not end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Ok(bytes) = read() else {
        return Ok(None);
    };
    let is_whole = (bytes.len() as u64) < MOST;
    match String::from_utf8(bytes) {
        Ok(text) if is_whole => Ok(Some(text)),
        _ => Err(Refused::Elsewhere(path.to_owned())),
    }
}
