//! The regular expressions supported in paths of routes: a subset that PCRE2 (nginx) and RE2 (most gateways) both
//! compile inside a group, so that one route cannot prevent a proxy from starting.

use std::iter::Peekable;
use std::str::Chars;

/// The maximum nesting of groups.
const DEPTH: usize = 16;

/// The maximum size of an expression. PCRE2 compiles at most 64 KiB, and RE2 repeats nothing more than 1000 times,
/// also by nested repetitions; the size of a character has been chosen so that both follow.
const LARGEST: usize = 16_000;

/// The sizes of a character, of a class, and of a group without its contents.
const CHARACTER: usize = 16;
const CLASS: usize = 40;
const GROUP: usize = 16;

/// Whether the string is such an expression: literals, `.`, classes, groups, alternatives, anchors,
/// escapes of punctuation and of `d`, `s`, `w`, `b`, and quantifiers.
pub(super) fn is_pattern(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    let size = alternatives(&mut chars, DEPTH);
    let is_small = size.is_some_and(|size| size <= LARGEST);
    is_small && !text.contains(char::is_control) && chars.next().is_none()
}

/// Parses up to a closing parenthesis or the end, and returns the size.
fn alternatives(chars: &mut Peekable<Chars>, depth: usize) -> Option<usize> {
    let mut size = 0_usize;
    while let Some(&next) = chars.peek() {
        if next == ')' {
            break;
        }
        chars.next();
        // The size, and whether it can be repeated.
        let (part, is_repeatable) = match next {
            '^' | '$' | '|' => (CHARACTER, false),
            '*' | '+' | '?' => return None,
            '(' => (GROUP + group(chars, depth.checked_sub(1)?)?, true),
            '[' => (class(chars)?, true),
            '\\' => match chars.next()? {
                'b' | 'B' => (CHARACTER, false),
                c if is_escape(c) => (CHARACTER, true),
                _ => return None,
            },
            // It could be a repetition count, in some versions of PCRE2 also without the first number or with spaces.
            '{' if chars.peek().is_some_and(|c| starts_count(*c)) => return None,
            _ => (CHARACTER, true),
        };
        let times = if is_repeatable { quantifier(chars)? } else { 1 };
        size = size.saturating_add(part.saturating_mul(times));
    }
    Some(size)
}

/// Parses a group after its opening parenthesis, and returns the size of its contents.
fn group(chars: &mut Peekable<Chars>, depth: usize) -> Option<usize> {
    if chars.next_if_eq(&'?').is_some() && chars.next() != Some(':') {
        return None;
    }
    let size = alternatives(chars, depth)?;
    (chars.next() == Some(')')).then_some(size)
}

/// Parses a class after its opening bracket, and returns its size. Its characters are ASCII, because nginx matches
/// bytes.
fn class(chars: &mut Peekable<Chars>) -> Option<usize> {
    let first = chars.peek().copied();
    chars.next_if_eq(&'^');
    // The number of characters, the last one, and the preceding one if it can start a range.
    let (mut count, mut last) = (0, None);
    let mut start: Option<char> = None;
    while let Some(c) = chars.next() {
        match c {
            // PCRE2 rejects the syntax of POSIX for a class within another one.
            ']' if count > 1 && last == first && matches!(last, Some(':' | '.' | '=')) => {
                return None;
            }
            ']' => return (count > 0).then_some(CLASS),
            '[' => return None,
            '-' if start.is_some() && chars.peek().is_some_and(|end| *end != ']') => {
                let end = chars.next();
                let ordered = end.is_some_and(|end| end.is_ascii() && !"[\\".contains(end));
                if !ordered || end < start {
                    return None;
                }
                (start, last) = (None, end);
            }
            '\\' => {
                let escaped = chars.next().filter(|c| is_escape(*c))?;
                start = escaped.is_ascii_punctuation().then_some(escaped);
                last = Some(escaped);
            }
            // A hyphen that is not part of a range is at either end of the class.
            '-' if count > 0 && chars.peek() != Some(&']') => return None,
            c if c.is_ascii() => {
                start = (c != '-').then_some(c);
                last = Some(c);
            }
            _ => return None,
        }
        count += 1;
    }
    None
}

/// Parses an optional quantifier, and returns how often it repeats: `*`, `+`, `?` or one or two numbers of up to
/// three digits in braces, without the `+` that only PCRE2 supports.
fn quantifier(chars: &mut Peekable<Chars>) -> Option<usize> {
    let mut times = 1;
    if chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_none() {
        if chars.peek() != Some(&'{') {
            return Some(1);
        }
        let mut ahead = chars.clone();
        ahead.next();
        match ahead.peek() {
            Some(c) if c.is_ascii_digit() => {}
            Some(c) if starts_count(*c) => return None,
            _ => return Some(1),
        }
        *chars = ahead;
        let least = count(chars)?;
        let most = match chars.next_if_eq(&',') {
            Some(_) if chars.peek() == Some(&'}') => least + 1,
            Some(_) => count(chars)?,
            None => least,
        };
        if most < least || chars.next() != Some('}') {
            return None;
        }
        times = most.max(1);
    }
    chars.next_if_eq(&'?');
    Some(times)
}

/// Whether a brace before this character can be a repetition count.
fn starts_count(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, ',' | ' ')
}

fn count(chars: &mut Peekable<Chars>) -> Option<usize> {
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
    const PATTERNS: [&str; 26] = [
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
        "/a{999}",
        "/(a{1,9}){1,50}",
        "/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "/[a-z0-9_.-]+",
        "/[-a]",
        "/[.a-]",
        "/[:]",
        r"/[\w\-]",
        "/a$",
        "/é",
        "/a}",
        "/a]",
        "/a{b}",
        r"/\bfoo\b",
    ];

    /// Other strings.
    const OTHERS: [&str; 41] = [
        "/(",
        "/)",
        "/a)|(b",
        "/[",
        "/[]",
        "/[]a]",
        "/[^]",
        "/[z-a]",
        "/[a-",
        "/[[:alpha:]]",
        "/[:alpha:]",
        "/[.a.]",
        r"/[=a\=]",
        "/[:*-:]",
        "/**",
        "/a+*",
        "/a++",
        "/a{2}+",
        "/(*UTF8)",
        "/(?i)a",
        "/(?#",
        "/(?<n>a)",
        "/\\",
        r"/\Qa",
        r"/\1",
        r"/\x41",
        r"/\p{L}",
        "/a{3,2}",
        "/a{1000}",
        "/((a{1,999}){1,999}){1,999}",
        "/(a{40}){40}",
        "/a{2}{3}",
        "/a{,3}",
        "/a\n",
        "/$*",
        "/|*",
        "/a{1",
        "/[é]",
        r"/[a-\d]",
        r"/[\d-z]",
        "/(a",
    ];

    #[test]
    fn patterns() {
        for text in PATTERNS {
            assert!(is_pattern(text), "{text}");
        }
        for text in OTHERS {
            assert!(!is_pattern(text), "{text}");
        }
        assert!(!is_pattern("/^{2}"));
        assert!(!is_pattern(&"(".repeat(100_000)));
        assert!(!is_pattern(&format!("/{}", "(a|b){1,999}".repeat(80))));
        assert!(is_pattern(&"/a".repeat(500)));
    }
}
