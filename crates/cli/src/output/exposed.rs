//! What a run says of secrets that it writes where they could be committed. Not: whether they are.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use score_compiler::{OutputContent, Rendered};

use crate::host::Gates;
use crate::host::disk::OWN_FOLDER;
use crate::output::destination::Destination;
use crate::output::folder;
use crate::output::object_folder::{IGNORE, is_exposed};
use crate::output::write::{folder_of, shown};
use crate::report::human::count;

/// Which files hold secrets, how many those are, and what to do about it. What is below `.score-rs` is kept
/// out of version control anyway, and standard output is nobody's file.
pub(crate) fn note(
    compiled: &Rendered,
    destination: &Destination,
    gates: &Gates,
) -> Option<String> {
    let beside = match destination {
        Destination::Stream => return None,
        Destination::File(path) => folder_of(path),
        Destination::Objects(path) | Destination::Charts(path) | Destination::Packages(path) => {
            path
        }
    };
    let (mut files, mut secrets) = (BTreeSet::<PathBuf>::new(), BTreeSet::new());
    for file in &compiled.files {
        let OutputContent::Text(text) = &file.content else {
            continue;
        };
        let path = match file.path.as_deref().map(Path::new) {
            Some(path) if path.starts_with(OWN_FOLDER) => continue,
            Some(path) => shown(&beside.join(path), file.is_path_hidden).into_owned(),
            None => destination.path().to_owned(),
        };
        let found = text.secrets().map(|it| (&it.object, &it.name));
        let before = secrets.len();
        secrets.extend(found);
        if secrets.len() > before || text.is_secret() {
            files.insert(path);
        }
    }
    let first = files.first()?;
    let is_apart = first.file_stem() == Some(OsStr::new("secrets"));
    let (files, hold, them) = match files.len() - 1 {
        0 => (format!("`{}`", first.display()), "holds", "it"),
        more => {
            let more = count(more, "other file");
            (format!("`{}` and {more}", first.display()), "hold", "them")
        }
    };
    let secrets = count(secrets.len(), "secret");
    let is_open = || {
        let open = folder::open(gates, beside).ok().flatten();
        let name = first.file_name().and_then(OsStr::to_str);
        matches!((open, name), (Some(open), Some(name)) if is_exposed(&open, name))
    };
    let advice = if is_apart && matches!(destination, Destination::Objects(_)) && is_open() {
        let ignore = beside.join(IGNORE);
        format!(
            "; `{}` does not keep it out of version control",
            ignore.display()
        )
    } else if is_apart {
        String::new()
    } else {
        format!("; `--secrets separate` and `--secrets external` keep secrets out of {them}")
    };
    Some(format!(
        "{files} {hold} {secrets}: do not commit {them}{advice}"
    ))
}
