//! Text that may be printed. Whatever comes from a checkout, a package or a program (names of files,
//! descriptions, notes, errors) can neither steer a terminal, nor pass for another line, nor give
//! commands to a CI system that reads them from its log. Not: where it is printed.

use std::fmt::Write;

use score_spec::diagnostic::printable::is_unsafe;
pub(crate) use score_spec::diagnostic::printable::{clean, clean_lines};

/// Text behind something else: further lines are set in, so that none of them passes for another line.
pub(crate) fn set_in(text: &str) -> String {
    clean_lines(text).replace('\n', "\n  ")
}

/// Lines of which none is a command to a CI system. GitHub takes a line that begins with `::`, blanks
/// before it or not, and it and others take `##[…]`, `##vso[…]` and the like from anywhere in one.
pub(crate) fn inert(text: &str) -> String {
    let mut marks: Vec<usize> = Vec::new();
    if text.contains("::") {
        let mut begin = 0;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_start();
            if trimmed.starts_with("::") {
                marks.push(begin + line.len() - trimmed.len());
            }
            begin += line.len();
        }
    }
    let last = marks.len();
    marks.extend(commands(text));
    if last > 0 {
        marks.sort_unstable();
    }
    with_escaped(text, &marks, |c| c.escape_unicode().to_string())
}

/// A document of JSON, in which what [`is_unsafe`] stands in strings only, as do commands to a CI
/// system; and a string has escapes for all of it.
pub(crate) fn json(text: &str) -> String {
    let places = text.char_indices().filter(|(_, c)| is_unsafe(*c));
    let mut marks: Vec<usize> = places.map(|(at, _)| at).chain(commands(text)).collect();
    marks.sort_unstable();
    with_escaped(text, &marks, |c| {
        let mut units = [0; 2];
        let units = c.encode_utf16(&mut units).iter();
        units.fold(String::new(), |mut text, unit| {
            let _ = write!(text, "\\u{unit:04x}");
            text
        })
    })
}

/// Where a command such as `##vso[…]` has its second `#`.
fn commands(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('[').filter_map(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        before.ends_with("##").then(|| before.len() - 1)
    })
}

/// A text in which the characters at these places, in order, are escaped.
fn with_escaped(text: &str, places: &[usize], escape: impl Fn(char) -> String) -> String {
    let mut done = 0;
    let mut safe = String::with_capacity(text.len() + 5 * places.len());
    for place in places {
        let Some(c) = text[*place..].chars().next() else {
            continue;
        };
        safe.push_str(&text[done..*place]);
        safe.push_str(&escape(c));
        done = place + c.len_utf8();
    }
    safe.push_str(&text[done..]);
    safe
}

#[cfg(test)]
mod tests {
    use super::{inert, json};

    /// What must not be printed as it is.
    const UNSAFE: &str = "\u{1b}\u{7}\r\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}\
                          \u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{e0041}";

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("a::b\n::error::c", "a::b\n\\u{3a}:error::c"),
            ("  ::error::c", "  \\u{3a}:error::c"),
            ("\u{3000}::x", "\u{3000}\\u{3a}:x"),
            ("a ##[error]b", "a #\\u{23}[error]b"),
            ("###vso[x] ##y z[]", "##\\u{23}vso[x] ##y z[]"),
            (" ::a ##[b]", " \\u{3a}:a #\\u{23}[b]"),
        ] {
            assert_eq!(inert(text), expected);
        }
    }

    #[test]
    fn json_stays_json() {
        let text = serde_json::json!({"a": format!("{UNSAFE}##[x]é")}).to_string();
        let safe = json(&text);
        assert!(
            safe.chars().all(|c| c == 'é' || c.is_ascii_graphic()),
            "{safe}"
        );
        assert!(!safe.contains("##"));
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&safe), read(&text));
    }
}
