//! The options that select an environment.

use clap::Args;

/// The environments of a run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EnvironmentOptions {
    /// Use the settings of an environment, a file in the folder `environments`
    ///
    /// The default is `environment` in the project file. A run with an environment uses all Score files
    /// of the project, wherever it starts, and also `score.NAME.yaml` beside each `score.yaml`. Can be
    /// repeated in `generate`, `validate` and `export`.
    #[arg(help_heading = "Environments", long, value_name = "NAME")]
    pub(crate) env: Vec<String>,
    /// Set a param of the environment
    ///
    /// Can be repeated. Example: `--env preview --param pr=123`
    #[arg(help_heading = "Environments", long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
}

/// The option to select all environments.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AllEnvironments {
    /// Use each environment that is not abstract
    ///
    /// All of them are compiled before any file is written.
    #[arg(help_heading = "Environments", long, conflicts_with = "env")]
    pub(crate) all_envs: bool,
}
