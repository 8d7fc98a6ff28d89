//! Secrets with a value from elsewhere: any value arrives unchanged, and is not visible before.

use std::sync::Arc;

use score_compiler::ir::{Sealed, Secret, SecretSource, SecretValue, Tree};
use score_compiler::{Text, yaml};
use score_spec::{Node, Sources, parse};

fn external(value: &str) -> Sealed {
    Arc::new(Secret {
        resource: "vault.default#shared".to_owned(),
        object: "vault-shared".to_owned(),
        name: "token".to_owned(),
        source: SecretSource::External(SecretValue::new(value)),
    })
}

/// Characters with a special meaning in a format.
const CHARACTERS: [char; 40] = [
    'a', 'Z', '0', ' ', '\t', '\n', '\r', '\0', '\u{7f}', '\u{85}', '\u{1b}', '"', '\'', '\\', '$',
    '{', '}', '[', ']', ':', '#', '-', '|', '>', '&', '*', '!', '%', '@', '`', ',', '?', '=', '~',
    'é', '\u{a0}', '\u{2028}', '\u{feff}', '\u{fffd}', '😀',
];

/// Reproducible values of up to 30 such characters.
fn values() -> impl Iterator<Item = String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    (0..5_000).map(move |_| {
        let length = next(31);
        (0..length)
            .map(|_| CHARACTERS[next(CHARACTERS.len())])
            .collect()
    })
}

/// The value of `k` in a document, as parsed.
fn read_back(document: &str) -> Option<String> {
    let mut sources = Sources::new();
    let id = sources.add("out.yaml", document);
    let parsed = parse(&sources, id);
    assert_eq!(parsed.diagnostics, [], "{document}");
    let text = parsed.documents[0].get("k").and_then(Node::text);
    text.map(str::to_owned)
}

/// Writes a string with the value between two others, and reads it back.
fn check(before: &str, value: &str, after: &str) {
    let mut text = Text::from(before);
    text.push_ref(external(value));
    text.push_str(after);
    let tree = Tree::from_iter([("k".to_owned(), Tree::Text(text))]);
    let mut out = Text::new();
    yaml::emit(&tree, &mut out);

    let meant = format!("{before}{value}{after}");
    assert_eq!(read_back(&out.reveal(None)), Some(meant), "{value:?}");
    assert_eq!(
        read_back(&out.redact()),
        Some(format!("{before}[redacted]{after}"))
    );
    assert!(!out.needs_key());
}

#[test]
fn every_value_arrives_byte_for_byte() {
    for value in values() {
        check("", &value, "");
        check("a\n", &value, "\nb\n");
        check("\"$ ", &value, "{{");
    }
    for value in [
        "", "yes", "010", "{{ x }}", "${X}", "- a", "a: b", "---\n", " ", "|\n  a",
    ] {
        check("", value, "");
    }
    check("", &"\"\\\n$é😀".repeat(100_000), "");
}

#[test]
fn no_value_shows_before_it_is_revealed() {
    for value in ["sup3r-s3cret", "sup3r\n\"s3cret\""] {
        let mut text = Text::from("redis://:");
        text.push_ref(external(value));
        let tree = Tree::from_iter([("k".to_owned(), Tree::Text(text.clone()))]);
        let mut out = Text::new();
        yaml::emit(&tree, &mut out);
        for shown in [
            text.redact(),
            out.redact(),
            format!("{text:?}"),
            format!("{out:#?}"),
            format!("{tree:?}"),
        ] {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
