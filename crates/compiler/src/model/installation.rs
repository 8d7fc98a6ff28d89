//! The place of the output of a project, and how it is installed.

use score_spec::Span;

use super::Described;
use crate::input::{EnvironmentId, Settings};
use crate::targets::helm::chart_name;
use crate::targets::kubernetes::{Layout, SecretsMode};
use crate::targets::{Helm, Target};

/// The place of the output, and how it is installed, as the settings say. Options of a run can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installation {
    /// The output file, or the output folder if it ends with `/`, relative to the project folder.
    pub path: String,
    /// The location of `output`, if it is set.
    pub path_span: Option<Span>,
    /// The namespace of the objects.
    pub namespace: Option<String>,
    /// The destination of secret values; absent if the target writes no objects.
    pub secrets: Option<SecretsMode>,
    /// The location of `kubernetes.secrets`, if it is set.
    pub secrets_span: Option<Span>,
    /// The folders of the files in the output folder; none for a single file and for charts.
    pub layout: Layout,
    /// The location of `kubernetes.waves`, if objects have sync waves.
    pub waves_span: Option<Span>,
    /// The name of the chart, if the target writes charts.
    pub chart: Option<String>,
}

impl Installation {
    pub(super) fn of(described: Described<'_>) -> Option<Self> {
        let (settings, target) = (described.settings, described.target?);
        let kubernetes = settings.section("kubernetes");
        let secrets = kubernetes.and_then(|section| section.get("secrets"));
        let mode = secrets.and_then(SecretsMode::of_setting);
        let namespace = kubernetes.and_then(|section| section.get("namespace")?.text());
        let namespace = target.namespace().or(namespace);
        let writes_objects = target.needs().platform == Some("kubernetes");
        let path = path(settings, target);
        let layout = kubernetes.and_then(|section| section.get("layout")?.text());
        let layout = layout.and_then(Layout::named);
        let waves = kubernetes.filter(|section| section.is_true("waves"));
        let waves = waves.and_then(|section| Some(section.get("waves")?.span));
        let has_layout = writes_objects && !target.is_folder() && path.ends_with('/');
        Some(Self {
            path,
            path_span: settings.output.as_ref().map(|output| output.span),
            namespace: namespace.filter(|_| writes_objects).map(str::to_owned),
            secrets: writes_objects.then(|| mode.unwrap_or_default()),
            secrets_span: secrets.map(|secrets| secrets.span),
            waves_span: waves.filter(|_| writes_objects),
            layout: layout.filter(|_| has_layout).unwrap_or_default(),
            chart: target.is_folder().then(|| chart(described)),
        })
    }
}

/// The path of the output.
fn path(settings: &Settings, target: &dyn Target) -> String {
    let output = settings.output.as_ref().map(|output| output.value.clone());
    let environment = settings.environment_id.as_ref();
    let of_environment =
        || environment.map(|environment| EnvironmentId::default_output(&environment.name));
    let output = output.or_else(of_environment);
    let mut path = output.unwrap_or_else(|| target.default_output().to_owned());
    if path.ends_with('/') && target.name() == "compose" {
        path.push_str(target.default_output());
    }
    path
}

/// The name of the chart.
fn chart(described: Described<'_>) -> String {
    let options = Helm::default().with_section(described.settings, &mut Vec::new());
    chart_name(described.app, &options)
}
