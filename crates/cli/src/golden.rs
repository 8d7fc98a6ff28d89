//! Files that a test expects, on the disk: compared with what is rendered, and written anew. Not: what
//! is rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::difference::difference;
use crate::failure::Failure;
use crate::write::{Output, sweep, write};

/// The permission bits of what is written.
const MODE: u32 = 0o644;

/// What a test expects for one target.
#[derive(Debug)]
pub(crate) struct Golden {
    /// The folder of the files.
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

impl Golden {
    /// All differences, by path.
    pub(crate) fn differences(&self) -> Result<Vec<Difference>, Failure> {
        let mut known = BTreeMap::new();
        collect(&self.folder, "", &mut known)
            .map_err(|error| Failure::read(&self.folder, &error))?;
        let paths: BTreeSet<&String> = self.files.keys().chain(known.keys()).collect();
        let differences = paths.into_iter().filter_map(|path| {
            let place = self.folder.join(path);
            match (known.get(path), self.files.get(path)) {
                (Some(expected), Some(rendered)) => differ(&place, expected, rendered),
                (None, Some(_)) => Some(Difference::Missing(place)),
                (Some(_), None) => Some(Difference::Stale(place)),
                (None, None) => None,
            }
        });
        Ok(differences.collect())
    }
}

/// Writes what is rendered, either all or nothing, and then removes what no longer is.
pub(crate) fn update(goldens: &[Golden]) -> Result<(), Failure> {
    let mut outputs = Vec::new();
    for golden in goldens {
        for (path, bytes) in &golden.files {
            let path = golden.folder.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| Failure::write(&path, &error))?;
            }
            outputs.push(Output::named(&path, bytes.clone(), MODE)?);
        }
    }
    write(&outputs)?;
    for golden in goldens {
        let keep: Vec<PathBuf> = golden
            .files
            .keys()
            .map(|path| golden.folder.join(path))
            .collect();
        let keep = keep.iter().map(PathBuf::as_path).collect();
        sweep(&golden.folder, &keep).map_err(|error| Failure::write(&golden.folder, &error))?;
    }
    Ok(())
}

/// The folders in a folder that none of the tests has, sorted.
pub(crate) fn orphans(folder: &Path, tests: &BTreeSet<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for (_, path) in entries(folder).map_err(|error| Failure::read(folder, &error))? {
        if path.is_dir() && !tests.contains(&path) {
            found.push(path);
        }
    }
    Ok(found)
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

/// The files below a folder, if there is one.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for (name, path) in entries(folder)? {
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), files)?;
        } else {
            files.insert(relative, fs::read(&path)?);
        }
    }
    Ok(())
}

/// The entries of a folder by name, sorted; none if there is no folder.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut entries = Vec::new();
    for entry in read {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        entries.push((name.to_string_lossy().into_owned(), path));
    }
    entries.sort();
    Ok(entries)
}
