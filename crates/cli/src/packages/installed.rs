//! Verifies the installed packages against the lock file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use score_spec::{Code, Diagnostic};

use super::files::{Files, PackageFile, folders};
use super::updates::{Update, Updates};
use super::{Lock, Package};
use crate::host::{Folder, Gate, OWN_FOLDER, name};
use crate::report::failure::reason;

/// The folder of all packages in `.score-rs`.
pub(super) const FOLDER: &str = "provisioners";

/// The advice for packages that are missing or changed.
const INSTALL: &str = "`score-rs packages install` installs the packages in `score-rs.lock`";

/// A file of a package that matches the lock file.
#[derive(Debug)]
pub(crate) struct Installed {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Its path relative to the folder of the package.
    pub(crate) file: String,
    /// Its contents.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is executable.
    pub(crate) executable: bool,
    /// The name of its package.
    pub(crate) package: String,
    /// Whether messages show nothing of its contents.
    pub(crate) is_hidden: bool,
}

/// The verified files of all packages, in order of precedence, and diagnostics for all others. Each
/// file is read once, so that the verified bytes are those that are used.
pub(crate) fn read(
    (root, project): (&Path, &Gate),
    lock: &Lock,
    updates: &Updates,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Installed> {
    let mut installed = Vec::new();
    for package in &lock.packages {
        if let Some(update) = updates.get(package) {
            installed.extend(fetched(root, package, update));
            continue;
        }
        match verified(project, package) {
            Ok(files) => installed.extend(files),
            Err(problems) => diagnostics.extend(problems),
        }
    }
    diagnostics.extend(strays(project, lock).iter().map(|path| {
        let path = name(&root.join(path));
        Diagnostic::new(
            Code::PackageUnlocked,
            format!("`{path}` does not belong to a package in the lock file and has no effect"),
        )
        .help(
            "list your own provisioners in `score-rs.yaml`; `score-rs packages install` \
         removes files that are not in the lock file",
        )
    }));
    installed
}

/// The files of a package that is not installed yet, at the paths that they will have.
fn fetched<'a>(
    root: &Path,
    package: &'a Package,
    update: &'a Update,
) -> impl Iterator<Item = Installed> + use<'a> {
    let folder = root.join(folder()).join(&package.name);
    update.files.iter().map(move |(path, file)| Installed {
        path: folder.join(path),
        file: path.to_owned(),
        bytes: file.bytes.clone(),
        executable: file.executable,
        package: package.name.clone(),
        is_hidden: update.is_hidden,
    })
}

/// The installed packages that match another lock file, such as that of an earlier revision, as packages that a run uses
/// instead of its own. The others are returned by name.
pub(crate) fn as_locked(project: &Gate, lock: &Lock) -> (Updates, Vec<String>) {
    let (mut updates, mut others) = (Updates::default(), Vec::new());
    for package in &lock.packages {
        let files = verified(project, package).ok();
        let files = files.and_then(|installed| {
            installed
                .into_iter()
                .try_fold(Files::default(), |files, it| {
                    let file = PackageFile {
                        executable: package.files.get(&it.file)?.executable,
                        bytes: it.bytes,
                    };
                    files.with(&it.file, file).ok()
                })
        });
        match files {
            Some(files) => updates.add(package, files, false),
            None => others.push(package.name.clone()),
        }
    }
    (updates, others)
}

/// Whether all files of a package match the lock file, and there are no others.
pub(crate) fn is_intact(project: &Gate, package: &Package) -> bool {
    strays_of(project, package).is_empty() && verified(project, package).is_ok()
}

/// The verified files of a package, or diagnostics.
fn verified(project: &Gate, package: &Package) -> Result<Vec<Installed>, Vec<Diagnostic>> {
    let found = |code, message| {
        let diagnostic = Diagnostic::new(code, message).help(INSTALL);
        match package.span {
            Some(span) => diagnostic.at(span, ""),
            None => diagnostic,
        }
    };
    let Some(folder) = open(project, Path::new(&package.name)) else {
        let message = format!("the package `{}` is not installed", package.name);
        return Err(vec![found(Code::PackageMissing, message)]);
    };
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (file, wanted) in &package.files {
        let path = folder.path().join(file);
        let shown = name(&path);
        match wanted.read(&folder, file) {
            Ok(Some(bytes)) => files.push(Installed {
                path,
                file: file.clone(),
                bytes,
                executable: wanted.executable,
                package: package.name.clone(),
                is_hidden: false,
            }),
            Ok(None) => {
                let message = format!("`{shown}` differs from the lock file");
                let help = format!(
                    "{INSTALL}; to change a provisioner, copy it into the project and list it in \
                     `score-rs.yaml`"
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

/// Entries of the packages folder that belong to no package, as paths relative to the project
/// folder.
pub(crate) fn strays(project: &Gate, lock: &Lock) -> Vec<PathBuf> {
    let mut strays = Vec::new();
    for path in entries(project, Path::new("")) {
        let name = path.file_name().and_then(|name| name.to_str());
        match name.and_then(|name| lock.get(name)) {
            Some(package) => strays.extend(strays_of(project, package)),
            None => strays.push(path),
        }
    }
    strays
}

/// The path of the packages folder, relative to the project folder.
pub(crate) fn folder() -> PathBuf {
    Path::new(OWN_FOLDER).join(FOLDER)
}

/// Opens the folder of a package, if it exists and no part of its path is a link.
fn open(project: &Gate, package: &Path) -> Option<Folder> {
    project.root().folder_at(&folder().join(package)).ok()
}

/// Entries of the folder of a package that do not belong to it.
fn strays_of(project: &Gate, package: &Package) -> Vec<PathBuf> {
    let mut expected = BTreeSet::from([""]);
    for file in package.files.keys() {
        expected.extend(folders(file));
    }
    let mut strays = Vec::new();
    for inner in &expected {
        let folder = Path::new(&package.name).join(inner);
        let of_package = self::folder().join(&package.name);
        for path in entries(project, &folder) {
            let inner = path.strip_prefix(&of_package).ok().and_then(Path::to_str);
            let inner = inner.map(|inner| inner.replace('\\', "/"));
            let is_expected = |inner: String| {
                expected.contains(inner.as_str()) || package.files.contains_key(&inner)
            };
            if !inner.is_some_and(is_expected) {
                strays.push(path);
            }
        }
    }
    strays
}

/// The entries of a folder in the packages folder, as paths relative to the
/// project folder, sorted by name. Empty if the folder cannot be read.
fn entries(project: &Gate, package: &Path) -> Vec<PathBuf> {
    let entries = open(project, package).map(|folder| folder.entries());
    let entries = entries.and_then(Result::ok).unwrap_or_default();
    let prefix = folder().join(package);
    let paths = entries.into_iter().map(|(name, _)| prefix.join(name));
    paths.collect()
}
