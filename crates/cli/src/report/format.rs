//! The output formats of diagnostics. They are independent of each other.

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;

use crate::report::findings::Findings;
use crate::report::printable;

/// An output format.
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
    /// Code quality report of GitLab: a JSON array
    Gitlab,
    /// `JUnit` XML with a test case per file
    Junit,
}

impl Format {
    /// The diagnostics in this format; `None` for `Human`, which is not plain text. Control
    /// sequences are escaped, and text cannot break out of its place in the format.
    pub(crate) fn write(self, findings: &Findings) -> Option<String> {
        match self {
            Format::Human => None,
            Format::Json => Some(printable::json(&json::write(findings))),
            Format::Sarif => Some(printable::json(&sarif::write(findings))),
            Format::Github => Some(github::write(findings)),
            Format::Gitlab => Some(printable::json(&gitlab::write(findings))),
            Format::Junit => Some(junit::write(findings)),
        }
    }
}
