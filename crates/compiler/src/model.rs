//! The model: one description of a project for graphs, lists, policies and exports. They read nothing else.
//!
//! It holds no secret: the values of resources are not part of it, and params are as they are written.

mod installation;
mod json;
mod resources;
mod totals;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{Map, Node, Port, Quantities, Span, Valid, Workload};

pub use self::installation::Installation;
use self::resources::{declarations, needed_by, resources};
pub use self::totals::{Amount, Amounts, Totals};
use crate::graph::{Identity, Project};
use crate::input::{EnvironmentId, ExternalWorkload, Settings};
use crate::ir::{App, Container, Route};
use crate::resolve::Resolved;
use crate::targets::{OutputObject, Scale, Target};

/// A project as it is for a target, or without a target. As JSON, it has the schema `model.json`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Model {
    /// The name of the project, if it has one.
    pub project: Option<String>,
    /// The environment of the run, if it has one.
    pub environment: Option<EnvironmentId>,
    /// The name of the target; without one, there are no scales and no objects.
    pub target: Option<String>,
    /// The place of the output, and how it is installed; absent without a target.
    pub installation: Option<Installation>,
    /// The workloads without errors, sorted by name.
    pub workloads: Map<ModelWorkload>,
    /// The resources by uid, each after those that it depends on, then those without a provisioner.
    pub resources: Map<ModelResource>,
    /// The HTTP routes, sorted by host and path.
    pub routes: Vec<ModelRoute>,
    /// The workloads outside of the project.
    pub externals: Map<ExternalWorkload>,
    /// The objects of the output. Empty if there are errors.
    pub objects: Vec<ModelObject>,
    /// The sums of requests and limits.
    pub totals: Totals,
}

/// A workload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelWorkload {
    /// The location of its name.
    pub span: Span,
    /// The workload in the terms of Score, as its author wrote it, with the contents of files. It is not part of
    /// the JSON.
    pub spec: Arc<Valid<Workload>>,
    /// Its annotations, after those of the project.
    pub annotations: Map<String>,
    /// Its service ports, by name.
    pub ports: Map<Port>,
    /// Its containers, by name.
    pub containers: Map<ModelContainer>,
    /// The number of its instances.
    pub scale: Option<Scale>,
    /// The uids of the resources that it declares, by the name in the workload.
    pub resources: Map<String>,
    /// The uids of all resources that it needs, directly or indirectly.
    pub needs: BTreeSet<String>,
    /// The workloads whose host or port it uses.
    pub refers_to: BTreeSet<String>,
    /// The workloads that use its host or port.
    pub referred_by: BTreeSet<String>,
}

/// A container of a workload.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelContainer {
    /// The image reference.
    pub image: String,
    /// The names of its environment variables.
    pub variables: Vec<String>,
    /// The target paths of its files.
    pub files: Vec<String>,
    /// The target paths of its volumes.
    pub volumes: Vec<String>,
    /// The maximum resources that it may use.
    pub limits: Quantities,
    /// The minimum resources that it needs.
    pub requests: Quantities,
    /// Whether it has a liveness probe.
    pub has_liveness_probe: bool,
    /// Whether it has a readiness probe.
    pub has_readiness_probe: bool,
}

/// A resource.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelResource {
    /// Its type, class and id.
    pub identity: Identity,
    /// All its declarations, those of the project first, then by workload.
    pub declared: Vec<Declaration>,
    /// Its params as they are written, if a declaration sets them.
    pub params: Option<Node>,
    /// The provisioner that handles it; absent if there is none, which has been reported.
    pub provisioner: Option<ModelProvisioner>,
    /// The uids of the resources that its provisioner requires, by local name.
    pub requires: Map<String>,
    /// The uids of the resources to which its params refer.
    pub refers_to: BTreeSet<String>,
    /// The uids of the resources whose provisioners require it or whose params refer to it.
    pub required_by: BTreeSet<String>,
    /// The workloads that need it, directly or through other resources.
    pub needed_by: BTreeSet<String>,
    /// Its outputs, by name.
    pub outputs: Map<ModelOutput>,
    /// Whether its provisioner has outputs with any name.
    pub has_any_output: bool,
    /// Whether it has persistent data, as far as its provisioner shows: a volume or a claim, of its own or of a
    /// resource that it requires.
    pub has_data: bool,
}

/// A declaration of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declaration {
    /// The workload; absent for the project itself.
    pub workload: Option<String>,
    /// The name of the resource there.
    pub name: String,
    /// The location of the name.
    pub span: Span,
}

/// The provisioner of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelProvisioner {
    /// The name of its file.
    pub file: String,
    /// The location of its `type`.
    pub span: Span,
    /// Whether it is part of the built-in catalogue.
    pub is_built_in: bool,
    /// Its purpose, in one sentence.
    pub description: String,
}

/// An output of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelOutput {
    /// Whether it is declared as a secret, or its value contains one.
    pub secret: bool,
    /// Whether it can be absent.
    pub optional: bool,
}

/// An HTTP route.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelRoute {
    /// Its name.
    pub name: String,
    /// The host names.
    pub hosts: Vec<String>,
    /// The path that requests start with.
    pub path: String,
    /// The workload to which it leads.
    pub workload: String,
    /// The name of the workload's port.
    pub port: String,
    /// The uid of the resource.
    pub resource: String,
}

