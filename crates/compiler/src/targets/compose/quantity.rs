//! Conversion of amounts from Score to Compose.

use score_spec::Quantity;

/// The minimum number of bytes that an engine accepts as a limit or reservation (`linuxMinMemory`
/// of Docker).
const LEAST_MEMORY: i64 = 6 << 20;
/// The same in Compose and Score notation.
const LEAST_WORDS: (&str, &str) = ("6M", "6Mi");

/// The minimum number of thousandths of a CPU that an engine accepts: the kernel allows no less
/// than a millisecond of each 100.
const LEAST_CPU: &str = "0.01";

/// An amount in Compose notation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) written: String,
    /// The raised amount in Score notation, if the engine would not accept the requested one.
    pub(super) raised: Option<&'static str>,
}

/// The maximum CPUs of a container.
pub(super) fn cpus(quantity: &Quantity) -> Option<Amount> {
    let written = decimal(quantity)?;
    // Zero means no limit.
    let raised = written.starts_with("0.00").then_some(LEAST_CPU);
    let written = raised.map_or(written, str::to_owned);
    Some(Amount { written, raised })
}

/// The reserved CPUs of a container, which an engine without a cluster ignores.
pub(super) fn reserved_cpus(quantity: &Quantity) -> Option<Amount> {
    let written = decimal(quantity)?;
    let raised = None;
    Some(Amount { written, raised })
}

/// The CPUs as a decimal number: `250m` is `0.25`. `None` if the number is too large.
fn decimal(quantity: &Quantity) -> Option<String> {
    let (whole, fraction) = quantity.digits();
    let whole: u64 = whole.parse().ok()?;
    let (whole, fraction) = match quantity.unit() {
        "" => (whole, fraction.to_owned()),
        _ => (whole / 1000, format!("{:03}{fraction}", whole % 1000)),
    };
    Some(match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    })
}

/// The memory of a container. `None` if it exceeds the range of Compose.
pub(super) fn memory(quantity: &Quantity) -> Option<Amount> {
    let bytes = quantity.to_bytes()?;
    if bytes > 0 && bytes < LEAST_MEMORY {
        let (written, raised) = LEAST_WORDS;
        let (written, raised) = (written.to_owned(), Some(raised));
        return Some(Amount { written, raised });
    }
    let written = size(quantity)?;
    let raised = None;
    Some(Amount { written, raised })
}

/// The bytes in Compose notation. Its `K`, `M` and `G` are powers of 1024, so a decimal amount has no unit.
/// `None` if it exceeds the range of Compose.
pub(super) fn size(quantity: &Quantity) -> Option<String> {
    let bytes = quantity.to_bytes()?;
    let units = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    let is_multiple = |unit: i64| quantity.unit().ends_with('i') && bytes > 0 && bytes % unit == 0;
    let multiple = units.iter().find(|(_, unit)| is_multiple(*unit));
    Some(match multiple {
        Some((suffix, unit)) => format!("{}{suffix}", bytes / unit),
        None => bytes.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use score_spec::Quantity;

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
            let decimal = Quantity::cpu(quantity).and_then(|it| decimal(&it));
            assert_eq!(decimal.as_deref(), Some(expected), "{quantity}");
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
            let size = Quantity::bytes(quantity).and_then(|it| size(&it));
            assert_eq!(size.as_deref(), Some(expected), "{quantity}");
        }
        assert_eq!(Quantity::bytes("8Ei").and_then(|it| memory(&it)), None);
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
            let cpus = Quantity::cpu(quantity).and_then(|it| cpus(&it));
            assert_eq!(cpus, Some(amount(expected)), "{quantity}");
        }
        for (quantity, expected) in [
            ("0", ("0", None)),
            ("1", ("6M", Some("6Mi"))),
            ("6M", ("6M", Some("6Mi"))),
            ("6291455", ("6M", Some("6Mi"))),
            ("6291456", ("6291456", None)),
            ("6Mi", ("6M", None)),
        ] {
            let memory = Quantity::bytes(quantity).and_then(|it| memory(&it));
            assert_eq!(memory, Some(amount(expected)), "{quantity}");
        }
    }
}
