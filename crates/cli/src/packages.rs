//! Provisioner packages: files from other places, pinned by digest in `score-rs.lock`.
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
mod source;
mod url;

use std::collections::BTreeMap;
use std::fmt::Write;

use score_spec::Span;
use sha2::{Digest, Sha256};

pub(crate) use change::Change;
pub(crate) use check::{NamedBy, check};
pub(crate) use choose::choose;
pub(crate) use fetch::fetch;
pub(crate) use files::Files;
pub(crate) use installed::{folder, is_intact, read as read_installed, strays};
pub(crate) use lock::{Lock, open, read as read_lock};
pub(crate) use source::{Source, is_name};

/// A package as recorded in the lock file.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its name in the project, and that of the folder with its files.
    pub(crate) name: String,
    /// The location it is fetched from.
    pub(crate) source: Source,
    /// The version that was fetched: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// The digests of its files by file name.
    pub(crate) files: BTreeMap<String, String>,
    /// Its location in the lock file, if it was read from there.
    pub(crate) span: Option<Span>,
}

impl Package {
    /// Creates a package of these files.
    pub(crate) fn new(name: &str, source: Source, resolved: Option<String>, files: &Files) -> Self {
        let files = files.iter();
        Self {
            name: name.to_owned(),
            source,
            resolved,
            files: files
                .map(|(name, bytes)| (name.to_owned(), digest(bytes)))
                .collect(),
            span: None,
        }
    }
}

/// The SHA-256 digest of `bytes`, as `sha256:` and 64 hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
