//! The options of `score-rs plan` and their help texts.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use score_compiler::kubernetes::SecretsMode;

use super::generate::names;
use super::{AllEnvironments, Inputs, LevelOptions, TargetOption};

/// Show the effect of a change on what is running, without writing anything
///
/// Objects are compared, not lines: those of the Score files with those of the last output, of another
/// environment or of a Git revision. Each difference has a class, from `metadata` (nothing restarts) to
/// `data-loss` and `refused` (by the API server). Hazards are diagnostics with the code `plan/CLASS`, whose
/// levels can be set, and for which there can be waivers. No provisioner commands are started; what depends
/// on answers that are not known is `unknown`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs plan                                        compared with the last output
  score-rs plan --env prod --against git:origin/main   compared with the branch `main`
  score-rs plan --all-envs --against git:HEAD~1        each environment, compared with the last commit
  score-rs plan --env prod --against env:staging       compared with another environment
  score-rs plan --against old.yaml                     compared with a file or a folder of files
  score-rs plan --deny plan/deletion -f markdown       a comment for a pull request; deletions are errors

Exit codes:
  0  no errors: each difference is harmless, a warning, or has a waiver
  1  a difference is an error, or the Score files have errors
  2  the comparison was not possible")]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) all: AllEnvironments,
    #[command(flatten)]
    pub(crate) output: PlanOutput,
    /// The other side of the comparison; by default the output on disk
    ///
    /// `git:REF`: the project at a branch, tag or commit, compiled with the packages that were locked there.
    /// `env:NAME`: another environment. A PATH is a file or folder of Kubernetes objects, or a Compose file; write
    /// `./` before a name that starts with `git:` or `env:`. The output of the target `helm` can only be compared
    /// with a revision or environment, or with rendered objects.
    #[arg(help_heading = "Output", long, value_name = "git:REF|env:NAME|PATH")]
    pub(crate) against: Option<Against>,
    /// Output format
    #[arg(help_heading = "Output", short, long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    #[command(flatten)]
    pub(crate) levels: LevelOptions,
}

/// The options of `generate` that decide which objects there are.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlanOutput {
    #[command(flatten)]
    pub(crate) target: TargetOption,
    /// Namespace of all objects, as in `generate` (`kubernetes` and `helm` only)
    #[arg(help_heading = "Kubernetes and Helm", short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Destination of secret values, as in `generate`
    #[arg(help_heading = "Secrets and environment", long, value_name = "WHERE", value_parser = names(&SecretsMode::ALL))]
    pub(crate) secrets: Option<String>,
}

/// The other side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Against {
    /// A Git revision.
    Revision(String),
    /// An environment.
    Environment(String),
    /// A file or folder.
    Path(PathBuf),
    /// The project with the installed packages, for a plan of an update. No option names it.
    Installed,
}

impl FromStr for Against {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |name: &str| match name {
            "" => Err("a name must follow the `:`"),
            name => Ok(name.to_owned()),
        };
        match text.split_once(':') {
            Some(("git", reference)) => named(reference).map(Self::Revision),
            Some(("env", name)) => named(name).map(Self::Environment),
            _ => Ok(Self::Path(text.into())),
        }
    }
}

/// The output format of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum PlanFormat {
    /// Text for people
    #[default]
    Human,
    /// One JSON object (`score-rs schema plan` describes it)
    Json,
    /// A comment for a pull request
    Markdown,
    /// Workflow commands that annotate a pull request on GitHub
    Github,
    /// SARIF 2.1.0, as code scanning takes it
    Sarif,
    /// `JUnit` XML with a test case per file
    Junit,
}
