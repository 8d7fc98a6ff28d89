//! The project in one environment, as exports see it.

use std::collections::BTreeSet;
use std::path::Path;

use score_compiler::{Commands, Description, Forms, Rendered};
use score_export::{Delivery, Export, Portal, ProjectView};
use score_spec::{Code, Diagnostic, Map, Severity, Sources};

use crate::commands::validate::RunFindings;
use crate::host::{Gates, Identity, Kind, folder_of, relative, resolved};
use crate::input::environments::EnvironmentChoice;
use crate::input::inputs::Prepared;
use crate::input::policies::Policies;
use crate::input::project::Project;
use crate::report::levels::{Levels, Rules};

/// The name of the description of an API beside a Score file.
const API: &str = "openapi.yaml";

/// A compiled project with its findings.
pub(super) struct Described {
    pub(super) view: ProjectView,
    /// The findings of the compilation, then those of the export, with their levels not applied yet.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The files that the project uses: descriptions of APIs, and those that Score files name.
    pub(super) used: BTreeSet<Identity>,
    rendered: Rendered,
    levels: Levels,
    chain: Vec<String>,
    /// The name of the environment, in a run of several.
    mark: Option<String>,
}

impl Described {
    /// Compiles a project without running commands, and describes it for an export that is written to a folder.
    pub(super) fn of(
        prepared: Prepared,
        mark: Option<String>,
        (export, folder, values_file): (&Export, &Path, Option<String>),
        rules: &Rules,
    ) -> Self {
        let levels = prepared.levels(rules.clone());
        let project = &prepared.project;
        let target = prepared.request.target;
        let compiler = prepared.request.compiler.with_commands(Commands::Skip);
        let is_whole = !prepared.request.texts.is_part;
        let policies = export
            .counts_findings
            .then(|| Policies::read(project, compiler.sources(), rules, is_whole));
        let compiled = compiler.compile(&prepared.disk, prepared.request.texts);
        let mut rendered = compiled.render_as(target, Forms::OBJECTS);
        if !export.needs_objects {
            let found = &mut rendered.diagnostics;
            found.retain(|it| it.code != Code::ProjectMissingImage);
        }
        let Description { model, objects, .. } = compiled.describe(&mut rendered, Some(target));
        let mut diagnostics = rendered.diagnostics.clone();
        diagnostics.extend(project.diagnostics.clone());
        let described = apis(&model.workloads, &rendered.sources, folder, &project.gates);
        let mut used = prepared.disk.sources();
        used.extend(described.values().map(|(_, identity)| *identity));
        let apis = described.into_iter().map(|(name, (path, _))| (name, path));
        let mut view = ProjectView {
            delivery: Delivery::read(&project.settings),
            portal: Portal::read(&project.settings),
            values_file,
            apis: apis.collect(),
            model,
            findings: Map::default(),
        };
        if let Some(policies) = policies {
            let before = rendered.diagnostics.len();
            rendered.objects = Some(objects);
            policies.judge(&compiled, &mut rendered, Some(target));
            view.findings = counts(&view, &levels.apply(rendered.diagnostics.clone()));
            rendered.diagnostics.truncate(before);
        }
        Self {
            view,
            used,
            diagnostics,
            levels,
            chain: project.chain.clone(),
            rendered,
            mark,
        }
    }

    /// All findings, with their levels.
    pub(super) fn into_findings(mut self) -> RunFindings {
        self.rendered.diagnostics = self.levels.apply(self.diagnostics);
        RunFindings::of(&mut self.rendered, false)
            .of_chain(&self.chain)
            .of_environment(self.mark.as_deref())
    }
}

/// The file with the values of an environment in a chart that it has in common with others. That of the default
/// environment, or else of the first one, is `values.yaml`.
pub(super) fn values_file(
    environment: &EnvironmentChoice,
    charts: &[EnvironmentChoice],
    project: &Project,
) -> Option<String> {
    let name = environment.name.as_deref()?;
    let shared = charts.iter().filter(|it| it.shares_chart);
    let shared: Vec<&str> = shared.filter_map(|it| it.name.as_deref()).collect();
    let default = project.settings.default_environment.as_ref();
    let default = default.map(|it| it.value.as_str());
    let base = default.filter(|it| shared.contains(it));
    let base = base.or_else(|| shared.first().copied());
    (shared.contains(&name) && base != Some(name)).then(|| format!("values-{name}.yaml"))
}

/// The descriptions of APIs beside Score files by workload: their paths relative to a folder, and their identities.
fn apis(
    workloads: &Map<score_compiler::model::ModelWorkload>,
    sources: &Sources,
    folder: &Path,
    gates: &Gates,
) -> Map<(String, Identity)> {
    let from = resolved(folder);
    let apis = workloads.iter().filter_map(|(name, workload)| {
        let spec = Path::new(&sources.get(workload.spec.source).name);
        let path = folder_of(spec).join(API);
        let located = gates.locate(&path).ok()?;
        let to = relative(&from, &resolved(&path));
        let parts = to.iter().map(|part| part.to_str());
        let parts: Vec<&str> = parts.collect::<Option<_>>()?;
        let identity = located.folder.identity(located.name?)?;
        let is_file = located.kind == Some(Kind::File);
        is_file.then(|| (name.clone(), (parts.join("/"), identity)))
    });
    apis.collect()
}

/// The numbers of errors and warnings in the Score file of each workload.
fn counts(view: &ProjectView, found: &[Diagnostic]) -> Map<(usize, usize)> {
    let workloads = view.model.workloads.iter();
    let counts = workloads.map(|(name, workload)| {
        let document = workload.spec.document.span;
        let of_workload = |it: &&Diagnostic| {
            it.waiver.is_none() && it.span().is_some_and(|span| document.contains(span))
        };
        let mut counts = (0, 0);
        for found in found.iter().filter(of_workload) {
            match found.severity {
                Severity::Error => counts.0 += 1,
                Severity::Warning => counts.1 += 1,
            }
        }
        (name.clone(), counts)
    });
    counts.collect()
}
