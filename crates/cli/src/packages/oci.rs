//! Packages from OCI registries: artifacts whose layers are YAML files, named by their title
//! annotation, or gzipped tar archives with YAML files. The manifest and each layer are verified
//! against their digests.

use serde_json::Value;

use super::archive::{MOST_EXPANDED, unpack};
use super::fetch::Fetched;
use super::files::{Files, MOST_BYTES, is_yaml};
use super::registry::Registry;
use super::source::{Version, is_digest};
use super::{digest, http};
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
pub(super) fn fetch(
    registry: &str,
    repository: &str,
    version: &Version,
    resolved: Option<&str>,
) -> Result<Fetched, Failure> {
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
    let layers = layers(&manifest, &name)?;
    let mut files = Files::default();
    let mut remaining = MOST_EXPANDED;
    for layer in layers {
        let title = layer.title.unwrap_or_default();
        let is_file = is_yaml(title);
        if !is_file && !layer.kind.ends_with("tar+gzip") && !layer.kind.ends_with("tar.gzip") {
            continue;
        }
        if !is_digest(layer.digest) {
            return Err(Failure::new(format!(
                "a layer of `{name}` has the digest `{}`",
                layer.digest
            ))
            .help("digests are `sha256:` with 64 hexadecimal digits"));
        }
        let most = if is_file {
            MOST_BYTES
        } else {
            http::MOST_BYTES
        };
        let bytes = registry.blob(layer.digest, most)?;
        if digest(&bytes) != layer.digest {
            return Err(altered(&name, layer.digest));
        }
        if is_file {
            files = files.with(title, bytes)?;
        } else {
            for (file, bytes) in unpack(&bytes, "", &name, &mut remaining)?.files.iter() {
                files = files.with(file, bytes.to_vec())?;
            }
        }
    }
    Ok(Fetched {
        resolved: Some(found),
        files,
        single: false,
    })
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
