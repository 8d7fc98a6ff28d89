//! Packages from the disk. Not: the folder that they are installed in.

use std::fs;
use std::path::Path;

use super::fetch::Fetched;
use super::files::{Files, is_yaml};
use crate::disk::read;
use crate::failure::Failure;

/// Reads a file, or the YAML files directly in a folder.
pub(super) fn fetch(path: &Path) -> Result<Fetched, Failure> {
    let fail = |error| Failure::read(path, &error);
    let known = fs::metadata(path).map_err(fail)?;
    let single = !known.is_dir();
    if single && !known.is_file() {
        // Opening a pipe could wait forever.
        let problem = format!("cannot read `{}`: it is no regular file", path.display());
        return Err(Failure::new(problem).help("name a file or a folder"));
    }
    let mut paths = Vec::new();
    if single {
        paths.push(path.to_owned());
    } else {
        for entry in fs::read_dir(path).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(is_yaml) && path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
    }
    let mut files = Files::default();
    for path in paths {
        let bytes = read(&path).map_err(|error| Failure::read(&path, &error))?;
        let name = path.file_name().unwrap_or_default();
        files = files.with(&name.to_string_lossy(), bytes)?;
    }
    Ok(Fetched {
        resolved: None,
        files,
        single,
    })
}
