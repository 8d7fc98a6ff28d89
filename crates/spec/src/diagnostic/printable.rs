//! Text that is safe to print. Text from a checkout, a package or a program (file names, descriptions,
//! notes, errors) can neither control a terminal nor imitate another line. Out of scope: where it is
//! printed.

use std::fmt::Write;

/// Whether a character controls a terminal or is invisible, such as characters that change the
/// direction of text.
pub fn is_unsafe(c: char) -> bool {
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
    ) || matches!(c, '\u{2066}'..='\u{206f}');
    let hides = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}'
    ) || matches!(c, '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}');
    breaks || turns || hides || (c.is_control() && c != '\n' && c != '\t')
}

/// Text on a single line: line breaks are escaped as well.
pub fn clean(text: &str) -> String {
    escaped(text, |c| is_unsafe(c) || c == '\n')
}

/// Text that keeps its line breaks.
pub fn clean_lines(text: &str) -> String {
    escaped(text, is_unsafe)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    if !text.contains(&is_escaped) {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if is_escaped(c) => clean.push_str("\\n"),
            c if is_escaped(c) => {
                let _ = write!(clean, "{}", c.escape_unicode());
            }
            c => clean.push(c),
        }
    }
    clean
}

/// The same for text with offsets into it: each character is replaced by one of the same length.
pub fn clean_in_place(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_break = c == '\r' && rest.peek() == Some(&'\n');
        let stand_ins = match c.len_utf8() {
            _ if line_break || !is_unsafe(c) => {
                clean.push(c);
                continue;
            }
            1 => ["?", ""],
            2 => ["\u{bf}", ""],
            3 => ["\u{fffd}", ""],
            _ => ["\u{fffd}", "?"],
        };
        clean.extend(stand_ins);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_in_place, clean_lines};

    /// Characters that must not be printed unchanged.
    const UNSAFE: &str = "\u{1b}\u{7}\r\u{85}\u{2028}\u{2029}\u{61c}\u{200e}\u{202e}\u{2066}\
                          \u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{e0041}";

    #[test]
    fn nothing_unsafe_is_left() {
        for c in UNSAFE.chars() {
            let text = format!("a{c}b");
            let code = c as u32;
            assert_eq!(clean_lines(&text), format!("a\\u{{{code:x}}}b"));
            assert_eq!(clean(&text), clean_lines(&text));
            let place = clean_in_place(&text);
            assert_eq!(place.len(), text.len());
            assert!(!place.contains(c), "{code:x}");
        }
        assert_eq!(clean("a\nb\tc"), "a\\nb\tc");
        assert_eq!(clean_lines("a\nb"), "a\nb");
    }

    #[test]
    fn text_is_replaced_without_moving_anything() {
        let text = "a\u{1b}[31mb\u{85}c\u{202e}d\r\ne\rf\tg";
        let clean = clean_in_place(text);
        assert_eq!(clean.len(), text.len());
        assert_eq!(clean, "a?[31mb\u{bf}c\u{fffd}d\r\ne?f\tg");
    }
}
