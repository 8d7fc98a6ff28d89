//! A folder with a file for each object: `--output-dir`. Not: what is in the files.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use score_compiler::{Compiled, ProjectKey, Target};
use score_spec::{Node, Sources, parse};

use crate::disk::read;
use crate::failure::Failure;
use crate::generate::bytes;
use crate::staged::clear_own;
use crate::write::{Output, folder_of, write as write_files};

/// The file that lists the others.
const LIST: &str = "kustomization.yaml";

/// How every file that holds an output begins, where its format has comments.
pub(crate) const MARK: &str = "# Written by score-rs ";

/// What a run makes of a folder.
#[derive(Debug)]
pub(crate) struct Change {
    /// The files to write.
    pub(crate) outputs: Vec<Output>,
    /// The files of an earlier run that go.
    pub(crate) stale: Vec<PathBuf>,
}

/// What a run makes of a folder, which need not be there yet.
pub(crate) fn change(
    compiled: &Compiled,
    target: &Target,
    folder: &Path,
    key: Option<&ProjectKey>,
) -> Result<Change, Failure> {
    let earlier = if target.folder {
        Vec::new()
    } else {
        earlier(folder)?
    };
    let mut names = BTreeSet::new();
    let mut outputs = Vec::with_capacity(compiled.files.len());
    for file in &compiled.files {
        let name = file.path.as_deref().unwrap_or_default();
        outputs.push(Output::one_of_many(
            &folder.join(name),
            bytes(file, key),
            file.mode,
        )?);
        names.insert(name);
    }
    let stale = earlier.iter().filter(|name| !names.contains(name.as_str()));
    let stale = stale.map(|name| folder.join(name));
    let stale = stale.filter(|path| is_ours(path)).collect();
    Ok(Change { outputs, stale })
}

/// Writes the files into a folder, which is made if there is none, and removes those of an earlier
/// run that are none of them. Tells whether anything has changed.
pub(crate) fn write(
    compiled: &Compiled,
    target: &Target,
    folder: &Path,
    key: Option<&ProjectKey>,
) -> Result<bool, Failure> {
    let Change { outputs, stale } = change(compiled, target, folder, key)?;
    fs::create_dir_all(folder).map_err(|error| Failure::write(folder, &error))?;
    let inner: BTreeSet<&Path> = outputs
        .iter()
        .map(|output| folder_of(&output.path))
        .collect();
    for folder in inner {
        fs::create_dir_all(folder).map_err(|error| Failure::write(folder, &error))?;
    }
    // Not every system can lock a folder. Where one cannot, what a stopped run has left stays.
    let lock = File::open(folder).and_then(|open| open.lock().map(|()| open));
    if lock.is_ok() {
        clear_own(folder);
    }
    let changed = write_files(&outputs)?.contains(&true);
    for path in &stale {
        fs::remove_file(path).map_err(|error| Failure::write(path, &error))?;
    }
    drop(lock);
    Ok(changed || !stale.is_empty())
}

/// The files that an earlier run may have written. A list that somebody else wrote stays, and so
/// nothing is written.
fn earlier(folder: &Path) -> Result<Vec<String>, Failure> {
    let path = folder.join(LIST);
    let Ok(bytes) = read(&path) else {
        return Ok(Vec::new());
    };
    if !bytes.starts_with(MARK.as_bytes()) {
        let problem = format!("`{}` was not written by score-rs", path.display());
        return Err(Failure::new(problem).help("choose another folder, or remove it"));
    }
    let mut sources = Sources::new();
    let id = sources.add(LIST, bytes);
    let documents = parse(&sources, id).documents;
    let listed = documents.first().and_then(|list| list.get("resources"));
    let listed = listed.map_or(&[][..], Node::items).iter();
    // What leads elsewhere is none of ours.
    let is_plain = |name: &&str| !name.starts_with('.') && !name.contains(['/', '\\']);
    let names = listed.filter_map(Node::text).filter(is_plain);
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    // The file of secrets is not listed, so that the others can be committed without it.
    names.push("secrets.yaml".to_owned());
    if names.iter().any(|name| is_json(Path::new(name))) {
        names.push("secrets.json".to_owned());
    }
    Ok(names)
}

/// Whether a file is one that score-rs wrote: no link, and with the mark at its beginning. JSON has
/// no place for the mark; there the list has to do.
fn is_ours(path: &Path) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|known| known.is_file());
    let is_marked = || read(path).is_ok_and(|bytes| bytes.starts_with(MARK.as_bytes()));
    is_file && (is_json(path) || is_marked())
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "json")
}
