//! `generate --check` and `--diff`: shows the changes that a run would make, without making them.
//! Secrets are never shown, neither those of this run nor those of an earlier one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use score_compiler::ir::Sealed;
use score_compiler::{OutputFile, Text};
use score_spec::Code;

use crate::host::{OWN_FOLDER, key};
use crate::output::destination::Destination;
use crate::output::file::{Output, shown};
use crate::output::folder;
use crate::output::hide::hidden;
use crate::output::object_folder::{self, SECRETS};
use crate::output::rendering::{Rendering, needs_key, text};
use crate::output::write::Changes;
use crate::report::console::Console;
use crate::report::difference::difference;
use crate::report::failure::{About, Failure};
use crate::report::human::count;

/// Prints the files that differ from existing ones, and with `shows_lines` the lines that change.
/// Returns whether there is any difference.
pub(crate) fn run(run: Rendering, shows_lines: bool, console: &Console) -> Result<bool, Failure> {
    if matches!(run.destination, Destination::Stream) {
        return Err(Failure::new("standard output cannot be compared")
            .help("name the file with `-o FILE`, or remove `--check` and `--diff`"));
    }
    let path = run.destination.path().display();
    if run.lacks_folder() {
        console.done(&format!("{path} is missing"));
        return Ok(true);
    }
    let mut findings = run.compiled.diagnostics.iter();
    if findings.any(|it| it.code == Code::StateUnknownAnswer) {
        console.note(&format!(
            "{path} was not compared, because answers of commands are not known"
        ));
        return Ok(true);
    }
    let (changes, absent) = compared(run)?;
    let is_hidden = changes.has_hidden_names();
    let Changes { mut outputs, stale } = changes;
    for output in &outputs {
        output.check(run.permission)?;
    }
    if shows_lines {
        show_lines(run, &outputs, console)?;
    }
    outputs.extend(run.env_file()?);
    let differing = outputs.iter().filter(|output| !output.is_current());
    let differing = differing.map(|output| {
        let is = output.kind().map_or("is missing", |_| "differs");
        format!("{} {is}", output.shown().display())
    });
    let secrets = object_folder::secrets(run).filter(|path| {
        let is_file = matches!(run.destination, Destination::File(_));
        is_file && outputs.iter().any(|output| output.path == *path)
    });
    let left_over = stale.iter().map(|(folder, inner)| {
        let path = folder.path().join(inner);
        format!("{} is left over", shown(&path, is_hidden).display())
    });
    let changes: Vec<String> = differing.chain(left_over).collect();
    for change in &changes {
        console.done(change);
    }
    note_absent(&absent, console);
    if changes.is_empty() {
        console.done(&match secrets {
            None => format!("{path} is up to date"),
            Some(secrets) => format!("{path} and {} are up to date", secrets.display()),
        });
    }
    Ok(!changes.is_empty())
}

/// Rejects a run that would replace a file which it must not replace.
pub(crate) fn require_permission(run: Rendering) -> Result<(), Failure> {
    if matches!(run.destination, Destination::Stream) || run.lacks_folder() {
        return Ok(());
    }
    if matches!(run.destination, Destination::File(_)) && run.compiled.files.len() == 1 {
        return run.main()?.check(run.permission);
    }
    // The contents do not matter, so no key is needed.
    let folder = folder::open(run.gates, run.destination.folder())?;
    let plan = run
        .destination
        .plan(&run.compiled.files, None, folder.as_ref())?;
    let outputs = match plan {
        Some(plan) => plan.changes.outputs,
        None => run.files(None)?,
    };
    let mut outputs = outputs.iter();
    outputs.try_for_each(|output| output.check(run.permission))
}

