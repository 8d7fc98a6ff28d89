//! A file that a run writes, and the checks before it replaces another file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::host::{
    Folder, Gates, Identity, Kind, Located, Shared, folder_of, is_missing, is_outside, is_private,
    is_reserved, permissions, private,
};
use crate::output::mark::is_marked;
use crate::report::failure::Failure;

/// The permissions of a file that only its owner can read.
pub(crate) const PRIVATE: u32 = 0o600;

/// The permissions of other files.
pub(crate) const OPEN: u32 = 0o644;

/// The name in messages of a file whose name depends on a hidden value.
const HIDDEN_NAME: &str = "[a name that depends on environment variables]";

/// The rule that determines whether a file may replace another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A generated file. It replaces only files that score-rs wrote.
    Generated,
    /// A generated file that lists the others. It is written last, so that a killed run leaves no
    /// file that is not listed.
    List,
    /// A generated file without a mark that an earlier run listed.
    Listed,
    /// A file of the user that is edited.
    Edited,
    /// A file for the user to edit, which replaces nothing.
    New,
    /// A file in `.score-rs`, which replaces anything.
    Private,
}

/// A file to write.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    /// The open folder of the file; `None` if the folder does not exist, in which case the file is
    /// only compared.
    pub(super) base: Option<Shared>,
    /// The path relative to `base`.
    pub(crate) inner: PathBuf,
    /// The path as the user would write it. Messages must use [`Self::shown`].
    pub(crate) path: PathBuf,
    /// Whether messages must not contain the name.
    pub(super) is_hidden: bool,
    /// The contents.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The permission bits.
    pub(super) mode: u32,
    pub(super) rule: Rule,
    /// The contents before an edit.
    edited: Option<Vec<u8>>,
    /// The cached result of [`Self::is_current`].
    current: OnceLock<bool>,
}

/// The files that a run may replace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Permission {
    /// Whether generated files may replace files that score-rs did not write.
    pub(crate) force: bool,
    /// The files that no output may replace, even with `force`: inputs, the key, the state. Each
    /// has a description.
    pub(crate) protected: BTreeMap<Identity, &'static str>,
}

impl<'a> Output<'a> {
    /// A file at a location that the user named. An existing file keeps its permissions, unless the
    /// new one contains secrets.
    pub(crate) fn named(
        located: Located,
        path: &Path,
        bytes: impl Into<Cow<'a, [u8]>>,
        mode: u32,
        rule: Rule,
    ) -> Result<Self, Failure> {
        let fail =
            |problem: &str| Failure::new(format!("cannot write `{}`: {problem}", path.display()));
        let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let name = match (located.name, located.kind) {
            (None, _) | (_, Some(Kind::Folder)) => {
                return Err(fail("it is a folder").help("name a file in the folder"));
            }
            _ if is_folder => {
                return Err(fail("it ends with `/`").help("name a file in the folder"));
            }
            (_, Some(Kind::Link | Kind::Other)) => {
                return Err(fail(
                    "it is not a regular file; `-o -` writes to standard output",
                ));
            }
            (Some(name), Some(Kind::File) | None) => name,
        };
        if is_private(&located.inner) {
            return Err(fail("files in `.git` and `.score-rs` cannot be outputs")
                .help("choose another file"));
        }
        let known = located.folder.metadata(&name).ok();
        let known = known.as_ref().and_then(permissions);
        let has_secrets = rule == Rule::Generated && mode == PRIVATE;
        Ok(Self {
            base: Some(located.folder),
            inner: name.into(),
            path: path.to_owned(),
            is_hidden: false,
            bytes: bytes.into(),
            mode: known.filter(|_| !has_secrets).unwrap_or(mode),
            rule,
            edited: None,
            current: OnceLock::new(),
        })
    }

