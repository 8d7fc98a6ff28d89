//! The options of `score-rs packages` and their help texts. Its commands have those of `score-rs provisioners`, which
//! are the same.

use clap::{Args, Subcommand};

use super::{Add, Install, ListFormat, Remove, Update};

/// Install packages of provisioners, policies, environments and templates
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Packages {
    #[command(subcommand)]
    pub(crate) command: PackagesCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PackagesCommand {
    List(PackagesList),
    Add(Add),
    Install(Install),
    Update(Update),
    Remove(Remove),
}

/// List the packages in `score-rs.lock`, in order of precedence
#[derive(Debug, Clone, Args)]
pub(crate) struct PackagesList {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}
