//! What a scalar is: null, boolean, number or text. The rules are those of Go's `yaml.v3`, down
//! to the order in which it tries them; what it does with a sign behind a prefix (`0b-1`) is
//! taken for an accident and left out.

use std::borrow::Cow;

use crate::{Kind, Number};

use super::event::{Style, TagKind};

/// A tag that says what the scalar is not.
#[derive(Debug, PartialEq)]
pub(super) struct Mismatch {
    /// What the scalar is without the tag.
    pub(super) kind: Kind,
}

/// What a scalar with this text, style and tag is.
pub(super) fn resolve(
    text: Cow<'_, str>,
    style: Style,
    tag: Option<TagKind>,
) -> Result<Kind, Mismatch> {
    let Some(tag) = tag else {
        return Ok(match style {
            Style::Plain => plain(text),
            Style::Quoted | Style::Block => Kind::Text(text.into_owned()),
        });
    };
    // A tag makes quotes irrelevant: `!!int "5"` is 5.
    match tag {
        TagKind::NonSpecific | TagKind::Text | TagKind::Opaque | TagKind::Unknown => {
            return Ok(Kind::Text(text.into_owned()));
        }
        TagKind::Float if is_infinite(&text) => return Ok(Kind::Text(text.into_owned())),
        _ => {}
    }
    let kind = plain(text);
    match (tag, &kind) {
        (TagKind::Null, Kind::Null) | (TagKind::Bool, Kind::Bool(_)) => Ok(kind),
        (TagKind::Int, Kind::Number(number)) if !number.is_f64() => Ok(kind),
        (TagKind::Float, Kind::Number(number)) => {
            let float = number.as_f64().and_then(Number::from_f64);
            Ok(float.map_or(kind, Kind::Number))
        }
        _ => Err(Mismatch { kind }),
    }
}

/// What an unquoted scalar is.
fn plain(text: Cow<'_, str>) -> Kind {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    number(&text).map_or_else(|| Kind::Text(text.into_owned()), Kind::Number)
}

/// Whether a text is one of YAML's floats that are not numbers in JSON. They stay text, so that
/// a check for a number refuses them at their place.
fn is_infinite(text: &str) -> bool {
    matches!(
        text.trim_start_matches(['+', '-']),
        ".inf" | ".Inf" | ".INF"
    ) || matches!(text, ".nan" | ".NaN" | ".NAN")
}

fn number(text: &str) -> Option<Number> {
    match text.bytes().next()? {
        b'.' => float(text),
        b'0'..=b'9' | b'+' | b'-' => {
            let digits = text.replace('_', "");
            integer(&digits).or_else(|| float(&digits))
        }
        _ => None,
    }
}

/// An integer of 64 bits: decimal, or with `0x`, `0o`, `0b`, or octal after a bare `0`.
fn integer(text: &str) -> Option<Number> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (Some(false), &text[1..]),
        b'-' => (Some(true), &text[1..]),
        _ => (None, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match sign {
        None => Some(magnitude.into()),
        Some(false) => i64::try_from(magnitude).ok().map(Into::into),
        Some(true) => 0i64.checked_sub_unsigned(magnitude).map(Into::into),
    }
}

/// A finite float. Go's pattern is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, which
/// keeps out the words that a float parser accepts (`infinity`).
fn float(text: &str) -> Option<Number> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if whole + length == 0 {
            return None;
        }
        rest = &fraction[length..];
    } else if whole == 0 {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let length = digits(exponent);
        if length == 0 {
            return None;
        }
        rest = &exponent[length..];
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().and_then(Number::from_f64)
}
