//! Files that a test expects, on the disk: compared with what is rendered, and written anew. Not: what
//! is rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Problem;
use crate::host::{Folder, Kind, Shared};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::{Changes, files_below};
use crate::report::difference::difference;
use crate::report::failure::{About, Failure};

/// What a test expects for one target.
#[derive(Debug)]
pub(super) struct ExpectedFiles {
    /// The folder of the provisioner file, which nothing here leaves.
    pub(super) base: Shared,
    /// The path of the folder of the files from there.
    pub(super) folder: PathBuf,
    /// The files that are rendered, by their paths in the folder, written with `/`.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl ExpectedFiles {
    /// All differences, by path.
    pub(super) fn differences(&self) -> Result<Vec<Problem>, Failure> {
        let known = self.known()?;
        let shown = self.base.path().join(&self.folder);
        let paths: BTreeSet<&String> = self.files.keys().chain(known.keys()).collect();
        let differences = paths.into_iter().filter_map(|path| {
            let name = shown.join(path).display().to_string();
            match (known.get(path), self.files.get(path)) {
                (Some(expected), Some(rendered)) => differ(&name, expected, rendered),
                (None, _) => Some(Problem::Message(format!(
                    "`{name}` is rendered, but not expected"
                ))),
                (_, None) => Some(Problem::Message(format!(
                    "`{name}` is expected, but not rendered"
                ))),
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

    /// Adds what is to be written and removed.
    fn add_to(&self, changes: &mut Changes) -> Result<(), Failure> {
        // Links are refused before anything is written.
        self.known()?;
        for (path, bytes) in &self.files {
            let inner = self.folder.join(path);
            let place = (self.base.path(), inner.as_path());
            let output = Output::below(Some(&self.base), place, bytes.clone(), OPEN, Rule::Edited);
            changes.outputs.push(output);
        }
        if let Some(folder) = open(&self.base, &self.folder)? {
            let keep: BTreeSet<_> = self.files.keys().map(|it| self.folder.join(it)).collect();
            let mut files = files_below(&folder, &self.folder).reading(folder.path())?;
            files.retain(|path| !keep.contains(path));
            let stale = files.into_iter().map(|path| (Arc::clone(&self.base), path));
            changes.stale.extend(stale);
        }
        Ok(())
    }
}

/// Writes what is rendered, either all or nothing, and then removes what no longer is.
pub(super) fn update(all: &[ExpectedFiles]) -> Result<(), Failure> {
    let mut changes = Changes::default();
    for expected in all {
        expected.add_to(&mut changes)?;
    }
    changes.apply(&Permission::default())?;
    Ok(())
}

/// The folders in a folder that none of the tests has, sorted.
pub(super) fn orphans(
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

fn differ(name: &str, expected: &[u8], rendered: &[u8]) -> Option<Problem> {
    if expected == rendered {
        return None;
    }
    let texts = (str::from_utf8(expected), str::from_utf8(rendered));
    let (Ok(expected), Ok(rendered)) = texts else {
        return Some(Problem::Message(format!("`{name}` differs")));
    };
    let lines = difference((name, expected), ("rendered", rendered));
    Some(Problem::Lines(lines.trim_end().to_owned()))
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
