//! Packages: provisioners and what belongs to them, from other places, pinned by digest in `score-rs.lock`.
//!
//! ```text
//! Source --fetch--> Fetched --choose--> Files --Package::new--> Package --Change::apply--> disk
//! Lock --install::read--> verified files of all packages, in order of precedence
//! ```
//!
//! The commands for packages are in `commands::provisioners`.

#[cfg(feature = "fetch")]
mod archive;
mod change;
mod check;
mod choose;
#[cfg(feature = "fetch")]
mod download;
mod fetch;
mod files;
mod git;
#[cfg(feature = "fetch")]
mod http;
mod installed;
mod local;
mod lock;
#[cfg(feature = "fetch")]
mod oci;
#[cfg(feature = "fetch")]
mod registry;
mod single;
mod source;
mod tree;
mod updates;
mod url;

use score_spec::Span;

use crate::host::Pins;

pub(crate) use change::Change;
pub(crate) use check::{NamedBy, check};
pub(crate) use choose::{Contents, choose, environment_name};
pub(crate) use fetch::fetch;
pub(crate) use files::{Files, PackageFile, is_document, template_file};
pub(crate) use installed::{as_locked, folder, is_intact, read as read_installed, strays};
pub(crate) use lock::{Lock, open, read as read_lock};
pub(crate) use single::{SingleFile, fetch_file};
pub(crate) use source::{Source, is_name};
pub(crate) use updates::Updates;
pub(crate) use url::without_secrets;

/// A package as recorded in the lock file.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its name in the project, and that of the folder with its files.
    pub(crate) name: String,
    /// The location it is fetched from.
    pub(crate) source: Source,
    /// The version that was fetched: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// Its files.
    pub(crate) files: Pins,
    /// Its location in the lock file, if it was read from there.
    pub(crate) span: Option<Span>,
}

impl Package {
    /// Creates a package of these files.
    pub(crate) fn new(name: &str, source: Source, resolved: Option<String>, files: &Files) -> Self {
        Self {
            name: name.to_owned(),
            source,
            resolved,
            files: files.pins(),
            span: None,
        }
    }
}
