//! Versions as Masterminds/semver reads them.

use std::cmp::Ordering;
use std::fmt;

/// A semantic version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number, 0 if it is missing.
    pub minor: u64,
    /// The third number, 0 if it is missing.
    pub patch: u64,
    /// The part after `-`.
    pub prerelease: String,
    /// The part after `+`.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

impl Version {
    /// Reads a version with one to three numbers, and optionally a `v` before them.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = split(rest, '+')?;
        let (numbers, prerelease) = split(rest, '-')?;
        let mut parts = numbers.split('.').map(|number| {
            let is_valid = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            number.parse().ok().filter(|_| is_valid)
        });
        let major = parts.next()??;
        let minor = parts.next().unwrap_or(Some(0))?;
        let patch = parts.next().unwrap_or(Some(0))?;
        let has_zeros = |part: &str| {
            part.len() > 1
                && part.starts_with('0')
                && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if parts.next().is_some() || prerelease.split('.').any(has_zeros) {
            return None;
        }
        let (prerelease, metadata) = (prerelease.to_owned(), metadata.to_owned());
        Some(Self {
            major,
            minor,
            patch,
            prerelease,
            metadata,
            original: text.to_owned(),
        })
    }

    /// The order of precedence, in which the metadata has no influence.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| compare_prerelease(&self.prerelease, &other.prerelease))
    }
}

/// Splits at the first separator. Identifiers with dots between them follow it.
fn split(text: &str, separator: char) -> Option<(&str, &str)> {
    let Some((before, after)) = text.split_once(separator) else {
        return Some((text, ""));
    };
    let is_identifier = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    after
        .split('.')
        .all(is_identifier)
        .then_some((before, after))
}

/// The order of prereleases, in which a release is after all of them.
pub(crate) fn compare_prerelease(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (left.parse::<u64>(), right.parse::<u64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}
