//! The severities of diagnostics, as set with `--allow`, `--warn` and `--deny`, and under `levels` of
//! the project file.

use std::collections::BTreeMap;

use score_policy::LevelChoice;
use score_spec::overlay::Glob;
use score_spec::{Code, Diagnostic, Severity, diagnostic::nearest};

/// The levels of a run: those of its options, which take precedence, and those of the project file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    pub(crate) options: Rules,
    pub(crate) project: Rules,
    /// Whether options cannot lower errors, because the input cannot be compiled.
    pub(crate) keeps_errors: bool,
}

/// The levels from one origin. A rule for a code takes precedence over one for a pattern, which takes
/// precedence over `warnings`. Of equal rules, the strictest one applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    deny_warnings: bool,
    /// The levels of codes that patterns match.
    patterns: BTreeMap<Code, Level>,
    /// The levels of codes.
    codes: BTreeMap<Code, Level>,
    /// The levels of rules of policies, patterns first and the strictest last.
    policies: Vec<(Glob, Level)>,
}

/// The treatment of the diagnostics with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// They are not reported.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

impl Levels {
    /// Whether any diagnostic may become an error.
    pub(crate) fn deny(&self) -> bool {
        self.options.deny() || self.project.deny()
    }

    /// The diagnostics with their levels, without those that are not reported.
    ///
    /// A project file cannot lower errors, because everyone who can change the Score files can change it.
    pub(crate) fn apply(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let level = |mut found: Diagnostic| {
            if found.waiver.is_some() {
                return Some(found);
            }
            let (code, severity) = (found.code, found.severity);
            let is_error = severity == Severity::Error;
            let options = self.options.level(code, severity);
            let options = options.filter(|_| !(is_error && self.keeps_errors));
            let project = self.project.level(code, severity);
            let project = project.filter(|_| !is_error);
            found.severity = match options.or(project) {
                Some(Level::Allow) => return None,
                Some(Level::Warn) => Severity::Warning,
                Some(Level::Deny) => Severity::Error,
                None => severity,
            };
            Some(found)
        };
        diagnostics.into_iter().filter_map(level).collect()
    }
}

impl Rules {
    /// The rules from lists of selected codes.
    pub(crate) fn new(allow: &[Selected], warn: &[Selected], deny: &[Denied]) -> Self {
        let mut rules = Self::default();
        // Later levels are stricter.
        for selected in allow {
            rules.set(selected, Level::Allow);
        }
        for selected in warn {
            rules.set(selected, Level::Warn);
        }
        for denied in deny {
            match denied {
                Denied::Warnings => rules.deny_warnings = true,
                Denied::Selected(selected) => rules.set(selected, Level::Deny),
            }
        }
        rules.policies.sort_by_key(|(rule, _)| !rule.is_pattern());
        rules
    }

    fn set(&mut self, selected: &Selected, level: Level) {
        match selected {
            Selected::Code(code) => {
                self.codes.insert(*code, level);
            }
            Selected::Pattern(codes, pattern) => {
                let levels = codes.iter().map(|code| (*code, level));
                self.patterns.extend(levels);
                self.policies.push((pattern.clone(), level));
            }
            Selected::Rule(rule) => self.policies.push((rule.clone(), level)),
        }
    }

    /// The levels of rules of policies, in increasing order of precedence.
    pub(crate) fn rule_levels(&self) -> impl Iterator<Item = LevelChoice> {
        let rules = self.policies.iter();
        rules.map(|(rule, level)| LevelChoice {
            rules: rule.clone(),
            level: match level {
                Level::Allow => score_policy::Level::Allow,
                Level::Warn => score_policy::Level::Warn,
                Level::Deny => score_policy::Level::Deny,
            },
            span: None,
        })
    }

    /// The level of a diagnostic, if there is a rule for it.
    fn level(&self, code: Code, severity: Severity) -> Option<Level> {
        let rule = self.codes.get(&code).or_else(|| self.patterns.get(&code));
        let is_denied = self.deny_warnings && severity == Severity::Warning;
        rule.copied().or_else(|| is_denied.then_some(Level::Deny))
    }

    fn deny(&self) -> bool {
        let mut levels = self.codes.values().chain(self.patterns.values());
        self.deny_warnings || levels.any(|level| *level == Level::Deny)
    }
}

/// The codes selected by a value of an option or of the project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selected {
    /// A code.
    Code(Code),
    /// The codes and rules that match a pattern.
    Pattern(Vec<Code>, Glob),
    /// A rule of a policy, which may not exist.
    Rule(Glob),
}

/// A value of `--deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    /// All warnings.
    Warnings,
    /// Codes.
    Selected(Selected),
}

/// The value of `--deny` for all warnings.
const WARNINGS: &str = "warnings";

/// The subject of `explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Explained {
    /// A code.
    Code(Code),
    /// A rule of a policy, which may not exist.
    Rule(String),
}

