//! `generate --check` and `--diff`: what a run would change, without changing it. No secret is shown,
//! neither of this run nor of an earlier one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use score_compiler::{Compiled, OutputFile, ProjectKey, Target};
use score_spec::{Node, Sources, parse};
use similar::TextDiff;

use crate::Outcome;
use crate::args::Generate;
use crate::console::{self, Console};
use crate::disk::{OWN_FOLDER, read};
use crate::failure::Failure;
use crate::folder::MARK;
use crate::generate::{env_file, merged, needs_key, rendered};
use crate::key;
use crate::place::Place;
use crate::report::count;
use crate::write::{Output, folder_of, leftovers};

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

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
        key,
        mut outputs,
        stale,
        absent,
    } = compared(compiled, root, place)?;
    if args.diff {
        for output in outputs.iter().filter(|it| !it.is_own() && !it.is_current()) {
            diff(output, place, compiled, key.as_ref()).show(console)?;
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
    /// The project key, if it is needed or there.
    key: Option<ProjectKey>,
    /// What would be written.
    outputs: Vec<Output>,
    /// What would be removed from a folder.
    stale: Vec<PathBuf>,
    /// What would be written, but is not under version control and so missing in a fresh checkout.
    absent: BTreeSet<PathBuf>,
}

fn compared(compiled: &Compiled, root: &Path, place: &Place) -> Result<Compared, Failure> {
    let folder = match place {
        Place::Stream | Place::File(_) => folder_of(place.path()),
        Place::Objects(folder) | Place::Charts(folder) | Place::Packages(folder) => folder,
    };
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
        key,
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
    if files.any(|file| needs_key(file) && is_compared(file)) {
        key::need(root).map(Some)
    } else {
        // Nothing that is compared follows from it. With it, more can be redacted.
        Ok(key::find(root).unwrap_or_default())
    }
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
            Diff::Lines(lines) => console::result(lines.as_bytes())?,
            Diff::Hidden(reason) => console.note(reason),
        }
        Ok(())
    }
}

fn diff(output: &Output, place: &Place, compiled: &Compiled, key: Option<&ProjectKey>) -> Diff {
    let name = output.name();
    let hidden =
        |reason: &str| Diff::Hidden(format!("the lines of `{name}` are not shown: {reason}"));
    let old = read(&output.path).unwrap_or_default();
    let (Ok(old), Ok(new)) = (String::from_utf8(old), str::from_utf8(&output.bytes)) else {
        return hidden("it is not text");
    };
    // A file of a chart that somebody else has written is not replaced at all.
    let is_chart = matches!(place, Place::Charts(_));
    if !old.is_empty() && !is_chart && !old.starts_with(MARK) {
        return hidden("it was not written by score-rs, and secrets may be in it");
    }
    // Charts hold no secrets. What somebody has written into their values may be one.
    let is_values = output.path.file_name() == Some(OsStr::new("values.yaml"));
    let secrets = secrets(compiled, key);
    let redacted = |text: &str| {
        if is_chart && !is_values {
            return Some(text.to_owned());
        }
        redacted(text, &secrets)
    };
    let (Some(before), Some(after)) = (redacted(&old), redacted(new)) else {
        return hidden("it cannot be read, and secrets may be in it");
    };
    if before == after {
        return hidden(if old == new {
            "only its permissions change"
        } else {
            "only secrets in it change"
        });
    }
    let diff = TextDiff::from_lines(&before, &after);
    let mut diff = diff.unified_diff();
    Diff::Lines(diff.context_radius(3).header(name, name).to_string())
}

/// The values of all secrets of this run that can be told.
fn secrets(compiled: &Compiled, key: Option<&ProjectKey>) -> Vec<String> {
    let mut values = BTreeSet::new();
    for file in &compiled.files {
        if let score_compiler::OutputContent::Text(text) = &file.content {
            for secret in text.secrets() {
                if key.is_some() || secret.given().is_some() {
                    let alone = score_compiler::Segment::Secret(secret.clone());
                    values.insert(score_compiler::Text::from(alone).reveal(key));
                }
            }
        }
    }
    // Short ones would make holes everywhere, and stand only where they are looked for anyway.
    values
        .into_iter()
        .filter(|value| value.len() >= 8)
        .collect()
}

/// A text without secrets: without the values of `Secret` objects, which may be from an earlier run,
/// and without those of this one. Nothing if it cannot be read.
fn redacted(text: &str, secrets: &[String]) -> Option<String> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(&sources, id);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for value in parsed.documents.iter().flat_map(secret_values) {
        let range = value.span.range();
        out.push_str(text.get(done..range.start)?);
        out.push_str(REDACTED);
        done = range.end;
    }
    out.push_str(text.get(done..)?);
    Some(
        secrets
            .iter()
            .fold(out, |out, secret| out.replace(secret, REDACTED)),
    )
}

/// The values that an object keeps secret, in the order in which they stand.
fn secret_values(document: &Node) -> Vec<&Node> {
    let kind = document.get("kind").and_then(Node::text);
    let fields = ["data", "stringData"];
    let entries = document.entries().iter();
    let fields = entries.filter(|entry| fields.contains(&entry.key.as_str()));
    let values = fields.flat_map(|entry| entry.value.entries());
    let values = values.map(|entry| &entry.value);
    let values = values.filter(|_| kind == Some("Secret"));
    values.chain(chart_secrets(document)).collect()
}

/// The values of secrets among those of a chart: `secrets.*.values.*`.
fn chart_secrets(document: &Node) -> impl Iterator<Item = &Node> {
    let secrets = document.entries_at("secrets");
    let values = secrets
        .iter()
        .filter_map(|secret| secret.value.get("values"));
    values.flat_map(Node::entries).map(|entry| &entry.value)
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn no_value_of_a_secret_is_left() {
        let text = "kind: Secret\nstringData:\n  a: old\n  b: |\n    more\n    lines\n  c: ''\n---\n\
                    kind: ConfigMap\ndata:\n  a: open, but for hushhush\n";
        let expected = "kind: Secret\nstringData:\n  a: [redacted]\n  b: [redacted]\n  c: [redacted]\n---\n\
                        kind: ConfigMap\ndata:\n  a: open, but for [redacted]\n";
        let values = "secrets:\n  db:\n    values:\n      password: mine\n";
        let secrets = ["hushhush".to_owned()];
        assert_eq!(redacted(text, &secrets).as_deref(), Some(expected));
        let open = values.replace("mine", "[redacted]");
        assert_eq!(redacted(values, &[]), Some(open));
        assert_eq!(redacted("a: 1\na: 2", &[]), None);
    }
}
