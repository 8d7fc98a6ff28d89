//! `score-rs generate`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use indexmap::IndexSet;

use score_compiler::{
    Compiled, ObjectFormat, OutputContent, OutputFile, Profile, ProjectKey, Provisioned,
    SecretsMode, Target,
};
use score_spec::{diagnostic::any_error, diagnostic::sort};

use crate::args::Generate;
use crate::console::{self, Console};
use crate::disk::OWN_FOLDER;
use crate::failure::Failure;
use crate::inputs::{Prepared, options, prepare};
use crate::keep::kept;
use crate::output::{redacted, written};
use crate::place::Place;
use crate::report::count;
use crate::without_effect::without_effect;
use crate::write::{Output, folder_of, is_absent, is_folder, lock, mode, own_folder, sweep, write};
use crate::{Outcome, compare, env_file, exposed, external, key, validate};

/// Compiles, and writes what comes out.
pub(crate) fn run(args: &Generate, console: &Console) -> Result<Outcome, Failure> {
    let mut prepared = prepare(&args.inputs, console)?;
    with_options(&mut prepared, args)?;
    let place = Place::of(prepared.target, args)?;
    if prepared.is_broken() {
        let findings = validate::findings(prepared);
        console.report(&findings.sources, &findings.diagnostics);
        return Ok(Outcome::Errors);
    }
    let Prepared {
        request,
        target,
        disk,
        mut project,
        ..
    } = prepared;
    let options = (&args.external, args.prune);
    let mut outcome = external::run(&disk, request, &project.root, options, console)?;
    let compiled = &mut outcome.compiled;
    compiled.diagnostics.append(&mut project.diagnostics);
    sort(&mut compiled.diagnostics);
    console.report(&compiled.sources, &compiled.diagnostics);
    if any_error(&compiled.diagnostics) {
        return Ok(Outcome::Errors);
    }
    if args.check || args.diff {
        return compare::run(compiled, target, &project.root, &place, args, console);
    }
    outcome.keep(args.prune, console)?;
    let compiled = &mut outcome.compiled;
    let exposed = exposed::note(compiled, &place);
    match &place {
        Place::Stream => {
            print(compiled, &project.root, console)?;
            if args.save {
                console.note("`--save` has an effect only with `-o FILE`");
            }
            if env_file(target, args).is_some() {
                console.note("the env file is written only with `-o FILE`");
            }
        }
        Place::File(output) => {
            let env_file = env_file(target, args);
            let kept = if args.save {
                kept(compiled, &project, args, console)?
            } else {
                None
            };
            let beside = Beside { env_file, kept };
            save(compiled, target, &project.root, output, beside, console)?;
        }
        Place::Objects(_) | Place::Charts(_) | Place::Packages(_) => {
            let key = key_for(compiled, &project.root, console)?;
            let files = std::mem::take(&mut compiled.files);
            if let Some(change) = place.change(files, key.as_ref())? {
                let changed = change.apply()?;
                console.done(&summary(compiled, changed, &change.name()));
            }
        }
    }
    if let Some(note) = exposed {
        console.note(&note);
    }
    tell(compiled, target, console);
    // The process ends, and the system takes all memory back at once.
    std::mem::forget(outcome);
    Ok(Outcome::Fine)
}

/// The env file that the target has lines added to, if it is one of those that do.
pub(crate) fn env_file<'a>(target: &Target, args: &'a Generate) -> Option<&'a Path> {
    let path = args.inputs.env_file.as_deref();
    path.filter(|_| !target.reads_environment && !target.folder)
}

/// Says what provisioners tell the user.
fn tell(compiled: &Compiled, target: &Target, console: &Console) {
    for (uid, provisioned) in &compiled.resolved {
        if let Some(notes) = provisioned.notes() {
            let notes = written(notes, target, &compiled.app, &redacted);
            console.tell(uid, &notes);
        }
    }
}

