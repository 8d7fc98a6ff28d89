//! Writing: all files of a run, or none of them.
//!
//! Each file is written under a temporary name first, and renamed only when all are complete. Meanwhile
//! the folders that they go into are locked, so that nothing of two runs is mixed, and temporary files
//! in a locked folder can only be left over from a run that was killed. A file that already is as it
//! should be is not touched. One that score-rs did not write is not replaced.

mod own;
mod staged;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use score_compiler::parallel;

use crate::host::{
    Folder, Gates, Identity, Kind, Located, Shared, is_missing, is_private, permissions, private,
};
use crate::output::mark::is_marked;
use crate::report::failure::Failure;

pub(crate) use own::{own_folder, private_folder};
pub(crate) use staged::{Locks, Staged, name_of_staged, sweep, tidy};

/// The permissions of folders that hold secrets.
const PRIVATE_FOLDER: u32 = 0o700;

/// The permissions of other folders, which the user's mask narrows.
const FOLDER: u32 = 0o777;

/// What messages call a file whose name depends on a value that they may not show.
const HIDDEN_NAME: &str = "[a name that depends on environment variables]";

/// How many files are worth the start of threads.
const ENOUGH: usize = 64;

/// What decides whether a file may take the place of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A generated file: it replaces only what score-rs wrote.
    Generated,
    /// A generated file that lists the others. It comes last, so that a run that is killed leaves nothing
    /// that no list names.
    List,
    /// A generated file without a mark, which a list of an earlier run names.
    Listed,
    /// A file of the user that is edited.
    Edited,
    /// A file in the own folder of score-rs, where nothing else has a place.
    Private,
}

/// A file to write.
#[derive(Debug)]
pub(crate) struct Output {
    /// The open folder that it goes into; nothing if there is none, and so nothing to write.
    base: Option<Shared>,
    /// Its path from there.
    inner: PathBuf,
    /// Its path as the user would write it.
    path: PathBuf,
    /// Whether no message may show its name.
    is_hidden: bool,
    /// The content.
    pub(crate) bytes: Vec<u8>,
    /// The permission bits.
    pub(crate) mode: u32,
    rule: Rule,
    /// Whether the file is as it should be, once that is known.
    current: OnceLock<bool>,
}

/// What a run may replace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permission {
    /// Whether generated files replace those of others.
    pub(crate) force: bool,
    /// The files that no output may replace, whatever the user says: inputs, the key, the state.
    pub(crate) protected: BTreeMap<Identity, &'static str>,
}

/// The names that only the project itself gives its files.
const RESERVED: [&str; 2] = [
    crate::input::project::PROJECT_FILE,
    crate::packages::LOCK_FILE,
];

impl Output {
    /// A file at a place that the user named.
    pub(crate) fn named(
        place: Located,
        path: &Path,
        bytes: Vec<u8>,
        mode: impl FnOnce(Option<u32>) -> u32,
        rule: Rule,
    ) -> Result<Self, Failure> {
        let fail =
            |problem: &str| Failure::new(format!("cannot write `{}`: {problem}", path.display()));
        let Some(name) = place.name else {
            return Err(fail("it is a folder"));
        };
        match place.kind {
            Some(Kind::Folder) => return Err(fail("it is a folder")),
            Some(Kind::File) | None => {}
            Some(Kind::Link | Kind::Other) => {
                return Err(fail(
                    "it is not a regular file; `-o -` writes to standard output",
                ));
            }
        }
        if is_private(&place.inner) {
            return Err(fail("nothing in `.git` or `.score-rs` can be an output")
                .help("choose another file"));
        }
        let known = place.folder.metadata(&name).ok();
        Ok(Self {
            mode: mode(known.as_ref().and_then(permissions)),
            base: Some(place.folder),
            inner: name.into(),
            path: path.to_owned(),
            is_hidden: false,
            bytes,
            rule,
            current: OnceLock::new(),
        })
    }

