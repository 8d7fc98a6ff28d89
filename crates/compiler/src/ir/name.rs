//! Names that are derived from the identity of their object, so that they are the same on every
//! machine and without state.

use sha2::{Digest, Sha256};

/// The class of resources that do not name one.
pub(crate) const DEFAULT_CLASS: &str = "default";

/// The prefix of variables of score-rs itself, such as its key.
const OWN: &str = "SCORE_RS_";

/// Whether a variable belongs to score-rs itself, which nothing in a project may read. Some systems
/// do not distinguish upper and lower case.
pub fn is_own_variable(name: &str) -> bool {
    let start = name.as_bytes().get(..OWN.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(OWN.as_bytes()))
}

/// The maximum length of a name. A DNS label has up to 63 characters (RFC 1123, section 2.1), but
/// Kubernetes appends up to 11 to the name of a `StatefulSet` to label its pods.
pub(crate) const MAX_LABEL: usize = 52;

/// The minimum length limit of a name: a letter, `-` and the hash.
pub(crate) const MIN_LABEL: usize = HASH + 2;

/// The length of the hash at the end of a truncated name.
const HASH: usize = 8;

/// The uid of a resource: `type.class#id` if it has an id, otherwise `type.class#workload.name`.
pub(crate) fn uid(kind: &str, class: Option<&str>, id: &str) -> String {
    // Placeholders ask for it so often that `format!` would take a fiftieth of a run.
    [kind, ".", class.unwrap_or(DEFAULT_CLASS), "#", id].concat()
}

/// A DNS label for a part of a resource: the type, the class unless it is the default, the id, and
/// a label (empty for the resource itself).
///
/// The id of a resource of a single workload is `workload.name`. Its dot becomes `--`, so that
/// `a.b-c` and `a-b.c` remain distinct, and no name can be confused with that of a shared resource.
pub(crate) fn resource(kind: &str, class: Option<&str>, id: &str, label: &str) -> String {
    resource_within(MAX_LABEL, kind, class, id, label)
}

/// The same name with at most `max` characters.
pub(crate) fn resource_within(
    max: usize,
    kind: &str,
    class: Option<&str>,
    id: &str,
    label: &str,
) -> String {
    let class = class.filter(|class| *class != DEFAULT_CLASS);
    let parts = [Some(kind), class, Some(id), Some(label)];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    label_within(max, &parts.join("-").replace('.', "--"))
}

/// A DNS label derived from any string: in lower case, with invalid characters replaced by `-`.
/// Longer names are truncated and end with a hash of the whole string.
pub(crate) fn label_of(text: &str) -> String {
    label_within(MAX_LABEL, text)
}

/// Whether a name is a DNS label (RFC 1123, section 2.1) in lower case.
pub(crate) fn is_label(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(legal)
}

/// The same with at most `max` characters.
pub(crate) fn label_within(max: usize, text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
            _ => '-',
        })
        .collect();
    let clean = clean.trim_matches('-');
    if clean.len() <= max {
        return clean.to_owned();
    }
    let hash = hash(text, HASH);
    let kept = clean[..max - hash.len() - 1].trim_end_matches('-');
    format!("{kept}-{hash}")
}

/// Whether it is a valid name of a label or annotation in Kubernetes: up to 63 letters, digits, `-`, `_`
/// and `.`, with an optional subdomain prefix.
pub(crate) fn is_qualified(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    prefix.is_none_or(is_subdomain)
        && name.len() <= 63
        && outer(name.chars().next())
        && outer(name.chars().next_back())
        && name.chars().all(inner)
}

/// Whether it is a valid key of the data of a `ConfigMap` or `Secret`.
pub(crate) fn is_data_key(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=253).contains(&text.len())
        && text.chars().all(allowed)
        && text != "."
        && !text.starts_with("..")
}

/// Whether a string is a DNS subdomain (RFC 1123) of at most 253 characters, as required for most
/// Kubernetes objects.
pub(crate) fn is_subdomain(text: &str) -> bool {
    let is_label = |label: &str| {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(legal)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The first `length` (at most 64) hexadecimal digits of the SHA-256 digest of a string.
pub(crate) fn hash(text: &str, length: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut digits = String::with_capacity(64);
    for byte in &digest {
        digits.extend(
            [byte >> 4, byte & 15]
                .map(|digit| char::from_digit(digit.into(), 16))
                .into_iter()
                .flatten(),
        );
    }
    digits.truncate(length);
    digits
}

#[cfg(test)]
mod tests {
    use super::{label_of, resource, resource_within, uid};

    #[test]
    fn names() {
        assert_eq!(uid("redis", None, "web.cache"), "redis.default#web.cache");
        for (kind, class, id, label, expected) in [
            ("redis", None, "main-cache", "", "redis-main-cache"),
            ("redis", Some("default"), "main", "", "redis-main"),
            (
                "redis",
                Some("large"),
                "main",
                "data",
                "redis-large-main-data",
            ),
            (
                "postgres",
                None,
                "orders-api.db",
                "",
                "postgres-orders-api--db",
            ),
            (
                "postgres",
                None,
                "orders.api-db",
                "",
                "postgres-orders--api-db",
            ),
            ("Resource-One", None, "a.b", "", "resource-one-a--b"),
        ] {
            assert_eq!(resource(kind, class, id, label), expected);
        }
        let long = "x".repeat(60);
        let cut = label_of(&long);
        assert_eq!(cut.len(), 52);
        assert_ne!(cut, label_of(&"x".repeat(61)));
        let short = resource_within(32, "mysql", None, "a-workload-of-some-length.db", "");
        assert_eq!(short, "mysql-a-workload-of-som-9eaacc48");
    }
}
