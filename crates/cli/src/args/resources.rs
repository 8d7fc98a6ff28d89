//! The options of `score-rs resources` and their help texts.

use std::sync::Arc;

use clap::{Args, Subcommand};
use score_gotemplate::{Functions, Template};

use super::{External, Inputs, ListFormat, TargetOption};

/// Show the resources of workloads
#[derive(Debug, Clone, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Resources {
    #[command(subcommand)]
    pub(crate) command: ResourcesCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ResourcesCommand {
    List(ResourcesList),
    GetOutputs(ResourcesGetOutputs),
}

/// List resources with the workloads that need them and their provisioners
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs resources list
  score-rs resources list -f json web/score.yaml

No provisioner commands are started.")]
pub(crate) struct ResourcesList {
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Output format
    #[arg(help_heading = "Output", short, long, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
}

/// A resource.
#[derive(Debug, Clone, Args)]
pub(crate) struct Uid {
    /// The uid of the resource, as printed by `resources list`
    #[arg(value_name = "UID")]
    pub(crate) uid: String,
}

/// Print the outputs of a resource
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs resources get-outputs 'redis.default#web.cache'
  score-rs resources get-outputs 'redis.default#web.cache' -f '{{ .host }}:{{ .port }}'
  score-rs resources get-outputs 'postgres.default#web.db' --show-secrets -f yaml")]
pub(crate) struct ResourcesGetOutputs {
    #[command(flatten)]
    pub(crate) resource: Uid,
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Output format: `json`, `yaml` or a template
    ///
    /// The template is a Go template with the functions of sprig. Its data are the outputs, as `json` prints
    /// them, and a line break is added.
    #[arg(help_heading = "Output", short, long, value_name = "FORMAT", value_parser = output_format, default_value = "json")]
    pub(crate) format: OutputFormat,
    /// Print secrets instead of `[redacted]`; requires the project key
    #[arg(help_heading = "Secrets and environment", long)]
    pub(crate) show_secrets: bool,
    /// Start provisioner commands, and store their answers
    ///
    /// By default, the answers in the state are used.
    #[arg(help_heading = "Provisioners", long, conflicts_with = "no_commands")]
    pub(crate) run: bool,
    #[command(flatten)]
    pub(crate) external: External,
}

/// The output format of outputs.
#[derive(Debug, Clone)]
pub(crate) enum OutputFormat {
    /// A JSON object.
    Json,
    /// A YAML document.
    Yaml,
    /// The text of a template.
    Template(Arc<Template>),
}

impl OutputFormat {
    /// The formats with a name.
    pub(crate) const NAMES: [(&str, Self); 2] = [("json", Self::Json), ("yaml", Self::Yaml)];
}

fn output_format(text: &str) -> Result<OutputFormat, String> {
    let mut named = OutputFormat::NAMES.into_iter();
    match named.find(|(name, _)| *name == text) {
        Some((_, format)) => Ok(format),
        None if text.contains("{{") => match Template::parse(text, &Functions::sprig()) {
            Ok(template) => Ok(OutputFormat::Template(Arc::new(template))),
            Err(error) => Err(format!("{error}")),
        },
        None => {
            Err("use `json`, `yaml` or a template such as `{{ .host }}:{{ .port }}`".to_owned())
        }
    }
}
