//! Detects files in `.score-rs` that Git tracks although they are ignored. They were committed
//! deliberately, and the next commit would publish what a run writes to them.
//!
//! The index is parsed here. Starting `git` could run programs named in the configuration of the
//! repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::gate::checkout;
use super::path::{OWN_FOLDER, or_here};
use crate::report::failure::Failure;

/// The files in `.score-rs` that may be tracked, because they contain no plain secrets.
const HARMLESS: [&str; 2] = [".gitignore", "state.json"];

/// The size of the fixed part of an index entry before its flags: times, device, owner and size,
/// and a SHA-1 or SHA-256 digest.
const FIXED: [usize; 2] = [60, 72];

/// The flag for an entry with extended flags.
const EXTENDED: u16 = 0x4000;

/// Rejects a folder if Git tracks a file in its `.score-rs` that could contain a secret.
pub(crate) fn require_untracked(folder: &Path) -> Result<(), Failure> {
    let Some(file) = tracked(folder) else {
        return Ok(());
    };
    let own = format!("{OWN_FOLDER}/");
    let inner = file.split(&own).last().unwrap_or_default().to_owned();
    let path = folder.join(own).join(inner);
    let problem = format!(
        "Git tracks `{}`: a commit would publish its contents",
        path.display()
    );
    Err(Failure::new(problem).help(format!(
        "run `git rm -r --cached {OWN_FOLDER}` in the project folder; also remove a key that was \
         committed, because others may know it"
    )))
}

/// The first such file in `.score-rs` of a folder.
fn tracked(folder: &Path) -> Option<String> {
    let real = fs::canonicalize(or_here(folder)).ok()?;
    let top = checkout(&real);
    let inner = real.strip_prefix(top).ok()?.join(OWN_FOLDER);
    let prefix = format!("{}/", inner.to_str()?);
    let git = git_folder(top)?;
    let is_index = |name: &str| name == "index" || name.starts_with("sharedindex.");
    let entries = fs::read_dir(&git).ok()?.filter_map(Result::ok);
    let indexes = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_index));
    let mut all = indexes.filter_map(|entry| read(&entry.path()));
    all.find_map(|index| {
        let Some(paths) = FIXED.into_iter().find_map(|fixed| paths(&index, fixed)) else {
            // For an unknown index format, a match anywhere in the index counts.
            let mut windows = index.windows(prefix.len());
            return windows
                .any(|it| it == prefix.as_bytes())
                .then(|| prefix.clone());
        };
        paths.into_iter().find(|path| {
            let below = path.strip_prefix(&prefix);
            below.is_some_and(|below| !HARMLESS.contains(&below))
        })
    })
}

/// The contents of a regular file. A named pipe would not end.
fn read(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::metadata(path).is_ok_and(|known| known.is_file());
    is_file.then(|| fs::read(path).ok()).flatten()
}

/// The folder with the index of a repository. For a worktree, `.git` is a file that refers to it.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let path = top.join(".git");
    if path.is_dir() {
        return Some(path);
    }
    let text = String::from_utf8(read(&path)?).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The paths in an index (gitformat-index(5), versions 2 to 4) whose entries have a fixed part of
/// `fixed` bytes. Returns `None` for another format, which is detected because paths must be
/// sorted and not empty.
fn paths(index: &[u8], fixed: usize) -> Option<Vec<String>> {
    let number = |at: usize| {
        let bytes = index.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let (version, count) = (number(4)?, number(8)?);
    if !index.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut at = 12;
    let mut path: Vec<u8> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    for _ in 0..count {
        let start = at;
        let flags = index.get(at + fixed..at + fixed + 2)?;
        let flags = u16::from_be_bytes(flags.try_into().ok()?);
        at += fixed + if flags & EXTENDED == 0 { 2 } else { 4 };
        if version == 4 {
            let removed = variable(index, &mut at)?;
            path.truncate(path.len().checked_sub(removed)?);
        } else {
            path.clear();
        }
        let rest = index.get(at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(&rest[..length]);
        at += length + 1;
        if version < 4 {
            // Entries are padded to a multiple of eight bytes.
            at = start + (at - start).div_ceil(8) * 8;
        }
        let next = String::from_utf8(path.clone());
        let next = next.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into());
        let is_plain = !next.is_empty() && !next.contains(char::is_control);
        // A path with conflicts has several entries.
        let is_sorted = found.last().is_none_or(|last| *last <= next);
        if !is_plain || !is_sorted {
            return None;
        }
        found.push(next);
    }
    Some(found)
}

/// An integer with a variable length.
fn variable(index: &[u8], at: &mut usize) -> Option<usize> {
    let mut next = || {
        let byte = *index.get(*at)?;
        *at += 1;
        Some(byte)
    };
    let mut byte = next()?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = next()?;
        value = value.checked_add(1)?.checked_mul(128)? + usize::from(byte & 0x7f);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use super::{paths, require_untracked};

    #[test]
    fn files_that_git_tracks_are_found_in_each_version_of_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let _alone = crate::host::process::alone();
            let mut command = Command::new("git");
            let command = command.current_dir(folder.path()).args(words);
            command.output().is_ok_and(|it| it.status.success())
        };
        if !git(&["init", "-q"]) {
            return;
        }
        let app = folder.path().join("app");
        for file in [
            ".score-rs/compose/a.env",
            ".score-rs/state.json",
            "score.yaml",
        ] {
            let path = app.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        assert!(git(&["add", "app/score.yaml", "app/.score-rs/state.json"]));
        assert!(require_untracked(&app).is_ok());
        assert!(git(&["add", "-N", "app/.score-rs/compose/a.env"]));
        for version in ["2", "3", "4"] {
            assert!(git(&["update-index", "--index-version", version]));
            let index = fs::read(folder.path().join(".git/index")).unwrap();
            let found = paths(&index, super::FIXED[0]).unwrap();
            assert_eq!(
                found,
                [
                    "app/.score-rs/compose/a.env",
                    "app/.score-rs/state.json",
                    "app/score.yaml"
                ]
            );
            let failure = require_untracked(&app).unwrap_err();
            assert!(format!("{failure:?}").contains("a.env"));
            assert!(require_untracked(folder.path()).is_ok());
        }
        // Paths of a split index cannot be read, so they count as tracked.
        assert!(git(&["update-index", "--split-index"]));
        assert!(require_untracked(&app).is_err());
        // Invalid data is not an index.
        for end in 0..40 {
            let text = b"DIRC\0\0\0\x02\0\0\0\x01 and more that is none of it at all";
            assert_eq!(paths(&text[..end], super::FIXED[0]), None);
        }
        assert!(require_untracked(Path::new("/")).is_ok());
    }
}
