//! The state of commands on the disk: where it lies, who may change it, and how it is replaced, so
//! that at any moment it is either the old one or the new one. Not: what it holds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use score_compiler::{State, StateError};

use crate::console::Console;
use crate::disk::{OWN_FOLDER, canonical};
use crate::failure::{Failure, reason};
use crate::write::{folder_of, openable, own_folder};

/// The name of the state in a project's own folder.
const FILE: &str = "state.json";

/// The end of the names of files that are not complete.
const STAGED: &str = ".tmp";

/// The state, which nobody else changes as long as this is there.
///
/// What keeps others away is a lock of the operating system on a file beside the state. It goes with
/// the process that holds it, however that ends, so there are no locks that nobody holds.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    /// What the file holds, if there is one.
    text: Option<String>,
    state: State,
    /// It is held, not read.
    _lock: File,
}

impl Store {
    /// Opens the state that an option names, else that of the project in a folder. While another
    /// process has it, this waits, and says so.
    pub(crate) fn open(
        option: Option<&Path>,
        root: &Path,
        console: &Console,
    ) -> Result<Self, Failure> {
        let path = match option {
            // A link to a file stays, and the file is replaced.
            Some(path) if path.is_symlink() => canonical(path),
            Some(path) => path.to_owned(),
            None => own_folder(root)?.join(FILE),
        };
        let lock = lock(&path, console)?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::read(&path, &error)),
        };
        let state = text.as_deref().map_or(Ok(State::new()), State::parse);
        let state = state.map_err(|error| unusable(&path, &error))?;
        Ok(Self {
            path,
            text,
            state,
            _lock: lock,
        })
    }

    /// The same, if there is a state.
    pub(crate) fn find(
        option: Option<&Path>,
        root: &Path,
        console: &Console,
    ) -> Result<Option<Self>, Failure> {
        let own = root.join(OWN_FOLDER).join(FILE);
        if option.unwrap_or(&own).exists() {
            Self::open(option, root, console).map(Some)
        } else {
            Ok(None)
        }
    }

    /// What commands remember.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the state, if it is another one now.
    pub(crate) fn save(&self, state: &State) -> Result<(), Failure> {
        let text = state.to_text();
        let nothing = self.text.is_none() && state.is_empty();
        if nothing || self.text.as_ref() == Some(&text) {
            return Ok(());
        }
        let replaced = self.clear().and_then(|()| self.replace(&text));
        replaced.map_err(|error| Failure::write(&self.path, &error))
    }

    /// Writes the whole text under another name, and puts that in the place of the file.
    fn replace(&self, text: &str) -> io::Result<()> {
        let folder = openable(folder_of(&self.path));
        // Such files are for their owner only.
        let mut file = tempfile::Builder::new()
            .prefix(&self.prefix())
            .suffix(STAGED)
            .tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// Removes what runs have left that were stopped while they wrote. Whoever has the lock is the
    /// only one who writes, so nobody needs it.
    fn clear(&self) -> io::Result<()> {
        let prefix = self.prefix();
        for entry in fs::read_dir(openable(folder_of(&self.path)))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&prefix) && name.ends_with(STAGED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The begin of the names of files that are not complete.
    fn prefix(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        format!(".{}.", name.to_string_lossy())
    }
}

fn unusable(path: &Path, error: &StateError) -> Failure {
    let path = path.display();
    let help = match error {
        StateError::Newer(_) => "use that version, or keep the state elsewhere by `--state PATH`",
        StateError::Syntax(_) | StateError::Form(_) => {
            "restore the file, or move it away; commands then begin without what they remember"
        }
    };
    Failure::new(format!("the state in `{path}` cannot be used: {error}")).help(help)
}

/// Takes the lock beside a state.
fn lock(path: &Path, console: &Console) -> Result<File, Failure> {
    let folder = openable(folder_of(path));
    if !folder.is_dir() {
        return Err(
            Failure::new(format!("there is no folder `{}`", folder.display()))
                .help("make it, or keep the state elsewhere by `--state PATH`"),
        );
    }
    if path.is_dir() {
        return Err(Failure::new(format!("`{}` is a folder", path.display()))
            .help("name a file, such as `--state state.json`"));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let beside = PathBuf::from(name);
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(&beside)
        .map_err(|error| Failure::write(&beside, &error))?;
    let fail = |error: &io::Error| {
        Failure::new(format!(
            "cannot lock `{}`: {}",
            beside.display(),
            reason(error)
        ))
        .help("keep the state on a file system that has locks, by `--state PATH`")
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
