//! Packages from web servers: a YAML file or an archive.

use super::archive::{MOST_EXPANDED, unpack};
use super::fetch::{Fetched, WHOLE};
use super::files::{Files, MOST_BYTES};
use super::http::{self, Client};
use super::source::is_archive;
use super::url::Url;
use crate::report::failure::Failure;

/// Downloads a file, or an archive and reads a part of it.
pub(super) fn fetch(url: &Url, inner: &str) -> Result<Fetched, Failure> {
    let client = Client::new(url.clone(), WHOLE)?;
    if is_archive(url) {
        let bytes = client.get(url, &[], http::MOST_BYTES)?.content()?;
        let mut remaining = MOST_EXPANDED;
        let unpacked = unpack(&bytes, inner, &url.to_string(), &mut remaining)?;
        return Ok(Fetched {
            resolved: None,
            files: unpacked.files,
            single: unpacked.single,
        });
    }
    let bytes = client.get(url, &[], MOST_BYTES)?.content()?;
    Ok(Fetched {
        resolved: None,
        files: Files::default().with(url.last(), bytes)?,
        single: true,
    })
}
