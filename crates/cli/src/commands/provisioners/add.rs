//! `score-rs packages add`.

use std::fs;
use std::path::Path;

use crate::args::Add;
use crate::commands::Outcome;
use crate::commands::provisioners::install::restore;
use crate::host::{Gate, LOCK_FILE, canonical, name, relative};
use crate::input::project::Project;
use crate::packages::{
    Change, Lock, NamedBy, Package, Source, check, choose, fetch, is_intact, open,
};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Installs a package and pins it.
pub(crate) fn add(args: &Add, console: &Console) -> Result<Outcome, Failure> {
    let (root, project) = Project::here()?;
    let Some(lock) = open(&project, console)? else {
        return Ok(Outcome::Errors);
    };
    let (source, derived) = package_source(&args.source, &root)?;
    let name = args.name.clone().or(derived).ok_or_else(|| {
        Failure::new(format!(
            "the package name cannot be derived from `{source}`"
        ))
        .help("set it with `--name`")
    })?;
    add_package(&project, &lock, &name, source, console)
}

/// Installs a package with a name and pins it.
pub(crate) fn add_package(
    project: &Gate,
    lock: &Lock,
    name: &str,
    source: Source,
    console: &Console,
) -> Result<Outcome, Failure> {
    if let Some(known) = lock.get(name) {
        if known.source == source {
            return again(project, lock, known, console);
        }
        if known.source.origin() != source.origin() {
            let problem = format!(
                "the package `{name}` already exists, from `{}`",
                known.source
            );
            return Err(Failure::new(problem).help(format!(
                "set another name with `--name`, or remove the existing package with `score-rs \
                 packages remove {name}`"
            )));
        }
    }
    let mut fetched = fetch(&source, None, project)?;
    let files = choose(&mut fetched, &source, console)?;
    let resolved = fetched.resolved.take();
    drop(fetched);
    let Some(contents) = check(name, &files, NamedBy::User, console) else {
        return Ok(Outcome::Errors);
    };
    let package = Package::new(name, source, resolved, &files);
    Change::new(project, lock)
        .with_files(name, files)
        .with_lock(lock.clone().with(package))
        .apply()?;
    console.done(&format!(
        "added {name}, which {contents}; commit {LOCK_FILE}"
    ));
    Ok(Outcome::Fine)
}

/// Handles a package that is already locked: installs it if its files are missing or changed.
fn again(
    project: &Gate,
    lock: &Lock,
    package: &Package,
    console: &Console,
) -> Result<Outcome, Failure> {
    if !is_intact(project, package) {
        let files = restore(project, package)?;
        Change::new(project, lock)
            .with_files(&package.name, files)
            .apply()?;
    }
    let name = &package.name;
    console.done(&format!(
        "{name} is already installed as locked; `score-rs packages update {name}` fetches it again"
    ));
    Ok(Outcome::Fine)
}

/// The source given by an argument, and the name derived from it. A path on the command line is
/// relative to the working folder; that of the source is relative to the project folder.
pub(crate) fn package_source(
    argument: &str,
    root: &Path,
) -> Result<(Source, Option<String>), Failure> {
    let source = Source::parse(argument)?;
    let Source::Path(path) = &source else {
        let derived = source.name();
        return Ok((source, derived));
    };
    let derived = Source::Path(name(&canonical(Path::new(path)))).name();
    Ok((path_source(path, root)?, derived))
}

/// The source for a path: a relative one is relative to the project folder `root`.
pub(crate) fn path_source(path: &str, root: &Path) -> Result<Source, Failure> {
    let known = fs::canonicalize(path).map_err(|error| {
        Failure::read(Path::new(path), &error)
            .help("use a file, a folder, or a URL that starts with `https://`, `git+https://` or `oci://`")
    })?;
    if Path::new(path).is_absolute() {
        return Ok(Source::Path(path.to_owned()));
    }
    let relative = relative(&canonical(root), &known);
    match relative.to_str() {
        Some("") => Ok(Source::Path(".".to_owned())),
        Some(relative) => Ok(Source::Path(relative.replace('\\', "/"))),
        None => {
            let problem = format!("the path of `{path}` is not UTF-8");
            Err(Failure::new(problem).help("use its absolute path"))
        }
    }
}
