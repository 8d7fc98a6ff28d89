//! Single files from the sources of packages, for something other than a package.

use super::fetch::fetch;
use super::files::{MOST_BYTES, PackageFile};
use super::source::Source;
use super::tree::TreeEntry;
use crate::host::Gate;
use crate::report::failure::Failure;

/// A file of a source.
#[derive(Debug)]
pub(crate) struct SingleFile {
    /// Its contents.
    pub(crate) text: String,
    /// The fetched version: a commit or the digest of a manifest.
    pub(crate) resolved: Option<String>,
}

/// Fetches the file of a source, or the file `inner` of its folder. A folder with only one file is that file.
pub(crate) fn fetch_file(
    source: &Source,
    inner: Option<&str>,
    project: &Gate,
) -> Result<SingleFile, Failure> {
    let mut fetched = fetch(source, None, project)?;
    let tree = fetched.tree.as_mut();
    let path = match (inner, &fetched.single) {
        (Some(inner), _) => inner.to_owned(),
        (None, Some(name)) => name.clone(),
        (None, None) => {
            let entries = tree.entries("")?.into_iter();
            let mut names: Vec<String> = entries
                .filter_map(|entry| match entry {
                    TreeEntry::File(name) => Some(name),
                    TreeEntry::Folder(_) => None,
                })
                .collect();
            match names.pop() {
                Some(name) if names.is_empty() => name,
                _ => return Err(folder(source)),
            }
        }
    };
    let PackageFile { bytes, .. } = tree
        .file(&path)?
        .ok_or_else(|| Failure::new(format!("`{source}` has no file `{path}`")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(format!("`{source}` is larger than 1 MiB")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("the file `{path}` of `{source}` is not UTF-8")))?;
    let resolved = fetched.resolved.take();
    Ok(SingleFile { text, resolved })
}

/// The error for a source that is not a single file.
fn folder(source: &Source) -> Failure {
    let form = match source {
        Source::Oci { .. } => format!("name the file, as in `{source}#FILE`"),
        _ => "name a file of it".to_owned(),
    };
    Failure::new(format!("`{source}` is a folder with several files")).help(form)
}
