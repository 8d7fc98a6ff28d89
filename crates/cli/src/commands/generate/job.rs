//! The work of `generate` for one environment, or for a project without environments.

use std::path::{Path, PathBuf};

use score_compiler::{Rendered, Target};
use score_spec::Diagnostic;

use super::earlier_tool;
use super::next::ObjectOptions;
use super::protected::{permission, protect_state, require_no_state};
use super::targets::{configured, require_text};
use super::without_effect::without_effect;
use crate::args::Generate;
use crate::commands::state::external::{self, Compilation, Purpose};
use crate::commands::validate::{self, RunFindings};
use crate::host::disk::Disk;
use crate::host::{folder_of, key, without_current};
use crate::input::environments::{EnvironmentChoice, Outputs, distinguish};
use crate::input::inputs::{Prepared, Request, options, prepare};
use crate::input::project::Project;
use crate::output::destination::Destination;
use crate::output::file::Permission;
use crate::output::folder;
use crate::output::rendering::Rendering;
use crate::output::write::FOLDER;
use crate::report::console::Console;
use crate::report::failure::{About, Failure};
use crate::report::levels::Levels;

/// The work for one environment.
pub(super) struct Job {
    /// The name of the environment; absent for a run without one, and for a run with a single one.
    mark: Option<String>,
    /// The name of the environment.
    pub(super) name: Option<String>,
    /// Whether the environment has a chart in common with others.
    pub(super) shares_chart: bool,
    pub(super) request: Request,
    disk: Disk,
    pub(super) project: Project,
    pub(super) levels: Levels,
    destination: Destination,
    permission: Permission,
}

impl Job {
    /// Reads the inputs. If the settings have errors, there are only findings.
    pub(super) fn prepare(
        args: &Generate,
        selected: &EnvironmentChoice,
        console: &Console,
    ) -> Result<Result<Self, RunFindings>, Failure> {
        let targets = args.target.target.as_slice();
        let mut prepared = prepare(&args.inputs, selected, targets, console)?;
        let destination = destination(&prepared, args)?;
        let shares_chart = selected.shares_chart;
        with_options(&mut prepared, args, (&destination, shares_chart))?;
        let mark = selected.name.clone();
        let mark = mark.filter(|_| selected.is_one_of_several());
        prepared.judge(&args.levels.rules());
        let levels = prepared.levels(args.levels.rules());
        if prepared.is_broken() {
            let part = validate::partial(prepared, &levels, console);
            return Ok(Err(part.of_environment(mark.as_deref())));
        }
        require_no_state(&destination, args, &prepared.project.gates)?;
        Ok(Ok(Self {
            mark,
            name: selected.name.clone(),
            shares_chart,
            levels,
            permission: permission(&prepared, args),
            destination,
            request: prepared.request,
            disk: prepared.disk.with_key_made(!args.is_look()),
            project: prepared.project,
        }))
    }

    /// The diagnostics without running commands.
    pub(super) fn checked(&self) -> RunFindings {
        let mut checked = self.request.clone().check_target(&self.disk);
        let mut part = RunFindings::of(&mut checked, false);
        part.diagnostics.extend(self.project.diagnostics.clone());
        part.diagnostics = self.levels.apply(part.diagnostics);
        let part = part.of_chain(&self.project.chain);
        part.of_environment(self.mark.as_deref())
    }

    /// Whether compiling runs no command and creates no key, so that it prints nothing.
    pub(super) fn is_silent(&self) -> bool {
        let has_key = || matches!(key::find(&self.project.gates), Ok(Some(_)));
        !self.request.compiler.has_commands() && has_key()
    }

    /// Compiles, with the diagnostics of the project.
    pub(super) fn compile(
        &mut self,
        args: &Generate,
        console: &Console,
    ) -> Result<Compilation, Failure> {
        let purpose = if args.is_look() {
            Purpose::Look
        } else {
            Purpose::Make
        };
        let options = (&args.external, purpose, args.prune);
        let (request, gates) = (self.request.clone(), &self.project.gates);
        let mut outcome = external::run(&self.disk, request, gates, options, console)?;
        if purpose == Purpose::Make {
            let platform = self.request.target.needs().platform;
            earlier_tool::note(gates, platform, &outcome.compiled.state, console);
        }
        let findings = std::mem::take(&mut self.project.diagnostics);
        let compiled = &mut outcome.compiled;
        compiled.diagnostics.extend(findings);
        distinguish(&mut compiled.diagnostics, &compiled.sources);
        Ok(outcome)
    }

    /// Drops the state of resources that are gone, and has deleted what commands have created for them. Returns the
    /// findings.
    pub(super) fn prune(
        &self,
        outcome: &Compilation,
        args: &Generate,
        console: &Console,
    ) -> Result<Vec<Diagnostic>, Failure> {
        let options = (self.request.target, &args.external, self.is_whole(args));
        let places = (&self.disk, &self.project.gates);
        let findings = outcome.prune(places, options, console)?;
        Ok(self.mark(self.levels.apply(findings)))
    }

    /// Whether the run has all Score files of the project: those of an environment, or those below the project folder.
    fn is_whole(&self, args: &Generate) -> bool {
        let is_environment = !self.project.chain.is_empty();
        let is_at_root = self.project.root.as_os_str().is_empty();
        args.inputs.files.is_empty() && (is_environment || is_at_root)
    }

    /// The diagnostics with the name of the environment, in a run of several.
    pub(super) fn mark(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for diagnostic in &mut diagnostics {
            diagnostic.environments.extend(self.mark.clone());
        }
        diagnostics
    }

