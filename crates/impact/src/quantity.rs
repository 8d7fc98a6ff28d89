//! Amounts, such as `1.5Gi` and `250m`, as the API server reads them.

/// Billionths, the smallest unit of the API server.
const UNIT: i128 = 1_000_000_000;

/// The units with their factors in billionths.
const UNITS: [(&str, i128); 16] = [
    ("Ki", UNIT << 10),
    ("Mi", UNIT << 20),
    ("Gi", UNIT << 30),
    ("Ti", UNIT << 40),
    ("Pi", UNIT << 50),
    ("Ei", UNIT << 60),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", UNIT * 1_000),
    ("M", UNIT * 1_000_000),
    ("G", UNIT * 1_000_000_000),
    ("T", UNIT * 1_000_000_000_000),
    ("P", UNIT * 1_000_000_000_000_000),
    ("E", UNIT * 1_000_000_000_000_000_000),
    ("", UNIT),
];

/// The number of billionths, rounded up; none if the text is not an amount.
pub(crate) fn quantity(text: &str) -> Option<i128> {
    let (number, factor) = scaled(text)?;
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let mut total = match whole {
        "" => 0,
        whole => whole.parse::<i128>().ok()?.checked_mul(factor)?,
    };
    let mut place = factor;
    for digit in fraction.bytes() {
        let tenths = place.checked_mul(i128::from(digit - b'0'))?;
        total = total.checked_add((tenths + 9) / 10)?;
        place = (place + 9) / 10;
    }
    Some(sign * total)
}

/// The number before the unit or exponent, and the factor.
fn scaled(text: &str) -> Option<(&str, i128)> {
    if let Some((number, exponent)) = text.split_once(['e', 'E'])
        && let Ok(exponent) = exponent.parse::<i32>()
    {
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        let factor = if exponent < 0 {
            UNIT / power
        } else {
            UNIT.checked_mul(power)?
        };
        return Some((number, factor));
    }
    let mut units = UNITS.iter();
    units.find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn equal_amounts_are_equal() {
        for (a, b) in [
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1k"),
            ("1E", "1000P"),
            (".5", "0.50"),
            ("+2", "2"),
            ("-1", "-1000m"),
        ] {
            assert_eq!(quantity(a).unwrap(), quantity(b).unwrap(), "{a} {b}");
        }
        assert!(quantity("1Gi") > quantity("1G"));
        assert!(quantity("9Ei").is_some());
    }

    #[test]
    fn other_text_is_no_amount() {
        for text in [
            "",
            ".",
            "Gi",
            "1GiB",
            "one",
            "1.2.3",
            "--1",
            "1e99",
            "99999999999999999999999999999999Ei",
        ] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }
}
