//! The options of `score-rs export`, and their help texts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PolicyEnvironment;

/// Write parts of the project for other programs
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Export {
    #[command(subcommand)]
    pub(crate) command: ExportCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ExportCommand {
    AdmissionPolicies(AdmissionPolicies),
}

/// Write rules as policies for the API server of Kubernetes
///
/// For each rule on `pod` or `object` with an expression, the result has a `ValidatingAdmissionPolicy` and a binding for
/// it, for Kubernetes 1.30 and later. They reject objects that violate a rule of level `deny`, and warn about those that
/// violate one of level `warn`, also if score-rs did not generate them. If the environment has a namespace, only objects in it and those
/// without a namespace are judged. Each other rule is a warning (`export/lossy`).
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs export admission-policies --env prod | kubectl apply -f -
  score-rs export admission-policies --env prod -o admission.yaml
  score-rs export admission-policies --env prod --deny export/lossy")]
pub(crate) struct AdmissionPolicies {
    #[command(flatten)]
    pub(crate) environment: PolicyEnvironment,
    /// Write to a file; `-` is standard output, which is the default
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that score-rs did not write
    #[arg(long)]
    pub(crate) force: bool,
    /// Fail if a rule cannot be exported exactly
    #[arg(long, value_name = "CODE", value_parser = ["export/lossy"])]
    pub(crate) deny: Option<String>,
}
