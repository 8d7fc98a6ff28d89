//! `score-rs generate`.

mod next;
mod save;
mod without_effect;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use score_compiler::kubernetes::{ObjectFormat, Profile, SecretsMode};
use score_compiler::{Compose, Helm, Kubernetes, ProjectKey, Rendered, Target};
use score_spec::diagnostic::any_error;

use crate::args::Generate;
use crate::commands::state::external::{self, Compilation, Purpose};
use crate::commands::{Outcome, validate};
use crate::host::disk::Disk;
use crate::host::{
    Gate, Gates, LOCK_FILE, OWN_FOLDER, PROJECT_FILE, Shared, folder_of, key, relative,
    require_untracked, state_file,
};
use crate::input::inputs::{Prepared, Request, options, prepare};
use crate::input::project::Project;
use crate::output::destination::Destination;
use crate::output::file::{Output, Permission};
use crate::output::rendering::{ENV_FILE, Rendering, bytes, compose_folder, needs_key};
use crate::output::write::Changes;
use crate::output::{check, exposed, folder};
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::human::count;
use crate::report::levels::Levels;
use crate::report::output_text::{redacted, written};
use save::saved;
use without_effect::without_effect;

/// Compiles the workloads and writes the output, or compares it with existing files.
pub(crate) fn run(args: &Generate, console: &Console) -> Result<Outcome, Failure> {
    let mut prepared = prepare(&args.inputs, args.target.target.as_slice(), console)?;
    with_options(&mut prepared, args)?;
    let target = prepared.request.target;
    let destination = destination(target, args, &prepared.project.gates)?;
    let levels = prepared.levels(args.levels.rules());
    if prepared.is_broken() {
        return Ok(validate::report_broken(prepared, &levels, console));
    }
    require_no_state(&destination, args, &prepared.project.gates)?;
    let mut permission = permission(&prepared, args);
    let Prepared {
        request,
        disk,
        mut project,
        ..
    } = prepared;
    let is_look = args.is_look();
    let disk = disk.with_key_made(!is_look);
    let compiled = compile(request, &disk, &mut project, (args, &levels), console)?;
    let Some(outcome) = compiled else {
        return Ok(Outcome::Errors);
    };
    for identity in disk.sources() {
        let protected = permission.protected.entry(identity);
        protected.or_insert("a file used by a Score file of this run");
    }
    // Saving the state replaces its file, so the identity that was protected before is outdated.
    protect_state(&mut permission, args, &project.gates);
    let run = Rendering {
        compiled: &outcome.compiled,
        target,
        gates: &project.gates,
        destination: &destination,
        permission: &permission,
        env_file: env_file(target, args),
    };
    if is_look {
        let is_stale = check::run(run, args.diff, console)?;
        let fails = is_stale && args.check;
        return Ok(if fails { Outcome::Stale } else { Outcome::Fine });
    }
    write(run, &project, args, console)?;
    tell(run.compiled, target, console);
    for line in next::steps(run, args) {
        console.advise(&line);
    }
    // The process ends now, and to free each value of a large project takes a tenth of a run.
    std::mem::forget(outcome.compiled);
    Ok(Outcome::Fine)
}

/// Compiles, reports the diagnostics, and saves the state of commands. Returns nothing if there are errors.
fn compile(
    request: Request,
    disk: &Disk,
    project: &mut Project,
    (args, levels): (&Generate, &Levels),
    console: &Console,
) -> Result<Option<Compilation>, Failure> {
    let purpose = if args.is_look() {
        Purpose::Look
    } else {
        Purpose::Make
    };
    if purpose == Purpose::Make
        && let Some(mut denied) = denied_before_commands(&request, disk, project, levels)
    {
        denied.report(Vec::new(), levels, console);
        return Ok(None);
    }
    let options = (&args.external, purpose, args.prune);
    let mut outcome = external::run(disk, request, &project.gates, options, console)?;
    let findings = std::mem::take(&mut project.diagnostics);
    let has_errors = any_error(&findings) || any_error(&outcome.compiled.diagnostics);
    let reported = outcome.report(findings, levels, console);
    // A denied warning changes nothing about the commands that have run.
    if purpose == Purpose::Make && !has_errors {
        outcome.save_state(&project.gates, args.prune, console)?;
    }
    Ok((reported == Outcome::Fine).then_some(outcome))
}

