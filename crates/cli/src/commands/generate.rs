//! `score-rs generate`.

mod earlier_tool;
mod job;
mod next;
mod protected;
mod save;
mod targets;
mod without_effect;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use score_compiler::OutputFile;
use score_compiler::helm::{self, EnvironmentCharts};
use score_compiler::parallel;
use score_spec::diagnostic::{Merged, any_error, sort};
use score_spec::{SourceId, Sources};

use crate::args::Generate;
use crate::commands::Outcome;
use crate::commands::state::external::Compilation;
use crate::commands::validate::{self, RunFindings};
use crate::input::environments::{EnvironmentChoice, select, with_shared_charts};
use crate::input::unused::retain_unused;
use crate::output::check;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::output_text::{redacted, written};
use job::{Job, report_same_outputs, report_without_effect};
pub(super) use job::{destination, with_options};
pub(super) use protected::{permission_for_inputs, permission_for_project};

/// Compiles the workloads and writes the output, or compares it with existing files. All environments of a run are
/// compiled before anything is written.
pub(crate) fn run(args: &Generate, console: &Console) -> Result<Outcome, Failure> {
    let mut selected = select(&args.inputs, args.all.all_envs)?;
    let has_output = args.output.is_some() || args.output_dir.is_some();
    let target = (args.target.target.as_deref(), has_output);
    selected = with_shared_charts(selected, &args.inputs, target)?;
    require_suitable(args, &selected)?;
    let (mut jobs, mut broken) = (Vec::new(), Vec::new());
    for environment in &selected {
        match Job::prepare(args, environment, console)? {
            Ok(job) => jobs.push(job),
            Err(part) => broken.push(part),
        }
    }
    if !broken.is_empty() {
        return Ok(validate::report_broken(broken, console));
    }
    report_without_effect(&mut jobs, args);
    report_same_outputs(&mut jobs);
    let Some(compiled) = compiled(&mut jobs, args, console)? else {
        return Ok(Outcome::Errors);
    };
    let mut runs: Vec<(Job, Compilation)> = jobs.into_iter().zip(compiled).collect();
    for (job, _) in &mut runs {
        job.protect(args);
    }
    if !merge_charts(&mut runs, console) {
        return Ok(Outcome::Errors);
    }
    if args.is_look() {
        let mut is_stale = false;
        for (job, outcome) in &runs {
            is_stale |= check::run(job.rendering(&outcome.compiled, args), args.diff, console)?;
        }
        let fails = is_stale && args.check;
        return Ok(if fails { Outcome::Stale } else { Outcome::Fine });
    }
    // No file is written if one of another environment cannot be replaced.
    for (job, outcome) in runs.iter().filter(|_| selected.len() > 1) {
        check::require_permission(job.rendering(&outcome.compiled, args))?;
    }
    for (job, outcome) in runs.iter().filter(|_| selected.len() > 1) {
        write::require_key(job.rendering(&outcome.compiled, args), console)?;
    }
    write_all(&runs, selected.len() == 1, args, console)?;
    let outcome = if args.prune {
        prune(&runs, args, console)?
    } else {
        Outcome::Fine
    };
    for (_, outcome) in runs {
        // The process ends soon, and to free each value of a large project takes a tenth of a run.
        std::mem::forget(outcome.compiled);
    }
    Ok(outcome)
}

/// Writes the output of each environment, and prints what is next if there is only one.
fn write_all(
    runs: &[(Job, Compilation)],
    is_single: bool,
    args: &Generate,
    console: &Console,
) -> Result<(), Failure> {
    for (job, outcome) in runs {
        job.make_folder(args)?;
        let run = job.rendering(&outcome.compiled, args);
        write::write(run, &job.project, args, console)?;
        tell(run, console);
        if is_single {
            for line in next::steps(run, args, &job.objects(args)) {
                console.advise(&line);
            }
        }
    }
    Ok(())
}

/// Deletes what commands have created for resources that are gone, after the output of all environments was written.
fn prune(
    runs: &[(Job, Compilation)],
    args: &Generate,
    console: &Console,
) -> Result<Outcome, Failure> {
    let mut has_errors = false;
    for (job, outcome) in runs {
        let mut findings = job.prune(outcome, args, console)?;
        sort(&mut findings);
        console.report(&outcome.compiled.sources, &findings);
        has_errors |= any_error(&findings);
    }
    Ok(if has_errors {
        Outcome::Errors
    } else {
        Outcome::Fine
    })
}

/// Rejects options that cannot apply to the environments of a run.
fn require_suitable(args: &Generate, selected: &[EnvironmentChoice]) -> Result<(), Failure> {
    let is_named = args.output.is_some() || args.output_dir.is_some();
    if let [only] = selected {
        // A part of the project would replace the output of the whole.
        if only.name.is_some() && !args.inputs.files.is_empty() && !is_named {
            let problem = "the output of an environment is that of all Score files of the project";
            return Err(
                Failure::new(problem).help("omit the files, or choose another output with `-o`")
            );
        }
        return Ok(());
    }
    let is_chart = selected.iter().all(|it| it.shares_chart);
    let options = [
        (is_named && !is_chart, "--output"),
        (args.external.state.is_some(), "--state"),
        (args.inputs.env_file.is_some(), "--env-file"),
        (args.save, "--save"),
        (!args.inputs.files.is_empty(), "FILES"),
    ];
    match options.into_iter().find(|(is_set, _)| *is_set) {
        Some((_, option)) => {
            let problem = format!("`{option}` cannot be used for several environments");
            Err(Failure::new(problem).help("omit it, or run the command for each environment"))
        }
        None => Ok(()),
    }
}

