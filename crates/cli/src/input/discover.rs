//! Finds the Score files of a command.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::host::{Folder, Gates, Kind, canonical, is_missing, or_here};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// The origin of a Score file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spec {
    /// Standard input.
    Stdin,
    /// A file, by its path in messages.
    File(PathBuf),
}

/// The Score files given by the arguments, without duplicates, or those of the working folder.
pub(crate) fn discover(
    arguments: &[PathBuf],
    gates: &mut Gates,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    if arguments.is_empty() {
        return search(Path::new(""), gates, console);
    }
    let mut specs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            specs.push(Spec::Stdin);
        } else if argument.is_dir() {
            let added = gates.add(argument);
            added.map_err(|error| Failure::read(argument, &error))?;
            specs.extend(search(argument, gates, console)?);
        } else {
            specs.push(Spec::File(argument.clone()));
        }
    }
    let mut seen = BTreeSet::new();
    specs.retain(|spec| match spec {
        Spec::Stdin => seen.insert(PathBuf::from("-")),
        Spec::File(path) => seen.insert(canonical(path)),
    });
    Ok(specs)
}

/// The `score.yaml` of a folder, or else all Score files below it.
fn search(folder: &Path, gates: &Gates, console: &Console) -> Result<Vec<Spec>, Failure> {
    let folder = if folder == Path::new(".") {
        Path::new("")
    } else {
        folder
    };
    let own = folder.join("score.yaml");
    match gates.locate(&own) {
        Ok(found) if found.kind == Some(Kind::File) => {
            note_others(&found.folder, console);
            return Ok(vec![Spec::File(own)]);
        }
        Ok(_) => {}
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(Failure::read(&own, &error)),
    }
    let fail = |error: io::Error| Failure::read(folder, &error);
    let open = gates
        .locate(or_here(folder))
        .and_then(crate::host::Located::into_folder);
    let mut found = Vec::new();
    walk(&*open.map_err(fail)?, folder, &mut found, console)?;
    if found.is_empty() {
        let place = match folder.to_str() {
            Some("") => "here".to_owned(),
            _ => format!("in `{}`", folder.display()),
        };
        return Err(Failure::new(format!(
            "there is no Score file {place} or below: no `score.yaml` and no `*.score.yaml`"
        ))
        .help("pass one, as in `score-rs generate web/app.yaml`, or write a sample with `score-rs init`"));
    }
    found.sort();
    Ok(found.into_iter().map(Spec::File).collect())
}

/// Prints a note if there are other Score files beside a `score.yaml`, which are not used.
fn note_others(folder: &Folder, console: &Console) {
    let entries = folder.entries().unwrap_or_default();
    let is_other = |name: &str| name.ends_with(".score.yaml") && !name.starts_with('.');
    let names = entries.iter().map(|(name, _)| name);
    let others = names.filter(|name| name.to_str().is_some_and(is_other));
    match others.count() {
        0 => {}
        1 => console.note(
            "only `score.yaml` is used; to use both Score files in the folder, pass \
         both of them",
        ),
        number => console.note(&format!(
            "only `score.yaml` is used; to use the {number} other Score files in its folder as \
             well, pass all of them"
        )),
    }
}

/// Adds the Score files below an open folder. Links are not followed.
fn walk(
    folder: &Folder,
    path: &Path,
    found: &mut Vec<PathBuf>,
    console: &Console,
) -> Result<(), Failure> {
    let shown = or_here(path);
    let entries = match folder.entries() {
        Ok(entries) => entries,
        // An example is the data folder of a database container, which may belong to another user.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            left_out(shown, console);
            return Ok(());
        }
        Err(error) => return Err(Failure::read(shown, &error)),
    };
    for (name, kind) in entries {
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let path = path.join(name);
        if kind == Kind::Folder && !matches!(name, "node_modules" | "target") {
            match folder.folder(name) {
                Ok(inner) => walk(&inner, &path, found, console)?,
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    left_out(&path, console);
                }
                Err(error) => return Err(Failure::read(&path, &error)),
            }
        } else if kind == Kind::File && (name == "score.yaml" || name.ends_with(".score.yaml")) {
            found.push(path);
        }
    }
    Ok(())
}

fn left_out(folder: &Path, console: &Console) {
    let folder = folder.display();
    console.note(&format!(
        "the folder `{folder}` is not readable and is skipped"
    ));
}
