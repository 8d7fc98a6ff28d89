//! The addresses of workloads for other projects: an abstract environment that theirs extend.

use score_compiler::model::{Model, ModelWorkload};
use score_spec::{Map, Number, Value};

use crate::findings::Findings;
use crate::tree::{map, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "externals",
    about: "other projects: an abstract environment with the addresses of all workloads",
    counts_findings: false,
    needs_objects: true,
    render,
    environments: |_| Vec::new(),
};

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let [view] = views else {
        let finding = findings.incomplete(0, "addresses are those of one environment");
        finding.add(None, "pass `--env` once");
        return Vec::new();
    };
    let model = &view.model;
    let installation = model.installation.as_ref();
    let namespace = installation.and_then(|it| it.namespace.as_deref());
    let Some(namespace) = namespace else {
        let finding = findings.incomplete(
            0,
            "workloads have addresses for other projects only in a namespace of Kubernetes",
        );
        let help = "select an environment with the target `kubernetes` or `helm`, and `kubernetes: {namespace: NAME}`";
        finding.add(None, help);
        return Vec::new();
    };
    let workloads = model.workloads.iter();
    let externals: Map<Value> = workloads
        .filter_map(|(name, workload)| {
            let service = service(model, name)?;
            let host = text(format!("{service}.{namespace}"));
            let address = map([("host", host), ("ports", ports(workload))]);
            Some((name.clone(), address))
        })
        .collect();
    let project = model.project.as_deref().unwrap_or("the project");
    let description = match view.environment() {
        Some(environment) => format!("The addresses of {project} in {environment}"),
        None => format!("The addresses of {project}"),
    };
    let document = map([
        ("apiVersion", text("score-rs/v1")),
        ("kind", text("Environment")),
        ("description", text(description)),
        ("abstract", Value::Bool(true)),
        ("externals", externals.into()),
    ]);
    vec![ExportFile::new("externals.yaml", vec![document])]
}

/// The Service of a workload. One with several has one with its own name.
fn service<'a>(model: &'a Model, workload: &str) -> Option<&'a str> {
    let services = || {
        let services = model.objects.iter();
        services.filter(|object| {
            let is_service = object.kind == "Service" && object.api_version == "v1";
            is_service && object.resource.is_none() && object.workload.as_deref() == Some(workload)
        })
    };
    let named = services().find(|service| service.name == workload);
    Some(named.or_else(|| services().next())?.name.as_str())
}

fn ports(workload: &ModelWorkload) -> Value {
    let ports = workload.ports.iter();
    let ports = ports.map(|(name, it)| (name.clone(), Value::Number(Number::from(it.port))));
    ports.collect()
}
