//! Inputs and locations in them. Out of scope: reading files; inputs are passed in as bytes.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::secret::secrets;

/// Identifies an input in a [`Sources`] collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text that contains the range.
    pub source: SourceId,
    /// Offset of the first byte, from 0.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `source`. Offsets beyond 4 GiB are reduced to the maximum.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            source,
            start: cut(start),
            end: cut(end.max(start)),
        }
    }

    /// The range as indices of the text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether this range contains another one.
    pub fn contains(self, other: Self) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that covers both, or this one if the other is in another source, as a part that an
    /// overlay adds can be.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A value with its location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The location.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Combines a value with its location.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// An input: a file, standard input, or a command-line argument.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name for users: a path as it was given, or `<stdin>`.
    pub name: String,
    /// The text. Each byte that is not part of a valid character is replaced by `?`.
    pub text: String,
    /// Offset of the first byte that was not UTF-8.
    pub malformed: Option<usize>,
    /// Whether the text must not be displayed, because it may come from another file than intended.
    pub hidden: bool,
    index: OnceLock<Index>,
    secrets: OnceLock<Vec<Range<usize>>>,
}

impl Source {
    /// The ranges of the text that must not be displayed.
    pub(crate) fn secrets(&self) -> &[Range<usize>] {
        self.secrets.get_or_init(|| secrets(&self.text))
    }
}

/// The offsets of lines, and the number of characters before each block of the text, so that the
/// time to find the position of an offset does not grow with the text.
#[derive(Debug, Clone)]
struct Index {
    lines: Vec<usize>,
    characters: Vec<usize>,
}

impl Index {
    /// The number of bytes between two entries of `characters`.
    const BLOCK: usize = 4096;

    fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut characters = vec![0];
        let mut count = 0;
        for block in text.as_bytes().chunks(Self::BLOCK) {
            count += begun(block);
            characters.push(count);
        }
        Self {
            lines: std::iter::once(0)
                .chain(breaks.map(|(at, _)| at + 1))
                .collect(),
            characters,
        }
    }

    fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        Position {
            line,
            column: 1 + self.before(text, offset) - self.before(text, start),
        }
    }

    /// The number of characters that start before an offset.
    fn before(&self, text: &str, offset: usize) -> usize {
        let block = offset / Self::BLOCK;
        self.characters[block] + begun(&text.as_bytes()[block * Self::BLOCK..offset])
    }
}

/// Bytes as text in which every offset is unchanged.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// The number of characters that start in a range of UTF-8 bytes.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// All inputs of a run, to which diagnostics refer. Clones share their contents.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input and returns its id.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> SourceId {
        let (text, malformed) = match String::from_utf8(bytes.into()) {
            Ok(text) => (text, None),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                (readable(error.as_bytes()), Some(offset))
            }
        };
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Arc::new(Source {
            name: name.into(),
            text,
            malformed,
            hidden: false,
            index: OnceLock::new(),
            secrets: OnceLock::new(),
        }));
        id
    }

    /// Adds an input of another collection, and returns its id.
    pub(crate) fn share(&mut self, source: &Source) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Arc::new(source.clone()));
        id
    }

    /// Replaces the text of an input.
    pub fn replace(&mut self, id: SourceId, text: String) {
        if let Some(source) = self.0.get_mut(id.0 as usize) {
            *source = Arc::new(Source {
                name: source.name.clone(),
                text,
                malformed: None,
                hidden: source.hidden,
                index: OnceLock::new(),
                secrets: OnceLock::new(),
            });
        }
    }

    /// Hides the text of an input: only its name and locations are displayed.
    pub fn hide(&mut self, id: SourceId) {
        if let Some(source) = self.0.get_mut(id.0 as usize) {
            Arc::make_mut(source).hidden = true;
        }
    }

    /// The input with this id.
    ///
    /// # Panics If `id` comes from another collection.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// The text of a span. Empty if the span is not on character boundaries of its text (which does
    /// not happen with the parsers in this workspace).
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .text
            .get(span.range())
            .unwrap_or_default()
    }

    /// All inputs in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0u32..)
            .map(SourceId)
            .zip(self.0.iter().map(|source| &**source))
    }

    /// The line and column of an offset, both from 1; columns count characters.
    pub fn position(&self, id: SourceId, offset: usize) -> Position {
        let source = self.get(id);
        source
            .index
            .get_or_init(|| Index::new(&source.text))
            .position(&source.text, offset)
    }
}

/// A position as an editor displays it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

#[cfg(test)]
mod tests {
    use super::{Index, Position, Sources};

    #[test]
    fn positions_count_characters() {
        let mut sources = Sources::new();
        let wide = "é".repeat(Index::BLOCK);
        let text = format!("a\nöb\r\n{wide}x");
        let id = sources.add("text", text.as_str());
        for (needle, line, column) in [("a", 1, 1), ("b", 2, 2), ("x", 3, Index::BLOCK + 1)] {
            let offset = text.find(needle).unwrap();
            assert_eq!(sources.position(id, offset), Position { line, column });
        }
        let end = sources.position(id, usize::MAX);
        assert_eq!((end.line, end.column), (3, Index::BLOCK + 2));
    }
}
