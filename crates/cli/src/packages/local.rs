//! Packages from the disk. Not: the folder that they are installed in.

use std::io;
use std::path::Path;

use super::fetch::Fetched;
use super::files::{Files, is_yaml};
use crate::host::{Gate, Gates, Kind};
use crate::report::failure::Failure;

/// Reads a file, or the YAML files directly in a folder. A path in the project stays in the project.
pub(super) fn fetch(path: &Path, project: &Gate) -> Result<Fetched, Failure> {
    read(path, project).map_err(|error| match error {
        Fault::Io(error) => Failure::read(path, &error).help("use a file or a folder"),
        Fault::Failure(failure) => failure,
    })
}

/// Why a package cannot be read.
enum Fault {
    Io(io::Error),
    Failure(Failure),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn read(path: &Path, project: &Gate) -> Result<Fetched, Fault> {
    let gates = Gates::new(project.clone());
    let found = gates.locate(path)?;
    let mut files = Files::default();
    let single = found.kind != Some(Kind::Folder);
    if single {
        if found.kind.is_none() {
            return Err(io::Error::from(io::ErrorKind::NotFound).into());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files = files.with(&name, found.read()?).map_err(Fault::Failure)?;
    } else {
        for (name, kind) in found.into_folder()?.entries()? {
            let Some(name) = name.to_str().filter(|name| is_yaml(name)) else {
                continue;
            };
            if !matches!(kind, Kind::File | Kind::Link) {
                continue;
            }
            let file = gates.locate(&path.join(name))?;
            if file.kind == Some(Kind::File) {
                files = files.with(name, file.read()?).map_err(Fault::Failure)?;
            }
        }
    }
    Ok(Fetched {
        resolved: None,
        files,
        single,
    })
}
