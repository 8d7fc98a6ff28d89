//! The gate: everything that a checkout refers to or contains is opened through a handle on its
//! folder. Links are followed step by step as long as they stay inside.
//!
//! Paths on the command line can be anywhere. Inside a folder with a gate, they are opened through
//! the gate nevertheless, because a checkout determines what is there. Gates are on the project
//! folder, the working folder, and the repositories around them.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::disk::LIMIT;
use super::folder::{Folder, Kind, Shared};
use super::open_file::OpenFile;
use super::path::{OWN_FOLDER, folder_of, or_here, without_dots};
use super::vault::Vault;

/// The maximum number of links in a path, as on Linux.
const MOST_LINKS: usize = 40;

/// A folder that no path or link can leave.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    root: Shared,
    /// The path of the folder without links.
    real: PathBuf,
    /// The working folder, which does not change after the command line has been read; empty if there
    /// is none.
    here: PathBuf,
}

/// A location: a name in an open folder, with all links resolved.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    /// The open folder.
    pub(crate) folder: Shared,
    /// The name in the folder; `None` for the folder itself.
    pub(crate) name: Option<OsString>,
    /// The type of the entry; `None` if it does not exist.
    pub(crate) kind: Option<Kind>,
    /// The path without links, relative to the folder of the gate.
    pub(crate) inner: PathBuf,
}

/// The gate of the project, and those of other folders.
#[derive(Debug, Clone)]
pub(crate) struct Gates {
    /// The gate of the project folder.
    pub(crate) project: Gate,
    /// The folder of the project key and the state.
    pub(crate) vault: Vault,
    /// The gates of the checkouts around the project and the working folder, and of other folders
    /// that the user named.
    others: Vec<Gate>,
}

/// The error for a path that leaves its gate.
#[derive(Debug)]
struct Outside;

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it leads out of the project folder")
    }
}

impl std::error::Error for Outside {}

impl Gate {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Arc::new(Folder::named(path)?),
            real: std::fs::canonicalize(or_here(path))?,
            here: std::env::current_dir().unwrap_or_default(),
        })
    }

    /// The open folder.
    pub(crate) fn root(&self) -> &Shared {
        &self.root
    }

    /// The path of the folder without links.
    pub(crate) fn real(&self) -> &Path {
        &self.real
    }

    /// The path relative to the gate's folder, if `path` is inside: either lexically, or because
    /// its parent folder is inside after resolving links.
    pub(crate) fn inner(&self, path: &Path) -> Option<PathBuf> {
        let words = without_dots(&self.here.join(path));
        if let Ok(inner) = words.strip_prefix(&self.real) {
            return Some(inner.to_owned());
        }
        // A path that ends with `..` is a folder, so all of it is resolved.
        let (folder, name) = match path.file_name() {
            Some(name) => (folder_of(path), Path::new(name)),
            None => (path, Path::new("")),
        };
        let folder = std::fs::canonicalize(or_here(folder)).ok()?;
        let inner = folder.strip_prefix(&self.real).ok()?;
        Some(inner.join(name))
    }

    /// Resolves a path relative to the gate's folder.
    ///
    /// # Errors
    ///
    /// Fails if the path leaves the folder, or if a folder of the path does not exist. The last
    /// entry need not exist.
    pub(crate) fn locate(&self, inner: &Path) -> io::Result<Located> {
        let mut folders = vec![Arc::clone(&self.root)];
        let mut names: Vec<OsString> = Vec::new();
        let mut parts = Vec::new();
        self.push(inner, &mut parts, &mut folders, &mut names)?;
        let mut links = 0;
        while let Some(part) = parts.pop() {
            if part == ".." {
                if names.pop().is_none() {
                    return Err(outside());
                }
                folders.pop();
                continue;
            }
            let folder = folders.last().unwrap_or(&self.root);
            let kind = folder.kind(&part)?;
            if kind == Some(Kind::Link) {
                links += 1;
                if links > MOST_LINKS {
                    return Err(io::Error::other("too many symbolic links lead to it"));
                }
                let target = folder.link(&part)?;
                self.push(&target, &mut parts, &mut folders, &mut names)?;
            } else if parts.is_empty() {
                let path: PathBuf = names.iter().collect();
                return Ok(Located {
                    folder: Arc::clone(folder),
                    inner: path.join(&part),
                    name: Some(part),
                    kind,
                });
            } else {
                match kind {
                    Some(Kind::Folder) => {}
                    Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
                    None => return Err(io::ErrorKind::NotFound.into()),
                }
                folders.push(Arc::new(folder.folder(&part)?));
                names.push(part);
            }
        }
        Ok(Located {
            folder: folders.pop().unwrap_or_else(|| Arc::clone(&self.root)),
            name: None,
            kind: Some(Kind::Folder),
            inner: names.iter().collect(),
        })
    }

    /// Pushes the steps of a path to the stack `parts`, the first step on top. An absolute path
    /// restarts at the gate's folder; it must be inside.
    fn push(
        &self,
        path: &Path,
        parts: &mut Vec<OsString>,
        folders: &mut Vec<Shared>,
        names: &mut Vec<OsString>,
    ) -> io::Result<()> {
        let path = if path.is_absolute() {
            folders.truncate(1);
            names.clear();
            path.strip_prefix(&self.real).map_err(|_| outside())?
        } else {
            path
        };
        let steps = path.components().rev().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        });
        parts.extend(steps);
        Ok(())
    }

    /// Reads a regular file, with the limit of [`Located::read`].
    pub(crate) fn read(&self, inner: &Path) -> io::Result<Vec<u8>> {
        self.locate(inner)?.read()
    }
}

