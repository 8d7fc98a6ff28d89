//! Finds the Score files of a command.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use score_compiler::templates::TemplateFile;
use score_spec::diagnostic::listed;

use crate::host::{
    Folder, Gates, Kind, PROJECT_FILE, Pending, Shared, canonical, folder_of, is_missing, is_spec,
    or_here,
};
use crate::input::near::{folder_above, near_spec};
use crate::input::project::Project;
use crate::input::templates::FOLDER as TEMPLATES;
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

impl Spec {
    /// The path of a file; `None` for standard input.
    pub(crate) fn into_path(self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin => None,
        }
    }
}

/// The files that a search has found.
#[derive(Debug, Default)]
struct Found {
    specs: Vec<PathBuf>,
    /// Project files below the folder of the search.
    projects: Vec<PathBuf>,
}

/// The Score files given by the arguments, without duplicates, or those of the working folder.
pub(crate) fn discover(
    arguments: &[PathBuf],
    project: &mut Project,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    let mut projects = Vec::new();
    let specs = specs(arguments, &mut project.gates, &mut projects, console)?;
    if let (None, Some(first)) = (project.file, projects.first()) {
        let others = match projects.len() - 1 {
            0 => String::new(),
            number => format!(" ({number} more below)"),
        };
        let (first, folder) = (first.display(), folder_of(first).display());
        console.note(&format!(
            "`{first}` is not used{others}: it applies to runs for Score files in its folder, as in \
             `score-rs generate {folder}`"
        ));
    }
    Ok(specs)
}

/// The Score files of a folder and those that are not written yet. There need not be any.
pub(crate) fn with_pending(
    folder: &Path,
    pending: &Pending,
    gates: &mut Gates,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    let new = pending.specs().map(|path| Spec::File(path.to_owned()));
    let mut specs: Vec<Spec> = new.collect();
    if !pending.is_alone() {
        gates
            .add(folder)
            .map_err(|error| Failure::read(folder, &error))?;
        let found = search_any(folder, gates, &mut Vec::new(), console)?;
        specs.extend(found.unwrap_or_default());
    }
    Ok(specs)
}

/// The same, and the project files below folders that are searched.
fn specs(
    arguments: &[PathBuf],
    gates: &mut Gates,
    projects: &mut Vec<PathBuf>,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    if arguments.is_empty() {
        return search(Path::new(""), gates, projects, console);
    }
    let mut specs = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            specs.push(Spec::Stdin);
        } else if argument.is_dir() {
            let added = gates.add(argument);
            added.map_err(|error| Failure::read(argument, &error))?;
            specs.extend(search(argument, gates, projects, console)?);
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
fn search(
    folder: &Path,
    gates: &Gates,
    projects: &mut Vec<PathBuf>,
    console: &Console,
) -> Result<Vec<Spec>, Failure> {
    match search_any(folder, gates, projects, console)? {
        Ok(specs) => Ok(specs),
        Err(open) => Err(no_spec(&open, folder, gates)),
    }
}

/// The same. If there are no Score files, returns the open folder.
fn search_any(
    folder: &Path,
    gates: &Gates,
    projects: &mut Vec<PathBuf>,
    console: &Console,
) -> Result<Result<Vec<Spec>, Shared>, Failure> {
    let folder = if folder == Path::new(".") {
        Path::new("")
    } else {
        folder
    };
    let own = folder.join("score.yaml");
    match gates.locate(&own) {
        Ok(found) if found.kind == Some(Kind::File) => {
            note_others(&found.folder, console);
            return Ok(Ok(vec![Spec::File(own)]));
        }
        Ok(_) => {}
        Err(error) if is_missing(&error) => {}
        Err(error) => return Err(Failure::read(&own, &error)),
    }
    let fail = |error: io::Error| Failure::read(folder, &error);
    let open = gates
        .locate(or_here(folder))
        .and_then(crate::host::Located::into_folder);
    let open = open.map_err(fail)?;
    let mut found = Found::default();
    walk(&open, folder, &mut found, console)?;
    if found.specs.is_empty() {
        return Ok(Err(open));
    }
    found.specs.sort();
    found.projects.sort();
    projects.extend(found.projects);
    Ok(Ok(found.specs.into_iter().map(Spec::File).collect()))
}

/// The failure to find a Score file, with the files that were probably meant.
fn no_spec(open: &Folder, folder: &Path, gates: &Gates) -> Failure {
    let is_here = folder == Path::new("");
    let place = if is_here {
        "here".to_owned()
    } else {
        format!("in `{}`", folder.display())
    };
    let failure = Failure::new(format!(
        "there is no Score file {place} or below: no `score.yaml` and no `*.score.yaml`"
    ));
    if let Some(help) = near_spec(open, folder, gates) {
        return failure.help(help);
    }
    match is_here.then(folder_above).flatten() {
        Some(above) => {
            let above = above.display();
            failure.help(format!("`{above}` has Score files; use them with `-C {above}`"))
        }
        None => failure.help("pass one, as in `score-rs generate web/app.yaml`, or write a sample with `score-rs init`"),
    }
}

/// Prints a note that names the other Score files beside a `score.yaml`, which are not used.
fn note_others(folder: &Folder, console: &Console) {
    let entries = folder.entries().unwrap_or_default();
    let is_other = |name: &str| name.ends_with(".score.yaml") && !name.starts_with('.');
    let names = entries.iter().filter_map(|(name, _)| name.to_str());
    let mut others: Vec<&str> = names.filter(|name| is_other(name)).collect();
    others.sort_unstable();
    if !others.is_empty() {
        let them = if others.len() == 1 { "it" } else { "them" };
        let others = listed(others);
        console.note(&format!(
            "only `score.yaml` is used, not {others} beside it; to use {them} as well, pass all files"
        ));
    }
}

/// Adds the Score files below an open folder. Links are not followed.
fn walk(folder: &Folder, path: &Path, found: &mut Found, console: &Console) -> Result<(), Failure> {
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
    // The Score files of a template are not workloads yet.
    let is_about =
        |(name, kind): &(OsString, Kind)| name == TemplateFile::ABOUT && *kind == Kind::File;
    if folder_of(path).ends_with(TEMPLATES) && entries.iter().any(is_about) {
        return Ok(());
    }
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
        } else if kind == Kind::File && is_spec(Path::new(name)) {
            found.specs.push(path);
        } else if kind == Kind::File && name == PROJECT_FILE {
            found.projects.push(path);
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
