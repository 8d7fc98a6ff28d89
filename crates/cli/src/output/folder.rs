//! What a run makes of a folder that is its output. Not: which files are in it.
//!
//! What is there is looked at only once the folder is locked, so that of several runs each sees what the
//! one before it has left.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::{Gates, Kind, Located, Locks, Shared, is_missing, is_private, or_here};
use crate::output::file::{Output, Permission};
use crate::output::fresh::Fresh;
use crate::output::write::Changes;
use crate::report::failure::{About, Failure};

/// What a run makes of a folder, as it is.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What is written before everything else, so that a run that is killed can be cleaned up.
    pub(crate) journal: Vec<Output>,
    /// What is written and removed.
    pub(crate) changes: Changes,
}

impl From<Changes> for Plan {
    fn from(changes: Changes) -> Self {
        let journal = Vec::new();
        Self { journal, changes }
    }
}

/// Brings a folder up to date. One that does not exist is complete from the moment when it does. `plan` says
/// what is to be done in an open folder. Tells whether anything has changed, and the path of the only
/// file, where it is one.
pub(crate) fn apply(
    gates: &Gates,
    path: &Path,
    permission: &Permission,
    plan: impl Fn(&Shared) -> Result<Plan, Failure>,
) -> Result<(bool, PathBuf), Failure> {
    // Without what it may end with, such as `/.`.
    let path: &Path = &path.components().collect::<PathBuf>();
    let place = place(gates, path)?;
    if let (None, Some(name)) = (place.kind, &place.name) {
        let _lock = Locks::of([&place.folder])?;
        // Another run may have made it in the meantime.
        if place.folder.kind(name).writing(path)?.is_none() {
            let (fresh, name) = Fresh::filled(&place.folder, (name.clone(), path), |folder| {
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

/// Brings a folder up to date that is there.
fn update(
    gates: &Gates,
    path: &Path,
    permission: &Permission,
    plan: impl Fn(&Shared) -> Result<Plan, Failure>,
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
    if !journal.is_empty() {
        for output in &planned.changes.outputs {
            output.check(permission)?;
        }
        Changes::from(journal).apply_locked(&locks, permission)?;
        planned = plan(&folder)?;
    }
    let Changes { outputs, stale } = &planned.changes;
    let changed = planned.changes.apply_locked(&locks, permission)?;
    let name = named(path, outputs);
    Ok((!stale.is_empty() || changed.contains(&true), name))
}

/// The folder at a path, if there is one.
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

/// The place of a folder to be. The folders on the way to it are made.
fn place(gates: &Gates, path: &Path) -> Result<Located, Failure> {
    let found = match gates.locate(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(Failure::write(path, &error));
            };
            let parent = place(gates, parent)?;
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
