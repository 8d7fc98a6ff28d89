//! Converts YAML text to a tree with the location of every key and value.
//!
//! Scalars have the meaning of Go's `yaml.v3`, the reader for which Score files are written: `yes`
//! is a string, `010` is 8, `1_000` is 1000. There are two differences: dates are strings, and so
//! are `.inf` and `.nan`, which the JSON data model does not have.
//!
//! Aliases and merge keys are expanded here. An expanded value keeps the locations of its original
//! text, so that a span always covers the source of its own value. The span of a map or list in
//! brackets includes them; without brackets, it starts at the first key or dash and ends with the
//! last entry. A block scalar starts at its `|` or `>` and ends with its last line of content. A
//! missing value has an empty span after the `:` or `-` that it would follow.
//!
//! Out of scope: the meaning of the keys, and the origin of the text.

mod anchor;
mod build;
mod event;
mod fault;
mod finding;
mod map;
mod open;
mod place;
mod scalar;

use crate::{Code, Diagnostic, Node, SourceId, Sources, Span, source::Source};

/// The maximum size of an input in bytes.
const MAX_BYTES: usize = 10_000_000;

/// The maximum depth of maps and lists, after aliases are expanded. Code that walks a tree may be
/// recursive.
const MAX_DEPTH: usize = 128;

/// The maximum number of keys and values of an input, before aliases are expanded. Each takes many
/// times the memory of its text.
const MAX_NODES: usize = 250_000;

/// The maximum number of documents of an input.
const MAX_DOCUMENTS: usize = 10_000;

/// The maximum length of a key in bytes. Keys are copied into the paths of everything below them.
const MAX_KEY: usize = 1_000;

/// The number of diagnostics after which the rest of an input is not read.
const MAX_DIAGNOSTICS: usize = 1_000;

/// The result of reading an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The documents that could be read, in order. Empty documents are omitted.
    pub documents: Vec<Node>,
    /// The problems of the text, in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all documents of an input. It never fails: after a fault in a document it continues at the
/// next `---` line.
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

/// Reads a single value that is a part of a larger text, such as the part of an option after the
/// `=`. Locations refer to the larger text. There is no value if the part is empty, contains only
/// comments, or is invalid.
pub fn parse_value(sources: &Sources, span: Span) -> (Option<Node>, Vec<Diagnostic>) {
    let source = sources.get(span.source);
    if let Some(refusal) = refuse(source, span) {
        return (None, vec![refusal]);
    }
    // The text is cut after the part, not before it, so that offsets need no conversion.
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

/// The reason why the part of an input covered by `span` cannot be read at all.
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

/// A string for messages: its first line, truncated if it is long, without characters that could
/// disturb a terminal.
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
