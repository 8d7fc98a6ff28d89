//! `score-rs packages install`.

use std::path::Path;

use crate::commands::Outcome;
use crate::host::{Gate, LOCK_FILE, name, tidy};
use crate::input::project::Project;
use crate::packages::{Change, Files, Package, fetch, folder, is_intact, open, strays};
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::human::count;

/// Installs the packages of the lock file, and removes all others.
pub(crate) fn install(console: &Console) -> Result<Outcome, Failure> {
    let (root, project) = Project::here()?;
    let Some(lock) = open(&project, console)? else {
        return Ok(Outcome::Errors);
    };
    let packages = lock.packages.iter();
    let wanting: Vec<_> = packages
        .filter(|package| !is_intact(&project, package))
        .collect();
    let mut strangers = strays(&project, &lock);
    strangers.retain(|path| path.parent() == Some(&folder()));
    let mut change = Change::new(&project, &lock);
    for package in &wanting {
        change = change.with_files(&package.name, restore(&project, package)?);
        console.detail(&format!("fetched {}", package.name));
    }
    for path in &strangers {
        change = change.without(Path::new(path.file_name().unwrap_or_default()));
    }
    if !wanting.is_empty() || !strangers.is_empty() {
        change.apply()?;
    } else {
        tidy(project.root())?;
    }
    for path in &strangers {
        let path = name(&root.join(path));
        console.note(&format!("removed `{path}`, which is not in {LOCK_FILE}"));
    }
    let all = count(lock.packages.len(), "package");
    let installed = match wanting.len() {
        0 => "nothing to do".to_owned(),
        number => format!("{number} installed"),
    };
    console.done(&format!("{all} in {LOCK_FILE}, {installed}"));
    Ok(Outcome::Fine)
}

/// Fetches the locked version of a package, and verifies its files.
pub(super) fn restore(project: &Gate, package: &Package) -> Result<Files, Failure> {
    let (name, source) = (&package.name, &package.source);
    let about = |failure: Failure| failure.about(format!("the package `{name}`"));
    let mut fetched = fetch(source, package.resolved.as_deref(), project).map_err(about)?;
    fetched
        .locked(&package.files)
        .map_err(about)?
        .map_err(|file| {
            Failure::new(format!(
                "the package `{name}` cannot be restored: `{file}` in `{source}` differs from the \
             locked version"
            ))
            .help(format!(
                "review the changes, then accept them with `score-rs packages update {name}`"
            ))
        })
}