/// An object of the output, without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelObject {
    /// The group and version; empty for a service of Compose.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace, if it is set.
    pub namespace: Option<String>,
    /// The name, or `(hidden)` if it is written in a provisioner and can contain a value from outside.
    pub name: String,
    /// The workload that it belongs to; absent if it is shared.
    pub workload: Option<String>,
    /// The uid of the resource that needs it; absent for an object of a workload.
    pub resource: Option<String>,
}

/// The name of an object that must not be shown.
const HIDDEN: &str = "(hidden)";

/// The results of a compilation that a model describes.
#[derive(Clone, Copy)]
pub(crate) struct Described<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) project: &'a Project,
    pub(crate) resolved: &'a Resolved,
    pub(crate) app: &'a App,
    /// The target with the options of the project.
    pub(crate) target: Option<&'a dyn Target>,
    /// The objects of the output.
    pub(crate) objects: &'a [OutputObject],
    /// Whether results can contain values from outside.
    pub(crate) has_external_values: bool,
}

impl Model {
    pub(crate) fn of(described: Described<'_>) -> Self {
        let scales = described.target.map(|it| it.scales(described.app));
        let declared = declarations(described.project);
        let needed_by = needed_by(described.project, &declared);
        let workloads = workloads(described, scales.as_ref(), &needed_by);
        let objects = described.objects.iter();
        let objects = objects.map(|it| ModelObject::of(it, described.has_external_values));
        Self {
            project: described.app.project.clone(),
            environment: described.settings.environment_id.clone(),
            target: described.target.map(|target| target.name().to_owned()),
            installation: Installation::of(described),
            workloads,
            resources: resources(described, &declared, &needed_by),
            routes: described.app.routes.iter().map(route).collect(),
            externals: described.settings.externals.clone(),
            objects: objects.collect(),
            totals: Totals::of(described.app, scales.as_ref()),
        }
    }
}

impl ModelObject {
    fn of(object: &OutputObject, has_external_values: bool) -> Self {
        // The names of an object in a provisioner can contain a value from outside.
        let is_hidden = has_external_values && object.place.is_some();
        let shown = |name: &String| {
            if is_hidden {
                HIDDEN.to_owned()
            } else {
                name.clone()
            }
        };
        Self {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.as_ref().map(shown),
            name: shown(&object.name),
            workload: object.workload.clone(),
            resource: object.resource.clone(),
        }
    }
}

fn workloads(
    described: Described<'_>,
    scales: Option<&BTreeMap<String, Scale>>,
    needed_by: &BTreeMap<&str, BTreeSet<&str>>,
) -> Map<ModelWorkload> {
    let mut needs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (uid, workloads) in needed_by {
        for workload in workloads {
            needs.entry(workload).or_default().insert((*uid).to_owned());
        }
    }
    let project = described.project.workloads.iter();
    let workloads = project.map(|(name, spec)| {
        let scale = scales.and_then(|scales| scales.get(name));
        let mut workload = workload(described.app, spec, scale.cloned());
        workload.needs = needs.remove(name.as_str()).unwrap_or_default();
        (name.clone(), workload)
    });
    let mut workloads: Map<ModelWorkload> = workloads.collect();
    for name in described.project.workloads.keys() {
        let reached = described.app.components.get(name);
        for other in reached.into_iter().flat_map(|it| &it.reaches) {
            if let Some(workload) = workloads.get_mut(other).filter(|_| other != name) {
                workload.referred_by.insert(name.clone());
                workloads[name].refers_to.insert(other.clone());
            }
        }
    }
    workloads
}

fn workload(app: &App, spec: &Arc<Valid<Workload>>, scale: Option<Scale>) -> ModelWorkload {
    let name = &spec.name;
    let component = app.components.get(&name.value);
    let resources = spec.resources.keys();
    let resources = resources.filter_map(|local| Some((local.clone(), Project::uid(spec, local)?)));
    let containers = component.into_iter().flat_map(|it| &it.containers);
    ModelWorkload {
        span: name.span,
        spec: Arc::clone(spec),
        annotations: component
            .map(|it| it.annotations.clone())
            .unwrap_or_default(),
        ports: spec.ports.clone(),
        containers: containers
            .map(|(name, it)| (name.clone(), container(it)))
            .collect(),
        scale,
        resources: resources.collect(),
        needs: BTreeSet::new(),
        refers_to: BTreeSet::new(),
        referred_by: BTreeSet::new(),
    }
}

fn container(container: &Container) -> ModelContainer {
    ModelContainer {
        image: container.image.clone(),
        variables: container.variables.keys().cloned().collect(),
        files: container.files.keys().cloned().collect(),
        volumes: container.mounts.keys().cloned().collect(),
        limits: container.limits.clone(),
        requests: container.requests.clone(),
        has_liveness_probe: container.liveness_probe.is_some(),
        has_readiness_probe: container.readiness_probe.is_some(),
    }
}

fn route(route: &Route) -> ModelRoute {
    ModelRoute {
        name: route.name.clone(),
        hosts: route.hosts.clone(),
        path: route.path.clone(),
        workload: route.component.clone(),
        port: route.port.clone(),
        resource: route.resource.clone(),
    }
}
