//! Pods: the containers of a component with what they mount, and whom they run as. Not: the
//! controller around them.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use score_spec::{Diagnostic, Protocol, Quantities};
use sha2::{Digest, Sha256};

use super::cluster::{Cluster, Controller, annotations, hex, invalid, unsupported};
use super::env::{Environment, escaped};
use super::files::files;
use super::objects::{
    Capabilities, ClaimResources, ClaimSpec, ClaimTemplate, ContainerPort, ContainerSecurity,
    EmptyDir, Exec, ExistingClaim, Header, HostPath, HttpGet, Metadata, Object, PodMetadata,
    PodSecurity, PodSpec, PodTemplate, Probe, Resources, SeccompProfile, Volume, VolumeMount,
};
use super::order::{Placed, Role, arrange};
use super::{objects, workload};
use crate::{Component, Container, NonRoot, Origin, Segment, Storage, Text};

/// The size of a volume claim where none is given.
const CLAIM_SIZE: &str = "1Gi";
/// How often a container that others wait for is asked whether it is healthy: five minutes long
/// every five seconds, since images that are slow to start would be killed otherwise.
const STARTUP: (u32, u32) = (5, 60);

/// A pod and what belongs to it.
pub(super) struct Pod {
    /// The pod.
    pub(super) template: PodTemplate,
    /// The secrets and config maps that it mounts, in that order.
    pub(super) objects: Vec<Object>,
    /// The volumes that each of its replicas needs.
    pub(super) claims: Vec<ClaimTemplate>,
}

