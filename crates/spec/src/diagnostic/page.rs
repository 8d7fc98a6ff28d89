//! A source as it is displayed: its lines and positions. Out of scope: the layout of a snippet.

use super::printable::{clean, clean_in_place};
use crate::{Span, secret::masked, source::Source};

/// The maximum length of a displayed snippet; minified files consist of a single line.
const LONGEST: usize = 4_000;

/// The maximum number of lines that a label covers.
const MOST_LINES: usize = 8;

/// A source that can be displayed in a terminal, with the offsets of its lines. Passwords and other secrets are hidden.
#[derive(Debug)]
pub struct Page {
    name: String,
    text: String,
    lines: Vec<usize>,
    /// The offsets of characters that are replaced because they are unsafe.
    binary: Vec<usize>,
    hidden: bool,
}

impl Page {
    /// The page of a source.
    pub fn new(source: &Source) -> Self {
        let starts = source.text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: clean(&source.name),
            text: clean_in_place(&masked(&source.text, source.secrets())),
            lines: std::iter::once(0).chain(starts).collect(),
            binary: source.text.match_indices('\0').map(|(at, _)| at).collect(),
            hidden: source.hidden,
        }
    }

    /// The name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text with each unsafe or secret character replaced by a character of the same length.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of lines.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The offset of the first byte of a line.
    pub fn start(&self, line: usize) -> usize {
        self.lines.get(line).copied().unwrap_or(self.text.len())
    }

    /// The line of an offset, from 0.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) - 1
    }

    /// The end of a line, including its line break.
    pub fn end(&self, line: usize) -> usize {
        let next = self.lines.get(line + 1);
        next.copied().unwrap_or(self.text.len())
    }

    /// The position of an offset as an editor displays it: line and character, both from 1.
    pub fn place(&self, offset: usize) -> String {
        let line = self.line(offset);
        let column = self.column(line, offset);
        format!("{}:{}:{}", self.name, line + 1, column + 1)
    }

    /// The number of characters before an offset in its line.
    pub fn column(&self, line: usize, offset: usize) -> usize {
        let before = self.text.get(self.lines[line]..offset);
        before.map_or(0, |before| before.chars().count())
    }

    /// The bytes of a span to mark: only the first line of a long span, and nothing after the last
    /// line break.
    pub fn mark(&self, span: Span) -> (usize, usize) {
        let end = span.range().end.min(self.text.len());
        let mut start = span.range().start.min(end);
        if start == self.text.len() && self.text.ends_with('\n') {
            start -= 1;
        }
        let first = self.line(start);
        if self.line(end) - first >= MOST_LINES {
            return (start, self.end(first).saturating_sub(1).max(start));
        }
        (start, end.max(start))
    }

    /// Whether the lines around a span can be displayed: they must be short, text, and not hidden.
    pub fn fits(&self, (start, end): (usize, usize)) -> bool {
        let first = self.line(start).saturating_sub(1);
        let last = (self.line(end) + 1).min(self.lines.len() - 1);
        let (start, end) = (self.lines[first], self.end(last));
        let next = self.binary.partition_point(|at| *at < start);
        let is_text = self.binary.get(next).is_none_or(|at| *at >= end);
        !self.hidden && is_text && end - start <= LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::Page;
    use crate::{Sources, Span};

    #[test]
    fn places_count_characters() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "x: 1\nä: ö\n");
        let page = Page::new(sources.get(id));
        assert_eq!(page.place(9), "a.yaml:2:4");
        assert_eq!(page.place(12), "a.yaml:3:1");
        assert_eq!(page.mark(Span::new(id, 12, 12)), (11, 12));
    }

    #[test]
    fn only_text_is_shown_and_nothing_hidden() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "a\nb\nc\nd\0\n");
        let page = Page::new(sources.get(id));
        assert!(page.fits((2, 3)));
        assert!(!page.fits((4, 5)) && !page.fits((6, 7)));
        sources.hide(id);
        assert!(!Page::new(sources.get(id)).fits((2, 3)));
        sources.replace(id, "a".to_owned());
        assert!(!Page::new(sources.get(id)).fits((0, 1)));
    }
}
