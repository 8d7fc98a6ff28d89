//! Permissions to read environment variables.

use std::fmt;
use std::str::FromStr;

use score_spec::overlay::Glob;

use crate::ir::name::is_own_variable;

/// The name of an environment variable that may be read, or a pattern of such names, in which `*`
/// matches any characters. It cannot match a variable of score-rs itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Glob);

/// The reason why a string is not a valid [`NamePattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamePatternError {
    /// It is empty, or contains a character that is not allowed in names.
    Malformed,
    /// It matches a variable of score-rs itself.
    Own,
}

impl NamePattern {
    /// Whether the variable with this name may be read.
    /// The name, if it matches only this one.
    pub(crate) fn name(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|name| !name.contains('*'))
    }

    /// Whether it matches a name.
    pub fn allows(&self, name: &str) -> bool {
        !is_own_variable(name) && self.0.matches(name)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl FromStr for NamePattern {
    type Err = NamePatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |c: char| c != '=' && !c.is_whitespace() && !c.is_control();
        if text.is_empty() || !text.chars().all(is_part) {
            return Err(NamePatternError::Malformed);
        }
        if is_own_variable(text) {
            return Err(NamePatternError::Own);
        }
        Ok(Self(Glob::new(text)))
    }
}

impl fmt::Display for NamePatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "expected the name of a variable, in which `*` matches any characters"
            }
            Self::Own => {
                "variables whose names start with `SCORE_RS_` belong to score-rs itself and cannot be allowed"
            }
        })
    }
}

impl std::error::Error for NamePatternError {}

#[cfg(test)]
mod tests {
    use super::{NamePattern, NamePatternError};

    #[test]
    fn patterns_allow_what_fits() {
        for (pattern, allowed, refused) in [
            (
                "REGION",
                &["REGION"][..],
                &["REGIONS", "region", "REGIO", ""][..],
            ),
            ("APP_*", &["APP_", "APP_A", "APP_*"], &["APP", "XAPP_A"]),
            ("*_URL", &["_URL", "A_URL_URL"], &["A_URLS", "URL"]),
            ("A*B*C", &["ABC", "AxBxBxC"], &["AC", "ABxCx", "ACB"]),
            ("**", &["", "A"], &[]),
            (
                "*",
                &["A", "SCORE_RS", "MY_SCORE_RS_KEY"],
                &["SCORE_RS_KEY", "SCORE_RS_", "score_rs_key"],
            ),
            ("SCORE*", &["SCORE_", "SCORES"], &["SCORE_RS_KEY"]),
            ("*RS_KEY", &["RS_KEY"], &["SCORE_RS_KEY"]),
        ] {
            let known: NamePattern = pattern.parse().unwrap();
            for name in allowed {
                assert!(known.allows(name), "{pattern} {name}");
            }
            for name in refused {
                assert!(!known.allows(name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn names_of_score_rs_and_no_names_are_refused() {
        for (text, problem) in [
            ("", NamePatternError::Malformed),
            ("A=B", NamePatternError::Malformed),
            ("A B", NamePatternError::Malformed),
            ("A\0", NamePatternError::Malformed),
            ("SCORE_RS_KEY", NamePatternError::Own),
            ("SCORE_RS_*", NamePatternError::Own),
            ("score_rs_key", NamePatternError::Own),
        ] {
            assert_eq!(text.parse::<NamePattern>(), Err(problem), "{text}");
        }
    }
}
