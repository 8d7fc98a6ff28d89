//! The verbs of single values.

use std::fmt::Write;

use super::Printer;
use crate::number::{Digits, fixed, general};
use crate::text;
use crate::value::Value;

/// The flags, width and precision of a verb.
#[derive(Debug, Default, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`.
    pub(super) go_syntax: bool,
    /// `%+v`.
    pub(super) field_names: bool,
}

impl Printer {
    /// Writes bytes, padded to the width.
    pub(super) fn pad(&mut self, bytes: &[u8]) {
        let padding = self
            .flags
            .width
            .unwrap_or_default()
            .saturating_sub(text::count(bytes));
        if self.flags.minus {
            self.write(bytes);
            self.padding(padding, b' ');
        } else {
            self.padding(padding, if self.flags.zero { b'0' } else { b' ' });
            self.write(bytes);
        }
    }

    fn padding(&mut self, count: usize, byte: u8) {
        if !self.is_full() {
            self.out.extend(std::iter::repeat_n(byte, count));
        }
    }

    fn pad_with_spaces(&mut self, bytes: &[u8]) {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(bytes);
        self.flags.zero = zero;
    }

    /// Writes bytes, cut to the precision and padded.
    pub(super) fn pad_string(&mut self, bytes: &[u8]) {
        self.pad(self.flags.truncated(bytes));
    }

    pub(super) fn string(&mut self, bytes: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.flags.go_syntax => self.quote(bytes),
            'v' | 's' => self.pad(self.flags.truncated(bytes)),
            'q' => self.quote(bytes),
            'x' | 'X' => self.hex_string(bytes, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    fn quote(&mut self, bytes: &[u8]) {
        let bytes = self.flags.truncated(bytes);
        let can_be_raw = |c: char| c != '`' && c != '\u{feff}' && (c == '\t' || text::is_print(c));
        if self.flags.sharp && std::str::from_utf8(bytes).is_ok_and(|it| it.chars().all(can_be_raw))
        {
            return self.pad(&[b"`", bytes, b"`"].concat());
        }
        self.pad(&text::quoted(bytes, '"', self.flags.plus));
    }

    fn hex_string(&mut self, bytes: &[u8], verb: char) {
        let bytes = &bytes[..self.flags.precision.unwrap_or(bytes.len()).min(bytes.len())];
        let prefix = if verb == 'x' { "0x" } else { "0X" };
        let mut out = String::new();
        for (at, byte) in bytes.iter().enumerate() {
            if self.flags.space && at > 0 {
                out.push(' ');
            }
            if self.flags.sharp && (self.flags.space || at == 0) {
                out.push_str(prefix);
            }
            let _ = match verb {
                'x' => write!(out, "{byte:02x}"),
                _ => write!(out, "{byte:02X}"),
            };
        }
        self.pad_with_spaces(out.as_bytes());
    }

    pub(super) fn integer(&mut self, number: i64, is_signed: bool, verb: char, value: &Value) {
        let negative = is_signed && number < 0;
        let bits = number.cast_unsigned();
        let magnitude = if negative {
            number.unsigned_abs()
        } else {
            bits
        };
        match verb {
            'v' if self.flags.go_syntax && !is_signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(magnitude, negative, 'x');
                self.flags.sharp = sharp;
            }
            'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => self.digits(magnitude, negative, verb),
            'c' => self.pad(character(bits).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let character = character(bits).to_string();
                self.pad(&text::quoted(character.as_bytes(), '\'', self.flags.plus));
            }
            'U' => self.unicode(bits),
            _ => self.bad_verb(value, verb),
        }
    }

    fn digits(&mut self, magnitude: u64, negative: bool, verb: char) {
        let flags = self.flags.clone();
        let mut precision = flags.precision.unwrap_or_default();
        if flags.precision == Some(0) && magnitude == 0 {
            return self.pad_with_spaces(b"");
        }
        if flags.precision.is_none() && flags.zero && !flags.minus {
            let sign = usize::from(negative || flags.plus || flags.space);
            precision = flags.width.unwrap_or_default().saturating_sub(sign);
        }
        let digits = match verb {
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            _ => magnitude.to_string(),
        };
        let zeros = "0".repeat(precision.saturating_sub(digits.len()));
        let prefix = match verb {
            'O' => "0o",
            'b' if flags.sharp => "0b",
            'x' if flags.sharp => "0x",
            'X' if flags.sharp => "0X",
            'o' if flags.sharp && zeros.is_empty() && !digits.starts_with('0') => "0",
            _ => "",
        };
        self.pad_with_spaces(format!("{}{prefix}{zeros}{digits}", flags.sign(negative)).as_bytes());
    }

    fn unicode(&mut self, code: u64) {
        let precision = self.flags.precision.unwrap_or_default().max(4);
        let digits = format!("{code:X}");
        let zeros = "0".repeat(precision.saturating_sub(digits.len()));
        let mut out = format!("U+{zeros}{digits}");
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(character) = character.filter(|it| self.flags.sharp && text::is_print(*it)) {
            let _ = write!(out, " '{character}'");
        }
        self.pad_with_spaces(out.as_bytes());
    }

    pub(super) fn float(&mut self, number: f64, verb: char, value: &Value) {
        match self.flags.float(number, verb) {
            Some(text) => self.pad_number(&text),
            None => self.bad_verb(value, verb),
        }
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) {
        let Some(first) = self.flags.float(real, verb) else {
            return self.bad_verb(value, verb);
        };
        self.write(b"(");
        self.pad_number(&first);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        let second = self.flags.float(imaginary, verb).unwrap_or_default();
        self.pad_number(&second);
        self.flags.plus = plus;
        self.write(b"i)");
    }

    /// Writes a number that starts with its sign.
    fn pad_number(&mut self, text: &str) {
        let negative = text.starts_with('-');
        let digits = text.trim_start_matches('-');
        let sign = self.flags.sign(negative);
        if !digits.starts_with(|first: char| first.is_ascii_digit()) {
            let sign = if digits == "NaN" && sign == "-" {
                ""
            } else {
                sign
            };
            let sign = if digits != "NaN" && sign.is_empty() && self.flags.plus {
                "+"
            } else {
                sign
            };
            return self.pad_with_spaces(format!("{sign}{digits}").as_bytes());
        }
        if self.flags.zero && !self.flags.minus && !sign.is_empty() {
            let width = self.flags.width.unwrap_or_default();
            self.write(sign.as_bytes());
            self.padding(width.saturating_sub(sign.len() + digits.len()), b'0');
            return self.write(digits.as_bytes());
        }
        self.pad(format!("{sign}{digits}").as_bytes());
    }
}

impl Flags {
    fn truncated<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(precision) = self.precision else {
            return bytes;
        };
        let end = text::characters(bytes)
            .nth(precision)
            .map_or(bytes.len(), |(at, ..)| at);
        &bytes[..end]
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    /// The text of a number, with `-` if it is negative. None if the verb does not fit.
    fn float(&self, number: f64, verb: char) -> Option<String> {
        if !matches!(
            verb,
            'v' | 'g' | 'G' | 'e' | 'E' | 'f' | 'F' | 'b' | 'x' | 'X'
        ) {
            return None;
        }
        let sign = if number.is_sign_negative() && !number.is_nan() {
            "-"
        } else {
            ""
        };
        if !number.is_finite() {
            let name = if number.is_nan() { "NaN" } else { "Inf" };
            return Some(format!("{sign}{name}"));
        }
        let value = number.abs();
        let text = match verb {
            'v' | 'g' => self.general(value, 'e'),
            'G' => self.general(value, 'E'),
            'e' | 'E' => {
                let precision = self.precision.unwrap_or(6);
                self.pointed(Digits::rounded(value, precision + 1).scientific(precision, verb))
            }
            'f' | 'F' => self.pointed(fixed(value, self.precision.unwrap_or(6))),
            'b' => binary(value),
            _ => {
                let text = hexadecimal(value, self.precision);
                if verb == 'X' {
                    text.to_ascii_uppercase()
                } else {
                    text
                }
            }
        };
        Some(format!("{sign}{text}"))
    }

