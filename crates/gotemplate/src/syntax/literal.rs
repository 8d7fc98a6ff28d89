//! Literals of numbers and characters.

use super::tree::Number;
use crate::number::{parse_float, parse_int, parse_uint, to_float, to_int};
use crate::text;

/// Reads a character constant with its quotes.
pub(super) fn character(literal: &str) -> Option<Number> {
    let bytes = text::unquoted(literal)?;
    let mut characters = text::chars(&bytes);
    let code = i64::from(u32::from(characters.next()?));
    if characters.next().is_some() {
        return None;
    }
    let (int, uint, float) = (Some(code), u64::try_from(code).ok(), Some(to_float(code)));
    Some(Number {
        int,
        uint,
        float,
        ..Number::default()
    })
}

/// Reads a number. The error says what is wrong with it.
pub(super) fn number(literal: &str) -> Result<Number, &'static str> {
    const WRONG: &str = "illegal number syntax";
    if let Some(imaginary) = literal.strip_suffix('i') {
        return complex(imaginary).ok_or(WRONG);
    }
    let uint = parse_uint(literal);
    let int = parse_int(literal);
    let uint = if int == Some(0) { Some(0) } else { uint };
    if int.is_some() || uint.is_some() {
        #[allow(clippy::cast_precision_loss, reason = "so does Go")]
        let float = int.map(to_float).or(uint.map(|it| it as f64));
        return Ok(Number {
            int,
            uint,
            float,
            ..Number::default()
        });
    }
    let float = parse_float(literal).ok_or(WRONG)?;
    if !literal.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err("integer overflow");
    }
    Ok(real(float))
}

/// A float, which is an integer too if it has no fraction.
#[allow(
    clippy::float_cmp,
    reason = "the question is whether the conversion is exact"
)]
fn real(float: f64) -> Number {
    let int = Some(to_int(float)).filter(|int| to_float(*int) == float);
    let uint = int.and_then(|int| u64::try_from(int).ok());
    Number {
        int,
        uint,
        float: Some(float),
        complex: None,
        is_float: true,
    }
}

/// Reads an imaginary or complex number without the `i` at its end.
fn complex(text: &str) -> Option<Number> {
    // The sign of the imaginary part is the last one that is not part of an exponent.
    let bytes = text.as_bytes();
    let is_hex = text.contains(['x', 'X']);
    let split = (1..text.len()).rev().find(|at| {
        let is_exponent = match bytes[at - 1] {
            b'e' | b'E' => !is_hex,
            b'p' | b'P' => true,
            _ => false,
        };
        matches!(bytes[*at], b'+' | b'-') && !is_exponent
    });
    let (first, second) = text.split_at(split.unwrap_or_default());
    let first = if first.is_empty() {
        0.0
    } else {
        parse_float(first)?
    };
    let second = parse_float(second)?;
    let simple = if second == 0.0 {
        real(first)
    } else {
        Number::default()
    };
    Some(Number {
        complex: Some((first, second)),
        ..simple
    })
}
