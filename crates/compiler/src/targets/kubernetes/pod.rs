//! Pods: the containers of a component with their volumes, ports and security contexts.

use std::collections::BTreeSet;

use score_spec::{Diagnostic, Map, Protocol, Quantities};
use sha2::{Digest, Sha256};

use super::annotations::PREFIX;
use super::env::Environment;
use super::files::{digest_secret, files};
use super::lifecycle::PreStop;
use super::naming::{Naming, annotations, hex, quantity};
use super::objects::{
    ClaimTemplate, ContainerPort, Object, PodMetadata, PodSpec, PodTemplate, Reference, Resources,
    Selector, SpreadConstraint,
};
use super::order::{Placed, Role, arrange};
use super::security::Security;
use super::volumes::{local_name, mounts, volumes};
use super::workload_options::{Account, WorkloadOptions};
use super::{objects, probes};
use crate::ir::{Component, Origin, Secret, Text};

/// A pod and the objects that belong to it.
pub(super) struct Pod {
    /// The pod template.
    pub(super) template: PodTemplate,
    /// The secrets and config maps that it mounts, in this order.
    pub(super) objects: Vec<Object>,
    /// The volume claims of each replica.
    pub(super) claims: Vec<ClaimTemplate>,
}

/// Creates the pod of a component.
pub(super) fn pod(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Pod {
    let security = Security::of(naming, component, options, diagnostics);
    let mut spec = spec(naming, component, options);
    spec.security_context = security.pod();
    let (volumes, claims) = volumes(naming, component, options);
    let mut taken: BTreeSet<String> = component
        .containers
        .values()
        .flat_map(|container| container.mounts.values())
        .map(|mount| local_name(naming, &mount.volume).to_owned())
        .collect();
    spec.volumes = volumes;

    let mut hash = Sha256::new();
    let mut objects = Vec::new();
    for placed @ (name, source, role) in arrange(component, diagnostics) {
        let mut container = container(naming, component, options, placed, diagnostics);
        container.security_context = security.container();
        let files = files(naming, component, (name, source), &mut taken, diagnostics);
        hash.update(files.hash.finalize());
        container.volume_mounts.extend(files.mounts);
        spec.volumes.extend(files.volumes);
        objects.extend(files.objects);
        if role != Role::Main {
            spec.init_containers.push(container);
            continue;
        }
        if spec.containers.is_empty() && matches!(component.origin, Origin::Resource { .. }) {
            container.ports = ports(component);
        }
        spec.containers.push(container);
    }
    security.add_scratch(&mut spec, &mut taken);
    objects.sort_by_key(|object| !object.is_secret());
    let files = (!objects.is_empty()).then(|| hex(&hash.finalize(), 8));
    let checksums = [
        ("files", files),
        ("secrets", secrets(component)),
        ("external-secrets", options.secrets_version.clone()),
    ];
    Pod {
        template: PodTemplate {
            metadata: metadata(naming, component, checksums),
            spec,
        },
        objects,
        claims,
    }
}

/// The pod spec without containers and volumes.
fn spec(naming: &Naming, component: &Component, options: &WorkloadOptions) -> PodSpec {
    let ends = naming.controller(component).ends();
    let references = |names: &[String]| {
        let names = names.iter().cloned();
        names.map(|name| Reference { name }).collect()
    };
    let constraint = |topology_key: &String| SpreadConstraint {
        max_skew: 1,
        topology_key: topology_key.clone(),
        when_unsatisfiable: "ScheduleAnyway",
        label_selector: Selector {
            match_labels: naming.selector(&component.name),
        },
    };
    PodSpec {
        restart_policy: ends.then_some("OnFailure"),
        service_account_name: options
            .service_account
            .as_ref()
            .map(|account| match account {
                Account::Own => component.name.clone(),
                Account::Existing(name) => name.clone(),
            }),
        automount_service_account_token: options.automount_token,
        // The variables for Services would depend on everything else in the namespace.
        enable_service_links: false,
        priority_class_name: options.priority_class.clone(),
        termination_grace_period_seconds: options.termination_grace_period,
        node_selector: options.node_selector.clone(),
        tolerations: options.tolerations.clone(),
        topology_spread_constraints: options.spread.iter().map(constraint).collect(),
        image_pull_secrets: references(&options.image_pull_secrets),
        ..PodSpec::default()
    }
}

/// A hash of the inputs of the secrets in environment variables. It changes when one is rotated,
/// because a pod reads variables only when it starts.
fn secrets(component: &Component) -> Option<String> {
    let containers = component.containers.values();
    let texts = containers.flat_map(|container| {
        let commands = container.command.iter().chain(&container.args).flatten();
        container.variables.values().chain(commands)
    });
    let secrets: BTreeSet<&Secret> = texts.flat_map(Text::secrets).map(|it| &**it).collect();
    let mut hash = Sha256::new();
    for secret in &secrets {
        digest_secret(secret, &mut hash);
    }
    (!secrets.is_empty()).then(|| hex(&hash.finalize(), 8))
}

/// The metadata of the pods. Annotations for Score tools are omitted. Checksums cause a rollout
/// when files or secrets change.
fn metadata(
    naming: &Naming,
    component: &Component,
    checksums: [(&str, Option<String>); 3],
) -> PodMetadata {
    let mut all = public_annotations(component);
    for (of, checksum) in checksums {
        all.extend(checksum.map(|hash| (format!("checksum/{of}"), hash)));
    }
    PodMetadata {
        labels: naming.pod_labels(component),
        annotations: all,
    }
}

/// The annotations of a component for other programs, and those that identify its origin.
pub(super) fn public_annotations(component: &Component) -> Map<String> {
    let public = component.annotations.iter().filter(|(key, _)| {
        ![PREFIX, "compose.score.dev/"]
            .iter()
            .any(|tool| key.starts_with(tool))
    });
    let mut all = annotations(component);
    all.extend(public.map(|(key, value)| (key.clone(), value.clone())));
    all
}

fn container(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
    (name, container, role): Placed,
    diagnostics: &mut Vec<Diagnostic>,
) -> objects::Container {
    let environment = Environment::new(container);
    let expanded = |texts: &Option<Vec<Text>>| {
        let texts = texts.iter().flatten();
        texts.map(|text| environment.expanded(text)).collect()
    };
    let mut made = objects::Container {
        name: name.to_owned(),
        image: container.image.clone(),
        restart_policy: matches!(role, Role::Sidecar { .. }).then_some("Always"),
        command: expanded(&container.command),
        args: expanded(&container.args),
        env: environment.variables(),
        resources: resources(&container.limits, &container.requests),
        lifecycle: options.pre_stop.get(name).map(PreStop::hooks),
        volume_mounts: mounts(naming, container),
        ..objects::Container::default()
    };
    let timing = options.probes.get(name).copied().unwrap_or_default();
    let source = (container, role);
    probes::add(component, source, &timing, &mut made, diagnostics);
    made
}

fn resources(limits: &Quantities, requests: &Quantities) -> Option<Resources> {
    let map = |quantities: &Quantities| -> Map<String> {
        let cpu = quantities.cpu.iter().map(|cpu| ("cpu", cpu));
        let memory = quantities.memory.iter().map(|memory| ("memory", memory));
        cpu.chain(memory)
            .map(|(name, given)| (name.to_owned(), quantity(&given.value)))
            .collect()
    };
    let resources = Resources {
        limits: map(limits),
        requests: map(requests),
    };
    (!resources.limits.is_empty() || !resources.requests.is_empty()).then_some(resources)
}

/// The ports of a component, for the container that listens on them. Names of container ports have
/// at most 15 characters (RFC 6335), fewer than those of service ports, so longer names are
/// omitted.
fn ports(component: &Component) -> Vec<ContainerPort> {
    let valid = |name: &str| {
        name.len() <= 15 && !name.contains("--") && name.contains(|c: char| c.is_ascii_lowercase())
    };
    let ports = component.ports.iter();
    ports
        .map(|(name, port)| ContainerPort {
            name: Some(name.clone()).filter(|name| valid(name)),
            container_port: port.target,
            protocol: protocol(port.protocol),
        })
        .collect()
}

/// The protocol, unless it is the default.
pub(super) fn protocol(protocol: Protocol) -> Option<&'static str> {
    Some(protocol.as_str()).filter(|_| protocol != Protocol::Tcp)
}
