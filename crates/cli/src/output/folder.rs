//! Creates and updates output folders.
//!
//! The contents of a folder are read after it is locked, so that each of several concurrent runs
//! sees the results of the previous one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::{
    Gates, Kind, Located, Locks, PREFIX, Shared, Staged, is_missing, is_private, or_here,
};
use crate::output::file::{Output, Permission};
use crate::output::fresh::Fresh;
use crate::output::write::Changes;
use crate::report::failure::{About, Failure};

/// The planned changes of a folder.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    /// Files that are written before all others, so that the next run can clean up after a killed
    /// one.
    pub(crate) journal: Vec<Output<'a>>,
    /// The files to write and to remove.
    pub(crate) changes: Changes<'a>,
}

impl<'a> From<Changes<'a>> for Plan<'a> {
    fn from(changes: Changes<'a>) -> Self {
        let journal = Vec::new();
        Self { journal, changes }
    }
}

/// Creates or updates a folder. A new folder appears with all of its files at once. `plan`
/// determines the changes of an open folder. Returns whether anything has changed, and the output
/// for messages.
pub(crate) fn apply<'a>(
    gates: &Gates,
    path: &Path,
    permission: &Permission,
    plan: impl Fn(&Shared) -> Result<Plan<'a>, Failure>,
) -> Result<(bool, PathBuf), Failure> {
    // This removes a trailing `/.`.
    let path: &Path = &path.components().collect::<PathBuf>();
    let located = locate_with_parents(gates, path)?;
    if let (None, Some(name)) = (located.kind, &located.name) {
        let _lock = Locks::of([&located.folder])?;
        // Another run may have created it in the meantime.
        if located.folder.kind(name).writing(path)?.is_none() {
            let (fresh, name) = Fresh::filled(&located.folder, (name.clone(), path), |folder| {
                let outputs = plan(folder)?.changes.outputs;
                let name = named(path, &outputs);
                Ok((outputs, name))
            })?;
            fresh.persist()?;
            return Ok((true, name));
        }
    }
    update(gates, path, permission, plan)
}

/// The output in messages: the only file, or the folder.
fn named(path: &Path, outputs: &[Output]) -> PathBuf {
    match outputs {
        [only] => only.shown().into_owned(),
        _ => path.join(""),
    }
}

/// Updates an existing folder.
fn update<'a>(
    gates: &Gates,
    path: &Path,
    permission: &Permission,
    plan: impl Fn(&Shared) -> Result<Plan<'a>, Failure>,
) -> Result<(bool, PathBuf), Failure> {
    let gone = || {
        Failure::new(format!(
            "cannot write `{}`: it was removed in the meantime",
            path.display()
        ))
    };
    let folder = open(gates, path)?.ok_or_else(gone)?;
    let locks = Locks::of([&folder])?;
    let mut planned = plan(&folder)?;
    let journal = std::mem::take(&mut planned.journal);
    let mut earlier = None;
    if !journal.is_empty() {
        for output in &planned.changes.outputs {
            output.check(permission)?;
        }
        earlier = Some(Earlier::of(&folder, &journal, &planned.changes.outputs));
    }
    let write = || {
        if !journal.is_empty() {
            Changes::from(journal).apply_locked(&locks, permission)?;
            planned = plan(&folder)?;
        }
        planned.changes.apply_locked(&locks, permission)
    };
    let changed = write();
    if let (Some(earlier), Err(_)) = (earlier, &changed) {
        earlier.restore();
    }
    let (changed, Changes { outputs, stale }) = (changed?, &planned.changes);
    let name = named(path, outputs);
    Ok((!stale.is_empty() || changed.contains(&true), name))
}

/// The files of a journal as they were before it, for a run that cannot write the files that it lists.
struct Earlier<'a> {
    folder: &'a Shared,
    /// The names of the files, each with the file under another name, if it existed.
    files: Vec<(PathBuf, Option<Staged>)>,
    /// The other files that the run creates.
    new: Vec<PathBuf>,
}

