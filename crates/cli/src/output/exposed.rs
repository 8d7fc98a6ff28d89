//! A note about files with secrets that could be committed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::host::OWN_FOLDER;
use crate::output::destination::Destination;
use crate::output::file::shown;
use crate::output::folder;
use crate::output::object_folder::{IGNORE, is_exposed};
use crate::output::rendering::{Rendering, text};
use crate::report::human::count;

/// The files with secrets, the number of secrets, and advice. Files in `.score-rs` are not
/// mentioned, because version control ignores them. Neither is standard output.
pub(crate) fn note(run: Rendering) -> Option<String> {
    if matches!(run.destination, Destination::Stream) {
        return None;
    }
    let (mut files, mut secrets) = (BTreeSet::<PathBuf>::new(), BTreeSet::new());
    for file in &run.compiled.files {
        let path = file.path.as_deref().map_or(Path::new(""), Path::new);
        let Some(text) = text(file).filter(|_| !path.starts_with(OWN_FOLDER)) else {
            continue;
        };
        let before = secrets.len();
        secrets.extend(text.secrets().map(|it| (&it.object, &it.name)));
        if secrets.len() > before || text.is_secret() {
            files.insert(shown(&run.destination.path_of(file), file.is_path_hidden).into_owned());
        }
    }
    let first = files.first()?;
    let (files, hold, them) = match files.len() - 1 {
        0 => (format!("`{}`", first.display()), "holds", "it"),
        more => {
            let more = count(more, "other file");
            (format!("`{}` and {more}", first.display()), "hold", "them")
        }
    };
    let secrets = count(secrets.len(), "secret");
    let advice = if first.file_stem() == Some(OsStr::new("secrets")) {
        not_ignored(run, first).unwrap_or_default()
    } else {
        format!("; `--secrets separate` and `--secrets external` keep secrets out of {them}")
    };
    Some(format!(
        "{files} {hold} {secrets}: do not commit {them}{advice}"
    ))
}

/// A note if the `.gitignore` of the user in a folder of objects does not exclude the file with
/// secrets.
fn not_ignored(run: Rendering, secrets: &Path) -> Option<String> {
    let Destination::Objects(path) = run.destination else {
        return None;
    };
    let folder = folder::open(run.gates, path).ok().flatten()?;
    let ignore = path.join(IGNORE);
    is_exposed(&folder, secrets.file_name()?.to_str()?).then(|| {
        let ignore = ignore.display();
        format!("; `{ignore}` does not exclude it from version control")
    })
}
