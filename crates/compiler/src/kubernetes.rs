//! Kubernetes: a controller for each component, with what it needs, and a route for each way in.
//!
//! Every name follows from the application alone, so that two renderings of the same one are the
//! same, and another workload changes no object of this one. Not: how documents are written
//! (`yaml`), and no order between components, which Kubernetes does not have: a pod is restarted
//! until what it needs answers, and a job is tried again.

mod annotations;
mod capabilities;
mod check;
mod cluster;
mod draft;
mod env;
mod fields;
mod files;
mod network;
mod objects;
mod options;
mod order;
mod owner;
mod pod;
mod policies;
mod raw;
mod route;
mod secrets;
mod security;
#[cfg(test)]
mod tests;
mod volumes;
mod wishes;
mod workload;
mod write;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use score_spec::{Code, Diagnostic};

pub use self::options::{
    Gateway, KubernetesOptions, ObjectFormat, Profile, RouteKind, RouteOptions, SecretsMode,
};

pub(crate) use self::annotations::ANNOTATIONS;
pub(crate) use self::capabilities::CAPABILITIES;
use self::cluster::Cluster;
pub(crate) use self::cluster::{hex, is_string};
pub(crate) use self::draft::{Contexts, Draft};
use self::network::Network;
pub(crate) use self::objects::Object;
use self::objects::{Metadata, Namespace};
use self::owner::Owner;
use self::security::profile;
use self::wishes::Wishes;
pub(crate) use self::write::path as file_name;
use crate::{App, Component, Origin, OutputFile, RenderOptions, Target};

/// Kubernetes.
pub(crate) const TARGET: Target = Target {
    name: "kubernetes",
    summary: "Kubernetes objects",
    platform: "kubernetes",
    default_output: "manifests.yaml",
    folder: false,
    reads_environment: true,
    open_settings: false,
    routes_port: None,
    raises: &[Code::SpecLimitBelowRequest],
    annotations: ANNOTATIONS,
    capabilities: CAPABILITIES,
    resolve: |app, text| Cluster::new(app, &RenderOptions::default()).filled(text),
    render,
};

fn render(
    app: &App,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    write::files(objects(app, options, diagnostics), &options.kubernetes)
}

/// The finished objects of an application.
fn objects(app: &App, options: &RenderOptions, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let cluster = Cluster::new(app, options);
    let mut objects = open_objects(&cluster, diagnostics);
    for object in &mut objects {
        cluster.fill(&mut object.tree);
    }
    objects
}

/// The objects of an application: the namespace, then what resources need, then workloads, then
/// routes; each sorted by name. Services and ports in texts are still references.
fn open_objects(cluster: &Cluster, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let app = cluster.app;
    check::check(cluster, diagnostics);
    let wishes = wishes(cluster, diagnostics);
    let network = Network::of(app);
    let mut objects: Vec<Object> = namespace(cluster, &wishes).into_iter().collect();
    let mut secrets = secrets::secrets(cluster, diagnostics);
    objects.extend(secrets.remove("").into_iter().flatten());
    objects.extend(raw::objects(cluster, diagnostics));
    for component in sorted(app) {
        let name = component.name.as_str();
        objects.extend(secrets.remove(name).into_iter().flatten());
        let wishes = &wishes[name];
        let made = workload::objects(cluster, &network, component, wishes, diagnostics);
        objects.extend(made);
    }
    for route in &app.routes {
        let wishes = wishes.get(route.workload.as_str());
        objects.push(route::object(cluster, route, wishes, diagnostics));
    }
    unique(objects, diagnostics)
}

/// The components, those that resources need first.
fn sorted(app: &App) -> Vec<&Component> {
    let mut components: Vec<&Component> = app.components.values().collect();
    components.sort_by_key(|component| {
        let is_workload = matches!(component.origin, Origin::Workload(_));
        (is_workload, &component.name)
    });
    components
}

/// What components ask for, by their names.
fn wishes<'a>(
    cluster: &Cluster<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a str, Wishes> {
    let components = cluster.app.components.values();
    components
        .map(|component| {
            let controller = cluster.controller(component);
            let wishes = Wishes::read(component, controller, diagnostics);
            (component.name.as_str(), wishes)
        })
        .collect()
}

/// The namespace, if it is to be made. It admits pods of the weakest profile that is used.
fn namespace(cluster: &Cluster, wishes: &BTreeMap<&str, Wishes>) -> Option<Object> {
    let options = cluster.options;
    let name = options.namespace.as_ref();
    name.filter(|_| options.generate_namespace).map(|name| {
        let components = cluster.app.components.values();
        let profiles = components
            .map(|component| profile(cluster, component, &wishes[component.name.as_str()]));
        let enforced = match profiles.min() {
            Some(Profile::None) => "privileged",
            Some(Profile::Baseline) => "baseline",
            Some(Profile::Restricted) | None => "restricted",
        };
        let mut labels = cluster.common_labels();
        let enforce = "pod-security.kubernetes.io/enforce".to_owned();
        labels.insert(enforce, enforced.to_owned());
        let metadata = Metadata {
            name: name.clone(),
            namespace: None,
            labels,
            annotations: IndexMap::new(),
        };
        Object::new(metadata, Namespace, Owner::default())
    })
}

/// The objects without those that are there already. Different ones that would replace each other
/// in the cluster are reported.
fn unique(objects: Vec<Object>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let mut seen: BTreeMap<_, Object> = BTreeMap::new();
    let mut order = Vec::with_capacity(objects.len());
    for object in objects {
        // A version is another view of the same object.
        let group = match object.api_version.split_once('/') {
            Some((group, _)) => group.to_owned(),
            None => String::new(),
        };
        let (kind, name) = (object.kind.clone(), object.name.clone());
        let key = (group, kind, object.namespace.clone(), name);
        if let Some(other) = seen.get(&key) {
            if other.tree != object.tree {
                let Object {
                    kind, name, owner, ..
                } = &object;
                let other = &other.owner;
                diagnostics.push(
                    Diagnostic::new(
                        Code::ProjectNameCollision,
                        format!("{other} and {owner} would both have a {kind} called `{name}`"),
                    )
                    .help("rename one of them"),
                );
            }
            continue;
        }
        order.push(key.clone());
        seen.insert(key, object);
    }
    order.iter().filter_map(|key| seen.remove(key)).collect()
}
