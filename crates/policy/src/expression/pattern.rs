//! Regular expressions with a bound on the time of a match.

use regex_lite::{Regex, RegexBuilder};

/// The maximum length of a regular expression.
const LONGEST: usize = 2_000;

/// The sizes of compiled expressions, and the steps that each byte of a string then costs. A match takes time in
/// proportion to the product of both.
const SIZES: [(usize, u64); 3] = [(1 << 12, 16), (1 << 14, 128), (1 << 16, 512)];

/// A regular expression in the syntax of RE2, which is matched in linear time.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    /// The steps for a byte of the text.
    cost: u64,
}

impl Pattern {
    /// Compiles a regular expression. The error is the reason why it is not valid.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("the regular expression is too long");
        }
        let mut builder = RegexBuilder::new(text);
        builder.nest_limit(50);
        for (size, cost) in SIZES {
            if let Ok(regex) = builder.size_limit(size).build() {
                return Ok(Self { regex, cost });
            }
        }
        Err("the regular expression is not valid or too large")
    }

    /// The steps of a match.
    pub(super) fn steps(&self, text: &str) -> u64 {
        1 + self.cost * text.len() as u64
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first match.
    pub(super) fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.regex.find(text).map(|found| found.as_str())
    }

    /// All matches that do not overlap.
    pub(super) fn find_all<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.regex.find_iter(text).map(|found| found.as_str())
    }
}
