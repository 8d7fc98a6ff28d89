//! Packages from local files and folders.

use std::io;
use std::path::{Path, PathBuf};

use super::fetch::Fetched;
use super::files::{MOST_BYTES, PackageFile, is_document, no_document};
use super::tree::{Tree, TreeEntry};
use crate::host::{Gate, Gates, Kind, OpenFile, Shared, is_missing};
use crate::report::failure::Failure;

/// Opens a file or a folder. A path inside the project must not leave it.
pub(super) fn fetch(path: &Path, project: &Gate) -> Result<Fetched<'static>, Failure> {
    let gates = Gates::new(project.clone());
    let found = gates.locate(path).map_err(|error| failed(path, &error))?;
    if found.kind == Some(Kind::Folder) {
        let folder = found.into_folder().map_err(|error| failed(path, &error))?;
        let path = path.to_owned();
        return Ok(Fetched::folder(
            None,
            LocalTree {
                path,
                folder,
                gates,
            },
        ));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !is_document(&name) {
        return Err(no_document(&path.display().to_string()));
    }
    let file = found.open().and_then(contents);
    let file = file.map_err(|error| failed(path, &error))?;
    Ok(Fetched::single(None, &name, file))
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::read(path, error).help("use a file or a folder")
}

/// A folder on disk.
#[derive(Debug)]
struct LocalTree {
    path: PathBuf,
    folder: Shared,
    gates: Gates,
}

impl LocalTree {
    /// A file. Only YAML files directly in the folder can be links, because such folders are assembled from
    /// others; nothing else can lead out of the package.
    fn open(&self, inner: &str) -> io::Result<PackageFile> {
        if is_document(inner) {
            return contents(self.gates.locate(&self.path.join(inner))?.open()?);
        }
        let inner = Path::new(inner);
        let folder = self.folder.parent_of(inner)?;
        contents(folder.open(inner.file_name().unwrap_or_default())?)
    }

    fn list(&self, inner: &str) -> io::Result<Vec<TreeEntry>> {
        let mut entries = Vec::new();
        for (name, kind) in self.folder.folder_at(Path::new(inner))?.entries()? {
            let Some(name) = name.to_str() else { continue };
            match kind {
                Kind::File => entries.push(TreeEntry::File(name.to_owned())),
                Kind::Folder => entries.push(TreeEntry::Folder(name.to_owned())),
                Kind::Link if inner.is_empty() && is_document(name) => {
                    let target = self.gates.locate(&self.path.join(name))?;
                    if target.kind == Some(Kind::File) {
                        entries.push(TreeEntry::File(name.to_owned()));
                    }
                }
                Kind::Link | Kind::Other => {}
            }
        }
        Ok(entries)
    }
}

impl Tree for LocalTree {
    fn entries(&mut self, folder: &str) -> Result<Vec<TreeEntry>, Failure> {
        match self.list(folder) {
            Err(error) if is_missing(&error) && !folder.is_empty() => Ok(Vec::new()),
            listed => listed.map_err(|error| failed(&self.path.join(folder), &error)),
        }
    }

    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure> {
        match self.open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(&self.path.join(path), &error)),
        }
    }
}

/// The contents of an open file.
fn contents(file: OpenFile) -> io::Result<PackageFile> {
    Ok(PackageFile {
        executable: file.is_executable(),
        bytes: file.read(MOST_BYTES)?,
    })
}
