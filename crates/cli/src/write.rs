//! Writing: all files of a run, or none of them.
//!
//! Each file is written under another name first, and renamed only when all are complete; so is the folder
//! of generated files, where there is none yet. A file that already is as it should be is not touched, so
//! that nothing that watches it starts.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use indexmap::IndexSet;
use score_compiler::parallel;

use crate::disk::OWN_FOLDER;
use crate::failure::Failure;
use crate::staged::{self, Staged, StagedFolder};

/// The file that keeps the own folder out of version control.
const IGNORE: &str = ".gitignore";

/// How many files are worth the start of threads.
pub(crate) const ENOUGH: usize = 64;

/// A file to write.
#[derive(Debug)]
pub(crate) struct Output {
    /// Where it goes; what was there is replaced.
    pub(crate) path: PathBuf,
    /// What the user calls it.
    name: String,
    /// The content.
    pub(crate) bytes: Vec<u8>,
    /// The permission bits.
    pub(crate) mode: u32,
    /// The folder that everything on the way to the file may be changed in.
    own: Option<PathBuf>,
    /// Whether so many others are written that they cannot all be open.
    many: bool,
    /// Whether the file is as it should be, once that is known.
    current: OnceLock<bool>,
}

impl Output {
    /// A file that the user names. A link to a file stays, and the file is replaced.
    pub(crate) fn named(path: &Path, bytes: Vec<u8>, mode: u32) -> Result<Self, Failure> {
        let fail = |problem: &str| {
            Err(Failure::new(format!(
                "cannot write `{}`: {problem}",
                path.display()
            )))
        };
        let folder = folder_of(path);
        if !openable(folder).is_dir() {
            let problem = format!("the folder `{}` does not exist", folder.display());
            return fail(&problem);
        }
        match fs::metadata(path) {
            Ok(known) if known.is_dir() => return fail("it is a folder"),
            Ok(known) if !known.is_file() => {
                return fail("it is not a regular file; `-o -` writes to standard output");
            }
            _ => {}
        }
        let name = path.display().to_string();
        let path = match fs::canonicalize(path) {
            Ok(target) => target,
            // A link whose target is yet to be written.
            Err(_) => fs::read_link(path).map_or(path.to_owned(), |target| folder.join(target)),
        };
        Ok(Self {
            path,
            name,
            bytes,
            mode,
            own: None,
            many: false,
            current: OnceLock::new(),
        })
    }

    /// A file in the own folder of score-rs, beside a file that the user names.
    pub(crate) fn own(folder: &Path, path: &str, bytes: Vec<u8>, mode: u32) -> Self {
        let path = folder.join(path);
        Self {
            name: path.display().to_string(),
            path,
            bytes,
            mode,
            own: Some(folder.join(OWN_FOLDER)),
            many: false,
            current: OnceLock::new(),
        }
    }

