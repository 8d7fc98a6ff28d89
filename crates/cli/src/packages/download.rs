//! Packages from web servers: a YAML file or an archive.

use super::archive::{MOST_EXPANDED, inside, unpack, without_documents};
use super::fetch::{Fetched, WHOLE};
use super::files::{MOST_BYTES, PackageFile};
use super::http::{self, Client};
use super::source::is_archive;
use super::url::Url;
use crate::report::failure::Failure;

/// Downloads a file, or an archive and reads a part of it.
pub(super) fn fetch(url: &Url, inner: &str) -> Result<Fetched<'static>, Failure> {
    let client = Client::new(url.clone(), WHOLE)?;
    if is_archive(url) {
        let bytes = client.get(url, &[], http::MOST_BYTES)?.content()?;
        let mut remaining = MOST_EXPANDED;
        let name = url.to_string();
        let mut files = unpack(&bytes, &name, &mut remaining)?;
        if let Some(file) = files.remove(inner) {
            let name = inner.rsplit('/').next().unwrap_or(inner);
            return Ok(Fetched::single(None, name, file));
        }
        if let Some(failure) = without_documents(&files, inner, &name) {
            return Err(failure);
        }
        let files = match inner {
            "" => files,
            inner => inside(files, inner),
        };
        return Ok(Fetched::folder(None, files));
    }
    let bytes = client.get(url, &[], MOST_BYTES)?.content()?;
    let file = PackageFile {
        bytes,
        executable: false,
    };
    Ok(Fetched::single(None, url.last(), file))
}
