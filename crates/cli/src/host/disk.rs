//! The [`World`] of the compiler: files on disk, the environment, and processes. A Score file
//! cannot read files outside the project.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use score_compiler::world::{Call, FileError, Pass, RunError};
use score_compiler::{ProjectKey, World};

use super::folder::{Identity, Kind, is_missing};
use super::gate::{Gate, Gates, Located, is_outside};
use super::open_file::OpenFile;
use super::path::{canonical, folder_of};
use super::pending::Pending;
use super::pin::Pins;
use super::{key, pin, process};
use crate::report::console::Console;
use crate::report::failure::reason;
use crate::report::progress::{self, Stage};

/// The maximum size of an input file.
pub(crate) const LIMIT: u64 = 10 << 20;

/// Files, variables and commands of a run.
#[derive(Debug)]
pub(crate) struct Disk {
    gates: Arc<Gates>,
    /// The folders of Score files, by source name.
    folders: BTreeMap<String, PathBuf>,
    /// Variables with values from the run, for example from an env file.
    variables: BTreeMap<String, String>,
    /// Used to report that a command runs, which can take long.
    console: Option<Console>,
    /// Whether files outside the project may be read.
    open: bool,
    /// Whether a missing project key is created.
    makes_key: bool,
    /// The project key, after it was requested.
    key: OnceLock<Option<ProjectKey>>,
    /// The files that Score files refer to and that have been read.
    read: Mutex<BTreeSet<Identity>>,
    /// The pinned files beside provisioner files, by the names of the latter.
    pins: BTreeMap<String, Arc<Pins>>,
    /// Files that are not written yet.
    pending: Pending,
}

impl Disk {
    /// A disk that opens files through `gates`. `variables` are the values of the run.
    pub(crate) fn new(
        gates: Gates,
        variables: BTreeMap<String, String>,
        console: Option<Console>,
    ) -> Self {
        Self {
            gates: Arc::new(gates),
            folders: BTreeMap::new(),
            variables,
            console,
            open: false,
            makes_key: false,
            key: OnceLock::new(),
            read: Mutex::default(),
            pins: BTreeMap::new(),
            pending: Pending::default(),
        }
    }

    /// Sets whether Score files may read files outside the project.
    #[must_use]
    pub(crate) fn with_outside(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    /// Adds files that are not written yet.
    #[must_use]
    pub(crate) fn with_pending(mut self, pending: Pending) -> Self {
        self.pending = pending;
        self
    }

    /// Sets whether a missing project key is created.
    #[must_use]
    pub(crate) fn with_key_made(mut self, makes_key: bool) -> Self {
        self.makes_key = makes_key;
        self
    }

    /// Sets the project key, which may be that of another folder.
    #[must_use]
    pub(crate) fn with_key(mut self, key: Option<ProjectKey>) -> Self {
        self.key = OnceLock::from(key);
        self
    }

    /// Sets the pinned files beside provisioner files, by the names of the latter. Their commands are executed only
    /// if these files match.
    pub(crate) fn set_pins(&mut self, pins: BTreeMap<String, Arc<Pins>>) {
        self.pins = pins;
    }

    /// The files that Score files refer to and that have been read so far.
    pub(crate) fn sources(&self) -> BTreeSet<Identity> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.clone()
    }

    /// Records the folder of a Score file.
    pub(crate) fn set_folder(&mut self, spec: &str, folder: &Path) {
        self.folders.insert(spec.to_owned(), folder.to_owned());
    }

    /// The gates of the run.
    pub(crate) fn gates(&self) -> &Gates {
        &self.gates
    }

    /// A file that is not written yet.
    fn pending_file(&self, spec: &str, path: &str) -> Option<Vec<u8>> {
        let folder = self.folders.get(spec)?;
        let bytes = self.pending.get(&folder.join(path))?;
        Some(bytes.to_owned())
    }

    /// The location of a file that a Score file refers to. A Score file outside the project can
    /// read the files below its folder. With the permission of the user, all Score files can read
    /// any file.
    fn locate(&self, spec: &str, path: &str) -> io::Result<Located> {
        let folder = self.folders.get(spec);
        let folder = folder.map_or(Path::new(""), PathBuf::as_path);
        if self.open {
            return self.gates.locate(&fs::canonicalize(folder.join(path))?);
        }
        let project = &self.gates.project;
        // Use the path of a file in the folder: it is also resolved correctly if the folder is
        // `..`.
        match project.inner(&folder.join("score.yaml")) {
            Some(inner) => project.locate(&folder_of(&inner).join(path)),
            None => Gate::open(folder)?.locate(Path::new(path)),
        }
    }
}

