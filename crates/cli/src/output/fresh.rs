//! Folders that do not exist yet. All files are written to a folder with a temporary name, which is
//! then renamed, so that the folder appears completely or not at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::parallel;

use crate::host::{
    Folder, PRIVATE_FOLDER, Shared, Staged, folder_of, is_missing, is_reserved, own_folder,
};
use crate::output::file::{Output, Permission};
use crate::output::object_folder::IGNORE;
use crate::output::write::{ENOUGH, FOLDER};
use crate::report::failure::{About, Failure};

/// A complete folder with a temporary name.
#[derive(Debug)]
pub(super) struct Fresh {
    staged: Staged,
    parent: Shared,
    name: OsString,
    /// The path in messages.
    path: PathBuf,
}

impl Fresh {
    /// Creates a folder with the outputs of `plan` in a locked folder.
    pub(super) fn filled<'a, T>(
        parent: &Shared,
        (name, path): (OsString, &Path),
        plan: impl FnOnce(&Shared) -> Result<(Vec<Output<'a>>, T), Failure>,
    ) -> Result<(Self, T), Failure> {
        let (fresh, folder) = Self::new(parent, (name, path), FOLDER)?;
        let (outputs, rest) = plan(&folder)?;
        // Nothing can be replaced in a new folder, so only reserved names need a check.
        for output in outputs.iter().filter(|it| is_reserved(it.name())) {
            output.require_other_than(&Permission::default(), "")?;
        }
        let outputs: Vec<&Output> = outputs.iter().collect();
        fill(&outputs, Path::new(""), (&folder, FOLDER))?;
        Ok((fresh, rest))
    }

    /// Creates the folder of private outputs, if it contains all of them and does not exist.
    pub(super) fn private(outputs: &[&Output]) -> Result<Option<Self>, Failure> {
        let first = outputs.first();
        let Some((first, base)) = first.and_then(|it| Some((it, it.base.as_ref()?))) else {
            return Ok(None);
        };
        let root: PathBuf = first.inner.iter().take(2).collect();
        let is_inside = |output: &&Output| {
            let same = output.base.as_ref().is_some_and(|it| Arc::ptr_eq(it, base));
            same && output.inner != root && output.inner.starts_with(&root)
        };
        let is_absent = match base.kind_at(&root) {
            Ok(kind) => kind.is_none(),
            Err(error) => is_missing(&error),
        };
        let Some(name) = root.file_name().filter(|_| is_absent) else {
            return Ok(None);
        };
        if !outputs.iter().all(is_inside) {
            return Ok(None);
        }
        let own = own_folder(base)?;
        let path = base.path().join(&root);
        let (fresh, folder) = Self::new(&own, (name.to_owned(), &path), PRIVATE_FOLDER)?;
        folder.set_own_mode(PRIVATE_FOLDER).writing(&path)?;
        fill(outputs, &root, (&folder, PRIVATE_FOLDER))?;
        Ok(Some(fresh))
    }

    fn new(
        parent: &Shared,
        (name, path): (OsString, &Path),
        permissions: u32,
    ) -> Result<(Self, Shared), Failure> {
        let (staged, folder) = Staged::folder(parent, permissions).writing(path)?;
        let fresh = Self {
            staged,
            parent: Arc::clone(parent),
            name,
            path: path.to_owned(),
        };
        Ok((fresh, Arc::new(folder.shown_as(path))))
    }

    /// Renames the folder to its final name.
    pub(super) fn persist(self) -> Result<(), Failure> {
        let placed = self.staged.persist(&self.parent, &self.name);
        placed.writing(&self.path)
    }
}

/// Writes outputs, whose paths begin with `root`, to a new folder that no other run uses.
/// Subfolders get the same permissions. Only a few of them are open at a time.
fn fill(
    outputs: &[&Output],
    root: &Path,
    (folder, permissions): (&Shared, u32),
) -> Result<(), Failure> {
    let mut by_folder: BTreeMap<&Path, Vec<&Output>> = BTreeMap::new();
    for output in outputs {
        let inner = output.inner.strip_prefix(root).unwrap_or(&output.inner);
        by_folder.entry(folder_of(inner)).or_default().push(output);
    }
    let write = |folder: &Folder, output: &Output| {
        let written: io::Result<()> =
            folder.create(output.name(), &output.bytes, output.mode, false);
        written.map_err(|error| output.fail(&error))
    };
    let mut top = by_folder.remove(Path::new("")).unwrap_or_default();
    // `.gitignore` is written first, so that a killed run leaves no secret that could be committed.
    if let Some(at) = top.iter().position(|output| output.name() == IGNORE) {
        write(folder, top.swap_remove(at))?;
    }
    let written = parallel::map(ENOUGH, &top, |output| write(folder, output));
    written.into_iter().collect::<Result<(), Failure>>()?;
    // Each part opens its folder; the first one creates it.
    let parts = by_folder.iter().flat_map(|(inner, outputs)| {
        let parts = outputs.chunks(ENOUGH);
        parts.map(move |outputs| (*inner, outputs))
    });
    let parts: Vec<(&Path, &[&Output])> = parts.collect();
    let enough = if outputs.len() < ENOUGH {
        usize::MAX
    } else {
        2
    };
    let written = parallel::map(enough, &parts, |(inner, outputs)| {
        let target = folder.make_folder_at(inner, permissions);
        let target = target.writing(&folder.path().join(inner))?;
        outputs.iter().try_for_each(|output| write(&target, output))
    });
    written.into_iter().collect()
}
