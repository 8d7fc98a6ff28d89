//! YAML text to a tree that knows the place of every key and value.
//!
//! Scalars mean what Go's `yaml.v3` makes of them, the reader that Score files are written
//! against: `yes` is a string, `010` is 8, `1_000` is 1000. Two things differ. A date stays a
//! string, and so do `.inf` and `.nan`, which the JSON data model does not have.
//!
//! Aliases and merge keys are expanded here. An expanded value keeps the places of the text that
//! it was written as, so that a span always covers the source of its own value. A map or list in
//! brackets includes them; one without begins at its first key or dash and ends with its last
//! entry. A block scalar begins at its `|` or `>` and ends with its last line of content. A value
//! that is not there has an empty span behind the `:` or `-` that it would follow.
//!
//! Not: what the keys mean, and where the text came from.

mod anchor;
mod build;
mod event;
mod fault;
mod finding;
mod map;
mod place;
mod scalar;

use crate::{Code, Diagnostic, Node, Source, SourceId, Sources, Span};

/// How many bytes a text may have.
const MAX_BYTES: usize = 10_000_000;

/// How deep maps and lists may nest, after aliases are expanded. What walks a tree may recurse.
const MAX_DEPTH: usize = 128;

/// How many keys and values a text may have, before aliases are expanded. Each takes many times the
/// room of its text.
const MAX_NODES: usize = 250_000;

/// How many documents a text may have.
const MAX_DOCUMENTS: usize = 10_000;

/// How many bytes a key may have. Keys are copied into the path of all that lies below them.
const MAX_KEY: usize = 1_000;

/// How many findings are collected before the rest of a text is left unread.
const MAX_DIAGNOSTICS: usize = 1_000;

/// What a text was read as.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The documents that could be read, in order. Empty ones are left out.
    pub documents: Vec<Node>,
    /// What is wrong with the text, in the order in which it was found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all documents of a text. It never fails: after a fault in one document it goes on with
/// the next `---` line.
pub fn parse(sources: &Sources, id: SourceId) -> Parsed {
    let source = sources.get(id);
    let whole = Span::new(id, 0, source.text.len());
    if let Some(refusal) = refuse(source, whole) {
        return Parsed {
            documents: Vec::new(),
            diagnostics: vec![refusal],
        };
    }
    let mut builder = build::Builder::new(id, &source.text);
    let mut start = 0;
    while let Some(fault) = builder.read(start) {
        match place::next_document(&source.text, builder.document(), fault) {
            Some(next) => start = next,
            None => break,
        }
    }
    builder.finish()
}

/// Reads one value that is a piece of a larger text, such as the part behind the `=` of an
/// option. Places refer to the larger text. There is no value if the piece is empty, holds
/// nothing but comments, or cannot be read.
pub fn parse_value(sources: &Sources, span: Span) -> (Option<Node>, Vec<Diagnostic>) {
    let source = sources.get(span.source);
    if let Some(refusal) = refuse(source, span) {
        return (None, vec![refusal]);
    }
    // The text is cut behind the piece, not before it, so that offsets need no translation.
    let Some(text) = source
        .text
        .get(..span.range().end)
        .filter(|_| source.text.is_char_boundary(span.range().start))
    else {
        return (None, Vec::new());
    };
    let mut builder = build::Builder::new(span.source, text);
    builder.read(span.range().start);
    let Parsed {
        documents,
        mut diagnostics,
    } = builder.finish();
    let mut documents = documents.into_iter();
    let value = documents.next();
    if let Some(second) = documents.next() {
        diagnostics.push(
            Diagnostic::new(Code::YamlSyntax, "more than one value")
                .at(second.span, "second value here"),
        );
    }
    (value, diagnostics)
}

/// Why the piece of a text that `span` covers is not read at all.
fn refuse(source: &Source, span: Span) -> Option<Diagnostic> {
    let range = span.range();
    if let Some(offset) = source.malformed.filter(|offset| *offset < range.end) {
        return Some(
            Diagnostic::new(Code::YamlNotUtf8, "the text is not UTF-8")
                .at(
                    Span::new(span.source, offset, offset + 1),
                    "this byte is not part of a character",
                )
                .help("save the file as UTF-8"),
        );
    }
    let bytes = range.len();
    (bytes > MAX_BYTES).then(|| {
        Diagnostic::new(
            Code::YamlLimit,
            format!("the input has more than {MAX_BYTES} bytes"),
        )
        .at(Span::new(span.source, range.start, range.start), "")
        .help("a Score file describes one workload; put large contents into separate files")
    })
}

/// A text as a message names it: its first line, cut if it is long, without characters that
/// could disturb a terminal.
fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    let harmless = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    let mut shown: String = line.chars().take(LONGEST).map(harmless).collect();
    if line.len() < text.len() || line.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
