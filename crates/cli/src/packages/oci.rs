//! Packages from OCI registries: artifacts whose layers are files, named by their title
//! annotation, or gzipped tar archives. The manifest and each layer are verified against their digests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::archive::{MOST_EXPANDED, unpack};
use super::fetch::Fetched;
use super::files::{MOST_BYTES, PackageFile, is_path, is_yaml, twice, unusable};
use super::http;
use super::registry::Registry;
use super::source::{Version, is_digest};
use super::tree::{FilesByPath, Tree, TreeEntry, entries_of};
use crate::host::digest;
use crate::report::failure::Failure;

/// The annotation with the file name of a layer.
const TITLE: &str = "org.opencontainers.image.title";

/// The maximum number of layers.
const MOST_LAYERS: usize = 256;

/// A layer of an artifact.
#[derive(Debug)]
struct Layer<'a> {
    kind: &'a str,
    digest: &'a str,
    title: Option<&'a str>,
}

/// Pulls an artifact: the locked digest `resolved`, or the current one.
pub(super) fn fetch<'a>(
    registry: &'a str,
    repository: &'a str,
    version: &Version,
    resolved: Option<&str>,
) -> Result<Fetched<'a>, Failure> {
    let name = format!("{registry}/{repository}");
    let mut registry = Registry::new(registry, repository)?;
    let reference = match (resolved, version) {
        (Some(digest), _) => digest,
        (None, Version::Digest(digest) | Version::Tag(digest)) => digest,
    };
    let bytes = registry.manifest(reference)?;
    let found = digest(&bytes);
    if is_digest(reference) && found != reference {
        return Err(altered(&name, reference));
    }
    let manifest: Value = serde_json::from_slice(&bytes)
        .map_err(|_| Failure::new(format!("the manifest of `{name}` is not valid JSON")))?;
    let mut tree = Artifact {
        files: FilesByPath::new(),
        layers: BTreeMap::new(),
        registry,
        name,
    };
    let mut remaining = MOST_EXPANDED;
    for layer in layers(&manifest, &tree.name)? {
        tree.add(&layer, &mut remaining)?;
    }
    Ok(Fetched::folder(Some(found), tree))
}

/// The files of an artifact.
#[derive(Debug)]
struct Artifact<'a> {
    /// The files of its archives.
    files: FilesByPath,
    /// The digests of the layers that are files, by path.
    layers: BTreeMap<String, String>,
    registry: Registry<'a>,
    /// The repository, for messages.
    name: String,
}

impl Artifact<'_> {
    /// Unpacks a layer that is an archive, and records one that is a file. Others do not belong to a package.
    fn add(&mut self, layer: &Layer<'_>, remaining: &mut u64) -> Result<(), Failure> {
        let title = layer.title.unwrap_or_default();
        let is_document = is_yaml(title);
        if !is_document && (layer.kind.ends_with("tar+gzip") || layer.kind.ends_with("tar.gzip")) {
            let bytes = self.blob(layer.digest, http::MOST_BYTES)?;
            let files = unpack(&bytes, &self.name, remaining)?;
            for (path, file) in files {
                if self.layers.contains_key(&path) || self.files.contains_key(&path) {
                    return Err(twice(&path));
                }
                self.files.insert(path, file);
            }
            return Ok(());
        }
        if !is_path(title) {
            return if is_document {
                Err(unusable(title))
            } else {
                Ok(())
            };
        }
        let digest = layer.digest.to_owned();
        if self.files.contains_key(title) || self.layers.insert(title.to_owned(), digest).is_some()
        {
            return Err(twice(title));
        }
        Ok(())
    }

    /// The contents of a layer.
    fn blob(&mut self, wanted: &str, most: u64) -> Result<Vec<u8>, Failure> {
        if !is_digest(wanted) {
            let name = &self.name;
            let problem = format!("a layer of `{name}` has the digest `{wanted}`");
            return Err(
                Failure::new(problem).help("digests are `sha256:` with 64 hexadecimal digits")
            );
        }
        let bytes = self.registry.blob(wanted, most)?;
        if digest(&bytes) != wanted {
            return Err(altered(&self.name, wanted));
        }
        Ok(bytes)
    }
}

impl Tree for Artifact<'_> {
    fn entries(&mut self, folder: &str) -> Result<Vec<TreeEntry>, Failure> {
        let mut entries = entries_of(&self.files, folder);
        entries.extend(entries_of(&self.layers, folder));
        entries.sort();
        entries.dedup();
        Ok(entries)
    }

    /// A file. A layer that is a file has no mode.
    fn file(&mut self, path: &str) -> Result<Option<PackageFile>, Failure> {
        if let Some(file) = self.files.get(path) {
            return Ok(Some(file.clone()));
        }
        let Some(digest) = self.layers.get(path).cloned() else {
            return Ok(None);
        };
        Ok(Some(PackageFile {
            bytes: self.blob(&digest, MOST_BYTES)?,
            executable: false,
        }))
    }
}

/// The layers of an artifact. Fails for an index, which has a manifest per platform.
fn layers<'a>(manifest: &'a Value, name: &str) -> Result<Vec<Layer<'a>>, Failure> {
    let Some(layers) = manifest["layers"].as_array() else {
        let failure = Failure::new(format!("`{name}` is not an artifact with layers"));
        return Err(if manifest["manifests"].is_array() {
            failure.help(
                "it is an index of several artifacts; select one by its digest, as in \
             `oci://REGISTRY/REPO@sha256:…`",
            )
        } else {
            failure
                .help("push YAML files, for example with `oras push REGISTRY/REPO:TAG FILE.yaml`")
        });
    };
    if layers.len() > MOST_LAYERS {
        let problem = format!("`{name}` has more than {MOST_LAYERS} layers");
        return Err(Failure::new(problem).help("push the files of the package as one archive"));
    }
    let text = |value: &'a Value| value.as_str().unwrap_or_default();
    Ok(layers
        .iter()
        .map(|layer| Layer {
            kind: text(&layer["mediaType"]),
            digest: text(&layer["digest"]),
            title: layer["annotations"][TITLE].as_str(),
        })
        .collect())
}

fn altered(name: &str, digest: &str) -> Failure {
    Failure::new(format!(
        "the contents of `{name}` in the registry do not have the digest `{digest}`"
    ))
    .help("the registry, or a proxy, returns wrong contents; do not use it")
}
