//! Constraints of versions, such as `>=1.2, <2 || ~3.1`.

use std::cmp::Ordering;

use crate::value::{Version, compare_prerelease};

/// A version with an operator.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    operator: &'static str,
    version: Version,
    /// How many of the three numbers are known; the others may be anything.
    known: u8,
}

/// The operators, longer ones before their prefixes.
const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];

/// Reads a constraint: alternatives, which consist of constraints that must all be met.
pub(super) fn parse(text: &str) -> Option<Vec<Vec<Constraint>>> {
    text.split("||").map(alternative).collect()
}

fn alternative(text: &str) -> Option<Vec<Constraint>> {
    let (mut constraints, mut rest) = (Vec::new(), text.trim_start());
    loop {
        let operator = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator));
        let operator = operator.copied().unwrap_or_default();
        let (constraint, after) = versioned(operator, rest[operator.len()..].trim_start())?;
        let trimmed = after.trim_start();
        let has_space = trimmed.len() < after.len();
        // A range such as `1.2 - 1.4`.
        let end = trimmed
            .strip_prefix('-')
            .filter(|end| has_space && end.starts_with(char::is_whitespace));
        rest = match end {
            Some(end) if operator.is_empty() => {
                let (last, after) = versioned("<=", end.trim_start())?;
                constraints.push(Constraint {
                    operator: ">=",
                    ..constraint
                });
                constraints.push(last);
                after
            }
            _ => {
                constraints.push(constraint);
                after
            }
        };
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            return Some(constraints);
        }
        rest = match trimmed.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if trimmed.len() < rest.len() => trimmed,
            None => return None,
        };
    }
}

/// Reads a version, some of whose numbers may be missing or `x`.
fn versioned<'a>(operator: &'static str, text: &'a str) -> Option<(Constraint, &'a str)> {
    let is_suffix = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*' | '-' | '+' | '|');
    let end = text.find(|c| !is_suffix(c)).unwrap_or(text.len());
    let (text, after) = text.split_at(end);
    let text = text.strip_prefix('v').unwrap_or(text);
    let numbers_end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, suffix) = text.split_at(numbers_end);
    let parts: Vec<&str> = numbers.split('.').collect();
    let is_part = |part: &&str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*'))
    };
    if parts.len() > 3 || !parts.iter().all(is_part) {
        return None;
    }
    let known = parts
        .iter()
        .take_while(|part| !matches!(**part, "x" | "X" | "*"))
        .count();
    let prerelease = suffix.split('+').next().unwrap_or_default();
    let numbers = (0..3).map(|at| if at < known { parts[at] } else { "0" });
    let suffix = if known == 3 { suffix } else { prerelease };
    let version = Version::parse(&format!(
        "{}{suffix}",
        numbers.collect::<Vec<_>>().join(".")
    ))?;
    let known = u8::try_from(known).ok()?;
    Some((
        Constraint {
            operator,
            version,
            known,
        },
        after,
    ))
}

impl Constraint {
    /// Whether a version meets the constraint. Prereleases only meet constraints with prereleases.
    pub(super) fn admits(&self, version: &Version) -> bool {
        let own = &self.version;
        let is_exact = self.known == 3;
        if self.operator == "!=" && is_exact {
            return version.compare(own) != Ordering::Equal;
        }
        if !version.prerelease.is_empty() && own.prerelease.is_empty() {
            return false;
        }
        let order = version.compare(own);
        match self.operator {
            "!=" => self.differs(version),
            ">" if is_exact => order.is_gt(),
            ">" => self.is_before(version),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" if is_exact => order.is_le(),
            "<=" | "=<" => {
                version.major < own.major
                    || version.major == own.major && (version.minor <= own.minor || self.known < 2)
            }
            "^" => order.is_ge() && self.has_same_start(version),
            "" | "=" if is_exact => order.is_eq(),
            _ => order.is_ge() && self.has_same_minor(version),
        }
    }

    /// `!=` with unknown numbers.
    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        if own.major != version.major {
            return self.known > 0;
        }
        match self.known {
            2 if own.minor != version.minor => true,
            2 if !version.prerelease.is_empty() || !own.prerelease.is_empty() => {
                compare_prerelease(&version.prerelease, &own.prerelease) != Ordering::Equal
            }
            _ => false,
        }
    }

    /// `>` with unknown numbers.
    fn is_before(&self, version: &Version) -> bool {
        let own = &self.version;
        match version.major.cmp(&own.major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => match self.known {
                0 => version.compare(own).is_gt(),
                1 => false,
                _ => version.minor > own.minor,
            },
        }
    }

    /// `~`: the same major and minor numbers, as far as they are known.
    fn has_same_minor(&self, version: &Version) -> bool {
        let own = &self.version;
        let is_zero = own.major == 0 && own.minor == 0 && own.patch == 0;
        if is_zero && matches!(self.known, 0 | 3) {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.known < 2)
    }

    /// `^`: the same numbers up to the first one that is not zero.
    fn has_same_start(&self, version: &Version) -> bool {
        let own = &self.version;
        if own.major > 0 || self.known == 1 {
            return version.major == own.major;
        }
        if self.known == 0 {
            return true;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.known == 2 {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}
