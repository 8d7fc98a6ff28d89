//! Quantities of Kubernetes, such as `500m` and `1.5Gi`, as exact numbers.

use std::cmp::Ordering;

/// The billionths of one. Smaller fractions are rounded up, as in Kubernetes.
const NANO: i128 = 1_000_000_000;

/// The greatest number of characters.
const LONGEST: usize = 64;

/// A quantity in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(i128);

/// The suffixes with their factors in billionths.
const SUFFIXES: [(&str, i128); 16] = [
    ("", NANO),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", NANO * 1_000),
    ("M", NANO * 1_000_000),
    ("G", NANO * 1_000_000_000),
    ("T", NANO * 1_000_000_000_000),
    ("P", NANO * 1_000_000_000_000_000),
    ("E", NANO * 1_000_000_000_000_000_000),
    ("Ki", NANO << 10),
    ("Mi", NANO << 20),
    ("Gi", NANO << 30),
    ("Ti", NANO << 40),
    ("Pi", NANO << 50),
    ("Ei", NANO << 60),
];

impl Quantity {
    /// The quantity with this text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (sign, number) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = number.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, suffix) = number.split_at(end.unwrap_or(number.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 {
            return None;
        }
        let mut digits = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            // A second point is no digit.
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            digits = digits.checked_mul(10)?.checked_add(digit.into())?;
        }
        let (factor, exponent) = factor(suffix)?;
        let exponent = exponent - i32::try_from(fraction.len()).ok()?;
        let scale = 10_i128.checked_pow(exponent.unsigned_abs())?;
        let product = digits.checked_mul(factor)?;
        let amount = if exponent < 0 {
            product / scale + i128::from(product % scale > 0)
        } else {
            product.checked_mul(scale)?
        };
        Some(Self(sign * amount))
    }

    pub(super) fn sign(self) -> i64 {
        match self.0.cmp(&0) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }

    /// The value, if it is an integer of 64 bits.
    pub(super) fn integer(self) -> Option<i64> {
        let whole = (self.0 % NANO == 0).then_some(self.0 / NANO)?;
        i64::try_from(whole).ok()
    }

    /// The value as a float.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the result is only an approximation"
    )]
    pub(super) fn float(self) -> f64 {
        self.0 as f64 / NANO as f64
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(super) fn subtract(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// The factor of a suffix in billionths, and its decimal exponent.
fn factor(suffix: &str) -> Option<(i128, i32)> {
    if let Some((_, factor)) = SUFFIXES.iter().find(|(known, _)| *known == suffix) {
        return Some((*factor, 0));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    let exponent = is_number.then(|| exponent.parse().ok()).flatten();
    Some((NANO, exponent.filter(|it: &i32| it.abs() <= 60)?))
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn quantities_are_exact_numbers() {
        for (a, b) in [
            ("1Gi", "1024Mi"),
            ("0.5", "500m"),
            ("1.5Ki", "1536"),
            ("1e3", "1k"),
            ("+1", "1.0"),
            ("100E-2", "1"),
            ("1E", "1e18"),
            (".5", "500m"),
            ("5.", "5"),
            ("1u", "1000n"),
            ("0.1n", "1n"),
            ("-2Mi", "-2097152"),
        ] {
            assert_eq!(quantity(a), quantity(b), "{a} {b}");
        }
        assert!(quantity("1G") < quantity("1Gi") && quantity("-1") < quantity("0"));
        assert_eq!(quantity("2k").integer(), Some(2000));
        assert_eq!(quantity("1500m").integer(), None);
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "Mi",
            "1 Gi",
            "1gi",
            "1.2.3",
            "-",
            "1e",
            "1e+",
            "1e99",
            "1KiB",
            "--1",
            "1-",
            ".",
            "99999999999999999999999999999999999999999",
            "1e60E",
            "é",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
