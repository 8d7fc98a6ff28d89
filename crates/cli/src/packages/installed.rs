//! The installed packages as they lie on the disk, held against the lock. Not: installing them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use score_spec::{Code, Diagnostic};

use super::{Lock, Package, digest};
use crate::disk::{OWN_FOLDER, read as read_file};
use crate::failure::reason;
use crate::project::name;

/// The folder of all packages, in the project's own folder.
const FOLDER: &str = "provisioners";

/// How to get what is locked.
const INSTALL: &str = "`score-rs provisioners install` gets what `score-rs.lock` names";

/// A file of a package that is what the lock says.
#[derive(Debug)]
pub(crate) struct Installed {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its content.
    pub(crate) bytes: Vec<u8>,
    /// The name of its package.
    pub(crate) package: String,
}

/// The files of all packages in order of precedence, and what is wrong with the others. A file is
/// read once, so that what is used is what was checked.
pub(crate) fn read(root: &Path, lock: &Lock, diagnostics: &mut Vec<Diagnostic>) -> Vec<Installed> {
    let mut installed = Vec::new();
    for package in &lock.packages {
        match verified(root, package) {
            Ok(files) => installed.extend(files),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    diagnostics.extend(strays(root, lock).iter().map(|path| {
        let path = name(path);
        Diagnostic::new(
            Code::PackageUnlocked,
            format!("`{path}` is in no package of the lock file and has no effect"),
        )
        .help("name provisioners of your own in `score-rs.yaml`; `score-rs provisioners install` removes what the lock file does not name")
    }));
    installed
}

/// Whether all files of a package are as they should be.
pub(crate) fn is_intact(root: &Path, package: &Package) -> bool {
    let folder = folder(root).join(&package.name);
    let strays = entries(&folder).iter().any(|path| !has(package, path));
    !strays && verified(root, package).is_ok()
}

/// The files of a package, or what is wrong with them.
fn verified(root: &Path, package: &Package) -> Result<Vec<Installed>, Vec<Diagnostic>> {
    let folder = folder(root).join(&package.name);
    let found = |code, message| {
        let found = Diagnostic::new(code, message).help(INSTALL);
        match package.span {
            Some(span) => found.at(span, ""),
            None => found,
        }
    };
    if !folder.is_dir() {
        let message = format!("the package `{}` is not installed", package.name);
        return Err(vec![found(Code::PackageMissing, message)]);
    }
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (file, wanted) in &package.files {
        let path = folder.join(file);
        let shown = name(&path);
        match regular(&path) {
            Ok(bytes) if digest(&bytes) == *wanted => files.push(Installed {
                path,
                bytes,
                package: package.name.clone(),
            }),
            Ok(_) => {
                let message = format!("`{shown}` is not what the lock file says");
                let help = format!(
                    "{INSTALL}; to change a provisioner, copy it into the project and name it in `score-rs.yaml`"
                );
                problems.push(found(Code::PackageChanged, message).help(help));
            }
            Err(error) => {
                let message = format!("`{shown}` cannot be read: {}", reason(&error));
                problems.push(found(Code::PackageMissing, message));
            }
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}

/// What lies among the packages and is in none of them.
pub(crate) fn strays(root: &Path, lock: &Lock) -> Vec<PathBuf> {
    let mut strays = Vec::new();
    for path in entries(&folder(root)) {
        let name = path.file_name().and_then(|name| name.to_str());
        match name.and_then(|name| lock.get(name)) {
            Some(package) => {
                let inner = entries(&path).into_iter();
                strays.extend(inner.filter(|path| !has(package, path)));
            }
            None => strays.push(path),
        }
    }
    strays
}

/// The folder of all packages of a project.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join(OWN_FOLDER).join(FOLDER)
}

/// Whether a path ends with the name of a file of a package.
fn has(package: &Package, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| package.files.contains_key(name))
}

/// The entries of a folder in the order of their names; none where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
}

/// The content of a regular file; opening anything else could wait forever.
fn regular(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    read_file(path)
}
