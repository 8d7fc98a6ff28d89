//! Helm: a chart, or one per workload, which installs exactly the objects of the Kubernetes target
//! while nobody changes its values.
//!
//! The objects are made once, by that target. What a value can change is cut out of them, goes into
//! `values.yaml` as its default, and leaves a [`Hole`]. Not: what the objects are.

mod chart;
mod component;
mod files;
mod hole;
mod options;
mod references;
mod route;
mod schema;
mod scope;
mod template;
mod tests;
mod values;

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic};

pub use self::hole::Hole;
pub use self::options::HelmOptions;

use self::scope::Project;
use crate::kubernetes::{self, Draft, Object};
use crate::name::label_within;
use crate::{App, Origin, OutputContent, OutputFile, RenderOptions, Target, parallel};

/// Helm.
pub(crate) const TARGET: Target = Target {
    name: "helm",
    summary: "a Helm chart",
    default_output: "chart",
    folder: true,
    reads_environment: false,
    open_settings: true,
    render,
    ..kubernetes::TARGET
};

fn render(
    app: &App,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    let (draft, objects) = Draft::new(app, options, diagnostics);
    let project = Project::new(name(app, options), &draft, &objects);
    if options.helm.per_workload {
        return per_workload(&project, objects, diagnostics);
    }
    let files = chart::files(&project.name, None, &project, objects);
    diagnostics.extend(files.iter().filter_map(too_large));
    files
}

/// The most bytes of a file that Helm loads (`archive.MaxDecompressedFileSize`).
const LARGEST: usize = 5 * 1024 * 1024;

/// A warning about a file that Helm does not load.
fn too_large(file: &OutputFile) -> Option<Diagnostic> {
    let size = match &file.content {
        OutputContent::Text(text) => text.as_plain().map_or(0, str::len),
        OutputContent::Binary(bytes) => bytes.len(),
    };
    let path = file.path.as_deref().unwrap_or_default();
    (size > LARGEST).then(|| {
        let message = format!(
            "`{path}` of the chart has {size} bytes, and Helm loads no file that has more than {LARGEST}"
        );
        Diagnostic::new(Code::TargetUnsupported, message)
            .help("make a chart per workload: `--chart-per-workload`")
    })
}

/// A chart per workload, and one for what they share.
fn per_workload(
    project: &Project,
    objects: Vec<Object>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    let shared = format!("{}-shared", project.name);
    if project.draft.app().components.contains_key(&shared) {
        diagnostics.push(
            Diagnostic::new(
                Code::ProjectNameCollision,
                format!("the workload `{shared}` and what workloads share would both be the chart `{shared}`"),
            )
            .help("rename the workload, or give the chart another name by `--chart-name`"),
        );
    }
    let mut charts: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for object in objects {
        let owner = object.owner.workload.as_ref().unwrap_or(&shared);
        charts.entry(owner.clone()).or_default().push(object);
    }
    let charts = parallel::each(charts.into_iter().collect(), |(name, objects)| {
        chart::files(&name, Some(&name), project, objects)
    });
    charts.into_iter().flatten().collect()
}

/// The chart's name: the one that is given, else one of the project's or of the only workload's.
fn name(app: &App, options: &RenderOptions) -> String {
    if let Some(given) = &options.helm.name {
        return given.clone();
    }
    let components = app.components.values();
    let mut workloads = components.filter(|it| matches!(it.origin, Origin::Workload(_)));
    let name = match (&options.project, workloads.next(), workloads.next()) {
        (Some(name), _, _) => name,
        (None, Some(only), None) => &only.name,
        (None, _, _) => "app",
    };
    // Names of projects may have `_`, and those of workloads may be longer.
    label_within(options::MAX_NAME, name)
}
