//! The passes for a target: resolve, lower and render, and their results.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use score_spec::diagnostic::{Diagnostics, any_error};
use score_spec::{Diagnostic, Severity, SourceId, Sources};

use super::read::is_whole;
use super::{Compiled, Graph, sort, unknown, veil};
use crate::graph::Project;
use crate::input::outside::Outside;
use crate::input::{Pass, World};
use crate::ir::{App, PatchTemplates};
use crate::lower::address::Addresses;
use crate::lower::{Options, lower};
use crate::provisioner::Catalogue;
use crate::resolve::{
    Commands, Deleting, Deletion, ResolveOptions, Resolved, State, plain_secret, resolve_in,
};
use crate::targets::{
    EnvironmentCharts, Forms, Needs, OutputFile, OutputObject, Target, TargetOutput, alternatives,
    known_annotations, patched_list,
};

/// The purpose of a rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Diagnostics, and forms of the output without files. No command runs, and neither the environment nor the
    /// project key is read.
    Check,
    /// Output, which needs the external values.
    Output,
}

/// A project for one target, or without a target. The diagnostics refer to the sources.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rendered {
    /// All sources: those of the compiler and of the inputs, the files that Score files refer to,
    /// and the built-in provisioner files in use.
    pub sources: Sources,
    /// The Score files among them, in the order of the inputs.
    pub specs: Vec<SourceId>,
    /// The Score files that could not be checked completely: their YAML is invalid, or a workload has no
    /// name.
    pub incomplete: Vec<SourceId>,
    /// All diagnostics, sorted by location.
    pub diagnostics: Vec<Diagnostic>,
    /// The rendered files, starting with the main file. Empty if there is any error, or no target.
    pub files: Vec<OutputFile>,
    /// The charts to merge with those of other environments, in place of files; only for a
    /// [`Helm`](crate::Helm) that is [for environments](crate::Helm::for_environments), without
    /// errors.
    pub charts: Option<EnvironmentCharts>,
    /// The objects of the output, if they were requested and there are no errors.
    pub objects: Option<Vec<OutputObject>>,
    /// The loaded provisioners: those of the project, and the built-in ones for the types in use.
    pub catalogue: Arc<Catalogue>,
    /// The workloads and resources.
    pub project: Arc<Project>,
    /// The outputs of resources.
    pub resolved: Resolved,
    /// Workloads and resources in a common representation for targets.
    pub app: App,
    /// Whether the results depend on external values, such as environment variables. Then they can contain
    /// them, and only the diagnostics and the notes of provisioners are safe to print.
    pub has_external_values: bool,
    /// The state of commands after this rendering and earlier ones of the same compilation. Pass it to the
    /// [inputs](super::Inputs::state) of the next compilation.
    pub state: State,
    /// The uids in the state that are not handled by a command for any rendered target, sorted.
    pub vanished: Vec<String>,
}

impl Rendered {
    /// The state of a rendering without errors after the entries of [vanished](Self::vanished) resources were
    /// dropped. Call it when the files are written: a command that deletes what it has created is asked to do so,
    /// once for each of its entries, and this cannot be undone. `is_whole` says whether the inputs are all Score
    /// files of the project; otherwise commands are not asked, because other workloads can use the same resources.
    pub fn prune(
        &self,
        world: &dyn World,
        commands: Commands,
        target: &dyn Target,
        is_whole: bool,
    ) -> Deletion {
        let deleting = Deleting {
            world,
            catalogue: &self.catalogue,
            commands,
            target: target.name(),
            is_whole,
            sources: &self.sources,
        };
        deleting.drop(self.state.clone(), &self.vanished)
    }

    /// The diagnostics in printable form, with source snippets.
    pub fn report(&self) -> Diagnostics<'_> {
        Diagnostics::new(&self.sources, &self.diagnostics)
    }
}

