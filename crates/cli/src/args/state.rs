//! The words of `score-rs state`, and the options of commands that need the state. Not: what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// What becomes of the commands of provisioners.
#[derive(Debug, Clone, Args)]
pub(crate) struct External {
    /// Start no commands of provisioners; a resource that needs one is an error
    #[arg(long)]
    pub(crate) no_commands: bool,
    /// Where commands of provisioners keep what they remember
    ///
    /// Without it, this is `.score-rs/state.json` beside the project file. It is used only if a
    /// provisioner has a command.
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
}

/// Show and change what commands of provisioners remember
///
/// Only provisioners with a command (`run`) have state. It is `.score-rs/state.json` beside the
/// project file, or what `--state` names.
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct State {
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StateCommand {
    List(StateList),
    Show(StateShow),
    Remove(StateRemove),
    Move(StateMove),
}

/// Where the state is.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatePath {
    /// Where the state is; without it `.score-rs/state.json` beside the project file
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
}

/// List the resources that have state
#[derive(Debug, Clone, Args)]
pub(crate) struct StateList {
    #[command(flatten)]
    pub(crate) path: StatePath,
    /// How to print them
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Print what the command for a resource remembers, as JSON
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs state show 'bucket.default#web.files'")]
pub(crate) struct StateShow {
    /// The resource, as `state list` calls it
    #[arg(value_name = "UID")]
    pub(crate) uid: String,
    #[command(flatten)]
    pub(crate) path: StatePath,
}

/// Forget what the commands for resources remember
///
/// What the commands have made stays as it is. The next run asks them as if for the first time.
#[derive(Debug, Clone, Args)]
pub(crate) struct StateRemove {
    /// The resources, as `state list` calls them
    #[arg(value_name = "UID", required = true)]
    pub(crate) uids: Vec<String>,
    #[command(flatten)]
    pub(crate) path: StatePath,
}

/// Give the state of a resource to another one
///
/// This is for a resource or workload with a new name: what was made for it is found again.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs state move 'bucket.default#web.files' 'bucket.default#shop.files'")]
pub(crate) struct StateMove {
    /// The resource that has the state
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The resource that gets it, as `resources list` calls it
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    #[command(flatten)]
    pub(crate) path: StatePath,
}
