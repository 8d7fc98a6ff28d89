//! The options of `score-rs graph` and their help texts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Inputs, TargetOption};

/// Draw workloads, resources and routes, and which of them needs which
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs graph -o graph.html                       a page with search and details
  score-rs graph -f svg -t kubernetes >graph.svg     an image
  score-rs graph --focus orders-api                  a workload, what it needs and what needs it
  score-rs graph -f dot | dot -Tpdf >graph.pdf       with Graphviz
  score-rs graph -f json --env prod                  all that is known of the project, for programs

No provisioner commands are started.")]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) target: TargetOption,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Output format
    ///
    /// The default is that of the extension of the file after `-o`, or `mermaid`.
    #[arg(help_heading = "Output", short, long, value_enum)]
    format: Option<GraphFormat>,
    /// Show only a workload or a resource, what it needs and what needs it
    ///
    /// Resources have the uids that `score-rs resources list` prints.
    #[arg(help_heading = "Output", long, value_name = "NAME")]
    pub(crate) focus: Option<String>,
    /// File to write; by default, and for `-`, standard output
    ///
    /// It is not written if the input has errors.
    #[arg(help_heading = "Output", short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that score-rs did not write
    #[arg(help_heading = "Output", long, requires = "output")]
    pub(crate) force: bool,
}

/// The format of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A JSON object with all that is known, for programs; its schema is `score-rs schema model`
    Json,
    /// A flowchart of Mermaid, for Markdown files on GitHub and GitLab
    Mermaid,
    /// A graph for Graphviz
    Dot,
    /// An image
    Svg,
    /// A page with the image, search and details, in one file
    Html,
}

impl Graph {
    pub(crate) fn format(&self) -> GraphFormat {
        let extension = self.output.as_deref().and_then(Path::extension);
        let extension = extension.and_then(|it| it.to_str()).unwrap_or_default();
        let implied = || match extension {
            "gv" => Some(GraphFormat::Dot),
            other => GraphFormat::from_str(other, false).ok(),
        };
        self.format.or_else(implied).unwrap_or(GraphFormat::Mermaid)
    }
}
