//! The objects of a component: its controller, Services and other objects beside it. `pod` creates
//! the pods in the controller.

use score_spec::Diagnostic;
use sha2::{Digest, Sha256};

use super::advice::advise;
use super::naming::{Controller, Naming, annotations, hex, label};
use super::network::{self, Network};
use super::objects::{
    Body, CronJob, CronJobSpec, DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec,
    HorizontalPodAutoscaler, Job, JobSpec, JobTemplate, Metadata, NetworkPolicy, Object,
    PodDisruptionBudget, PodTemplate, Selector, Service, ServiceAccount, ServicePort, ServiceSpec,
    StatefulSet, StatefulSetSpec, UpdateStrategy,
};
use super::pod::{Pod, pod, protocol, public_annotations};
use super::policies::{self, account, scaling};
use super::provenance::Owner;
use super::workload_options::{Strategy, WorkloadOptions};
use super::{files, patch};
use crate::ir::{Component, Origin, Text, Tree};

/// The number of retries for a job of a resource, or for a release job. The delay between them grows to five minutes, so
/// that a server has about half an hour to start.
const BACKOFF_LIMIT: u32 = 10;

/// The objects of a component, in the order in which they are written.
pub(super) fn objects(
    naming: &Naming,
    network: &Network,
    component: &Component,
    options: &WorkloadOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Object> {
    let Pod {
        template,
        mut objects,
        claims,
    } = pod(naming, component, options, diagnostics);
    objects.extend(account(naming, component, options));
    let mut service = service(naming, component);
    let pods = Pod {
        template,
        objects: Vec::new(),
        claims,
    };
    let mut controller = controller(naming, component, options, pods);
    patch::patch(
        naming,
        component,
        service.as_mut(),
        &mut controller,
        diagnostics,
    );
    advise(naming, component, options, &controller, diagnostics);
    if naming.controller(component) == Controller::Job {
        name_job(naming, &mut controller);
    }
    objects.extend(service);
    objects.extend(headless_service(naming, component));
    objects.push(controller);
    objects.extend(scaling(naming, component, options));
    objects.extend(network.policy(naming, component, options));
    debug_assert!(
        are_named(&objects, &names(naming, component, options)),
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
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
) -> Vec<(&'static str, String)> {
    let name = &component.name;
    let controller = naming.controller(component);
    let mut names = vec![(controller.name(), name.clone())];
    names.extend(files::names(component));
    let services = [
        naming
            .has_service(component)
            .then(|| naming.service(name).to_owned()),
        naming
            .has_headless_service(component)
            .then(|| naming.governing_service(component)),
    ];
    names.extend(services.into_iter().flatten().map(|it| (Service::KIND, it)));
    let others = [
        (policies::has_account(options), ServiceAccount::KIND),
        (options.autoscaling.is_some(), HorizontalPodAutoscaler::KIND),
        (options.budget.is_some(), PodDisruptionBudget::KIND),
        (
            network::has_policy(naming, component, options),
            NetworkPolicy::KIND,
        ),
    ];
    let others = others.into_iter().filter(|(exists, _)| *exists);
    names.extend(others.map(|(_, kind)| (kind, name.clone())));
    names
}

fn controller(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
    pod: Pod,
) -> Object {
    let metadata = {
        let (name, annotations) = (&component.name, public_annotations(component));
        let workload = component.belongs_to().0;
        naming.metadata(name, naming.labels(name), annotations, workload)
    };
    let owner = Owner::component(component);
    let (replicas, template) = (options.replicas, pod.template);
    let min_ready_seconds = options.min_ready_seconds;
    let strategy = options.strategy.clone().map(update_strategy);
    let selector = Selector {
        match_labels: naming.selector(&component.name),
    };
    match naming.controller(component) {
        Controller::Deployment => {
            let spec = DeploymentSpec {
                replicas,
                selector,
                min_ready_seconds,
                strategy,
                template,
            };
            Object::new(metadata, Deployment { spec }, owner)
        }
        Controller::StatefulSet => {
            let spec = StatefulSetSpec {
                replicas,
                service_name: naming.governing_service(component),
                selector,
                min_ready_seconds,
                update_strategy: strategy,
                template,
                volume_claim_templates: pod.claims,
            };
            Object::new(metadata, StatefulSet { spec }, owner)
        }
        Controller::DaemonSet => {
            let spec = DaemonSetSpec {
                selector,
                min_ready_seconds,
                update_strategy: strategy,
                template,
            };
            Object::new(metadata, DaemonSet { spec }, owner)
        }
        Controller::Job => {
            let spec = job(component, options, template);
            Object::new(metadata, Job { spec }, owner)
        }
        Controller::CronJob => {
            let spec = cron_job(options, template);
            Object::new(metadata, CronJob { spec }, owner)
        }
    }
}

fn job(component: &Component, options: &WorkloadOptions, template: PodTemplate) -> JobSpec {
    // These need servers that may be starting.
    let waits = matches!(component.origin, Origin::Resource { .. }) || component.job_of.is_some();
    JobSpec {
        backoff_limit: options.backoff_limit.or(waits.then_some(BACKOFF_LIMIT)),
        active_deadline_seconds: options.deadline,
        template,
    }
}

fn update_strategy(strategy: Strategy) -> UpdateStrategy {
    let (kind, rolling_update) = match strategy {
        Strategy::Recreate => ("Recreate", None),
        Strategy::OnDelete => ("OnDelete", None),
        Strategy::Rolling(settings) => ("RollingUpdate", Some(settings)),
    };
    UpdateStrategy {
        kind,
        rolling_update,
    }
}

fn cron_job(options: &WorkloadOptions, template: PodTemplate) -> CronJobSpec {
    CronJobSpec {
        schedule: options.schedule.clone().unwrap_or_default(),
        concurrency_policy: options.concurrency_policy.clone(),
        successful_jobs_history_limit: options.successful_jobs_history,
        failed_jobs_history_limit: options.failed_jobs_history,
        job_template: JobTemplate {
            spec: JobSpec {
                backoff_limit: options.backoff_limit,
                active_deadline_seconds: options.deadline,
                template,
            },
        },
    }
}

fn metadata(naming: &Naming, component: &Component, name: &str) -> Metadata {
    naming.metadata(
        name,
        naming.labels(&component.name),
        annotations(component),
        component.belongs_to().0,
    )
}

/// Appends a hash of the specification to the name of a job. Jobs in a cluster are immutable; under
/// another name, a changed job runs again.
fn name_job(naming: &Naming, job: &mut Object) {
    let mut written = Text::new();
    if let Some(spec) = job.tree.get("spec").cloned() {
        let spec = naming.fill(spec, &job.field().below("spec"));
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

/// The service of a component. For a stateful set of a resource without ports, it is headless,
/// because Kubernetes requires ports for any other.
fn service(naming: &Naming, component: &Component) -> Option<Object> {
    naming.has_service(component).then(|| {
        let name = naming.service(&component.name);
        let cluster_ip = component.ports.is_empty().then_some("None");
        service_called(naming, component, name, cluster_ip)
    })
}

/// The service that gives the pods of a stateful set their host names.
fn headless_service(naming: &Naming, component: &Component) -> Option<Object> {
    naming.has_headless_service(component).then(|| {
        let name = naming.governing_service(component);
        service_called(naming, component, &name, Some("None"))
    })
}

fn service_called(
    naming: &Naming,
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
        selector: naming.selector(&component.name),
        ports: ports.collect(),
    };
    let mut metadata = metadata(naming, component, name);
    if cluster_ip.is_some() && naming.has_headless_service(component) {
        // With the same labels, a program that watches Services by label would find the pods twice.
        metadata
            .labels
            .insert("k8s.score.dev/headless".to_owned(), "true".to_owned());
    }
    Object::new(metadata, Service { spec }, Owner::component(component))
}
