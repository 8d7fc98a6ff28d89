//! The pieces of input that a finding is shown with. Several files can be part of one snippet.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use score_spec::{Source, Span};

use crate::report::printable::{clean, clean_in_place};

/// The longest piece that is shown; a minified file has it all on one line.
const LONGEST: usize = 4_000;

/// The most lines that one label may cover.
const MOST_LINES: usize = 8;

/// A text that can be shown on a terminal, and where its lines begin.
#[derive(Debug)]
pub(crate) struct Page {
    name: String,
    text: String,
    lines: Vec<usize>,
    /// Where characters are that no text has.
    binary: Vec<usize>,
    hidden: bool,
}

/// Pages one behind the other, as the one text that the renderer wants.
#[derive(Debug, Default)]
pub(crate) struct Snippet<'a> {
    pages: Vec<(usize, &'a Page)>,
}

impl Page {
    /// The page of a source.
    pub(crate) fn new(source: &Source) -> Self {
        let starts = source.text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: clean(&source.name),
            text: clean_in_place(&source.text),
            lines: std::iter::once(0).chain(starts).collect(),
            binary: source.text.match_indices('\0').map(|(at, _)| at).collect(),
            hidden: source.hidden,
        }
    }

    /// The line of an offset, from 0.
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) - 1
    }

    /// The end of a line, its line break included.
    fn end(&self, line: usize) -> usize {
        let next = self.lines.get(line + 1);
        next.copied().unwrap_or(self.text.len())
    }

    /// The place of an offset as an editor shows it: lines and characters, both from 1.
    pub(crate) fn place(&self, offset: usize) -> String {
        let line = self.line(offset);
        let column = self.column(line, offset);
        format!("{}:{}:{}", self.name, line + 1, column + 1)
    }

    fn column(&self, line: usize, offset: usize) -> usize {
        let before = self.text.get(self.lines[line]..offset);
        before.map_or(0, |before| before.chars().count())
    }

    /// The bytes of a span that are to be marked: of a long one only its first line, and behind
    /// the last line break there is nothing to mark.
    pub(crate) fn mark(&self, span: Span) -> (usize, usize) {
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

    /// Whether the lines around a mark can be shown: they are short enough, of text, and not hidden.
    pub(crate) fn fits(&self, (start, end): (usize, usize)) -> bool {
        let first = self.line(start).saturating_sub(1);
        let last = (self.line(end) + 1).min(self.lines.len() - 1);
        let (start, end) = (self.lines[first], self.end(last));
        let next = self.binary.partition_point(|at| *at < start);
        let is_text = self.binary.get(next).is_none_or(|at| *at >= end);
        !self.hidden && is_text && end - start <= LONGEST
    }
}

impl<'a> Snippet<'a> {
    /// Adds a page, unless it is part of the snippet, and gives the offset of its first byte.
    pub(crate) fn add(&mut self, page: &'a Page) -> usize {
        let known = self
            .pages
            .iter()
            .find(|(_, known)| std::ptr::eq(*known, page));
        if let Some((base, _)) = known {
            return *base;
        }
        let last = self.pages.last();
        // The end of a page is a place of it too, so the next one begins behind that.
        let base = last.map_or(0, |(base, page)| base + page.text.len() + 1);
        self.pages.push((base, page));
        base
    }
}

impl SourceCode for Snippet<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let at = self
            .pages
            .partition_point(|(base, _)| *base <= span.offset());
        let found = at.checked_sub(1).and_then(|at| self.pages.get(at));
        let (base, page) = found.ok_or(MietteError::OutOfBounds)?;
        let start = span.offset() - base;
        let end = start + span.len();
        // This also keeps the renderer from joining the pieces of two files.
        if end > page.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let line = page.line(start);
        let first = line.saturating_sub(before);
        let last = page.line(end.saturating_sub(1).max(start)) + after;
        let last = last.min(page.lines.len() - 1);
        let range = page.lines[first]..page.end(last);
        let column = if before == 0 {
            page.column(line, start)
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            page.name.clone(),
            &page.text.as_bytes()[range.clone()],
            (base + range.start, range.len()).into(),
            first,
            column,
            last - first + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::Page;
    use score_spec::{Sources, Span};

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
