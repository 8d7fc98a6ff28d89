//! Packages of provisioners: files that come from elsewhere, pinned by digest in `score-rs.lock`.
//!
//! ```text
//! Source --fetch--> Fetched --choose--> Files --Package::new--> Package --Change::apply--> disk
//! Lock --install::read--> verified files of all packages, in order of precedence
//! ```
//!
//! Not: the commands about them, which are below `provisioners`, and not what provisioners mean.

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

/// A package as the lock file has it.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// What the project calls it, and the folder that its files lie in.
    pub(crate) name: String,
    /// Where it comes from.
    pub(crate) source: Source,
    /// What the source's version stood for when it was fetched: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
    /// The digests of its files by their names.
    pub(crate) files: BTreeMap<String, String>,
    /// Where the lock file names it, if it does.
    pub(crate) span: Option<Span>,
}

impl Package {
    /// The package of these files.
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

/// The digest of some bytes, as `sha256:` and 64 hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