    /// A file below an open folder, or below one that is not there and would be at `path`.
    pub(crate) fn below(
        base: Option<&Shared>,
        (folder, inner): (&Path, &Path),
        bytes: Vec<u8>,
        mode: u32,
        rule: Rule,
    ) -> Self {
        Self {
            base: base.cloned(),
            inner: inner.to_owned(),
            path: folder.join(inner),
            is_hidden: false,
            bytes,
            mode,
            rule,
            current: OnceLock::new(),
        }
    }

    /// The same file, whose name no message shows if this says so.
    pub(crate) fn hidden_if(mut self, is_hidden: bool) -> Self {
        self.is_hidden = is_hidden;
        self
    }

    /// Its path as the user would write it. It is not for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What messages call it.
    pub(crate) fn shown(&self) -> Cow<'_, Path> {
        shown(&self.path, self.is_hidden)
    }

    /// Its path from the folder that it goes into.
    pub(crate) fn inner(&self) -> &Path {
        &self.inner
    }

    /// Whether it is in the own folder of score-rs.
    pub(crate) fn is_private(&self) -> bool {
        self.rule == Rule::Private
    }

    /// Whether the file is as it should be. It is looked at once.
    pub(crate) fn is_current(&self) -> bool {
        *self.current.get_or_init(|| self.is_written())
    }

    fn is_written(&self) -> bool {
        let Some(folder) = self.folder() else {
            return false;
        };
        let name = self.name();
        let Ok(known) = folder.metadata(name) else {
            return false;
        };
        known.is_file()
            && known.len() == self.bytes.len() as u64
            && permissions(&known).is_none_or(|mode| mode == self.mode)
            && folder.read(name).is_ok_and(|bytes| bytes == self.bytes)
    }

    /// What is in its place.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let base = self.base.as_ref()?;
        base.kind_at(&self.inner).ok().flatten()
    }

    /// The content of what is in its place, if that is a regular file.
    pub(crate) fn before(&self) -> io::Result<Vec<u8>> {
        match self.folder() {
            Some(folder) => folder.read(self.name()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Whether score-rs wrote what is in its place.
    pub(crate) fn replaces_ours(&self) -> bool {
        let is_marked = |folder: Folder| is_marked(&folder, self.name());
        self.rule == Rule::Listed || self.folder().is_some_and(is_marked)
    }

    /// The folder that it is in, if there is one.
    fn folder(&self) -> Option<Folder> {
        self.base.as_ref()?.parent_of(&self.inner).ok()
    }

    fn name(&self) -> &OsStr {
        self.inner.file_name().unwrap_or_default()
    }

    fn fail(&self, error: &io::Error) -> Failure {
        Failure::write(&self.shown(), error)
    }

    /// Refuses to replace what has to stay.
    pub(crate) fn check(&self, permission: &Permission) -> Result<(), Failure> {
        let path = self.shown();
        let path = path.display();
        if matches!(self.rule, Rule::Generated | Rule::List | Rule::Listed) {
            self.require_other_than(permission, "")?;
        }
        if self.rule == Rule::Private || self.is_current() {
            return Ok(());
        }
        let (Some(folder), Some(kind)) = (self.folder(), self.kind()) else {
            return Ok(());
        };
        if kind != Kind::File {
            let problem = format!("cannot write `{path}`: it is not a regular file");
            return Err(Failure::new(problem).help("remove it, or choose another folder"));
        }
        let is_ours = || is_marked(&folder, self.name());
        let is_generated = matches!(self.rule, Rule::Generated | Rule::List);
        if is_generated && !permission.force && !is_ours() {
            let problem = format!("`{path}` was not written by score-rs");
            return Err(Failure::new(problem)
                .help("rename or remove it, choose another place, or replace it with `--force`"));
        }
        Ok(())
    }
    /// Refuses a name that only the project itself gives its files.
    pub(crate) fn require_free_name(&self) -> Result<(), Failure> {
        if !RESERVED.iter().any(|it| self.name() == *it) {
            return Ok(());
        }
        let path = self.shown();
        let path = path.display();
        let problem = format!("`{path}` has a name that score-rs reads, and cannot be an output");
        Err(Failure::new(problem).help("choose another file"))
    }

    /// Refuses a file that is one of those that no output may replace, but for one of this name.
    pub(crate) fn require_other_than(
        &self,
        permission: &Permission,
        own: &str,
    ) -> Result<(), Failure> {
        self.require_free_name()?;
        let path = self.shown();
        let path = path.display();
        let identity = self.folder().and_then(|it| it.identity(self.name()));
        match identity.and_then(|it| permission.protected.get(&it)) {
            Some(what) if *what != own => {
                let problem = format!("`{path}` is {what}, and cannot be an output");
                Err(Failure::new(problem).help("choose another file"))
            }
            _ => Ok(()),
        }
    }
}

/// Files to write and to remove.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// What is written.
    pub(crate) outputs: Vec<Output>,
    /// What is removed afterwards, by folders and paths in them. Folders that become empty go too.
    pub(crate) stale: Vec<(Shared, PathBuf)>,
}

impl Changes {
    /// Makes all changes, and tells for each output whether it has changed. If a file cannot be
    /// written, those that were there before stay as they were.
    pub(crate) fn apply(&self, permission: &Permission) -> Result<Vec<bool>, Failure> {
        let locks = Locks::of_outputs(&self.outputs)?;
        self.apply_locked(&locks, permission)
    }

    /// The same where the folders are locked already.
    pub(crate) fn apply_locked(
        &self,
        _locks: &Locks,
        permission: &Permission,
    ) -> Result<Vec<bool>, Failure> {
        self.require_places()?;
        for output in &self.outputs {
            output.check(permission)?;
        }
        let privates = self.outputs.iter().filter(|output| output.is_private());
        let privates: Vec<&Output> = privates.collect();
        let fresh = Fresh::stage(&privates)?;
        let mut folders = Folders::default();
        if fresh.is_none() {
            for output in privates {
                folders.private(output)?;
            }
        }
        let own = folders.own.clone();
        let is_fresh = |output: &Output| fresh.is_some() && output.is_private();
        let stage = |output: &Output| {
            let staged = !is_fresh(output) && !output.is_current();
            let staged = staged.then(|| Staged::new(output, own.as_ref()));
            staged.transpose().map_err(|error| output.fail(&error))
        };
        let staged: Vec<_> = parallel::map(ENOUGH, &self.outputs, stage)
            .into_iter()
            .collect::<Result<_, Failure>>()?;
        let changed = self.outputs.iter().zip(&staged);
        let changed = changed.map(|(output, staged)| staged.is_some() || is_fresh(output));
        let changed = changed.collect();
        let staged = self.outputs.iter().zip(staged);
        let (lists, files): (Vec<_>, Vec<_>) =
            staged.partition(|(output, _)| output.rule == Rule::List);
        let mut place = |(output, staged): (&Output, Option<Staged>)| {
            let Some(staged) = staged else {
                return Ok(());
            };
            let folder = folders.of(output).map_err(|error| output.fail(&error))?;
            let placed = staged.persist(&folder, output.name());
            placed.map_err(|error| output.fail(&error))
        };
        // A file that refers to others comes after them.
        if let Some(fresh) = fresh {
            fresh.persist()?;
        }
        files.into_iter().try_for_each(&mut place)?;
        for (folder, inner) in &self.stale {
            let parent = folder.parent_of(inner).ok();
            let identity = parent.and_then(|it| it.identity(inner.file_name()?));
            if identity.is_none_or(|it| !permission.protected.contains_key(&it)) {
                remove(folder, inner)?;
            }
        }
        lists.into_iter().try_for_each(place)?;
        Ok(changed)
    }

    /// Refuses two outputs at one place, to which a link can lead.
    fn require_places(&self) -> Result<(), Failure> {
        let mut known = BTreeMap::new();
        // Most outputs share a folder, which is asked once.
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

    /// Writes all outputs into a folder that nobody else knows yet.
    pub(crate) fn fill(&self, folder: &Shared) -> Result<(), Failure> {
        let outputs: Vec<&Output> = self.outputs.iter().collect();
        fill(&outputs, Path::new(""), (folder, FOLDER))
    }
}

/// Writes outputs, whose paths begin with `root`, into a folder that nobody else knows yet and that
/// will be there. The folders below get these permissions. Few of them are open at a time.
fn fill(
    outputs: &[&Output],
    root: &Path,
    (folder, permissions): (&Shared, u32),
) -> Result<(), Failure> {
    let mut by_folder: BTreeMap<&Path, Vec<&Output>> = BTreeMap::new();
    for output in outputs {
        let inner = output.inner.strip_prefix(root).ok().and_then(Path::parent);
        let inner = inner.unwrap_or(Path::new(""));
        by_folder.entry(inner).or_default().push(output);
    }
    let write = |folder: &Folder, output: &Output| {
        let written = folder.create(output.name(), &output.bytes, output.mode, false);
        written.map_err(|error| output.fail(&error))
    };
    let top = by_folder.remove(Path::new("")).unwrap_or_default();
    let written = parallel::map(ENOUGH, &top, |output| write(folder, output));
    written.into_iter().collect::<Result<(), Failure>>()?;
    // Each part opens its folder, which only the first one makes.
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
        let made = folder.make_folder_at(inner, permissions);
        let made = made.map_err(|error| Failure::write(&folder.path().join(inner), &error))?;
        outputs.iter().try_for_each(|output| write(&made, output))
    });
    written.into_iter().collect()
}

