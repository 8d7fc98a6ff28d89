//! `generate --check` and `--diff`: what a run would change, without changing it. No secret is shown,
//! neither of this run nor of an earlier one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use score_compiler::{Compiled, OutputContent, OutputFile, ProjectKey, Target, Text};

use crate::Outcome;
use crate::args::Generate;
use crate::console::{self, Console};
use crate::difference::difference;
use crate::disk::{OWN_FOLDER, read};
use crate::failure::Failure;
use crate::folder::MARK;
use crate::generate::{env_file, merged, needs_key, rendered};
use crate::hide::hidden;
use crate::key;
use crate::place::Place;
use crate::report::count;
use crate::write::{Output, folder_of, leftovers};

/// Compares what a run would write with what is there.
pub(crate) fn run(
    compiled: &Compiled,
    target: &Target,
    root: &Path,
    place: &Place,
    args: &Generate,
    console: &Console,
) -> Result<Outcome, Failure> {
    if matches!(place, Place::Stream) {
        return Err(
            Failure::new("there is no file to compare with on standard output")
                .help("name the file by `-o FILE`, or leave out `--check` and `--diff`"),
        );
    }
    let own = folder_of(place.path()).join(OWN_FOLDER).join("compose");
    let Compared {
        mut outputs,
        stale,
        absent,
    } = compared(compiled, root, place)?;
    if args.diff {
        let texts = texts(compiled, place);
        for output in outputs.iter().filter(|it| !it.is_own() && !it.is_current()) {
            let text = texts.get(Path::new(output.name())).copied();
            diff(output, place, text).show(console)?;
        }
    }
    if let Some(path) = env_file(target, args) {
        outputs.extend(merged(compiled, path)?);
    }
    let mut changes = changes(&outputs);
    changes.extend(stale.iter().map(|path| left_over(path)));
    if target.name == "compose" {
        changes.extend(gone(&own, &outputs)?);
    }
    for change in &changes {
        console.done(change);
    }
    if let Some(path) = absent.first() {
        let note = if path.starts_with(&own) {
            let files = count(absent.len(), "file");
            let own = own.display();
            format!("`{own}` is not there, so the {files} in it were not compared")
        } else {
            let path = path.display();
            format!("`{path}` is not there, and was not compared")
        };
        console.note(&note);
    }
    if changes.is_empty() {
        console.done(&format!("{} is up to date", place.path().display()));
    }
    Ok(if args.check && !changes.is_empty() {
        Outcome::Stale
    } else {
        Outcome::Fine
    })
}

/// What is compared, and what cannot be.
#[derive(Debug)]
struct Compared {
    /// What would be written.
    outputs: Vec<Output>,
    /// What would be removed from a folder.
    stale: Vec<PathBuf>,
    /// What would be written, but is not under version control and so missing in a fresh checkout.
    absent: BTreeSet<PathBuf>,
}

/// The folder that paths of files are relative to.
fn folder(place: &Place) -> &Path {
    match place {
        Place::Stream | Place::File(_) => folder_of(place.path()),
        Place::Objects(folder) | Place::Charts(folder) | Place::Packages(folder) => folder,
    }
}

fn compared(compiled: &Compiled, root: &Path, place: &Place) -> Result<Compared, Failure> {
    let folder = folder(place);
    let is_fresh = !folder.join(OWN_FOLDER).join("compose").is_dir();
    let is_there = |file: &OutputFile| match file.path.as_deref().map(Path::new) {
        Some(path) if path.starts_with(OWN_FOLDER) => !is_fresh,
        Some(path) if path.file_stem() == Some(OsStr::new("secrets")) => folder.join(path).exists(),
        _ => true,
    };
    let key = key(compiled, root, is_there)?;
    let (mut outputs, stale) = match place.change(compiled.files.clone(), key.as_ref())? {
        Some(change) => (change.outputs, change.stale),
        None => (rendered(compiled, place.path(), key.as_ref())?, Vec::new()),
    };
    let absent = compiled.files.iter().filter(|file| !is_there(file));
    let absent = absent.filter_map(|file| Some(folder.join(file.path.as_ref()?)));
    let absent: BTreeSet<PathBuf> = absent.collect();
    outputs.retain(|output| !absent.contains(Path::new(output.name())));
    Ok(Compared {
        outputs,
        stale,
        absent,
    })
}

