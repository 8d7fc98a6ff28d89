//! Patterns that are compiled on first use: the regex engine of the validator takes longer to
//! compile one than to match a thousand strings. Out of scope: patterns and strings on which two
//! engines could disagree.

use std::sync::OnceLock;

use regex_lite::Regex;

/// The largest repetition limit that is removed.
const MOST: usize = 100;

/// A pattern, which is compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    whole: OnceLock<Option<Regex>>,
    short: OnceLock<Option<Short>>,
}

/// A simplified pattern for short strings. Compiling `[a-z]{0,61}` takes as long as sixty patterns;
/// `[a-z]*` is equivalent if the string has no more letters.
#[derive(Debug)]
struct Short {
    /// The maximum length of a short string, in bytes.
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

    /// Whether a string matches; `None` if uncertain.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let regex = is_plain.then(|| self.regex(text.len())).flatten()?;
        Some(regex.is_match(text))
    }

    /// The pattern for strings of a certain length.
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

/// The pattern without upper repetition limits, and the string length in bytes up to which this is
/// equivalent. `None` for patterns that could contain such a limit literally, and for limits that engines
/// reject.
fn without_limits(pattern: &str) -> Option<(String, usize)> {
    // In these, a bracket does not end the class.
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

/// Whether all engines interpret the pattern in the same way: no escaped classes, flags,
/// look-around or set operations.
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