impl Located {
    /// Opens the file, if it is a regular one and not [private](is_private).
    pub(crate) fn open(&self) -> io::Result<OpenFile> {
        if is_private(&self.inner) {
            return Err(private());
        }
        match &self.name {
            Some(name) => self.folder.open_as(name, self.kind),
            None => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// Reads the file. Reading stops one byte after [`LIMIT`], so that the caller can detect a file
    /// that is too large.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        self.open()?.read(LIMIT)
    }

    /// Opens the folder at this location.
    pub(crate) fn into_folder(self) -> io::Result<Shared> {
        match self.name {
            None => Ok(self.folder),
            Some(name) => self.folder.folder(name).map(Arc::new),
        }
    }
}

impl Gates {
    /// The gates of the project, and of the checkouts around the project and the working folder.
    pub(crate) fn new(project: Gate) -> Self {
        let mut folders = vec![project.real.clone(), project.here.clone()];
        folders.dedup();
        let mut gates = Self {
            others: Vec::new(),
            vault: Vault::default(),
            project,
        };
        for folder in folders {
            let top = checkout(&folder);
            // The root folder, which contains devices and pipes, is not a checkout.
            if top.parent().is_some() {
                // Nothing in a folder that cannot be opened can be read or written either.
                gates.add(top).ok();
            }
        }
        gates
    }

    /// Adds a folder that the user named, unless it is inside a gate.
    pub(crate) fn add(&mut self, folder: &Path) -> io::Result<()> {
        if self.of(folder).is_none() {
            self.others.push(Gate::open(folder)?);
        }
        Ok(())
    }

    /// The gate that contains a path, and the path relative to it.
    pub(crate) fn of(&self, path: &Path) -> Option<(&Gate, PathBuf)> {
        let mut gates = std::iter::once(&self.project).chain(&self.others);
        gates.find_map(|gate| Some((gate, gate.inner(path)?)))
    }

    /// The location of a path that the user named. Outside of all gates, it can be anything.
    pub(crate) fn locate(&self, path: &Path) -> io::Result<Located> {
        if let Some((gate, inner)) = self.of(path) {
            return gate.locate(&inner);
        }
        let target = std::fs::canonicalize(path);
        let path = match &target {
            Ok(target) => target.clone(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => dangling(path),
            Err(_) => return Err(target.err().unwrap_or_else(|| io::ErrorKind::Other.into())),
        };
        let Some(name) = path.file_name() else {
            let folder = Arc::new(Folder::named(&path)?);
            return Ok(Located {
                folder,
                name: None,
                kind: Some(Kind::Folder),
                inner: path,
            });
        };
        let folder = Folder::named(folder_of(&path))?;
        Ok(Located {
            kind: folder.kind(name)?,
            name: Some(name.to_owned()),
            folder: Arc::new(folder),
            inner: path.clone(),
        })
    }

    /// Opens a folder that the user named. Messages use the name that the user gave.
    pub(crate) fn folder(&self, path: &Path) -> io::Result<Shared> {
        let folder = self.locate(or_here(path))?.into_folder()?;
        Ok(Arc::new(folder.folder_at(Path::new(""))?.shown_as(path)))
    }

    /// Reads a file that the user named. Outside of all gates it can be a pipe, for example of a
    /// process substitution.
    pub(crate) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.of(path) {
            Some((gate, inner)) => gate.read(&inner),
            None => super::disk::read(path),
        }
    }
}

/// The root folder of the checkout that contains a folder: a Git repository, or else the folder
/// itself. Its contents can come from strangers, except for `.git`.
pub(crate) fn checkout(folder: &Path) -> &Path {
    repository(folder).unwrap_or(folder)
}

/// The root folder of the Git repository that contains a folder, if any.
pub(crate) fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|it| is_repository(it))
}

/// Whether a folder is the root of a Git repository.
pub(crate) fn is_repository(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder.join(".git")).is_ok()
}

/// The target of a link whose target does not exist, or else the path itself.
fn dangling(path: &Path) -> PathBuf {
    std::fs::read_link(path).map_or(path.to_owned(), |target| folder_of(path).join(target))
}

/// Whether an error means that a path leaves its gate.
pub(crate) fn is_outside(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Outside>)
}

/// The error for [private](is_private) files.
pub(crate) fn private() -> io::Error {
    io::Error::other(
        "files in `.git` and `.score-rs` cannot be used, because they can contain secrets",
    )
}

fn outside() -> io::Error {
    io::Error::other(Outside)
}

/// Whether a path without links is in a folder whose files a checkout must not read or replace:
/// `.score-rs` or `.git`. The comparison ignores case and some invisible characters, because some
/// file systems do.
pub(crate) fn is_private(path: &Path) -> bool {
    path.iter().any(|name| {
        let mut name = name.to_string_lossy().into_owned();
        name.retain(|c| !is_ignored(c));
        [OWN_FOLDER, ".git"]
            .iter()
            .any(|private| name.eq_ignore_ascii_case(private))
    })
}

/// Whether HFS+, a file system of macOS, ignores a character in names.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}
