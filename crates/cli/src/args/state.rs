//! The options of `score-rs state`, and the options of commands that use the state.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// The options for provisioner commands.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct External {
    /// Do not start provisioner commands
    ///
    /// A resource that needs one is an error.
    #[arg(help_heading = "Provisioners", long)]
    pub(crate) no_commands: bool,
    /// State file of provisioner commands
    ///
    /// The default is `.score-rs/state.json` beside the project file. It is used only if a provisioner
    /// has a command.
    #[arg(help_heading = "Provisioners", long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
}

/// Show and edit the state of provisioner commands
///
/// Only provisioners with a command (`run`) have state. It is stored in `.score-rs/state.json` beside
/// the project file, or in the file given with `--state`. That of an environment other than the default
/// one is in `.score-rs/environments/NAME/`.
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

/// The state file of a command: that of an environment, or one with a path.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatePath {
    /// State file; by default `.score-rs/state.json` beside the project file
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// Use the state of an environment; by default that of the default environment
    #[arg(long, value_name = "NAME", conflicts_with = "state")]
    pub(crate) env: Option<String>,
}

/// List the resources that have state
#[derive(Debug, Clone, Args)]
pub(crate) struct StateList {
    #[command(flatten)]
    pub(crate) path: StatePath,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Print the state of a resource as JSON
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs state show 'bucket.default#web.files'")]
pub(crate) struct StateShow {
    /// The uid of the resource, as printed by `state list`
    #[arg(value_name = "UID")]
    pub(crate) uid: String,
    #[command(flatten)]
    pub(crate) path: StatePath,
}

/// Remove the state of resources
///
/// Objects that the commands have created are kept. The next run starts the commands without state.
#[derive(Debug, Clone, Args)]
pub(crate) struct StateRemove {
    /// The uids of the resources, as printed by `state list`
    #[arg(value_name = "UID", required = true)]
    pub(crate) uids: Vec<String>,
    #[command(flatten)]
    pub(crate) path: StatePath,
}

/// Move the state of a resource to another resource
///
/// Use this after a resource or workload was renamed, so that the existing objects are found again.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs state move 'bucket.default#web.files' 'bucket.default#shop.files'")]
pub(crate) struct StateMove {
    /// The uid of the resource that has the state
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The uid of the resource that receives it, as printed by `resources list`
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    #[command(flatten)]
    pub(crate) path: StatePath,
}
