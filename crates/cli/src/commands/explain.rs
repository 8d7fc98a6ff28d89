//! `score-rs explain`.

use score_spec::Code;

use crate::args::Explain;
use crate::commands::Outcome;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Prints the page of a diagnostic code, or the list of all codes.
pub(crate) fn run(args: &Explain, console: &Console) -> Result<Outcome, Failure> {
    let text = if let Some(code) = args.code {
        code.page()
    } else {
        let rows = Code::ALL.iter().map(|code| {
            let severity = code.severity().to_string();
            vec![code.name().to_owned(), severity, code.title().to_owned()]
        });
        let rows: Vec<_> = rows.collect();
        console.table(&["CODE", "SEVERITY", "DESCRIPTION"], &rows)
    };
    console::result(text.as_bytes())?;
    Ok(Outcome::Fine)
}