impl World for Disk {
    fn file(&self, spec: &str, path: &str) -> Result<Vec<u8>, FileError> {
        if let Some(bytes) = self.pending_file(spec, path) {
            return Ok(bytes);
        }
        let unreadable = |error| unreadable(&error);
        let found = self.locate(spec, path).map_err(unreadable)?;
        if found.kind.is_none() {
            return Err(FileError::NotFound);
        }
        if let (Some(name), Some(Kind::File)) = (&found.name, found.kind) {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.extend(found.folder.identity(name));
        }
        let bytes = found.read().map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT {
            return Err(FileError::Unreadable("it is larger than 10 MiB".to_owned()));
        }
        Ok(bytes)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn key(&self) -> Option<ProjectKey> {
        let find = || {
            let gates = &self.gates;
            let found = match &self.console {
                Some(console) if self.makes_key => key::find_or_create(gates, console).map(Some),
                _ => key::find(gates),
            };
            // Errors are reported when secrets are written.
            found.ok().flatten()
        };
        self.key.get_or_init(find).clone()
    }

    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError> {
        if let Some(console) = &self.console {
            // The arguments of the command may contain values of variables, so they are not
            // printed.
            let (file, uid) = (&call.provisioner, &call.resource);
            console.detail(&format!("running the command of `{file}` for `{uid}`"));
        }
        // The name of a provisioner file is its path.
        let folder = if call.in_project {
            self.gates.project.root().path()
        } else {
            folder_of(Path::new(&call.provisioner))
        };
        // Another command of this run can have changed the file.
        if let Some(pins) = self.pins.get(&call.provisioner) {
            pin::verify(folder, pins)?;
        }
        process::run(&canonical(folder), call)
    }

    fn command_file(&self, provisioner: Option<&str>, path: &str) -> Option<String> {
        let inner = path.strip_prefix("./").unwrap_or(path);
        match provisioner {
            Some(name) => match self.pins.get(name) {
                // An update of a package can have another one than the installed package.
                Some(pins) => Some(pins.get(inner)?.digest.clone()),
                None => pin::of_file(folder_of(Path::new(name)), inner),
            },
            None if path.contains('/') => pin::of_file(self.gates.project.root().path(), inner),
            None => None,
        }
    }

    fn begin(&self, pass: Pass, things: usize) {
        progress::begin(Stage::Pass(pass), things);
    }

    fn advance(&self) {
        progress::advance();
    }
}

fn unreadable(error: &io::Error) -> FileError {
    if is_outside(error) {
        FileError::Outside
    } else if is_missing(error) {
        FileError::NotFound
    } else {
        FileError::Unreadable(reason(error))
    }
}

/// Reads a file. Reading stops one byte after [`LIMIT`], so that the caller can detect a file that
/// is too large.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    OpenFile::named(path)?.read(LIMIT)
}

/// Reads an open stream, with the same limit.
pub(crate) fn read_from(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use score_compiler::World;
    use score_compiler::world::FileError;

    use super::{Disk, Gate, Gates};

    #[test]
    #[cfg(unix)]
    fn nothing_outside_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["project/web/conf", "project/.score-rs", "elsewhere/conf"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for path in ["project/web/conf/a", "project/b", "secret", "elsewhere/c"] {
            fs::write(at(path), path).unwrap();
        }
        fs::write(at("project/.score-rs/key"), "key").unwrap();
        std::os::unix::fs::symlink(at("secret"), at("project/web/link")).unwrap();
        std::os::unix::fs::symlink(at("project/b"), at("project/web/inner")).unwrap();
        let gates = Gates::new(Gate::open(&at("project")).unwrap());
        let mut disk = Disk::new(gates, BTreeMap::new(), None);
        disk.set_folder("web/score.yaml", &at("project/web"));
        disk.set_folder("elsewhere.yaml", &at("elsewhere"));
        let absolute = at("project/b").to_string_lossy().into_owned();
        for (path, content) in [
            ("conf/a", "project/web/conf/a"),
            ("./conf/../conf/a", "project/web/conf/a"),
            ("../b", "project/b"),
            ("inner", "project/b"),
            (&absolute, "project/b"),
        ] {
            assert_eq!(
                disk.file("web/score.yaml", path),
                Ok(content.into()),
                "{path}"
            );
        }
        for path in ["../../secret", "link", "/etc/passwd", "../../x", "/x"] {
            let found = disk.file("web/score.yaml", path);
            assert_eq!(found, Err(FileError::Outside), "{path}");
        }
        for path in ["x", "../x", "x/../../web/x"] {
            let found = disk.file("web/score.yaml", path);
            assert_eq!(found, Err(FileError::NotFound), "{path}");
        }
        for path in ["conf", "../.score-rs/key"] {
            let found = disk.file("web/score.yaml", path);
            assert!(matches!(found, Err(FileError::Unreadable(_))), "{path}");
        }
        assert_eq!(disk.file("elsewhere.yaml", "c"), Ok("elsewhere/c".into()));
        let found = disk.file("elsewhere.yaml", "../project/b");
        assert_eq!(found, Err(FileError::Outside));

        // With this permission, only private files such as the key remain inaccessible.
        let disk = disk.with_outside(true);
        for path in ["../../secret", "link"] {
            assert_eq!(disk.file("web/score.yaml", path), Ok("secret".into()));
        }
        let found = disk.file("elsewhere.yaml", "../project/.score-rs/key");
        assert!(matches!(found, Err(FileError::Unreadable(_))));
    }
}
