//! Writes all files of a run, or none of them.
//!
//! Each file is written under a temporary name first. When all of them are complete, they are
//! renamed. Their folders are locked during this time, so that the files of concurrent runs are not
//! mixed. A file that is up to date is not touched, and a file that score-rs did not write is not
//! replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::parallel;

use crate::host::{
    Folder, Identity, Kind, Locks, PREFIX, Shared, Staged, folder_of, own_folder, private_folder,
};
use crate::output::file::{Output, Permission, Rule, shown};
use crate::output::fresh::Fresh;
use crate::report::failure::{About, Failure};

/// The permissions of new folders, restricted by the umask.
pub(crate) const FOLDER: u32 = 0o777;

/// The minimum number of files for which threads are started.
pub(super) const ENOUGH: usize = 64;

/// Files to write and to remove.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    /// The files to write.
    pub(crate) outputs: Vec<Output<'a>>,
    /// The files to remove afterwards, as paths in open folders. Empty parent folders are removed
    /// too.
    pub(crate) stale: Vec<(Shared, PathBuf)>,
}

impl<'a> From<Vec<Output<'a>>> for Changes<'a> {
    fn from(outputs: Vec<Output<'a>>) -> Self {
        let stale = Vec::new();
        Self { outputs, stale }
    }
}

impl Changes<'_> {
    /// Makes all changes, and returns for each output whether it has changed. If a file cannot be
    /// written, existing files remain unchanged.
    pub(crate) fn apply(&self, permission: &Permission) -> Result<Vec<bool>, Failure> {
        let locks = self.lock()?;
        self.apply_locked(&locks, permission)
    }

    /// Whether the names of outputs depend on hidden values. Those of earlier outputs may depend on
    /// them too.
    pub(crate) fn has_hidden_names(&self) -> bool {
        self.outputs.iter().any(|output| output.is_hidden)
    }

    /// Locks the folders of the outputs.
    pub(crate) fn lock(&self) -> Result<Locks, Failure> {
        Locks::of(self.outputs.iter().filter_map(|it| it.base.as_ref()))
    }

    /// Makes all changes in locked folders.
    pub(crate) fn apply_locked(
        &self,
        _locks: &Locks,
        permission: &Permission,
    ) -> Result<Vec<bool>, Failure> {
        self.require_places()?;
        let mut folders = Folders::default();
        for output in &self.outputs {
            output.check(permission)?;
        }
        let private = self.outputs.iter().filter(|output| output.is_private());
        let private: Vec<&Output> = private.collect();
        let fresh = Fresh::private(&private)?;
        if fresh.is_none() {
            for output in private {
                folders.make_room(output)?;
            }
        }
        let own = folders.own.clone();
        let is_fresh = |output: &Output| fresh.is_some() && output.is_private();
        let stage = |output: &Output| {
            let needed = !is_fresh(output) && !output.is_current();
            needed.then(|| stage(output, own.as_ref())).transpose()
        };
        let staged = parallel::map(ENOUGH, &self.outputs, stage);
        let staged: Vec<_> = staged.into_iter().collect::<Result<_, Failure>>()?;
        let changed = self.outputs.iter().zip(&staged);
        let changed = changed.map(|(output, staged)| staged.is_some() || is_fresh(output));
        let changed = changed.collect();
        let staged = self.outputs.iter().zip(staged);
        let (lists, files): (Vec<_>, Vec<_>) =
            staged.partition(|(output, _)| output.rule == Rule::List);
        let mut created = Created::default();
        let mut persist = |(output, staged): (&Output, Option<Staged>)| match staged {
            None => Ok(()),
            Some(staged) if output.rule == Rule::New => {
                created.persist(staged, output, folders.of(output)?)
            }
            Some(staged) => {
                let persisted = staged.persist(&*folders.of(output)?, output.name());
                persisted.map_err(|error| output.fail(&error))
            }
        };
        // Lists are written last, because they refer to other files.
        if let Some(fresh) = fresh {
            fresh.persist()?;
        }
        files.into_iter().try_for_each(&mut persist)?;
        self.remove_stale(permission)?;
        lists.into_iter().try_for_each(persist)?;
        created.0.clear();
        Ok(changed)
    }

    /// Removes the obsolete files that are not protected.
    fn remove_stale(&self, permission: &Permission) -> Result<(), Failure> {
        for (folder, inner) in &self.stale {
            let parent = folder.parent_of(inner).ok();
            let identity = parent.and_then(|it| it.identity(inner.file_name()?));
            if identity.is_none_or(|it| !permission.protected.contains_key(&it)) {
                let path = folder.path().join(inner);
                remove(folder, inner).writing(&shown(&path, self.has_hidden_names()))?;
            }
        }
        Ok(())
    }

    /// Rejects two outputs at the same location, which can happen through links.
    fn require_places(&self) -> Result<(), Failure> {
        let mut known = BTreeMap::new();
        // Most outputs share a folder, whose identity is read only once.
        let mut bases: BTreeMap<Option<*const Folder>, Option<Identity>> = BTreeMap::new();
        for output in &self.outputs {
            let base = output.base.as_ref();
            let identity = || base.and_then(|base| base.own_identity());
            let base = *bases.entry(base.map(Arc::as_ptr)).or_insert_with(identity);
            if let Some(other) = known.insert((base, &output.inner), output) {
                let (path, other) = (output.shown(), other.shown());
                let (path, other) = (path.display(), other.display());
                let problem = format!("`{path}` and `{other}` would be the same file");
                return Err(Failure::new(problem).help("choose another name for one of them"));
            }
        }
        Ok(())
    }
}

