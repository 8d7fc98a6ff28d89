//! `score-rs provisioners add`.

use std::fs;
use std::path::Path;

use crate::args::Add;
use crate::commands::Outcome;
use crate::commands::provisioners::install::restore;
use crate::host::{Gate, LOCK_FILE, canonical, relative};
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
                 provisioners remove {name}`"
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
        "{name} is already installed as locked; `score-rs provisioners update {name}` fetches it again"
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
        let name = source.name();
        return Ok((source, name));
    };
    let known = fs::canonicalize(path).map_err(|error| {
        Failure::read(Path::new(path), &error)
            .help("use a file, a folder, or a URL that starts with `https://`, `git+https://` or `oci://`")
    })?;
    let name = Source::Path(known.to_string_lossy().replace('\\', "/")).name();
    if Path::new(path).is_absolute() {
        return Ok((source, name));
    }
    let relative = relative(&canonical(root), &known);
    let relative = match relative.to_str() {
        Some("") => ".".to_owned(),
        Some(relative) => relative.replace('\\', "/"),
        None => {
            let problem = format!("the path of `{path}` is not UTF-8");
            return Err(Failure::new(problem).help("use its absolute path"));
        }
    };
    Ok((Source::Path(relative), name))
}
