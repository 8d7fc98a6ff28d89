//! The options of `score-rs env` and their help texts.

use clap::{Args, Subcommand, ValueEnum};

use super::{ListFormat, Overrides};

/// List, show and compare the environments of the project
///
/// An environment is a file `environments/NAME.yaml` beside the project file.
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Env {
    #[command(subcommand)]
    pub(crate) command: EnvCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum EnvCommand {
    List(EnvList),
    Show(EnvShow),
    Diff(EnvDiff),
}

/// List environments
///
/// `*` marks the default environment. An output that depends on a param without a value is printed as it is
/// written.
#[derive(Debug, Clone, Args)]
pub(crate) struct EnvList {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Print the settings of an environment, or the Score file of a workload in it
///
/// The settings are those of the project file and of all environments that this one extends, with the
/// values of expressions. The Score file is printed after all layers, overrides and images, but without
/// the `defaults` of the settings. Each value is printed with the file and line that sets it. A param
/// without a value gets the first of its examples.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs env show prod                      the settings
  score-rs env show prod web                  the Score file of `web` after all layers
  score-rs env show preview --param pr=123")]
pub(crate) struct EnvShow {
    /// The environment
    #[arg(value_name = "NAME")]
    pub(crate) environment: String,
    /// The workload whose Score file is printed
    #[arg(value_name = "WORKLOAD")]
    pub(crate) workload: Option<String>,
    /// Set a param of the environment; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: DocumentFormat,
}

/// The output format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DocumentFormat {
    /// YAML with the place of each value in a comment
    #[default]
    Yaml,
    /// A JSON array of values with their paths and places
    Json,
}

/// Print the differences between two environments
///
/// These are the settings that differ, and what differs in the Score files after all layers. `-` marks a
/// value that an environment does not have. A param without a value gets the first of its examples.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs env diff dev prod
  score-rs env diff dev prod web    only the Score file of `web`

`score-rs plan --env prod --against env:dev` compares the objects of their outputs.")]
pub(crate) struct EnvDiff {
    /// The first environment
    #[arg(value_name = "A")]
    pub(crate) first: String,
    /// The second environment
    #[arg(value_name = "B")]
    pub(crate) second: String,
    /// The only workload to compare
    #[arg(value_name = "WORKLOAD")]
    pub(crate) workload: Option<String>,
    /// Set a param of the environments; can be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}
