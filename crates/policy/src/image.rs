//! The parts of an image reference.

use score_spec::Value;

/// The registry of images without one.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The parts of an image reference, as rules read them: `registry`, `repository`, `tag`, `digest` and the whole
/// `reference`. `nginx` is `docker.io` and `library/nginx`; a part that the reference does not have is left out.
pub fn image(reference: &str) -> Value {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    let (name, tag) = match rest.rsplit_once(':') {
        // A colon before a slash belongs to the port of a registry.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    let is_registry = |first: &str| first.contains(['.', ':']) || first == "localhost";
    let (registry, repository) = match name.split_once('/') {
        Some((first, repository)) if is_registry(first) => (first, repository.to_owned()),
        Some(_) => (DEFAULT_REGISTRY, name.to_owned()),
        None => (DEFAULT_REGISTRY, format!("library/{name}")),
    };
    let parts = [
        ("reference", Some(reference)),
        ("registry", Some(registry)),
        ("repository", Some(&repository)),
        ("tag", tag),
        ("digest", digest),
    ];
    let parts = parts.into_iter();
    parts
        .filter_map(|(name, part)| Some((name.to_owned(), Value::Text(part?.to_owned()))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::image;

    #[test]
    fn references_have_parts() {
        for (reference, expected) in [
            ("nginx", ["docker.io", "library/nginx", "", ""]),
            ("acme/web:1.2", ["docker.io", "acme/web", "1.2", ""]),
            (
                "ghcr.io/acme/web@sha256:ab",
                ["ghcr.io", "acme/web", "", "sha256:ab"],
            ),
            (
                "localhost:5000/a/b/web:1@sha256:ab",
                ["localhost:5000", "a/b/web", "1", "sha256:ab"],
            ),
            ("localhost/web", ["localhost", "web", "", ""]),
            ("host:5000/web", ["host:5000", "web", "", ""]),
        ] {
            let parts = image(reference).to_json();
            let names = ["registry", "repository", "tag", "digest"];
            let found = names.map(|name| parts[name].as_str().unwrap_or_default());
            assert_eq!(found, expected, "{reference}");
        }
    }
}
