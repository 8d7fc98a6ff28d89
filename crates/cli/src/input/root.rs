//! Finds the project folder. It is determined by the Score files, independent of the working
//! folder. A working folder that belongs to another project is an error.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::host::{
    LOCK_FILE, OWN_FOLDER, PROJECT_FILE, checkout, is_repository, relative, repository,
    without_dots,
};
use crate::report::failure::{Failure, reason};

/// The files that mark a folder as a project folder.
const PROJECT_FILES: [&str; 2] = [PROJECT_FILE, LOCK_FILE];

/// The files in `.score-rs` that mark a project folder without these.
const OWN_FILES: [&str; 3] = ["key", "state.json", "environments"];

/// The folders in which score-compose and score-k8s keep the provisioners and the state of a project.
pub(crate) const FOLDERS_OF_TOOLS: [&str; 2] = [".score-compose", ".score-k8s"];

/// The end of the names of the provisioner files in them.
pub(crate) const LIST_SUFFIX: &str = ".provisioners.yaml";

/// The state of a project in them.
pub(crate) const STATE_OF_TOOLS: &str = "state.yaml";

/// The folder that the user selected with `-C`, which overrides the Score files. It is global because
/// the working folder is global too.
static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Changes the working folder, and selects the project that it belongs to.
pub(crate) fn enter(folder: &Path) -> Result<(), Failure> {
    std::env::set_current_dir(folder).map_err(|error| {
        let folder = folder.display();
        Failure::new(format!("cannot enter `{folder}`: {}", reason(&error)))
            .help("pass an existing folder with `-C FOLDER`")
    })?;
    CHOSEN.get_or_init(|| folder.to_owned());
    Ok(())
}

/// The folder that the user selected with `-C`.
pub(crate) fn chosen() -> Option<&'static Path> {
    CHOSEN.get().map(PathBuf::as_path)
}

/// A path as the user has to write it in the folder in which the command was started.
pub(crate) fn from_start(path: &Path) -> PathBuf {
    let folder = chosen().unwrap_or(Path::new(""));
    folder.strip_prefix(".").unwrap_or(folder).join(path)
}

/// The relative path from the working folder to the project folder; empty if they are the same.
/// `files` are the Score files that the user named, or folders with Score files.
pub(crate) fn find(files: &[PathBuf], stdin: Option<&Path>) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("there is no working folder: {}", reason(&error))))?;
    let start = if chosen().is_some() {
        here.clone()
    } else {
        start(files, stdin, &here)?
    };
    let of_start = Marked::nearest(&start);
    let of_start = of_start.map(|it| it.trusted(&start)).transpose()?;
    let other = (start != here).then(|| Marked::nearest(&here)).flatten();
    let other = other.filter(Marked::is_by_project_file);
    let other = other.map(|it| it.trusted(&here)).transpose()?;
    let found = match (of_start, other) {
        (Some(found), Some(other)) if found.folder != other.folder => {
            return Err(two_projects(&here, &found, &other));
        }
        (Some(found), _) | (None, Some(found)) => found.folder,
        (None, None) => start,
    };
    Ok(relative(&here, &found))
}

/// The closest common folder of all Score files.
fn start(files: &[PathBuf], stdin: Option<&Path>, here: &Path) -> Result<PathBuf, Failure> {
    if files.is_empty() {
        return Ok(here.to_owned());
    }
    let top_of_here = checkout(here);
    let folders = files.iter().map(|file| {
        let file: &Path = if file.as_os_str() == "-" {
            stdin.unwrap_or(Path::new("-"))
        } else {
            file
        };
        let path = here.join(file);
        // A linked Score file belongs to the folder of the link, not to that of its target.
        let folder = if path.is_dir() {
            without_dots(&path)
        } else {
            without_dots(path.parent().unwrap_or(here))
        };
        // The file name for standard input need not exist.
        let mut existing = folder
            .ancestors()
            .filter_map(|it| fs::canonicalize(it).ok());
        let real = existing.next().unwrap_or_else(|| here.to_owned());
        let is_outside = folder.starts_with(top_of_here) && !real.starts_with(top_of_here);
        if is_outside || leaves(&folder) {
            let file = file.display();
            let problem = format!("`{file}` leads out of its repository through a link");
            return Err(Failure::new(problem).help("use the target of the link instead"));
        }
        Ok(real)
    });
    let shared = |a: PathBuf, b: PathBuf| {
        let parts = a.components().zip(b.components());
        parts
            .take_while(|(a, b)| a == b)
            .map(|(part, _)| part)
            .collect()
    };
    let folders = folders.collect::<Result<Vec<_>, _>>()?;
    // If a common folder contained two repositories, each could read the files of the other one and
    // those beside both.
    let tops: BTreeSet<Option<&Path>> = folders.iter().map(|folder| repository(folder)).collect();
    if tops.len() > 1 {
        let problem = "the Score files belong to different repositories";
        return Err(Failure::new(problem).help(
            "run the command for each of them, or select the project folder with `-C FOLDER`",
        ));
    }
    Ok(folders
        .into_iter()
        .reduce(shared)
        .unwrap_or_else(|| here.to_owned()))
}

