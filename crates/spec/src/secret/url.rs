//! The credentials of URLs, which can be malformed.

use std::ops::Range;

use super::{literal, merged, sounds_secret};

/// The characters that end a URL in text.
fn is_end(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\n')
}

/// The literal parts of the credentials of all URLs: a password with its user, or a user of `http` and `https`, which can be
/// a token. Sorted and disjoint.
pub(crate) fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in text.split_inclusive(is_end) {
        if let Some(last) = part.rfind('@') {
            credentials_before(text, start, start + last, &mut found);
            credentials_without_scheme(text, start..start + part.len(), &mut found);
        }
        start += part.len();
    }
    queries(text, &mut found);
    merged(found)
}

/// The literal parts of values in queries whose names sound secret, such as `?token=VALUE`.
fn queries(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices(['?', '&']) {
        let rest = &text[at + 1..];
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let length = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(length);
        let Some(value) = rest.strip_prefix('=').filter(|_| sounds_secret(name)) else {
            continue;
        };
        let ends = |c: char| c.is_whitespace() || is_end(c) || matches!(c, '&' | '#');
        let end = value.find(ends).unwrap_or(value.len());
        let start = text.len() - value.len();
        found.extend(literal(text, start..start + end));
    }
}

/// The literal parts of the credentials of URLs before the last `@` of a part of the text.
fn credentials_before(text: &str, start: usize, last: usize, found: &mut Vec<Range<usize>>) {
    let (mut at, mut word) = (start, start);
    while let Some(next) = text[at..last].find("://") {
        let scheme = at + next;
        let start = scheme + 3;
        at = start;
        if word < start {
            let space = text[start..last].find(char::is_whitespace);
            word = space.map_or(last + 1, |space| start + space);
        }
        let Some(end) = user_end(&text[start..word], last - start) else {
            continue;
        };
        at += end;
        let user = &text[start..at];
        let password = user.split_once(':').map(|(name, _)| start + name.len() + 1);
        let is_secret = match password {
            Some(password) => !literal(text, password..at).is_empty(),
            None => text[..scheme].ends_with("http") || text[..scheme].ends_with("https"),
        };
        if is_secret {
            found.extend(literal(text, start..at));
        }
    }
}

/// The end of the credentials at the start of a word. They can contain any character, so the last `@` ends them, unless the
/// word starts with a host.
fn user_end(word: &str, last: usize) -> Option<usize> {
    let end = word.find(['/', '?', '#']).unwrap_or(word.len());
    let authority = &word[..end];
    if authority.contains('@') {
        return word.rfind('@');
    }
    let is_placeholder = authority.contains(['$', '{', '[']);
    let (_, port) = authority.split_once(':')?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    (!is_port && !is_placeholder).then_some(last)
}

/// The literal parts of credentials before a host without a scheme: `USER:PASSWORD@HOST`, also in a path. A digest of an image is not a host.
fn credentials_without_scheme(text: &str, part: Range<usize>, found: &mut Vec<Range<usize>>) {
    let is_end = |c: char| c.is_whitespace() || is_end(c) || "{}[](),".contains(c);
    let mut start = part.start;
    for word in text[part].split_inclusive(is_end) {
        if let Some((user, host)) = word.rsplit_once('@') {
            let is_host = host.starts_with(|c: char| c.is_alphanumeric())
                && !host.starts_with("sha256:")
                && !host.starts_with("sha512:");
            let path = user.rfind('/').map_or(0, |at| at + 1);
            if is_host && user[path..].contains(':') {
                found.extend(literal(text, start + path..start + user.len()));
            }
        }
        start += word.len();
    }
}
