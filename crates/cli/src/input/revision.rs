//! A project at an earlier revision: its files in a temporary folder, and what is missing there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use score_compiler::parallel;
use score_spec::Sources;

use crate::host::disk::{Disk, LIMIT};
use crate::host::git::{Repository, TreeEntry, TreeKind};
use crate::host::{Folder, Gate, LOCK_FILE, TemporaryFolder};
use crate::packages::{Updates, as_locked, read_lock};
use crate::report::failure::{Failure, reason};

/// The minimum number of files for which threads are started.
const ENOUGH: usize = 64;

/// The beginning of a file whose contents are in another place.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A project at a revision.
#[derive(Debug)]
pub(crate) struct Revision {
    /// The folder with its files, which is removed at the end.
    folder: TemporaryFolder,
    /// The same folder without links in its path.
    root: PathBuf,
    /// The paths of its files, relative to the project folder.
    files: BTreeSet<String>,
    /// The packages as they were locked.
    pub(crate) updates: Updates,
    /// The names of locked packages that are not installed as they were.
    pub(crate) missing_packages: Vec<String>,
    /// The paths of submodules.
    submodules: Vec<String>,
    /// The paths of files in Git LFS, whose contents are somewhere else.
    pointers: Vec<String>,
}

impl Revision {
    /// Reads the project with this folder at a revision; absent if the folder did not exist then. Nothing of the
    /// repository is changed, and none of its programs is started.
    pub(crate) fn read(project: &Gate, reference: &str) -> Result<Option<Self>, Failure> {
        let repository = Repository::around(project.real())?;
        let commit = repository.commit(reference)?;
        let Some(entries) = repository.entries(&commit)? else {
            return Ok(None);
        };
        let present: Vec<&TreeEntry> = entries.iter().filter(|it| it.has_contents()).collect();
        let of_kind = |kind| {
            let found = entries.iter().filter(move |it| it.kind == kind);
            found.map(|it| it.path.clone()).collect::<Vec<_>>()
        };
        let (large, submodules) = (of_kind(TreeKind::Large), of_kind(TreeKind::Submodule));
        let contents = repository.contents(&present)?;
        let folder = TemporaryFolder::new().map_err(|error| no_folder(&error))?;
        let root = fs::canonicalize(folder.path()).map_err(|error| no_folder(&error))?;
        write(&root, &present, &contents, &large)?;
        let pointers = present.iter().zip(&contents);
        let pointers = pointers.filter(|(_, bytes)| bytes.starts_with(POINTER));
        let mut revision = Self {
            folder,
            files: present.iter().map(|entry| entry.path.clone()).collect(),
            pointers: pointers.map(|(entry, _)| entry.path.clone()).collect(),
            submodules,
            root,
            updates: Updates::default(),
            missing_packages: Vec::new(),
        };
        let used = revision.use_packages(project);
        used.map_err(|failure| revision.at(reference, failure))?;
        Ok(Some(revision))
    }

    /// Uses the installed packages of the project that are those of the lock file at the revision. Problems of the
    /// lock file are reported when the project is compiled.
    fn use_packages(&mut self, project: &Gate) -> Result<(), Failure> {
        if !self.files.contains(LOCK_FILE) {
            return Ok(());
        }
        let gate = Gate::open(&self.root).map_err(|error| no_folder(&error))?;
        let (mut sources, mut ignored) = (Sources::new(), Vec::new());
        let lock = read_lock((&self.root, &gate), &mut sources, &mut ignored)?;
        (self.updates, self.missing_packages) = as_locked(project, &lock.unwrap_or_default());
        Ok(())
    }

