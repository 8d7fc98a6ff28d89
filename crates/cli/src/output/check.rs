//! `generate --check` and `--diff`: what a run would change, without changing it. No secret is shown,
//! neither of this run nor of an earlier one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use score_compiler::{OutputContent, OutputFile, ProjectKey, Rendered, Sealed, Target, Text};

use score_spec::Code;

use crate::Outcome;
use crate::args::Generate;
use crate::commands::generate::{Files, env_file, merged, needs_key};
use crate::host::Gates;
use crate::host::disk::OWN_FOLDER;
use crate::host::key;
use crate::output::destination::Destination;
use crate::output::folder;
use crate::output::hide::hidden;
use crate::output::write::{Changes, Output, Permission, folder_of};
use crate::report::console::{self, Console};
use crate::report::difference::difference;
use crate::report::failure::Failure;
use crate::report::human::count;

/// Compares what a run would write with what is there.
pub(crate) fn run(
    compiled: &Rendered,
    target: &dyn Target,
    gates: &Gates,
    destination: &Destination,
    (args, permission): (&Generate, &Permission),
    console: &Console,
) -> Result<Outcome, Failure> {
    if matches!(destination, Destination::Stream) {
        return Err(
            Failure::new("there is no file to compare with on standard output")
                .help("name the file by `-o FILE`, or leave out `--check` and `--diff`"),
        );
    }
    let run = Run {
        compiled,
        target,
        gates,
        destination,
    };
    if is_unknown(compiled) {
        let path = destination.path().display();
        console.note(&format!(
            "{path} was not compared, since answers of commands are not known"
        ));
        return Ok(if args.check {
            Outcome::Stale
        } else {
            Outcome::Fine
        });
    }
    let Compared {
        mut outputs,
        stale,
        absent,
    } = run.compared()?;
    for output in &outputs {
        output.check(permission)?;
    }
    if args.diff {
        let texts = texts(compiled, destination);
        let shown = outputs
            .iter()
            .filter(|it| !it.is_private() && !it.is_current());
        for output in shown {
            // A package is no text. Files of this program itself have no secrets.
            let plain = String::from_utf8(output.bytes.clone()).unwrap_or_default();
            let text = texts
                .get(output.path())
                .map_or_else(|| plain.into(), |it| (*it).clone());
            diff(output, destination, &text).show(console)?;
        }
    }
    if let Some(path) = env_file(target, args) {
        outputs.extend(merged(compiled, path, gates, permission)?);
    }
    let mut changes = changes(&outputs);
    changes.extend(stale.iter().map(|path| left_over(path)));
    for change in &changes {
        console.done(change);
    }
    if let Some(path) = absent.first() {
        let own = absent
            .iter()
            .filter(|path| path.iter().any(|it| it == OWN_FOLDER));
        let own: Vec<&PathBuf> = own.collect();
        let note = if let [first, ..] = own.as_slice() {
            let parts = first.iter().take_while(|it| *it != OWN_FOLDER);
            let name = first.iter().skip_while(|it| *it != OWN_FOLDER).nth(1);
            let folder: PathBuf = parts.chain([OsStr::new(OWN_FOLDER)]).chain(name).collect();
            let files = count(own.len(), "file");
            let own = folder.display();
            format!("`{own}` is not there, so the {files} in it were not compared")
        } else {
            let path = path.display();
            format!("`{path}` is not there, and was not compared")
        };
        console.note(&note);
    }
    if changes.is_empty() {
        console.done(&format!("{} is up to date", destination.path().display()));
    }
    Ok(if args.check && !changes.is_empty() {
        Outcome::Stale
    } else {
        Outcome::Fine
    })
}

/// Whether something that outputs are made of is not known.
fn is_unknown(compiled: &Rendered) -> bool {
    let mut found = compiled.diagnostics.iter();
    found.any(|it| it.code == Code::StateUnknownAnswer)
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

/// A run whose output is compared.
#[derive(Clone, Copy)]
struct Run<'a> {
    compiled: &'a Rendered,
    target: &'a dyn Target,
    gates: &'a Gates,
    destination: &'a Destination,
}

