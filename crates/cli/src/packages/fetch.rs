//! Fetches packages from all kinds of sources.

use std::fmt;
use std::time::Duration;

use super::files::{Files, PackageFile};
use super::source::Source;
use super::tree::{FilesByPath, Tree};
use super::{git, local};
use crate::host::{Gate, Pin, Pins};
use crate::report::failure::Failure;

/// The maximum time for fetching a package.
pub(super) const WHOLE: Duration = Duration::from_mins(5);

/// The result of fetching a source.
pub(crate) struct Fetched<'a> {
    /// The fetched version: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// The files, some of which may not have been read yet.
    pub(super) tree: Box<dyn Tree + 'a>,
    /// The name of the file, if the source is a single file and not a folder.
    pub(super) single: Option<String>,
}

impl fmt::Debug for Fetched<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Fetched");
        shown.field("resolved", &self.resolved);
        shown.finish_non_exhaustive()
    }
}

impl<'a> Fetched<'a> {
    /// A fetched folder.
    pub(super) fn folder(resolved: Option<String>, tree: impl Tree + 'a) -> Self {
        Self {
            resolved,
            tree: Box::new(tree),
            single: None,
        }
    }

    /// A fetched file.
    pub(super) fn single(resolved: Option<String>, name: &str, file: PackageFile) -> Self {
        let tree = FilesByPath::from([(name.to_owned(), file)]);
        Self {
            single: Some(name.to_owned()),
            ..Self::folder(resolved, tree)
        }
    }
}

impl Fetched<'_> {
    /// The locked files, or the path of the first one that differs.
    pub(crate) fn locked(&mut self, pins: &Pins) -> Result<Result<Files, String>, Failure> {
        let mut files = Files::default();
        for (path, pin) in pins {
            match self.tree.file(path)? {
                Some(file) if Pin::of(&file.bytes, file.executable) == *pin => {
                    files = files.with(path, file)?;
                }
                _ => return Ok(Err(path.clone())),
            }
        }
        Ok(Ok(files))
    }
}

/// Fetches the current version of a source, or the locked version `resolved`. A relative path is
/// relative to the project folder.
pub(crate) fn fetch<'a>(
    source: &'a Source,
    resolved: Option<&str>,
    project: &Gate,
) -> Result<Fetched<'a>, Failure> {
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
