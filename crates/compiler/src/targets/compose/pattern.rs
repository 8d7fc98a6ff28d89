//! The regular expressions supported in paths of routes: a subset of PCRE that always compiles
//! inside a group, so that one route cannot prevent the proxy from starting.

use std::iter::Peekable;
use std::str::Chars;

/// The maximum nesting of groups.
const DEPTH: usize = 16;

/// Whether the string is such an expression: literals, `.`, classes, groups, alternatives, anchors,
/// escapes of punctuation and of `d`, `s`, `w`, `b`, and quantifiers.
pub(super) fn is_pattern(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    !text.contains(char::is_control) && alternatives(&mut chars, DEPTH) && chars.next().is_none()
}

/// Parses up to a closing parenthesis or the end.
fn alternatives(chars: &mut Peekable<Chars>, depth: usize) -> bool {
    while let Some(&next) = chars.peek() {
        if next == ')' {
            break;
        }
        chars.next();
        let repeatable = match next {
            '^' | '$' | '|' => false,
            '*' | '+' | '?' => return false,
            '(' => {
                if depth == 0 || !group(chars, depth - 1) {
                    return false;
                }
                true
            }
            '[' => {
                if !class(chars) {
                    return false;
                }
                true
            }
            '\\' => match chars.next() {
                Some('b' | 'B') => false,
                Some(c) if is_escape(c) => true,
                _ => return false,
            },
            // It could be a repetition count, for which PCRE has limits.
            '{' if chars.peek().is_some_and(char::is_ascii_digit) => return false,
            _ => true,
        };
        if repeatable && !quantifier(chars) {
            return false;
        }
    }
    true
}

/// Parses a group after its opening parenthesis.
fn group(chars: &mut Peekable<Chars>, depth: usize) -> bool {
    if chars.next_if_eq(&'?').is_some() && chars.next() != Some(':') {
        return false;
    }
    alternatives(chars, depth) && chars.next() == Some(')')
}

/// Parses a class after its opening bracket. Its characters are ASCII, because nginx matches bytes.
fn class(chars: &mut Peekable<Chars>) -> bool {
    chars.next_if_eq(&'^');
    let mut empty = true;
    // The preceding character, if it can start a range.
    let mut start: Option<char> = None;
    while let Some(c) = chars.next() {
        match c {
            ']' => return !empty,
            '[' => return false,
            '-' if start.is_some() && chars.peek().is_some_and(|end| *end != ']') => {
                let end = chars.next();
                let ordered = end.is_some_and(|end| end.is_ascii() && !"[\\".contains(end));
                if !ordered || end < start {
                    return false;
                }
                start = None;
            }
            '\\' => match chars.next() {
                Some(c) if is_escape(c) => start = c.is_ascii_punctuation().then_some(c),
                _ => return false,
            },
            // A hyphen that is not part of a range is at either end of the class.
            '-' if !empty && chars.peek() != Some(&']') => return false,
            c if c.is_ascii() => start = (c != '-').then_some(c),
            _ => return false,
        }
        empty = false;
    }
    false
}

/// Parses an optional quantifier: `*`, `+`, `?` or one or two numbers of up to three digits in
/// braces.
fn quantifier(chars: &mut Peekable<Chars>) -> bool {
    if chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_none() {
        if chars.peek() != Some(&'{') {
            return true;
        }
        let mut ahead = chars.clone();
        ahead.next();
        if ahead.peek().is_none_or(|c| !c.is_ascii_digit()) {
            return true;
        }
        *chars = ahead;
        let least = count(chars);
        let most = match chars.next_if_eq(&',') {
            Some(_) if chars.peek() == Some(&'}') => Some(u16::MAX),
            Some(_) => count(chars),
            None => least,
        };
        if least.is_none() || most < least || chars.next() != Some('}') {
            return false;
        }
    }
    chars.next_if(|c| matches!(c, '?' | '+'));
    true
}

fn count(chars: &mut Peekable<Chars>) -> Option<u16> {
    let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).collect();
    digits.parse().ok().filter(|count| *count < 1000)
}

fn is_escape(c: char) -> bool {
    c.is_ascii_punctuation() || matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W')
}

#[cfg(test)]
mod tests {
    use super::is_pattern;

    /// Patterns that every engine interprets in the same way.
    const PATTERNS: [&str; 21] = [
        "/",
        "/api",
        "/my/[^/]+/path",
        "/v1.0",
        "/a|/b",
        "/(a|b)*",
        "/(?:a)+?",
        r"/\d{1,3}/\.x",
        "/{id}",
        "/a{2}",
        "/a{2,}",
        "/a{2,3}?",
        "/[a-z0-9_.-]+",
        "/[-a]",
        r"/[\w\-]",
        "/a$",
        "/é",
        "/a}",
        "/a]",
        "/a{b}",
        r"/\bfoo\b",
    ];

    /// Other strings.
    const OTHERS: [&str; 30] = [
        "/(",
        "/)",
        "/a)|(b",
        "/[",
        "/[]",
        "/[z-a]",
        "/[a-",
        "/[[:alpha:]]",
        "/**",
        "/a+*",
        "/(*UTF8)",
        "/(?i)a",
        "/(?#",
        "/(?<n>a)",
        "/\\",
        r"/\Qa",
        r"/\1",
        r"/\x41",
        "/a{3,2}",
        "/a{1000}",
        "/a{2}{3}",
        "/a\n",
        "/$*",
        "/|*",
        "/a{1",
        "/[é]",
        r"/[a-\d]",
        r"/[\d-z]",
        "/(a",
        "/^{2}",
    ];

    #[test]
    fn patterns() {
        for text in PATTERNS {
            assert!(is_pattern(text), "{text}");
        }
        for text in OTHERS {
            assert!(!is_pattern(text), "{text}");
        }
        assert!(!is_pattern(&"(".repeat(100_000)));
    }
}
