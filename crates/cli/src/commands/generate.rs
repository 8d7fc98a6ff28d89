//! `score-rs generate`.

mod save;
mod without_effect;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use score_compiler::{
    Compose, Helm, Kubernetes, ObjectFormat, OutputContent, OutputFile, Profile, ProjectKey,
    Provisioned, Rendered, SecretsMode, Target,
};
use score_spec::{diagnostic::any_error, diagnostic::sort};

use crate::Outcome;
use crate::args::Generate;
use crate::commands::state::external::{self, Purpose};
use crate::commands::validate;
use crate::host::disk::OWN_FOLDER;
use crate::host::env_file;
use crate::host::key;
use crate::host::state_file;
use crate::host::{
    Gate, Gates, Located, Shared, is_missing, is_outside, relative, require_untracked,
};
use crate::input::inputs::{Prepared, options, prepare};
use crate::input::project::PROJECT_FILE;
use crate::output::check;
use crate::output::destination::Destination;
use crate::output::exposed;
use crate::output::folder;
use crate::output::write::{Changes, Locks, Output, Permission, Rule, folder_of, left_over};
use crate::packages::LOCK_FILE;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;
use crate::report::human::count;
use crate::report::output_text::{redacted, written};
use save::saved;
use without_effect::without_effect;

/// What messages call the file of `--env-file`.
const ENV_FILE: &str = "the env file";

/// The name of the default output of Compose.
const DEFAULT_COMPOSE: &str = "compose.yaml";

/// Compiles, and writes what comes out.
pub(crate) fn run(args: &Generate, console: &Console) -> Result<Outcome, Failure> {
    let mut prepared = prepare(&args.inputs, console)?;
    with_options(&mut prepared, args)?;
    let destination = Destination::of(prepared.target, args, &prepared.project.gates)?;
    if prepared.is_broken() {
        let findings = validate::findings(prepared);
        console.report(&findings.sources, &findings.diagnostics);
        return Ok(Outcome::Errors);
    }
    require_no_state(&destination, args, &prepared.project.gates)?;
    let mut permission = permission(&prepared, args);
    let Prepared {
        request,
        target,
        disk,
        mut project,
        ..
    } = prepared;
    let gates = &project.gates;
    let purpose = if args.check || args.diff {
        Purpose::Look
    } else {
        Purpose::Make
    };
    let disk = disk.with_key_made(purpose == Purpose::Make);
    let options = (&args.external, purpose, args.prune);
    let mut outcome = external::run(&disk, request, gates, options, console)?;
    for identity in disk.sources() {
        let protected = permission.protected.entry(identity);
        protected.or_insert("a file that a Score file of this run names");
    }
    let compiled = &mut outcome.compiled;
    compiled.diagnostics.append(&mut project.diagnostics);
    sort(&mut compiled.diagnostics);
    console.report(&compiled.sources, &compiled.diagnostics);
    if any_error(&compiled.diagnostics) {
        return Ok(Outcome::Errors);
    }
    if args.check || args.diff {
        return check::run(
            compiled,
            target,
            &project.gates,
            &destination,
            (args, &permission),
            console,
        );
    }
    outcome.save_state(&project.gates, args.prune, console)?;
    protect_state(&mut permission, args, &project.gates);
    let compiled = &mut outcome.compiled;
    match &destination {
        Destination::Stream => {
            print(compiled, &project.gates.project, console)?;
            if args.save {
                console.note("`--save` has an effect only with `-o FILE`");
            }
            if env_file(target, args).is_some() {
                console.note("the env file is written only with `-o FILE`");
            }
        }
        Destination::File(output) => {
            let env_file = env_file(target, args);
            let saved = if args.save {
                saved(compiled, &project, args, console)?
            } else {
                None
            };
            let beside = Beside { env_file, saved };
            let files = Files {
                compiled,
                target,
                gates: &project.gates,
                output,
            };
            files.save(beside, &permission, console)?;
        }
        Destination::Objects(path) | Destination::Charts(path) | Destination::Packages(path) => {
            let key = key_for(compiled, &project.gates.project, console)?;
            let plan = |folder: Option<&Shared>| {
                let plan = destination.plan(&compiled.files, key.as_ref(), folder)?;
                Ok(plan.unwrap_or_default())
            };
            let (changed, name) = folder::apply(&project.gates, path, &permission, plan)?;
            console.done(&summary(compiled, changed, &name));
        }
    }
    if let Some(note) = exposed::note(compiled, &destination, &project.gates) {
        console.note(&note);
    }
    tell(compiled, target, console);
    // The process ends, and the system takes all memory back at once.
    std::mem::forget(outcome);
    Ok(Outcome::Fine)
}

