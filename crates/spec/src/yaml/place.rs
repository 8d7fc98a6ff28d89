//! Locations that the parser does not report: the `|` of a block scalar, the first dash of a list,
//! the next document. All offsets are on character boundaries.

use std::borrow::Cow;
use std::ops::Range;

/// The start of the next document with a `---` line, after a fault at `fault` in the document that
/// starts at `document`. Always greater than `document`.
pub(super) fn next_document(text: &str, document: usize, fault: usize) -> Option<usize> {
    let mut at = line_start(text, fault).max(document);
    loop {
        let line = text.get(at..)?;
        let begins = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if at > document && begins {
            return Some(at);
        }
        at += line.find('\n')? + 1;
    }
}

/// The start of the line that contains `offset`.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    before(text, offset).rfind('\n').map_or(0, |at| at + 1)
}

/// The text before an offset.
pub(super) fn before(text: &str, offset: usize) -> &str {
    text.get(..offset).unwrap_or_default()
}

/// The text from an offset on.
pub(super) fn after(text: &str, offset: usize) -> &str {
    text.get(offset..).unwrap_or_default()
}

/// From `offset` to the end of its line, without trailing white space or a comment.
pub(super) fn rest_of_line(text: &str, offset: usize) -> Range<usize> {
    let line = after(text, offset);
    let line = line.lines().next().unwrap_or_default();
    let line = line.split(" #").next().unwrap_or_default().trim_end();
    offset..offset + line.len()
}

/// Skips white space, line ends, comments, anchors, tags and `indicators` between `from` and `to`:
/// everything that is allowed between two nodes.
fn skip(text: &str, from: usize, to: usize, indicators: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < to {
        let end_of = |stop: fn(u8) -> bool| {
            let rest = bytes.get(at..to).unwrap_or_default();
            rest.iter().position(|&b| stop(b)).map_or(to, |n| at + n)
        };
        at = match bytes.get(at) {
            Some(b'#') => end_of(|b| b == b'\n' || b == b'\r'),
            Some(b'&' | b'!') => end_of(|b| b.is_ascii_whitespace()),
            Some(b) if b.is_ascii_whitespace() || indicators.contains(b) => at + 1,
            _ => break,
        };
    }
    at
}

/// The whole block scalar, from its `|` or `>` to the end of its content. The parser reports only
/// the `content`, with trailing white space. `from` is the end of the previous token.
pub(super) fn block_scalar(text: &str, from: usize, content: &Range<usize>) -> Range<usize> {
    let start = skip(text, from, content.start, b":-?");
    if !after(text, start).starts_with(['|', '>']) {
        return content.clone();
    }
    let header = after(text, start + 1);
    let header = header.trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    let header_end = text.len() - header.len();

    let mut kept = before(text, content.end);
    loop {
        let line = line_start(kept, kept.len());
        if line <= header_end {
            return start..header_end;
        }
        if !after(kept, line).trim().is_empty() {
            return start..kept.len();
        }
        kept = before(kept, line - 1);
        kept = kept.strip_suffix('\r').unwrap_or(kept);
    }
}

/// The content of a block scalar. The parser ends it with a line break even if the input ends without one.
pub(super) fn without_added_break<'a>(
    content: Cow<'a, str>,
    text: &str,
    place: &Range<usize>,
) -> Cow<'a, str> {
    if place.end < text.len() || !content.ends_with('\n') {
        return content;
    }
    match content {
        Cow::Borrowed(content) => Cow::Borrowed(&content[..content.len() - 1]),
        Cow::Owned(mut content) => {
            content.pop();
            Cow::Owned(content)
        }
    }
}

/// The first dash of a list that is a value or a key: the parser places a list that is not indented at its
/// first item. `from` is the end of the token before the list, and `indicator` may follow it. If there is
/// no dash, the empty location of the list.
pub(super) fn first_dash(text: &str, from: usize, indicator: &str, list: usize) -> Range<usize> {
    let at = skip(text, from, list, indicator.as_bytes());
    if after(text, at).starts_with('-') {
        at..at + 1
    } else {
        list..list
    }
}

/// The location of a missing value of a key: after its `:`, or after the key if there is none.
/// `key` is the end of the key.
pub(super) fn missing_value(text: &str, key: usize) -> usize {
    let at = skip(text, key, text.len(), b"");
    if after(text, at).starts_with(':') {
        at + 1
    } else {
        key
    }
}

/// The location of a missing item of a dash. `item` is the end of the previous item.
pub(super) fn missing_item(text: &str, item: usize) -> usize {
    let at = skip(text, item, text.len(), b"");
    if after(text, at).starts_with('-') {
        at + 1
    } else {
        item
    }
}

/// The opening quote that is not closed before `to`; `from` is the end of a token.
pub(super) fn open_quote(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut open: Option<(usize, char)> = None;
    let mut token_may_start = true;
    let mut chars = text.get(from..to)?.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match open {
            Some((_, '"')) if c == '\\' => {
                chars.next();
            }
            Some((_, '\'')) if c == '\'' && chars.peek().is_some_and(|next| next.1 == '\'') => {
                chars.next();
            }
            Some((_, quote)) if c == quote => open = None,
            None if token_may_start && (c == '"' || c == '\'') => open = Some((from + at, c)),
            Some(_) | None => {}
        }
        token_may_start = c.is_whitespace() || "[{,:".contains(c);
    }
    open.map(|(at, _)| at)
}