/// Whether a link in the path of a folder leaves a repository.
fn leaves(folder: &Path) -> bool {
    let mut links = folder.ancestors().filter(|it| it.is_symlink());
    links.any(|link| {
        let target = fs::canonicalize(link);
        let parent = link.parent().and_then(|it| fs::canonicalize(it).ok());
        let top = parent.as_deref().and_then(repository);
        matches!((target, top), (Ok(target), Some(top)) if !target.starts_with(top))
    })
}

/// A project folder, and the file that marks it.
struct Marked {
    folder: PathBuf,
    by: PathBuf,
}

impl Marked {
    /// The nearest folder at or above `start` with a project file or a lock file, or else the
    /// nearest one with a project key or state, or else the nearest one of another tool.
    fn nearest(start: &Path) -> Option<Self> {
        let (mut by_own_file, mut by_tool) = (None, None);
        for folder in start.ancestors() {
            let by_project_file = Self::by(folder, folder, PROJECT_FILES);
            if by_project_file.is_some() {
                return by_project_file;
            }
            let own = folder.join(OWN_FOLDER);
            if by_own_file.is_none() && own.is_dir() {
                by_own_file = Self::by(folder, &own, OWN_FILES);
            }
            if by_tool.is_none() {
                by_tool = Self::by_tool(folder);
            }
            // The search ends at the root of the repository, so that files above a repository,
            // which may contain a pull request of a stranger, are not exposed to it.
            if is_repository(folder) {
                break;
            }
        }
        by_own_file.or(by_tool)
    }

    /// Marks a folder by a file of score-compose or score-k8s.
    fn by_tool(folder: &Path) -> Option<Self> {
        let marks = |name: &OsStr| {
            let name = name.to_string_lossy();
            name == STATE_OF_TOOLS || name.ends_with(LIST_SUFFIX)
        };
        let entries = FOLDERS_OF_TOOLS
            .iter()
            .filter_map(|tool| fs::read_dir(folder.join(tool)).ok());
        let mut paths = entries
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()));
        Some(Self {
            by: paths.find(|path| path.file_name().is_some_and(marks) && !path.is_dir())?,
            folder: folder.to_owned(),
        })
    }

    /// Marks a folder by the first of these files that exists in `place`.
    fn by<const N: usize>(folder: &Path, place: &Path, names: [&str; N]) -> Option<Self> {
        let exists = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|it| !it.is_dir());
        let mut paths = names.into_iter().map(|name| place.join(name));
        Some(Self {
            by: paths.find(exists)?,
            folder: folder.to_owned(),
        })
    }

    /// Whether a project file or a lock file marks the folder.
    fn is_by_project_file(&self) -> bool {
        self.by.parent() == Some(&self.folder)
    }

    /// Rejects a project of another user, who could make runs of this user start commands. If the
    /// project is in the folder of the Score files, where the search started, the owner of that
    /// folder is trusted too, because they control the Score files anyway. An example is a
    /// container that works on a folder of its host.
    fn trusted(self, start: &Path) -> Result<Self, Failure> {
        let is_start = self.folder == start;
        if is_start && chosen().is_some() {
            return Ok(self);
        }
        let own = self.folder.join(OWN_FOLDER);
        let mut files: Vec<PathBuf> = PROJECT_FILES.map(|name| self.folder.join(name)).into();
        files.extend(OWN_FILES.map(|name| own.join(name)));
        files.extend(FOLDERS_OF_TOOLS.map(|name| self.folder.join(name)));
        files.extend([own, self.by.clone()]);
        let also = is_start.then(|| owner(&self.folder)).flatten();
        for path in &files {
            if !is_trusted(path, also) {
                let (path, folder) = (path.display(), self.folder.display());
                let problem = format!("`{path}` belongs to another user");
                return Err(Failure::new(problem).help(format!(
                    "if you trust that folder, run the command with `-C {folder}`; otherwise add \
                     your own `{PROJECT_FILE}` beside the Score files"
                )));
            }
        }
        Ok(self)
    }
}

/// Whether a file belongs to this user, to root, or to the user `also`. A missing file is trusted.
#[cfg(unix)]
pub(crate) fn is_trusted(path: &Path, also: Option<u32>) -> bool {
    let user = rustix::process::geteuid().as_raw();
    owner(path).is_none_or(|owner| owner == user || owner == 0 || Some(owner) == also)
}

#[cfg(not(unix))]
pub(crate) fn is_trusted(_: &Path, _: Option<u32>) -> bool {
    true
}

/// The owner of a file or folder.
#[cfg(unix)]
fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(path).ok().map(|known| known.uid())
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<u32> {
    None
}

fn two_projects(here: &Path, found: &Marked, other: &Marked) -> Failure {
    let shown = |marked: &Marked| {
        let path = relative(here, &marked.by);
        format!("`{}`", path.display())
    };
    let folder = |marked: &Marked| {
        let path = relative(here, &marked.folder);
        if path.as_os_str() == OsStr::new("") {
            ".".to_owned()
        } else {
            path.display().to_string()
        }
    };
    let problem = format!(
        "the Score files belong to the project of {}, but the working folder belongs to that of {}",
        shown(found),
        shown(other)
    );
    Failure::new(problem).help(format!(
        "select one: `-C {}` for that of the Score files, `-C {}` for that of the working folder; \
         other paths are then relative to that folder",
        folder(found),
        folder(other)
    ))
}