/// A private folder of an output that is not there yet, complete under a temporary name: one rename
/// puts all its files in their places.
struct Fresh {
    staged: Staged,
    own: Shared,
    name: OsString,
}

impl Fresh {
    /// Stages private outputs, if the folder that all of them are in is not there.
    fn stage(outputs: &[&Output]) -> Result<Option<Self>, Failure> {
        let Some((first, base)) = outputs.first().and_then(|it| Some((it, it.base.as_ref()?)))
        else {
            return Ok(None);
        };
        let root: PathBuf = first.inner.iter().take(2).collect();
        let is_inside = |output: &&Output| {
            let same = output.base.as_ref().is_some_and(|it| Arc::ptr_eq(it, base));
            same && output.inner != root && output.inner.starts_with(&root)
        };
        let is_missing = match base.kind_at(&root) {
            Ok(kind) => kind.is_none(),
            Err(error) => is_missing(&error),
        };
        let (true, true, Some(name)) =
            (is_missing, outputs.iter().all(is_inside), root.file_name())
        else {
            return Ok(None);
        };
        let own = Arc::new(own_folder(base)?);
        let fail = |error: io::Error| first.fail(&error);
        let (staged, folder) = Staged::folder(&own, &base.path().join(&root)).map_err(fail)?;
        folder.set_own_mode(PRIVATE_FOLDER).map_err(fail)?;
        fill(outputs, &root, (&folder, PRIVATE_FOLDER))?;
        let name = name.to_owned();
        Ok(Some(Self { staged, own, name }))
    }

