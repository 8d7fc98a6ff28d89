//! The folder in which score-rs keeps its own things. Not: what is in it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::folder::{Folder, Kind, Shared, is_missing};
use super::path::OWN_FOLDER;
use super::staged::{PREFIX, Staged};
use crate::report::failure::{About, Failure};

/// The file that keeps the own folder out of version control, and what is in it.
const IGNORE: (&str, &[u8]) = (".gitignore", b"*\n");

/// The permissions of folders that hold secrets.
const PRIVATE_FOLDER: u32 = 0o700;

/// How often a file is written that other runs write at the same time.
const MOST_ATTEMPTS: usize = 100;

/// A folder for its owner only, in the place of anything else.
pub(crate) fn private_folder(folder: &Folder, name: impl AsRef<Path>) -> io::Result<Folder> {
    let name = name.as_ref();
    if folder.kind(name)?.is_some_and(|kind| kind != Kind::Folder) {
        folder.remove(name)?;
    }
    let made = folder.make_folder(name, PRIVATE_FOLDER)?;
    made.set_own_mode(PRIVATE_FOLDER)?;
    Ok(made)
}

/// The folder in which score-rs keeps its own things, in another one. It is made if there is none, is
/// for its owner only, and has a file that keeps it out of version control, whatever was there.
pub(crate) fn own_folder(folder: &Folder) -> Result<Shared, Failure> {
    let path = folder.path().join(OWN_FOLDER);
    // A link could lead anywhere, and secrets are written in there.
    if !matches!(
        folder.kind(OWN_FOLDER).writing(&path)?,
        None | Some(Kind::Folder)
    ) {
        return Err(
            Failure::new(format!("`{}` is not a folder", path.display()))
                .help("remove it; score-rs stores secrets and generated files there"),
        );
    }
    let own = folder.make_folder(OWN_FOLDER, PRIVATE_FOLDER);
    let own = Arc::new(own.writing(&path)?);
    own.set_own_mode(PRIVATE_FOLDER).writing(&path)?;
    let (name, content) = IGNORE;
    // The folder is not locked yet: another run may take the temporary file for one of a killed run.
    for _ in 0..MOST_ATTEMPTS {
        if own.read(name).is_ok_and(|known| known == content) {
            return Ok(own);
        }
        match replace(&own, name, content) {
            Err(error) if !is_missing(&error) => {
                return Err(Failure::write(&path.join(name), &error));
            }
            _ => {}
        }
    }
    let path = path.join(name);
    let problem = format!(
        "cannot write `{}`: another process replaces it",
        path.display()
    );
    Err(Failure::new(problem))
}

/// Replaces whatever has a name by a file.
fn replace(folder: &Shared, name: &str, content: &[u8]) -> io::Result<()> {
    let staged = Staged::file(folder, PREFIX, content, 0o644, false)?;
    if folder.kind(name)? == Some(Kind::Folder) {
        folder.remove(name)?;
    }
    staged.persist(folder, name)
}
