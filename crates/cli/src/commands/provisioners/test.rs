//! `score-rs provisioners test`: runs the tests of provisioner files, which the compiler parses.

mod case;
mod expected;
mod folders;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use score_compiler::catalogue::{Catalogue, Conditions, Provisioner};
use score_compiler::{Commands, Compiler, Target, targets};
use score_spec::{
    Diagnostic, SourceId, Sources, Span,
    diagnostic::{any_error, sort},
};

use crate::args::ProvisionersTest;
use crate::commands::Outcome;
use crate::host::{Gates, Shared};
use crate::input::project::Project;
use crate::report::console::Console;
use crate::report::failure::Failure;
use case::Case;
use expected::update;
use folders::{folder_of, forgotten, label, open_folders, require_own_folders};

/// A provisioner whose tests are run, and the open folder of its file.
struct Selected<'a> {
    provisioner: &'a Provisioner,
    base: Shared,
}

/// The number of tests by result.
#[derive(Default)]
struct Tally {
    passed: usize,
    updated: usize,
    failed: usize,
    /// The number of failed tests whose rendered files differ from the expected ones.
    different: usize,
}

/// The reason why a test fails.
enum Problem {
    /// The compilation reports errors.
    Findings(Vec<Diagnostic>),
    /// A result differs from the expected one.
    Message(String),
    /// A rendered file differs from the expected one; the lines of the difference.
    Lines(String),
}

/// Runs the tests of provisioners.
pub(crate) fn test(args: &ProvisionersTest, console: &Console) -> Result<Outcome, Failure> {
    let mut sources = Sources::new();
    let mut project = Project::around(&mut sources, &args.provisioners.paths)?;
    let files = match args.paths.as_slice() {
        [] => project.own(&sources),
        paths => project.select(&mut sources, paths)?,
    };
    let mut diagnostics = project.diagnostics;
    let catalogue = Catalogue::new(
        &sources,
        &project.provisioners,
        Conditions::default(),
        &mut diagnostics,
    );
    sort(&mut diagnostics);
    console.report(&sources, &diagnostics);
    if any_error(&diagnostics) {
        return Ok(Outcome::Errors);
    }
    if files.is_empty() {
        return Err(Failure::new("there are no provisioners to test")
            .help("name files, or list them under `provisioners` in `score-rs.yaml`"));
    }
    let selected = selected(&catalogue, &files, &project.gates)?;
    require_own_folders(&selected)?;
    note_untested(&selected, &sources, console);
    let compiler = Compiler::new()
        .with_catalogue(sources, project.provisioners)
        .with_commands(Commands::Run);
    let mut tally = Tally::default();
    let mut expected = Vec::new();
    for case in cases(&catalogue, &selected, &args.target)? {
        expected.extend(case.run(&compiler, args.update, &mut tally, console)?);
    }
    if args.update {
        update(&expected)?;
        update(&forgotten(&selected)?)?;
    } else {
        for unused in forgotten(&selected)? {
            let folder = unused.base.path().join(unused.folder);
            let folder = folder.display();
            console.note(&format!(
                "the folder `{folder}` does not belong to a test; `--update` removes it"
            ));
        }
    }
    console.done(&tally.summary());
    if tally.different > 0 {
        console.note("`--update` writes the rendered files; review them before you commit them");
    }
    Ok(Outcome::errors_if(tally.failed > 0))
}

/// The provisioners of the selected files, in the order of their declaration.
fn selected<'a>(
    catalogue: &'a Catalogue,
    files: &[SourceId],
    gates: &Gates,
) -> Result<Vec<Selected<'a>>, Failure> {
    let all = catalogue.provisioners().map(|it| &**it);
    let mut selected: Vec<&Provisioner> =
        all.filter(|it| files.contains(&it.span.source)).collect();
    // Of the same provisioner in several entries, the last one is for the most workloads.
    let last: BTreeMap<Span, usize> = selected.iter().map(|it| (it.span, it.entry)).collect();
    selected.retain(|it| last.get(&it.span) == Some(&it.entry));
    let folders = open_folders(&selected, gates)?;
    let selected = selected.into_iter().map(|provisioner| Selected {
        provisioner,
        base: Arc::clone(&folders[provisioner.file.as_str()]),
    });
    Ok(selected.collect())
}

/// Prints a note for each provisioner without tests.
fn note_untested(selected: &[Selected], sources: &Sources, console: &Console) {
    for Selected { provisioner, .. } in selected {
        if provisioner.tests.is_empty() {
            let span = provisioner.span;
            let line = sources.position(span.source, span.range().start).line;
            let (file, label) = (&provisioner.file, label(provisioner));
            console.note(&format!("{file}:{line}: `{label}` has no tests"));
        }
    }
}

/// The tests for all selected targets, in the order of their declaration.
fn cases<'a>(
    catalogue: &'a Catalogue,
    selected: &[Selected<'a>],
    names: &[String],
) -> Result<Vec<Case<'a>>, Failure> {
    let mut cases = Vec::new();
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    for Selected { provisioner, base } in selected {
        let wanted = |target: &&dyn Target| {
            let named = names.is_empty() || names.iter().any(|name| name == target.name());
            let platform = target.needs().platform;
            let replaced = platform.is_some_and(|it| catalogue.is_replaced(provisioner, it));
            named && provisioner.is_for(platform) && !replaced
        };
        for test in &provisioner.tests {
            let folder = folder_of(provisioner, test);
            let shown = base.path().join(&folder);
            if !folders.insert(shown.clone()) {
                let message = format!("two tests have the folder `{}`", shown.display());
                return Err(Failure::new(message).help("rename one of them"));
            }
            cases.extend(targets().into_iter().filter(wanted).map(|target| Case {
                provisioner,
                test,
                target,
                base: Arc::clone(base),
                folder: folder.clone(),
            }));
        }
    }
    Ok(cases)
}

impl Tally {
    fn summary(&self) -> String {
        let updated = match self.updated {
            0 => String::new(),
            number => format!(", {number} updated"),
        };
        format!("{} passed{updated}, {} failed", self.passed, self.failed)
    }
}
