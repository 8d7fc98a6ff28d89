//! The output formats of diagnostics. They are independent of each other.

mod github;
mod json;
mod junit;
mod sarif;

use std::path::Path;

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
            Format::Junit => Some(junit::write(findings)),
        }
    }
}

/// A file name for programs that only know the repository: relative to the working folder if it is
/// below that, and without `./`.
fn relative(name: &str) -> &str {
    match std::env::current_dir() {
        Ok(folder) => relative_to(&folder, name),
        Err(_) => name,
    }
}

fn relative_to<'a>(folder: &Path, name: &'a str) -> &'a str {
    let below = Path::new(name).strip_prefix(folder).ok();
    let mut path = below.and_then(Path::to_str).unwrap_or(name);
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::relative_to;
    use std::path::Path;

    #[test]
    fn files_are_named_from_the_working_folder() {
        for (name, expected) in [
            ("a.yaml", "a.yaml"),
            ("./a.yaml", "a.yaml"),
            (".//./b/a.yaml", "b/a.yaml"),
            ("../a.yaml", "../a.yaml"),
            (".score.yaml", ".score.yaml"),
            ("/srv/shop/b/a.yaml", "b/a.yaml"),
            ("/srv/shopping/a.yaml", "/srv/shopping/a.yaml"),
        ] {
            assert_eq!(relative_to(Path::new("/srv/shop"), name), expected);
        }
    }
}
