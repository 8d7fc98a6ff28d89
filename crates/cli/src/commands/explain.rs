//! `score-rs explain`.

use score_spec::{Code, diagnostic::nearest};

use crate::args::Explain;
use crate::commands::{Outcome, policy};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::levels::Explained;

/// Prints the page of a diagnostic code or of a rule, or the list of all codes.
pub(crate) fn run(args: &Explain, console: &Console) -> Result<Outcome, Failure> {
    let text = match &args.subject {
        Some(Explained::Code(code)) => code.page(),
        Some(Explained::Rule(id)) => {
            // Its strings can come from a package.
            console::lines(&policy::page(id)?)?;
            return Ok(Outcome::Fine);
        }
        None => {
            let rows = Code::ALL.iter().map(|code| {
                let severity = code.severity().to_string();
                vec![code.name().to_owned(), severity, code.title().to_owned()]
            });
            let rows: Vec<_> = rows.collect();
            console.table(&["CODE", "SEVERITY", "DESCRIPTION"], &rows)
        }
    };
    console::result(text.as_bytes())?;
    Ok(Outcome::Fine)
}

/// The error for a rule that does not exist.
pub(super) fn unknown<'a>(id: &str, rules: impl Iterator<Item = &'a str>) -> Failure {
    let codes = Code::ALL.iter().map(|code| code.name());
    let failure = Failure::new(format!("there is no code and no rule `{id}`"));
    failure.help(match nearest(id, rules.chain(codes)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`score-rs explain` lists all codes, `score-rs policy list` all rules".to_owned(),
    })
}
