//! Layouts of dates: an example date, in which each number or name stands for a part.

use crate::value::{Time, month_name, weekday_name};

/// A part of a layout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Year,
    ShortYear,
    MonthName,
    ShortMonthName,
    Month,
    Day,
    YearDay,
    Weekday,
    ShortWeekday,
    Hour,
    Hour12,
    Minute,
    Second,
    /// `PM` or `pm`.
    Half(bool),
    Zone,
    /// An offset: with `Z` for UTC, with colons, the number of its parts.
    Offset(bool, bool, u8),
    /// A fraction of so many digits, without zeros at the end.
    Fraction(usize, bool),
}

/// How a number is padded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Padding {
    None,
    Zero,
    Space,
}

/// The words of layouts, longer ones before their prefixes.
const WORDS: [(&str, Part, Padding); 37] = [
    ("January", Part::MonthName, Padding::None),
    ("Jan", Part::ShortMonthName, Padding::None),
    ("Monday", Part::Weekday, Padding::None),
    ("Mon", Part::ShortWeekday, Padding::None),
    ("MST", Part::Zone, Padding::None),
    ("002", Part::YearDay, Padding::Zero),
    ("01", Part::Month, Padding::Zero),
    ("02", Part::Day, Padding::Zero),
    ("03", Part::Hour12, Padding::Zero),
    ("04", Part::Minute, Padding::Zero),
    ("05", Part::Second, Padding::Zero),
    ("06", Part::ShortYear, Padding::Zero),
    ("15", Part::Hour, Padding::Zero),
    ("1", Part::Month, Padding::None),
    ("2006", Part::Year, Padding::None),
    ("2", Part::Day, Padding::None),
    ("__2", Part::YearDay, Padding::Space),
    ("_2", Part::Day, Padding::Space),
    ("3", Part::Hour12, Padding::None),
    ("4", Part::Minute, Padding::None),
    ("5", Part::Second, Padding::None),
    ("PM", Part::Half(true), Padding::None),
    ("pm", Part::Half(false), Padding::None),
    ("-070000", Part::Offset(false, false, 3), Padding::None),
    ("-07:00:00", Part::Offset(false, true, 3), Padding::None),
    ("-0700", Part::Offset(false, false, 2), Padding::None),
    ("-07:00", Part::Offset(false, true, 2), Padding::None),
    ("-07", Part::Offset(false, false, 1), Padding::None),
    ("Z070000", Part::Offset(true, false, 3), Padding::None),
    ("Z07:00:00", Part::Offset(true, true, 3), Padding::None),
    ("Z0700", Part::Offset(true, false, 2), Padding::None),
    ("Z07:00", Part::Offset(true, true, 2), Padding::None),
    ("Z07", Part::Offset(true, false, 1), Padding::None),
    (".0", Part::Fraction(0, false), Padding::None),
    (",0", Part::Fraction(0, false), Padding::None),
    (".9", Part::Fraction(0, true), Padding::None),
    (",9", Part::Fraction(0, true), Padding::None),
];

/// The text before a part, the part, and the rest of the layout.
type Step<'a> = (&'a [u8], (Part, Padding), &'a [u8]);

/// The text before the next part of a layout, the part, and the rest of the layout.
pub(super) fn next_part(layout: &[u8]) -> Option<Step<'_>> {
    (0..layout.len()).find_map(|at| {
        let rest = &layout[at..];
        // In `_2006`, the underscore is text.
        if rest.starts_with(b"_2006") {
            return None;
        }
        let (word, part, padding) = WORDS
            .iter()
            .find(|(word, ..)| rest.starts_with(word.as_bytes()))?;
        let mut length = word.len();
        let mut part = *part;
        if let Part::Fraction(_, trims) = part {
            length = 1 + rest[1..]
                .iter()
                .take_while(|byte| **byte == rest[1])
                .count();
            if rest.get(length).is_some_and(u8::is_ascii_digit) {
                return None;
            }
            part = Part::Fraction(length - 1, trims);
        }
        let is_short_name = matches!(part, Part::ShortMonthName | Part::ShortWeekday);
        if is_short_name && rest.get(length).is_some_and(u8::is_ascii_lowercase) {
            return None;
        }
        Some((&layout[..at], (part, *padding), &rest[length..]))
    })
}

/// Formats a time.
pub(in crate::functions) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let (mut out, mut layout) = (Vec::with_capacity(layout.len() + 10), layout);
    while let Some((before, (part, padding), rest)) = next_part(layout) {
        out.extend(before);
        out.extend(written(time, part, padding).as_bytes());
        // A fraction keeps its separator.
        if let Part::Fraction(..) = part
            && layout[before.len()] == b','
            && let Some(point) = out.iter().rposition(|byte| *byte == b'.')
        {
            out[point] = b',';
        }
        layout = rest;
    }
    out.extend(layout);
    out
}

fn written(time: &Time, part: Part, padding: Padding) -> String {
    let civil = time.civil();
    let number = |value: i64, width: usize| match padding {
        Padding::None => value.to_string(),
        Padding::Zero => format!("{value:0width$}"),
        Padding::Space => format!("{value:width$}"),
    };
    match part {
        Part::Year => format!("{:04}", civil.year),
        Part::ShortYear => format!("{:02}", civil.year.rem_euclid(100)),
        Part::MonthName => month_name(civil.month),
        Part::ShortMonthName => month_name(civil.month)[..3].to_owned(),
        Part::Month => number(civil.month, 2),
        Part::Day => number(civil.day, 2),
        Part::YearDay => number(civil.year_day, 3),
        Part::Weekday => weekday_name(civil.weekday),
        Part::ShortWeekday => weekday_name(civil.weekday)[..3].to_owned(),
        Part::Hour => number(civil.hour, 2),
        Part::Hour12 => number((civil.hour + 11) % 12 + 1, 2),
        Part::Minute => number(civil.minute, 2),
        Part::Second => number(civil.second, 2),
        Part::Half(upper) => {
            let half = if civil.hour < 12 { "AM" } else { "PM" };
            if upper {
                half.to_owned()
            } else {
                half.to_ascii_lowercase()
            }
        }
        Part::Zone => match time.offset {
            None => "UTC".to_owned(),
            Some(_) => offset(time, false, 2),
        },
        Part::Offset(true, ..) if time.offset.unwrap_or_default() == 0 => "Z".to_owned(),
        Part::Offset(_, colons, parts) => offset(time, colons, parts),
        Part::Fraction(digits, trims) => {
            let all = format!(
                "{:09}{}",
                time.nanoseconds,
                "0".repeat(digits.saturating_sub(9))
            );
            let digits = &all[..digits];
            let digits = if trims {
                digits.trim_end_matches('0')
            } else {
                digits
            };
            if digits.is_empty() {
                String::new()
            } else {
                format!(".{digits}")
            }
        }
    }
}

fn offset(time: &Time, colons: bool, parts: u8) -> String {
    let (sign, hours, minutes, seconds) = time.offset_parts();
    let colon = if colons { ":" } else { "" };
    match parts {
        1 => format!("{sign}{hours:02}"),
        2 => format!("{sign}{hours:02}{colon}{minutes:02}"),
        _ => format!("{sign}{hours:02}{colon}{minutes:02}{colon}{seconds:02}"),
    }
}
