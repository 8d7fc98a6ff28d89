//! Numbers, as Go reads and writes them.

/// Reads an integer as `strconv.ParseInt` does with base 0: with a prefix of the base, and `_`.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = parse_uint(digits)?;
    if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

/// Reads an integer without a sign.
pub(crate) fn parse_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', _, ..] => (&lower[1..], 8),
        _ => (lower.as_str(), 10),
    };
    if !underscores_are_valid(&lower) || digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// Whether each `_` separates digits, where a prefix of the base counts as a digit.
fn underscores_are_valid(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let has_prefix = ["0x", "0o", "0b"]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    let is_hex = text.starts_with("0x");
    let is_digit = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_digit() || is_hex && byte.is_ascii_hexdigit())
    };
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| {
            let before = at.checked_sub(1).map(|at| bytes[at]);
            (is_digit(before) || has_prefix && at == 2) && is_digit(bytes.get(at + 1).copied())
        })
}

/// Reads a float as `strconv.ParseFloat` does. Numbers that are too large are none.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') && !underscores_are_valid(text) {
        return None;
    }
    let plain = text.replace('_', "");
    let unsigned = plain.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if matches!(unsigned.as_str(), "inf" | "infinity" | "nan") {
        return plain.parse().ok();
    }
    let value = if let Some(digits) = unsigned.strip_prefix("0x") {
        let value = parse_hex_float(digits)?;
        if plain.starts_with('-') {
            -value
        } else {
            value
        }
    } else {
        plain.parse().ok()?
    };
    Some(value).filter(|value: &f64| value.is_finite())
}

/// Reads the rest of a hexadecimal float, which must have an exponent.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let mut exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut bits, mut sticky) = (0u64, false);
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = digit.to_digit(16)?;
        if bits >> 59 == 0 {
            bits = bits << 4 | u64::from(digit);
        } else {
            sticky |= digit != 0;
            exponent = exponent.checked_add(4)?;
        }
    }
    exponent = exponent.checked_sub(i32::try_from(4 * fraction.len()).ok()?)?;
    #[allow(
        clippy::cast_precision_loss,
        reason = "the rest of the digits only decides a tie"
    )]
    let value = (bits | u64::from(sticky)) as f64;
    // In two steps, because the power itself may be no float.
    let half = exponent.clamp(-2200, 2200) / 2;
    Some(value * 2f64.powi(half) * 2f64.powi(exponent.clamp(-2200, 2200) - half))
}

/// Converts as Go does on amd64: what is out of range is the smallest integer.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn to_int(value: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// The nearest float.
#[allow(clippy::cast_precision_loss, reason = "so does Go")]
pub(crate) fn to_float(value: i64) -> f64 {
    value as f64
}

/// No float has more digits than these, before or after the decimal point.
const MAX_DIGITS: usize = 1100;

/// A positive number with so many digits after the decimal point.
pub(crate) fn fixed(value: f64, precision: usize) -> String {
    let exact = precision.min(MAX_DIGITS);
    let mut out = format!("{value:.exact$}");
    out.extend(std::iter::repeat_n('0', precision - exact));
    out
}

/// The decimal digits of a positive finite number, without zeros at the end, and the position of
/// the decimal point before them: `0.D1D2… × 10^point`.
pub(crate) struct Digits {
    pub(crate) digits: String,
    pub(crate) point: i32,
}

impl Digits {
    /// The shortest digits that identify the number.
    pub(crate) fn shortest(value: f64) -> Self {
        Self::read(&format!("{value:e}"))
    }

    /// The number rounded to at least one digit.
    pub(crate) fn rounded(value: f64, digits: usize) -> Self {
        let digits = digits.clamp(1, MAX_DIGITS);
        Self::read(&format!("{value:.*e}", digits - 1))
    }

    fn read(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits = mantissa.replace('.', "");
        let digits = digits.trim_end_matches('0').to_owned();
        let point = if digits.is_empty() {
            0
        } else {
            exponent.parse::<i32>().unwrap_or_default() + 1
        };
        Self { digits, point }
    }

    /// As `D.DDe±XX` with so many digits after the point.
    pub(crate) fn scientific(&self, precision: usize, exponent: char) -> String {
        let mut out: String = self.digits.chars().next().unwrap_or('0').into();
        if precision > 0 {
            let rest = self.digits.get(1..).unwrap_or_default();
            out.push('.');
            out.push_str(rest.get(..precision).unwrap_or(rest));
            out.extend(std::iter::repeat_n(
                '0',
                precision.saturating_sub(rest.len()),
            ));
        }
        let power = if self.digits.is_empty() {
            0
        } else {
            self.point - 1
        };
        out.push(exponent);
        out.push(if power < 0 { '-' } else { '+' });
        out + &format!("{:02}", power.unsigned_abs())
    }

    /// Without an exponent.
    pub(crate) fn plain(&self) -> String {
        let point = usize::try_from(self.point).unwrap_or_default();
        let mut out = self.digits.get(..point).unwrap_or(&self.digits).to_owned();
        out.extend(std::iter::repeat_n(
            '0',
            point.saturating_sub(self.digits.len()),
        ));
        if out.is_empty() {
            out.push('0');
        }
        let rest = self.digits.get(point..).unwrap_or_default();
        if !rest.is_empty() {
            out.push('.');
            let zeros = usize::try_from(-self.point).unwrap_or_default();
            out.extend(std::iter::repeat_n('0', zeros));
            out.push_str(rest);
        }
        out
    }
}

/// The general form of `%g`: shortest digits, or so many.
pub(crate) fn general(value: f64, precision: Option<usize>, exponent: char) -> String {
    let (digits, mut limit) = match precision {
        None => (Digits::shortest(value), 6),
        Some(precision) => (Digits::rounded(value, precision), precision.max(1)),
    };
    let count = digits.digits.len();
    let point = digits.point;
    if precision.is_some()
        && limit > count
        && i64::try_from(count).unwrap_or(i64::MAX) >= i64::from(point)
    {
        limit = count;
    }
    let power = point - 1;
    if power < -4 || i64::from(power) >= i64::try_from(limit).unwrap_or(i64::MAX) {
        digits.scientific(count.max(1) - 1, exponent)
    } else {
        digits.plain()
    }
}