/// Merges the charts that several environments have in common: the first of these writes them. Returns whether there
/// are no errors.
fn merge_charts(runs: &mut Vec<(Job, Compilation)>, console: &Console) -> bool {
    let mut charts: BTreeMap<PathBuf, BTreeMap<String, EnvironmentCharts>> = BTreeMap::new();
    for (job, outcome) in runs.iter_mut() {
        if let (Some(name), Some(own)) = (&job.name, outcome.compiled.charts.take()) {
            let of_path = charts.entry(job.path()).or_default();
            of_path.insert(name.clone(), own);
        }
    }
    let mut written: BTreeMap<PathBuf, Vec<OutputFile>> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    let default = runs.first().and_then(|(job, _)| job.default_environment());
    for (path, environments) in charts {
        let files = helm::merged(environments, default.as_deref(), &mut diagnostics);
        written.insert(path, files);
    }
    console.report(&Sources::new(), &diagnostics);
    runs.retain_mut(|(job, outcome)| {
        if !job.shares_chart {
            return true;
        }
        match written.remove(&job.path()) {
            Some(files) => {
                outcome.compiled.files = files;
                true
            }
            None => false,
        }
    });
    !any_error(&diagnostics)
}

/// Compiles each environment, reports the diagnostics, and saves the state of commands. Returns nothing if there are
/// errors.
fn compiled(
    jobs: &mut [Job],
    args: &Generate,
    console: &Console,
) -> Result<Option<Vec<Compilation>>, Failure> {
    if let Some(findings) = denied_before_commands(jobs, args) {
        findings.show(console);
        return Ok(None);
    }
    let mut compiled = compile_all(jobs, args, console)?;
    for outcome in &compiled {
        outcome.detail(console);
    }
    let has_errors = |outcome: &Compilation| any_error(&outcome.compiled.diagnostics);
    let are_wrong: Vec<bool> = compiled.iter().map(has_errors).collect();
    let fails = report(jobs, &mut compiled, console);
    // A denied warning changes nothing about the commands that have run.
    for ((job, outcome), is_wrong) in jobs.iter().zip(&compiled).zip(are_wrong) {
        if !args.is_look() && !is_wrong {
            outcome.save_state(&job.project.gates, args.prune, console)?;
        }
    }
    Ok((!fails).then_some(compiled))
}

/// Compiles each environment, and large ones two at a time: a single one does not keep all processors busy.
fn compile_all(
    jobs: &mut [Job],
    args: &Generate,
    console: &Console,
) -> Result<Vec<Compilation>, Failure> {
    let mut compiled = Vec::new();
    for pair in jobs.chunks_mut(2) {
        match pair {
            [first, second] if first.is_silent() && second.is_silent() => {
                let is_large = first.request.texts.specs.len() >= parallel::ENOUGH;
                let (first, second) = parallel::both(
                    is_large,
                    || first.compile(args, console),
                    || second.compile(args, console),
                );
                compiled.extend([first?, second?]);
            }
            _ => {
                for job in pair {
                    compiled.push(job.compile(args, console)?);
                }
            }
        }
    }
    Ok(compiled)
}

/// Reports the diagnostics of all environments with their levels. Returns whether there are errors.
fn report(jobs: &[Job], compiled: &mut [Compilation], console: &Console) -> bool {
    for (job, outcome) in jobs.iter().zip(compiled.iter_mut()) {
        let diagnostics = &mut outcome.compiled.diagnostics;
        sort(diagnostics);
        *diagnostics = job.levels.apply(std::mem::take(diagnostics));
    }
    let chains: Vec<Vec<String>> = jobs.iter().filter_map(Job::chain).collect();
    if let [outcome] = compiled {
        let found = &mut outcome.compiled;
        retain_unused(&mut found.diagnostics, &found.sources, &chains);
        console.report(&found.sources, &found.diagnostics);
        console.note_incomplete(&found.sources, &found.incomplete);
        return any_error(&found.diagnostics);
    }
    let (mut merged, mut incomplete) = (Merged::default(), BTreeSet::new());
    for (job, outcome) in jobs.iter().zip(compiled.iter()) {
        let found = &outcome.compiled;
        let ids = merged.add(&found.sources, job.mark(found.diagnostics.clone()));
        incomplete.extend(found.incomplete.iter().map(|id| ids.id(*id)));
    }
    merged.finish();
    retain_unused(&mut merged.diagnostics, &merged.sources, &chains);
    console.report(&merged.sources, &merged.diagnostics);
    let incomplete: Vec<SourceId> = incomplete.into_iter().collect();
    console.note_incomplete(&merged.sources, &incomplete);
    any_error(&merged.diagnostics)
}

/// The diagnostics of the input, if provisioner commands would run and there is an error in any environment: their
/// effects cannot be undone. With a single environment, no command runs after an error anyway, unless levels make it
/// one.
fn denied_before_commands(jobs: &[Job], args: &Generate) -> Option<RunFindings> {
    let mut runs = jobs.iter().map(|job| job.request.compiler.has_commands());
    let is_deciding = jobs.len() > 1 || jobs.iter().any(|job| job.levels.deny());
    if args.is_look() || !is_deciding || !runs.any(|runs| runs) {
        return None;
    }
    let findings = RunFindings::merged(jobs.iter().map(Job::checked).collect());
    any_error(&findings.diagnostics).then_some(findings)
}

/// Prints the notes of provisioners.
fn tell(run: crate::output::rendering::Rendering, console: &Console) {
    for (uid, provisioned) in &run.compiled.resolved {
        if let Some(notes) = provisioned.notes() {
            let notes = written(notes, run.target, &run.compiled.app, &redacted);
            console.tell(uid, &notes);
        }
    }
}
