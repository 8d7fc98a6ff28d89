//! `score-rs packages remove`.

use std::path::Path;

use crate::args::Remove;
use crate::commands::Outcome;
use crate::host::LOCK_FILE;
use crate::input::project::Project;
use crate::packages::{Change, open};
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Removes packages.
pub(crate) fn remove(args: &Remove, console: &Console) -> Result<Outcome, Failure> {
    let (_, project) = Project::here()?;
    let Some(lock) = open(&project, console)? else {
        return Ok(Outcome::Errors);
    };
    let (mut change, mut after) = (Change::new(&project, &lock), lock.clone());
    for package in lock.named(&args.names)? {
        change = change.without(Path::new(&package.name));
        after = after.without(&package.name);
    }
    change.with_lock(after).apply()?;
    let names = args.names.join(", ");
    console.done(&format!("removed {names}; commit {LOCK_FILE}"));
    Ok(Outcome::Fine)
}
