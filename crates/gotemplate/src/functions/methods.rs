//! Methods of times, durations and versions. Their first parameter is the receiver.

use std::cmp::Ordering;
use std::rc::Rc;

use super::arguments::{any, bytes, int, text};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::number::to_float;
use crate::value::{Civil, IntType, Time, Value, Version, days_from_civil, duration_text};

/// The method of a value.
pub(crate) fn method(value: &Value, name: &[u8]) -> Option<&'static Function> {
    let table = match value {
        Value::Time(_) => TIME,
        Value::Version(_) => VERSION,
        Value::Int(_, IntType::Duration) => DURATION,
        Value::Int(_, IntType::Month | IntType::Weekday) => NAMED,
        _ => return None,
    };
    table.iter().find(|method| method.name.as_bytes() == name)
}

const TIME: &[Function] = &[
    entry("Add", "td", |_, values| {
        Ok(Value::Time(time(values, 0).plus(int(values, 1))))
    }),
    entry("AddDate", "tiii", add_date),
    entry("After", "tt", |_, values| {
        Ok(Value::Bool(time(values, 0).since(time(values, 1)) > 0))
    }),
    entry("Before", "tt", |_, values| {
        Ok(Value::Bool(time(values, 0).since(time(values, 1)) < 0))
    }),
    entry("Day", "t", |_, values| part(values, |civil| civil.day)),
    entry("Equal", "tt", |_, values| {
        Ok(Value::Bool(time(values, 0).since(time(values, 1)) == 0))
    }),
    entry("Format", "ts", |context, values| {
        let formatted = super::date::format(&time(values, 0), bytes(values, 1));
        text(context, formatted)
    }),
    entry("Hour", "t", |_, values| part(values, |civil| civil.hour)),
    entry("IsZero", "t", |_, values| {
        Ok(Value::Bool(time(values, 0).since(Time::ZERO) == 0))
    }),
    entry("Minute", "t", |_, values| {
        part(values, |civil| civil.minute)
    }),
    entry("Month", "t", |_, values| {
        Ok(Value::Int(time(values, 0).civil().month, IntType::Month))
    }),
    entry("Nanosecond", "t", |_, values| {
        Ok(Value::int(time(values, 0).nanoseconds.into()))
    }),
    entry("Second", "t", |_, values| {
        part(values, |civil| civil.second)
    }),
    entry("String", "t", |context, values| {
        text(context, time(values, 0).to_string())
    }),
    entry("Sub", "tt", |_, values| {
        Ok(Value::Int(
            time(values, 0).since(time(values, 1)),
            IntType::Duration,
        ))
    }),
    entry("UTC", "t", |_, values| {
        Ok(Value::Time(Time {
            offset: None,
            ..time(values, 0)
        }))
    }),
    entry("Unix", "t", |_, values| {
        Ok(Value::int64(time(values, 0).seconds))
    }),
    entry("UnixMilli", "t", |_, values| {
        let time = time(values, 0);
        Ok(Value::int64(
            time.seconds.wrapping_mul(1000) + i64::from(time.nanoseconds / 1_000_000),
        ))
    }),
    entry("UnixNano", "t", |_, values| {
        let time = time(values, 0);
        Ok(Value::int64(
            time.seconds
                .wrapping_mul(1_000_000_000)
                .wrapping_add(time.nanoseconds.into()),
        ))
    }),
    entry("Weekday", "t", |_, values| {
        Ok(Value::Int(
            time(values, 0).civil().weekday,
            IntType::Weekday,
        ))
    }),
    entry("Year", "t", |_, values| part(values, |civil| civil.year)),
    entry("YearDay", "t", |_, values| {
        part(values, |civil| civil.year_day)
    }),
];

const DURATION: &[Function] = &[
    entry("Hours", "d", |_, values| {
        Ok(Value::Float(to_float(int(values, 0)) / 3.6e12))
    }),
    entry("Microseconds", "d", |_, values| {
        Ok(Value::int64(int(values, 0) / 1_000))
    }),
    entry("Milliseconds", "d", |_, values| {
        Ok(Value::int64(int(values, 0) / 1_000_000))
    }),
    entry("Minutes", "d", |_, values| {
        Ok(Value::Float(to_float(int(values, 0)) / 6e10))
    }),
    entry("Nanoseconds", "d", |_, values| {
        Ok(Value::int64(int(values, 0)))
    }),
    entry("Seconds", "d", |_, values| {
        Ok(Value::Float(to_float(int(values, 0)) / 1e9))
    }),
    entry("String", "d", |context, values| {
        text(context, duration_text(int(values, 0)))
    }),
];

