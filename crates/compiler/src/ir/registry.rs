//! Replacements for the registries of images, such as a mirror for the images of Docker Hub, and for the
//! versions of images.

use score_spec::Map;

/// The registry of images without one.
const DOCKER_HUB: &str = "docker.io";

/// The folder of images of Docker Hub without one.
const OFFICIAL: &str = "library";

/// Replacements for the beginning of images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registries(Map<String>);

impl FromIterator<(String, String)> for Registries {
    /// The replacements for prefixes: registries, optionally with a path.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(replacements: I) -> Self {
        Self(replacements.into_iter().collect())
    }
}

impl Registries {
    /// Whether no image is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The image with the replacement for its longest known prefix. An image without one is unchanged.
    #[must_use]
    pub fn replace(&self, image: &str) -> String {
        if self.is_empty() {
            return image.to_owned();
        }
        let full = in_full(image);
        let replacements = self.0.iter().filter_map(|(prefix, replacement)| {
            let rest = full.strip_prefix(prefix.as_str())?;
            is_boundary(rest).then_some((prefix.len(), replacement, rest))
        });
        let longest = replacements.max_by_key(|(length, ..)| *length);
        longest.map_or_else(
            || image.to_owned(),
            |(_, replacement, rest)| format!("{replacement}{rest}"),
        )
    }
}

/// Versions for images of the catalogue, by the image without its version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions(Map<String>);

impl FromIterator<(String, String)> for Versions {
    /// The versions by image: a tag, a digest after an `@`, or both.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(versions: I) -> Self {
        Self(versions.into_iter().collect())
    }
}

impl Versions {
    /// The image in its version, or unchanged if it has none.
    #[must_use]
    pub fn set(&self, image: &str) -> String {
        let name = without_version(image);
        match self.0.get(name) {
            Some(digest) if digest.starts_with('@') => format!("{name}{digest}"),
            Some(tag) => format!("{name}:{tag}"),
            None => image.to_owned(),
        }
    }
}

/// The image without its tag and its digest.
fn without_version(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    match name.rsplit_once(':') {
        // Otherwise it is the port of a registry.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// Whether a prefix ends before the rest of an image: at the end of a path segment, or of the name of the
/// image. The colon before the port of a registry is not an end.
fn is_boundary(rest: &str) -> bool {
    match rest.as_bytes().first() {
        None | Some(b'/' | b'@') => true,
        Some(b':') => !rest.contains('/'),
        Some(_) => false,
    }
}

/// The image with its registry, by the rules of Docker: the first segment is a registry if it contains
/// `.` or `:`, or is `localhost`.
fn in_full(image: &str) -> String {
    let is_registry = |segment: &str| segment.contains(['.', ':']) || segment == "localhost";
    let (registry, path) = match image.split_once('/') {
        Some(("index.docker.io", path)) => (DOCKER_HUB, path),
        Some((first, path)) if is_registry(first) => (first, path),
        _ => (DOCKER_HUB, image),
    };
    if registry == DOCKER_HUB && !path.contains('/') {
        format!("{registry}/{OFFICIAL}/{path}")
    } else {
        format!("{registry}/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Registries, Versions};

    #[test]
    fn the_longest_prefix_is_replaced() {
        let registries: Registries = [
            ("docker.io", "mirror.example/hub"),
            ("docker.io/acme", "acme.example"),
            ("docker.io/acme/web", "web.example/web"),
            ("localhost", "local.example"),
            ("quay.io/a", "b.example:5000/a"),
            ("mirror.example", "never.example"),
        ]
        .map(|(prefix, replacement)| (prefix.to_owned(), replacement.to_owned()))
        .into_iter()
        .collect();
        for (image, replaced) in [
            ("nginx", "mirror.example/hub/library/nginx"),
            ("nginx:1", "mirror.example/hub/library/nginx:1"),
            (
                "org/app:2@sha256:0a",
                "mirror.example/hub/org/app:2@sha256:0a",
            ),
            ("docker.io/nginx:1", "mirror.example/hub/library/nginx:1"),
            ("index.docker.io/org/app", "mirror.example/hub/org/app"),
            ("acme/api@sha256:0a", "acme.example/api@sha256:0a"),
            ("acme/website:1", "acme.example/website:1"),
            ("acme/web:1", "web.example/web:1"),
            ("acme/web@sha256:0a", "web.example/web@sha256:0a"),
            ("acme/web", "web.example/web"),
            ("acme2/web:1", "mirror.example/hub/acme2/web:1"),
            ("localhost/a:1", "local.example/a:1"),
            ("localhost:5000/a:1", "localhost:5000/a:1"),
            ("quay.io/a/b:1", "b.example:5000/a/b:1"),
            ("quay.io/ab:1", "quay.io/ab:1"),
            ("ghcr.io/nginx:1", "ghcr.io/nginx:1"),
            ("docker.io.example/nginx", "docker.io.example/nginx"),
        ] {
            assert_eq!(registries.replace(image), replaced, "{image}");
        }
        assert_eq!(Registries::default().replace("nginx:1"), "nginx:1");
    }

    #[test]
    fn versions_replace_tags_and_digests() {
        let versions: Versions = [
            ("postgres", "16"),
            ("quay.io/minio/minio", "@sha256:0a"),
            ("localhost:5000/a", "2@sha256:0b"),
        ]
        .map(|(image, version)| (image.to_owned(), version.to_owned()))
        .into_iter()
        .collect();
        for (image, expected) in [
            ("postgres:17-alpine", "postgres:16"),
            ("postgres", "postgres:16"),
            ("postgres@sha256:00", "postgres:16"),
            ("quay.io/minio/minio:1", "quay.io/minio/minio@sha256:0a"),
            ("localhost:5000/a", "localhost:5000/a:2@sha256:0b"),
            ("localhost:5000/b", "localhost:5000/b"),
            ("org/postgres:17", "org/postgres:17"),
        ] {
            assert_eq!(versions.set(image), expected, "{image}");
        }
    }
}
