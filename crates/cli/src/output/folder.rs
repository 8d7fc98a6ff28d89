//! What a run makes of a folder that is its output. Not: which files are in it.
//!
//! What is there is looked at only once the folder is locked, so that of several runs each sees what the
//! one before it has left.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::{Gates, Kind, Located, Shared, is_missing, is_private};
use crate::output::write::{Changes, Locks, Output, Permission, Staged};
use crate::report::failure::Failure;

/// What a run makes of a folder, as it is.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What is written before everything else, so that a run that is killed can be cleaned up.
    pub(crate) journal: Option<Output>,
    /// What is written and removed.
    pub(crate) changes: Changes,
}

/// Brings a folder up to date, which is made if there is none, and then is complete from the moment
/// when it is there. `plan` says what is to be done in an open folder. Tells whether anything has
/// changed, and the path of the only file, where it is one.
pub(crate) fn apply(
    gates: &Gates,
    path: &Path,
    permission: &Permission,
    plan: impl Fn(Option<&Shared>) -> Result<Plan, Failure>,
) -> Result<(bool, PathBuf), Failure> {
    // Without what it may end with, such as `/.`.
    let path: &Path = &path.components().collect::<PathBuf>();
    let place = place(gates, path)?;
    if let (None, Some(name)) = (place.kind, &place.name) {
        let lock = Locks::of([&place.folder])?;
        let fail = |error: io::Error| Failure::write(path, &error);
        // Another run may have made it in the meantime.
        if place.folder.kind(name).map_err(fail)?.is_none() {
            crate::output::write::sweep(&place.folder);
            let (staged, folder) = Staged::folder(&place.folder, path).map_err(fail)?;
            let plan = plan(Some(&folder))?;
            // Nothing is there that could be replaced.
            for output in &plan.changes.outputs {
                output.require_free_name()?;
            }
            plan.changes.fill(&folder)?;
            let name_of = named(path, &plan);
            staged.persist(&place.folder, name).map_err(fail)?;
            return Ok((true, name_of));
        }
        drop(lock);
    }
    let folder = open(gates, path)?.ok_or_else(|| {
        Failure::new(format!(
            "cannot write `{}`: it has just gone",
            path.display()
        ))
    })?;
    let locks = Locks::of([&folder])?;
    let mut planned = plan(Some(&folder))?;
    if let Some(journal) = planned.journal.take() {
        for output in &planned.changes.outputs {
            output.check(permission)?;
        }
        let outputs = vec![journal];
        let journal = Changes {
            outputs,
            stale: Vec::new(),
        };
        journal.apply_locked(&locks, permission)?;
        planned = plan(Some(&folder))?;
    }
    let removes = !planned.changes.stale.is_empty();
    let name_of = named(path, &planned);
    let changed = planned.changes.apply_locked(&locks, permission)?;
    Ok((removes || changed.contains(&true), name_of))
}

/// What messages call the output: the file, where it is only one, or the folder.
fn named(path: &Path, plan: &Plan) -> PathBuf {
    match plan.changes.outputs.as_slice() {
        [only] => only.shown().into_owned(),
        _ => path.join(""),
    }
}

/// The folder at a path, if there is one.
pub(crate) fn open(gates: &Gates, path: &Path) -> Result<Option<Shared>, Failure> {
    let fail = |error: io::Error| Failure::write(path, &error);
    let found = match gates.locate(path) {
        Ok(found) => found,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    match found.kind {
        None => Ok(None),
        Some(Kind::Folder) => {
            let folder = found.into_folder().map_err(fail)?;
            let shown = folder.folder_at(Path::new("")).map_err(fail)?;
            Ok(Some(Arc::new(shown.shown_as(path))))
        }
        Some(_) => Err(
            Failure::new(format!("`{}` is not a folder", path.display()))
                .help("remove it, or choose another folder"),
        ),
    }
}

/// The place of a folder to be. The folders on the way to it are made.
fn place(gates: &Gates, path: &Path) -> Result<Located, Failure> {
    let fail = |error: &io::Error| Failure::write(path, error);
    let found = match gates.locate(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(fail(&error));
            };
            let parent = place(gates, parent)?;
            let folder = match (&parent.kind, &parent.name) {
                (None, Some(name)) => parent.folder.make_folder(name, 0o777).map(Arc::new),
                _ => parent.clone().into_folder(),
            };
            Located {
                folder: folder.map_err(|error| fail(&error))?,
                name: Some(name.to_owned()),
                kind: None,
                inner: parent.inner.join(name),
            }
        }
        Err(error) => return Err(fail(&error)),
    };
    if is_private(&found.inner) {
        let problem = format!(
            "cannot write `{}`: nothing in `.git` or `.score-rs` can be an output",
            path.display()
        );
        return Err(Failure::new(problem).help("choose another folder"));
    }
    Ok(found)
}
