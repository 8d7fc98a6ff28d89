//! Finds secrets in text that is displayed: the credentials of URLs, and the values of keys such as `password`. The text can
//! be malformed, so it is not parsed, and too much is hidden rather than too little. Placeholders and expressions are not secret.
//! Out of scope: secrets that neither their key nor their form gives away.

mod key;
mod url;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use url::credentials;

/// Suffixes of variables that usually contain a secret, without `_`, `-` and `.`.
const SECRET_ENDS: [&str; 9] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "ACCESSKEY",
    "PRIVATEKEY",
    "SECRETKEY",
];

/// Whether the name of a variable suggests that it contains a secret.
pub fn sounds_secret(name: &str) -> bool {
    let name = name.to_uppercase().replace(['_', '-', '.'], "");
    SECRET_ENDS.iter().any(|end| name.ends_with(end))
}

/// The ranges of text that must not be displayed, sorted and disjoint.
pub(crate) fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = key::values(text);
    found.extend(credentials(text));
    merged(found)
}

/// The ranges, sorted and disjoint.
pub(crate) fn merged(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
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
    match credentials(text).as_slice() {
        [] => Cow::Borrowed(text),
        found => Cow::Owned(masked(text, found)),
    }
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
