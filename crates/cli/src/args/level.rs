//! The options that set the severities of diagnostics.

use clap::Args;

use crate::report::levels::{Denied, Rules, Selected, denied, selected};

/// The levels of diagnostics.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LevelOptions {
    /// Do not report this code; `*` matches any characters, as in `spec/*`
    ///
    /// Can be repeated, as can `--warn` and `--deny`. They take precedence over `levels` of the project
    /// file, a code over a pattern, and a pattern over `warnings`. `generate` rejects an input that
    /// cannot be compiled in any case.
    #[arg(help_heading = "Report", long, value_name = "CODE", value_parser = selected)]
    allow: Vec<Selected>,
    /// Report this code as a warning
    #[arg(help_heading = "Report", long, value_name = "CODE", value_parser = selected)]
    warn: Vec<Selected>,
    /// Report this code, or all warnings, as errors
    #[arg(help_heading = "Report", long, value_name = "CODE|warnings", value_parser = denied)]
    deny: Vec<Denied>,
}

impl LevelOptions {
    /// The rules that the options set.
    pub(crate) fn rules(&self) -> Rules {
        Rules::new(&self.allow, &self.warn, &self.deny)
    }
}
