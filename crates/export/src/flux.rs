//! Flux: for each environment a `Kustomization`, or a `HelmRelease` for a chart, and the sources of these.

use score_spec::{Node, Value};

use crate::deployment::{Charts, Deployment, System, deployments, full_url};
use crate::findings::Findings;
use crate::settings::Delivery;
use crate::tree::{list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "flux",
    about: "Flux: a Kustomization or HelmRelease for each environment, and their sources",
    counts_findings: false,
    needs_objects: true,
    render,
    environments,
};

const FLUX: System = System {
    name: "Flux",
    charts: Charts::Installed,
    has_files: false,
    has_waves: false,
};

/// The namespace that `flux bootstrap` creates.
const NAMESPACE: &str = "flux-system";

const INTERVAL: &str = "10m";

/// A Git repository.
struct Source {
    namespace: String,
    spec: Value,
    /// The environments that use it, by name of their objects.
    users: Vec<String>,
}

/// The name of an object that applies an environment, whose objects Flux removes without it.
fn environments(document: &Node) -> Vec<&str> {
    let kind = document.get("kind").and_then(Node::text);
    let is_applied = matches!(kind, Some("Kustomization" | "HelmRelease"));
    let name = document
        .get("metadata")
        .and_then(|it| it.get("name")?.text());
    name.filter(|_| is_applied).into_iter().collect()
}

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let deployments = deployments(views, FLUX, findings);
    let mut sources: Vec<Source> = Vec::new();
    for deployment in &deployments {
        let (namespace, spec) = (namespace(&deployment.view.delivery), source(deployment));
        let mut known = sources.iter_mut();
        let is_same = |it: &&mut Source| it.namespace == namespace && it.spec == spec;
        match known.find(is_same) {
            Some(source) => source.users.push(deployment.name.clone()),
            None => sources.push(Source {
                namespace: namespace.to_owned(),
                spec,
                users: vec![deployment.name.clone()],
            }),
        }
    }
    let is_single = sources.len() == 1;
    let name = |source: &Source, project: &str| match source.users.first() {
        Some(first) if !is_single => first.clone(),
        _ => project.to_owned(),
    };
    let mut documents = Vec::new();
    for source in &sources {
        let project = deployments.first().map_or("", |it| it.project.as_str());
        let metadata = metadata(&name(source, project), &source.namespace);
        let api = "source.toolkit.fluxcd.io/v1";
        documents.push(object(api, "GitRepository", metadata, source.spec.clone()));
    }
    for deployment in &deployments {
        let mut known = sources.iter();
        let source = known.find(|it| it.users.contains(&deployment.name));
        let source = source.map_or_else(String::new, |it| name(it, &deployment.project));
        documents.push(applied(deployment, &source));
    }
    vec![ExportFile::new("flux.yaml", documents)]
}

/// The namespace of the objects of Flux.
pub(crate) fn namespace(delivery: &Delivery) -> &str {
    delivery.flux.namespace.as_deref().unwrap_or(NAMESPACE)
}

fn interval(deployment: &Deployment<'_>) -> Value {
    let interval = deployment.view.delivery.flux.interval.as_deref();
    text(interval.unwrap_or(INTERVAL))
}

fn metadata(name: &str, namespace: &str) -> Value {
    map([("name", text(name)), ("namespace", text(namespace))])
}

fn object(api_version: &str, kind: &str, metadata: Value, spec: Value) -> Value {
    map([
        ("apiVersion", text(api_version)),
        ("kind", text(kind)),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

/// The repository of an environment.
fn source(deployment: &Deployment<'_>) -> Value {
    let secret = deployment.view.delivery.flux.secret.as_deref();
    map([
        ("interval", interval(deployment)),
        ("url", text(full_url(&deployment.repository))),
        ("ref", map([("branch", text(deployment.revision))])),
        (
            "secretRef",
            secret.map_or(Value::Null, |name| map([("name", text(name))])),
        ),
    ])
}

/// The object that applies the output of an environment.
fn applied(deployment: &Deployment<'_>, source: &str) -> Value {
    let metadata = metadata(&deployment.name, namespace(&deployment.view.delivery));
    let reference = map([("kind", text("GitRepository")), ("name", text(source))]);
    let path = match deployment.folder.as_str() {
        "." => "./".to_owned(),
        folder => format!("./{folder}"),
    };
    let Some(chart) = deployment.chart else {
        let spec = map([
            ("interval", interval(deployment)),
            ("path", text(path)),
            ("prune", Value::Bool(true)),
            ("sourceRef", reference),
        ]);
        let api = "kustomize.toolkit.fluxcd.io/v1";
        return object(api, "Kustomization", metadata, spec);
    };
    let values = deployment.view.values_file.as_deref();
    let files = ["values.yaml"].into_iter().chain(values);
    let files = files.map(|file| text(format!("{path}/{file}")));
    let chart_spec = map([
        ("chart", text(path.as_str())),
        ("sourceRef", reference),
        ("reconcileStrategy", text("Revision")),
        ("valuesFiles", values.map_or(Value::Null, |_| list(files))),
    ]);
    let spec = map([
        ("interval", interval(deployment)),
        ("releaseName", optional(Some(chart))),
        ("targetNamespace", text(deployment.namespace)),
        ("chart", map([("spec", chart_spec)])),
    ]);
    object("helm.toolkit.fluxcd.io/v2", "HelmRelease", metadata, spec)
}
