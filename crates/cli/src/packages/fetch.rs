//! Fetches packages from all kinds of sources.

use std::time::Duration;

use super::files::Files;
use super::source::Source;
use super::{git, local};
use crate::host::Gate;
use crate::report::failure::Failure;

/// The maximum time for fetching a package.
pub(super) const WHOLE: Duration = Duration::from_mins(5);

/// The result of fetching a source.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The fetched version: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// The YAML files.
    pub(crate) files: Files,
    /// Whether the source is a single file, which must contain provisioners.
    pub(crate) single: bool,
}

/// Fetches the current version of a source, or the locked version `resolved`. A relative path is
/// relative to the project folder.
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
