//! The world as the compiler sees it: files on a disk, the environment, and processes. A Score file
//! reaches no file outside the project. Not: how a process is run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use score_compiler::{Call, FileError, Pass, RunError, World};

use crate::console::Console;
use crate::failure::reason;
use crate::process;
use crate::progress::{self, Stage};

/// The most that is read of one file.
const LIMIT: u64 = 10 << 20;

/// The folder that score-rs keeps its own things in, such as the project key.
pub(crate) const OWN_FOLDER: &str = ".score-rs";

/// The disk and the environment.
#[derive(Debug)]
pub(crate) struct Disk {
    /// The project's folder, links followed.
    root: PathBuf,
    /// The folders of Score files, by the names of the sources.
    folders: BTreeMap<String, PathBuf>,
    /// Variables that go before those of the environment.
    variables: BTreeMap<String, String>,
    /// Whom to tell that a command runs, which may take its time.
    console: Option<Console>,
    /// Whether files outside the project may be read.
    open: bool,
}

impl Disk {
    /// The disk as a project in this folder sees it.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: canonical(root),
            folders: BTreeMap::new(),
            variables: BTreeMap::new(),
            console: None,
            open: false,
        }
    }

    /// Says whether Score files may read files outside the project.
    #[must_use]
    pub(crate) fn with_outside(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    /// Notes in which folder a Score file lies.
    pub(crate) fn place(&mut self, spec: &str, folder: &Path) {
        self.folders.insert(spec.to_owned(), canonical(folder));
    }

    /// Tells on the console which commands run.
    #[must_use]
    pub(crate) fn with_console(mut self, console: Console) -> Self {
        self.console = Some(console);
        self
    }

    /// Gives variables that go before those of the environment.
    #[must_use]
    pub(crate) fn with_variables(mut self, variables: BTreeMap<String, String>) -> Self {
        self.variables = variables;
        self
    }
}

impl World for Disk {
    fn file(&self, spec: &str, path: &str) -> Result<Vec<u8>, FileError> {
        let folder = self.folders.get(spec).unwrap_or(&self.root);
        // A Score file from elsewhere may read what lies beside it.
        let sandbox = if self.open {
            None
        } else if folder.starts_with(&self.root) {
            Some(self.root.as_path())
        } else {
            Some(folder.as_path())
        };
        let is_outside = |path: &Path| sandbox.is_some_and(|folder| !path.starts_with(folder));
        let path = folder.join(path);
        let path = match fs::canonicalize(&path) {
            Ok(path) => path,
            // What the outside has and lacks is nobody's business either.
            Err(_) if is_outside(&without_dots(&path)) => return Err(FileError::Outside),
            Err(error) => return Err(unreadable(&error)),
        };
        if is_outside(&path) {
            return Err(FileError::Outside);
        }
        let inner = sandbox.and_then(|folder| path.strip_prefix(folder).ok());
        if inner.unwrap_or(&path).iter().any(|part| part == OWN_FOLDER) {
            let problem = format!("nothing in `{OWN_FOLDER}` may be used, since secrets are there");
            return Err(FileError::Unreadable(problem));
        }
        let kind = fs::metadata(&path).map_err(|error| unreadable(&error))?;
        if !kind.is_file() {
            // Opening a pipe could wait forever.
            let what = if kind.is_dir() { "a folder" } else { "no file" };
            return Err(FileError::Unreadable(format!("it is {what}")));
        }
        let bytes = read(&path).map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > LIMIT {
            return Err(FileError::Unreadable("it is larger than 10 MiB".to_owned()));
        }
        Ok(bytes)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let own = self.variables.get(name).cloned();
        own.or_else(|| std::env::var(name).ok())
    }

    fn run(&self, call: &Call) -> Result<Vec<u8>, RunError> {
        if let (Some(console), Some(program)) = (&self.console, call.command.first()) {
            console.detail(&format!("running `{program}` for `{}`", call.resource));
        }
        // The names of files are their paths.
        let folder = Path::new(&call.provisioner).parent();
        process::run(&canonical(folder.unwrap_or(Path::new(""))), call)
    }

    fn begin(&self, pass: Pass, things: usize) {
        progress::begin(Stage::Pass(pass), things);
    }

    fn advance(&self) {
        progress::advance();
    }
}

fn unreadable(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
        _ => FileError::Unreadable(reason(error)),
    }
}

/// A path without `.` and `..`. Links are not followed.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// A path with all links followed; one that does not exist stays as it is.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The content of a file. Of one that is too large it is a little more than the limit, so that
/// whoever takes it can tell.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_from(File::open(path)?)
}

/// The same for an open stream.
pub(crate) fn read_from(stream: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first line of a file, as far as it is not too long to be one.
pub(crate) fn first_line(path: &Path) -> io::Result<String> {
    const LONGEST: u64 = 4 << 10;
    let mut bytes = Vec::new();
    let start = File::open(path)?.take(LONGEST);
    BufReader::with_capacity(512, start).read_until(b'\n', &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::Disk;
    use score_compiler::{FileError, World};
    use std::fs;

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
        let mut disk = Disk::new(&at("project"));
        disk.place("web/score.yaml", &at("project/web"));
        disk.place("elsewhere.yaml", &at("elsewhere"));
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

        // Only the key stays out of reach once the outside is allowed.
        let disk = disk.with_outside(true);
        for path in ["../../secret", "link"] {
            assert_eq!(disk.file("web/score.yaml", path), Ok("secret".into()));
        }
        let found = disk.file("elsewhere.yaml", "../project/.score-rs/key");
        assert!(matches!(found, Err(FileError::Unreadable(_))));
    }
}
