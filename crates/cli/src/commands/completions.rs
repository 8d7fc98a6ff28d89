//! `score-rs completions`.

use clap::CommandFactory;

use crate::args::{CommandLine, Completions};
use crate::commands::Outcome;
use crate::report::console;
use crate::report::failure::Failure;

/// Prints the completion script for a shell.
pub(crate) fn run(args: &Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(args.shell, &mut command, "score-rs", &mut script);
    console::result(&script)?;
    Ok(Outcome::Fine)
}
