//! Patterns that are ready at the first use: the engine of the validator takes longer to make one
//! than to match a thousand texts. Not: patterns and texts about which two engines could differ.

use std::sync::OnceLock;

use regex_lite::Regex;

/// A pattern, which is read when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            regex: OnceLock::new(),
        }
    }

    /// Whether a text matches; nothing where that is not certain.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let read = || is_common(&self.text).then(|| Regex::new(&self.text).ok());
        let regex = self.regex.get_or_init(|| read().flatten()).as_ref()?;
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        is_plain.then(|| regex.is_match(text))
    }
}

/// Whether every engine takes the pattern alike: no classes by a letter, no flags, no look-around,
/// no operations on sets.
fn is_common(pattern: &str) -> bool {
    let escapes = pattern.split('\\').skip(1);
    let mut letters = escapes.filter_map(|rest| rest.chars().next());
    pattern.is_ascii()
        && !letters.any(|letter| letter.is_ascii_alphanumeric())
        && !["(?", "[[", "&&", "~~", "--", "{,"]
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
            ("(", "a", None),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                answer,
                "{pattern} {text}"
            );
        }
    }
}
