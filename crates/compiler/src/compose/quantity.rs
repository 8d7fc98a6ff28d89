//! Amounts in Score's words, as Compose writes them.

/// The processors as a decimal number: `250m` is `0.25`. Nothing if the text is no such amount.
pub(super) fn cpus(quantity: &str) -> Option<String> {
    let (digits, fraction) = if let Some(milli) = quantity.strip_suffix('m') {
        let milli: u64 = milli.parse().ok()?;
        ((milli / 1000).to_string(), format!("{:03}", milli % 1000))
    } else {
        let (whole, fraction) = quantity.split_once('.').unwrap_or((quantity, ""));
        (whole.parse::<u64>().ok()?.to_string(), fraction.to_owned())
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match fraction.trim_end_matches('0') {
        "" => digits,
        fraction => format!("{digits}.{fraction}"),
    })
}

/// The bytes. Compose's `K`, `M` and `G` are powers of 1024, so a decimal amount has no unit.
/// Fractions of a byte count as one. Nothing if the text is no such amount.
pub(super) fn memory(quantity: &str) -> Option<String> {
    const UNITS: [(&str, u128); 13] = [
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
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| Some((quantity.strip_suffix(suffix)?, *unit)))
        .unwrap_or((quantity, 1));
    let unit_is_binary = quantity.ends_with('i');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let bytes = digits.checked_mul(unit)?.div_ceil(scale);
    // Compose counts in signed 64-bit numbers.
    let bytes = i64::try_from(bytes).ok()?;
    let units = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    let is_multiple = |unit: i64| unit_is_binary && bytes > 0 && bytes % unit == 0;
    let multiple = units.iter().find(|(_, unit)| is_multiple(*unit));
    Some(match multiple {
        Some((suffix, unit)) => format!("{}{suffix}", bytes / unit),
        None => bytes.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::{cpus, memory};

    #[test]
    fn processors() {
        for (quantity, expected) in [
            ("250m", "0.25"),
            ("1", "1"),
            ("1000m", "1"),
            ("1500m", "1.5"),
            ("1m", "0.001"),
            ("0.5", "0.5"),
            ("2.50", "2.5"),
            ("007m", "0.007"),
        ] {
            assert_eq!(cpus(quantity).as_deref(), Some(expected), "{quantity}");
        }
        for quantity in ["", "m", "x", "-1", "1.x", "1,5", "1e3"] {
            assert_eq!(cpus(quantity), None, "{quantity}");
        }
    }

    #[test]
    fn bytes() {
        for (quantity, expected) in [
            ("128Mi", "128M"),
            ("128M", "128000000"),
            ("1Gi", "1G"),
            ("1.5Gi", "1536M"),
            ("0.5Mi", "512K"),
            ("1000Ki", "1000K"),
            ("1024M", "1024000000"),
            ("0.1Mi", "104858"),
            ("100", "100"),
            ("2048", "2048"),
            ("1K", "1000"),
            ("2Ti", "2048G"),
            ("1.5E", "1500000000000000000"),
        ] {
            assert_eq!(memory(quantity).as_deref(), Some(expected), "{quantity}");
        }
        for quantity in ["", "Mi", "x", "-1M", "1.x", "8Ei", "1MiB"] {
            assert_eq!(memory(quantity), None, "{quantity}");
        }
    }
}
