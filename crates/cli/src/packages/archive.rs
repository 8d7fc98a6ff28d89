//! Reads the files of a gzipped tar archive. Nothing is written to disk, links are not
//! followed, and the expanded size is limited.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use score_spec::diagnostic::listed;
use tar::{Archive, EntryType};

use super::files::{MOST_BYTES, PackageFile, TEMPLATES, is_yaml, plain};
use super::tree::{FilesByPath, joined};
use crate::report::failure::{Failure, reason};

/// The maximum expanded size of all archives of a package.
pub(super) const MOST_EXPANDED: u64 = 64 << 20;

/// The files in a folder, by their paths relative to it.
pub(super) fn inside(files: FilesByPath, folder: &str) -> FilesByPath {
    let files = files.into_iter();
    let inner = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
    files
        .filter_map(|(path, file)| Some((inner(&path)?, file)))
        .collect()
}

/// The error for a folder of an archive without YAML files; `None` if it has some.
pub(super) fn without_documents(files: &FilesByPath, inner: &str, name: &str) -> Option<Failure> {
    let folder = |path: &String| path.rsplit_once('/').map_or("", |it| it.0).to_owned();
    let folders: BTreeSet<String> = files
        .keys()
        .filter(|path| is_yaml(path))
        .map(folder)
        .collect();
    let templates = joined(inner, TEMPLATES) + "/";
    let has_templates = files.keys().any(|path| path.starts_with(&templates));
    if folders.is_empty() || folders.contains(inner) || has_templates {
        return None;
    }
    let place = match inner {
        "" => "its top-level folder".to_owned(),
        inner => format!("`{inner}`"),
    };
    let help = if folders.iter().all(String::is_empty) {
        "remove `//` and the path after it".to_owned()
    } else {
        let known = folders.iter().map(String::as_str);
        let known = listed(known.filter(|folder| !folder.is_empty()));
        format!("use another folder after `//`, such as {known}")
    };
    Some(Failure::new(format!("`{name}` has no YAML files in {place}")).help(help))
}

/// The regular files of an archive by path. If all entries are in a single top-level folder, paths are relative to it,
/// unless it is that of templates. `name` is used in messages. `left` is the remaining expanded size, which is reduced.
pub(super) fn unpack(bytes: &[u8], name: &str, left: &mut u64) -> Result<FilesByPath, Failure> {
    let fail = |error: std::io::Error| {
        let problem = reason(&error);
        Failure::new(format!("cannot unpack `{name}`: {problem}"))
            .help("an archive must be a gzipped tar file of at most 64 MiB when unpacked")
    };
    let mut archive = Archive::new(MultiGzDecoder::new(bytes).take(*left));
    let mut files = FilesByPath::new();
    let mut topmost = BTreeSet::new();
    for entry in archive.entries().map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if !matches!(
            entry.header().entry_type(),
            EntryType::Regular | EntryType::Continuous
        ) {
            continue;
        }
        let path = entry.path().map_err(fail)?;
        let Some(path) = plain(&path) else {
            let path = path.display();
            return Err(Failure::new(format!(
                "`{name}` contains a file `{path}`, which leads out of it"
            ))
            .help("the archive must be created without absolute paths and `..`"));
        };
        if topmost.len() < 2 {
            topmost.insert(path.split_once('/').map(|(top, _)| top.to_owned()));
        }
        // Programs differ in which of two entries they use.
        if files.contains_key(&path) {
            let problem = format!("`{name}` contains the file `{path}` twice");
            return Err(
                Failure::new(problem).help("the archive must be created again with each file once")
            );
        }
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
        let mut bytes = Vec::new();
        entry
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        files.insert(path, PackageFile { bytes, executable });
    }
    *left = archive.into_inner().limit();
    let root = topmost.pop_first().flatten();
    let root = root.filter(|root| topmost.is_empty() && root != TEMPLATES);
    Ok(match root {
        Some(root) => inside(files, &root),
        None => files,
    })
}
