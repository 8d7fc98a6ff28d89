//! Parses a flow-style document to nodes with spans, so that tests do not depend on the parser of
//! the library.

use score_spec::{Diagnostic, Entry, Kind, Node, SourceId, Sources, Span};

/// A diagnostic on one line: its code, the text of its span, its message.
pub(crate) fn headline(sources: &Sources, found: &Diagnostic) -> String {
    let place = found
        .span()
        .map(|span| sources.slice(span))
        .unwrap_or_default();
    format!("{} | {place} | {}", found.code, found.message)
}

/// The tree of a JSON text, in which words may be unquoted.
pub(crate) fn read(text: &str) -> (Sources, Node) {
    let mut sources = Sources::new();
    let id = sources.add("test", text);
    let mut reader = Reader { id, text, at: 0 };
    let node = reader.node();
    assert_eq!(reader.at, text.len(), "{text}");
    (sources, node)
}

/// A JSON parser that accepts unquoted keys and strings, and nothing for null.
struct Reader<'t> {
    id: SourceId,
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn node(&mut self) -> Node {
        self.peek();
        let start = self.at;
        let kind = if self.skip('{') {
            let mut entries: Vec<Entry> = Vec::new();
            while !self.skip('}') {
                let (key_span, key) = self.scalar();
                assert!(self.skip(':'));
                let key = match key {
                    Kind::Text(key) => key,
                    _ => self.text[key_span.range()].to_owned(),
                };
                let value = self.node();
                entries.push(Entry {
                    key,
                    key_span,
                    value,
                });
                self.skip(',');
            }
            Kind::Map(entries)
        } else if self.skip('[') {
            let mut items = Vec::new();
            while !self.skip(']') {
                items.push(self.node());
                self.skip(',');
            }
            Kind::List(items)
        } else {
            let (span, kind) = self.scalar();
            return Node { span, kind };
        };
        Node {
            span: Span::new(self.id, start, self.at),
            kind,
        }
    }

    fn scalar(&mut self) -> (Span, Kind) {
        self.peek();
        let rest = &self.text[self.at..];
        let start = self.at;
        if rest.starts_with('"') {
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let text = stream.next().unwrap().unwrap();
            self.at += stream.byte_offset();
            return (Span::new(self.id, start, self.at), Kind::Text(text));
        }
        let ends = |(at, c): (usize, char)| {
            ",{}[]".contains(c) || c == ':' && rest[at + 1..].starts_with(' ')
        };
        let end = rest
            .char_indices()
            .find(|&found| ends(found))
            .map_or(rest.len(), |(at, _)| at);
        let word = rest[..end].trim_end();
        self.at += word.len();
        let kind = match word {
            "" | "null" => Kind::Null,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            word => {
                let digits = if word.starts_with("0.") {
                    word
                } else {
                    word.trim_start_matches('0')
                };
                match serde_json::from_str(digits) {
                    Ok(number) => Kind::Number(number),
                    Err(_) if word == "0" => Kind::Number(0.into()),
                    Err(_) => Kind::Text(word.to_owned()),
                }
            }
        };
        (Span::new(self.id, start, self.at), kind)
    }
}
