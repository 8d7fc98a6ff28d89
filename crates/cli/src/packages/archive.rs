//! Reads the YAML files of a gzipped tar archive. Nothing is written to disk, links are not
//! followed, and the expanded size is limited.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use score_spec::diagnostic::listed;
use tar::{Archive, EntryType};

use super::files::{Files, MOST_BYTES, is_yaml};
use crate::report::failure::{Failure, reason};

/// The maximum expanded size of all archives of a package.
pub(super) const MOST_EXPANDED: u64 = 64 << 20;

/// Files by path in an archive.
type Found = BTreeMap<String, Vec<u8>>;

/// The result of unpacking an archive.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The selected files.
    pub(super) files: Files,
    /// Whether `inner` is the path of a single file.
    pub(super) single: bool,
}

/// Reads a single file of an archive, or the YAML files directly in a folder. If all entries are in
/// a single top-level folder, `inner` is relative to that. `name` is used in messages. `left` is
/// the remaining expanded size, which is reduced.
pub(super) fn unpack(
    bytes: &[u8],
    inner: &str,
    name: &str,
    left: &mut u64,
) -> Result<Unpacked, Failure> {
    let (found, root) = entries(bytes, name, left)?;
    let inside = found.into_iter().filter_map(|(path, bytes)| match &root {
        Some(root) => Some((
            path.strip_prefix(root)?.strip_prefix('/')?.to_owned(),
            bytes,
        )),
        None => Some((path, bytes)),
    });
    let mut files = Files::default();
    let mut elsewhere = BTreeSet::new();
    for (path, bytes) in inside {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        if path == inner {
            return Ok(Unpacked {
                files: Files::default().with(file, bytes)?,
                single: true,
            });
        }
        if folder == inner {
            files = files.with(file, bytes)?;
        } else {
            elsewhere.insert(folder.to_owned());
        }
    }
    if files.len() == 0 && !elsewhere.is_empty() {
        let place = match inner {
            "" => "its top-level folder".to_owned(),
            inner => format!("`{inner}`"),
        };
        let mut known: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
        known.retain(|folder| !folder.is_empty());
        let help = match known.as_slice() {
            [] => "remove `//` and the path after it".to_owned(),
            known => {
                let known = listed(known.iter().copied());
                format!("use another folder after `//`, such as {known}")
            }
        };
        return Err(Failure::new(format!("`{name}` has no YAML files in {place}")).help(help));
    }
    Ok(Unpacked {
        files,
        single: false,
    })
}

/// All YAML files by path, and the top-level folder that contains all entries, if there is one.
fn entries(bytes: &[u8], name: &str, left: &mut u64) -> Result<(Found, Option<String>), Failure> {
    let fail = |error: std::io::Error| {
        let problem = reason(&error);
        Failure::new(format!("cannot unpack `{name}`: {problem}"))
            .help("an archive must be a gzipped tar file of at most 64 MiB when unpacked")
    };
    let mut archive = Archive::new(MultiGzDecoder::new(bytes).take(*left));
    let mut found = Found::new();
    let mut topmost = BTreeSet::new();
    let mut seen = BTreeSet::new();
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
        if !seen.insert(path.clone()) {
            let problem = format!("`{name}` contains the file `{path}` twice");
            return Err(
                Failure::new(problem).help("the archive must be created again with each file once")
            );
        }
        if is_yaml(&path) {
            let mut bytes = Vec::new();
            entry
                .take(MOST_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(fail)?;
            found.insert(path, bytes);
        }
    }
    *left = archive.into_inner().limit();
    let root = if topmost.len() == 1 {
        topmost.pop_first().flatten()
    } else {
        None
    };
    Ok((found, root))
}

/// A relative path with `/` as separator, or `None` if the path leaves the archive.
fn plain(path: &Path) -> Option<String> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(part) => part.to_str().filter(|part| !part.contains('\\')),
            _ => None,
        })
        .collect();
    Some(parts?.join("/")).filter(|path| !path.is_empty())
}