/// The diagnostics of an input that levels deny, if provisioner commands would run: their effects cannot be
/// undone.
fn denied_before_commands(
    request: &Request,
    disk: &Disk,
    project: &Project,
    levels: &Levels,
) -> Option<Compilation> {
    if !levels.deny() || !request.compiler.has_commands() {
        return None;
    }
    let mut checked = request.clone().check_target(disk);
    checked.diagnostics.extend(project.diagnostics.clone());
    checked.diagnostics = levels.apply(checked.diagnostics);
    any_error(&checked.diagnostics).then(|| Compilation::from(checked))
}

/// The destination selected by the options.
fn destination(
    target: &dyn Target,
    args: &Generate,
    gates: &Gates,
) -> Result<Destination, Failure> {
    let output = args.output_dir.as_ref().or(args.output.as_ref());
    let output = output.cloned();
    let output = output.unwrap_or_else(|| PathBuf::from(target.default_output()));
    let is_stream = args.output_dir.is_none() && output.as_os_str() == "-";
    if !target.is_folder() {
        return Ok(match (args.output_dir.is_some(), is_stream) {
            (true, _) => Destination::Objects(output),
            (_, true) => Destination::Stream,
            (_, false) => Destination::File(output),
        });
    }
    if is_stream {
        let problem = "a chart is a folder and cannot be written to standard output";
        return Err(Failure::new(problem).help(
            "name a folder with `-o FOLDER`; `-t kubernetes -o -` prints the objects of the chart",
        ));
    }
    folder::open(gates, &output).map_err(|failure| {
        failure.help("a chart is a folder; choose another one with `-o FOLDER`")
    })?;
    Ok(if args.chart.package {
        Destination::Packages(output)
    } else {
        Destination::Charts(output)
    })
}

/// The path of the env file to extend, if the target writes environment variables there.
fn env_file<'a>(target: &dyn Target, args: &'a Generate) -> Option<&'a Path> {
    let path = args.inputs.env_file.as_deref();
    path.filter(|_| !target.needs().reads_environment && !target.is_folder())
}

/// Prints the notes of provisioners.
fn tell(compiled: &Rendered, target: &dyn Target, console: &Console) {
    for (uid, provisioned) in &compiled.resolved {
        if let Some(notes) = provisioned.notes() {
            let notes = written(notes, target, &compiled.app, &redacted);
            console.tell(uid, &notes);
        }
    }
}

/// Applies the options that only `generate` has.
fn with_options(prepared: &mut Prepared, args: &Generate) -> Result<(), Failure> {
    let target = prepared.request.target;
    if let (Some(output), "compose") = (&args.output, target.name()) {
        require_text(output)?;
    }
    if target.name() == "compose" && args.output_dir.is_some() {
        return Err(Failure::new("Compose uses a single file, not a folder")
            .help("use `--output`, or add `--target kubernetes`"));
    }
    let request = &mut prepared.request;
    request.texts.published = options("--publish", &args.publish);
    if let Some(name) = &args.project_name {
        let compiler = std::mem::take(&mut request.compiler);
        request.compiler = compiler.with_project_name(name);
    }
    request.with_options = target_of(target.name(), args);
    let diagnostics = &mut prepared.project.diagnostics;
    diagnostics.extend(without_effect(args, target));
    Ok(())
}

/// The target, configured with the options of the run.
fn target_of(name: &str, args: &Generate) -> Option<Rc<dyn Target>> {
    let output = args.output.as_deref();
    match name {
        "compose" => Some(Rc::new(Compose {
            working_folder: output.and_then(back_from),
            folder: output.and_then(compose_folder),
            ..Compose::default()
        })),
        "kubernetes" => Some(Rc::new(Kubernetes {
            files: args.output_dir.is_some(),
            ..objects(args)
        })),
        "helm" => {
            let chart = args.chart.clone();
            Some(Rc::new(Helm {
                objects: objects(args),
                name: chart.chart_name,
                version: chart.chart_version,
                app_version: chart.app_version,
                per_workload: chart.chart_per_workload,
                ..Helm::default()
            }))
        }
        _ => None,
    }
}