/// Makes the pod of a component.
pub(super) fn pod(
    cluster: &Cluster,
    component: &Component,
    diagnostics: &mut Vec<Diagnostic>,
) -> Pod {
    let mut spec = PodSpec {
        restart_policy: (cluster.controller(component) == Controller::Job).then_some("OnFailure"),
        automount_service_account_token: match component.origin {
            Origin::Resource { .. } => Some(false),
            Origin::Workload(_) => None,
        },
        security_context: component.non_root.map(pod_security),
        ..PodSpec::default()
    };
    let (volumes, claims) = volumes(cluster, component);
    let mut taken: BTreeSet<String> = component
        .containers
        .values()
        .flat_map(|container| container.mounts.values())
        .map(|mount| local_name(cluster, &mount.volume).to_owned())
        .collect();
    spec.volumes = volumes;

    let mut hash = Sha256::new();
    let mut objects = Vec::new();
    for placed @ (name, source, role) in arrange(component, diagnostics) {
        let mut container = container(cluster, component, placed, diagnostics);
        let files = files(cluster, component, (name, source), &mut taken, diagnostics);
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
    objects.sort_by_key(|object| object.kind != "Secret");
    let checksum = (!objects.is_empty()).then(|| hex(&hash.finalize(), 8));
    Pod {
        template: PodTemplate {
            metadata: metadata(cluster, component, checksum),
            spec,
        },
        objects,
        claims,
    }
}

/// The metadata of the pods. Annotations that are meant for a Score tool stay behind.
fn metadata(cluster: &Cluster, component: &Component, checksum: Option<String>) -> PodMetadata {
    let own = component.annotations.iter().filter(|(key, _)| {
        !["k8s.score.dev/", "compose.score.dev/"]
            .iter()
            .any(|tool| key.starts_with(tool))
    });
    let mut all = annotations(component);
    all.extend(own.map(|(key, value)| (key.clone(), value.clone())));
    all.extend(checksum.map(|hash| ("checksum/files".to_owned(), hash)));
    PodMetadata {
        labels: cluster.labels(&component.name),
        annotations: all,
    }
}

fn container(
    cluster: &Cluster,
    component: &Component,
    (name, container, role): Placed,
    diagnostics: &mut Vec<Diagnostic>,
) -> objects::Container {
    let environment = Environment::new(cluster, container);
    let expanded = |texts: &Option<Vec<Text>>| {
        let texts = texts.iter().flatten();
        texts.map(|text| environment.expanded(text)).collect()
    };
    let mut probe = |source: &Option<crate::Probe>| {
        let source = source.as_ref()?;
        probe(cluster, component, (name, source), diagnostics)
    };
    let mut made = objects::Container {
        name: name.to_owned(),
        image: container.image.clone(),
        restart_policy: matches!(role, Role::Sidecar { .. }).then_some("Always"),
        command: expanded(&container.command),
        args: expanded(&container.args),
        env: environment.variables(),
        resources: resources(&container.limits, &container.requests),
        liveness_probe: probe(&container.liveness_probe),
        readiness_probe: probe(&container.readiness_probe),
        security_context: component.non_root.map(container_security),
        volume_mounts: mounts(cluster, container),
        ..objects::Container::default()
    };
    adapt_probes(component, role, &mut made, diagnostics);
    made
}

/// Fits the probes of a container to its part in the pod.
fn adapt_probes(
    component: &Component,
    role: Role,
    container: &mut objects::Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = &container.name;
    let readiness = container.readiness_probe.as_ref();
    let known = readiness.or(container.liveness_probe.as_ref());
    match role {
        Role::Sidecar { healthy: true } => {
            let Some(known) = known else {
                diagnostics.push(
                    invalid(
                        component,
                        format!(
                            "container `{name}` has to be healthy for another one, but has no probe"
                        ),
                    )
                    .help("give it a `readinessProbe`, or wait for `started`"),
                );
                return;
            };
            let (period, failures) = STARTUP;
            container.startup_probe = Some(Probe {
                period_seconds: Some(period),
                failure_threshold: Some(failures),
                ..known.clone()
            });
        }
        Role::Init if known.is_some() => {
            diagnostics.push(
                unsupported(
                    component,
                    format!("the probes of container `{name}` are left out, since it runs to its end before others start"),
                )
                .help("remove the probes, or wait for `started` or `healthy`"),
            );
            container.liveness_probe = None;
            container.readiness_probe = None;
        }
        Role::Main | Role::Sidecar { healthy: false } | Role::Init => {}
    }
}

/// The probe over HTTP, or else the one by a command; Kubernetes does not combine them.
fn probe(
    cluster: &Cluster,
    component: &Component,
    (container, source): (&str, &crate::Probe),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Probe> {
    if let Some(get) = &source.http_get {
        let headers = get.headers.iter().cloned();
        return Some(Probe {
            http_get: Some(HttpGet {
                host: get.host.clone(),
                scheme: get.scheme.clone(),
                path: get.path.clone(),
                port: get.port,
                http_headers: headers
                    .map(|(name, value)| Header { name, value })
                    .collect(),
            }),
            ..Probe::default()
        });
    }
    let mut command = Vec::new();
    for text in source.exec.as_ref()? {
        let text = cluster.resolve(text);
        let Some(plain) = text.as_plain() else {
            let what = text.segments().iter().find_map(|segment| match segment {
                Segment::Secret(_) => Some("a secret"),
                Segment::Variable(_) => Some("the value of a variable"),
                Segment::Deferred(_) => Some("a value that the cluster holds"),
                _ => None,
            });
            diagnostics.push(
                invalid(
                    component,
                    format!(
                        "the probe of container `{container}` has {} in its command, where Kubernetes knows no secrets and no variables from elsewhere",
                        what.unwrap_or("a reference")
                    ),
                )
                .help("put it into a variable and let a shell read that: `sh`, `-c`, `… \"$NAME\"`"),
            );
            return None;
        };
        command.push(escaped(plain));
    }
    Some(Probe {
        exec: Some(Exec { command }),
        ..Probe::default()
    })
}

fn resources(limits: &Quantities, requests: &Quantities) -> Option<Resources> {
    let map = |quantities: &Quantities| -> IndexMap<String, String> {
        let cpu = quantities.cpu.iter().map(|cpu| ("cpu", cpu));
        let memory = quantities.memory.iter().map(|memory| ("memory", memory));
        cpu.chain(memory)
            .map(|(name, quantity)| (name.to_owned(), quantity.clone()))
            .collect()
    };
    let resources = Resources {
        limits: map(limits),
        requests: map(requests),
    };
    (!resources.limits.is_empty() || !resources.requests.is_empty()).then_some(resources)
}

/// The ports of a component on the container that listens. Names of container ports are shorter
/// than those of service ports (15 characters, RFC 6335), so that a long one is left out.
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

/// A protocol, where it is not the default.
pub(super) fn protocol(protocol: Protocol) -> Option<&'static str> {
    Some(protocol.as_str()).filter(|_| protocol != Protocol::Tcp)
}

/// The volumes of a component: claims where its pods keep state, empty folders elsewhere.
fn volumes(cluster: &Cluster, component: &Component) -> (Vec<Volume>, Vec<ClaimTemplate>) {
    let stateful = cluster.controller(component) == Controller::StatefulSet;
    let mounted = component
        .containers
        .values()
        .flat_map(|c| c.mounts.values());
    let names: BTreeSet<&str> = mounted.map(|mount| mount.volume.as_str()).collect();
    let (mut volumes, mut claims) = (Vec::new(), Vec::new());
    for name in names {
        let volume = cluster.app.volumes.get(name);
        let owner = volume.and_then(|volume| volume.owner.as_deref());
        let storage = volume.map(|volume| &volume.storage);
        let managed = storage.is_none_or(|storage| *storage == Storage::Managed);
        if managed && stateful && owner.is_none_or(|owner| owner == component.name) {
            claims.push(claim(
                local_name(cluster, name),
                volume.and_then(|v| v.size.as_deref()),
            ));
        } else {
            let size_limit = volume.and_then(|volume| volume.size.clone());
            volumes.push(Volume {
                name: local_name(cluster, name).to_owned(),
                ..pod_volume(storage, size_limit)
            });
        }
    }
    (volumes, claims)
}

/// A volume that lies elsewhere than in a claim of the pod's own.
fn pod_volume(storage: Option<&Storage>, size_limit: Option<String>) -> Volume {
    let mut volume = Volume::default();
    match storage {
        Some(Storage::Host(path)) => {
            volume.host_path = Some(HostPath { path: path.clone() });
        }
        Some(Storage::Existing(name)) => {
            let claim_name = name.clone();
            volume.persistent_volume_claim = Some(ExistingClaim { claim_name });
        }
        Some(Storage::Memory) => {
            let medium = Some("Memory");
            volume.empty_dir = Some(EmptyDir { medium, size_limit });
        }
        Some(Storage::Managed) | None => {
            let medium = None;
            volume.empty_dir = Some(EmptyDir { medium, size_limit });
        }
    }
    volume
}

fn claim(name: &str, size: Option<&str>) -> ClaimTemplate {
    let size = size.unwrap_or(CLAIM_SIZE).to_owned();
    ClaimTemplate {
        metadata: Metadata {
            name: name.to_owned(),
            ..Metadata::default()
        },
        spec: ClaimSpec {
            access_modes: vec!["ReadWriteOnce"],
            resources: ClaimResources {
                requests: IndexMap::from([("storage".to_owned(), size)]),
            },
        },
    }
}

/// The name of a volume within its pod.
fn local_name<'a>(cluster: &'a Cluster, name: &'a str) -> &'a str {
    let volume = cluster.app.volumes.get(name);
    volume
        .and_then(|volume| volume.local_name.as_deref())
        .unwrap_or(name)
}

fn mounts(cluster: &Cluster, container: &Container) -> Vec<VolumeMount> {
    let mounts = container.mounts.iter();
    mounts
        .map(|(path, mount)| VolumeMount {
            name: local_name(cluster, &mount.volume).to_owned(),
            mount_path: path.clone(),
            sub_path: workload::sub_path(mount),
            read_only: mount.read_only.then_some(true),
        })
        .collect()
}

/// What the "restricted" Pod Security Standard asks of a pod.
fn pod_security(non_root: NonRoot) -> PodSecurity {
    PodSecurity {
        run_as_non_root: true,
        run_as_user: non_root.user,
        run_as_group: non_root.group,
        // Volumes would belong to root otherwise.
        fs_group: non_root.group,
        seccomp_profile: SeccompProfile {
            kind: "RuntimeDefault",
        },
    }
}

/// What the "restricted" Pod Security Standard asks of a container.
fn container_security(non_root: NonRoot) -> ContainerSecurity {
    ContainerSecurity {
        allow_privilege_escalation: false,
        capabilities: Capabilities {
            drop: vec!["ALL"],
            // The only one that the standard lets a container have.
            add: if non_root.low_ports {
                vec!["NET_BIND_SERVICE"]
            } else {
                Vec::new()
            },
        },
    }
}
