//! Reading of dates and durations.

use super::layout::{Padding, Part, next_part};
use crate::value::{Time, days_from_civil, month_name, weekday_name};

/// The parts of a date that were read.
#[derive(Default)]
struct Found {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    is_afternoon: Option<bool>,
    offset: Option<i32>,
}

/// Reads a date in UTC, unless it has an offset.
pub(super) fn parse_time(layout: &[u8], value: &[u8]) -> Option<Time> {
    let (mut layout, mut value, mut found) = (layout, value, Found::default());
    while let Some((before, (part, padding), rest)) = next_part(layout) {
        value = literal(value, before)?;
        value = read(&mut found, part, padding, value)?;
        let next = next_part(rest).map(|(before, (part, _), _)| (before.is_empty(), part));
        let has_fraction = matches!(next, Some((true, Part::Fraction(..))));
        // A fraction may follow the seconds without being part of the layout.
        if part == Part::Second && !has_fraction && matches!(value, [b'.' | b',', b'0'..=b'9', ..])
        {
            let digits = 1 + value[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            found.nanoseconds = fraction(&value[1..digits])?;
            value = &value[digits..];
        }
        layout = rest;
    }
    value = literal(value, layout)?;
    if value.is_empty() { found.time() } else { None }
}

/// Skips a literal text, in which spaces stand for any number of spaces.
fn literal<'a>(value: &'a [u8], text: &[u8]) -> Option<&'a [u8]> {
    let (mut value, mut text) = (value, text);
    while let [first, rest @ ..] = text {
        if *first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return None;
            }
            (text, value) = (without_spaces(text), without_spaces(value));
        } else {
            value = value.strip_prefix(std::slice::from_ref(first))?;
            text = rest;
        }
    }
    Some(value)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    &text[spaces..]
}

fn read<'a>(found: &mut Found, part: Part, padding: Padding, value: &'a [u8]) -> Option<&'a [u8]> {
    let value = match padding {
        Padding::Space => without_spaces(value),
        _ => value,
    };
    match part {
        Part::MonthName | Part::ShortMonthName => {
            let (month, rest) = name(value, 1..=12, month_name, part == Part::MonthName)?;
            found.month = Some(month);
            Some(rest)
        }
        Part::Weekday | Part::ShortWeekday => {
            let (_, rest) = name(value, 0..=6, weekday_name, part == Part::Weekday)?;
            Some(rest)
        }
        Part::Half(upper) => {
            let half = value.get(..2)?;
            let names = if upper {
                [b"AM", b"PM"]
            } else {
                [b"am", b"pm"]
            };
            found.is_afternoon = Some(names.iter().position(|name| half == *name)? == 1);
            Some(&value[2..])
        }
        Part::Zone => value
            .strip_prefix(b"UTC")
            .or_else(|| value.strip_prefix(b"GMT")),
        Part::Offset(is_z, colons, parts) => {
            if let Some(rest) = value.strip_prefix(b"Z").filter(|_| is_z) {
                return Some(rest);
            }
            let (offset, rest) = offset(value, colons, parts)?;
            found.offset = Some(offset).filter(|offset| *offset != 0);
            Some(rest)
        }
        Part::Fraction(digits, trims) => {
            let has_point = matches!(value, [b'.' | b',', b'0'..=b'9', ..]);
            let following = value.get(1..).unwrap_or_default().iter();
            let digits = match (trims, has_point) {
                (true, false) => return Some(value),
                (false, false) => return None,
                (true, true) => following.take_while(|byte| byte.is_ascii_digit()).count(),
                (false, true) => digits,
            };
            found.nanoseconds = fraction(value.get(1..=digits)?)?;
            Some(&value[1 + digits..])
        }
        _ => read_number(found, part, padding == Padding::Zero, value),
    }
}

/// Reads a part that is a number. A padded one has all of its digits.
fn read_number<'a>(
    found: &mut Found,
    part: Part,
    is_padded: bool,
    value: &'a [u8],
) -> Option<&'a [u8]> {
    let digits = |most: usize| number(value, if is_padded { most } else { 1 }, most);
    match part {
        Part::Year => store(&mut found.year, number(value, 4, 4)?, 0..=9999),
        Part::ShortYear => {
            let (year, rest) = digits(2)?;
            let century = if year >= 69 { 1900 } else { 2000 };
            found.year = Some(century + year);
            Some(rest)
        }
        Part::Month => store(&mut found.month, digits(2)?, 1..=12),
        Part::Day => store(&mut found.day, digits(2)?, 1..=31),
        Part::YearDay => store(&mut found.year_day, digits(3)?, 1..=366),
        Part::Hour => keep(&mut found.hour, number(value, 1, 2)?, 23),
        Part::Hour12 => keep(&mut found.hour, digits(2)?, 12),
        Part::Minute => keep(&mut found.minute, digits(2)?, 59),
        Part::Second => keep(&mut found.second, digits(2)?, 59),
        _ => None,
    }
}