/// The changes of a run, and the files that cannot be compared because they are missing. Files that
/// are not under version control are missing in a fresh checkout.
fn compared(run: Rendering<'_>) -> Result<(Changes<'_>, BTreeSet<PathBuf>), Failure> {
    let folder = folder::open(run.gates, run.destination.folder())?;
    let is_absent = |file: &OutputFile| {
        let inner = match file.path.as_deref().map(Path::new) {
            Some(inner) if inner.starts_with(OWN_FOLDER) => inner.iter().take(2).collect(),
            Some(inner) if SECRETS.iter().any(|it| inner == Path::new(it)) => inner.to_owned(),
            _ => return Ok(false),
        };
        let Some(folder) = &folder else {
            return Ok(true);
        };
        let kind = folder
            .kind_at(&inner)
            .reading(&folder.path().join(&inner))?;
        Ok::<_, Failure>(kind.is_none())
    };
    let files = &run.compiled.files;
    let mut absent = BTreeSet::new();
    let mut needs_key = false;
    for file in files {
        if is_absent(file)? {
            absent.insert(run.destination.path_of(file));
        } else {
            needs_key |= self::needs_key(file);
        }
    }
    let key = needs_key.then(|| key::need(run.gates));
    let key = key.transpose()?;
    let plan = run.destination.plan(files, key.as_ref(), folder.as_ref())?;
    let mut changes = if let Some(plan) = plan {
        plan.changes
    } else {
        let outputs = run.files(key.as_ref())?;
        let stale = run.left_over(&outputs)?;
        Changes { outputs, stale }
    };
    changes.outputs.retain(|it| !absent.contains(&it.path));
    Ok((changes, absent))
}

/// Prints a note about the files that were not compared: their folder, or else the first one.
fn note_absent(absent: &BTreeSet<PathBuf>, console: &Console) {
    let is_own = |part: &&OsStr| *part == OWN_FOLDER;
    let own: Vec<&PathBuf> = absent
        .iter()
        .filter(|it| it.iter().any(|it| is_own(&it)))
        .collect();
    if let Some(first) = own.first() {
        let until = first.iter().position(|it| is_own(&it)).unwrap_or_default() + 2;
        let folder: PathBuf = first.iter().take(until).collect();
        let (folder, files) = (folder.display(), count(own.len(), "file"));
        console.note(&format!(
            "`{folder}` does not exist, so the {files} in it were not compared"
        ));
    } else if let Some(path) = absent.first() {
        let path = path.display();
        console.note(&format!("`{path}` does not exist and was not compared"));
    }
}

/// Prints the changed lines of files.
fn show_lines(run: Rendering, outputs: &[Output], console: &Console) -> Result<(), Failure> {
    let files = run.compiled.files.iter();
    let texts = files.filter_map(|file| Some((run.destination.path_of(file), text(file)?)));
    let texts: BTreeMap<PathBuf, &Text<Sealed>> = texts.collect();
    let is_shown = |output: &&Output| !output.is_private() && !output.is_current();
    for output in outputs.iter().filter(is_shown) {
        // A package is not text. Other files without a sealed text are written by this program and
        // contain no secrets.
        let plain = || String::from_utf8(output.bytes.to_vec()).unwrap_or_default();
        let text = texts.get(&output.path);
        let text = text.map_or_else(|| plain().into(), |text| (*text).clone());
        match diff(output, run.destination, &text) {
            Ok(lines) => console.diff(&lines)?,
            Err(reason) => {
                let name = output.shown();
                let name = name.display();
                console.note(&format!("the lines of `{name}` are not shown: {reason}"));
            }
        }
    }
    Ok(())
}

/// The changed lines, or the reason why they are not shown.
fn diff(
    output: &Output,
    destination: &Destination,
    text: &Text<Sealed>,
) -> Result<String, &'static str> {
    let old = output.before().unwrap_or_default();
    let old = String::from_utf8(old).map_err(|_| "it is not text")?;
    if !old.is_empty() && !output.replaces_ours() {
        return Err("it was not written by score-rs and can contain secrets");
    }
    // Templates contain no secrets, and are not valid YAML. The values of a chart can contain
    // secrets that the user has added.
    let is_values = output.path.file_name() == Some(OsStr::new("values.yaml"));
    let is_template =
        matches!(destination, Destination::Charts(_)) && !is_values && !text.is_secret();
    let shown = if is_template {
        Some((old.clone(), text.redact()))
    } else {
        hidden(&old, text)
    };
    let (before, after) = shown.ok_or("it cannot be read and can contain secrets")?;
    if before != after {
        let name = output.shown().display().to_string();
        return Ok(difference((&name, &before), (&name, &after)));
    }
    Err(if *old.as_bytes() == *output.bytes {
        "only its permissions change"
    } else {
        "only secrets in it change"
    })
}
