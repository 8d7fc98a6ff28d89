//! The parts of an image reference.

use score_spec::Value;

/// The registry of images without one.
const DEFAULT_REGISTRY: &str = "docker.io";

/// Whether a string is a digest, by the grammar of the OCI image specification.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => return hex.len() >= 32 && hex.bytes().all(|it| it.is_ascii_alphanumeric()),
    };
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    hex.len() == length && hex.bytes().all(is_hex)
}

/// The parts of an image reference, as rules read them: `registry`, `repository`, `tag`, `digest` and the whole
/// `reference`. `nginx` is `docker.io` and `library/nginx`; a part that the reference does not have is left out, and so is
/// a digest that cannot be one.
pub fn image(reference: &str) -> Value {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest).filter(|it| is_digest(it))),
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
                ["ghcr.io", "acme/web", "", ""],
            ),
            (
                "localhost:5000/a/b/web:1@DIGEST",
                ["localhost:5000", "a/b/web", "1", "DIGEST"],
            ),
            ("localhost/web", ["localhost", "web", "", ""]),
            ("host:5000/web", ["host:5000", "web", "", ""]),
        ] {
            let digest = format!("sha256:{}", "ab".repeat(32));
            let parts = image(&reference.replace("DIGEST", &digest)).to_json();
            let names = ["registry", "repository", "tag", "digest"];
            let found = names.map(|name| parts[name].as_str().unwrap_or_default());
            let expected = expected.map(|it| it.replace("DIGEST", &digest));
            assert_eq!(
                found,
                expected.each_ref().map(String::as_str),
                "{reference}"
            );
        }
    }
}