/// The env file that the target has lines added to, if it is one of those that do.
pub(crate) fn env_file<'a>(target: &dyn Target, args: &'a Generate) -> Option<&'a Path> {
    let path = args.inputs.env_file.as_deref();
    path.filter(|_| !target.needs().reads_environment && !target.is_folder())
}

/// Says what provisioners tell the user.
fn tell(compiled: &Rendered, target: &dyn Target, console: &Console) {
    for (uid, provisioned) in &compiled.resolved {
        if let Some(notes) = provisioned.notes() {
            let notes = written(notes, target, &compiled.app, &redacted);
            console.tell(uid, &notes);
        }
    }
}

/// Adds the options that only this command has.
fn with_options(prepared: &mut Prepared, args: &Generate) -> Result<(), Failure> {
    let target = prepared.target;
    if let (Some(output), "compose") = (&args.output, target.name()) {
        require_text(output)?;
    }
    let request = &mut prepared.request;
    request.texts.published = options("--publish", &args.publish);
    if let Some(name) = &args.project_name {
        let compiler = std::mem::take(&mut request.compiler);
        request.compiler = compiler.with_project_name(name);
    }
    request.with_options = target_of(target.name(), args);
    if target.name() == "compose" && args.output_dir.is_some() {
        return Err(
            Failure::new("Compose reads one file, not a folder of files")
                .help("use `--output`, or add `--target kubernetes`"),
        );
    }
    let diagnostics = &mut prepared.project.diagnostics;
    diagnostics.extend(without_effect(args, target));
    Ok(())
}

