//! Packages from local files and folders.

use std::io;
use std::path::Path;

use super::fetch::Fetched;
use super::files::{Files, is_yaml};
use crate::host::{Gate, Gates, Kind, Located};
use crate::report::failure::Failure;

/// Reads a file, or the YAML files directly in a folder. A path inside the project must not leave
/// it.
pub(super) fn fetch(path: &Path, project: &Gate) -> Result<Fetched, Failure> {
    let fail = |error: io::Error| Failure::read(path, &error).help("use a file or a folder");
    let gates = Gates::new(project.clone());
    let found = gates.locate(path).map_err(fail)?;
    let single = found.kind != Some(Kind::Folder);
    let chosen: Vec<(String, Located)> = if single {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        vec![(name.into_owned(), found)]
    } else {
        yaml_files(path, found, &gates).map_err(fail)?
    };
    let mut files = Files::default();
    for (name, file) in chosen {
        files = files.with(&name, file.read().map_err(fail)?)?;
    }
    Ok(Fetched {
        resolved: None,
        files,
        single,
    })
}

/// The YAML files directly in a folder, including links to files.
fn yaml_files(path: &Path, folder: Located, gates: &Gates) -> io::Result<Vec<(String, Located)>> {
    let mut files = Vec::new();
    for (name, kind) in folder.into_folder()?.entries()? {
        let is_file = matches!(kind, Kind::File | Kind::Link);
        if let Some(name) = name.to_str().filter(|name| is_file && is_yaml(name)) {
            let file = gates.locate(&path.join(name))?;
            if file.kind == Some(Kind::File) {
                files.push((name.to_owned(), file));
            }
        }
    }
    Ok(files)
}
