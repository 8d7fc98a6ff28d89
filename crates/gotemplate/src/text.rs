//! Characters, as Go reads and quotes them.

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// The replacement for bytes that are not UTF-8.
pub(crate) const REPLACEMENT: char = '\u{fffd}';

/// The first character of bytes that are not empty, and its length. A byte that is not UTF-8 is
/// U+FFFD with length 1.
pub(crate) fn decode(bytes: &[u8]) -> (char, usize) {
    let first = bytes[0];
    let length = match first {
        0..0x80 => return (char::from(first), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return (REPLACEMENT, 1),
    };
    let character = bytes
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match character.and_then(|text| text.chars().next()) {
        Some(character) => (character, length),
        None => (REPLACEMENT, 1),
    }
}

/// The characters with their offsets and lengths.
pub(crate) fn characters(bytes: &[u8]) -> impl Iterator<Item = (usize, char, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (character, length) = decode(bytes.get(at..).filter(|rest| !rest.is_empty())?);
        at += length;
        Some((at - length, character, length))
    })
}

/// The characters.
pub(crate) fn chars(bytes: &[u8]) -> impl Iterator<Item = char> {
    characters(bytes).map(|(_, character, _)| character)
}

/// The number of characters.
pub(crate) fn count(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count(),
        Err(_) => characters(bytes).count(),
    }
}

/// The text with U+FFFD for each byte that is not UTF-8.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(chars(bytes).collect()),
    }
}

/// Appends a character.
pub(crate) fn push(to: &mut Vec<u8>, character: char) {
    to.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Maps each character.
pub(crate) fn map(bytes: &[u8], mut to: impl FnMut(char) -> char) -> Vec<u8> {
    let mut mapped = Vec::with_capacity(bytes.len());
    for character in chars(bytes) {
        push(&mut mapped, to(character));
    }
    mapped
}

/// The upper-case form, if it is a single character.
pub(crate) fn upper(character: char) -> char {
    single(character.to_uppercase(), character)
}

/// The lower-case form, if it is a single character.
pub(crate) fn lower(character: char) -> char {
    // Go maps `İ` to `i`, Rust to `i` and a dot.
    if character == 'İ' {
        'i'
    } else {
        single(character.to_lowercase(), character)
    }
}

fn single(mut characters: impl Iterator<Item = char>, otherwise: char) -> char {
    match (characters.next(), characters.next()) {
        (Some(character), None) => character,
        _ => otherwise,
    }
}

/// Whether a character is white space for Go.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// Whether a character is printed and not escaped.
pub(crate) fn is_print(character: char) -> bool {
    use GeneralCategory as C;
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    !matches!(
        get_general_category(character),
        C::Control
            | C::Format
            | C::Surrogate
            | C::PrivateUse
            | C::Unassigned
            | C::LineSeparator
            | C::ParagraphSeparator
            | C::SpaceSeparator
    )
}

/// Whether a character is punctuation.
pub(crate) fn is_punctuation(character: char) -> bool {
    use GeneralCategory as C;
    matches!(
        get_general_category(character),
        C::ConnectorPunctuation
            | C::DashPunctuation
            | C::OpenPunctuation
            | C::ClosePunctuation
            | C::InitialPunctuation
            | C::FinalPunctuation
            | C::OtherPunctuation
    )
}

/// A string literal of Go. `quote` is the quote, and `ascii` escapes all but ASCII.
pub(crate) fn quoted(bytes: &[u8], quote: char, ascii: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    push(&mut out, quote);
    for (at, character, length) in characters(bytes) {
        if character == REPLACEMENT && length == 1 {
            out.extend(format!("\\x{:02x}", bytes[at]).as_bytes());
        } else {
            escape(&mut out, character, quote, ascii);
        }
    }
    push(&mut out, quote);
    out
}

fn escape(out: &mut Vec<u8>, character: char, quote: char, ascii: bool) {
    if character == quote || character == '\\' {
        out.push(b'\\');
        return push(out, character);
    }
    if if ascii {
        matches!(character, ' '..='~')
    } else {
        is_print(character)
    } {
        return push(out, character);
    }
    let escaped = match character {
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        '\0'..=' ' | '\x7f' => format!("\\x{:02x}", u32::from(character)),
        '\0'..='\u{ffff}' => format!("\\u{:04x}", u32::from(character)),
        _ => format!("\\U{:08x}", u32::from(character)),
    };
    out.extend(escaped.as_bytes());
}

/// Reads a literal with its quotes: `"…"`, `` `…` ``, or `'…'` with one character.
pub(crate) fn unquoted(literal: &str) -> Option<Vec<u8>> {
    let quote = literal.chars().next()?;
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if quote == '`' {
        return Some(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let (mut out, mut rest) = (Vec::with_capacity(inner.len()), inner);
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '\\' => rest = unescape(&mut out, rest, quote)?,
            '\n' => return None,
            _ if character == quote => return None,
            _ => push(&mut out, character),
        }
    }
    Some(out)
}

/// Reads an escape sequence after its backslash, and returns the rest.
fn unescape<'a>(out: &mut Vec<u8>, text: &'a str, quote: char) -> Option<&'a str> {
    let kind = text.chars().next()?;
    let rest = &text[kind.len_utf8()..];
    let (digits, radix) = match kind {
        'x' => (rest.get(..2)?, 16),
        'u' => (rest.get(..4)?, 16),
        'U' => (rest.get(..8)?, 16),
        '0'..='7' => (text.get(..3)?, 8),
        _ => {
            let byte = match kind {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 0x0b,
                '\\' => b'\\',
                '\'' | '"' if kind == quote => u8::try_from(kind).ok()?,
                _ => return None,
            };
            out.push(byte);
            return Some(rest);
        }
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    // The code of `\x` and of an octal sequence is a byte, all others are characters.
    if matches!(kind, 'u' | 'U') {
        push(out, char::from_u32(code)?);
    } else if quote == '\'' {
        push(out, char::from_u32(code).filter(|_| code < 256)?);
    } else {
        out.push(u8::try_from(code).ok()?);
    }
    let start = if radix == 8 { text } else { rest };
    start.get(digits.len()..)
}
