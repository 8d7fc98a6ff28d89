//! The source excerpt of a diagnostic, which can include several files.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use score_spec::diagnostic::Page;

/// Pages, concatenated to the single text that the renderer expects.
#[derive(Debug, Default)]
pub(crate) struct Snippet<'a> {
    pages: Vec<(usize, &'a Page)>,
}

impl<'a> Snippet<'a> {
    /// Adds a page, unless it was added before, and returns the offset of its first byte.
    pub(crate) fn add(&mut self, page: &'a Page) -> usize {
        let known = self
            .pages
            .iter()
            .find(|(_, known)| std::ptr::eq(*known, page));
        if let Some((base, _)) = known {
            return *base;
        }
        let last = self.pages.last();
        // The end of a page is a valid position too, so the next page starts after it.
        let base = last.map_or(0, |(base, page)| base + page.text().len() + 1);
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
        // This also prevents the renderer from combining lines of two files.
        if end > page.text().len() {
            return Err(MietteError::OutOfBounds);
        }
        let line = page.line(start);
        let first = line.saturating_sub(before);
        let last = page.line(end.saturating_sub(1).max(start)) + after;
        let last = last.min(page.lines() - 1);
        let range = page.start(first)..page.end(last);
        let column = if before == 0 {
            page.column(line, start)
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            page.name().to_owned(),
            &page.text().as_bytes()[range.clone()],
            (base + range.start, range.len()).into(),
            first,
            column,
            last - first + 1,
        )))
    }
}
