//! Escapes text before it is printed. Text from a checkout, a package or a program (file names,
//! descriptions, notes, errors) must not control a terminal, look like another line, or give
//! commands to a CI system that reads its log.

use std::fmt::Write;

use score_spec::diagnostic::printable::is_unsafe;
pub(crate) use score_spec::diagnostic::printable::{clean, clean_lines};

/// Text after a label. Further lines are indented, so that none of them looks like another message.
pub(crate) fn set_in(text: &str) -> String {
    clean_lines(text).replace('\n', "\n  ")
}

/// Escapes commands for CI systems. GitHub interprets lines that begin with `::`, also after white
/// space. It and others interpret `##[…]`, `##vso[…]` and similar text anywhere in a line.
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

/// Escapes a JSON document. Its only parts that can be unsafe or a command are strings, in which
/// all characters can be escaped.
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

/// The position of the second `#` in each command like `##vso[…]`.
fn commands(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('[').filter_map(|(at, _)| {
        let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        before.ends_with("##").then(|| before.len() - 1)
    })
}

/// The text with the characters at these positions escaped. The positions must be sorted.
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

    /// Characters that must not be printed.
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