    fn general(&self, value: f64, exponent: char) -> String {
        let text = general(value, self.precision, exponent);
        if !self.sharp {
            return text;
        }
        // With `#`, zeros at the end remain.
        let wanted = self.precision.unwrap_or(6).max(1);
        let (mantissa, power) = match text.split_once(exponent) {
            Some((mantissa, power)) => (mantissa.to_owned(), format!("{exponent}{power}")),
            None => (text, String::new()),
        };
        let digits = mantissa
            .trim_start_matches(['0', '.'])
            .chars()
            .filter(char::is_ascii_digit)
            .count();
        let digits = if value == 0.0 { 1 } else { digits };
        let point = if mantissa.contains('.') { "" } else { "." };
        format!(
            "{mantissa}{point}{}{power}",
            "0".repeat(wanted.saturating_sub(digits))
        )
    }

    /// With `#`, there is always a decimal point.
    fn pointed(&self, text: String) -> String {
        if !self.sharp || text.contains('.') {
            return text;
        }
        match text.find(['e', 'E']) {
            Some(at) => format!("{}.{}", &text[..at], &text[at..]),
            None => text + ".",
        }
    }
}

/// The character with a code, as Go converts integers.
fn character(code: u64) -> char {
    u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(text::REPLACEMENT)
}

/// The mantissa and the exponent of a positive number, as it is stored.
fn parts(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff).cast_signed(), bits & ((1 << 52) - 1));
    if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent - 1075)
    }
}

fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{exponent:+}")
}

fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = i64::from(mantissa.leading_zeros()) - 3;
        mantissa <<= shift;
        exponent += 60 - shift;
    }
    // The mantissa has one bit before the point, and 15 hexadecimal digits after it.
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let extra = mantissa << (4 * precision) & ((1 << 60) - 1);
        mantissa >>= 60 - 4 * precision;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - 4 * precision;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => {
            let zeros = "0".repeat(precision.saturating_sub(digits.len()));
            (digits + &zeros)[..precision].to_owned()
        }
    };
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!(
        "0x{}{point}{digits}p{sign}{:02}",
        mantissa >> 60,
        exponent.unsigned_abs()
    )
}
