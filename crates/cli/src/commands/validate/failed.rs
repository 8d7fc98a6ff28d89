//! Reports about failures in formats for programs, which expect a complete document.

use std::path::Path;

use score_spec::{Code, Diagnostic, Sources, Span};

use super::{levels, partial, paths};
use crate::args::Validate;
use crate::host::{folder_of, name};
use crate::input::environments::{EnvironmentChoice, select};
use crate::input::inputs::prepare;
use crate::report::console::{self, Color, Console};
use crate::report::failure::Failure;
use crate::report::findings::Findings;

/// Prints the report about a failure, with the findings of the Score files that can be read.
pub(crate) fn report(args: &Validate, failure: Failure) {
    let mut failures = vec![failure];
    let readable = readable(args, &mut failures);
    let file = failures[0].file.as_deref().unwrap_or_default();
    let folder = folder_of(Path::new(file)).to_owned();
    let (mut sources, mut diagnostics, specs) = match readable {
        Some(findings) => (findings.sources, findings.diagnostics, findings.specs),
        None => (Sources::new(), Vec::new(), Vec::new()),
    };
    diagnostics.extend(failures.iter().map(|it| diagnostic(it, &mut sources)));
    let paths = paths(&sources, &folder);
    let findings = Findings::new(sources, diagnostics, specs).with_paths(paths);
    if let Some(text) = args.format.write(&findings) {
        // If standard output cannot be written, that may be the failure.
        let _ = console::result(text.as_bytes());
    }
}

fn diagnostic(failure: &Failure, sources: &mut Sources) -> Diagnostic {
    let mut found = Diagnostic::new(Code::RunFailed, failure.message.as_str());
    if let Some(help) = &failure.help {
        found = found.help(help.as_str());
    }
    match &failure.file {
        Some(file) => {
            let id = sources.add(file.as_str(), "");
            found.at(Span::new(id, 0, 0), "")
        }
        None => found,
    }
}

/// The findings of the other Score files, if one that the user named cannot be read. Further files that cannot
/// be read are added to the failures.
fn readable(args: &Validate, failures: &mut Vec<Failure>) -> Option<Findings> {
    let mut inputs = args.inputs.clone();
    // Standard input cannot be read twice.
    if inputs.files.iter().any(|file| file.as_os_str() == "-") {
        return None;
    }
    let console = Console::new(true, 0, Color::Never);
    loop {
        let failed = failures.last()?.file.clone()?;
        let number = inputs.files.len();
        inputs.files.retain(|file| name(file) != failed);
        if inputs.files.is_empty() || inputs.files.len() == number {
            return None;
        }
        let selected = EnvironmentChoice {
            uses_examples: true,
            ..select(&inputs, args.all.all_envs).ok()?.swap_remove(0)
        };
        match prepare(&inputs, &selected, &args.targets.names(), &console) {
            Ok(prepared) => {
                let levels = levels(args, &prepared);
                return Some(partial(prepared, &levels, &console).into_findings());
            }
            Err(failure) => failures.push(failure),
        }
    }
}