    fn persist(self) -> Result<(), Failure> {
        let placed = self.staged.persist(&self.own, &self.name);
        placed.map_err(|error| Failure::write(&self.own.path().join(&self.name), &error))
    }
}

/// Removes a file, and the folders that are empty then.
fn remove(folder: &Shared, inner: &Path) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::write(&folder.path().join(inner), &error);
    let Some(name) = inner.file_name() else {
        return Ok(());
    };
    let parent = match folder.kind_at(inner).map_err(fail)? {
        None => return Ok(()),
        Some(_) => folder.parent_of(inner).map_err(fail)?,
    };
    if parent.kind(name).map_err(fail)? == Some(Kind::Folder) {
        // Unless it is empty, it has taken the place of a file that was stale, and is not.
        parent.remove_empty(name);
    } else {
        parent.remove(name).map_err(fail)?;
    }
    for path in inner.ancestors().skip(1) {
        let Some(name) = path.file_name() else {
            break;
        };
        let parent = folder.parent_of(path).map_err(fail)?;
        // One with something in it cannot be removed, which is meant.
        if !parent.remove_empty(name) {
            break;
        }
    }
    Ok(())
}

/// The folders that outputs go into, one after the other. Few of them are open at a time.
#[derive(Debug, Default)]
struct Folders {
    last: Option<(PathBuf, Shared)>,
    /// The own folder of score-rs, where private outputs begin.
    own: Option<Shared>,
}