/// Adds the options that only this command has.
fn with_options(prepared: &mut Prepared, args: &Generate) -> Result<(), Failure> {
    let request = &mut prepared.request;
    request.published = options(&mut request.sources, "--publish", &args.publish);
    let name = args.project_name.as_ref();
    request.render.project = name.or(request.settings.name.as_ref()).cloned();
    request.render.namespace.clone_from(&args.namespace);
    request.render.generate_namespace = args.generate_namespace;
    request.render.working_folder = args.output.as_deref().and_then(back_from);
    let options = &mut request.render.kubernetes;
    let named = |name: &Option<String>| name.as_deref().and_then(Profile::named);
    options.profile = named(&args.profile).or(options.profile);
    if let Some(mode) = args.secrets.as_deref().and_then(SecretsMode::named) {
        options.secrets = mode;
    }
    if let Some(format) = args.format.as_deref().and_then(ObjectFormat::named) {
        options.format = format;
    }
    let target = prepared.target;
    options.files = args.output_dir.is_some() && !target.folder;
    let chart = &mut request.render.helm;
    let given = &args.chart;
    for (option, value) in [
        (&mut chart.name, &given.chart_name),
        (&mut chart.version, &given.chart_version),
        (&mut chart.app_version, &given.app_version),
    ] {
        if value.is_some() {
            option.clone_from(value);
        }
    }
    chart.per_workload = given.chart_per_workload;
    if target.name == "compose" && args.output_dir.is_some() {
        return Err(
            Failure::new("Compose reads one file, not a folder of files")
                .help("use `--output`, or add `--target kubernetes`"),
        );
    }
    let diagnostics = &mut prepared.project.diagnostics;
    diagnostics.extend(without_effect(args, target));
    Ok(())
}

/// The way back from the folder of an output to the working folder, if they differ.
fn back_from(output: &Path) -> Option<String> {
    let folder = folder_of(output);
    if output.as_os_str() == "-" || folder.as_os_str().is_empty() {
        return None;
    }
    let (from, to) = (fs::canonicalize(folder).ok()?, fs::canonicalize(".").ok()?);
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..");
    let down: Vec<_> = to.components().skip(shared).collect();
    let down = down.iter().map(|part| part.as_os_str().to_str());
    let way: Option<Vec<&str>> = up.map(Some).chain(down).collect();
    Some(way?.join("/")).filter(|way| !way.is_empty())
}

/// Prints the main file. Nothing is written to disk.
fn print(compiled: &Compiled, root: &Path, console: &Console) -> Result<(), Failure> {
    let (main, beside): (Vec<_>, Vec<_>) =
        compiled.files.iter().partition(|file| file.path.is_none());
    let key = if main.iter().any(|file| needs_key(file)) {
        Some(key::need(root)?)
    } else {
        None
    };
    for file in main {
        console::result(&bytes(file, key.as_ref()))?;
    }
    if !beside.is_empty() {
        let (refers, are) = match beside.len() {
            1 => ("1 file that the output refers to".to_owned(), "is"),
            number => (format!("{number} files that the output refers to"), "are"),
        };
        console.note(&format!("{refers} {are} written only with `-o FILE`"));
    }
    Ok(())
}

/// What is written beside the rendered files.
#[derive(Debug)]
struct Beside<'a> {
    /// The env file to merge into.
    env_file: Option<&'a Path>,
    /// The project file, if it changes.
    kept: Option<Output>,
}

/// Writes all files, and says so.
fn save(
    compiled: &Compiled,
    target: &Target,
    root: &Path,
    output: &Path,
    beside: Beside,
    console: &Console,
) -> Result<(), Failure> {
    // This finds an output that cannot be written before anything else is.
    Output::named(output, Vec::new(), 0)?;
    let mut outputs = Vec::with_capacity(compiled.files.len() + 2);
    if let Some(path) = beside.env_file {
        outputs.extend(merged(compiled, path)?);
    }
    outputs.extend(beside.kept);
    let named = outputs.len();
    let key = key_for(compiled, root, console)?;
    let folder = folder_of(output);
    outputs.extend(rendered(compiled, output, key.as_ref())?);
    if outputs.iter().any(Output::is_own) {
        own_folder(folder)?;
    }
    let lock = lock(folder);
    let beside = folder.join(OWN_FOLDER).join("compose");
    let had_files = !is_absent(&beside);
    let changed = write(&outputs)?;
    if target.name == "compose" && had_files {
        let keep = outputs.iter().map(|output| output.path.as_path()).collect();
        clean(&beside, &keep)?;
    }
    drop(lock);
    for (output, changed) in outputs.iter().zip(&changed) {
        if output.is_own() {
            console.detail(&format!("{} {}", verb(*changed), output.name()));
        }
    }
    for output in &outputs[..named] {
        console.done(&format!("wrote {}", output.name()));
    }
    let any = changed.contains(&true);
    console.done(&summary(compiled, any, output));
    Ok(())
}

