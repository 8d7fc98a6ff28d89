//! The folder `.score-rs`, with secrets and generated files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::folder::{Folder, Kind, Shared, is_missing};
use super::path::OWN_FOLDER;
use super::staged::{PREFIX, Staged};
use crate::report::failure::{About, Failure};

/// The name and contents of the file that excludes the folder from version control.
const IGNORE: (&str, &[u8]) = (".gitignore", b"*\n");

/// The permissions of folders that only their owner can access.
pub(crate) const PRIVATE_FOLDER: u32 = 0o700;

/// The maximum number of attempts to write a file that concurrent runs write too.
const MOST_ATTEMPTS: usize = 100;

/// Opens a folder that only its owner can access. Creates it if necessary, and replaces an entry of
/// another type.
pub(crate) fn private_folder(folder: &Folder, name: impl AsRef<Path>) -> io::Result<Folder> {
    let name = name.as_ref();
    if folder.kind(name)?.is_some_and(|kind| kind != Kind::Folder) {
        folder.remove(name)?;
    }
    let private = folder.make_folder(name, PRIVATE_FOLDER)?;
    private.set_own_mode(PRIVATE_FOLDER)?;
    Ok(private)
}

/// Opens the folder `.score-rs` in `folder`, and creates it if necessary. Only its owner can access
/// it, and version control ignores it, whatever its permissions and contents were before.
pub(crate) fn own_folder(folder: &Folder) -> Result<Shared, Failure> {
    let path = folder.path().join(OWN_FOLDER);
    // Secrets are written to the folder, and a link could lead anywhere.
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
    let own = own.and_then(|own| own.set_own_mode(PRIVATE_FOLDER).map(|()| Arc::new(own)));
    let own = own.map_err(|error| {
        let failure = Failure::write(&path, &error);
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => failure.help(
                "score-rs stores secrets and generated files there; run it as the owner of a folder \
                 that can be written",
            ),
            _ => failure,
        }
    })?;
    let (name, content) = IGNORE;
    // The folder is not locked yet, so a concurrent run may remove the temporary file, because it
    // looks like one of a killed run.
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

/// Writes a file, and replaces an entry of any type.
fn replace(folder: &Shared, name: &str, content: &[u8]) -> io::Result<()> {
    let staged = Staged::file(folder, PREFIX, content, 0o644, false)?;
    if folder.kind(name)? == Some(Kind::Folder) {
        folder.remove(name)?;
    }
    staged.persist(folder, name)
}
