//! `score-rs validate`.

pub(super) mod failed;
mod fix;
mod part;

use std::collections::BTreeMap;
use std::path::Path;

use score_spec::source::Source;
use score_spec::{SourceId, Sources};

use crate::args::{Inputs, Validate};
use crate::commands::Outcome;
use crate::host::{name, repository, without_dots};
use crate::input::environments::{EnvironmentChoice, Outputs, has_any, select};
use crate::input::inputs::{Prepared, prepare};
use crate::output::file::{OPEN, Output, Permission, Rule};
use crate::output::write::Changes;
use crate::report::console::{self, Console};
use crate::report::failure::{About, Failure};
use crate::report::findings::Findings;
use crate::report::format::Format;
use crate::report::human::{count, summary};
use crate::report::levels::{Levels, Rules};
use crate::report::progress::{self, Stage};
use fix::fixed;
pub(crate) use part::RunFindings;

/// The maximum number of rounds of `--fix`. A fix can reveal another finding.
const MOST_ROUNDS: usize = 10;

/// Validates Score files, and reports the findings.
pub(crate) fn run(args: &Validate, console: &Console) -> Result<Outcome, Failure> {
    let mut selected = select(&args.inputs, args.all.all_envs)?;
    for environment in &mut selected {
        environment.uses_examples = true;
    }
    let mut fixed = 0;
    if args.fix {
        for environment in &selected {
            let mut prepared = read(args, environment, console)?;
            if args.format != Format::Human && prepared.has_stdin() {
                let problem =
                    "`--fix` of standard input and `--format` both print to standard output";
                return Err(Failure::new(problem).help("omit one of them"));
            }
            let levels = levels(args, &prepared);
            fixed += fix(&mut prepared, &levels, console)?;
            if let [_] = selected.as_slice() {
                let part = part(args, environment, prepared, console);
                return conclude(
                    &RunFindings::merged(vec![part]).into_findings(),
                    args.format,
                    fixed,
                    console,
                );
            }
        }
    }
    let (mut parts, mut outputs) = (Vec::new(), Outputs::default());
    for environment in &selected {
        let mut prepared = read(args, environment, console)?;
        let output = prepared.project.output();
        if let (Some(name), Some((mut path, is_folder))) = (&environment.name, output) {
            let target = prepared.request.target;
            let is_chart = target.is_folder();
            if is_folder && target.name() == "compose" {
                path.push(target.default_output());
            }
            outputs.add(name, &path, is_chart, &mut prepared.project);
        }
        parts.push(part(args, environment, prepared, console));
    }
    conclude(
        &RunFindings::merged(parts).into_findings(),
        args.format,
        fixed,
        console,
    )
}

fn read(
    args: &Validate,
    environment: &EnvironmentChoice,
    console: &Console,
) -> Result<Prepared, Failure> {
    let mut prepared = prepare(&args.inputs, environment, &args.targets.names(), console)?;
    prepared.judge(&args.levels.rules());
    Ok(prepared)
}

/// The findings in all environments of the project, with files that are not written yet.
pub(crate) fn of_pending(inputs: &Inputs, console: &Console) -> Result<RunFindings, Failure> {
    let mut parts = Vec::new();
    for mut environment in select(inputs, has_any(inputs)?)? {
        environment.uses_examples = true;
        let mut prepared = prepare(inputs, &environment, &[], console)?;
        prepared.judge(&Rules::default());
        let levels = prepared.levels(Rules::default());
        let is_partial = prepared.is_broken();
        let mut part = part_of(prepared, (is_partial, false), console);
        part.diagnostics = levels.apply(part.diagnostics);
        let name = environment.name.as_deref();
        parts.push(part.of_environment(name.filter(|_| environment.is_one_of_several())));
    }
    Ok(RunFindings::merged(parts))
}

/// The levels of diagnostics. Errors can be lowered, because nothing is generated.
fn levels(args: &Validate, prepared: &Prepared) -> Levels {
    Levels {
        keeps_errors: false,
        ..prepared.levels(args.levels.rules())
    }
}

/// The findings in an environment, with their levels.
fn part(
    args: &Validate,
    environment: &EnvironmentChoice,
    prepared: Prepared,
    console: &Console,
) -> RunFindings {
    let levels = levels(args, &prepared);
    // Without the settings of the project file, diagnostics about resources could be wrong.
    let is_partial = prepared.is_broken();
    let mut part = part_of(prepared, (is_partial, environment.is_last()), console);
    part.diagnostics = levels.apply(part.diagnostics);
    let name = environment.name.as_deref();
    part.of_environment(name.filter(|_| environment.is_one_of_several()))
}