/// The target with the options of the run.
fn target_of(name: &str, args: &Generate) -> Option<Rc<dyn Target>> {
    let output = args.output.as_deref();
    match name {
        "compose" => Some(Rc::new(Compose {
            working_folder: output.and_then(back_from),
            folder: output.and_then(private_folder),
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

/// The options of Kubernetes objects.
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

/// Refuses an output of Compose whose name is no text. Compose files are text, and refer to files in a
/// folder with that name, which must be that of no other output.
fn require_text(output: &Path) -> Result<(), Failure> {
    if output
        .file_name()
        .is_none_or(|name| name.to_str().is_some())
    {
        return Ok(());
    }
    let problem = format!("the name of the output `{}` is not UTF-8", output.display());
    Err(Failure::new(problem).help("name another file with `-o`"))
}

/// The way back from the folder of an output to the working folder, if they differ.
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

/// The folder, in the own one of score-rs, of the files that an output refers to, if it is not that of
/// the default output. So outputs beside each other keep theirs.
fn private_folder(output: &Path) -> Option<String> {
    let name = output.file_name()?.to_str()?;
    (![DEFAULT_COMPOSE, "-"].contains(&name)).then(|| format!("{OWN_FOLDER}/compose-{name}"))
}

/// What the run may replace: nothing that it has read, and what others wrote only by force.
fn permission(prepared: &Prepared, args: &Generate) -> Permission {
    let gates = &prepared.project.gates;
    let mut permission = Permission {
        force: args.force,
        ..Permission::default()
    };
    let mut protect = |path: &Path, what: &'static str| {
        let place = gates.locate(path).ok();
        let identity = place.and_then(|it| it.folder.identity(it.name?));
        if let Some(identity) = identity {
            permission.protected.entry(identity).or_insert(what);
        }
    };
    for path in prepared.files.iter().flatten() {
        protect(path, "a Score file of this run");
    }
    let request = &prepared.request;
    for id in request.compiler.provisioners().iter().flatten() {
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

/// Protects the state and its lock. Once the state is saved it is another file than before.
fn protect_state(permission: &mut Permission, args: &Generate, gates: &Gates) {
    for (folder, name, what) in state_file::places(args.external.state.as_deref(), gates) {
        if let Some(identity) = folder.identity(name) {
            permission.protected.insert(identity, what);
        }
    }
}

/// Refuses files in the places of the state and its lock, which need not be there yet.
fn require_no_state(
    destination: &Destination,
    args: &Generate,
    gates: &Gates,
) -> Result<(), Failure> {
    let output = match destination {
        Destination::File(path) => Some(path.as_path()),
        _ => None,
    };
    let taken = state_file::places(args.external.state.as_deref(), gates);
    for path in output.into_iter().chain(args.inputs.env_file.as_deref()) {
        let Ok(it) = gates.locate(path) else {
            continue;
        };
        let is_same = |(folder, name): (&Shared, &OsStr)| {
            it.name.as_deref() == Some(name) && it.folder.own_identity() == folder.own_identity()
        };
        let found = taken
            .iter()
            .find(|(folder, name, _)| is_same((folder, name)));
        if let Some((_, _, what)) = found {
            let problem = format!("`{}` is {what}, and cannot be an output", path.display());
            return Err(Failure::new(problem).help("choose another file"));
        }
    }
    Ok(())
}

/// Prints the main file. Nothing is written to disk.
fn print(compiled: &Rendered, project: &Gate, console: &Console) -> Result<(), Failure> {
    let (main, beside): (Vec<_>, Vec<_>) =
        compiled.files.iter().partition(|file| file.path.is_none());
    let key = if main.iter().any(|file| needs_key(file)) {
        Some(key::need(project)?)
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
    saved: Option<Output>,
}

/// An output that is a file, with others beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) compiled: &'a Rendered,
    pub(crate) target: &'a dyn Target,
    pub(crate) gates: &'a Gates,
    pub(crate) output: &'a Path,
}

impl Files<'_> {
    /// Writes all files, and says so.
    fn save(
        self,
        beside: Beside,
        permission: &Permission,
        console: &Console,
    ) -> Result<(), Failure> {
        // This finds an output that cannot be written before a key is made.
        self.main(Vec::new(), 0o644)?.check(permission)?;
        let mut outputs = Vec::with_capacity(self.compiled.files.len() + 2);
        if let Some(path) = beside.env_file {
            outputs.extend(merged(self.compiled, path, self.gates, permission)?);
        }
        outputs.extend(beside.saved);
        let named = outputs.len();
        let is_own = |file: &OutputFile| {
            let path = file.path.as_deref();
            path.is_some_and(|path| Path::new(path).starts_with(OWN_FOLDER))
        };
        if self.compiled.files.iter().any(is_own) {
            require_untracked(folder_of(self.output))?;
        }
        let key = key_for(self.compiled, &self.gates.project, console)?;
        outputs.extend(self.rendered(key.as_ref())?);
        let locks = Locks::of_outputs(&outputs)?;
        let changes = Changes {
            stale: self.left_over(&outputs)?,
            outputs,
        };
        let written = changes.apply_locked(&locks, permission)?;
        drop(locks);
        for (output, changed) in changes.outputs.iter().zip(&written) {
            if output.is_private() {
                let path = output.shown();
                let path = path.display();
                console.detail(&format!("{} {path}", verb(*changed)));
            }
        }
        for output in &changes.outputs[..named] {
            console.done(&format!("wrote {}", output.shown().display()));
        }
        let any = written.contains(&true);
        console.done(&summary(self.compiled, any, self.output));
        Ok(())
    }

    /// The rendered files, the main one last.
    pub(crate) fn rendered(self, key: Option<&ProjectKey>) -> Result<Vec<Output>, Failure> {
        let base = self.base()?;
        let folder = folder_of(self.output);
        let mut outputs = Vec::with_capacity(self.compiled.files.len());
        let files = self.compiled.files.iter();
        let (main, beside): (Vec<_>, Vec<_>) = files.partition(|file| file.path.is_none());
        for file in beside {
            let inner = Path::new(file.path.as_deref().unwrap_or_default());
            let bytes = bytes(file, key);
            if inner.starts_with(OWN_FOLDER) {
                let place = (folder, inner);
                let output = Output::below(Some(&base), place, bytes, file.mode, Rule::Private);
                outputs.push(output.hidden_if(file.is_path_hidden));
                continue;
            }
            if self.output.file_name() == Some(inner.as_os_str()) {
                let inner = inner.display();
                let problem = format!("`{inner}` is the name of the file of secrets, too");
                return Err(Failure::new(problem).help("give the output another name"));
            }
            let path = folder.join(inner);
            outputs.push(self.named(&path, bytes, |_| file.mode)?);
        }
        for file in main {
            // Whatever the target says, nobody else has to read secrets.
            let mode = if is_secret(file) { 0o600 } else { file.mode };
            outputs.push(self.main(bytes(file, key), mode)?);
        }
        Ok(outputs)
    }

    /// The main file. One without secrets keeps its permissions.
    fn main(self, bytes: Vec<u8>, mode: u32) -> Result<Output, Failure> {
        self.named(self.output, bytes, |known| match mode {
            0o600 => mode,
            _ => known.unwrap_or(mode),
        })
    }

    fn named(
        self,
        path: &Path,
        bytes: Vec<u8>,
        mode: impl FnOnce(Option<u32>) -> u32,
    ) -> Result<Output, Failure> {
        let place = self.gates.locate(path).map_err(|error| {
            if is_missing(&error) {
                let (path, folder) = (path.display(), folder_of(path).display());
                let problem = format!("cannot write `{path}`: the folder `{folder}` does not exist");
                return Failure::new(problem).help("make it, or choose another file with `-o`");
            }
            let failure = Failure::write(path, &error);
            if is_outside(&error) {
                let help = "a link in the project may lead only to what is in it; name the file itself with `-o`";
                return failure.help(help);
            }
            failure
        })?;
        Output::named(place, path, bytes, mode, Rule::Generated)
    }

    /// The open folder that the output is in. Links in the project may not lead out of it.
    fn base(self) -> Result<Shared, Failure> {
        let folder = folder_of(self.output);
        let place = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let open = self.gates.locate(place).and_then(Located::into_folder);
        let open = open.and_then(|it| it.folder_at(Path::new("")));
        let open = open.map_err(|error| Failure::write(self.output, &error))?;
        Ok(Arc::new(open.shown_as(folder)))
    }

    /// What earlier runs wrote for this output and this one does not.
    pub(crate) fn left_over(self, outputs: &[Output]) -> Result<Vec<(Shared, PathBuf)>, Failure> {
        if self.target.name() != "compose" {
            return Ok(Vec::new());
        }
        let base = self.base()?;
        let folder = PathBuf::from(private_folder(self.output).unwrap_or_else(default_folder));
        let found = left_over(&base, &folder, outputs);
        let found = found.map_err(|error| Failure::read(&base.path().join(folder), &error))?;
        Ok(found
            .into_iter()
            .map(|path| (Arc::clone(&base), path))
            .collect())
    }
}

/// The folder of the files that the default output refers to.
fn default_folder() -> String {
    format!("{OWN_FOLDER}/compose")
}

/// The project key, if a file needs it.
fn key_for(
    compiled: &Rendered,
    project: &Gate,
    console: &Console,
) -> Result<Option<ProjectKey>, Failure> {
    let needed = compiled.files.iter().any(needs_key);
    needed
        .then(|| key::find_or_create(project, console))
        .transpose()
}

/// What was done, in a line.
fn summary(compiled: &Rendered, changed: bool, output: &Path) -> String {
    let workloads = count(compiled.project.workloads.len(), "workload");
    let resources = count(compiled.project.resources.len(), "resource");
    let output = output.display();
    format!("{} {output}: {workloads}, {resources}", verb(changed))
}

fn verb(changed: bool) -> &'static str {
    if changed { "wrote" } else { "unchanged" }
}

/// The env file with a line for each variable that the project needs, if it lacks any.
pub(crate) fn merged(
    compiled: &Rendered,
    path: &Path,
    gates: &Gates,
    permission: &Permission,
) -> Result<Option<Output>, Failure> {
    let resolved = compiled.resolved.values();
    let names: BTreeSet<String> = resolved.flat_map(Provisioned::variables).collect();
    let known = env_file::read(path, gates)?;
    let names = names.iter().map(String::as_str);
    let Some(text) = env_file::merge(known.as_deref().unwrap_or_default(), names) else {
        return Ok(None);
    };
    let place = gates.locate(path);
    let place = place.map_err(|error| Failure::write(path, &error))?;
    let mode = |known: Option<u32>| known.unwrap_or(0o600);
    let output = Output::named(place, path, text.into_bytes(), mode, Rule::Edited)?;
    output.require_other_than(permission, ENV_FILE)?;
    Ok(Some(output))
}

/// Whether a secret is in the file.
pub(crate) fn is_secret(file: &OutputFile) -> bool {
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
