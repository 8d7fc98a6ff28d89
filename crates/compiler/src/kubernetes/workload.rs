//! Components: their service and their controller. Not: the pods inside it.

use score_spec::Diagnostic;

use super::cluster::{Cluster, Controller, annotations, purpose, selector};
use super::objects::{
    Deployment, DeploymentSpec, Job, JobSpec, Object, Selector, Service, ServicePort, ServiceSpec,
    StatefulSet, StatefulSetSpec,
};
use super::pod::{pod, protocol};
use super::raw;
use crate::{Component, Mount};

/// How often a job is tried again. It waits longer each time, up to five minutes, so that a server
/// that it needs has about half an hour to come up.
const BACKOFF_LIMIT: u32 = 10;

/// The objects of a component, in the order in which they are written.
pub(super) fn objects(
    cluster: &Cluster,
    component: &Component,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let name = &component.name;
    let labels = cluster.labels(name);
    let metadata = cluster.metadata(name, labels, annotations(component));
    let purpose = purpose(component);
    let pod = pod(cluster, component, diagnostics);
    let (mut objects, template) = (pod.objects, pod.template);
    let mut service = service(cluster, component);
    let selector = Selector {
        match_labels: selector(name),
    };
    let mut controller = match cluster.controller(component) {
        Controller::Deployment => {
            let spec = DeploymentSpec { selector, template };
            Object::new(metadata, Deployment { spec }, purpose)
        }
        Controller::StatefulSet => {
            let spec = StatefulSetSpec {
                service_name: cluster.service(name).to_owned(),
                selector,
                template,
                volume_claim_templates: pod.claims,
            };
            Object::new(metadata, StatefulSet { spec }, purpose)
        }
        Controller::Job => {
            let spec = JobSpec {
                backoff_limit: BACKOFF_LIMIT,
                template,
            };
            Object::new(metadata, Job { spec }, purpose)
        }
    };
    raw::patch(
        cluster,
        component,
        service.as_mut(),
        &mut controller,
        diagnostics,
    );
    objects.extend(service);
    objects.push(controller);
    objects
}

/// The service of a component that has ports, or is a stateful set, which must name one. Without
/// ports it can only be headless.
fn service(cluster: &Cluster, component: &Component) -> Option<Object> {
    if !cluster.has_service(component) {
        return None;
    }
    let ports = component.ports.iter().map(|(name, port)| ServicePort {
        name: name.clone(),
        port: port.port,
        target_port: port.target,
        protocol: protocol(port.protocol),
    });
    let spec = ServiceSpec {
        cluster_ip: component.ports.is_empty().then_some("None"),
        selector: selector(&component.name),
        ports: ports.collect(),
    };
    let name = cluster.service(&component.name);
    let labels = cluster.labels(&component.name);
    let metadata = cluster.metadata(name, labels, annotations(component));
    Some(Object::new(metadata, Service { spec }, purpose(component)))
}

/// The folder inside a volume that is mounted. Kubernetes wants it relative.
pub(super) fn sub_path(mount: &Mount) -> Option<String> {
    let path = mount.path.as_deref()?.trim_start_matches('/');
    Some(path.to_owned()).filter(|path| !path.is_empty())
}