    /// One of the files of a folder that a user names, and that need not be there yet. What is in
    /// its place must be a file, by which `mode` tells the permission bits.
    pub(crate) fn one_of_many(
        path: &Path,
        bytes: Vec<u8>,
        mode: impl FnOnce(Option<&fs::Metadata>) -> u32,
    ) -> Result<Self, Failure> {
        let known = fs::symlink_metadata(path).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            let problem = format!(
                "cannot write `{}`: it is not a regular file",
                path.display()
            );
            return Err(Failure::new(problem).help("remove it, or choose another folder"));
        }
        let current = OnceLock::new();
        if known.is_none() {
            current.get_or_init(|| false);
        }
        Ok(Self {
            path: path.to_owned(),
            name: path.display().to_string(),
            bytes,
            mode: mode(known.as_ref()),
            own: None,
            many: true,
            current,
        })
    }

    /// What messages call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it lies in the own folder of score-rs.
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Whether it lies below a folder of the own one.
    fn is_in(&self, folder: &Path) -> bool {
        self.is_own() && self.path.starts_with(folder) && self.path != folder
    }

    /// Whether the file is as it should be. It is looked at once.
    pub(crate) fn is_current(&self) -> bool {
        *self.current.get_or_init(|| self.is_there())
    }

    fn is_there(&self) -> bool {
        let same = |known: &fs::Metadata| {
            known.is_file()
                && known.len() == self.bytes.len() as u64
                && mode(known).is_none_or(|mode| mode == self.mode)
        };
        fs::symlink_metadata(&self.path).is_ok_and(|known| same(&known))
            && fs::read(&self.path).is_ok_and(|bytes| bytes == self.bytes)
    }

    /// Writes the file under another name.
    fn stage(&self) -> io::Result<Staged> {
        match &self.own {
            // The files beside the output can be thousands. One that a crash of the system spoils
            // does not look as it should to the next run, which writes it again.
            Some(own) => Staged::own(own, &self.bytes, self.mode),
            None if self.many => Staged::own(folder_of(&self.path), &self.bytes, self.mode),
            None => Staged::named(openable(folder_of(&self.path)), &self.bytes, self.mode),
        }
    }

    /// Makes the way to a file in the own folder, unless it is one of those that are `made`. What an
    /// earlier run left in the way goes.
    fn clear<'a>(&'a self, made: &mut BTreeSet<&'a Path>) -> io::Result<()> {
        let own = self.own.as_ref();
        let Some((own, inner)) = own.and_then(|own| Some((own, self.path.strip_prefix(own).ok()?)))
        else {
            return Ok(());
        };
        if made.insert(folder_of(&self.path)) {
            let mut folder = own.clone();
            for part in inner.parent().into_iter().flatten() {
                folder.push(part);
                if !is_folder(&folder) {
                    remove(&folder)?;
                    make_private(&folder)?;
                }
            }
        }
        if is_folder(&self.path) {
            fs::remove_dir_all(&self.path)?;
        }
        Ok(())
    }
}

/// Writes all files, and tells which have changed. A folder that is new goes first, the others follow in
/// their order. If one cannot be written, those that were there before stay as they were.
pub(crate) fn write(outputs: &[Output]) -> Result<Vec<bool>, Failure> {
    let named = outputs.iter().filter(|output| !output.is_own());
    let folders: BTreeSet<&Path> = named.map(|output| folder_of(&output.path)).collect();
    for folder in folders {
        staged::clear_named(openable(folder));
    }
    let fresh = fresh(outputs)?;
    let stage = |output: &Output| {
        let is_fresh = fresh.as_ref().is_some_and(|(place, _)| output.is_in(place));
        let staged = (!is_fresh && !output.is_current()).then(|| output.stage());
        staged
            .transpose()
            .map_err(|error| Failure::write(&output.path, &error))
    };
    let staged: Vec<_> = parallel::map(ENOUGH, outputs, stage)
        .into_iter()
        .collect::<Result<_, Failure>>()?;
    let mut made = BTreeSet::new();
    let mut changed = Vec::with_capacity(outputs.len());
    let fresh = match fresh {
        Some((place, folder)) => {
            let placed = folder.persist(&place);
            placed.map_err(|error| Failure::write(&place, &error))?;
            Some(place)
        }
        None => None,
    };
    for (output, staged) in outputs.iter().zip(staged) {
        let is_fresh = fresh.as_ref().is_some_and(|place| output.is_in(place));
        changed.push(is_fresh || staged.is_some());
        if let Some(staged) = staged {
            let cleared = output.clear(&mut made);
            cleared
                .and_then(|()| staged.persist(&output.path))
                .map_err(|error| Failure::write(&output.path, &error))?;
        }
    }
    Ok(changed)
}

/// The folder below the own one that files go into and that is not there yet, with those files in it, and
/// its place.
fn fresh(outputs: &[Output]) -> Result<Option<(PathBuf, StagedFolder)>, Failure> {
    let own = outputs.iter().find_map(|output| {
        let own = output.own.as_ref()?;
        let first = output.path.strip_prefix(own).ok()?.components().next()?;
        Some((own, own.join(first)))
    });
    let Some((own, place)) = own else {
        return Ok(None);
    };
    let files = outputs.iter().filter(|output| output.is_in(&place));
    let files = files.filter_map(|output| Some((output.path.strip_prefix(&place).ok()?, output)));
    let files: Vec<(&Path, &Output)> = files.collect();
    if files.is_empty() || !is_absent(&place) {
        return Ok(None);
    }
    let folder = StagedFolder::own(own).map_err(|error| Failure::write(&place, &error))?;
    fill(&folder, &place, &files)?;
    Ok(Some((place, folder)))
}

