//! Which Score files a command is about. Not: reading them.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::console::Console;
use crate::disk::canonical;
use crate::failure::Failure;

/// Where a spec comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spec {
    /// Standard input.
    Stdin,
    /// A file, by the path that messages name it by.
    File(PathBuf),
}

/// The Score files that arguments name, each once; without arguments those of the working folder.
pub(crate) fn discover(arguments: &[PathBuf], console: &Console) -> Result<Vec<Spec>, Failure> {
    if arguments.is_empty() {
        return search(Path::new(""), console);
    }
    let mut specs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            specs.push(Spec::Stdin);
        } else if argument.is_dir() {
            specs.extend(search(argument, console)?);
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

/// `score.yaml` in a folder, else the Score files below it.
fn search(folder: &Path, console: &Console) -> Result<Vec<Spec>, Failure> {
    let folder = if folder == Path::new(".") {
        Path::new("")
    } else {
        folder
    };
    let own = folder.join("score.yaml");
    if own.is_file() {
        note_others(folder, console);
        return Ok(vec![Spec::File(own)]);
    }
    let mut found = Vec::new();
    walk(folder, &mut found, console)?;
    if found.is_empty() {
        let place = match folder.to_str() {
            Some("") => "here".to_owned(),
            _ => format!("in `{}`", folder.display()),
        };
        return Err(Failure::new(format!(
            "there is no Score file {place}: no `score.yaml` or `*.score.yaml`, nor in the folders below"
        ))
        .help("name one, as in `score-rs generate web/app.yaml`, or write a sample with `score-rs init`"));
    }
    found.sort();
    Ok(found.into_iter().map(Spec::File).collect())
}

/// Says that other Score files beside a `score.yaml` are not taken.
fn note_others(folder: &Path, console: &Console) {
    let place = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let is_other = |name: &str| name.ends_with(".score.yaml") && !name.starts_with('.');
    let names = entries.map(|entry| entry.file_name());
    let others = names.filter(|name| name.to_str().is_some_and(is_other));
    match others.count() {
        0 => {}
        1 => console.note("only `score.yaml` was taken; name the other Score file in its folder as well to take both"),
        number => console.note(&format!(
            "only `score.yaml` was taken; name the {number} other Score files in its folder as well to take all"
        )),
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>, console: &Console) -> Result<(), Failure> {
    let place = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        // Such as the data of a database that a container left behind.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let place = place.display();
            console.note(&format!(
                "the folder `{place}` may not be read and is left out"
            ));
            return Ok(());
        }
        Err(error) => return Err(Failure::read(place, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Failure::read(place, &error))?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let path = folder.join(name);
        // This does not follow links.
        let kind = entry
            .file_type()
            .map_err(|error| Failure::read(&path, &error))?;
        if kind.is_dir() && !matches!(name, "node_modules" | "target") {
            walk(&path, found, console)?;
        } else if kind.is_file() && (name == "score.yaml" || name.ends_with(".score.yaml")) {
            found.push(path);
        }
    }
    Ok(())
}
