//! The type of a scalar: null, boolean, number or string. The rules are those of Go's `yaml.v3`,
//! including their order; its handling of a sign after a prefix (`0b-1`) is considered an accident
//! and not supported.

use std::borrow::Cow;

use crate::{Kind, Number};

use super::event::{Style, TagKind};

/// A tag that does not match the scalar.
#[derive(Debug, PartialEq)]
pub(super) struct Mismatch {
    /// The scalar without the tag.
    pub(super) kind: Kind,
}

/// The type of a scalar with this text, style and tag.
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
    // A tag overrides quotes: `!!int "5"` is 5.
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

/// The type of an unquoted scalar.
fn plain(text: Cow<'_, str>) -> Kind {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    number(&text).map_or_else(|| Kind::Text(text.into_owned()), Kind::Number)
}

/// Whether a string is a YAML float that is not a JSON number. It remains a string, so that a check
/// for a number rejects it at its location.
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

/// A 64-bit integer: decimal, with `0x`, `0o` or `0b`, or octal with a leading `0`.
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
/// excludes words that a float parser accepts (`infinity`).
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
