//! Which folder is the project's. It follows from the Score files, wherever the command is started; a
//! working folder that belongs to another project is an error, not a choice. Not: what is in it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host::{LOCK_FILE, OWN_FOLDER, PROJECT_FILE, checkout, relative, without_dots};
use crate::report::failure::{Failure, reason};

/// What makes a folder a project's: its project file or its lock file.
const PROJECT_FILES: [&str; 2] = [PROJECT_FILE, LOCK_FILE];

/// What is in the own folder of a project that has no project file.
const OWN_FILES: [&str; 2] = ["key", "state.json"];

/// Whether the user chose the project's folder with `-C`, in place of the Score files. An option of the
/// whole process, as the working folder is.
static CHOSEN: AtomicBool = AtomicBool::new(false);

/// Makes a folder the working folder, and the project the one that it belongs to.
pub(crate) fn enter(folder: &Path) -> Result<(), Failure> {
    std::env::set_current_dir(folder).map_err(|error| {
        let folder = folder.display();
        Failure::new(format!("cannot enter `{folder}`: {}", reason(&error)))
            .help("select a folder with `-C FOLDER`")
    })?;
    CHOSEN.store(true, Ordering::Relaxed);
    Ok(())
}

/// The relative path from the working folder to the project's, which is empty if they are the same.
/// `files` are the Score files that the user named, or folders of them.
pub(crate) fn find(files: &[PathBuf], stdin: Option<&Path>) -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("there is no working folder: {}", reason(&error))))?;
    let start = if CHOSEN.load(Ordering::Relaxed) {
        here.clone()
    } else {
        start(files, stdin, &here)?
    };
    let found = match (Marked::above(&start)?, Marked::by_file_above(&here)?) {
        (Some(found), Some(other)) if start != here && found.folder != other.folder => {
            return Err(two_projects(&here, &found, &other));
        }
        (Some(found), _) | (None, Some(found)) => found.folder,
        (None, None) => start,
    };
    Ok(relative(&here, &found))
}

/// The folder that all Score files are in.
fn start(files: &[PathBuf], stdin: Option<&Path>, here: &Path) -> Result<PathBuf, Failure> {
    let folders = files.iter().map(|file| {
        let file: &Path = if file.as_os_str() == "-" {
            stdin.unwrap_or(Path::new("-"))
        } else {
            file
        };
        let place = here.join(file);
        // A link to a Score file is where it is, not where it leads.
        let folder = if place.is_dir() {
            without_dots(&place)
        } else {
            without_dots(place.parent().unwrap_or(here))
        };
        // The name of standard input may be anything.
        let mut existing = folder
            .ancestors()
            .filter_map(|it| fs::canonicalize(it).ok());
        let real = existing.next().unwrap_or_else(|| here.to_owned());
        let top = checkout(here);
        let is_outside = folder.starts_with(top) && !real.starts_with(top);
        if let Some(top) = is_outside
            .then_some(top.to_owned())
            .or_else(|| left(&folder))
        {
            let (file, top) = (file.display(), top.display());
            let problem = format!("`{file}` leads out of `{top}` through a link");
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
    // In a folder around two repositories, each could read what is in the other one, and beside both.
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

/// The repository that a folder is in, if it is in one.
fn repository(folder: &Path) -> Option<&Path> {
    let top = checkout(folder);
    fs::symlink_metadata(top.join(".git")).ok().map(|_| top)
}

/// The repository out of which a link on the way to a folder leads.
fn left(folder: &Path) -> Option<PathBuf> {
    let ways: Vec<&Path> = folder.ancestors().collect();
    ways.into_iter().rev().find_map(|way| {
        let target = fs::read_link(way)
            .ok()
            .and_then(|_| fs::canonicalize(way).ok())?;
        let parent = fs::canonicalize(way.parent()?).ok()?;
        let top = repository(&parent)?;
        (!target.starts_with(top)).then(|| top.to_owned())
    })
}

/// A folder that something marks as a project's.
struct Marked {
    folder: PathBuf,
    by: PathBuf,
}

impl Marked {
    /// The nearest folder from this one upwards with a project file or a lock file; else the nearest one
    /// with a project key or state.
    fn above(start: &Path) -> Result<Option<Self>, Failure> {
        let own = OWN_FILES.map(|name| Path::new(OWN_FOLDER).join(name));
        match Self::by_file_above(start)? {
            Some(found) => Ok(Some(found)),
            None => Self::nearest(start, &own),
        }
    }

    /// The nearest folder from this one upwards with a project file or a lock file.
    fn by_file_above(start: &Path) -> Result<Option<Self>, Failure> {
        Self::nearest(start, &PROJECT_FILES.map(PathBuf::from))
    }

    fn nearest(start: &Path, names: &[PathBuf]) -> Result<Option<Self>, Failure> {
        let exists = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|it| !it.is_dir());
        // What is above a repository is another matter: a pull request must not get its files.
        let top = repository(start);
        let above = start.ancestors();
        let found = above
            .take_while(|folder| top.is_none_or(|top| folder.starts_with(top)))
            .find_map(|folder| {
                let mut by = names.iter().map(|name| folder.join(name));
                Some(Self {
                    by: by.find(exists)?,
                    folder: folder.to_owned(),
                })
            });
        if let Some(found) = &found {
            let is_start = found.folder == start;
            if !(is_start && CHOSEN.load(Ordering::Relaxed)) {
                found.require_trust(is_start)?;
            }
        }
        Ok(found)
    }

    /// Refuses a project of another user: whoever may write there could make this user's runs start
    /// commands. In the folder of the Score files, the owner of the folder is trusted, too: with
    /// the folder comes all that is in it, as in a container that works on a folder of its host.
    fn require_trust(&self, is_start: bool) -> Result<(), Failure> {
        let own = self.folder.join(OWN_FOLDER);
        let mut files: Vec<PathBuf> = PROJECT_FILES.map(|name| self.folder.join(name)).into();
        files.extend(OWN_FILES.map(|name| own.join(name)));
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
        Ok(())
    }
}

/// Whether a file or folder is this user's, root's or that of another user. One that is not there
/// does no harm.
#[cfg(unix)]
fn is_trusted(path: &Path, also: Option<u32>) -> bool {
    let user = rustix::process::geteuid().as_raw();
    owner(path).is_none_or(|owner| owner == user || owner == 0 || Some(owner) == also)
}

#[cfg(not(unix))]
fn is_trusted(_: &Path, _: Option<u32>) -> bool {
    true
}

/// The user whom a file or folder belongs to.
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