/// The diagnostics of the input, or only those that depend on nothing but a single file.
fn part_of(
    prepared: Prepared,
    (is_partial, is_last): (bool, bool),
    console: &Console,
) -> RunFindings {
    let Prepared {
        request,
        targets,
        disk,
        project,
        ..
    } = prepared;
    let mut compiled = request.check(&disk, &targets);
    console.detail_resources(&compiled.project);
    if compiled.app.open_images > 0 && !is_partial {
        let (images, pronoun) = match compiled.app.open_images {
            1 => ("1 image is".to_owned(), "it"),
            number => (format!("{number} images are"), "them"),
        };
        let (place, setters) = match project.chain.last() {
            Some(name) => (
                format!("in `{name}`, "),
                format!("`environments/{name}.images.yaml` or `score-rs generate --image` sets"),
            ),
            None => (String::new(), "`score-rs generate --image` sets".to_owned()),
        };
        console.note(&format!(
            "{place}{images} left open (`image: .`); {setters} {pronoun}"
        ));
    }
    progress::begin(Stage::Report, compiled.diagnostics.len());
    let mut part = RunFindings::of(&mut compiled, is_partial);
    if is_last {
        // The process ends soon, and to free each value of a large project takes a tenth of a run.
        std::mem::forget(compiled);
    }
    part.diagnostics.extend(project.diagnostics);
    part.paths = paths(&part.sources, project.gates.project.real());
    part.of_chain(&project.chain)
}

/// The findings of an input whose settings have errors.
pub(crate) fn partial(prepared: Prepared, levels: &Levels, console: &Console) -> RunFindings {
    let mut part = part_of(prepared, (true, true), console);
    part.diagnostics = levels.apply(part.diagnostics);
    part
}

/// Reports all diagnostics of inputs whose settings have errors.
pub(crate) fn report_broken(parts: Vec<RunFindings>, console: &Console) -> Outcome {
    RunFindings::merged(parts).show(console);
    Outcome::Errors
}

/// The paths of the files of a project relative to the root of the repository, or to the working folder without one.
/// Other programs know the files by these paths, wherever the command runs.
fn paths(sources: &Sources, project: &Path) -> BTreeMap<SourceId, String> {
    let Ok(here) = std::env::current_dir() else {
        return BTreeMap::new();
    };
    // In a repository, that of the project could be a submodule.
    let mut folders = vec![here.as_path(), project];
    folders.dedup();
    let top = folders.into_iter().find_map(repository).unwrap_or(&here);
    let path = |(id, source): (SourceId, &Source)| {
        let is_file = !["--", "<", "builtin:"]
            .iter()
            .any(|it| source.name.starts_with(it));
        let path = without_dots(&here.join(&source.name));
        let path = path.strip_prefix(top).ok().filter(|_| is_file)?;
        Some((id, name(path).trim_start_matches("./").to_owned()))
    };
    sources.iter().filter_map(path).collect()
}

/// Applies the fixes of the reported diagnostics to the Score files. Returns the number of fixes.
fn fix(prepared: &mut Prepared, levels: &Levels, console: &Console) -> Result<usize, Failure> {
    let before = prepared.request.texts.specs.clone();
    let mut findings = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let request = prepared.request.clone();
        let found = request.check(&prepared.disk, &prepared.targets);
        let diagnostics = levels.apply(found.diagnostics);
        let mut changed = false;
        for (text, &id) in prepared.request.texts.specs.iter_mut().zip(&found.specs) {
            if let Some(fixed) = fixed(&found.sources, id, &diagnostics) {
                text.bytes = fixed.text.into_bytes();
                findings.extend(fixed.findings);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut outputs = Vec::new();
    let after = prepared.request.texts.specs.iter().zip(before);
    for ((text, before), path) in after.zip(&prepared.files) {
        match path {
            Some(path) if *text != before => {
                let bytes = text.bytes.clone();
                let located = prepared.project.gates.locate(path).writing(path)?;
                let output = Output::named(located, path, bytes, OPEN, Rule::Edited)?;
                outputs.push(output.edit_of(&before.bytes));
            }
            Some(_) => {}
            // A Score file from standard input is printed to standard output.
            None => console::result(&text.bytes)?,
        }
    }
    Changes::from(outputs).apply(&Permission::default())?;
    for finding in &findings {
        console.done(&format!("fixed {finding}"));
    }
    Ok(findings.len())
}

/// Prints the findings.
fn conclude(
    findings: &Findings,
    format: Format,
    fixed: usize,
    console: &Console,
) -> Result<Outcome, Failure> {
    if let Some(text) = format.write(findings) {
        console::result(text.as_bytes())?;
    } else {
        console.show(&findings.sources, &findings.diagnostics);
        let found = summary(&findings.diagnostics).unwrap_or_else(|| "no errors".to_owned());
        let files = count(findings.specs.len(), "file");
        let fixed = match fixed {
            0 => String::new(),
            number => format!(", {number} fixed"),
        };
        console.done(&format!("{files}{fixed}, {found}"));
        console.note_incomplete(&findings.sources, &findings.incomplete);
    }
    Ok(Outcome::of(&findings.diagnostics))
}
