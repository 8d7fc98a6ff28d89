//! A file that a run writes: where it goes, and what it may replace there. Not: how it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::host::{
    Folder, Gates, Identity, Kind, Located, Shared, folder_of, is_private, is_reserved,
    permissions, private,
};
use crate::output::mark::is_marked;
use crate::report::failure::Failure;

/// The permissions of a file that only its owner may read.
pub(crate) const PRIVATE: u32 = 0o600;

/// The permissions of other files.
pub(crate) const OPEN: u32 = 0o644;

/// What messages call a file whose name depends on a value that they may not show.
const HIDDEN_NAME: &str = "[a name that depends on environment variables]";

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
    pub(super) base: Option<Shared>,
    /// Its path from there.
    pub(crate) inner: PathBuf,
    /// Its path as the user would write it. It is not for messages.
    pub(crate) path: PathBuf,
    /// Whether no message may show its name.
    pub(super) is_hidden: bool,
    /// The content.
    pub(crate) bytes: Vec<u8>,
    /// The permission bits.
    pub(super) mode: u32,
    pub(super) rule: Rule,
    /// The content that an edit began with.
    edited: Option<Vec<u8>>,
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

impl Output {
    /// A file at a place that the user named. A file that is there keeps its permissions, unless it is to
    /// hold secrets.
    pub(crate) fn named(
        place: Located,
        path: &Path,
        bytes: Vec<u8>,
        mode: u32,
        rule: Rule,
    ) -> Result<Self, Failure> {
        let fail =
            |problem: &str| Failure::new(format!("cannot write `{}`: {problem}", path.display()));
        let name = match (place.name, place.kind) {
            (None, _) | (_, Some(Kind::Folder)) => return Err(fail("it is a folder")),
            (_, Some(Kind::Link | Kind::Other)) => {
                return Err(fail(
                    "it is not a regular file; `-o -` writes to standard output",
                ));
            }
            (Some(name), Some(Kind::File) | None) => name,
        };
        if is_private(&place.inner) {
            return Err(fail("files in `.git` and `.score-rs` cannot be outputs")
                .help("choose another file"));
        }
        let known = place.folder.metadata(&name).ok();
        let known = known.as_ref().and_then(permissions);
        let has_secrets = rule == Rule::Generated && mode == PRIVATE;
        Ok(Self {
            base: Some(place.folder),
            inner: name.into(),
            path: path.to_owned(),
            is_hidden: false,
            bytes,
            mode: known.filter(|_| !has_secrets).unwrap_or(mode),
            rule,
            edited: None,
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
            edited: None,
            current: OnceLock::new(),
        }
    }

    /// The same file, whose name no message shows if this says so.
    pub(crate) fn hidden_if(mut self, is_hidden: bool) -> Self {
        self.is_hidden = is_hidden;
        self
    }

    /// What messages call it.
    pub(crate) fn shown(&self) -> Cow<'_, Path> {
        shown(&self.path, self.is_hidden)
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
        folder.metadata(name).is_ok_and(|known| {
            known.is_file()
                && known.len() == self.bytes.len() as u64
                && permissions(&known).is_none_or(|mode| mode == self.mode)
        }) && folder.read(name).is_ok_and(|bytes| bytes == self.bytes)
    }

    /// What is in its place.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let base = self.base.as_ref()?;
        base.kind_at(&self.inner).ok().flatten()
    }

    /// The content of what is in its place, if that is a regular file.
    pub(crate) fn before(&self) -> io::Result<Vec<u8>> {
        let folder = self.folder().ok_or(io::ErrorKind::NotFound)?;
        folder.read(self.name())
    }

    /// Whether score-rs wrote what is in its place.
    pub(crate) fn replaces_ours(&self) -> bool {
        self.rule == Rule::Listed || self.is_marked()
    }

    fn is_marked(&self) -> bool {
        self.folder().is_some_and(|it| is_marked(&it, self.name()))
    }

    /// The folder that it is in, if there is one.
    fn folder(&self) -> Option<Folder> {
        self.base.as_ref()?.parent_of(&self.inner).ok()
    }

    pub(super) fn name(&self) -> &OsStr {
        self.inner.file_name().unwrap_or_default()
    }

    pub(super) fn fail(&self, error: &io::Error) -> Failure {
        Failure::write(&self.shown(), error)
    }

    /// The same file, as an edit of this content, which is empty if there was no file. It is written only
    /// if the file still has that content.
    pub(crate) fn edit_of(mut self, before: &[u8]) -> Self {
        self.edited = Some(before.to_vec());
        self
    }

    /// Refuses to replace what has to stay.
    pub(crate) fn check(&self, permission: &Permission) -> Result<(), Failure> {
        if matches!(self.rule, Rule::Generated | Rule::List | Rule::Listed) {
            self.require_other_than(permission, "")?;
        }
        if self.rule == Rule::Private || self.is_current() {
            return Ok(());
        }
        if let Some(before) = &self.edited
            && *before != self.before().unwrap_or_default()
        {
            let path = self.shown();
            let problem = format!("`{}` was changed in the meantime", path.display());
            return Err(Failure::new(problem).help("run the command again"));
        }
        let path = self.shown();
        let path = path.display();
        let is_generated = matches!(self.rule, Rule::Generated | Rule::List);
        match self.kind() {
            None => Ok(()),
            Some(Kind::File) if !is_generated || permission.force || self.is_marked() => Ok(()),
            Some(Kind::File) => Err(
                Failure::new(format!("`{path}` was not written by score-rs"))
                    .help("rename or remove it, choose another path, or replace it with `--force`"),
            ),
            Some(_) => Err(Failure::new(format!(
                "cannot write `{path}`: it is not a regular file"
            ))
            .help("remove it, or choose another folder")),
        }
    }

    /// Refuses a name that only the project itself gives its files, and a file that is one of those that no
    /// output may replace, but for one of this name.
    pub(crate) fn require_other_than(
        &self,
        permission: &Permission,
        own: &str,
    ) -> Result<(), Failure> {
        let identity = self.folder().and_then(|it| it.identity(self.name()));
        let protected = identity.and_then(|it| permission.protected.get(&it));
        let problem = match protected {
            _ if is_reserved(self.name()) => "has a reserved name",
            Some(what) if *what != own => &format!("is {what}"),
            _ => return Ok(()),
        };
        let path = self.shown();
        let path = path.display();
        Err(
            Failure::new(format!("`{path}` {problem} and cannot be an output"))
                .help("choose another file"),
        )
    }
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