impl<'a> Earlier<'a> {
    fn of(folder: &'a Shared, journal: &[Output], outputs: &[Output]) -> Self {
        let is_journal = |it: &Output| journal.iter().any(|other| other.inner == it.inner);
        let new = outputs
            .iter()
            .filter(|it| !is_journal(it) && it.kind().is_none());
        let new = new.map(|it| it.inner.clone()).collect();
        let file = |output: &Output| {
            let inner = output.inner.clone();
            if output.kind().is_none() {
                return Some((inner, None));
            }
            // A link needs no space, which can be the reason why a run fails.
            let linked = Staged::linked(folder, PREFIX, &inner).ok()?;
            Some((inner, Some(linked)))
        };
        Self {
            folder,
            files: journal.iter().filter_map(file).collect(),
            new,
        }
    }

    /// Restores the files, unless the run has created some of the others, which the journal has to list.
    fn restore(self) {
        let is_there = |inner: &PathBuf| self.folder.kind_at(inner).is_ok_and(|it| it.is_some());
        if self.new.iter().any(is_there) {
            return;
        }
        for (inner, file) in self.files {
            // If this fails, the next run finds the journal, as after a killed one.
            let _ = match file {
                Some(file) => file.persist(self.folder, &inner),
                None => self.folder.remove(&inner),
            };
        }
    }
}

/// Opens a folder, if it exists.
pub(crate) fn open(gates: &Gates, path: &Path) -> Result<Option<Shared>, Failure> {
    match gates.locate(or_here(path)) {
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(Failure::write(path, &error)),
        Ok(Located { kind: None, .. }) => Ok(None),
        Ok(Located {
            kind: Some(Kind::Folder),
            ..
        }) => gates.folder(path).writing(path).map(Some),
        Ok(_) => Err(
            Failure::new(format!("`{}` is not a folder", path.display()))
                .help("remove it, or choose another folder"),
        ),
    }
}

/// Creates a folder and its missing parents, unless it exists.
pub(crate) fn create(gates: &Gates, path: &Path) -> Result<(), Failure> {
    let located = locate_with_parents(gates, or_here(path))?;
    match (located.kind, &located.name) {
        (None, Some(name)) => {
            let folder = located.folder.make_folder(name, 0o777);
            folder.writing(path).map(drop)
        }
        _ => Ok(()),
    }
}

/// Rejects an output below anything but folders, such as a link.
pub(crate) fn require_folders(folder: &Shared, path: &Path, parent: &Path) -> Result<(), Failure> {
    let ways: Vec<&Path> = parent.ancestors().collect();
    let ways = ways
        .into_iter()
        .rev()
        .filter(|it| !it.as_os_str().is_empty());
    for way in ways {
        match folder.kind_at(way) {
            Ok(None) => break,
            Ok(Some(Kind::Folder)) => {}
            _ => {
                let problem = format!("`{}` is not a folder", path.join(way).display());
                return Err(Failure::new(problem).help("remove it, or choose another folder"));
            }
        }
    }
    Ok(())
}

/// The location of a folder to create. Its missing parents are created.
fn locate_with_parents(gates: &Gates, path: &Path) -> Result<Located, Failure> {
    let found = match gates.locate(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(Failure::write(path, &error));
            };
            let parent = locate_with_parents(gates, parent)?;
            let inner = parent.inner.join(name);
            let folder = match (&parent.kind, &parent.name) {
                (None, Some(name)) => parent.folder.make_folder(name, 0o777).map(Arc::new),
                _ => parent.into_folder(),
            };
            Located {
                folder: folder.writing(path)?,
                name: Some(name.to_owned()),
                kind: None,
                inner,
            }
        }
        found => found.writing(path)?,
    };
    if is_private(&found.inner) {
        let path = path.display();
        let problem =
            format!("cannot write `{path}`: files in `.git` and `.score-rs` cannot be outputs");
        return Err(Failure::new(problem).help("choose another folder"));
    }
    Ok(found)
}
