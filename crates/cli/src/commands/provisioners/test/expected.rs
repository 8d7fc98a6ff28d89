//! Expected files of tests: compares them with the rendered files, and updates them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Problem;
use crate::host::{Folder, Kind, Shared};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::{Changes, files_below};
use crate::report::difference::difference;
use crate::report::failure::{About, Failure};

/// The expected files of a test for one target.
#[derive(Debug)]
pub(super) struct ExpectedFiles {
    /// The open folder of the provisioner file. All paths are resolved within it.
    pub(super) base: Shared,
    /// The folder of the expected files, relative to `base`.
    pub(super) folder: PathBuf,
    /// The rendered files, by path in the folder, with `/` as separator.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl ExpectedFiles {
    /// All differences, in the order of their paths.
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

    /// The expected files on disk.
    fn known(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let mut known = BTreeMap::new();
        if let Some(folder) = open(&self.base, &self.folder)? {
            collect(&folder, "", &mut known)?;
        }
        Ok(known)
    }

    /// Adds the files to write and to remove.
    fn add_to(&self, changes: &mut Changes) -> Result<(), Failure> {
        // This rejects links before anything is written.
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

/// Writes the rendered files, all or none, and then removes obsolete ones.
pub(super) fn update(all: &[ExpectedFiles]) -> Result<(), Failure> {
    let mut changes = Changes::default();
    for expected in all {
        expected.add_to(&mut changes)?;
    }
    changes.apply(&Permission::default())?;
    Ok(())
}

/// The subfolders that belong to none of the tests, sorted.
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

/// Opens a folder of tests, if it exists. A link in its path is an error.
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

/// Adds the files below a folder. Reading fails for links and other special files.
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