    /// Protects the files that have been read while compiling.
    pub(super) fn protect(&mut self, args: &Generate) {
        for identity in self.disk.sources() {
            let protected = self.permission.protected.entry(identity);
            protected.or_insert("a file used by a Score file of this run");
        }
        // Saving the state replaces its file, so the identity that was protected before is outdated.
        protect_state(&mut self.permission, args, &self.project.gates);
    }

    /// The names of the environments that it extends, and its own, if there is any.
    pub(super) fn chain(&self) -> Option<Vec<String>> {
        let chain = &self.project.chain;
        (!chain.is_empty()).then(|| chain.clone())
    }

    /// The options for Kubernetes objects: those of the run, or else of the settings.
    pub(super) fn objects(&self, args: &Generate) -> ObjectOptions {
        let section = self.project.settings.section("kubernetes");
        let text = |name: &str| Some(section?.get(name)?.text()?.to_owned());
        let is_generated = section.is_some_and(|it| it.is_true("generateNamespace"));
        let secrets = args.secrets.clone().or_else(|| text("secrets"));
        ObjectOptions {
            namespace: args.namespace.clone().or_else(|| text("namespace")),
            generates_namespace: args.generate_namespace || is_generated,
            has_external_secrets: secrets.as_deref() == Some("external"),
        }
    }

    /// Creates the folder of an output file that the settings name.
    pub(super) fn make_folder(&self, args: &Generate) -> Result<(), Failure> {
        let Destination::File(path) = &self.destination else {
            return Ok(());
        };
        let folder = folder_of(path);
        let inner = folder.strip_prefix(&self.project.root);
        let (None, Ok(inner)) = (&args.output, inner) else {
            return Ok(());
        };
        if inner.as_os_str().is_empty() || self.project.output().is_none() {
            return Ok(());
        }
        let root = self.project.gates.project.root();
        root.make_folder_at(inner, FOLDER).writing(folder)?;
        Ok(())
    }

    /// The path of the output.
    pub(super) fn path(&self) -> PathBuf {
        without_current(self.destination.path())
    }

    /// The default environment of the project.
    pub(super) fn default_environment(&self) -> Option<String> {
        let default = self.project.settings.default_environment.as_ref();
        default.map(|name| name.value.clone())
    }

    /// The files with their destination.
    pub(super) fn rendering<'a>(
        &'a self,
        compiled: &'a Rendered,
        args: &'a Generate,
    ) -> Rendering<'a> {
        let target = self.request.target;
        Rendering {
            compiled,
            target,
            gates: &self.project.gates,
            destination: &self.destination,
            permission: &self.permission,
            env_file: env_file(target, args),
        }
    }
}

/// Reports options that have no effect for any environment.
pub(super) fn report_without_effect(jobs: &mut [Job], args: &Generate) {
    let idle = jobs.iter().map(|job| {
        let has_commands = job.request.compiler.has_commands();
        without_effect(args, job.request.target, has_commands)
    });
    let in_all = idle.reduce(|common, other| {
        let is_common = |found: &Diagnostic| other.iter().any(|it| it.message == found.message);
        common.into_iter().filter(is_common).collect()
    });
    for job in jobs {
        job.project
            .diagnostics
            .extend(in_all.clone().unwrap_or_default());
    }
}

/// Reports environments with the same output, unless it is a chart that they have in common.
pub(super) fn report_same_outputs(jobs: &mut [Job]) {
    let mut outputs = Outputs::default();
    for job in jobs {
        let (path, is_chart) = (job.path(), job.request.target.is_folder());
        if let Some(name) = &job.mark {
            outputs.add(name, &path, is_chart, &mut job.project);
        }
    }
}

/// The destination selected by the options, or else by the settings.
pub(in crate::commands) fn destination(
    prepared: &Prepared,
    args: &Generate,
) -> Result<Destination, Failure> {
    let (target, project) = (prepared.request.target, &prepared.project);
    let named = args.output_dir.as_ref().or(args.output.as_ref());
    let (output, is_folder) = match (named, project.output()) {
        (Some(path), _) => (path.clone(), args.output_dir.is_some()),
        (None, Some(of_settings)) => of_settings,
        (None, None) => (PathBuf::from(target.default_output()), false),
    };
    let is_stream = args.output_dir.is_none() && output.as_os_str() == "-";
    if !target.is_folder() {
        return Ok(match (is_folder, is_stream, target.name()) {
            (true, _, "compose") if args.output_dir.is_none() => {
                Destination::File(output.join(target.default_output()))
            }
            (true, ..) => Destination::Objects(output),
            (_, true, _) => Destination::Stream,
            (_, false, _) => Destination::File(output),
        });
    }
    if is_stream {
        let problem = "a chart is a folder and cannot be written to standard output";
        return Err(Failure::new(problem).help(
            "name a folder with `-o FOLDER`; `-t kubernetes -o -` prints the objects of the chart",
        ));
    }
    folder::open(&project.gates, &output).map_err(|failure| {
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

/// Applies the options that only `generate` has.
pub(in crate::commands) fn with_options(
    prepared: &mut Prepared,
    args: &Generate,
    (destination, shares_chart): (&Destination, bool),
) -> Result<(), Failure> {
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
    if let Some(name) = &args.project {
        let compiler = std::mem::take(&mut request.compiler);
        request.compiler = compiler.with_project_name(name);
    }
    request.with_options = configured(target.name(), args, (destination, shares_chart));
    Ok(())
}