/// The project key, if a file that is compared needs it.
fn key(
    compiled: &Compiled,
    root: &Path,
    is_compared: impl Fn(&OutputFile) -> bool,
) -> Result<Option<ProjectKey>, Failure> {
    let mut files = compiled.files.iter();
    let needed = files.any(|file| needs_key(file) && is_compared(file));
    needed.then(|| key::need(root)).transpose()
}

/// What is to be written and is not there already.
fn changes(outputs: &[Output]) -> Vec<String> {
    let stale = outputs.iter().filter(|output| !output.is_current());
    stale
        .map(|output| {
            let is = if output.path.exists() {
                "differs"
            } else {
                "is missing"
            };
            format!("{} {is}", output.name())
        })
        .collect()
}

/// What is there and would be removed.
fn gone(own: &Path, outputs: &[Output]) -> Result<Vec<String>, Failure> {
    let keep: IndexSet<&Path> = outputs.iter().map(|output| output.path.as_path()).collect();
    let gone: Vec<PathBuf> = leftovers(own, &keep).map_err(|error| Failure::read(own, &error))?;
    Ok(gone.iter().map(|path| left_over(path)).collect())
}

fn left_over(path: &Path) -> String {
    format!("{} is left over", path.display())
}

/// How the main file would change.
#[derive(Debug)]
enum Diff {
    /// Lines to remove and to add.
    Lines(String),
    /// Why there are no lines.
    Hidden(String),
}

impl Diff {
    fn show(&self, console: &Console) -> Result<(), Failure> {
        match self {
            Diff::Lines(lines) => console::lines(lines)?,
            Diff::Hidden(reason) => console.note(reason),
        }
        Ok(())
    }
}

fn diff(output: &Output, place: &Place, text: Option<&Text>) -> Diff {
    let name = output.name();
    let hidden_because =
        |reason: &str| Diff::Hidden(format!("the lines of `{name}` are not shown: {reason}"));
    let old = read(&output.path).unwrap_or_default();
    let (Ok(old), Some(text)) = (String::from_utf8(old), text) else {
        return hidden_because("it is not text");
    };
    // A file of a chart that somebody else has written is not replaced at all.
    let is_chart = matches!(place, Place::Charts(_));
    if !old.is_empty() && !is_chart && !old.starts_with(MARK) {
        return hidden_because("it was not written by score-rs, and secrets may be in it");
    }
    // Templates hold no secrets, and are no YAML. What somebody has written into the values of a chart
    // may be a secret.
    let is_template =
        is_chart && output.path.file_name() != Some(OsStr::new("values.yaml")) && !text.is_secret();
    let shown = if is_template {
        Some((old.clone(), text.redact()))
    } else {
        hidden(&old, text)
    };
    let Some((before, after)) = shown else {
        return hidden_because("it cannot be read, and secrets may be in it");
    };
    if before == after {
        return hidden_because(if old.as_bytes() == output.bytes {
            "only its permissions change"
        } else {
            "only secrets in it change"
        });
    }
    Diff::Lines(difference((name, &before), (name, &after)))
}

/// The texts of the files by their paths, sealed.
fn texts<'a>(compiled: &'a Compiled, place: &Place) -> BTreeMap<PathBuf, &'a Text> {
    let folder = folder(place);
    let texts = compiled.files.iter().filter_map(|file| {
        let path = match &file.path {
            Some(path) => folder.join(path),
            None => place.path().to_owned(),
        };
        match &file.content {
            OutputContent::Text(text) => Some((path, text)),
            OutputContent::Binary(_) => None,
        }
    });
    texts.collect()
}
