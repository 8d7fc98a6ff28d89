//! The tokens of a string that start with `$`, and their locations.

use crate::{Sources, Span};

/// The number of placeholders of a string that are searched for in vain before giving up, because
/// each search reads the whole text.
const MOST_LOST: usize = 100;

/// A token that starts with `$`.
pub(super) struct Token<'a> {
    /// The text of the token.
    pub(super) raw: &'a str,
    pub(super) kind: Kind<'a>,
}

pub(super) enum Kind<'a> {
    /// A literal `$`.
    Dollar,
    /// `$$` or `$${…}`: the text without the first `$`.
    Escape(&'a str),
    /// `${…}`: the text between the braces.
    Placeholder(&'a str),
    /// `$(…)`: the text between the parentheses.
    Variable(&'a str),
}

impl<'a> Token<'a> {
    /// Parses the token at the start of a string that starts with `$`. `closers` are the closing
    /// brackets that occur later in the text.
    pub(super) fn read(text: &'a str, closers: Ahead) -> Self {
        let braced = |at: usize| {
            (closers.brace && text[at..].starts_with('{'))
                .then(|| text[at..].find('}').map(|end| at + end + 1))
                .flatten()
        };
        let (len, kind) = if let Some(end) = braced(1) {
            (end, Kind::Placeholder(&text[2..end - 1]))
        } else if text[1..].starts_with('$') {
            let end = braced(2).unwrap_or(2);
            (end, Kind::Escape(&text[1..end]))
        } else if let Some(end) = (closers.parenthesis && text[1..].starts_with('('))
            .then(|| text.find(')'))
            .flatten()
        {
            (end + 1, Kind::Variable(&text[2..end]))
        } else {
            (1, Kind::Dollar)
        };
        Self {
            raw: &text[..len],
            kind,
        }
    }
}

/// The last positions of closing brackets in a string. Without them, the end of each of many
/// opening brackets would be searched for in the whole text.
pub(super) struct Closers {
    text: usize,
    brace: Option<usize>,
    parenthesis: Option<usize>,
}

/// The closing brackets after a position.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    brace: bool,
    parenthesis: bool,
}

impl Closers {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.len(),
            brace: text.rfind('}'),
            parenthesis: text.rfind(')'),
        }
    }

    /// The closing brackets in the remaining text `rest`.
    pub(super) fn ahead(&self, rest: &str) -> Ahead {
        let at = self.text - rest.len();
        Ahead {
            brace: self.brace.is_some_and(|last| last >= at),
            parenthesis: self.parenthesis.is_some_and(|last| last >= at),
        }
    }
}

/// Finds the locations of placeholders. In a scalar with escapes or several lines, offsets in the
/// value differ from those in the text, but the text between `${` and `}` is the same.
pub(super) struct Places<'a> {
    whole: Span,
    written: &'a str,
    done: usize,
    /// The number of unsuccessful searches.
    lost: usize,
}

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a Sources, span: Span) -> Self {
        Self {
            whole: span,
            written: sources.slice(span),
            done: 0,
            lost: 0,
        }
    }

    pub(super) fn next(&mut self, raw: &str) -> Span {
        if self.lost == MOST_LOST {
            return self.whole;
        }
        let Some(found) = self.written[self.done..].find(raw) else {
            self.lost += 1;
            return self.whole;
        };
        let start = self.done + found;
        self.done = start + raw.len();
        let offset = self.whole.start as usize;
        Span::new(self.whole.source, offset + start, offset + self.done)
    }
}
