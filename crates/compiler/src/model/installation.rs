//! The place of the output of a project, and how it is installed.

use score_spec::{Node, Span};

use super::Described;
use crate::input::{EnvironmentId, Settings};
use crate::targets::helm::chart_name;
use crate::targets::kubernetes::SecretsMode;
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
    /// The name of the chart, if the target writes charts.
    pub chart: Option<String>,
}

impl Installation {
    pub(super) fn of(described: Described<'_>) -> Option<Self> {
        let (settings, target) = (described.settings, described.target?);
        let kubernetes = settings.section("kubernetes");
        let secrets = kubernetes.and_then(|section| section.get("secrets"));
        let mode = secrets.and_then(Node::text).and_then(SecretsMode::named);
        let namespace = kubernetes.and_then(|section| section.get("namespace")?.text());
        let namespace = target.namespace().or(namespace);
        let writes_objects = target.needs().platform == Some("kubernetes");
        Some(Self {
            path: path(settings, target),
            path_span: settings.output.as_ref().map(|output| output.span),
            namespace: namespace.filter(|_| writes_objects).map(str::to_owned),
            secrets: writes_objects.then(|| mode.unwrap_or_default()),
            secrets_span: secrets.map(|secrets| secrets.span),
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
