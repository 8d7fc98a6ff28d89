//! The section `levels` of the project file.

use score_spec::{Code, Diagnostic, Node, Severity};

use crate::report::levels::{Denied, Rules, Selected, denied, selected};

/// The levels in a validated section. Errors in it are reported.
pub(crate) fn rules(section: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Rules {
    let Some(section) = section else {
        return Rules::default();
    };
    let allow = read(section, "allow", lowered, diagnostics);
    let warn = read(section, "warn", lowered, diagnostics);
    let deny = read(section, "deny", code_denied, diagnostics);
    Rules::new(&allow, &warn, &deny)
}

/// Parses the strings of a list.
fn read<T>(
    section: &Node,
    name: &str,
    parse: fn(&str) -> Result<T, String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<T> {
    let mut values = Vec::new();
    for item in section.items_at(name) {
        let text = item.text().unwrap_or_default();
        match parse(text) {
            Ok(value) => values.push(value),
            Err(help) => {
                let message = format!("`{text}` cannot be used in `levels.{name}`");
                diagnostics.push(
                    Diagnostic::new(Code::ProjectInvalid, message)
                        .at(item.span, "")
                        .help(help),
                );
            }
        }
    }
    values
}

/// Advice about the level of a rule.
const OF_RULES: &str = "the levels of rules of policies are in `policies.levels`";

/// Parses codes that are errors.
fn code_denied(text: &str) -> Result<Denied, String> {
    match denied(text)? {
        Denied::Selected(selected) => of_codes(selected).map(Denied::Selected),
        Denied::Warnings => Ok(Denied::Warnings),
    }
}

/// The selection, if it has codes.
fn of_codes(selected: Selected) -> Result<Selected, String> {
    match selected {
        Selected::Rule(_) => Err(OF_RULES.to_owned()),
        Selected::Pattern(codes, _) if codes.is_empty() => {
            Err("no code matches; `score-rs explain` lists all codes".to_owned())
        }
        selected => Ok(selected),
    }
}

/// Parses codes whose level is lowered. A pattern may match errors, which keep their level.
fn lowered(text: &str) -> Result<Selected, String> {
    match selected(text)? {
        // Some diagnostics of `yaml/tag` are warnings.
        Selected::Code(code) if code.severity() == Severity::Error && code != Code::YamlTag => {
            Err("errors cannot be lowered; remove it".to_owned())
        }
        selected => of_codes(selected),
    }
}
