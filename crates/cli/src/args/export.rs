//! The options of `score-rs export`, and their help texts.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use score_export::EXPORTS;

use super::{AllEnvironments, EnvironmentOptions, Inputs, LevelOptions};

/// The format that describes rules instead of the project.
pub(crate) const ADMISSION_POLICIES: &str = "admission-policies";

/// The format that describes a template instead of the project.
pub(crate) const BACKSTAGE_TEMPLATE: &str = "backstage-template";

/// Write a description of the project for another system
///
/// The description is for the environments of the run, and follows `delivery` and `portal` in their settings. No
/// provisioner command is started. A part of the project that the format cannot express is a warning
/// (`export/lossy`), and it is an error if something is missing that the other system needs (`export/incomplete`).
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs export argocd --env prod --env staging -o applicationset.yaml
  score-rs export argocd --env prod --env staging -o applicationset.yaml --check
  score-rs export flux --env prod --deny export/lossy
  score-rs export admission-policies --env prod | kubectl apply -f -
  score-rs export backstage-template acme/web -o portal/web")]
pub(crate) struct Export {
    /// The format
    #[arg(value_name = "FORMAT", value_parser = formats())]
    pub(crate) format: String,
    /// The template, for `backstage-template`
    ///
    /// A name or a folder, as for `score-rs init --template`.
    #[arg(value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentOptions,
    #[command(flatten)]
    pub(crate) all: AllEnvironments,
    /// Write to a file, or into a folder
    ///
    /// The default is `-`, standard output. A path that ends with `/` is a folder. Missing folders are created. The
    /// name of a file in a folder is that by which the system finds it. A template needs a folder of its own.
    #[arg(help_heading = "Output", short, long, value_name = "FILE|FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Write nothing, and fail if a file is missing or differs
    #[arg(help_heading = "Output", long, requires = "output")]
    pub(crate) check: bool,
    /// Replace files that others wrote, or that would lose an environment
    ///
    /// A file that score-rs did not write is replaced only with this option. Argo CD and Flux delete all objects of an
    /// environment that is no longer in the file, so a file that would lose one is not replaced without this option.
    #[arg(help_heading = "Output", long)]
    pub(crate) force: bool,
    /// Reject provisioners that are neither in the project nor pinned
    #[arg(help_heading = "Provisioners", long)]
    pub(crate) locked: bool,
    #[command(flatten)]
    pub(crate) levels: LevelOptions,
}

impl Export {
    /// The options as those of other commands: an export is for all Score files.
    pub(crate) fn inputs(&self) -> Inputs {
        Inputs {
            environment: self.environment.clone(),
            locked: self.locked,
            ..Inputs::default()
        }
    }
}

fn formats() -> PossibleValuesParser {
    let rules = "Kubernetes: rules as policies for the API server, for 1.30 and later";
    let template = "Backstage: a template of the scaffolder, made from one of `score-rs init`";
    let mut formats: Vec<(&str, &str)> = EXPORTS.iter().map(|it| (it.name, it.about)).collect();
    formats.extend([(ADMISSION_POLICIES, rules), (BACKSTAGE_TEMPLATE, template)]);
    formats.sort_unstable();
    let formats = formats.into_iter();
    PossibleValuesParser::new(formats.map(|(name, about)| PossibleValue::new(name).help(about)))
}
