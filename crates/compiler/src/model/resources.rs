//! The resources of a model.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use score_spec::{Map, Workload};

use super::{Declaration, Described, ModelOutput, ModelProvisioner, ModelResource};
use crate::graph::{Identity, Project, Resource};
use crate::ir::{App, Raw, Storage, Tree};
use crate::resolve::Provisioned;

/// The declarations of resources, by uid.
pub(super) type Declarations = BTreeMap<String, Vec<Declaration>>;

pub(super) fn declarations(project: &Project) -> Declarations {
    let mut declared = Declarations::new();
    let of_project = project.of_project.iter().map(|it| (None, &**it));
    let workloads = project.workloads.iter();
    let workloads = workloads.map(|(name, workload)| (Some(name), &***workload));
    for (workload, spec) in of_project.chain(workloads) {
        for (name, resource) in &spec.resources {
            let Some(uid) = Project::uid(spec, name) else {
                continue;
            };
            declared.entry(uid).or_default().push(Declaration {
                workload: workload.cloned(),
                name: name.clone(),
                span: resource.span,
            });
        }
    }
    declared
}

/// The workloads that need each resource, directly or through other resources.
pub(super) fn needed_by<'a>(
    project: &'a Project,
    declared: &'a Declarations,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut needed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (uid, declarations) in declared {
        let workloads = declarations.iter().filter_map(|it| it.workload.as_deref());
        needed.insert(uid, workloads.collect());
    }
    // Resources are in dependency order. In reverse, all resources that need a resource are visited
    // before it, so a single pass is enough.
    for resource in project.resources.values().rev() {
        let needing = needed.get(resource.uid.as_str()).cloned();
        let Some(needing) = needing.filter(|it| !it.is_empty()) else {
            continue;
        };
        for uid in resource.requires.values().chain(&resource.refers_to) {
            needed.entry(uid).or_default().extend(&needing);
        }
    }
    needed
}

/// All resources: those with a provisioner in dependency order, then the others by uid.
pub(super) fn resources(
    described: Described<'_>,
    declared: &Declarations,
    needed_by: &BTreeMap<&str, BTreeSet<&str>>,
) -> Map<ModelResource> {
    let project = described.project;
    let with_data = with_data(project, described.app);
    let mut resources: Map<ModelResource> = Map::default();
    let handled = project.resources.values();
    let handled = handled.map(|it| (it.uid.as_str(), it.identity(), Some(it)));
    let unhandled = project.unhandled.iter();
    let unhandled = unhandled.map(|(uid, identity)| (uid.as_str(), identity.clone(), None));
    for (uid, identity, resource) in handled.chain(unhandled) {
        let declared = declared.get(uid).cloned().unwrap_or_default();
        let needed_by = needed_by.get(uid).into_iter().flatten();
        let mut described_resource = ModelResource {
            params: params(project, &declared),
            declared,
            needed_by: needed_by.map(|it| (*it).to_owned()).collect(),
            has_data: with_data.contains(uid),
            ..bare(identity)
        };
        if let Some(resource) = resource {
            let provisioned = described.resolved.get(uid);
            describe(&mut described_resource, resource, provisioned);
        }
        resources.insert(uid.to_owned(), described_resource);
    }
    for (uid, resource) in &project.resources {
        for needed in resource.requires.values().chain(&resource.refers_to) {
            if let Some(needed) = resources.get_mut(needed) {
                needed.required_by.insert(uid.clone());
            }
        }
    }
    resources
}

/// A resource of which only the identity is known.
fn bare(identity: Identity) -> ModelResource {
    ModelResource {
        identity,
        declared: Vec::new(),
        params: None,
        provisioner: None,
        requires: Map::default(),
        refers_to: BTreeSet::new(),
        required_by: BTreeSet::new(),
        needed_by: BTreeSet::new(),
        outputs: Map::default(),
        has_any_output: false,
        has_data: false,
    }
}

/// Adds what is known from its provisioner.
fn describe(model: &mut ModelResource, resource: &Resource, provisioned: Option<&Provisioned>) {
    let provisioner = &resource.provisioner;
    model.provisioner = Some(ModelProvisioner {
        file: provisioner.file.clone(),
        span: provisioner.span,
        is_built_in: provisioner.is_built_in(),
        description: provisioner.description.clone(),
    });
    model.requires.clone_from(&resource.requires);
    model.refers_to = resource.refers_to.iter().cloned().collect();
    model.has_any_output = provisioner.any_output.is_some();
    for (name, output) in &provisioner.outputs {
        let output = ModelOutput {
            secret: output.secret,
            optional: output.optional,
        };
        model.outputs.insert(name.clone(), output);
    }
    for (name, value) in provisioned.into_iter().flat_map(|it| &it.outputs) {
        let output = model.outputs.entry(name.clone()).or_insert(ModelOutput {
            secret: false,
            optional: false,
        });
        value.each_text(&mut |text| output.secret |= text.is_secret());
    }
}

/// The params as they are written, if a declaration sets them.
fn params(project: &Project, declared: &[Declaration]) -> Option<score_spec::Node> {
    let mut declared = declared.iter();
    declared.find_map(|declaration| {
        let workload: &Workload = match &declaration.workload {
            Some(workload) => project.workloads.get(workload)?,
            None => project.of_project.as_deref()?,
        };
        let resource = workload.resources.get(&declaration.name)?;
        Some(resource.params.as_ref()?.node.clone())
    })
}

/// The uids of the resources with persistent data: a volume, a claim, or those of a resource that they require.
fn with_data<'a>(project: &'a Project, app: &'a App) -> IndexSet<&'a str> {
    let volumes = app.volumes.values();
    let persistent = volumes.filter(|volume| match volume.storage {
        Storage::Managed | Storage::Host(_) | Storage::Existing(_) | Storage::Written(_) => true,
        Storage::Ephemeral | Storage::Memory => false,
    });
    let mut with_data: IndexSet<&str> = persistent.map(|it| it.resource.as_str()).collect();
    for (uid, written) in &app.written {
        if written.objects.iter().any(has_claim) {
            with_data.insert(uid);
        }
    }
    // Each resource comes after those that it requires.
    for (uid, resource) in &project.resources {
        let mut required = resource.requires.values();
        if required.any(|required| with_data.contains(required.as_str())) {
            with_data.insert(uid);
        }
    }
    with_data
}

/// Whether an object of a provisioner declares a volume: a claim, a stateful set with claims, or a volume of Compose.
fn has_claim(raw: &Raw) -> bool {
    let kind = match raw.tree.get("kind") {
        Some(Tree::Text(kind)) => kind.as_plain().unwrap_or_default(),
        _ => "",
    };
    let claims = || raw.tree.get("spec")?.get("volumeClaimTemplates");
    kind == "PersistentVolumeClaim" || claims().is_some() || raw.tree.get("volumes").is_some()
}