impl Run<'_> {
    fn compared(self) -> Result<Compared, Failure> {
        let (path, folder) = match self.destination {
            Destination::Stream | Destination::File(_) => {
                let path = folder_of(self.destination.path());
                let open = if path.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    path
                };
                (path, folder::open(self.gates, open)?)
            }
            Destination::Objects(path)
            | Destination::Charts(path)
            | Destination::Packages(path) => (path.as_path(), folder::open(self.gates, path)?),
        };
        let is_there = |file: &OutputFile| {
            let Some(inner) = file.path.as_deref().map(Path::new) else {
                return true;
            };
            let exists = |inner: &Path| {
                let kind = folder.as_ref().map(|folder| folder.kind_at(inner));
                kind.and_then(Result::ok).flatten().is_some()
            };
            if inner.starts_with(OWN_FOLDER) {
                exists(&inner.iter().take(2).collect::<PathBuf>())
            } else if inner.file_stem() == Some(OsStr::new("secrets")) {
                exists(inner)
            } else {
                true
            }
        };
        let key = self.key(is_there)?;
        let plan = self
            .destination
            .plan(&self.compiled.files, key.as_ref(), folder.as_ref())?;
        let changes = match (plan, self.destination) {
            (Some(plan), _) => plan.changes,
            (None, destination) => {
                let files = Files {
                    compiled: self.compiled,
                    target: self.target,
                    gates: self.gates,
                    output: destination.path(),
                };
                let outputs = files.rendered(key.as_ref())?;
                Changes {
                    stale: files.left_over(&outputs)?,
                    outputs,
                }
            }
        };
        let mut outputs = changes.outputs;
        let stale = changes.stale.into_iter();
        let absent = self.compiled.files.iter().filter(|file| !is_there(file));
        let absent = absent.filter_map(|file| Some(path.join(file.path.as_ref()?)));
        let absent: BTreeSet<PathBuf> = absent.collect();
        outputs.retain(|output| !absent.contains(output.path()));
        Ok(Compared {
            outputs,
            stale: stale
                .map(|(folder, inner)| folder.path().join(inner))
                .collect(),
            absent,
        })
    }

    /// The project key, if a file that is compared needs it.
    fn key(self, is_compared: impl Fn(&OutputFile) -> bool) -> Result<Option<ProjectKey>, Failure> {
        let mut files = self.compiled.files.iter();
        let needed = files.any(|file| needs_key(file) && is_compared(file));
        needed.then(|| key::need(&self.gates.project)).transpose()
    }
}

/// What is to be written and is not there already.
fn changes(outputs: &[Output]) -> Vec<String> {
    let stale = outputs.iter().filter(|output| !output.is_current());
    stale
        .map(|output| {
            let is = match output.kind() {
                Some(_) => "differs",
                None => "is missing",
            };
            format!("{} {is}", output.shown().display())
        })
        .collect()
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

fn diff(output: &Output, destination: &Destination, text: &Text<Sealed>) -> Diff {
    let name = output.shown().display().to_string();
    let name = name.as_str();
    let hidden_because =
        |reason: &str| Diff::Hidden(format!("the lines of `{name}` are not shown: {reason}"));
    let old = output.before().unwrap_or_default();
    let Ok(old) = String::from_utf8(old) else {
        return hidden_because("it is not text");
    };
    if !old.is_empty() && !output.replaces_ours() {
        return hidden_because("it was not written by score-rs, and secrets may be in it");
    }
    // Templates hold no secrets, and are no YAML. What somebody has written into the values of a chart
    // may be a secret.
    let is_values = output.path().file_name() == Some(OsStr::new("values.yaml"));
    let is_template =
        matches!(destination, Destination::Charts(_)) && !is_values && !text.is_secret();
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
fn texts<'a>(
    compiled: &'a Rendered,
    destination: &Destination,
) -> BTreeMap<PathBuf, &'a Text<Sealed>> {
    let folder = match destination {
        Destination::Stream | Destination::File(_) => folder_of(destination.path()),
        Destination::Objects(folder)
        | Destination::Charts(folder)
        | Destination::Packages(folder) => folder,
    };
    let texts = compiled.files.iter().filter_map(|file| {
        let path = match &file.path {
            Some(path) => folder.join(path),
            None => destination.path().to_owned(),
        };
        match &file.content {
            OutputContent::Text(text) => Some((path, text)),
            OutputContent::Binary(_) => None,
        }
    });
    texts.collect()
}