    /// A file below an open folder, or below a folder that does not exist yet and has the path
    /// `folder`.
    pub(crate) fn below(
        base: Option<&Shared>,
        (folder, inner): (&Path, &Path),
        bytes: impl Into<Cow<'a, [u8]>>,
        mode: u32,
        rule: Rule,
    ) -> Self {
        Self {
            base: base.cloned(),
            inner: inner.to_owned(),
            path: folder.join(inner),
            is_hidden: false,
            bytes: bytes.into(),
            mode,
            rule,
            edited: None,
            current: OnceLock::new(),
        }
    }

    /// The same file, with a name that is hidden in messages if `is_hidden`.
    pub(crate) fn hidden_if(mut self, is_hidden: bool) -> Self {
        self.is_hidden = is_hidden;
        self
    }

    /// The name in messages.
    pub(crate) fn shown(&self) -> Cow<'_, Path> {
        shown(&self.path, self.is_hidden)
    }

    /// Whether it is in `.score-rs`.
    pub(crate) fn is_private(&self) -> bool {
        self.rule == Rule::Private
    }

    /// Whether the file exists with these contents and permissions. It is read only once.
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
        }) && folder.read(name).is_ok_and(|bytes| bytes == *self.bytes)
    }

    /// The type of the existing entry.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let base = self.base.as_ref()?;
        base.kind_at(&self.inner).ok().flatten()
    }

    /// The contents of the existing file, if it is a regular file.
    pub(crate) fn before(&self) -> io::Result<Vec<u8>> {
        let folder = self.folder().ok_or(io::ErrorKind::NotFound)?;
        folder.read(self.name())
    }

    /// Whether score-rs wrote the existing file.
    pub(crate) fn replaces_ours(&self) -> bool {
        self.rule == Rule::Listed || self.is_marked()
    }

    fn is_marked(&self) -> bool {
        self.folder().is_some_and(|it| is_marked(&it, self.name()))
    }

    /// The parent folder, if it exists.
    fn folder(&self) -> Option<Folder> {
        self.base.as_ref()?.parent_of(&self.inner).ok()
    }

    pub(super) fn name(&self) -> &OsStr {
        self.inner.file_name().unwrap_or_default()
    }

    pub(super) fn fail(&self, error: &io::Error) -> Failure {
        Failure::write(&self.shown(), error)
    }

    /// The same file, as an edit of `before`, which is empty for a new file. It is written only if
    /// the file still has these contents.
    pub(crate) fn edit_of(mut self, before: &[u8]) -> Self {
        self.edited = Some(before.to_vec());
        self
    }

    /// Fails if the existing file must not be replaced.
    pub(crate) fn check(&self, permission: &Permission) -> Result<(), Failure> {
        if matches!(self.rule, Rule::Generated | Rule::List | Rule::Listed) {
            self.require_other_than(permission, "")?;
        }
        if self.rule == Rule::New && self.kind().is_some() {
            return Err(self.fail(&io::ErrorKind::AlreadyExists.into()));
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

    /// Rejects reserved names of the project, and files that no output may replace. A protected
    /// file with the description `own` is allowed.
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

/// The failure to locate the file of an output.
pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Failure {
    if is_missing(error) {
        let (path, folder) = (path.display(), folder_of(path).display());
        let problem = format!("cannot write `{path}`: the folder `{folder}` does not exist");
        return Failure::new(problem).help("create it, or choose another file with `-o`");
    }
    let failure = Failure::write(path, error);
    if is_outside(error) {
        let help = "links in the project must not lead outside it; name the file itself with `-o`";
        return failure.help(help);
    }
    failure
}

/// Creates a file for the user to edit. Fails if the path exists.
pub(crate) fn create(gates: &Gates, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let located = gates.locate(path)?;
    match &located.name {
        _ if is_private(&located.inner) => Err(private()),
        Some(name) if located.kind.is_none() => located.folder.create_new(name, bytes),
        _ => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// The path of a file in messages, which may have to hide its name.
pub(crate) fn shown(path: &Path, is_hidden: bool) -> Cow<'_, Path> {
    if is_hidden {
        Cow::Owned(folder_of(path).join(HIDDEN_NAME))
    } else {
        Cow::Borrowed(path)
    }
}