/// The options for Kubernetes objects.
fn objects(args: &Generate) -> Kubernetes {
    Kubernetes {
        namespace: args.namespace.clone(),
        generate_namespace: args.generate_namespace,
        profile: args.profile.as_deref().and_then(Profile::named),
        secrets: args.secrets.as_deref().and_then(SecretsMode::named),
        format: args.format.as_deref().and_then(ObjectFormat::named),
        ..Kubernetes::default()
    }
}

/// Rejects an output file of Compose whose name is not valid UTF-8: `compose.yaml` contains the
/// name of the folder of its files, which is derived from the name of the output and must not be
/// shared with another output.
fn require_text(output: &Path) -> Result<(), Failure> {
    match output.file_name().map(OsStr::to_str) {
        None | Some(Some(_)) => Ok(()),
        Some(None) => {
            let output = output.display();
            let problem = format!("the name of the output `{output}` is not UTF-8");
            Err(Failure::new(problem).help("use another file name with `-o`"))
        }
    }
}

/// The relative path from the folder of an output to the working folder, if they differ.
fn back_from(output: &Path) -> Option<String> {
    let folder = folder_of(output);
    if output.as_os_str() == "-" || folder.as_os_str().is_empty() {
        return None;
    }
    let (from, to) = (fs::canonicalize(folder).ok()?, fs::canonicalize(".").ok()?);
    let path = relative(&from, &to);
    let parts = path.iter().map(OsStr::to_str).collect::<Option<Vec<_>>>();
    Some(parts?.join("/")).filter(|path| !path.is_empty())
}

/// The permission to replace files. Inputs of the run are never replaced, and files that score-rs
/// did not write are replaced only with `--force`.
fn permission(prepared: &Prepared, args: &Generate) -> Permission {
    let gates = &prepared.project.gates;
    let mut permission = Permission {
        force: args.force,
        ..Permission::default()
    };
    let mut protect = |path: &Path, what: &'static str| {
        let located = gates.locate(path).ok();
        let identity = located.and_then(|it| it.folder.identity(it.name?));
        if let Some(identity) = identity {
            permission.protected.entry(identity).or_insert(what);
        }
    };
    for path in prepared.files.iter().flatten() {
        protect(path, "a Score file of this run");
    }
    let request = &prepared.request;
    for id in request
        .compiler
        .provisioners()
        .iter()
        .flat_map(|it| &it.files)
    {
        let name = &request.compiler.sources().get(*id).name;
        protect(Path::new(name), "a provisioner file of this run");
    }
    for (_, text) in &request.texts.overrides {
        protect(Path::new(&text.name), "an overrides file of this run");
    }
    if let Some(path) = &args.inputs.env_file {
        protect(path, ENV_FILE);
    }
    let root = &prepared.project.root;
    protect(&root.join(PROJECT_FILE), "the project file");
    protect(&root.join(LOCK_FILE), "the lock file");
    protect_state(&mut permission, args, gates);
    permission
}

/// Protects the state file and its lock file.
fn protect_state(permission: &mut Permission, args: &Generate, gates: &Gates) {
    for (folder, name, what) in state_file::files(args.external.state.as_deref(), gates) {
        if let Some(identity) = folder.identity(name) {
            permission.protected.insert(identity, what);
        }
    }
}

/// Rejects outputs at the paths of the state file and its lock file, even if those do not exist
/// yet.
fn require_no_state(
    destination: &Destination,
    args: &Generate,
    gates: &Gates,
) -> Result<(), Failure> {
    let output = match destination {
        Destination::File(path) => Some(path.as_path()),
        _ => None,
    };
    let taken = state_file::files(args.external.state.as_deref(), gates);
    for path in output.into_iter().chain(args.inputs.env_file.as_deref()) {
        let Ok(it) = gates.locate(path) else {
            continue;
        };
        let is_same = |folder: &Shared, name: &OsStr| {
            it.name.as_deref() == Some(name) && it.folder.own_identity() == folder.own_identity()
        };
        let mut taken = taken.iter();
        if let Some((_, _, what)) = taken.find(|(folder, name, _)| is_same(folder, name)) {
            let problem = format!("`{}` is {what} and cannot be an output", path.display());
            return Err(Failure::new(problem).help("choose another file"));
        }
    }
    Ok(())
}

