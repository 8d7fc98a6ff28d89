//! Helm: renders an application as one chart, or as one chart per workload. With default values, a
//! chart installs exactly the objects of the Kubernetes target.
//!
//! The Kubernetes target builds the objects. This module replaces the parts that chart values can
//! change with an [`Action`](action::Action), and writes the replaced parts to `values.yaml` as
//! defaults.

mod action;
mod availability;
mod chart;
mod common;
mod component;
mod container;
mod edit;
mod environments;
mod facts;
mod files;
mod go_json;
mod image;
mod listing;
mod options;
mod references;
mod route;
mod schema;
mod scope;
mod security;
mod service;
mod table;
mod template;
mod test_hook;
mod values;

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Hint};

pub use self::environments::{EnvironmentCharts, merged};
pub use self::options::Helm;

use self::chart::{Chart, Collect, Complete};
use self::listing::Listing;
use self::scope::{Project, Scope};
use self::template::{Made, Piece, pieces};
use crate::input::Settings;
use crate::ir::name::label_within;
use crate::ir::{App, Origin, Text};
use crate::support::parallel;
use crate::targets::kubernetes::{Head, Object, ObjectSet, output_object, separate};
use crate::targets::{
    Capability, FieldOrigin, Forms, Needs, OutputContent, OutputFile, OutputObject, Scale,
    SettingOrigin, Target, TargetOutput,
};

impl Target for Helm {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn needs(&self) -> Needs {
        Needs {
            reads_environment: false,
            open_settings: true,
            ..self.objects.needs()
        }
    }

    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
        self.output(app, Forms::FILES, found).files
    }

    fn objects(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        let output = self.output(app, Forms::OBJECTS, found);
        output.objects.unwrap_or_default()
    }

    fn output(&self, app: &App, forms: Forms, found: &mut Vec<Diagnostic>) -> TargetOutput {
        if self.for_environments {
            let (charts, objects) = charts(app, self, forms.objects, found);
            let name = chart_name(app, self);
            let options = self.clone();
            return TargetOutput {
                charts: Some(EnvironmentCharts {
                    name,
                    options,
                    charts,
                }),
                objects,
                ..TargetOutput::default()
            };
        }
        let (charts, objects) = charts::<Listing>(app, self, forms.objects, found);
        let files = parallel::each(parallel::ENOUGH, charts, Complete::files);
        let files: Vec<OutputFile> = files.into_iter().flatten().collect();
        let large = files.iter();
        found.extend(large.filter_map(|file| too_large(file, self.per_workload)));
        TargetOutput {
            files,
            objects,
            charts: None,
        }
    }

    fn scales(&self, app: &App) -> BTreeMap<String, Scale> {
        self.objects.scales(app)
    }

    fn origins(&self) -> &'static [FieldOrigin] {
        self.objects.origins()
    }

    fn settings(&self) -> &'static [SettingOrigin] {
        self.objects.settings()
    }

    fn overrides(&self, setting: &[&str]) -> bool {
        self.objects.overrides(setting)
    }

    fn configured(
        &self,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn Target>> {
        Some(Box::new(self.with_section(settings, found)))
    }

    fn namespace(&self) -> Option<&str> {
        self.objects.namespace()
    }

    fn resolve(&self, app: &App, text: &Text) -> Text {
        self.objects.resolve(app, text)
    }

    fn summary(&self) -> &'static str {
        "a Helm chart"
    }

    fn default_output(&self) -> &'static str {
        "chart"
    }

    fn is_folder(&self) -> bool {
        true
    }

    fn capabilities(&self) -> &'static [Capability] {
        self.objects.capabilities()
    }
}

