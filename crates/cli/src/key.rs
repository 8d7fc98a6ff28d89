//! The project key: where it is kept, and how it comes to be. Not: what follows from it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use score_compiler::ProjectKey;

use crate::console::Console;
use crate::disk::OWN_FOLDER;
use crate::failure::Failure;
use crate::staged;
use crate::write::{lock, own_folder};

/// The variable that the key may be in.
const VARIABLE: &str = "SCORE_RS_KEY";

/// The name of the key in a project's own folder.
const FILE: &str = "key";

/// The project's key, if it has one.
pub(crate) fn find(root: &Path) -> Result<Option<ProjectKey>, Failure> {
    // CI systems pass a variable without a value where it is not set.
    if let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        let key = text.to_str().and_then(ProjectKey::parse);
        return key.map(Some).ok_or_else(|| {
            Failure::new(format!("`{VARIABLE}` does not hold 64 hexadecimal digits"))
                .help("make a key with `openssl rand -hex 32`, or unset the variable to use the key of the project folder")
        });
    }
    let path = root.join(OWN_FOLDER).join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => ProjectKey::parse(&text).map(Some).ok_or_else(|| {
            Failure::new(format!(
                "the key in `{}` does not have 64 hexadecimal digits",
                path.display()
            ))
            .help("restore the file; with another key all secrets of the project change")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::read(&path, &error)),
    }
}

/// The project's key, where none may be made.
pub(crate) fn need(root: &Path) -> Result<ProjectKey, Failure> {
    find(root)?.ok_or_else(|| {
        Failure::new("a secret is needed, but there is no project key").help(format!(
            "run `score-rs generate -o FILE` once, or set `{VARIABLE}` to 64 hexadecimal digits (e.g. `openssl rand -hex 32`)"
        ))
    })
}

/// The project's key; makes one if there is none. Of several runs that do so at once, one wins,
/// and all use its key.
pub(crate) fn find_or_create(root: &Path, console: &Console) -> Result<ProjectKey, Failure> {
    if let Some(key) = find(root)? {
        return Ok(key);
    }
    let folder = own_folder(root)?;
    let lock = lock(root);
    if let Some(key) = find(root)? {
        return Ok(key);
    }
    let path = folder.join(FILE);
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)
        .map_err(|error| Failure::new(format!("the system gives no random numbers: {error}")))?;
    let key = ProjectKey::new(bits);
    let written = staged::own(&folder).and_then(|mut file| {
        writeln!(file, "{}", key.to_hex())?;
        file.as_file().sync_all()?;
        Ok(file)
    });
    let file = written.map_err(|error| Failure::write(&path, &error))?;
    let persisted = file.persist_noclobber(&path);
    drop(lock);
    match persisted {
        Ok(_) => {
            console.note(&format!(
                "made the project key `{}`, from which all secrets follow; other machines get the same ones by `{VARIABLE}` or a copy of it",
                path.display()
            ));
            Ok(key)
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => need(root),
        Err(error) => Err(Failure::write(&path, &error.error)),
    }
}