/// Writes the rendered files to their destination.
fn write(
    run: Rendering,
    project: &Project,
    args: &Generate,
    console: &Console,
) -> Result<(), Failure> {
    match run.destination {
        Destination::Stream => {
            print(run.compiled, &run.gates.project, console)?;
            if args.save {
                console.note("`--save` has an effect only with `-o FILE`");
            }
            if run.env_file.is_some() {
                console.note("the env file is written only with `-o FILE`");
            }
        }
        Destination::File(_) => {
            let project_file = if args.save {
                saved(run.compiled, project, args, console)?
            } else {
                None
            };
            write_files(run, project_file, console)?;
        }
        Destination::Objects(path) | Destination::Charts(path) | Destination::Packages(path) => {
            let key = key_for(run, console)?;
            let plan = |folder: &Shared| {
                let files = &run.compiled.files;
                let plan = run.destination.plan(files, key.as_ref(), Some(folder))?;
                Ok(plan.unwrap_or_default())
            };
            let (changed, name) = folder::apply(run.gates, path, run.permission, plan)?;
            console.done(&summary(run.compiled, changed, &name));
        }
    }
    if let Some(note) = exposed::note(run) {
        console.note(&note);
    }
    Ok(())
}

/// Prints the main file. No file is written.
fn print(compiled: &Rendered, project: &Gate, console: &Console) -> Result<(), Failure> {
    let (main, beside): (Vec<_>, Vec<_>) =
        compiled.files.iter().partition(|file| file.path.is_none());
    let needs_key = main.iter().any(|file| needs_key(file));
    let key = needs_key.then(|| key::need(project)).transpose()?;
    for file in main {
        console::result(&bytes(file, key.as_ref()))?;
    }
    if !beside.is_empty() {
        let are = if beside.len() == 1 { "is" } else { "are" };
        let files = count(beside.len(), "file");
        console.note(&format!(
            "{files} that the output refers to {are} written only with `-o FILE`"
        ));
    }
    Ok(())
}

/// Writes all files of a run and the project file, if it changes, and reports them.
fn write_files(
    run: Rendering,
    project_file: Option<Output>,
    console: &Console,
) -> Result<(), Failure> {
    // Reject an output that cannot be written before a project key is created.
    run.main()?.check(run.permission)?;
    let named = run.env_file()?.into_iter().chain(project_file);
    let mut outputs: Vec<Output> = named.collect();
    let number = outputs.len();
    let mut paths = run.compiled.files.iter().filter_map(|it| it.path.as_ref());
    if paths.any(|path| Path::new(path).starts_with(OWN_FOLDER)) {
        require_untracked(run.destination.folder())?;
    }
    let key = key_for(run, console)?;
    outputs.extend(run.files(key.as_ref())?);
    let mut changes = Changes::from(outputs);
    let locks = changes.lock()?;
    changes.stale = run.left_over(&changes.outputs)?;
    let written = changes.apply_locked(&locks, run.permission)?;
    drop(locks);
    for (output, changed) in changes.outputs.iter().zip(&written) {
        if output.is_private() {
            let path = output.shown();
            let path = path.display();
            console.detail(&format!("{} {path}", verb(*changed)));
        }
    }
    for output in &changes.outputs[..number] {
        console.done(&format!("wrote {}", output.shown().display()));
    }
    let any = written.contains(&true);
    console.done(&summary(run.compiled, any, run.destination.path()));
    Ok(())
}

/// The project key, if a file contains secrets.
fn key_for(run: Rendering, console: &Console) -> Result<Option<ProjectKey>, Failure> {
    let needed = run.needs_key();
    let key = needed.then(|| key::find_or_create(&run.gates.project, console));
    key.transpose()
}

/// A one-line summary.
fn summary(compiled: &Rendered, changed: bool, output: &Path) -> String {
    let workloads = count(compiled.project.workloads.len(), "workload");
    let resources = count(compiled.project.resources.len(), "resource");
    let output = output.display();
    format!("{} {output}: {workloads}, {resources}", verb(changed))
}

fn verb(changed: bool) -> &'static str {
    if changed { "wrote" } else { "unchanged" }
}
