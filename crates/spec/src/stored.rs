//! Trees of YAML files that are part of score-rs, in a form that is read ten times as fast as YAML.
//!
//! A tree is a sequence of numbers and strings. A number is written in digits of five bits, from the least significant one
//! on: characters from `0` on, with a sixth bit in all but the last one. A string follows its length in bytes. The order of
//! a node is its kind, the start and the length of its span, and its contents: a string, or a number of items or entries,
//! which follow. Line breaks before numbers have no meaning.

use crate::{Entry, Kind, Node, SourceId, Sources, Span, parse};

/// The kinds of nodes.
const NULL: u32 = 0;
const FALSE: u32 = 1;
const TRUE: u32 = 2;
const NUMBER: u32 = 3;
const TEXT: u32 = 4;
const LIST: u32 = 5;
const MAP: u32 = 6;

/// The documents of a file that is part of score-rs, whose stored form is up to date.
pub fn documents(sources: &Sources, id: SourceId, stored: &str) -> Vec<Node> {
    // A stored form that is not valid does not occur: tests compare all of them with the files.
    restore(stored, id).unwrap_or_else(|| parse(sources, id).documents)
}

/// The stored form of documents of one source.
pub fn store(documents: &[Node]) -> String {
    let mut writer = Writer(String::new());
    writer.number(documents.len());
    for document in documents {
        writer.node(document);
    }
    writer.0.push('\n');
    writer.0
}

/// The documents with this stored form, in a source; none if it is not valid.
fn restore(stored: &str, source: SourceId) -> Option<Vec<Node>> {
    let mut reader = Reader {
        rest: stored,
        source,
    };
    let documents = reader.nodes()?;
    (reader.rest == "\n").then_some(documents)
}

struct Writer(String);

impl Writer {
    fn number(&mut self, mut number: usize) {
        loop {
            let digit = b'0' + u8::try_from(number % 32).unwrap_or_default();
            number /= 32;
            let more = if number > 0 { 32 } else { 0 };
            self.0.push(char::from(digit + more));
            if number == 0 {
                return;
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.push_str(text);
    }

    fn span(&mut self, span: Span) {
        self.number(span.range().start);
        self.number(span.range().len());
    }

    fn node(&mut self, node: &Node) {
        let kind = match &node.kind {
            Kind::Null => NULL,
            Kind::Bool(false) => FALSE,
            Kind::Bool(true) => TRUE,
            Kind::Number(_) => NUMBER,
            Kind::Text(_) => TEXT,
            Kind::List(_) => LIST,
            Kind::Map(_) => MAP,
        };
        self.number(kind as usize);
        self.span(node.span);
        match &node.kind {
            Kind::Null | Kind::Bool(_) => {}
            Kind::Number(number) => self.text(&number.to_string()),
            Kind::Text(text) => self.text(text),
            Kind::List(items) => {
                self.number(items.len());
                for item in items {
                    self.node(item);
                }
            }
            Kind::Map(entries) => {
                self.number(entries.len());
                for entry in entries {
                    self.0.push('\n');
                    self.text(&entry.key);
                    self.span(entry.key_span);
                    self.node(&entry.value);
                }
            }
        }
    }
}

struct Reader<'t> {
    rest: &'t str,
    source: SourceId,
}

impl<'t> Reader<'t> {
    fn take(&mut self, length: usize) -> Option<&'t str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0_u32, 0);
        for (at, character) in self.rest.bytes().enumerate() {
            if character == b'\n' {
                continue;
            }
            let digit = character.checked_sub(b'0').filter(|digit| *digit < 64)?;
            number |= u32::from(digit % 32).checked_shl(shift)?;
            if digit < 32 {
                self.take(at + 1)?;
                return Some(number);
            }
            shift += 5;
        }
        None
    }

    /// The number of items that follow, each of which takes some bytes.
    fn count(&mut self) -> Option<usize> {
        let count = self.number()? as usize;
        (count <= self.rest.len()).then_some(count)
    }

    fn text(&mut self) -> Option<&'t str> {
        let length = self.number()? as usize;
        self.take(length)
    }

    fn span(&mut self) -> Option<Span> {
        let start = self.number()?;
        Some(Span {
            source: self.source,
            start,
            end: start.checked_add(self.number()?)?,
        })
    }

    fn nodes(&mut self) -> Option<Vec<Node>> {
        let count = self.count()?;
        let mut nodes = Vec::with_capacity(count);
        for _ in 0..count {
            nodes.push(self.node()?);
        }
        Some(nodes)
    }

    fn node(&mut self) -> Option<Node> {
        let kind = self.number()?;
        let span = self.span()?;
        let kind = match kind {
            NULL => Kind::Null,
            FALSE | TRUE => Kind::Bool(kind == TRUE),
            NUMBER => Kind::Number(self.text()?.parse().ok()?),
            TEXT => Kind::Text(self.text()?.to_owned()),
            LIST => Kind::List(self.nodes()?),
            MAP => {
                let count = self.count()?;
                let mut entries = Vec::with_capacity(count);
                for _ in 0..count {
                    entries.push(Entry {
                        key: self.text()?.to_owned(),
                        key_span: self.span()?,
                        value: self.node()?,
                    });
                }
                Kind::Map(entries)
            }
            _ => return None,
        };
        Some(Node { span, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::{documents, restore, store};
    use crate::{Sources, parse};

    const YAML: &str = "\
a: [1, -2.5, 1e300, true, false, null, '', \"ü\\n\"]
b:
  c: {}
  d: |
    several
    lines
ä: &x {e: 9007199254740993}
f: *x
--- []
--- text
";

    #[test]
    fn documents_are_restored() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "not this one");
        let other = sources.add("b.yaml", YAML);
        let parsed = parse(&sources, other);
        assert_eq!(parsed.diagnostics, []);
        assert_eq!(parsed.documents.len(), 3);
        let stored = store(&parsed.documents);
        assert_eq!(restore(&stored, other), Some(parsed.documents));
        assert_ne!(restore(&stored, id), restore(&stored, other));
        assert_eq!(store(&[]), "0\n");
        assert_eq!(restore("0\n", id), Some(Vec::new()));
    }

    #[test]
    fn an_invalid_form_is_not_used() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", YAML);
        let expected = parse(&sources, id).documents;
        let stored = store(&expected);
        let ends = stored.char_indices().map(|(at, _)| at);
        for end in ends {
            assert_eq!(restore(&stored[..end], id), None, "{end}");
            assert_eq!(documents(&sources, id, &stored[..end]), expected);
        }
        for wrong in ["10oooooooo", "17000", "100oooo", "1400oooo3", "0", "0\n\n"] {
            assert_eq!(restore(wrong, id), None, "{wrong}");
        }
    }
}
