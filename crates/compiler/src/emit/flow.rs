//! Writes trees in flow style, without significant indentation: JSON, and KYAML, the subset of YAML
//! in the Kubernetes enhancement proposal 5295. Block style is in `yaml`.
//!
//! Secrets remain sealed.

use score_spec::Map;

use crate::emit::yaml::escaped;
use crate::ir::{Sealed, Segment, Text, Tree};

/// A notation in flow style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// JSON (RFC 8259).
    Json,
    /// YAML with all strings quoted, unquoted keys where they are safe, trailing commas, and the
    /// brackets of lists of maps on one line.
    Kyaml,
}

/// Writes a document with a trailing line break.
pub(crate) fn emit(document: &Tree<Sealed>, notation: Notation, out: &mut Text<Sealed>) {
    let mut writer = Writer { notation, out };
    writer.node(document, 0);
    writer.out.push_str("\n");
}

struct Writer<'a> {
    notation: Notation,
    out: &'a mut Text<Sealed>,
}

impl Writer<'_> {
    fn node(&mut self, node: &Tree<Sealed>, column: usize) {
        match node {
            Tree::Null => self.out.push_str("null"),
            Tree::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Tree::Number(number) => self.out.push_str(&crate::emit::yaml::number(number)),
            Tree::Text(text) => self.text(text),
            Tree::List(items) if items.is_empty() => self.out.push_str("[]"),
            Tree::Map(entries) if entries.is_empty() => self.out.push_str("{}"),
            Tree::List(items) => self.list(items, column),
            Tree::Map(entries) => self.map(entries, column),
        }
    }

    fn map(&mut self, entries: &Map<Tree<Sealed>>, column: usize) {
        self.out.push_str("{");
        for (index, (key, value)) in entries.iter().enumerate() {
            self.line(column + 2);
            if self.notation == Notation::Kyaml && is_bare(key) {
                self.out.push_str(key);
            } else {
                self.text(&key.as_str().into());
            }
            self.out.push_str(": ");
            self.node(value, column + 2);
            self.comma(index + 1 == entries.len());
        }
        self.line(column);
        self.out.push_str("}");
    }

    fn list(&mut self, items: &[Tree<Sealed>], column: usize) {
        let is_map =
            |item: &Tree<Sealed>| matches!(item, Tree::Map(entries) if !entries.is_empty());
        if self.notation == Notation::Kyaml && items.iter().all(is_map) {
            self.out.push_str("[");
            for (index, item) in items.iter().enumerate() {
                self.out.push_str(if index == 0 { "" } else { ", " });
                self.node(item, column);
            }
            self.out.push_str("]");
            return;
        }
        self.out.push_str("[");
        for (index, item) in items.iter().enumerate() {
            self.line(column + 2);
            self.node(item, column + 2);
            self.comma(index + 1 == items.len());
        }
        self.line(column);
        self.out.push_str("]");
    }

    fn comma(&mut self, is_last: bool) {
        if !is_last || self.notation == Notation::Kyaml {
            self.out.push_str(",");
        }
    }

    fn line(&mut self, column: usize) {
        self.out.push_str("\n");
        self.out.push_str(&" ".repeat(column));
    }

    /// A string in double quotes. Derived secrets need no escapes.
    fn text(&mut self, text: &Text<Sealed>) {
        self.out.push_str("\"");
        for segment in text.segments() {
            match segment {
                Segment::Plain(plain) => self.out.push_str(&escaped(plain)),
                Segment::Ref(secret) => self.out.push_ref(secret.within("json", escaped)),
            }
        }
        self.out.push_str("\"");
    }
}

/// Whether a key needs no quotes in flow style.
fn is_bare(key: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    crate::emit::yaml::is_plain(key)
        && key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.chars().all(safe)
}

#[cfg(test)]
mod tests {
    use score_spec::Value;
    use serde_json::json;

    use super::{Notation, emit};
    use crate::ir::{Sealed, Text, Tree};

    fn written(json: &serde_json::Value, notation: Notation) -> String {
        let tree: Tree<Sealed> =
            Value::from_json(json.clone()).map_text(&mut |text| Text::from(text.as_str()));
        let mut out = Text::new();
        emit(&tree, notation, &mut out);
        out.redact()
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let document = json!({
            "a": [1, -2.5, true, null, "", [], {}, [[1]], {"b": "c"}],
            "quotes \" and \\": "line\nbreak\ttab\u{0}\u{1b}\u{85}\u{2028}é😀",
            "no": "no", "<<": "=", "1": "1.0",
        });
        let text = written(&document, Notation::Json);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).ok(),
            Some(document)
        );
    }

    #[test]
    fn kyaml_looks_as_the_proposal_says() {
        let document = json!({
            "kind": "Service", "no": true, "1": {}, "a b": [],
            "ports": [{"port": 80}, {"port": 81}], "args": ["a", 1],
        });
        assert_eq!(
            written(&document, Notation::Kyaml),
            "{\n  kind: \"Service\",\n  \"no\": true,\n  \"1\": {},\n  \"a b\": [],\n  ports: [{\n    \
             port: 80,\n  }, {\n    port: 81,\n  }],\n  args: [\n    \"a\",\n    1,\n  ],\n}\n"
        );
    }
}