/// Parses a code or the id of a rule.
pub(crate) fn explained(text: &str) -> Result<Explained, String> {
    match select(text, None)? {
        Selected::Code(code) => Ok(Explained::Code(code)),
        Selected::Pattern(..) => Err(unknown(text, None)),
        Selected::Rule(rule) => Ok(Explained::Rule(rule.as_str().to_owned())),
    }
}

/// Parses a code or the id of a rule, or a pattern in which `*` matches any characters.
pub(crate) fn selected(text: &str) -> Result<Selected, String> {
    select(text, None)
}

/// Parses a value of `--deny`.
pub(crate) fn denied(text: &str) -> Result<Denied, String> {
    if text == WARNINGS {
        return Ok(Denied::Warnings);
    }
    select(text, Some(WARNINGS)).map(Denied::Selected)
}

/// Parses what an option selects. `other` is an additional value for suggestions.
fn select(text: &str, other: Option<&'static str>) -> Result<Selected, String> {
    let glob = Glob::new(text);
    if glob.is_pattern() {
        let codes = Code::ALL.iter().copied();
        let codes = codes.filter(|code| glob.matches(code.name())).collect();
        return Ok(Selected::Pattern(codes, glob));
    }
    if let Some(code) = Code::from_name(text) {
        return Ok(Selected::Code(code));
    }
    // The scopes of codes are not those of rules.
    let scopes = Code::ALL
        .iter()
        .filter_map(|code| code.name().split('/').next());
    match text.split_once('/') {
        Some((scope, _)) if scopes.into_iter().all(|it| it != scope) => Ok(Selected::Rule(glob)),
        _ => Err(unknown(text, other)),
    }
}

/// The message for an unknown code. `other` is an additional value for suggestions.
fn unknown(text: &str, other: Option<&'static str>) -> String {
    let codes = Code::ALL.iter().map(|code| code.name());
    match nearest(text, codes.chain(other)) {
        Some(meant) => format!("unknown code; did you mean `{meant}`?"),
        None => "unknown code; `score-rs explain` lists all codes".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use score_spec::{Code, Diagnostic, Severity};

    use super::{Levels, Rules, denied, selected};

    fn rules(allow: &[&str], warn: &[&str], deny: &[&str]) -> Rules {
        let all = |texts: &[&str]| {
            let selected = texts.iter().map(|text| selected(text).unwrap());
            selected.collect::<Vec<_>>()
        };
        let deny: Vec<_> = deny.iter().map(|text| denied(text).unwrap()).collect();
        Rules::new(&all(allow), &all(warn), &deny)
    }

    /// The severity of a diagnostic at these levels.
    fn severity(
        (options, project): (Rules, Rules),
        keeps_errors: bool,
        code: Code,
    ) -> Option<Severity> {
        let levels = Levels {
            options,
            project,
            keeps_errors,
        };
        let found = levels.apply(vec![Diagnostic::new(code, "x")]);
        found.first().map(|found| found.severity)
    }

    const TAG: Code = Code::SpecImageTag;
    const FIELD: Code = Code::SpecUnknownField;
    const ERROR: Option<Severity> = Some(Severity::Error);
    const WARNING: Option<Severity> = Some(Severity::Warning);

    #[test]
    fn a_project_cannot_lower_errors() {
        for (project, code, expected) in [
            (rules(&[], &[], &[]), TAG, WARNING),
            (rules(&["spec/*"], &[], &[]), TAG, None),
            (rules(&["*"], &[], &[]), FIELD, ERROR),
            (rules(&[], &["*"], &[]), FIELD, ERROR),
            (rules(&["spec/*"], &[], &["spec/image-tag"]), TAG, ERROR),
            (rules(&["spec/image-tag"], &[], &["spec/*"]), TAG, None),
            (rules(&["spec/*"], &["spec/*"], &[]), TAG, WARNING),
        ] {
            let levels = (Rules::default(), project);
            assert_eq!(
                severity(levels.clone(), false, code),
                expected,
                "{levels:?}"
            );
        }
    }

    #[test]
    fn options_override_the_project() {
        let none = Rules::default;
        let warnings = || rules(&[], &[], &["warnings"]);
        let allow = || rules(&["spec/*"], &[], &[]);
        for (levels, keeps_errors, code, expected) in [
            (
                (warnings(), rules(&["spec/image-tag"], &[], &[])),
                false,
                TAG,
                ERROR,
            ),
            ((allow(), warnings()), false, TAG, None),
            (
                (rules(&["spec/*"], &[], &["warnings"]), none()),
                false,
                TAG,
                None,
            ),
            ((allow(), none()), false, FIELD, None),
            ((allow(), none()), true, FIELD, ERROR),
            ((allow(), none()), true, TAG, None),
        ] {
            let found = severity(levels.clone(), keeps_errors, code);
            assert_eq!(found, expected, "{levels:?}");
        }
    }
}
