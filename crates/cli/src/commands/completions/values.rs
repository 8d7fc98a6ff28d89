//! The values of arguments that depend on the project.
//!
//! A checkout is not trusted: values that a shell would not read as plain text are left out, and
//! reading the project ends after [`PATIENCE`].

use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::builder::ValueHint;
use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use score_compiler::Rendered;
use score_compiler::catalogue::{Catalogue, Conditions};
use score_spec::{Code, Sources};

use crate::args::{Inputs, OutputFormat, ProvisionerPaths};
use crate::input::environments::EnvironmentFiles;
use crate::input::inputs::prepare_one;
use crate::input::project::Project;
use crate::packages::read_lock;
use crate::report::console::{Color, Console};

/// The maximum duration of reading the project.
const PATIENCE: Duration = Duration::from_secs(1);

/// The command line with completions of values.
pub(super) fn with_values(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| with_value(&name, arg))
        .mut_subcommands(with_values)
}

fn with_value(command: &str, arg: Arg) -> Arg {
    match (command, arg.get_id().as_str()) {
        (_, "allow" | "warn" | "code") => arg.add(ArgValueCandidates::new(|| codes(None))),
        (_, "deny") => arg.add(ArgValueCandidates::new(|| codes(Some("warnings")))),
        (_, "uid" | "uids" | "old") | ("move", "new") => arg.add(completer(|_| uids())),
        (_, "env" | "environment" | "first" | "second") => arg.add(completer(|_| environments())),
        (_, "focus") => arg.add(completer(|_| Some([workloads()?, uids()?].concat()))),
        (_, "workload") => arg.add(completer(|_| workloads())),
        (_, "image" | "build") => arg.add(completer(|_| containers())),
        (_, "publish") => arg.add(completer(ports)),
        ("get-outputs", "format") => arg.add(ArgValueCandidates::new(|| {
            let names = OutputFormat::NAMES.map(|(name, _)| CompletionCandidate::new(name));
            names.into()
        })),
        ("show", "name") => arg.add(completer(|_| types_and_packages())),
        ("update" | "remove", "names") => arg.add(completer(|_| packages())),
        (_, "overrides_file") => arg.add(ArgValueCompleter::new(paths)),
        _ if arg.get_value_hint() == ValueHint::AnyPath => arg.add(ArgValueCompleter::new(paths)),
        _ => arg,
    }
}

/// The diagnostic codes, after another value.
fn codes(first: Option<&'static str>) -> Vec<CompletionCandidate> {
    let codes = Code::ALL.iter().map(|code| {
        CompletionCandidate::new(code.name()).help(Some(code.title().to_owned().into()))
    });
    let first = first.map(CompletionCandidate::new);
    first.into_iter().chain(codes).collect()
}

/// Completes paths of files and folders.
fn paths(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut paths = PathCompleter::any().complete(current);
    paths.retain(|path| path.get_value().to_str().is_some_and(is_plain));
    paths
}

/// Completes the values that the function returns for the current word.
fn completer(values: fn(&str) -> Option<Vec<String>>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let current = current.to_string_lossy().into_owned();
        let (sender, receiver) = mpsc::channel();
        let word = current.clone();
        // The process ends without waiting for this thread.
        thread::spawn(move || sender.send(values(&word)));
        let values = receiver.recv_timeout(PATIENCE).ok().flatten();
        let mut values = values.unwrap_or_default();
        values.retain(|value| value.starts_with(&current) && is_plain(value));
        values.sort();
        values.dedup();
        values.into_iter().map(CompletionCandidate::new).collect()
    })
}

/// Whether every shell reads the text as it is, and no command reads it as an option. At the beginning of a
/// word, some shells also interpret `#`, `=` and `@`.
fn is_plain(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || "._/".contains(c);
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || "-:=#@+,".contains(c))
}

/// The project of the working folder, without the results of commands and without a target.
fn project() -> Option<Rendered> {
    let console = Console::new(true, 0, Color::Never);
    let prepared = prepare_one(&Inputs::default(), &[], &console).ok()?;
    Some(prepared.request.check(&prepared.disk, &[]))
}

/// The uids of all resources.
fn uids() -> Option<Vec<String>> {
    let project = project()?.project;
    Some(project.uids().map(str::to_owned).collect())
}

/// The environments of the project.
fn environments() -> Option<Vec<String>> {
    let (root, gate) = Project::here().ok()?;
    let files = EnvironmentFiles::find(&root, &gate).ok()?;
    Some(files.names().into_iter().collect())
}

/// The workloads of the project.
fn workloads() -> Option<Vec<String>> {
    let project = project()?.project;
    Some(project.workloads.keys().cloned().collect())
}

/// The containers of all workloads, as the options for images name them.
fn containers() -> Option<Vec<String>> {
    let project = project()?.project;
    let containers = project
        .workloads
        .iter()
        .flat_map(|(workload, spec)| spec.containers.keys().map(move |name| (workload, name)));
    let names =
        containers.flat_map(|(workload, name)| [format!("{name}="), format!("{workload}/{name}=")]);
    Some(names.collect())
}

/// The workloads for a published port or, after a workload, its service ports.
fn ports(current: &str) -> Option<Vec<String>> {
    let (before, _) = current.rsplit_once(':')?;
    let last = before.rsplit(':').next()?;
    let project = project()?.project;
    let values = if let Some(spec) = project.workloads.get(last) {
        let ports = spec.ports.keys();
        ports.map(|port| format!("{before}:{port}")).collect()
    } else {
        let workloads = project.workloads.keys();
        workloads.map(|name| format!("{before}:{name}:")).collect()
    };
    Some(values)
}

/// The resource types that have a provisioner, and the installed packages.
fn types_and_packages() -> Option<Vec<String>> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let project = Project::around(&mut sources, &ProvisionerPaths::default()).ok()?;
    let mut catalogue = Catalogue::new(
        &mut sources,
        &project.provisioners,
        Conditions::default(),
        &mut diagnostics,
    );
    catalogue.need_all(&mut sources, &mut diagnostics);
    let types = catalogue.provisioners().map(|it| it.kind.clone());
    Some(types.chain(project.packages.into_values()).collect())
}

/// The packages of the lock file.
fn packages() -> Option<Vec<String>> {
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let (root, gate) = Project::here().ok()?;
    let lock = read_lock((&root, &gate), &mut sources, &mut diagnostics);
    let packages = lock.ok()??.packages;
    Some(packages.into_iter().map(|package| package.name).collect())
}
