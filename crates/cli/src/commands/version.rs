//! `score-rs version` and `score-rs check-version`.

use crate::args::CheckVersion;
use crate::commands::Outcome;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Prints the version.
pub(crate) fn print() -> Result<Outcome, Failure> {
    console::lines(&format!("score-rs {VERSION}\n"))?;
    Ok(Outcome::Fine)
}

/// Reports a version that does not match the constraint.
pub(crate) fn check(args: &CheckVersion, console: &Console) -> Outcome {
    let number = |part: &str| part.parse().unwrap_or_default();
    let version = [
        number(env!("CARGO_PKG_VERSION_MAJOR")),
        number(env!("CARGO_PKG_VERSION_MINOR")),
        number(env!("CARGO_PKG_VERSION_PATCH")),
    ];
    if args.constraint.accepts(version) {
        return Outcome::Fine;
    }
    let constraint = &args.constraint.text;
    console::problem(&format!("score-rs {VERSION} does not match `{constraint}`"));
    console.note(&if args.constraint.is_bare() {
        format!(
            "a version without an operator never matches; use `={constraint}` or `>={constraint}`"
        )
    } else {
        "versions of score-rs are not those of score-compose and score-k8s".to_owned()
    });
    Outcome::Errors
}
