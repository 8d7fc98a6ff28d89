//! Getting a package: one function over all kinds of sources. Not: what is done with it.

use std::time::Duration;

use super::files::Files;
use super::source::Source;
use super::{git, local};
use crate::host::Gate;
use crate::report::failure::Failure;

/// How long it may take to get a package.
pub(super) const WHOLE: Duration = Duration::from_mins(5);

/// What a source gave.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// What its version stands for: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// Its YAML files.
    pub(crate) files: Files,
    /// Whether the source names one file, which then has to hold provisioners.
    pub(crate) single: bool,
}

/// Gets what a source gives now, or, if it is said what its version once stood for, what it gave
/// then. A relative path is one from the project's folder.
pub(crate) fn fetch(
    source: &Source,
    resolved: Option<&str>,
    project: &Gate,
) -> Result<Fetched, Failure> {
    match source {
        Source::Path(path) => local::fetch(&project.root().path().join(path), project),
        Source::Git {
            url,
            inner,
            reference,
        } => {
            let wanted = resolved.or(reference.as_deref()).unwrap_or(git::HEAD);
            git::fetch(url, inner, wanted)
        }
        #[cfg(feature = "fetch")]
        Source::Http { url, inner } => super::download::fetch(url, inner),
        #[cfg(feature = "fetch")]
        Source::Oci {
            registry,
            repository,
            version,
        } => super::oci::fetch(registry, repository, version, resolved),
        #[cfg(not(feature = "fetch"))]
        Source::Http { .. } | Source::Oci { .. } => Err(Failure::new(format!(
            "cannot fetch `{source}`: this score-rs was built without the feature `fetch`"
        ))
        .help(
            "build it with the feature, or fetch the files by other means and add them as a folder",
        )),
    }
}
