//! Dates of the Gregorian calendar. Out of scope: the clock; the current date is passed in.

use std::fmt;

/// A date, from the year 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date with this text in the form `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_form = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_form {
            return None;
        }
        let date = Self {
            year: text[..4].parse().ok()?,
            month: text[5..7].parse().ok()?,
            day: text[8..].parse().ok()?,
        };
        let is_date = date.year > 0
            && (1..=12).contains(&date.month)
            && (1..=days_of(date.year, date.month)).contains(&date.day);
        is_date.then_some(date)
    }

    /// The date in UTC of a number of seconds since 1970-01-01. Times outside of the supported years are
    /// reduced to the first or the last date.
    pub fn from_unix(seconds: i64) -> Self {
        let first = Self {
            year: 1,
            month: 1,
            day: 1,
        };
        let last = Self {
            year: 9999,
            month: 12,
            day: 31,
        };
        let number = first.days_before_unix() + seconds.div_euclid(86_400);
        if number < 0 {
            return first;
        }
        let (mut year, mut left) = (1 + number / 366, number);
        if year > 9999 {
            return last;
        }
        // The estimate is never too late, and off by a few years.
        left -= days_until(year);
        while left >= length(year) {
            left -= length(year);
            year += 1;
        }
        let Ok(year) = u16::try_from(year) else {
            return last;
        };
        let mut month = 1;
        while left >= i64::from(days_of(year, month)) {
            left -= i64::from(days_of(year, month));
            month += 1;
        }
        let day = u8::try_from(left + 1).unwrap_or(1);
        if year > 9999 {
            last
        } else {
            Self { year, month, day }
        }
    }

    /// The number of days from this date to another one; negative if the other one is earlier.
    pub fn days_until(self, other: Self) -> i64 {
        other.number() - self.number()
    }

    fn days_before_unix(self) -> i64 {
        let unix = Self {
            year: 1970,
            month: 1,
            day: 1,
        };
        self.days_until(unix)
    }

    /// The number of days since the year 1.
    fn number(self) -> i64 {
        let months = (1..self.month).map(|month| i64::from(days_of(self.year, month)));
        days_until(i64::from(self.year)) + months.sum::<i64>() + i64::from(self.day) - 1
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The number of days from the start of the year 1 to that of another one.
fn days_until(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

fn length(year: i64) -> i64 {
    days_until(year + 1) - days_until(year)
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if length(i64::from(year)) == 366 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn only_dates_are_read() {
        for text in [
            "2027-03-31",
            "2024-02-29",
            "2000-02-29",
            "0001-01-01",
            "9999-12-31",
        ] {
            assert_eq!(date(text).to_string(), text);
        }
        for text in [
            "",
            "2027",
            "2027-3-31",
            "2027-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-00-01",
            "2027-01-00",
            "2027-04-31",
            "0000-01-01",
            "+027-01-01",
            "2027-01-01T00:00",
            "2027/01/01",
            "2027-01-é",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted() {
        assert_eq!(date("2027-03-01").days_until(date("2027-03-15")), 14);
        assert_eq!(date("2024-02-28").days_until(date("2024-03-01")), 2);
        assert_eq!(date("2027-01-01").days_until(date("2026-12-31")), -1);
        assert_eq!(date("1600-01-01").days_until(date("2000-01-01")), 146_097);
    }

    #[test]
    fn seconds_lead_to_dates() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_800_000_000, "2027-01-15"),
            (253_402_300_799, "9999-12-31"),
            (253_402_300_800, "9999-12-31"),
            (i64::MIN, "0001-01-01"),
            (i64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::from_unix(seconds).to_string(), text);
        }
        for day in (0..800_000).step_by(7) {
            let found = Date::from_unix(day * 86_400);
            assert_eq!(date("1970-01-01").days_until(found), day);
            assert_eq!(Date::parse(&found.to_string()), Some(found));
        }
    }
}