    /// The project folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there was a file, or a Score file in or below a folder, at a path relative to the project folder.
    pub(crate) fn has_spec(&self, inner: &str) -> bool {
        let prefix = match inner {
            "" => String::new(),
            inner => format!("{inner}/"),
        };
        let is_spec = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            name == "score.yaml" || name.ends_with(".score.yaml")
        };
        let mut below = self.files.iter().filter(|path| path.starts_with(&prefix));
        self.files.contains(inner) || below.any(|path| is_spec(path))
    }

    /// The parts that are not compared, as clauses. `disk` is that of the compiled project, which knows the files that
    /// were read.
    pub(crate) fn gaps(&self, disk: &Disk) -> Vec<String> {
        let read = disk.sources();
        let is_read = |path: &&String| {
            let path = Path::new(path.as_str());
            let folder = Folder::named(&self.root).and_then(|root| root.parent_of(path));
            let identity = folder.ok().and_then(|it| it.identity(path.file_name()?));
            identity.is_some_and(|identity| read.contains(&identity))
        };
        let pointers = self.pointers.iter().filter(is_read).map(|path| {
            let path = path.escape_debug();
            format!("`{path}` is in Git LFS, so that its contents at the revision are not known")
        });
        let submodules = self.submodules.iter().map(|path| {
            let path = path.escape_debug();
            format!("the files of the submodule `{path}` are not known at the revision")
        });
        pointers.chain(submodules).collect()
    }

    /// A failure that names the revision in place of the temporary folder.
    fn at(&self, reference: &str, failure: Failure) -> Failure {
        let failure = self.hidden(failure);
        Failure {
            message: format!("`git:{reference}`: {}", failure.message),
            ..failure
        }
    }

    /// A failure without the path of the temporary folder.
    pub(crate) fn hidden(&self, failure: Failure) -> Failure {
        Failure {
            message: self.shown(&failure.message),
            help: failure.help.map(|help| self.shown(&help)),
            file: None,
        }
    }

    /// A message without the path of the temporary folder.
    pub(crate) fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for root in [&*self.root, self.folder.path()] {
            let root = root.to_string_lossy();
            text = text.replace(&format!("{root}/"), "").replace(&*root, ".");
        }
        text
    }
}

/// Writes files, and then links, so that no file is written through a link.
fn write(
    root: &Path,
    entries: &[&TreeEntry],
    contents: &[Vec<u8>],
    large: &[String],
) -> Result<(), Failure> {
    let failed = |path: &str, error: &io::Error| {
        let path = path.escape_debug();
        Failure::new(format!(
            "cannot write `{path}` to a temporary folder: {}",
            reason(error)
        ))
    };
    let paths = entries.iter().map(|entry| &entry.path).chain(large);
    let folders = paths.filter_map(|path| path.rsplit_once('/'));
    let folders: BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
    for folder in folders {
        fs::create_dir_all(root.join(folder)).map_err(|error| failed(folder, &error))?;
    }
    let all: Vec<(&TreeEntry, &Vec<u8>)> = entries.iter().copied().zip(contents).collect();
    let (links, files): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(it, _)| it.kind == TreeKind::Link);
    let file = |(entry, bytes): &(&TreeEntry, &Vec<u8>)| {
        let written = new_file(&root.join(&entry.path), bytes, entry.kind);
        written.map_err(|error| failed(&entry.path, &error))
    };
    let written = parallel::map(ENOUGH, &files, file);
    written.into_iter().collect::<Result<(), Failure>>()?;
    for path in large {
        // Without its contents, it is still too large to be read.
        let written = fs::File::create_new(root.join(path));
        let written = written.and_then(|file| file.set_len(LIMIT + 1));
        written.map_err(|error| failed(path, &error))?;
    }
    for (entry, target) in links {
        let target = String::from_utf8_lossy(target);
        link(&target, &root.join(&entry.path)).map_err(|error| failed(&entry.path, &error))?;
    }
    Ok(())
}

/// Writes a file that does not exist.
fn new_file(path: &Path, bytes: &[u8], kind: TreeKind) -> io::Result<()> {
    use io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let is_executable = kind
            == TreeKind::File {
                is_executable: true,
            };
        options.mode(if is_executable { 0o755 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = kind;
    options.open(path)?.write_all(bytes)
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Without links, Git writes a file with the target.
#[cfg(not(unix))]
fn link(target: &str, path: &Path) -> io::Result<()> {
    new_file(path, target.as_bytes(), TreeKind::Link)
}

fn no_folder(error: &io::Error) -> Failure {
    Failure::new(format!("there is no temporary folder: {}", reason(error)))
}
