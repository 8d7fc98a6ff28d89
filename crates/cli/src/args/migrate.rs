//! The arguments of `score-rs migrate`.

use std::path::PathBuf;

use clap::Args;

/// Take over a project of score-compose or score-k8s
///
/// Reads `.score-compose/` and `.score-k8s/`, and writes a project file with their provisioners, and a state with the
/// names and passwords of their databases and volumes. Their folders are not changed. Can be run again.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs migrate --dry-run   show what would be written
  score-rs migrate             write it, then run `score-rs generate`")]
pub(crate) struct Migrate {
    /// The folder of the old project, relative to the project folder; by default that folder
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    /// Only show what would be written
    #[arg(long)]
    pub(crate) dry_run: bool,
}
