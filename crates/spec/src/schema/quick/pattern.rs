//! Patterns that are ready at the first use: the engine of the validator takes longer to make one
//! than to match a thousand texts. Not: patterns and texts about which two engines could differ.

use std::sync::OnceLock;

use regex_lite::Regex;

/// The largest limit that is left out.
const MOST: usize = 100;

/// A pattern, which is read when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    whole: OnceLock<Option<Regex>>,
    short: OnceLock<Option<Short>>,
}

/// What a pattern says of short texts. `[a-z]{0,61}` takes as long to read as sixty patterns;
/// `[a-z]*` is the same where there are no more letters.
#[derive(Debug)]
struct Short {
    /// The most bytes of a text that is short.
    most: usize,
    regex: Regex,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            whole: OnceLock::new(),
            short: OnceLock::new(),
        }
    }

    /// Whether a text matches; nothing where that is not certain.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let regex = is_plain.then(|| self.regex(text.len())).flatten()?;
        Some(regex.is_match(text))
    }

    /// The pattern for texts of some bytes.
    fn regex(&self, bytes: usize) -> Option<&Regex> {
        let short = self.short.get_or_init(|| {
            let (pattern, most) = without_limits(&self.text)?;
            let regex = read(&pattern)?;
            Some(Short { most, regex })
        });
        match short {
            Some(short) if bytes <= short.most => Some(&short.regex),
            _ => self.whole.get_or_init(|| read(&self.text)).as_ref(),
        }
    }
}

fn read(pattern: &str) -> Option<Regex> {
    is_common(pattern)
        .then(|| Regex::new(pattern).ok())
        .flatten()
}

/// A pattern without the limits of what may be there up to so many times, and up to how many bytes
/// of a text that changes nothing. Not one that may have such a limit as a text, nor one with a limit
/// that no engine may read.
fn without_limits(pattern: &str) -> Option<(String, usize)> {
    // In these a bracket is not the end of a class.
    if ["\\]", "[]", "[^]"]
        .iter()
        .any(|sign| pattern.contains(sign))
    {
        return None;
    }
    let mut parts = pattern.split("{0,");
    let mut free = parts.next()?.to_owned();
    let mut least = None;
    for part in parts {
        let is_text = free.ends_with('\\') || free.rfind('[') > free.rfind(']');
        let (limit, rest) = part.split_once('}').filter(|_| !is_text)?;
        let is_number = limit.bytes().all(|byte| byte.is_ascii_digit());
        let limit = limit
            .parse()
            .ok()
            .filter(|limit| is_number && *limit <= MOST)?;
        least = Some(least.map_or(limit, |least: usize| least.min(limit)));
        free.push('*');
        free.push_str(rest);
    }
    Some((free, least?))
}

/// Whether every engine takes the pattern alike: no classes by a letter, no flags, no look-around,
/// no operations on sets.
fn is_common(pattern: &str) -> bool {
    let escapes = pattern.split('\\').skip(1);
    let mut letters = escapes.filter_map(|rest| rest.chars().next());
    pattern.is_ascii()
        && !letters.any(|letter| letter.is_ascii_alphanumeric())
        && !["(?", "[[", "[:", "&&", "~~", "--", "{,"]
            .iter()
            .any(|sign| pattern.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn only_what_is_certain_is_answered() {
        for (pattern, text, answer) in [
            ("^[a-z]{2}$", "ab", Some(true)),
            ("^[a-z]{2}$", "abc", Some(false)),
            ("^a\\.b$", "axb", Some(false)),
            ("^[^=]+$", "a\nb", None),
            ("^.$", "é", None),
            ("^\\d$", "1", None),
            ("(?i)a", "A", None),
            ("^[a--b]$", "a", None),
            ("^[a[:alpha:]{0,3}]$", "*", None),
            ("^a{0,+2}b$", "ab", None),
            ("a{0,2147483648}", "a", None),
            ("(", "a", None),
            ("^a{0,2}b$", "ab", Some(true)),
            ("^a{0,2}b$", "aab", Some(true)),
            ("^a{0,2}b$", "aaab", Some(false)),
            ("^(a{0,3}b){0,1}$", "b", Some(true)),
            ("^(a{0,3}b){0,1}$", "bb", Some(false)),
            ("^[^a]{0,1}$", "a", Some(false)),
            ("^\\{0,1}$", "{0,1}", Some(true)),
            ("^[{0,1}]$", "}", Some(true)),
            ("^[\\]{0,1}]$", "}", Some(true)),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                answer,
                "{pattern} {text}"
            );
        }
    }
}
