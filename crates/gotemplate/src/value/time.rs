//! Moments and durations. The only time zones are UTC and fixed offsets.

use std::fmt;

/// A `time.Time` with a fixed offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970-01-01 00:00:00 UTC, without leap seconds.
    pub seconds: i64,
    /// Nanoseconds after the second.
    pub nanoseconds: u32,
    /// The seconds by which the local time is ahead of UTC; none is UTC.
    pub offset: Option<i32>,
}

/// The parts of a local date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// From 0 for Sunday.
    pub(crate) weekday: i64,
    /// From 1.
    pub(crate) year_day: i64,
}

impl Time {
    /// The zero time of Go: the first day of the year 1.
    pub(crate) const ZERO: Self = Self {
        seconds: -62_135_596_800,
        nanoseconds: 0,
        offset: None,
    };

    /// A local date (year, month, day) and time (hour, minute, second) with the seconds by which it is
    /// ahead of UTC. Absent if there is no such date or time.
    pub fn new(
        [year, month, day]: [i64; 3],
        [hour, minute, second]: [i64; 3],
        nanoseconds: u32,
        offset: Option<i32>,
    ) -> Option<Self> {
        let is_time =
            (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
        if !is_time || nanoseconds >= 1_000_000_000 || !(0..10_000).contains(&year) {
            return None;
        }
        let days = days_from_civil(year, month, day);
        let time = Self {
            seconds: days * 86400 + hour * 3600 + minute * 60 + second
                - i64::from(offset.unwrap_or_default()),
            nanoseconds,
            offset,
        };
        let civil = time.civil();
        (civil.month == month && civil.day == day).then_some(time)
    }

    /// The notation of RFC 3339, as in JSON.
    pub fn rfc3339(self) -> String {
        let civil = self.civil();
        let digits = format!(".{:09}", self.nanoseconds);
        let fraction = if self.nanoseconds == 0 {
            ""
        } else {
            digits.trim_end_matches('0')
        };
        let zone = match (self.offset, self.offset_parts()) {
            (None | Some(0), _) => "Z".to_owned(),
            (_, (sign, hours, minutes, _)) => format!("{sign}{hours:02}:{minutes:02}"),
        };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}{zone}",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        )
    }

    /// A moment in UTC.
    pub(crate) fn utc(seconds: i64) -> Self {
        Self {
            seconds,
            nanoseconds: 0,
            offset: None,
        }
    }

    /// The local date and time.
    pub(crate) fn civil(self) -> Civil {
        let local = self
            .seconds
            .saturating_add(i64::from(self.offset.unwrap_or_default()));
        let (days, rest) = (local.div_euclid(86400), local.rem_euclid(86400));
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 4).rem_euclid(7),
            year_day: days - days_from_civil(year, 1, 1) + 1,
        }
    }

    /// A later moment.
    pub(crate) fn plus(self, nanoseconds: i64) -> Self {
        let total = i64::from(self.nanoseconds) + nanoseconds.rem_euclid(1_000_000_000);
        let carry = nanoseconds.div_euclid(1_000_000_000) + total / 1_000_000_000;
        let nanoseconds = u32::try_from(total % 1_000_000_000).unwrap_or_default();
        Self {
            seconds: self.seconds.wrapping_add(carry),
            nanoseconds,
            ..self
        }
    }

    /// The nanoseconds since another moment, at most what a duration can hold.
    pub(crate) fn since(self, other: Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(other.seconds);
        let nanoseconds = i128::from(self.nanoseconds) - i128::from(other.nanoseconds);
        let total = seconds * 1_000_000_000 + nanoseconds;
        i64::try_from(total).unwrap_or(if total < 0 { i64::MIN } else { i64::MAX })
    }

    /// The sign and the parts of the offset: hours, minutes, seconds.
    pub(crate) fn offset_parts(self) -> (char, u32, u32, u32) {
        let offset = self.offset.unwrap_or_default();
        let seconds = offset.unsigned_abs();
        (
            if offset < 0 { '-' } else { '+' },
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil();
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = civil;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )?;
        if self.nanoseconds != 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        let (sign, hours, minutes, _) = self.offset_parts();
        write!(f, " {sign}{hours:02}{minutes:02} ")?;
        match self.offset {
            None => f.write_str("UTC"),
            Some(_) => write!(f, "{sign}{hours:02}{minutes:02}"),
        }
    }
}

/// The days from 1970-01-01 to a date of the Gregorian calendar. Years start in March, so that the
/// leap day is the last one.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// The English name of a month, from 1.
pub(crate) fn month_name(month: i64) -> String {
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|at| MONTHS.get(at));
    name.map_or_else(|| format!("%!Month({month})"), |name| (*name).to_owned())
}

/// The English name of a weekday, from 0 for Sunday.
pub(crate) fn weekday_name(weekday: i64) -> String {
    let name = usize::try_from(weekday)
        .ok()
        .and_then(|at| WEEKDAYS.get(at));
    name.map_or_else(
        || format!("%!Weekday({weekday})"),
        |name| (*name).to_owned(),
    )
}

/// A duration in the form of Go, for example `1h2m3.5s`.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let fraction = |value: u64, unit: u64, digits: usize| {
        let rest = format!("{:0digits$}", value % unit);
        let rest = rest.trim_end_matches('0');
        let point = if rest.is_empty() { "" } else { "." };
        format!("{}{point}{rest}", value / unit)
    };
    match magnitude {
        0 => return "0s".to_owned(),
        1..1_000 => return format!("{sign}{magnitude}ns"),
        1_000..1_000_000 => return format!("{sign}{}µs", fraction(magnitude, 1_000, 3)),
        1_000_000..1_000_000_000 => {
            return format!("{sign}{}ms", fraction(magnitude, 1_000_000, 6));
        }
        _ => {}
    }
    let minutes = magnitude / 60_000_000_000;
    let seconds = fraction(magnitude % 60_000_000_000, 1_000_000_000, 9);
    match minutes {
        0 => format!("{sign}{seconds}s"),
        1..60 => format!("{sign}{minutes}m{seconds}s"),
        _ => format!("{sign}{}h{}m{seconds}s", minutes / 60, minutes % 60),
    }
}