impl Compiled<'_> {
    /// Runs the passes for a target, or those that need no target.
    pub(super) fn rendering(
        &self,
        target: Option<&dyn Target>,
        (purpose, forms): (Purpose, Forms),
    ) -> Rendered {
        let mut of_settings = Vec::new();
        let settings = &self.compiler.settings;
        let configured = target.and_then(|it| it.configured(settings, &mut of_settings));
        let target = configured.as_deref().or(target);
        let needs = target.map(Target::needs).unwrap_or_default();
        let graph = self.graph(needs.platform);
        let mut diagnostics = graph.diagnostics.clone();
        for found in &mut diagnostics[..self.diagnostics.len()] {
            if needs.raises.contains(&found.code) {
                found.severity = Severity::Error;
            }
        }
        let passes = Passes {
            compiled: self,
            graph: &graph,
            options: &self.options(&needs, purpose),
            target,
            mounts: target.and_then(Target::mounts),
            forms,
            needs,
        };
        let outside = self.outside(purpose);
        let before = diagnostics.len();
        let mut results = passes.run(&outside, &mut diagnostics);
        let notes = || results.resolved.values().any(|it| it.notes.is_some());
        // The main file and the file of secrets are not named after their contents.
        let has_names = results.files.len() > 2;
        let depends = outside.is_used() || outside.has_secrets();
        if depends && (diagnostics.len() > before || notes() || has_names) {
            passes.veil(&outside, before, &mut results, &mut diagnostics);
        }
        diagnostics.extend(of_settings);
        sort(&mut diagnostics);
        let is_output = purpose == Purpose::Output;
        let (state, vanished) = self.remember(&graph.project, &results.resolved, is_output);
        Rendered {
            sources: graph.sources.clone(),
            specs: self.texts.specs.clone(),
            incomplete: self.read.incomplete.clone(),
            diagnostics,
            files: results.files,
            charts: results.charts,
            objects: results.objects,
            catalogue: Arc::clone(&graph.catalogue),
            project: Arc::clone(&graph.project),
            resolved: results.resolved,
            app: results.app,
            has_external_values: outside.is_used(),
            state,
            vanished,
        }
    }

    /// The external values, as far as a purpose allows to read them.
    fn outside(&self, purpose: Purpose) -> Outside<'_> {
        let allowed = (self.allowed.as_slice(), &self.compiler.settings.variables);
        let outside = Outside::new(self.world, allowed, &self.answers);
        match purpose {
            Purpose::Check => outside.for_check(),
            Purpose::Output => outside,
        }
    }

    /// The resources as provisioners see them for a target, before their components are lowered.
    pub(super) fn resolved(&self, target: &dyn Target) -> (Arc<Project>, Resolved) {
        let needs = target.needs();
        let graph = self.graph(needs.platform);
        let passes = Passes {
            compiled: self,
            graph: &graph,
            options: &self.options(&needs, Purpose::Output),
            target: None,
            mounts: target.mounts(),
            forms: Forms::default(),
            needs,
        };
        let outside = self.outside(Purpose::Output);
        let (project, sources) = (&graph.project, &graph.sources);
        let options = passes.resolve_options(&outside);
        // A rendering reports the diagnostics.
        let resolved = resolve_in(&outside, project, options, sources, &mut Vec::new());
        (Arc::clone(project), resolved)
    }

    /// Images, builds and ports, and the needs of the target.
    fn options(&self, needs: &Needs, purpose: Purpose) -> Options {
        let chosen = self.chosen.clone();
        let known: Vec<_> = known_annotations().collect();
        let of_target = needs.annotations.iter();
        let further = of_target.filter(|it| known.iter().all(|other| other.name != it.name));
        Options {
            images: chosen.images,
            builds: chosen.builds,
            published: chosen.published,
            annotations: known.iter().copied().chain(further).collect(),
            patched_list,
            alternatives,
            accepts_open_images: purpose != Purpose::Output && !self.compiler.requires_images,
            paths: self.texts.paths.clone(),
            left_out: is_whole(&self.compiler.settings, &self.texts)
                .then(|| self.read.left_out.clone()),
        }
    }

    /// The state after a rendering.
    fn remember(
        &self,
        project: &Project,
        resolved: &Resolved,
        is_output: bool,
    ) -> (State, Vec<String>) {
        let remembered = self.remembered.lock();
        let mut remembered = remembered.unwrap_or_else(PoisonError::into_inner);
        let mut answered = remembered.answered.clone();
        let (state, vanished) = remembered
            .state
            .clone()
            .next(project, resolved, &mut answered);
        if is_output {
            (remembered.state, remembered.answered) = (state.clone(), answered);
        }
        (state, vanished)
    }
}

/// The passes that depend on the target and on external values.
struct Passes<'a> {
    compiled: &'a Compiled<'a>,
    graph: &'a Graph,
    options: &'a Options,
    target: Option<&'a dyn Target>,
    /// The folder of mounted files.
    mounts: Option<String>,
    /// The forms of the output.
    forms: Forms,
    needs: Needs,
}

