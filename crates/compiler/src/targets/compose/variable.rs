//! Environment variables in Compose files: the only gate through which the name of one is written.

use crate::ir::name::is_own_variable;
use crate::ir::{KeyRef, Unset};

/// The only kind of reference in `compose.yaml`: an environment variable, which Compose replaces. Compose
/// can replace its name, and it is not a variable of score-rs itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct EnvVariable {
    name: String,
    unset: Unset,
}

/// The reason why a variable cannot be written to a Compose file.
pub(super) struct Refused {
    /// The problem, such as "the environment variable `a b`, whose name …".
    pub(super) problem: String,
    /// How to fix it.
    pub(super) help: &'static str,
}

impl EnvVariable {
    /// The variable with this name.
    pub(super) fn new(name: &str, unset: &Unset) -> Result<Self, Refused> {
        if is_own_variable(name) {
            return Err(Refused {
                problem: format!(
                    "the environment variable `{name}`, which is one of score-rs itself"
                ),
                help: OTHER_NAME,
            });
        }
        if !is_replaced(name) {
            let shown = name.escape_debug();
            return Err(Refused {
                problem: format!(
                    "the environment variable `{shown}`, whose name Compose cannot replace"
                ),
                help: "use a name of letters, digits and `_`",
            });
        }
        let (name, unset) = (name.to_owned(), unset.clone());
        Ok(Self { name, unset })
    }

    /// The variable for a value of the platform. It is required.
    pub(super) fn of_key(key: &KeyRef) -> Self {
        Self {
            name: key.variable(),
            unset: Unset::Error,
        }
    }

    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The syntax of Compose for the value of the variable.
    pub(super) fn placeholder(&self) -> String {
        let name = &self.name;
        match &self.unset {
            Unset::Empty => format!("${{{name}}}"),
            Unset::Error => format!("${{{name}:?}}"),
            Unset::Default {
                value,
                if_empty: true,
            } => format!("${{{name}:-{value}}}"),
            Unset::Default { value, .. } => format!("${{{name}-{value}}}"),
        }
    }
}

/// Advice about a variable of score-rs itself.
pub(super) const OTHER_NAME: &str = "use a variable whose name does not start with `SCORE_RS_`";

/// The first variable of score-rs itself that a string of a Compose file names, in whatever syntax:
/// `$NAME`, `${NAME}`, a default of another variable, or a name without a value.
pub(super) fn own_variable(text: &str) -> Option<&str> {
    let is_other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    text.split(is_other).find(|word| is_own_variable(word))
}

/// Whether Compose replaces `${name}`: other characters would be different syntax, such as a
/// default after `-`.
fn is_replaced(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::{EnvVariable, own_variable};
    use crate::ir::Unset;

    #[test]
    fn only_names_that_compose_replaces_are_variables() {
        for name in ["A", "_a1", "score_RS"] {
            assert!(EnvVariable::new(name, &Unset::Empty).is_ok(), "{name}");
        }
        for name in [
            "",
            "1",
            "A-b",
            "A}",
            "A:-$B",
            "A\n",
            " A",
            "é",
            "SCORE_RS_KEY",
            "score_rs_key",
        ] {
            assert!(EnvVariable::new(name, &Unset::Empty).is_err(), "{name}");
        }
    }

    #[test]
    fn own_variables_are_found_in_any_syntax() {
        for text in [
            "SCORE_RS_KEY",
            "$SCORE_RS_KEY",
            "${A:-$SCORE_RS_KEY}",
            "${A:-${B?${score_rs_KEY}}}",
            "A=$$SCORE_RS_KEY",
        ] {
            assert!(own_variable(text).is_some(), "{text}");
        }
        for text in ["", "SCORE", "MY_SCORE_RS_KEY", "${A:-score-rs}", "SCORE_RS"] {
            assert_eq!(own_variable(text), None, "{text}");
        }
    }
}
