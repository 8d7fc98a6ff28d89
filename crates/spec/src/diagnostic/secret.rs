//! Finds secrets in text that is displayed: the credentials of URLs, and the values of keys such as `password`. The text can
//! be malformed, so it is not parsed, and too much is hidden rather than too little. Placeholders and expressions are not secret.
//! Out of scope: secrets that neither their key nor their form gives away.

mod key;
mod url;

use std::borrow::Cow;
use std::ops::Range;

use super::{Diagnostic, Hint};
use crate::source::Source;
use crate::{Sources, Span};

/// The minimum length of a value that is searched for in messages: shorter ones are words of any sentence.
const SHORTEST: usize = 4;

/// The maximum number of values that are searched for in a message.
const MOST: usize = 100;

/// The maximum number of shortened values in a message.
const MOST_CUT: usize = 8;

/// The ranges of text that must not be displayed, sorted and disjoint.
pub(crate) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = key::values(text);
    found.extend(url::credentials(text));
    found.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The text with the characters of these ranges replaced by characters of the same length.
pub(crate) fn masked(text: &str, secrets: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for secret in secrets {
        masked.push_str(text.get(done..secret.start).unwrap_or_default());
        for c in text.get(secret.clone()).unwrap_or_default().chars() {
            match c.len_utf8() {
                _ if matches!(c, '\n' | '\r') => masked.push(c),
                1 => masked.push('*'),
                2 => masked.push('\u{d7}'),
                3 => masked.push('\u{2217}'),
                _ => masked.push_str("\u{2217}*"),
            }
        }
        done = secret.end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

/// Text without the credentials of its URLs.
pub fn without_credentials(text: &str) -> Cow<'_, str> {
    match url::credentials(text).as_slice() {
        [] => Cow::Borrowed(text),
        found => Cow::Owned(masked(text, found)),
    }
}

impl Diagnostic {
    /// The diagnostic as it may be displayed: its text contains neither credentials of URLs nor secrets from the labelled
    /// lines. A fix with a secret is left out.
    #[must_use]
    pub fn without_secrets(mut self, sources: &Sources) -> Self {
        let mut words = Vec::new();
        let spans = self.labels.iter().map(|label| label.span);
        for span in spans.chain(self.about) {
            words.extend(words_near(sources.get(span.source), span));
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words.truncate(MOST);
        let hide = |text: &mut String| {
            if let Cow::Owned(hidden) = without_words(text, &words) {
                *text = hidden;
            }
        };
        hide(&mut self.message);
        for label in &mut self.labels {
            hide(&mut label.message);
        }
        if let Some(Hint::Text(help)) = &mut self.help {
            hide(help);
        }
        let is_open = |text: &str| matches!(without_words(text, &words), Cow::Borrowed(_));
        self.fix = self.fix.filter(|fix| is_open(&fix.replacement));
        self
    }
}

/// The secrets in the lines of a span.
fn words_near(source: &Source, span: Span) -> impl Iterator<Item = &str> {
    let text = source.text.as_str();
    let start = text.floor_char_boundary(span.range().start);
    let end = text.ceil_char_boundary(span.range().end).min(text.len());
    let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let secrets = source.secrets();
    let first = secrets.partition_point(|secret| secret.end <= start);
    let near = secrets[first..].iter().take_while(move |it| it.start < end);
    let words = near.filter_map(|secret| text.get(secret.clone()));
    words.filter(|word| word.len() >= SHORTEST).take(MOST)
}

/// The text without credentials of URLs and without these words, whole or shortened with `…`.
fn without_words<'t>(text: &'t str, words: &[&str]) -> Cow<'t, str> {
    let mut found = url::credentials(text);
    for word in words {
        found.extend(text.match_indices(word).map(|(at, _)| at..at + word.len()));
        for (end, _) in text.match_indices('…').take(MOST_CUT) {
            let quote = text[..end].rfind(['`', '"']).map_or(0, |at| at + 1);
            let starts = [quote, quote + 1];
            let cut = starts.into_iter().find(|start| {
                let part = text.get(*start..end).unwrap_or_default();
                part.len() >= SHORTEST && word.starts_with(part)
            });
            found.extend(cut.map(|start| start..end));
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| (range.start, range.end));
    found.dedup_by(|next, last| {
        let overlaps = next.start <= last.end;
        last.end = last.end.max(if overlaps { next.end } else { 0 });
        overlaps
    });
    Cow::Owned(masked(text, &found))
}

/// The parts of a range that are not placeholders, expressions or white space at its ends.
fn literal(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut marks = [
        ("${", Some("}")),
        ("{{", Some("}}")),
        ("{%", Some("%}")),
        ("$(", Some(")")),
    ];
    let mut parts = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while let Some(next) = text[at..range.end].find(['$', '{']) {
        at += next;
        let rest = &text[at..range.end];
        let mark = marks.iter_mut().find(|(open, _)| rest.starts_with(open));
        let end = mark.and_then(|(_, close)| {
            let end = rest.find((*close)?).zip(*close);
            // A mark that is not closed once is not closed later.
            *close = end.map(|(_, close)| close);
            end.map(|(end, close)| at + end + close.len())
        });
        // A placeholder that is not closed is a mistake to show.
        let is_name = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        let unclosed = || {
            rest.strip_prefix("${")
                .map(|name| range.end - name.trim_start_matches(is_name).len())
        };
        match end.or_else(unclosed) {
            Some(end) => {
                parts.extend(trimmed(text, start..at));
                (start, at) = (end, end);
            }
            None => at += 1,
        }
    }
    parts.extend(trimmed(text, start..range.end));
    parts
}

/// The range without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    let length = part.trim().len();
    (length > 0).then_some(start..start + length)
}

#[cfg(test)]
mod tests;
