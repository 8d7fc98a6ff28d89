//! Packages from web servers: a YAML file or an archive. Not: how bytes are got.

use super::archive::unpack;
use super::fetch::Fetched;
use super::files::{Files, MOST_BYTES};
use super::http::{self, Client};
use super::source::is_archive;
use super::url::Url;
use crate::failure::Failure;

/// Downloads a file, or an archive and reads a part of it.
pub(super) fn fetch(url: &Url, inner: &str) -> Result<Fetched, Failure> {
    let client = Client::new()?;
    if is_archive(url) {
        let bytes = client.get(url, &[], http::MOST_BYTES)?.content()?;
        let unpacked = unpack(&bytes, inner, &url.to_string())?;
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
