//! The folder in which score-rs keeps its own things. Not: what is in it.

use std::ffi::OsStr;
use std::io;

use super::PRIVATE_FOLDER;
use super::staged::TEMPORARY;
use crate::host::disk::OWN_FOLDER;
use crate::host::{Folder, Kind, is_missing, temporary_name};
use crate::report::failure::Failure;

/// The file that keeps the own folder out of version control, and what is in it.
const IGNORE: (&str, &[u8]) = (".gitignore", b"*\n");

/// How often a file is written that other runs write at the same time.
const MOST_ATTEMPTS: usize = 100;

/// A folder for its owner only, in the place of anything else.
pub(crate) fn private_folder(folder: &Folder, name: &OsStr) -> io::Result<Folder> {
    if folder.kind(name)?.is_some_and(|kind| kind != Kind::Folder) {
        folder.remove(name)?;
    }
    let made = folder.make_folder(name, PRIVATE_FOLDER)?;
    made.set_own_mode(PRIVATE_FOLDER)?;
    Ok(made)
}

/// The folder in which score-rs keeps its own things, in another one. It is made if there is none, is
/// for its owner only, and has a file that keeps it out of version control, whatever was there.
pub(crate) fn own_folder(folder: &Folder) -> Result<Folder, Failure> {
    let path = folder.path().join(OWN_FOLDER);
    let fail = |error: io::Error| Failure::write(&path, &error);
    let kind = folder.kind(OWN_FOLDER).map_err(fail)?;
    // A link could lead anywhere, and secrets are written in there.
    if kind.is_some_and(|kind| kind != Kind::Folder) {
        return Err(
            Failure::new(format!("`{}` is not a folder", path.display()))
                .help("remove it; score-rs keeps secrets and generated files there"),
        );
    }
    let own = folder
        .make_folder(OWN_FOLDER, PRIVATE_FOLDER)
        .map_err(fail)?;
    own.set_own_mode(PRIVATE_FOLDER).map_err(fail)?;
    let (name, content) = IGNORE;
    // The folder is not locked yet: another run may take the temporary file for one of a killed run.
    for _ in 0..MOST_ATTEMPTS {
        if own.read(name).is_ok_and(|known| known == content) {
            return Ok(own);
        }
        match replace(&own, name, content, 0o644) {
            Err(error) if !is_missing(&error) => {
                return Err(Failure::write(&path.join(name), &error));
            }
            _ => {}
        }
    }
    let path = path.join(name);
    Err(Failure::new(format!(
        "cannot write `{}`: something else replaces it",
        path.display()
    )))
}

/// Replaces whatever has a name by a file.
fn replace(folder: &Folder, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
    let temporary = temporary_name(TEMPORARY.0, TEMPORARY.1)?;
    if folder.kind(name)? == Some(Kind::Folder) {
        folder.remove(name)?;
    }
    let replaced = folder
        .create(&temporary, content, mode, false)
        .and_then(|()| folder.rename(&temporary, folder, name));
    if replaced.is_err() {
        let _ = folder.remove(&temporary);
    }
    replaced
}
