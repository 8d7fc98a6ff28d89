//! Components: their controller and what stands beside it. Not: the pods inside it.

use score_spec::Diagnostic;
use sha2::{Digest, Sha256};

use super::advice::advise;
use super::cluster::{Cluster, Controller, annotations, hex, label, selector};
use super::network::{self, Network};
use super::objects::{
    Body, CronJob, CronJobSpec, DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec,
    HorizontalPodAutoscaler, Job, JobSpec, JobTemplate, Metadata, NetworkPolicy, Object,
    PodDisruptionBudget, Selector, Service, ServiceAccount, ServicePort, ServiceSpec, StatefulSet,
    StatefulSetSpec,
};
use super::pod::{Pod, pod, protocol};
use super::policies::{self, account, scaling};
use super::provenance::Owner;
use super::wishes::Wishes;
use super::{files, patch};
use crate::ir::{Component, Origin, Text, Tree};

/// How often a job of a resource is tried again. It waits longer each time, up to five minutes, so
/// that a server that it needs has about half an hour to come up.
const BACKOFF_LIMIT: u32 = 10;

/// The objects of a component, in the order in which they are written.
pub(super) fn objects(
    cluster: &Cluster,
    network: &Network,
    component: &Component,
    wishes: &Wishes,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let Pod {
        template,
        mut objects,
        claims,
    } = pod(cluster, component, wishes, diagnostics);
    objects.extend(account(cluster, component, wishes));
    let mut service = service(cluster, component);
    let pods = Pod {
        template,
        objects: Vec::new(),
        claims,
    };
    let mut controller = controller(cluster, component, wishes, pods);
    patch::patch(
        cluster,
        component,
        service.as_mut(),
        &mut controller,
        diagnostics,
    );
    advise(cluster, component, wishes, &controller, diagnostics);
    if cluster.controller(component) == Controller::Job {
        name_job(cluster, &mut controller);
    }
    objects.extend(service);
    objects.extend(headless_service(cluster, component));
    objects.push(controller);
    objects.extend(scaling(cluster, component, wishes));
    objects.extend(network.policy(cluster, component, wishes));
    debug_assert!(
        are_named(&objects, &names(cluster, component, wishes)),
        "`names` lacks an object of `{}`",
        component.name
    );
    objects
}

/// Whether all objects except Jobs, whose names depend on their documents, have one of these names.
fn are_named(objects: &[Object], names: &[(&str, String)]) -> bool {
    let mut objects = objects.iter().filter(|object| object.kind != Job::KIND);
    objects.all(|object| names.contains(&(&*object.kind, object.name.clone())))
}

/// The kinds and names of the objects of a component. The name of a Job ends with a hash of its document.
pub(super) fn names(
    cluster: &Cluster,
    component: &Component,
    wishes: &Wishes,
) -> Vec<(&'static str, String)> {
    let name = &component.name;
    let controller = cluster.controller(component);
    let mut names = vec![(controller.name(), name.clone())];
    names.extend(files::names(component));
    let services = [
        cluster
            .has_service(component)
            .then(|| cluster.service(name).to_owned()),
        has_headless_service(cluster, component).then(|| cluster.governing_service(component)),
    ];
    names.extend(services.into_iter().flatten().map(|it| (Service::KIND, it)));
    let others = [
        (policies::has_account(wishes), ServiceAccount::KIND),
        (wishes.autoscaling.is_some(), HorizontalPodAutoscaler::KIND),
        (wishes.budget.is_some(), PodDisruptionBudget::KIND),
        (
            network::has_policy(cluster, component, wishes),
            NetworkPolicy::KIND,
        ),
    ];
    let others = others.into_iter().filter(|(exists, _)| *exists);
    names.extend(others.map(|(_, kind)| (kind, name.clone())));
    names
}

