//! Scalars of services: sizes, durations, numbers and booleans in the notation of Compose, and the text of
//! other values in the notation of Go.

use std::fmt::Write;

use score_spec::{Kind, Number};
use serde_json::{Value, json};

use crate::yaml::{Node, Scalar};

/// A boolean, or a word for one.
pub(super) fn flag(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Text(Scalar::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "y" | "yes" | "on" | "1" | "t" => Some(true),
            "false" | "n" | "no" | "off" | "0" | "f" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number, also as a string.
pub(super) fn number(node: &Node) -> Option<Value> {
    match &node.kind {
        Kind::Number(number) => Some(Value::Number(number.clone())),
        Kind::Text(Scalar::Text(text)) => {
            let number = text.parse::<f64>().ok().filter(|it| it.is_finite())?;
            Some(json!(number))
        }
        _ => None,
    }
}

/// The names of units by the power of 1,024.
const UNITS: [&str; 6] = ["", "k", "m", "g", "t", "p"];

/// A number of bytes, as a string: `64m` is 67108864.
pub(super) fn size(node: &Node) -> Option<String> {
    let text = match &node.kind {
        Kind::Number(number) if !number.is_f64() => return Some(number.to_string()),
        Kind::Number(number) => number.to_string(),
        Kind::Text(Scalar::Text(text)) => text.clone(),
        _ => return None,
    };
    if text == "-1" {
        return Some(text);
    }
    let text = text.trim().to_ascii_lowercase();
    let end = text
        .find(|it: char| !it.is_ascii_digit() && it != '.')
        .unwrap_or(text.len());
    let (number, unit) = (text[..end].parse::<f64>().ok()?, text[end..].trim());
    let unit = unit
        .strip_suffix("ib")
        .or_else(|| unit.strip_suffix('b'))
        .unwrap_or(unit);
    let power = UNITS.iter().position(|it| *it == unit)?;
    let bytes = number * 1024_f64.powi(i32::try_from(power).ok()?);
    // Beyond this, integers are not exact.
    (bytes < 9e15).then(|| format!("{}", bytes.trunc()))
}

/// The units of durations with their nanoseconds, longer names before those that they start with.
const SPANS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A duration in the notation of Go: `1h` is `1h0m0s`.
pub(super) fn duration(node: &Node) -> Option<String> {
    let Kind::Text(Scalar::Text(text)) = &node.kind else {
        return None;
    };
    let mut rest = text.trim();
    let mut nanoseconds: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number = rest[..end].parse::<f64>().ok()?;
        let (unit, length) = SPANS.into_iter().find_map(|(unit, length)| {
            let is_unit = rest[end..].strip_prefix(unit)?;
            // `ms` is not `m`.
            (unit != "m" || !is_unit.starts_with('s')).then_some((unit, length))
        })?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let part = (number * length as f64) as u64;
        nanoseconds = nanoseconds.checked_add(part)?;
        rest = &rest[end + unit.len()..];
    }
    (!text.trim().is_empty()).then(|| go_duration(nanoseconds))
}

/// A duration as Go prints it.
fn go_duration(nanoseconds: u64) -> String {
    const SECOND: u64 = 1_000_000_000;
    let fraction = |number: u64, unit: u64, digits: usize| {
        let (whole, rest) = (number / unit, number % unit);
        let text = format!("{whole}.{rest:0digits$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanoseconds {
        0 => return "0s".to_owned(),
        1..1_000 => return format!("{nanoseconds}ns"),
        1_000..1_000_000 => return format!("{}µs", fraction(nanoseconds, 1_000, 3)),
        1_000_000..SECOND => return format!("{}ms", fraction(nanoseconds, 1_000_000, 6)),
        _ => {}
    }
    let (minutes, seconds) = (nanoseconds / (60 * SECOND), nanoseconds % (60 * SECOND));
    let seconds = fraction(seconds, SECOND, 9);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The permissions of a file, as an octal string.
pub(super) fn mode(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Number(number) => Some(format!("{:04o}", number.as_u64()?)),
        Kind::Text(Scalar::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A number as Go prints it: floats from 10²¹ on, and small ones, with an exponent.
pub(super) fn printed(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let size = float.abs();
    if size != 0.0 && !(1e-4..1e21).contains(&size) {
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{float}")
}

/// A value as Go prints it.
pub(super) fn go_text(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "<nil>".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => printed(number),
        Kind::Text(text) => word(text),
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(go_text).collect();
            format!("[{}]", items.join(" "))
        }
        Kind::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            let mut text = String::from("map[");
            for (index, entry) in entries.into_iter().enumerate() {
                let space = if index > 0 { " " } else { "" };
                // Writing to a string does not fail.
                let _ = write!(text, "{space}{}:{}", entry.key, go_text(&entry.value));
            }
            text.push(']');
            text
        }
    }
}

/// A scalar as Go prints it.
pub(super) fn word(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        Scalar::Time(time) => time.to_string(),
        Scalar::Float(float) if float.is_nan() => "NaN".to_owned(),
        Scalar::Float(float) if *float > 0.0 => "+Inf".to_owned(),
        Scalar::Float(_) => "-Inf".to_owned(),
    }
}
