//! Files that a test expects, on the disk: compared with what is rendered, and written anew. Not: what
//! is rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::host::{Folder, Kind, Shared};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::{Changes, files_below};
use crate::report::difference::difference;
use crate::report::failure::{About, Failure};

/// What a test expects for one target.
#[derive(Debug)]
pub(crate) struct ExpectedFiles {
    /// The folder of the provisioner file, which nothing here leaves.
    pub(crate) base: Shared,
    /// The path of the folder of the files from there.
    pub(crate) folder: PathBuf,
    /// The files that are rendered, by their paths in the folder, written with `/`.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// How a file that is expected differs from one that is rendered.
#[derive(Debug)]
pub(crate) enum Difference {
    /// It is rendered, but not expected.
    Missing(PathBuf),
    /// It is expected, but not rendered.
    Stale(PathBuf),
    /// Its text differs, and how.
    Text(String),
    /// It differs, and is no text.
    Binary(PathBuf),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Missing(path) => {
                write!(f, "`{}` is rendered, but not expected", path.display())
            }
            Difference::Stale(path) => {
                write!(f, "`{}` is expected, but not rendered", path.display())
            }
            Difference::Text(difference) => f.write_str(difference.trim_end()),
            Difference::Binary(path) => write!(f, "`{}` differs", path.display()),
        }
    }
}

impl ExpectedFiles {
    /// All differences, by path.
    pub(crate) fn differences(&self) -> Result<Vec<Difference>, Failure> {
        let known = self.known()?;
        let shown = self.base.path().join(&self.folder);
        let paths: BTreeSet<&String> = self.files.keys().chain(known.keys()).collect();
        let differences = paths.into_iter().filter_map(|path| {
            let place = shown.join(path);
            match (known.get(path), self.files.get(path)) {
                (Some(expected), Some(rendered)) => differ(&place, expected, rendered),
                (None, Some(_)) => Some(Difference::Missing(place)),
                (Some(_), None) => Some(Difference::Stale(place)),
                (None, None) => None,
            }
        });
        Ok(differences.collect())
    }

    /// The files that are there.
    fn known(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let mut known = BTreeMap::new();
        if let Some(folder) = open(&self.base, &self.folder)? {
            collect(&folder, "", &mut known)?;
        }
        Ok(known)
    }

    /// The files to write.
    fn outputs(&self) -> impl Iterator<Item = Output> {
        self.files.iter().map(|(path, bytes)| {
            let inner = self.folder.join(path);
            let place = (self.base.path(), inner.as_path());
            Output::below(Some(&self.base), place, bytes.clone(), OPEN, Rule::Edited)
        })
    }

    /// The files to remove.
    fn stale(&self) -> Result<Vec<(Shared, PathBuf)>, Failure> {
        let Some(folder) = open(&self.base, &self.folder)? else {
            return Ok(Vec::new());
        };
        let keep: BTreeSet<PathBuf> = self.files.keys().map(|it| self.folder.join(it)).collect();
        let mut files = files_below(&folder, &self.folder).reading(folder.path())?;
        files.retain(|path| !keep.contains(path));
        let stale = files.into_iter();
        Ok(stale.map(|path| (Arc::clone(&self.base), path)).collect())
    }
}

/// Writes what is rendered, either all or nothing, and then removes what no longer is.
pub(crate) fn update(all: &[ExpectedFiles]) -> Result<(), Failure> {
    let mut changes = Changes::default();
    for expected in all {
        // Links are refused before anything is written.
        expected.known()?;
        changes.outputs.extend(expected.outputs());
        changes.stale.extend(expected.stale()?);
    }
    changes.apply(&Permission::default())?;
    Ok(())
}

/// The folders in a folder that none of the tests has, sorted.
pub(crate) fn orphans(
    base: &Shared,
    folder: &Path,
    tests: &BTreeSet<PathBuf>,
) -> Result<Vec<PathBuf>, Failure> {
    let Some(open) = open(base, folder)? else {
        return Ok(Vec::new());
    };
    let entries = open.entries().reading(open.path())?;
    let folders = entries
        .into_iter()
        .filter(|(_, kind)| *kind == Kind::Folder);
    let mut found: Vec<PathBuf> = folders.map(|(name, _)| folder.join(name)).collect();
    found.retain(|path| !tests.contains(path));
    Ok(found)
}

/// A folder of tests, if there is one. Links are not followed.
fn open(base: &Shared, folder: &Path) -> Result<Option<Folder>, Failure> {
    let shown = base.path().join(folder);
    let mut parts: Vec<&Path> = folder.ancestors().collect();
    parts.reverse();
    for part in parts {
        match base.kind_at(part).reading(&shown)? {
            Some(Kind::Folder) => {}
            None => return Ok(None),
            Some(_) => {
                let path = base.path().join(part);
                let problem = format!("`{}` is not a folder", path.display());
                return Err(Failure::new(problem)
                    .help("remove it; expected files must be in folders without links"));
            }
        }
    }
    base.folder_at(folder).map(Some).reading(&shown)
}

fn differ(path: &Path, expected: &[u8], rendered: &[u8]) -> Option<Difference> {
    if expected == rendered {
        return None;
    }
    let texts = (str::from_utf8(expected), str::from_utf8(rendered));
    let (Ok(expected), Ok(rendered)) = texts else {
        return Some(Difference::Binary(path.to_owned()));
    };
    let name = path.display().to_string();
    let difference = difference((&name, expected), ("rendered", rendered));
    Some(Difference::Text(difference))
}

/// The files below a folder. Anything but files and folders is refused.
fn collect(
    folder: &Folder,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), Failure> {
    for (name, kind) in folder.entries().reading(folder.path())? {
        let path = folder.path().join(&name);
        let relative = format!("{prefix}{}", name.to_string_lossy());
        if kind == Kind::Folder {
            let inner = folder.folder(&name).reading(&path)?;
            collect(&inner, &format!("{relative}/"), files)?;
        } else {
            files.insert(relative, folder.read(&name).reading(&path)?);
        }
    }
    Ok(())
}