/// The results of those passes.
struct Results {
    resolved: Resolved,
    app: App,
    files: Vec<OutputFile>,
    charts: Option<EnvironmentCharts>,
    objects: Option<Vec<OutputObject>>,
    /// The paths of the files, for comparison with a pass with placeholder values.
    paths: BTreeSet<String>,
}

impl Passes<'_> {
    /// Runs the passes and adds their diagnostics.
    fn run(&self, outside: &Outside<'_>, diagnostics: &mut Vec<Diagnostic>) -> Results {
        let (project, sources) = (&*self.graph.project, &self.graph.sources);
        outside.begin(Pass::Resolve, project.resources.len());
        let options = self.resolve_options(outside);
        let mut resolved = resolve_in(outside, project, options, sources, diagnostics);
        outside.begin(Pass::Lower, project.resources.len());
        let settings = &self.compiled.compiler.settings;
        let mut app = lower(
            (project, sources),
            &mut resolved,
            self.options,
            settings,
            diagnostics,
        );
        let addresses = Addresses {
            project,
            resolved: &resolved,
            app: &app,
            sources,
            platform: self.needs.platform,
        };
        addresses.check(diagnostics);
        let is_complete = project.resources.len() == resolved.len() && project.missing.is_empty();
        if is_complete && !any_error(diagnostics) {
            let is_whole = is_whole(settings, &self.compiled.texts);
            unknown::check_variables(settings, is_whole, &outside.asked(), diagnostics);
        }
        if self.needs.reads_environment {
            let is_unread = outside.is_check();
            plain_secret::check((project, &resolved), is_unread, diagnostics);
        }
        let mut output = TargetOutput::default();
        // An error caused by a placeholder value must not hide other diagnostics of the target.
        let wanted = |_: &&dyn Target| outside.is_repeated() || !any_error(diagnostics);
        if let Some(target) = self.target.filter(wanted) {
            outside.begin(Pass::Render, app.components.len());
            app.patch_templates = self.patch_templates(outside, &resolved);
            output = target.output(&app, self.forms, diagnostics);
        }
        let paths = output.files.iter().filter_map(|it| it.path.clone());
        let paths = paths.filter(|_| outside.is_repeated()).collect();
        if any_error(diagnostics) || outside.is_check() {
            output.files.clear();
            output.charts = None;
        }
        let objects = output.objects.filter(|_| !any_error(diagnostics));
        Results {
            resolved,
            app,
            files: output.files,
            charts: output.charts,
            objects,
            paths,
        }
    }

    /// Repeats the passes with placeholder values, and replaces the diagnostics from `before` on
    /// with their results.
    fn veil(
        &self,
        outside: &Outside<'_>,
        before: usize,
        results: &mut Results,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let again = outside.with_stand_ins();
        let mut found = diagnostics[..before].to_vec();
        let other = self.run(&again, &mut found);
        let findings = diagnostics.split_off(before);
        diagnostics.extend(veil::veiled(findings, found.split_off(before)));
        let shown = (&other.resolved, &other.app);
        veil::veil_notes(&mut results.resolved, shown, self.target);
        for file in &mut results.files {
            let path = file.path.as_ref();
            file.is_path_hidden = path.is_some_and(|path| !other.paths.contains(path));
        }
    }

    /// The patch templates for the platform, with their data.
    fn patch_templates(
        &self,
        outside: &Outside<'_>,
        resolved: &Resolved,
    ) -> Option<PatchTemplates> {
        let platform = self.needs.platform?;
        self.target?;
        let project = (&self.graph.project, resolved);
        self.compiled.patch_templates(platform, outside, project)
    }

    /// The dependencies of resolving in addition to the project.
    fn resolve_options<'b>(&'b self, outside: &Outside<'b>) -> ResolveOptions<'b> {
        let compiled = self.compiled;
        let settings = &compiled.compiler.settings;
        ResolveOptions {
            world: outside.world,
            environment: outside.allowed,
            platform: self.needs.platform,
            target: self.target.map(Target::name),
            namespace: self.target.and_then(Target::namespace),
            mounts: self.mounts.as_deref(),
            reads_environment: self.needs.reads_environment,
            routes_port: self.needs.routes_port,
            kinds: self.needs.kinds,
            open_settings: self.needs.open_settings,
            settings,
            commands: match compiled.compiler.commands {
                Commands::Run if outside.is_check() => Commands::Skip,
                commands => commands,
            },
            state: &compiled.state,
        }
    }
}