fn controller(cluster: &Cluster, component: &Component, wishes: &Wishes, pod: Pod) -> Object {
    let metadata = metadata(cluster, component, &component.name);
    let owner = Owner::component(component);
    let (replicas, template) = (wishes.replicas, pod.template);
    let selector = Selector {
        match_labels: selector(&component.name),
    };
    match cluster.controller(component) {
        Controller::Deployment => {
            let spec = DeploymentSpec {
                replicas,
                selector,
                template,
            };
            Object::new(metadata, Deployment { spec }, owner)
        }
        Controller::StatefulSet => {
            let spec = StatefulSetSpec {
                replicas,
                service_name: cluster.governing_service(component),
                selector,
                template,
                volume_claim_templates: pod.claims,
            };
            Object::new(metadata, StatefulSet { spec }, owner)
        }
        Controller::DaemonSet => {
            let spec = DaemonSetSpec { selector, template };
            Object::new(metadata, DaemonSet { spec }, owner)
        }
        Controller::Job => {
            let of_resource = matches!(component.origin, Origin::Resource { .. });
            let spec = JobSpec {
                backoff_limit: wishes
                    .backoff_limit
                    .or(of_resource.then_some(BACKOFF_LIMIT)),
                template,
            };
            Object::new(metadata, Job { spec }, owner)
        }
        Controller::CronJob => {
            let spec = CronJobSpec {
                schedule: wishes.schedule.clone().unwrap_or_default(),
                concurrency_policy: wishes.concurrency_policy.clone(),
                successful_jobs_history_limit: wishes.successful_jobs_history,
                failed_jobs_history_limit: wishes.failed_jobs_history,
                job_template: JobTemplate {
                    spec: JobSpec {
                        backoff_limit: wishes.backoff_limit,
                        template,
                    },
                },
            };
            Object::new(metadata, CronJob { spec }, owner)
        }
    }
}

fn metadata(cluster: &Cluster, component: &Component, name: &str) -> Metadata {
    cluster.metadata(
        name,
        cluster.labels(&component.name),
        annotations(component),
    )
}

/// Ends the name of a job with a hash of what it is to be. What a job runs can never change in a
/// cluster; under another name it runs anew.
fn name_job(cluster: &Cluster, job: &mut Object) {
    let mut written = Text::new();
    if let Some(spec) = job.tree.get("spec").cloned() {
        let spec = cluster.fill(spec, &job.field().below("spec"));
        crate::emit::yaml::emit(&spec, &mut written);
    }
    let hash = hex(&Sha256::digest(written.redact()), 4);
    job.name = label(&format!("{}-{hash}", job.name));
    if let Tree::Map(object) = &mut job.tree
        && let Some(Tree::Map(metadata)) = object.get_mut("metadata")
    {
        metadata.insert("name".to_owned(), Tree::Text(job.name.as_str().into()));
    }
}

/// The service of a component that has ports. The one of a resource's stateful set without any can
/// only be headless.
fn service(cluster: &Cluster, component: &Component) -> Option<Object> {
    cluster.has_service(component).then(|| {
        let name = cluster.service(&component.name);
        let cluster_ip = component.ports.is_empty().then_some("None");
        service_called(cluster, component, name, cluster_ip)
    })
}

/// The service that gives the pods of a workload's stateful set their names on the network.
fn headless_service(cluster: &Cluster, component: &Component) -> Option<Object> {
    has_headless_service(cluster, component).then(|| {
        let name = cluster.governing_service(component);
        service_called(cluster, component, &name, Some("None"))
    })
}

fn has_headless_service(cluster: &Cluster, component: &Component) -> bool {
    let is_stateful = cluster.controller(component) == Controller::StatefulSet;
    is_stateful && matches!(component.origin, Origin::Workload(_))
}

fn service_called(
    cluster: &Cluster,
    component: &Component,
    name: &str,
    cluster_ip: Option<&'static str>,
) -> Object {
    let ports = component.ports.iter().map(|(name, port)| ServicePort {
        name: name.clone(),
        port: port.port,
        target_port: port.target,
        protocol: protocol(port.protocol),
    });
    let spec = ServiceSpec {
        cluster_ip,
        selector: selector(&component.name),
        ports: ports.collect(),
    };
    let mut metadata = metadata(cluster, component, name);
    let is_second = matches!(component.origin, Origin::Workload(_)) && cluster_ip.is_some();
    if is_second {
        // What watches all Services with some labels would see the pods twice.
        metadata
            .labels
            .insert("k8s.score.dev/headless".to_owned(), "true".to_owned());
    }
    Object::new(metadata, Service { spec }, Owner::component(component))
}