impl Folders {
    /// The folder of an output, which is made if there is none.
    fn of(&mut self, output: &Output) -> io::Result<Shared> {
        let base = output.base.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let inner = output.inner.parent().unwrap_or(Path::new(""));
        if inner.as_os_str().is_empty() {
            return Ok(Arc::clone(base));
        }
        // Outputs of several folders are all at their top, or private.
        if let Some((path, folder)) = &self.last
            && path == inner
        {
            return Ok(Arc::clone(folder));
        }
        let folder = Arc::new(base.make_folder_at(inner, FOLDER)?);
        self.last = Some((inner.to_owned(), Arc::clone(&folder)));
        Ok(folder)
    }

    /// Makes the folder of a private output, for its owner only, whatever was there.
    fn private(&mut self, output: &Output) -> Result<(), Failure> {
        let Some(base) = &output.base else {
            return Ok(());
        };
        let own = match &self.own {
            Some(own) => Arc::clone(own),
            None => Arc::new(own_folder(base)?),
        };
        self.own = Some(Arc::clone(&own));
        let inner = output.inner.parent().unwrap_or(Path::new(""));
        let folder = match &self.last {
            Some((path, folder)) if path == inner => Arc::clone(folder),
            _ => {
                let folder = inner.iter().skip(1).try_fold(own, |folder, name| {
                    private_folder(&folder, name).map(Arc::new)
                });
                folder.map_err(|error| output.fail(&error))?
            }
        };
        self.last = Some((inner.to_owned(), Arc::clone(&folder)));
        if folder.kind(output.name()).ok().flatten() == Some(Kind::Folder) {
            let removed = folder.remove(output.name());
            removed.map_err(|error| output.fail(&error))?;
        }
        Ok(())
    }
}

/// The paths of all files and of all empty folders below a folder, sorted. Links are not followed.
pub(crate) fn files_below(folder: &Folder, prefix: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (name, kind) in folder.entries()? {
        let path = prefix.join(&name);
        match kind {
            Kind::Folder => {
                let below = files_below(&folder.folder(&name)?, &path)?;
                if below.is_empty() {
                    found.push(path);
                } else {
                    found.extend(below);
                }
            }
            _ => found.push(path),
        }
    }
    Ok(found)
}

/// The files, and the empty folders, below the folder that private outputs of one output are in, which
/// none of these is.
pub(crate) fn left_over(
    base: &Shared,
    folder: &Path,
    outputs: &[Output],
) -> io::Result<Vec<PathBuf>> {
    let keep: BTreeSet<&Path> = outputs
        .iter()
        .filter(|output| output.is_private())
        .map(Output::inner)
        .collect();
    let Ok(open) = base.folder_at(folder) else {
        return Ok(Vec::new());
    };
    let mut files = files_below(&open, folder)?;
    files.retain(|path| !keep.contains(path.as_path()));
    Ok(files)
}

/// Makes a file that the user is to edit, at a place where nothing is.
pub(crate) fn create(gates: &Gates, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = gates.locate(path)?;
    match &place.name {
        _ if is_private(&place.inner) => Err(private()),
        Some(name) if place.kind.is_none() => place.folder.create_new(name, bytes),
        _ => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// What messages call a file, whose name they may have to hide.
pub(crate) fn shown(path: &Path, is_hidden: bool) -> Cow<'_, Path> {
    if is_hidden {
        Cow::Owned(folder_of(path).join(HIDDEN_NAME))
    } else {
        Cow::Borrowed(path)
    }
}

/// The folder that a path is in; empty for the working folder.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
