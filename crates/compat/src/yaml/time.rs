//! Dates and moments of YAML.

use score_gotemplate::Time;

/// Parses a date, or a date and a time with an optional offset, as `yaml.v3` does: months, days, hours, minutes
/// and seconds may have a single digit.
pub(super) fn parse(text: &str) -> Option<Time> {
    if !text.is_ascii() || text.len() < "2024-1-2".len() || text.as_bytes()[4] != b'-' {
        return None;
    }
    let (year, rest) = (number(&text[..4], 4)?, &text[5..]);
    let (month, rest) = rest.split_once('-')?;
    let month = number(month, 2)?;
    let end = rest
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(rest.len());
    let (day, rest) = (number(&rest[..end], 2)?, &rest[end..]);
    if rest.is_empty() {
        return Time::new([year, month, day], [0; 3], 0, None);
    }
    let (has_zone, rest) = match rest.split_at(1) {
        ("T" | "t", rest) => (true, rest),
        (" ", rest) => (false, rest),
        _ => return None,
    };
    let (hour, rest) = rest.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let end = rest
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(rest.len());
    let (second, rest) = rest.split_at(end);
    let (nanoseconds, rest) = fraction(rest)?;
    let offset = match (has_zone, rest) {
        (false, "") | (true, "Z") => None,
        (true, zone) => Some(offset(zone)?),
        (false, _) => return None,
    };
    let time = [number(hour, 2)?, number(minute, 2)?, number(second, 2)?];
    Time::new([year, month, day], time, nanoseconds, offset)
}

/// A number of at most so many digits.
fn number(text: &str, most: usize) -> Option<i64> {
    let is_number =
        !text.is_empty() && text.len() <= most && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The nanoseconds of a fraction of a second, and what follows it.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(digits) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = digits
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    Some((format!("{digits:0<9}").parse().ok()?, rest))
}

/// The seconds of an offset such as `+02:00`.
fn offset(zone: &str) -> Option<i32> {
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let seconds = number(hours, 2)? * 3_600 + number(minutes, 2)? * 60;
    Some(sign * i32::try_from(seconds).ok()?)
}
