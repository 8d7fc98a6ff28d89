//! Which part of a template each part of a rendered file is from.

use std::ops::Range;

use score_spec::Span;

/// The parts of a rendered file with their locations in the template; none for a file that is copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<PlacedPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct PlacedPart {
    /// The offset of the part in the rendered file.
    start: usize,
    /// The text that is written unchanged, or the expression with this value.
    span: Span,
    is_literal: bool,
}

impl Origins {
    /// Adds a part behind the others.
    pub(super) fn push(&mut self, start: usize, span: Span, is_literal: bool) {
        self.0.push(PlacedPart {
            start,
            span,
            is_literal,
        });
    }

    /// Moves all parts, because text is inserted before them.
    pub fn shift(&mut self, bytes: usize) {
        for origin in &mut self.0 {
            origin.start += bytes;
        }
    }

    /// The location of a range of the rendered file: the same text, or the expressions that it is from.
    pub fn of(&self, range: Range<usize>) -> Option<Span> {
        let first = self.before(range.start)?;
        let last = self.before(range.end.saturating_sub(1).max(range.start))?;
        let start = if first.is_literal {
            first.offset(range.start)
        } else {
            first.span.range().start
        };
        let end = if last.is_literal {
            last.offset(range.end)
        } else {
            last.span.range().end
        };
        // In a loop, a later part can be from an earlier line.
        let end = if end < start {
            first.span.range().end
        } else {
            end
        };
        Some(Span::new(first.span.source, start, end))
    }

    /// The part with an offset of the rendered file.
    fn before(&self, offset: usize) -> Option<&PlacedPart> {
        let next = self.0.partition_point(|origin| origin.start <= offset);
        self.0.get(next.checked_sub(1)?)
    }
}

impl PlacedPart {
    /// The offset in a literal part of the template for one of the rendered file.
    fn offset(&self, rendered: usize) -> usize {
        let range = self.span.range();
        (range.start + rendered.saturating_sub(self.start)).min(range.end)
    }
}