fn store<'a>(
    to: &mut Option<i64>,
    (number, rest): (i64, &'a [u8]),
    range: std::ops::RangeInclusive<i64>,
) -> Option<&'a [u8]> {
    *to = Some(number).filter(|number| range.contains(number));
    to.map(|_| rest)
}

fn keep<'a>(to: &mut i64, (number, rest): (i64, &'a [u8]), most: i64) -> Option<&'a [u8]> {
    *to = number;
    (number <= most).then_some(rest)
}

/// A number with so many digits.
fn number(value: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let digits = value
        .iter()
        .take(most)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits < least {
        return None;
    }
    let number = value[..digits]
        .iter()
        .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    Some((number, &value[digits..]))
}

/// A name in any case, and its number.
fn name(
    value: &[u8],
    mut range: std::ops::RangeInclusive<i64>,
    name_of: fn(i64) -> String,
    is_long: bool,
) -> Option<(i64, &[u8])> {
    range.find_map(|number| {
        let name = name_of(number);
        let name = if is_long { name.as_str() } else { &name[..3] };
        let start = value.get(..name.len())?;
        start
            .eq_ignore_ascii_case(name.as_bytes())
            .then(|| (number, &value[name.len()..]))
    })
}

fn offset(value: &[u8], colons: bool, parts: u8) -> Option<(i32, &[u8])> {
    let sign = match value.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (mut rest, mut seconds) = (&value[1..], 0);
    for (part, unit) in [3600, 60, 1].into_iter().take(parts.into()).enumerate() {
        if colons && part > 0 {
            rest = rest.strip_prefix(b":")?;
        }
        let (value, after) = number(rest, 2, 2)?;
        if value > 59 {
            return None;
        }
        (rest, seconds) = (after, seconds + i32::try_from(value).ok()? * unit);
    }
    Some((sign * seconds, rest))
}

/// The nanoseconds of the digits after a decimal point.
fn fraction(digits: &[u8]) -> Option<u32> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let nine = digits
        .iter()
        .copied()
        .chain(std::iter::repeat(b'0'))
        .take(9);
    is_number.then(|| nine.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

impl Found {
    fn time(&self) -> Option<Time> {
        let hour = match self.is_afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let year = self.year.unwrap_or_default();
        let first = days_from_civil(year, 1, 1);
        let days = match (self.year_day, self.month, self.day) {
            (Some(day), None, None) => first + day - 1,
            (_, month, day) => days_from_civil(year, month.unwrap_or(1), day.unwrap_or(1)),
        };
        let seconds = days * 86400 + hour * 3600 + self.minute * 60 + self.second;
        let local = Time::utc(seconds);
        let civil = local.civil();
        // For example, there is no 31 April.
        let is_date = civil.year == year
            && self.month.is_none_or(|month| month == civil.month)
            && self.day.is_none_or(|day| day == civil.day);
        let seconds = seconds - i64::from(self.offset.unwrap_or_default());
        let (nanoseconds, offset) = (self.nanoseconds, self.offset);
        is_date.then_some(Time {
            seconds,
            nanoseconds,
            offset,
        })
    }
}

/// Reads a duration such as `1h30m` or `-1.5s`, in nanoseconds.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (whole, decimals) = rest[..digits]
            .split_once('.')
            .unwrap_or((&rest[..digits], ""));
        if whole.is_empty() && decimals.is_empty() || decimals.contains('.') {
            return None;
        }
        rest = &rest[digits..];
        let length = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit: i128 = match &rest[..length] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        rest = &rest[length..];
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse::<i64>().ok()?.into()
        };
        let mut scale = unit;
        total += whole * unit;
        for digit in decimals.bytes().take(18) {
            total += i128::from(digit - b'0') * scale / 10;
            scale /= 10;
        }
    }
    i64::try_from(sign * total).ok()
}