/// The charts of an application and, if requested, its objects with the default values.
fn charts<C: Collect + Send>(
    app: &App,
    options: &Helm,
    wants_objects: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Complete<C>>, Option<Vec<OutputObject>>) {
    let (objects, variables) = (&options.objects, &options.variables);
    let name = chart_name(app, options);
    let app = separate(app, diagnostics);
    let object_set = ObjectSet::keeping_secrets(&app, objects, variables, diagnostics);
    let batches = object_set.batches(diagnostics);
    let heads = batches.heads();
    let project = Project::new(name, options, &object_set, &heads);
    let homes = Homes::of(&project, diagnostics);
    let scopes = scopes(&project, &homes, &heads);
    let charts = scopes.iter();
    let charts = charts.map(|(name, scope)| (*name, Chart::new(scope, homes.folder(name))));
    let mut charts: BTreeMap<&str, Chart<C>> = charts.collect();
    let mut add = |made: Vec<(&str, Made)>| {
        for (name, made) in made {
            if let Some(chart) = charts.get_mut(name) {
                chart.add(made);
            }
        }
    };
    // While the objects of a batch become templates, those of the previous batch are added to their
    // charts.
    let mut made = Vec::new();
    let mut kept = Vec::new();
    let each = |object: Object| {
        let copy = wants_objects.then(|| output_object(&object_set, object.clone()));
        (object, copy)
    };
    batches.each(diagnostics, &each, &mut |objects| {
        let (objects, copies): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
        kept.extend(copies.into_iter().flatten());
        let before = std::mem::take(&mut made);
        let pieces = pieces(&project, objects);
        let open = |piece: Piece| {
            let home = homes.find(piece.workload.as_deref());
            let (name, scope) = scopes.get_key_value(home)?;
            Some((*name, piece.make(scope)))
        };
        let opened = || {
            parallel::each(parallel::ENOUGH, pieces, open)
                .into_iter()
                .flatten()
        };
        (made, ()) = parallel::both(
            before.len() >= parallel::ENOUGH,
            || opened().collect(),
            || add(before),
        );
    });
    add(made);
    let charts = charts.into_values().collect();
    let charts = parallel::each(parallel::ENOUGH, charts, Chart::complete);
    (charts, wants_objects.then_some(kept))
}

/// The scope of each chart, by chart name.
fn scopes<'a>(
    project: &'a Project,
    homes: &'a Homes,
    heads: &'a [Head],
) -> BTreeMap<&'a str, Scope<'a>> {
    let mut parts: BTreeMap<&str, Vec<&Head>> = BTreeMap::new();
    for head in heads {
        let home = homes.find(head.owner.workload.as_deref());
        parts.entry(home).or_default().push(head);
    }
    let parts = parts.into_iter();
    let scopes = parts.map(|(name, heads)| (name, Scope::new(name, project, &heads)));
    scopes.collect()
}

/// Determines which chart contains an object.
enum Homes {
    /// The chart with this name contains all objects.
    One(String),
    /// The chart of a workload contains the objects that only this workload uses; the chart with
    /// this name contains shared objects.
    Many(String),
}

impl Homes {
    /// Determines whether the options of a project require one chart or several.
    fn of(project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if !project.options.per_workload {
            return Self::One(project.name.clone());
        }
        let shared = format!("{}-shared", project.name);
        if project.object_set.app().components.contains_key(&shared) {
            let message = format!(
                "the workload `{shared}` and the shared objects would both be the chart `{shared}`"
            );
            diagnostics
                .push(Diagnostic::new(Code::ProjectNameCollision, message).help(Hint::RenameChart));
        }
        Self::Many(shared)
    }

    /// The chart of an object that belongs to this workload only, or of a shared object if there is
    /// no workload.
    fn find<'a>(&'a self, workload: Option<&'a str>) -> &'a str {
        match self {
            Self::One(name) => name,
            Self::Many(shared) => workload.unwrap_or(shared),
        }
    }

    /// The folder of a chart, relative to the output folder.
    fn folder(&self, name: &str) -> String {
        match self {
            Self::One(_) => String::new(),
            Self::Many(_) => format!("{name}/"),
        }
    }
}

/// The maximum size in bytes of a file that Helm loads (`archive.MaxDecompressedFileSize`).
const LARGEST: usize = 5 * 1024 * 1024;

/// Returns a warning if a file is too large for Helm.
fn too_large(file: &OutputFile, per_workload: bool) -> Option<Diagnostic> {
    let size = match &file.content {
        OutputContent::Text(text) => text.as_plain().map_or(0, str::len),
        OutputContent::Binary(bytes) => bytes.len(),
    };
    let path = file.path.as_deref().unwrap_or_default();
    (size > LARGEST).then(|| {
        let message = format!(
            "`{path}` of the chart has {size} bytes, but Helm does not load files with more than \
             {LARGEST} bytes"
        );
        let help = if per_workload {
            "reduce the size of its files, or mount them from a volume".into()
        } else {
            Hint::SplitChart
        };
        Diagnostic::new(Code::TargetUnsupported, message).help(help)
    })
}

/// The name of the chart: from the options, or else the name of the project or of its only
/// workload.
pub(crate) fn chart_name(app: &App, options: &Helm) -> String {
    if let Some(given) = &options.name {
        return given.clone();
    }
    let components = app.components.values();
    let mut workloads = components.filter(|it| matches!(it.origin, Origin::Workload(_)));
    let name = match (&app.project, workloads.next(), workloads.next()) {
        (Some(name), _, _) => name,
        (None, Some(only), None) => &only.name,
        (None, _, _) => "app",
    };
    // A project name can contain `_`, and a workload name can be too long.
    label_within(options::MAX_NAME, name)
}
