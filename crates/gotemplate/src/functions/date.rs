//! Dates. There is no current time, and the local time zone is UTC.

mod layout;
mod parse;

use super::arguments::{any, bytes, string, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::value::{IntType, Time, Value, duration_text};
pub(super) use layout::format;
use parse::{parse_duration, parse_time};

pub(super) const TABLE: &[Function] = &[
    entry("ago", "a", |_, _| Err(no_clock())),
    entry("date", "sa", |context, values| {
        date(context, bytes(values, 0), &any(values, 1), "")
    }),
    entry("dateInZone", "sas", in_zone),
    entry("dateModify", "st", |_, values| {
        Ok(modified(values).unwrap_or_else(|| any(values, 1)))
    }),
    entry("date_in_zone", "sas", in_zone),
    entry("date_modify", "st", |_, values| {
        Ok(modified(values).unwrap_or_else(|| any(values, 1)))
    }),
    entry("duration", "a", |context, values| {
        let seconds = match any(values, 0) {
            Value::String(digits) => digits.to_text().parse().unwrap_or_default(),
            Value::Int(seconds, IntType::Int64) => seconds,
            _ => 0i64,
        };
        text(context, duration_text(seconds.wrapping_mul(1_000_000_000)))
    }),
    entry("durationRound", "a", round),
    entry("htmlDate", "a", |context, values| {
        date(context, DAY, &any(values, 0), "")
    }),
    entry("htmlDateInZone", "as", |context, values| {
        date(context, DAY, &any(values, 0), &string(values, 1))
    }),
    entry("mustDateModify", "st", must_modify),
    entry("mustToDate", "ss", |_, values| {
        let time = parse_time(bytes(values, 0), bytes(values, 1));
        time.map(Value::Time)
            .ok_or_else(|| Failure::invalid("the text does not have the layout"))
    }),
    entry("must_date_modify", "st", must_modify),
    entry("now", "", |_, _| Err(no_clock())),
    entry("toDate", "ss", |_, values| {
        let time = parse_time(bytes(values, 0), bytes(values, 1));
        Ok(Value::Time(time.unwrap_or(Time::ZERO)))
    }),
    entry("unixEpoch", "t", |context, values| match any(values, 0) {
        Value::Time(time) => text(context, time.seconds.to_string()),
        _ => text(context, "0"),
    }),
];

const DAY: &[u8] = b"2006-01-02";

fn no_clock() -> Failure {
    Failure::unsupported(
        "the current time is not supported, because the same input must give the same output",
    )
}

fn in_zone(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    date(
        context,
        bytes(values, 0),
        &any(values, 1),
        &string(values, 2),
    )
}

/// Formats a moment: a time or the seconds since 1970.
fn date(context: &mut Context, layout: &[u8], moment: &Value, zone: &str) -> Outcome<Value> {
    let time = match moment {
        Value::Time(time) => *time,
        Value::Int(seconds, IntType::Int | IntType::Int64) => Time::utc(*seconds),
        _ => return Err(no_clock()),
    };
    check_zone(zone)?;
    let formatted = format(
        &Time {
            offset: None,
            ..time
        },
        layout,
    );
    text(context, formatted)
}

/// The first parts of the names of time zones that are not UTC.
const AREAS: [&str; 17] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Brazil",
    "Canada",
    "Chile",
    "Etc",
    "Europe",
    "Indian",
    "Mexico",
    "Pacific",
    "US",
    "posix",
];

/// Unknown zones are UTC, as in Go; others than UTC are not supported.
fn check_zone(zone: &str) -> Outcome<()> {
    if matches!(zone, "" | "Local" | "UTC" | "Etc/UTC") {
        return Ok(());
    }
    match zone.split_once('/') {
        Some((area, _)) if !AREAS.contains(&area) => Ok(()),
        _ => Err(Failure::unsupported(
            "time zones other than UTC are not supported, because their rules change",
        )),
    }
}

fn modified(values: &[Value]) -> Option<Value> {
    match any(values, 1) {
        Value::Time(time) => Some(Value::Time(time.plus(parse_duration(&string(values, 0))?))),
        _ => None,
    }
}

fn must_modify(_: &mut Context, values: &[Value]) -> Outcome<Value> {
    modified(values).ok_or_else(|| Failure::invalid("invalid duration"))
}

const NANOSECONDS: u64 = 1_000_000_000;
const NANOSECONDS_OF_DAY: u64 = 86400 * NANOSECONDS;

/// A duration in its largest unit.
fn round(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let nanoseconds = match any(values, 0) {
        Value::String(duration) => parse_duration(&duration.to_text()).unwrap_or_default(),
        Value::Int(nanoseconds, IntType::Int64) => nanoseconds,
        Value::Time(_) => return Err(no_clock()),
        _ => 0,
    };
    let seconds = nanoseconds.unsigned_abs();
    let units = [
        (365 * NANOSECONDS_OF_DAY, "y"),
        (30 * NANOSECONDS_OF_DAY, "mo"),
        (NANOSECONDS_OF_DAY, "d"),
        (3600 * NANOSECONDS, "h"),
        (60 * NANOSECONDS, "m"),
        (NANOSECONDS, "s"),
    ];
    let unit = units.iter().find(|(unit, _)| seconds > *unit);
    text(
        context,
        unit.map_or_else(
            || "0s".to_owned(),
            |(unit, name)| format!("{}{name}", seconds / unit),
        ),
    )
}
