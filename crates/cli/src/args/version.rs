//! The options of `score-rs version` and `score-rs check-version`.

use clap::Args;

/// Print the version
#[derive(Debug, Clone, Args)]
pub(crate) struct Version {
    /// Accepted for scripts of score-compose and score-k8s; there is no logo.
    #[arg(long, hide = true)]
    no_logo: bool,
    /// Accepted for scripts of score-compose and score-k8s; the network is never asked.
    #[arg(long, hide = true)]
    no_updates_check: bool,
}

/// Check that the version of score-rs matches a constraint
///
/// Exits with 1 if it does not. A version without an operator never matches.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  score-rs check-version '>=0.1'   this version or a later one
  score-rs check-version '=0.1.0'  exactly this version")]
pub(crate) struct CheckVersion {
    /// `=`, `>` or `>=`, and a version, of which missing parts are 0
    #[arg(value_name = "CONSTRAINT", value_parser = str::parse::<Constraint>)]
    pub(crate) constraint: Constraint,
}

/// A constraint on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// The constraint as it was written.
    pub(crate) text: String,
    accepts_equal: bool,
    accepts_later: bool,
    version: [u64; 3],
}

impl Constraint {
    /// Whether it has no operator, so that no version matches.
    pub(crate) fn is_bare(&self) -> bool {
        !self.accepts_equal && !self.accepts_later
    }

    /// Whether a version matches.
    pub(crate) fn accepts(&self, version: [u64; 3]) -> bool {
        (self.accepts_equal && version == self.version)
            || (self.accepts_later && version > self.version)
    }
}

impl std::str::FromStr for Constraint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let after = text.trim_start_matches(['=', '>']);
            let (accepts_equal, accepts_later) = match &text[..text.len() - after.len()] {
                "=" => (true, false),
                ">" => (false, true),
                ">=" => (true, true),
                "" => (false, false),
                _ => return None,
            };
            let mut version = [0; 3];
            let mut parts = version.iter_mut();
            let after = after.trim_start();
            for part in after.strip_prefix('v').unwrap_or(after).split('.') {
                let is_number = part.chars().all(|c| c.is_ascii_digit());
                *parts.next()? = part.parse().ok().filter(|_| is_number)?;
            }
            Some(Self {
                text: text.to_owned(),
                accepts_equal,
                accepts_later,
                version,
            })
        };
        parse().ok_or_else(|| "use `=`, `>` or `>=` before a version, such as `>=0.1`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Constraint;

    #[test]
    fn versions_are_compared_by_number() {
        for (constraint, expected) in [
            ("=1.2.10", true),
            ("=1.2", false),
            (">=v1.2.10", true),
            (">1.2.10", false),
            (">1.2.9", true),
            (">= 1", true),
            (">=1.3", false),
            (">=2", false),
            ("1.2.10", false),
            ("v1", false),
        ] {
            let parsed: Constraint = constraint.parse().unwrap();
            assert_eq!(parsed.accepts([1, 2, 10]), expected, "{constraint}");
        }
        for text in ["<1", "=", "=1.2.3.4", "=1.x", "=+1", "==1", ""] {
            assert!(text.parse::<Constraint>().is_err(), "{text}");
        }
    }
}
