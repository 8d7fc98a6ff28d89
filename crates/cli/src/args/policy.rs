//! The options of `score-rs policy` and `score-rs test`, and their help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ListFormat, ProvisionerPaths};

/// List the rules of policies, and run their tests
///
/// The rules are those of score-rs and of the policy files under `policies` in `score-rs.yaml`.
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PolicyCommand {
    List(PolicyList),
    Test(PolicyTest),
}

/// List rules with their levels
///
/// A rule that is switched off has the level `allow`, and one that lacks a param `without params`. `score-rs explain
/// RULE` prints a rule.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs policy list
  score-rs policy list --env prod")]
pub(crate) struct PolicyList {
    #[command(flatten)]
    pub(crate) environment: PolicyEnvironment,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// Run the tests of rules: `passes` and `fails` in policy files
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs policy test                      test all rules of the project
  score-rs policy test policies/acme.yaml   test the rules of a file")]
pub(crate) struct PolicyTest {
    /// Policy files to test; by default those of the project
    #[arg(value_name = "FILES")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) environment: PolicyEnvironment,
}

/// The environment whose policies are used.
#[derive(Debug, Clone, Args)]
pub(crate) struct PolicyEnvironment {
    /// Use the policies of an environment
    ///
    /// The default is the default environment of the project.
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

impl PolicyEnvironment {
    /// The options as those for provisioners.
    pub(crate) fn paths(&self) -> ProvisionerPaths {
        ProvisionerPaths {
            paths: Vec::new(),
            env: self.env.clone(),
        }
    }
}

/// Run the tests of the provisioners, policies and templates of the project
///
/// It is the same as `score-rs provisioners test` and `score-rs policy test`, without those of which the project has
/// none. The templates in `templates` are rendered with each set of params in `passes`, and validated.
#[derive(Debug, Clone, Args)]
pub(crate) struct Test {}
