//! The lists and maps that have not ended. They are on a stack of their own, so that no text can
//! overflow the call stack.

use std::ops::Range;

use super::anchor::Size;
use super::event::Tag;
use super::map::{Entries, Key};
use super::place;
use crate::{Diagnostic, Node, Span};

/// A list or map that has not ended.
pub(super) struct Open {
    pub(super) content: Content,
    /// `None` in a map without brackets that has no key yet.
    pub(super) start: Option<usize>,
    pub(super) end: usize,
    pub(super) bracket: bool,
    pub(super) anchor: usize,
    pub(super) tag: Option<Tag>,
    pub(super) size: Size,
}

pub(super) enum Content {
    List(Vec<Node>),
    Map(Entries),
}

/// All of them, the innermost last.
#[derive(Default)]
pub(super) struct Stack(Vec<Open>);

impl Stack {
    pub(super) fn push(&mut self, open: Open) {
        self.0.push(open);
    }

    pub(super) fn pop(&mut self) -> Option<Open> {
        self.0.pop()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The contents of the innermost one.
    pub(super) fn content(&mut self) -> Option<&mut Content> {
        self.0.last_mut().map(|open| &mut open.content)
    }

    /// The start of the innermost one with brackets.
    pub(super) fn bracket(&self) -> Option<usize> {
        self.0.iter().rfind(|open| open.bracket)?.start
    }

    /// Extends the innermost one to include its new part.
    pub(super) fn grow(&mut self, place: &Range<usize>, size: Size) {
        if let Some(open) = self.0.last_mut() {
            open.start.get_or_insert(place.start);
            open.end = open.end.max(place.end);
            open.size.add(size);
        }
    }

    /// Adds a key to the innermost one. Returns the problem of the previous keys with it.
    pub(super) fn key(&mut self, key: Key, start: usize, span: Span) -> Option<Diagnostic> {
        let open = self.0.last_mut()?;
        let Content::Map(entries) = &mut open.content else {
            return None;
        };
        open.start.get_or_insert(start);
        entries.key(key, span)
    }

    pub(super) fn awaits_key(&self) -> bool {
        self.entries()
            .is_some_and(|entries| !entries.awaits_value())
    }

    pub(super) fn awaits_value(&self) -> bool {
        self.entries().is_some_and(Entries::awaits_value)
    }

    fn entries(&self) -> Option<&Entries> {
        match &self.0.last()?.content {
            Content::Map(entries) => Some(entries),
            Content::List(_) => None,
        }
    }

    /// The location of a missing value. The parser places it before the next token, which can be
    /// lines away.
    pub(super) fn absent(&self, text: &str, cursor: usize, range: &Range<usize>) -> Range<usize> {
        let at = match self.0.last().map(|open| &open.content) {
            Some(Content::Map(entries)) if entries.awaits_value() => {
                place::missing_value(text, cursor)
            }
            Some(Content::List(items)) if items.is_empty() => cursor,
            Some(Content::List(_)) => place::missing_item(text, cursor),
            Some(Content::Map(_)) | None => range.start,
        };
        at..at
    }
}
