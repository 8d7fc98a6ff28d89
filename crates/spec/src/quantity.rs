//! Amounts of CPUs and bytes: a decimal number and a unit. Out of scope: how targets write them.

use std::cmp::Ordering;
use std::fmt;

/// The units of bytes: powers of 1024 and of 1000. Score uses `K`; `k` is the spelling of
/// Kubernetes.
const BYTES: [(&str, u64); 13] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

/// The unit for thousandths of a CPU.
const MILLI: &str = "m";

/// An amount as written: a decimal number and an optional unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    written: String,
    /// The length of the number.
    number: usize,
}

impl Quantity {
    /// Parses an amount of CPUs: `2`, `0.5`, `125m`.
    pub fn cpu(text: &str) -> Option<Self> {
        let number = text.strip_suffix(MILLI).unwrap_or(text);
        Self::new(text, number)
    }

    /// Parses an amount of bytes: `1000`, `128M`, `1.5Gi`.
    pub fn bytes(text: &str) -> Option<Self> {
        let mut units = BYTES.iter();
        let number = units.find_map(|(unit, _)| text.strip_suffix(unit));
        Self::new(text, number.unwrap_or(text))
    }

    fn new(text: &str, number: &str) -> Option<Self> {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (is_number(whole) && is_number(fraction)).then(|| Self {
            written: text.to_owned(),
            number: number.len(),
        })
    }

    /// The amount as written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The digits before and after the decimal point; the latter can be empty.
    pub fn digits(&self) -> (&str, &str) {
        let number = &self.written[..self.number];
        number.split_once('.').unwrap_or((number, ""))
    }

    /// The unit, or an empty string.
    pub fn unit(&self) -> &str {
        &self.written[self.number..]
    }

    /// The number of bytes, rounded up. `None` if it exceeds a signed 64-bit integer, which Compose
    /// and Kubernetes use.
    pub fn to_bytes(&self) -> Option<i64> {
        let (whole, fraction) = self.digits();
        let mut units = BYTES.iter();
        let unit = units.find(|(unit, _)| *unit == self.unit());
        let unit = unit.map_or(1, |(_, bytes)| u128::from(*bytes));
        let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        i64::try_from(digits.checked_mul(unit)?.div_ceil(scale)).ok()
    }

    /// The number of thousandths of a CPU, rounded up. `None` if it exceeds a signed 64-bit integer.
    pub fn to_millis(&self) -> Option<i64> {
        let (whole, fraction) = self.digits();
        let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
        let factor = if self.unit() == MILLI { 1 } else { 1000 };
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        i64::try_from(digits.checked_mul(factor)?.div_ceil(scale)).ok()
    }

    /// The approximate amount without a unit.
    fn value(&self) -> f64 {
        let number: f64 = self.written[..self.number].parse().unwrap_or_default();
        let mut units = BYTES.iter();
        match units.find(|(unit, _)| *unit == self.unit()) {
            // A power of 1024 or a small power of 1000, which is exact.
            #[expect(clippy::cast_precision_loss, reason = "all of them are exact")]
            Some((_, bytes)) => number * *bytes as f64,
            None if self.unit() == MILLI => number / 1000.0,
            None => number,
        }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value().partial_cmp(&other.value())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn amounts_compare() {
        assert!(Quantity::cpu("500m") < Quantity::cpu("1"));
        assert!(Quantity::bytes("128M") < Quantity::bytes("128Mi"));
        assert!(Quantity::bytes("1.5Gi") > Quantity::bytes("1535M"));
        assert!(Quantity::bytes("1k") <= Quantity::bytes("1K"));
    }

    #[test]
    fn bytes_are_counted() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1.5Gi", Some(3 << 29)),
            ("0.1Mi", Some(104_858)),
            ("1.5E", Some(1_500_000_000_000_000_000)),
            ("8Ei", None),
        ] {
            let bytes = Quantity::bytes(text).and_then(|it| it.to_bytes());
            assert_eq!(bytes, expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_amounts() {
        for text in ["", "m", "x", "-1", "1.x", "1,5", "1e3", ".5", "1.", "1Mi"] {
            assert_eq!(Quantity::cpu(text), None, "{text}");
        }
        for text in ["", "Mi", "x", "-1M", "1.x", "1MiB", "1m", "1e3"] {
            assert_eq!(Quantity::bytes(text), None, "{text}");
        }
    }
}
