//! `score-rs env show`.

use score_spec::{Node, Sources};
use serde_json::{Value, json};

use super::document::{self, Located};
use super::{Request, unknown_workload};
use crate::args::{DocumentFormat, EnvShow, Overrides};
use crate::commands::Outcome;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Prints the settings of an environment, or the Score file of a workload in it.
pub(crate) fn show(args: &EnvShow, console: &Console) -> Result<Outcome, Failure> {
    let [request] = Request::all([&args.environment], &args.param, &args.overrides)?;
    let Some(workload) = &args.workload else {
        require_none(&args.overrides)?;
        let Some((sources, document)) = request.settings(console)? else {
            return Ok(Outcome::Errors);
        };
        print(&sources, &document, args.format)?;
        return Ok(Outcome::Fine);
    };
    let Some(files) = request.score_files(console)? else {
        return Ok(Outcome::Errors);
    };
    match files.documents.get(workload) {
        Some(Some(document)) => print(&files.findings.sources, document, args.format)?,
        Some(None) => {
            let problem = format!(
                "the environment `{}` leaves out the workload `{workload}`",
                args.environment
            );
            let help = format!(
                "see `workloads` of `score-rs env show {}`",
                args.environment
            );
            return Err(Failure::new(problem).help(help));
        }
        None => return Err(unknown_workload(workload, files.documents.keys())),
    }
    let outcome = Outcome::of(&files.findings.diagnostics);
    files.findings.show(console);
    Ok(outcome)
}

/// Rejects changes of Score files without a workload.
fn require_none(overrides: &Overrides) -> Result<(), Failure> {
    let Overrides {
        overrides_file,
        override_property,
    } = overrides;
    if overrides_file.is_empty() && override_property.is_empty() {
        return Ok(());
    }
    let problem = "`--overrides-file` and `--override-property` change Score files, not settings";
    Err(Failure::new(problem).help("add the name of a workload"))
}

fn print(sources: &Sources, document: &Node, format: DocumentFormat) -> Result<(), Failure> {
    match format {
        DocumentFormat::Yaml => console::lines(&document::text(sources, document)),
        DocumentFormat::Json => {
            let values = document::values(sources, document).into_iter();
            let values = values.map(|(path, located)| {
                let Located { value, file, line } = located;
                json!({"path": path, "value": value.to_json(), "file": file, "line": line})
            });
            console::json(&format!("{:#}\n", values.collect::<Value>()))
        }
    }
}