const NAMED: &[Function] = &[entry("String", "a", |context, values| {
    let printed = crate::print::string_of(&any(values, 0), context)?;
    Ok(Value::string(printed))
})];

const VERSION: &[Function] = &[
    entry("Compare", "vv", |_, values| {
        Ok(Value::int(
            match version(values, 0)?.compare(&*version(values, 1)?) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            },
        ))
    }),
    entry("Equal", "vv", |_, values| compared(values, Ordering::is_eq)),
    entry("GreaterThan", "vv", |_, values| {
        compared(values, Ordering::is_gt)
    }),
    entry("GreaterThanEqual", "vv", |_, values| {
        compared(values, Ordering::is_ge)
    }),
    entry("IncMajor", "v", |_, values| {
        let old = version(values, 0)?;
        Ok(next_version(old.major.wrapping_add(1), 0, 0, &old))
    }),
    entry("IncMinor", "v", |_, values| {
        let old = version(values, 0)?;
        Ok(next_version(old.major, old.minor.wrapping_add(1), 0, &old))
    }),
    entry("IncPatch", "v", |_, values| {
        let old = version(values, 0)?;
        // The next patch of a prerelease is its release.
        let step = u64::from(old.prerelease.is_empty());
        Ok(next_version(
            old.major,
            old.minor,
            old.patch.wrapping_add(step),
            &old,
        ))
    }),
    entry("LessThan", "vv", |_, values| {
        compared(values, Ordering::is_lt)
    }),
    entry("LessThanEqual", "vv", |_, values| {
        compared(values, Ordering::is_le)
    }),
    entry("Major", "v", |_, values| {
        Ok(unsigned(version(values, 0)?.major))
    }),
    entry("Metadata", "v", |context, values| {
        text(context, version(values, 0)?.metadata.as_str())
    }),
    entry("Minor", "v", |_, values| {
        Ok(unsigned(version(values, 0)?.minor))
    }),
    entry("Original", "v", |context, values| {
        text(context, version(values, 0)?.original.as_str())
    }),
    entry("Patch", "v", |_, values| {
        Ok(unsigned(version(values, 0)?.patch))
    }),
    entry("Prerelease", "v", |context, values| {
        text(context, version(values, 0)?.prerelease.as_str())
    }),
    entry("String", "v", |context, values| {
        text(context, version(values, 0)?.to_string())
    }),
];

fn time(values: &[Value], index: usize) -> Time {
    match values.get(index) {
        Some(Value::Time(time)) => *time,
        _ => Time::ZERO,
    }
}

fn part(values: &[Value], of: fn(Civil) -> i64) -> Outcome<Value> {
    Ok(Value::int(of(time(values, 0).civil())))
}

fn add_date(_: &mut Context, values: &[Value]) -> Outcome<Value> {
    const MOST: i64 = 1_000_000;
    let numbers = [1, 2, 3].map(|index| int(values, index));
    if numbers
        .iter()
        .any(|number| !(-MOST..=MOST).contains(number))
    {
        return Err(Failure::invalid("the date is too far away"));
    }
    let time = time(values, 0);
    let civil = time.civil();
    let months = civil.month - 1 + numbers[1];
    let (year, month) = (
        civil.year + numbers[0] + months.div_euclid(12),
        months.rem_euclid(12) + 1,
    );
    let days = days_from_civil(year, month, 1) + civil.day - 1 + numbers[2];
    let old_days = days_from_civil(civil.year, civil.month, civil.day);
    Ok(Value::Time(Time {
        seconds: time.seconds + (days - old_days) * 86400,
        ..time
    }))
}

fn version(values: &[Value], index: usize) -> Outcome<Rc<Version>> {
    match values.get(index) {
        Some(Value::Version(version)) => Ok(Rc::clone(version)),
        _ => Err(Failure::invalid("expected a version")),
    }
}

fn compared(values: &[Value], accepts: fn(Ordering) -> bool) -> Outcome<Value> {
    Ok(Value::Bool(accepts(
        version(values, 0)?.compare(&*version(values, 1)?),
    )))
}

fn unsigned(value: u64) -> Value {
    Value::Int(value.cast_signed(), IntType::Uint64)
}

fn next_version(major: u64, minor: u64, patch: u64, old: &Version) -> Value {
    let prefix = if old.original.starts_with('v') {
        "v"
    } else {
        ""
    };
    let original = format!("{prefix}{major}.{minor}.{patch}");
    let (prerelease, metadata) = (String::new(), String::new());
    Value::Version(Rc::new(Version {
        major,
        minor,
        patch,
        prerelease,
        metadata,
        original,
    }))
}
