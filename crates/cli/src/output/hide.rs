//! Hides the secrets of outputs that are shown. Secrets of this run are sealed and never revealed.
//! Those in existing files are found by position: in `Secret` objects, at any depth, and among the
//! values of charts. Values are not searched for, so that short secrets are hidden too, and output
//! does not reveal whether a guessed secret is correct.

use score_compiler::Text;
use score_compiler::ir::{Sealed, Segment};
use score_spec::{Node, Sources, parse};

/// The replacement of a secret.
const REDACTED: &str = "[redacted]";

/// The fields of objects that contain secrets.
const DATA: &str = "data";
const STRING_DATA: &str = "stringData";

/// The existing and the new contents of an output without secrets. Returns `None` if the positions
/// of secrets are not known.
pub(crate) fn hidden(old: &str, new: &Text<Sealed>) -> Option<(String, String)> {
    let stand_in = stand_in(new);
    let new: Text<Sealed> = new.map(|_| stand_in.as_str().into());
    // The placeholder consists of letters, so it parses like a secret.
    let new = without_secrets(&new.redact())?;
    if new.contains(&stand_in) {
        return None;
    }
    Some((without_secrets(old)?, new))
}

/// A word that does not occur in the text.
fn stand_in(text: &Text<Sealed>) -> String {
    let mut word = "sealed".to_owned();
    let is_in = |word: &str| {
        text.segments().iter().any(|segment| match segment {
            Segment::Plain(plain) => plain.contains(word),
            Segment::Ref(_) => false,
        })
    };
    while is_in(&word) {
        word.push('x');
    }
    word
}

/// The text with all values at positions of secrets replaced. Returns `None` if it cannot be
/// parsed.
fn without_secrets(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(&sources, id);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut values = Vec::new();
    for document in &parsed.documents {
        values.extend(chart_secrets(document));
        object_secrets(document, &mut values);
    }
    let mut ranges: Vec<_> = values.iter().map(|value| value.span.range()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        // An alias has the position of its anchor, and objects can be nested, so ranges can
        // overlap.
        if range.start < done {
            continue;
        }
        out.push_str(text.get(done..range.start)?);
        out.push_str(REDACTED);
        done = range.end;
    }
    out.push_str(text.get(done..)?);
    Some(out)
}

/// Finds the secret values of objects in a node.
fn object_secrets<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let is_secret = node.get("kind").and_then(Node::text) == Some("Secret");
        for entry in node.entries() {
            let name = entry.key.as_str();
            if name == STRING_DATA || (is_secret && name == DATA) {
                found.extend(entry.value.entries().iter().map(|entry| &entry.value));
                // Anything but a map is invalid, and is hidden completely.
                found.extend(Some(&entry.value).filter(|it| it.entries().is_empty()));
            } else {
                open.push(&entry.value);
            }
        }
        open.extend(node.items());
    }
}

/// The secret values of a chart: `secrets.*.values.*`.
fn chart_secrets(document: &Node) -> impl Iterator<Item = &Node> {
    let secrets = document.entries_at("secrets");
    let values = secrets
        .iter()
        .filter_map(|secret| secret.value.get("values"));
    values.flat_map(Node::entries).map(|entry| &entry.value)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use score_compiler::Text;
    use score_compiler::ir::{Secret, SecretSource, SecretValue};

    use super::{hidden, without_secrets};

    #[test]
    fn no_value_of_a_secret_is_left() {
        let text = "kind: Secret\nstringData:\n  a: old\n  b: |\n    more\n    lines\n  c: ''\n---\n\
                    kind: ConfigMap\ndata:\n  a: open\n";
        let expected = "kind: Secret\nstringData:\n  a: [redacted]\n  b: [redacted]\n  c: [redacted]\n---\n\
                        kind: ConfigMap\ndata:\n  a: open\n";
        assert_eq!(without_secrets(text).as_deref(), Some(expected));
        for (text, expected) in [
            (
                "secrets:\n  db:\n    values:\n      password: mine\n",
                "secrets:\n  db:\n    values:\n      password: [redacted]\n",
            ),
            (
                r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "1", "b": [2]}}]}"#,
                r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": [redacted], "b": [redacted]}}]}"#,
            ),
            (
                "a: [{b: {stringData: {c: d}}}]\nkind: x\n",
                "a: [{b: {stringData: {c: [redacted]}}}]\nkind: x\n",
            ),
            (
                "kind: Secret\ndata: &x {a: b}\nstringData: *x\n",
                "kind: Secret\ndata: &x {a: [redacted]}\nstringData: *x\n",
            ),
            (
                "kind: Secret\ndata: odd\n",
                "kind: Secret\ndata: [redacted]\n",
            ),
        ] {
            assert_eq!(without_secrets(text).as_deref(), Some(expected));
        }
        assert_eq!(without_secrets("a: 1\na: 2"), None);
    }

    #[test]
    fn what_is_sealed_stays_sealed() {
        let pin = Secret {
            resource: "pin.default#a".to_owned(),
            object: "pin".to_owned(),
            name: "pin".to_owned(),
            source: SecretSource::External(SecretValue::new("4711")),
        };
        let around = |before: &str, after: &str| {
            let mut text = Text::from(before);
            text.push_ref(Arc::new(pin.clone()));
            text.push_str(after);
            text
        };
        let text = around("kind: Secret\nstringData: {sealed: \"a=", "\"}\n");
        let (_, new) = hidden("", &text).unwrap();
        assert_eq!(new, "kind: Secret\nstringData: {sealed: [redacted]}\n");
        let text = around("kind: ConfigMap\ndata: {pin: \"", "\"}\n");
        assert_eq!(hidden("", &text), None);
    }
}
