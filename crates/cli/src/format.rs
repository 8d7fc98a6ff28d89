//! The forms in which findings are printed for programs. Each is a sibling; none knows another.

mod github;
mod json;
mod junit;
mod sarif;

use crate::findings::Findings;

/// A form for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Excerpts of the files for people, on standard error
    Human,
    /// One JSON object (`score-rs schema diagnostics` describes it)
    Json,
    /// SARIF 2.1.0, as code scanning takes it
    Sarif,
    /// Workflow commands that annotate a pull request on GitHub
    Github,
    /// `JUnit` XML with a test case per file
    Junit,
}

impl Format {
    /// The findings in this form; nothing for people, who get more than a text.
    pub(crate) fn write(self, findings: &Findings) -> Option<String> {
        match self {
            Format::Human => None,
            Format::Json => Some(json::write(findings)),
            Format::Sarif => Some(sarif::write(findings)),
            Format::Github => Some(github::write(findings)),
            Format::Junit => Some(junit::write(findings)),
        }
    }
}
