//! The gate: what a checkout can name or hold is opened through a handle on its folder, and nothing
//! else is reached that way. Links are followed step by step as long as they stay inside.
//!
//! What the user names on the command line may be anywhere. A path that is inside of a folder with a
//! gate goes through the gate all the same, since a checkout decides what is there: the project's folder,
//! the working folder, and the repositories that they are in.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::disk::LIMIT;
use super::folder::{Folder, Kind, Shared};
use super::path::{OWN_FOLDER, folder_of, or_here, without_dots};

/// The most links on the way to a file, as Linux has it.
const MOST_LINKS: usize = 40;

/// A folder, and all that is inside.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    root: Shared,
    /// The folder's path without links.
    real: PathBuf,
}

/// A place inside of a gate: a name in an open folder, with all links followed.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    /// The folder that it is in.
    pub(crate) folder: Shared,
    /// Its name there; nothing for the folder itself.
    pub(crate) name: Option<OsString>,
    /// What is there; nothing if there is nothing.
    pub(crate) kind: Option<Kind>,
    /// Its path from the gate's folder, without links.
    pub(crate) inner: PathBuf,
}

/// The gate of the project, and those of the checkouts and other folders around it that the user named.
#[derive(Debug, Clone)]
pub(crate) struct Gates {
    /// That of the project's folder.
    pub(crate) project: Gate,
    /// Those of the checkouts that the project and the working folder are in, and of folders elsewhere.
    others: Vec<Gate>,
}

/// A path leads out of its gate.
#[derive(Debug)]
struct Outside;

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it leads out of the project folder")
    }
}

impl std::error::Error for Outside {}

impl Gate {
    /// The gate of the folder at a path.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            root: Arc::new(Folder::named(path)?),
            real: std::fs::canonicalize(or_here(path))?,
        })
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Shared {
        &self.root
    }

    /// The folder's path without links.
    pub(crate) fn real(&self) -> &Path {
        &self.real
    }

    /// The path from the gate's folder to a path that the user named, if that is inside: by its
    /// words, or because the folder that it is in really is.
    pub(crate) fn inner(&self, path: &Path) -> Option<PathBuf> {
        let here = std::env::current_dir().ok()?;
        let words = without_dots(&here.join(path));
        if let Ok(inner) = words.strip_prefix(&self.real) {
            return Some(inner.to_owned());
        }
        // One that ends with `..` is a folder itself.
        let (folder, name) = match path.file_name() {
            Some(name) => (folder_of(path), Path::new(name)),
            None => (path, Path::new("")),
        };
        let folder = std::fs::canonicalize(or_here(folder)).ok()?;
        let inner = folder.strip_prefix(&self.real).ok()?;
        Some(inner.join(name))
    }

    /// Follows a path from the gate's folder.
    ///
    /// # Errors
    ///
    /// It leads out of the folder, or a folder on the way is missing. What is at its end may be.
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

    /// Puts the steps of a path before those that are left, the next one last. An absolute path
    /// begins at the gate's folder again, if it is inside.
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

    /// The content of a regular file, at most a little more than the limit of files.
    pub(crate) fn read(&self, inner: &Path) -> io::Result<Vec<u8>> {
        self.locate(inner)?.read()
    }
}

impl Located {
    /// The open file, if it is a regular one and neither score-rs nor Git keeps secrets there.
    pub(crate) fn open(&self) -> io::Result<File> {
        if is_private(&self.inner) {
            return Err(private());
        }
        match &self.name {
            Some(name) => self.folder.open(name),
            None => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// The content of the regular file, at most a little more than the limit of files, so that the
    /// caller can tell.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The folder at this place.
    pub(crate) fn into_folder(self) -> io::Result<Shared> {
        match self.name {
            None => Ok(self.folder),
            Some(name) => self.folder.folder(name).map(Arc::new),
        }
    }
}

impl Gates {
    /// The gate of the project, and those of the checkouts that it and the working folder are in.
    pub(crate) fn new(project: Gate) -> Self {
        let here = std::env::current_dir().ok();
        let mut gates = Self {
            others: Vec::new(),
            project,
        };
        for folder in [Some(gates.project.real.clone()), here]
            .into_iter()
            .flatten()
        {
            let top = checkout(&folder);
            // A folder that holds everything, devices and pipes too, is no checkout.
            if top.parent().is_some() {
                // One that cannot be opened has nothing that could be read or written.
                gates.add(top).ok();
            }
        }
        gates
    }

    /// Adds a folder that the user named, unless it is inside already.
    pub(crate) fn add(&mut self, folder: &Path) -> io::Result<()> {
        if self.of(folder).is_none() {
            self.others.push(Gate::open(folder)?);
        }
        Ok(())
    }

    /// The gate that a path is inside of, and its path there.
    pub(crate) fn of(&self, path: &Path) -> Option<(&Gate, PathBuf)> {
        let mut gates = std::iter::once(&self.project).chain(&self.others);
        gates.find_map(|gate| Some((gate, gate.inner(path)?)))
    }

    /// The place that the user named. Outside of all gates the user may name anything.
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

    /// The folder that the user named, and by that name.
    pub(crate) fn folder(&self, path: &Path) -> io::Result<Shared> {
        let folder = self.locate(or_here(path))?.into_folder()?;
        Ok(Arc::new(folder.folder_at(Path::new(""))?.shown_as(path)))
    }

    /// The content of a file that the user named. Outside of all gates it may be a pipe, such as
    /// that of a process substitution.
    pub(crate) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.of(path) {
            Some((gate, inner)) => gate.read(&inner),
            None => super::disk::read(path),
        }
    }
}

/// The folder that is checked out as a whole: the repository that a folder is in, or else the folder
/// itself. Its content may be a stranger's, and `.git` is the one entry that is not.
pub(crate) fn checkout(folder: &Path) -> &Path {
    let mut above = folder.ancestors();
    let is_top = |it: &&Path| std::fs::symlink_metadata(it.join(".git")).is_ok();
    above.find(is_top).unwrap_or(folder)
}

/// Where a link leads whose target is yet to be written; else the path itself.
fn dangling(path: &Path) -> PathBuf {
    std::fs::read_link(path).map_or(path.to_owned(), |target| folder_of(path).join(target))
}

/// Whether an error says that a path leads out of its gate.
pub(crate) fn is_outside(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Outside>)
}

/// Why nothing in a checkout may be read from the folders that [`is_private`] names.
pub(crate) fn private() -> io::Error {
    io::Error::other(
        "files in `.git` and `.score-rs` cannot be used, because they can contain secrets",
    )
}

fn outside() -> io::Error {
    io::Error::other(Outside)
}

/// Whether a path without links is inside of what nothing in a checkout may read or replace: the
/// own folder of score-rs, and that of Git. File systems may ignore case.
pub(crate) fn is_private(path: &Path) -> bool {
    let is = |name: &OsStr, private: &str| name.eq_ignore_ascii_case(private);
    path.iter()
        .any(|name| is(name, OWN_FOLDER) || is(name, ".git"))
}
