//! Names that follow from what they name, so that they are the same on every machine and after
//! every loss of state.

use sha2::{Digest, Sha256};

/// What the names of the variables begin with that are about score-rs itself, such as its key.
const OWN: &str = "SCORE_RS_";

/// Whether a variable is one of score-rs itself, which nothing in a project may read. Some systems
/// do not distinguish upper and lower case.
pub fn is_own_variable(name: &str) -> bool {
    let start = name.as_bytes().get(..OWN.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(OWN.as_bytes()))
}

/// The longest name. A DNS label has up to 63 characters (RFC 1123, section 2.1), but Kubernetes
/// puts up to 11 more behind the name of a stateful set to label its pods.
pub(crate) const MAX_LABEL: usize = 52;

/// The shortest limit of a name: a letter, `-` and the hash.
pub(crate) const MIN_LABEL: usize = HASH + 2;

/// The length of the hash that ends a name which was cut.
const HASH: usize = 8;

/// The uid of a resource: `type.class#id` where it has an id, else `type.class#workload.name`.
pub(crate) fn uid(kind: &str, class: Option<&str>, id: &str) -> String {
    format!("{kind}.{}#{id}", class.unwrap_or("default"))
}

/// A DNS label for something of a resource: the type, the class unless it is the default, the id,
/// and a label for what it is (empty for the resource itself).
///
/// The id of a resource that belongs to one workload is `workload.name`. Its dot becomes `--`, so
/// that `a.b-c` and `a-b.c` stay apart and no name can be mistaken for that of a shared resource.
pub(crate) fn resource(kind: &str, class: Option<&str>, id: &str, label: &str) -> String {
    resource_within(MAX_LABEL, kind, class, id, label)
}

/// The same name, of at most `max` characters.
pub(crate) fn resource_within(
    max: usize,
    kind: &str,
    class: Option<&str>,
    id: &str,
    label: &str,
) -> String {
    let class = class.filter(|class| *class != "default");
    let parts = [Some(kind), class, Some(id), Some(label)];
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    label_within(max, &parts.join("-").replace('.', "--"))
}

/// A DNS label of any text: lower case, with `-` for what a label cannot hold. A text that is too
/// long is cut and ends with a hash of the whole.
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

/// The same, of at most `max` characters.
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

/// Whether it can be the name of a label or annotation, as Kubernetes has it: up to 63 letters, digits, `-`,
/// `_` and `.`, with an optional prefix that is a subdomain.
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

/// Whether it can be a key of the data of a `ConfigMap` or `Secret`.
pub(crate) fn is_data_key(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=253).contains(&text.len())
        && text.chars().all(allowed)
        && text != "."
        && !text.starts_with("..")
}

/// Whether a text is the name of a DNS subdomain (RFC 1123) of at most 253 characters, as most
/// objects of Kubernetes have it.
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

/// The first `length` (at most 64) hexadecimal digits of the SHA-256 of a text.
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
