//! The state file of provisioner commands: its path, its lock, and its atomic replacement.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use score_compiler::State;
use score_compiler::state::StateError;

use super::folder::{Kind, Shared, is_missing};
use super::gate::{Gates, Located, is_private};
use super::path::{folder_of, is_reserved};
use super::staged::{Staged, sweep};
use crate::report::console::Console;
use crate::report::failure::{About, Failure, reason};

/// The maximum size of a state file: parsed JSON takes many times as much memory.
const MOST: u64 = 8 << 20;

/// The name of the state file in `.score-rs`.
const FILE: &str = "state.json";

/// The state file, locked against other runs.
///
/// The lock is a lock of the operating system on a file beside the state file. It ends with the
/// process that holds it, even if the process is killed, so there are no stale locks.
#[derive(Debug)]
pub(crate) struct StateFile {
    /// The location of the file.
    located: Located,
    /// The path in messages.
    path: PathBuf,
    /// The contents of the file, if it exists.
    text: Option<String>,
    state: State,
    /// Keeps the lock until the value is dropped.
    _lock: File,
}

impl StateFile {
    /// Opens and locks the state file given by the option, or that of the project. Waits while
    /// another process holds the lock, and prints a note about it.
    pub(crate) fn open(
        option: Option<&Path>,
        gates: &Gates,
        console: &Console,
    ) -> Result<Self, Failure> {
        let path = path(option, gates);
        // The path is resolved, so that the target of a link is replaced, not the link.
        let located = if let Some(path) = option {
            gates
                .locate(path)
                .map_err(|error| no_folder(path, &error))?
        } else {
            let folder = gates.vault.make(gates.project.root())?;
            Located {
                kind: folder.kind(FILE).reading(&path)?,
                name: Some(FILE.into()),
                inner: gates.vault.path().join(FILE),
                folder,
            }
        };
        let (Some(name), None | Some(Kind::File)) = (&located.name, located.kind) else {
            let what = match located.kind {
                Some(Kind::Folder) => "is a folder",
                _ => "is not a regular file",
            };
            return Err(Failure::new(format!("`{}` {what}", path.display()))
                .help("use a file, such as `--state state.json`"));
        };
        require_free(&located.inner, name, (&path, gates))?;
        let lock = lock(&located, &path, console)?;
        let text = match located.folder.read_at_most(name, MOST) {
            Ok(bytes) => String::from_utf8(bytes)
                .map(Some)
                .map_err(|_| io::Error::other("it is not UTF-8")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let text = text.reading(&path)?;
        let state = text.as_deref().map_or(Ok(State::new()), State::parse);
        let state = state.map_err(|error| unusable(&path, &error))?;
        // Only the holder of the lock writes temporary files, so existing ones belong to killed
        // runs.
        sweep(&located.folder, &prefix(name));
        Ok(Self {
            located,
            path,
            text,
            state,
            _lock: lock,
        })
    }

    /// Opens and locks the state file, if it exists.
    pub(crate) fn find(
        option: Option<&Path>,
        gates: &Gates,
        console: &Console,
    ) -> Result<Option<Self>, Failure> {
        let kind = match option {
            Some(path) => gates.locate(path).map(|located| located.kind),
            None => gates.project.root().kind_at(&gates.vault.path().join(FILE)),
        };
        match kind {
            Ok(None) => Ok(None),
            Err(error) if is_missing(&error) => Ok(None),
            _ => Self::open(option, gates, console).map(Some),
        }
    }

    /// The parsed state.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The path in messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the state, if it has changed.
    pub(crate) fn save(&self, state: &State) -> Result<(), Failure> {
        let text = state.to_text();
        let nothing = self.text.is_none() && state.is_empty();
        if nothing || self.text.as_ref() == Some(&text) {
            return Ok(());
        }
        if text.len() as u64 > MOST {
            let (path, most) = (self.path.display(), MOST >> 20);
            let problem = format!(
                "the state in `{path}` would be larger than {most} MiB, and could not be read again"
            );
            return Err(Failure::new(problem)
                .help("commands must return less, and store large data elsewhere"));
        }
        self.replace(&text).writing(&self.path)
    }

    /// Writes the text to a temporary file, and renames it.
    fn replace(&self, text: &str) -> io::Result<()> {
        let folder = &self.located.folder;
        let name = self.located.name.as_deref().unwrap_or_default();
        // Only the owner can read the file.
        Staged::file(folder, &prefix(name), text.as_bytes(), 0o600, true)?.persist(folder, name)?;
        folder.sync()
    }
}

/// The prefix of the temporary names of a state file.
fn prefix(name: &OsStr) -> String {
    format!(".{}.", name.to_string_lossy())
}

/// The path of the state file in messages.
pub(crate) fn path(option: Option<&Path>, gates: &Gates) -> PathBuf {
    option.map_or_else(
        || {
            let root = gates.project.root().path();
            root.join(gates.vault.path()).join(FILE)
        },
        Path::to_owned,
    )
}

/// The state file and its lock file, each with a description. They need not exist.
pub(crate) fn files(option: Option<&Path>, gates: &Gates) -> Vec<(Shared, OsString, &'static str)> {
    let Ok(Located {
        folder,
        name: Some(name),
        ..
    }) = gates.locate(&path(option, gates))
    else {
        return Vec::new();
    };
    let lock = lock_of(&name);
    vec![
        (Arc::clone(&folder), name, "the state"),
        (folder, lock, "the lock of the state"),
    ]
}

/// Rejects paths that are reserved for other files, before the state or its lock file is created.
/// `inner` is the path with links resolved.
fn require_free(inner: &Path, name: &OsStr, (path, gates): (&Path, &Gates)) -> Result<(), Failure> {
    let path = path.display();
    let fail = |problem: &str| {
        Err(Failure::new(format!("`{path}` {problem}"))
            .help("use another file, such as `--state state.json`"))
    };
    let own = gates.vault.path().join(FILE);
    let outside = if inner.ends_with(&own) {
        inner.ancestors().nth(own.iter().count()).unwrap_or(inner)
    } else {
        inner
    };
    if is_private(outside) {
        return fail(
            "cannot be the state: only `state.json` is allowed in `.score-rs`, and nothing in `.git`",
        );
    }
    if is_reserved(name) {
        return fail("has a reserved name and cannot be the state");
    }
    if is_reserved(&lock_of(name)) {
        return fail(
            "cannot be the state: its lock would have the name of the lock file of packages",
        );
    }
    Ok(())
}

/// The name of the lock file of a state file.
fn lock_of(name: &OsStr) -> OsString {
    let mut name = name.to_owned();
    name.push(".lock");
    name
}

fn no_folder(path: &Path, error: &io::Error) -> Failure {
    if is_missing(error) {
        let folder = folder_of(path).display();
        Failure::new(format!("the folder `{folder}` does not exist"))
            .help("create it, or store the state elsewhere with `--state PATH`")
    } else {
        Failure::read(path, error)
    }
}

fn unusable(path: &Path, error: &StateError) -> Failure {
    let path = path.display();
    let help = match error {
        StateError::Newer(_) => {
            "use that version, or store the state elsewhere with `--state PATH`"
        }
        StateError::Syntax(_) | StateError::Form(_) => {
            "restore the file, or move it away; commands then start without state"
        }
    };
    Failure::new(format!("the state in `{path}` cannot be used: {error}")).help(help)
}

/// Locks a state file.
fn lock(located: &Located, path: &Path, console: &Console) -> Result<File, Failure> {
    let name = lock_of(located.name.as_deref().unwrap_or_default());
    let beside = PathBuf::from(lock_of(path.as_os_str()));
    let file = located.folder.lock_file(&name).writing(&beside)?;
    let fail = |error: &io::Error| {
        Failure::new(format!(
            "cannot lock `{}`: {}",
            beside.display(),
            reason(error)
        ))
        .help("store the state on a file system that supports locks, with `--state PATH`")
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            console.note(&format!(
                "waiting for another run that uses `{}`",
                path.display()
            ));
            file.lock().map_err(|error| fail(&error))?;
        }
        Err(TryLockError::Error(error)) => return Err(fail(&error)),
    }
    Ok(file)
}