/// New files that replaced nothing. Dropping it removes them again, because a later file could not be written.
#[derive(Debug, Default)]
struct Created(Vec<(Shared, OsString)>);

impl Created {
    fn persist(&mut self, staged: Staged, output: &Output, folder: Shared) -> Result<(), Failure> {
        let persisted = staged.persist_new(&folder, output.name());
        persisted.map_err(|error| output.fail(&error))?;
        self.0.push((folder, output.name().to_owned()));
        Ok(())
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        for (folder, name) in &self.0 {
            // If this fails too, only the first error is reported.
            let _ = folder.remove(name);
        }
    }
}

/// Writes the temporary file of an output, in `.score-rs` if it is private. Files in subfolders
/// need not survive a crash of the system: the next run detects incomplete ones and writes them
/// again.
fn stage(output: &Output, own: Option<&Shared>) -> Result<Staged, Failure> {
    let base = output.base.as_ref().filter(|_| !output.is_private());
    let sync = output.rule == Rule::Edited || output.inner.iter().count() == 1;
    let folder = base.or(own).ok_or(io::ErrorKind::NotFound.into());
    folder
        .and_then(|folder| Staged::file(folder, PREFIX, &output.bytes, output.mode, sync))
        .map_err(|error| output.fail(&error))
}

/// Removes a file, and then its empty parent folders.
fn remove(folder: &Shared, inner: &Path) -> io::Result<()> {
    let (Some(name), Some(_)) = (inner.file_name(), folder.kind_at(inner)?) else {
        return Ok(());
    };
    let parent = folder.parent_of(inner)?;
    if parent.kind(name)? == Some(Kind::Folder) {
        // A folder at the path of an obsolete file is not obsolete unless it is empty.
        parent.remove_empty(name);
    } else {
        parent.remove(name)?;
    }
    for path in inner.ancestors().skip(1) {
        // Removing a folder fails if it is not empty, which ends the loop.
        let Some(name) = path.file_name() else {
            break;
        };
        if !folder.parent_of(path)?.remove_empty(name) {
            break;
        }
    }
    Ok(())
}

/// The folders of outputs. Only the last one is kept open.
#[derive(Debug, Default)]
struct Folders {
    /// The last folder, with its base folder and its path in it.
    last: Option<(Shared, PathBuf, Shared)>,
    /// The folder `.score-rs`, for private outputs.
    own: Option<Shared>,
}

impl Folders {
    /// Opens the folder of an output, and creates it if necessary. The folder of a private output
    /// is accessible only to its owner, and replaces an entry of another type.
    fn of(&mut self, output: &Output) -> Result<Shared, Failure> {
        let base = output.base.as_ref().ok_or(io::ErrorKind::NotFound.into());
        let base = base.map_err(|error| output.fail(&error))?;
        let inner = folder_of(&output.inner);
        if let Some((last, path, folder)) = &self.last
            && Arc::ptr_eq(last, base)
            && path == inner
        {
            return Ok(Arc::clone(folder));
        }
        let folder = if output.is_private() {
            let own = match &self.own {
                Some(own) => Arc::clone(own),
                None => own_folder(base)?,
            };
            self.own = Some(Arc::clone(&own));
            let mut names = inner.iter().skip(1);
            names.try_fold(own, |it, name| private_folder(&it, name).map(Arc::new))
        } else if inner.as_os_str().is_empty() {
            Ok(Arc::clone(base))
        } else {
            base.make_folder_at(inner, FOLDER).map(Arc::new)
        };
        let folder = folder.map_err(|error| output.fail(&error))?;
        self.last = Some((Arc::clone(base), inner.to_owned(), Arc::clone(&folder)));
        Ok(folder)
    }

    /// Creates the folder of a private output, and removes a folder at the path of the file.
    fn make_room(&mut self, output: &Output) -> Result<(), Failure> {
        let folder = self.of(output)?;
        let is_folder = folder.kind(output.name()).ok().flatten() == Some(Kind::Folder);
        let removed = if is_folder {
            folder.remove(output.name())
        } else {
            Ok(())
        };
        removed.map_err(|error| output.fail(&error))
    }
}

/// The paths of all files and empty folders below a folder, sorted. Links are not followed.
pub(crate) fn files_below(folder: &Folder, prefix: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (name, kind) in folder.entries()? {
        let path = prefix.join(&name);
        let below = match kind {
            Kind::Folder => files_below(&folder.folder(&name)?, &path)?,
            _ => Vec::new(),
        };
        if below.is_empty() {
            found.push(path);
        } else {
            found.extend(below);
        }
    }
    Ok(found)
}

/// The files and empty folders in the folder of private outputs that are not among `outputs`.
pub(crate) fn left_over(
    base: &Shared,
    folder: &Path,
    outputs: &[Output],
) -> io::Result<Vec<PathBuf>> {
    let Ok(open) = base.folder_at(folder) else {
        return Ok(Vec::new());
    };
    let private = outputs.iter().filter(|output| output.is_private());
    let written: BTreeSet<&Path> = private.map(|output| output.inner.as_path()).collect();
    let mut files = files_below(&open, folder)?;
    files.retain(|path| !written.contains(path.as_path()));
    Ok(files)
}
