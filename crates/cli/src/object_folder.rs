//! A folder with a file for each object: `--output-dir`. Not: what is in the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use score_compiler::{OutputFile, ProjectKey};
use score_spec::{Node, Sources, parse};

use crate::disk::read;
use crate::failure::Failure;
use crate::folder::{Change, MARK};
use crate::generate::bytes;
use crate::write::Output;

/// The file that lists the others.
const LIST: &str = "kustomization.yaml";

/// What a run makes of a folder, which need not be there yet.
pub(crate) fn change(
    files: &[OutputFile],
    folder: &Path,
    key: Option<&ProjectKey>,
) -> Result<Change, Failure> {
    let earlier = earlier(folder)?;
    let mut names = BTreeSet::new();
    let mut outputs = Vec::with_capacity(files.len());
    for file in files {
        let name = file.path.as_deref().unwrap_or_default();
        let path = folder.join(name);
        outputs.push(Output::one_of_many(&path, bytes(file, key), |_| file.mode)?);
        names.insert(name);
    }
    let stale = earlier.iter().filter(|name| !names.contains(name.as_str()));
    let stale = stale.map(|name| folder.join(name));
    Ok(Change {
        folder: folder.to_owned(),
        outputs,
        stale: stale.filter(|path| is_ours(path)).collect(),
    })
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
