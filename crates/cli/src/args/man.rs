//! The options of `score-rs man`.

use std::path::PathBuf;

use clap::Args;

/// Print the manual page of a command in roff format
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs man | man -l -                  read the page of score-rs
  score-rs man resources list | man -l -   read the page of a command
  score-rs man --all man1                  write the pages of all commands, for a package")]
pub(crate) struct Man {
    /// The command; by default, score-rs itself
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands to this folder
    ///
    /// The folder is created if necessary. Files that score-rs did not write are never replaced.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub(crate) all: Option<PathBuf>,
}