/// Writes files into a folder for a place, by their paths in it.
pub(crate) fn fill(
    folder: &StagedFolder,
    place: &Path,
    files: &[(&Path, &Output)],
) -> Result<(), Failure> {
    let folders = files.iter().flat_map(|(path, _)| path.ancestors().skip(1));
    let folders: BTreeSet<&Path> = folders.filter(|it| !it.as_os_str().is_empty()).collect();
    for path in folders {
        let made = folder.make(path);
        made.map_err(|error| Failure::write(&place.join(path), &error))?;
    }
    let written = parallel::map(ENOUGH, files, |(path, output)| {
        let written = folder.write(path, &output.bytes, output.mode);
        written.map_err(|error| Failure::write(&output.path, &error))
    });
    written.into_iter().collect()
}

/// The folder in which score-rs keeps its own things, beside something else. It is made if there
/// is none, for its owner only, and with a file that keeps it out of version control.
pub(crate) fn own_folder(folder: &Path) -> Result<PathBuf, Failure> {
    let own = folder.join(OWN_FOLDER);
    let made = make_private(&own);
    // A link could lead anywhere, and files are removed in there.
    if made.is_ok() && !is_folder(&own) {
        return Err(Failure::new(format!("`{}` is not a folder", own.display()))
            .help("remove it; score-rs keeps secrets and generated files there"));
    }
    made.map_err(|error| Failure::write(&own, &error))?;
    let ignore = own.join(IGNORE);
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&ignore)
    {
        Ok(mut file) => file
            .write_all(b"*\n")
            .map_err(|error| Failure::write(&ignore, &error))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Failure::write(&ignore, &error)),
    }
    Ok(own)
}

/// Keeps other runs from writing into the same own folder, as long as the file is open, and removes
/// what stopped ones have left there. Where there is no such folder, or the file system has no locks,
/// nothing is done.
pub(crate) fn lock(folder: &Path) -> Option<File> {
    let own = folder.join(OWN_FOLDER);
    let file = OpenOptions::new()
        .append(true)
        .open(own.join(IGNORE))
        .ok()?;
    file.lock().ok()?;
    staged::clear_own(&own);
    Some(file)
}

/// Removes the files below a folder that are not among those to keep, and folders that are empty
/// then. Links are removed, never followed. Tells whether nothing is left.
pub(crate) fn sweep(folder: &Path, keep: &IndexSet<&Path>) -> io::Result<bool> {
    if !is_folder(folder) {
        return Ok(is_absent(folder));
    }
    let mut is_empty = true;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            is_empty &= sweep(&path, keep)?;
        } else if keep.contains(path.as_path()) {
            is_empty = false;
        } else {
            fs::remove_file(&path)?;
        }
    }
    if is_empty {
        fs::remove_dir(folder)?;
    }
    Ok(is_empty)
}

/// The files below a folder that are not among those to keep, sorted. Links are not followed.
pub(crate) fn leftovers(folder: &Path, keep: &IndexSet<&Path>) -> io::Result<Vec<PathBuf>> {
    if !is_folder(folder) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_folder(&path) {
            found.append(&mut leftovers(&path, keep)?);
        } else if !keep.contains(path.as_path()) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The folder that a path lies in; empty for the working folder.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// A folder in the form in which the system can open it.
pub(crate) fn openable(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// Whether nothing is there.
pub(crate) fn is_absent(path: &Path) -> bool {
    let known = fs::symlink_metadata(path);
    known.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Whether there is a folder that is no link to one.
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|known| known.is_dir())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder for its owner only, unless something is there.
fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// The permission bits, where the system has them.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "not every system has them")]
pub(crate) fn mode(known: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(known.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub(crate) fn mode(_: &fs::Metadata) -> Option<u32> {
    None
}
