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
mod unique;
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
use self::unique::{Seen, Unique};
use self::wishes::Wishes;
pub(crate) use self::write::path as file_name;
use self::write::{Files, Written};
use crate::{App, Component, Origin, OutputFile, RenderOptions, Target, parallel};

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

/// How many components are worked on before their objects are put in their order: enough for all
/// processors, and few beside the text.
const BATCH: usize = 32;

fn render(
    app: &App,
    options: &RenderOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<OutputFile> {
    let cluster = Cluster::new(app, options);
    let mut files = Files::new(&options.kubernetes);
    let write = |mut object: Object| {
        cluster.fill(&mut object.tree);
        Written::of(object, &options.kubernetes)
    };
    let wishes = asked(&cluster, diagnostics);
    each_batch(&cluster, &wishes, diagnostics, &write, &mut |made| {
        files.add(made);
    });
    files.finish()
}

/// Goes through the objects of an application: the namespace, then what resources need, then
/// workloads, then routes; each sorted by name. Services and ports in texts are still references.
/// `each` turns one into something, on all processors, and `batch` gets what comes of it in this
/// order, some at a time.
fn each_batch<T: Send>(
    cluster: &Cluster,
    wishes: &BTreeMap<&str, Wishes>,
    diagnostics: &mut Vec<Diagnostic>,
    each: &(dyn Fn(Object) -> T + Sync),
    batch: &mut dyn FnMut(Vec<T>),
) {
    let app = cluster.app;
    let network = Network::of(app);
    let mut unique = Unique::default();
    let each = |object: Object| (Seen::of(&object), each(object));
    let mut objects: Vec<Object> = namespace(cluster, wishes).into_iter().collect();
    let mut secrets = secrets::secrets(cluster, diagnostics);
    objects.extend(secrets.remove("").into_iter().flatten());
    objects.extend(raw::objects(cluster, diagnostics));
    let made = objects.into_iter().map(each).collect();
    batch(unique.new_ones(made, diagnostics));
    for components in sorted(app).chunks(BATCH) {
        let made = parallel::map(components, |component| {
            let (name, mut found) = (component.name.as_str(), Vec::new());
            let wishes = &wishes[name];
            let objects = workload::objects(cluster, &network, component, wishes, &mut found);
            let made: Vec<_> = objects.into_iter().map(each).collect();
            (made, found)
        });
        let mut all = Vec::new();
        for (component, (made, found)) in components.iter().zip(made) {
            let secrets = secrets.remove(component.name.as_str());
            all.extend(secrets.into_iter().flatten().map(each).chain(made));
            diagnostics.extend(found);
        }
        batch(unique.new_ones(all, diagnostics));
    }
    for routes in app.routes.chunks(BATCH) {
        let made = parallel::map(routes, |route| {
            let (wishes, mut found) = (wishes.get(route.workload.as_str()), Vec::new());
            let object = route::object(cluster, route, wishes, &mut found);
            (each(object), found)
        });
        let (made, found): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        diagnostics.extend(found.into_iter().flatten());
        batch(unique.new_ones(made, diagnostics));
    }
}

/// All objects of an application, in that order.
fn open_objects(
    cluster: &Cluster,
    wishes: &BTreeMap<&str, Wishes>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let mut all = Vec::new();
    let each = |object| object;
    each_batch(cluster, wishes, diagnostics, &each, &mut |objects| {
        all.extend(objects);
    });
    all
}

/// All finished objects of an application.
#[cfg(test)]
fn objects(app: &App, options: &RenderOptions, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let cluster = Cluster::new(app, options);
    let wishes = asked(&cluster, diagnostics);
    let mut objects = open_objects(&cluster, &wishes, diagnostics);
    for object in &mut objects {
        cluster.fill(&mut object.tree);
    }
    objects
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

/// What components ask for, by their names. What the cluster cannot give is reported.
fn asked<'a>(
    cluster: &Cluster<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a str, Wishes> {
    check::check(cluster, diagnostics);
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