/// The project key, if a file needs it.
fn key_for(
    compiled: &Compiled,
    root: &Path,
    console: &Console,
) -> Result<Option<ProjectKey>, Failure> {
    let needed = compiled.files.iter().any(needs_key);
    needed
        .then(|| key::find_or_create(root, console))
        .transpose()
}

/// What was done, in a line.
fn summary(compiled: &Compiled, changed: bool, output: &Path) -> String {
    let workloads = count(compiled.project.workloads.len(), "workload");
    let resources = count(compiled.project.resources.len(), "resource");
    let output = output.display();
    format!("{} {output}: {workloads}, {resources}", verb(changed))
}

fn verb(changed: bool) -> &'static str {
    if changed { "wrote" } else { "unchanged" }
}

/// The rendered files, the main one last.
pub(crate) fn rendered(
    compiled: &Compiled,
    output: &Path,
    key: Option<&ProjectKey>,
) -> Result<Vec<Output>, Failure> {
    let folder = folder_of(output);
    let mut outputs = Vec::with_capacity(compiled.files.len());
    let (main, beside): (Vec<_>, Vec<_>) =
        compiled.files.iter().partition(|file| file.path.is_none());
    for file in beside {
        let path = file.path.as_deref().unwrap_or_default();
        if Path::new(path).starts_with(OWN_FOLDER) {
            outputs.push(Output::own(folder, path, bytes(file, key), file.mode));
            continue;
        }
        if output.file_name() == Some(OsStr::new(path)) {
            let problem = format!("`{path}` is the name of the file of secrets, too");
            return Err(Failure::new(problem).help("give the output another name"));
        }
        let path = folder.join(path);
        outputs.push(Output::named(&path, bytes(file, key), file.mode)?);
    }
    for file in main {
        let known = fs::metadata(output).ok().and_then(|known| mode(&known));
        let mode = if is_secret(file) {
            // Whatever the target says, nobody else has to read it.
            0o600
        } else {
            known.unwrap_or(file.mode)
        };
        outputs.push(Output::named(output, bytes(file, key), mode)?);
    }
    Ok(outputs)
}

/// The env file with a line for each variable that the project needs, if it lacks any.
pub(crate) fn merged(compiled: &Compiled, path: &Path) -> Result<Option<Output>, Failure> {
    let resolved = compiled.resolved.values();
    let names: BTreeSet<String> = resolved.flat_map(Provisioned::variables).collect();
    let known = env_file::read(path)?;
    let names = names.iter().map(String::as_str);
    let Some(text) = env_file::merge(known.as_deref().unwrap_or_default(), names) else {
        return Ok(None);
    };
    let mode = fs::metadata(path).ok().and_then(|known| mode(&known));
    let output = Output::named(path, text.into_bytes(), mode.unwrap_or(0o600))?;
    Ok(Some(output))
}

/// Removes what earlier runs wrote beside the output and this one did not.
fn clean(beside: &Path, keep: &IndexSet<&Path>) -> Result<(), Failure> {
    if is_folder(folder_of(beside)) {
        sweep(beside, keep).map_err(|error| Failure::write(beside, &error))?;
    }
    Ok(())
}

fn is_secret(file: &OutputFile) -> bool {
    match &file.content {
        OutputContent::Text(text) => text.is_secret(),
        OutputContent::Binary(_) => false,
    }
}

/// Whether the file cannot be made without the project key.
pub(crate) fn needs_key(file: &OutputFile) -> bool {
    match &file.content {
        OutputContent::Text(text) => text.needs_key(),
        OutputContent::Binary(_) => false,
    }
}

/// The content with its secrets made. There is a key if one is needed.
pub(crate) fn bytes(file: &OutputFile, key: Option<&ProjectKey>) -> Vec<u8> {
    match &file.content {
        OutputContent::Text(text) => text.reveal(key).into_bytes(),
        OutputContent::Binary(bytes) => bytes.clone(),
    }
}

/// The same; a content without secrets is not copied.
pub(crate) fn into_bytes(file: OutputFile, key: Option<&ProjectKey>) -> Vec<u8> {
    match file.content {
        OutputContent::Text(text) => text.into_revealed(key).into_bytes(),
        OutputContent::Binary(bytes) => bytes,
    }
}
