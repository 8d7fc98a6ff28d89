//! Amounts in Score's words, as Compose writes them.

/// The fewest bytes that an engine accepts as a limit or reservation (`linuxMinMemory` of Docker).
const LEAST_MEMORY: i64 = 6 << 20;

/// The fewest thousandths of a processor that an engine accepts: the kernel gives a container no
/// less than a millisecond of each 100.
const LEAST_CPU: &str = "0.01";

/// An amount as Compose writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) written: String,
    /// In Score's words, if it is more than was asked for, which no engine accepts.
    pub(super) raised: Option<&'static str>,
}

/// The processors that a container may use. Nothing if the text is no such amount.
pub(super) fn cpus(quantity: &str) -> Option<Amount> {
    let written = decimal(quantity)?;
    // None at all is no limit.
    let raised = written.starts_with("0.00").then_some(LEAST_CPU);
    let written = raised.map_or(written, str::to_owned);
    Some(Amount { written, raised })
}

/// The processors that are reserved for a container, which no engine without a cluster looks at.
/// Nothing if the text is no such amount.
pub(super) fn reserved_cpus(quantity: &str) -> Option<Amount> {
    let written = decimal(quantity)?;
    let raised = None;
    Some(Amount { written, raised })
}

/// The processors as a decimal number: `250m` is `0.25`. Nothing if the text is no such amount.
fn decimal(quantity: &str) -> Option<String> {
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

/// The memory of a container. Nothing if the text is no such amount.
pub(super) fn memory(quantity: &str) -> Option<Amount> {
    let bytes = bytes(quantity)?;
    let raised = (bytes > 0 && bytes < LEAST_MEMORY).then_some("6Mi");
    let written = size(raised.unwrap_or(quantity))?;
    Some(Amount { written, raised })
}

/// The bytes as Compose writes them. Its `K`, `M` and `G` are powers of 1024, so a decimal amount has
/// no unit. Nothing if the text is no such amount.
pub(super) fn size(quantity: &str) -> Option<String> {
    let bytes = bytes(quantity)?;
    let units = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    let is_multiple = |unit: i64| quantity.ends_with('i') && bytes > 0 && bytes % unit == 0;
    let multiple = units.iter().find(|(_, unit)| is_multiple(*unit));
    Some(match multiple {
        Some((suffix, unit)) => format!("{}{suffix}", bytes / unit),
        None => bytes.to_string(),
    })
}

/// The bytes. Fractions of a byte count as one.
fn bytes(quantity: &str) -> Option<i64> {
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
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let bytes = digits.checked_mul(unit)?.div_ceil(scale);
    // Compose counts in signed 64-bit numbers.
    i64::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{Amount, cpus, decimal, memory, size};

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
            assert_eq!(decimal(quantity).as_deref(), Some(expected), "{quantity}");
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
            assert_eq!(size(quantity).as_deref(), Some(expected), "{quantity}");
        }
        for quantity in ["", "Mi", "x", "-1M", "1.x", "8Ei", "1MiB"] {
            assert_eq!(memory(quantity), None, "{quantity}");
        }
    }

    #[test]
    fn what_an_engine_refuses_is_raised() {
        let amount = |(written, raised): (&str, Option<&'static str>)| Amount {
            written: written.to_owned(),
            raised,
        };
        for (quantity, expected) in [
            ("0", ("0", None)),
            ("1m", ("0.01", Some("0.01"))),
            ("0.009999", ("0.01", Some("0.01"))),
            ("10m", ("0.01", None)),
            ("0.05", ("0.05", None)),
            ("1.001", ("1.001", None)),
        ] {
            assert_eq!(cpus(quantity), Some(amount(expected)), "{quantity}");
        }
        for (quantity, expected) in [
            ("0", ("0", None)),
            ("1", ("6M", Some("6Mi"))),
            ("6M", ("6M", Some("6Mi"))),
            ("6291455", ("6M", Some("6Mi"))),
            ("6291456", ("6291456", None)),
            ("6Mi", ("6M", None)),
        ] {
            assert_eq!(memory(quantity), Some(amount(expected)), "{quantity}");
        }
    }
}
