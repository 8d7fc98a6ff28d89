//! The severities of diagnostics, as set with `--allow`, `--warn` and `--deny`.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Severity, diagnostic::nearest};

/// The levels of a run. An option for a code takes precedence over `--deny warnings`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    deny_warnings: bool,
    /// The severity of each code; `None` if it is not reported.
    codes: BTreeMap<Code, Option<Severity>>,
}

impl Levels {
    /// The levels set by options. If a code is given several times, the strictest level applies.
    pub(crate) fn new(allow: &[Code], warn: &[Code], deny: &[Denied]) -> Self {
        let mut levels = Self::default();
        levels.codes.extend(allow.iter().map(|code| (*code, None)));
        let warn = warn.iter().map(|code| (*code, Some(Severity::Warning)));
        levels.codes.extend(warn);
        for denied in deny {
            match denied {
                Denied::Warnings => levels.deny_warnings = true,
                Denied::Code(code) => {
                    levels.codes.insert(*code, Some(Severity::Error));
                }
            }
        }
        levels
    }

    /// The diagnostics with their levels, without those that are not reported.
    pub(crate) fn apply(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let level = |mut found: Diagnostic| {
            found.severity = match self.codes.get(&found.code) {
                Some(level) => (*level)?,
                None if self.deny_warnings => Severity::Error,
                None => found.severity,
            };
            Some(found)
        };
        diagnostics.into_iter().filter_map(level).collect()
    }
}

/// A value of `--deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// All warnings.
    Warnings,
    /// A code.
    Code(Code),
}

/// The value of `--deny` for all warnings.
const WARNINGS: &str = "warnings";

/// Parses a code.
pub(crate) fn code(text: &str) -> Result<Code, String> {
    Code::from_name(text).ok_or_else(|| unknown(text, None))
}

/// The message for an unknown code. `other` is an additional value for suggestions.
fn unknown(text: &str, other: Option<&'static str>) -> String {
    let codes = Code::ALL.iter().map(|code| code.name());
    match nearest(text, codes.chain(other)) {
        Some(meant) => format!("unknown code; did you mean `{meant}`?"),
        None => "unknown code; `score-rs explain` lists all codes".to_owned(),
    }
}

/// Parses a value of `--deny`.
pub(crate) fn denied(text: &str) -> Result<Denied, String> {
    if text == WARNINGS {
        return Ok(Denied::Warnings);
    }
    let code = Code::from_name(text).map(Denied::Code);
    code.ok_or_else(|| unknown(text, Some(WARNINGS)))
}
