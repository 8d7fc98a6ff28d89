//! Sync waves: the order in which Argo CD applies the objects of an application. It starts with the lowest number, and
//! waits until the objects of a wave are healthy.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::Naming;
use super::objects::{Body, Job, Object};
use super::raw::{PLATFORM, mark};
use super::reference::OpenTree;
use crate::ir::{Component, Run, Storage, Tree};

/// The annotation with the wave of an object.
const ANNOTATION: &str = "argocd.argoproj.io/sync-wave";

/// The kind of claims for storage.
const CLAIM: &str = "PersistentVolumeClaim";

/// The kinds of objects that run pods.
const CONTROLLERS: [&str; 5] = [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Pod",
];

/// A wave; an earlier one is applied first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wave {
    /// Secrets, configuration, and objects of provisioners.
    Configuration,
    /// Servers of resources.
    Server,
    /// Jobs of resources, and release jobs.
    Job,
    /// Workloads.
    Workload,
    /// Routes to workloads.
    Route,
}

impl Wave {
    fn number(self) -> &'static str {
        match self {
            Self::Configuration => "-3",
            Self::Server => "-2",
            Self::Job => "-1",
            Self::Workload => "0",
            Self::Route => "1",
        }
    }
}

/// The origin of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Workload,
    /// The release job of a workload.
    ReleaseJob,
    /// A resource, a patch template or the project.
    Resource,
}

/// The waves of a group of kinds, by role.
struct Row {
    kinds: &'static [&'static str],
    workload: Wave,
    release_job: Wave,
    resource: Wave,
}

impl Row {
    const fn same(kinds: &'static [&'static str], wave: Wave) -> Self {
        Self {
            kinds,
            workload: wave,
            release_job: wave,
            resource: wave,
        }
    }

    const fn of(kinds: &'static [&'static str], resource: Wave) -> Self {
        Self {
            kinds,
            workload: Wave::Workload,
            release_job: Wave::Job,
            resource,
        }
    }
}

/// The waves of all kinds. Claims for storage are in the wave of the first pod that mounts them: some stay pending until
/// a pod uses them, and Argo CD would wait for that pod forever.
static ROWS: [Row; 7] = [
    Row::same(
        &["Secret", "ExternalSecret", "ConfigMap", "ServiceAccount"],
        Wave::Configuration,
    ),
    Row::same(&["Namespace", "NetworkPolicy"], Wave::Configuration),
    Row::same(
        &["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "Ingress"],
        Wave::Route,
    ),
    Row::of(&CONTROLLERS, Wave::Server),
    Row::of(&["Service", "CronJob"], Wave::Server),
    Row::of(&[Job::KIND], Wave::Job),
    // These are only healthy if the workload that they are for exists.
    Row::of(
        &[
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
            "ScaledObject",
        ],
        Wave::Workload,
    ),
];

/// Kinds without a row: objects of provisioners.
static OTHERS: Row = Row::of(&[], Wave::Configuration);

fn wave(kind: &str, role: Role) -> Wave {
    let row = ROWS.iter().find(|row| row.kinds.contains(&kind));
    let row = row.unwrap_or(&OTHERS);
    match role {
        Role::Workload => row.workload,
        Role::ReleaseJob => row.release_job,
        Role::Resource => row.resource,
    }
}

/// The waves of the objects of an application.
pub(super) struct Waves<'a> {
    /// The components whose objects are not those of a resource.
    roles: BTreeMap<&'a str, Role>,
    /// The waves of claims for storage that components mount.
    claims: BTreeMap<&'a str, Wave>,
    /// The resources with servers in the syntax of Kubernetes.
    served: BTreeSet<&'a str>,
}

impl<'a> Waves<'a> {
    pub(super) fn of(naming: &Naming<'a>) -> Self {
        let app = naming.app;
        let mut claims = BTreeMap::new();
        for component in app.components.values() {
            let wave = wave_of_pods(component);
            for claim in claims_of(naming, component) {
                let first = claims.entry(claim).or_insert(wave);
                *first = wave.min(*first);
            }
        }
        let servers = app.objects(PLATFORM).filter(|raw| {
            plain(raw.tree.get("kind")).is_some_and(|kind| CONTROLLERS.contains(&kind))
        });
        Self {
            roles: app
                .components
                .values()
                .map(|component| (component.name.as_str(), role(component)))
                .collect(),
            claims,
            served: servers.map(|raw| raw.resource.as_str()).collect(),
        }
    }

    /// The object with its wave, unless it has one already.
    pub(super) fn applied(&self, mut object: Object) -> Object {
        let wave = self.wave(&object).number();
        if let Some(metadata) = metadata(&mut object.tree) {
            let annotation = (ANNOTATION.to_owned(), wave.to_owned());
            mark(metadata, "annotations", [annotation].into_iter().collect());
        }
        object
    }

    fn wave(&self, object: &Object) -> Wave {
        let owner = &object.owner;
        if object.kind == CLAIM {
            let is_served = |uid: &String| self.served.contains(uid.as_str());
            let server = owner.resource.as_ref().filter(|uid| is_served(uid));
            let mounted = self.claims.get(object.name.as_str()).copied();
            let waves = mounted.into_iter().chain(server.map(|_| Wave::Server));
            return waves.min().unwrap_or(Wave::Workload);
        }
        let component = owner.component.as_deref();
        let role = component.and_then(|name| self.roles.get(name)).copied();
        wave(&object.kind, role.unwrap_or(Role::Resource))
    }
}

fn role(component: &Component) -> Role {
    match component.belongs_to() {
        _ if component.job_of.is_some() => Role::ReleaseJob,
        (_, None) => Role::Workload,
        (_, Some(_)) => Role::Resource,
    }
}

/// The wave of the pods of a component.
fn wave_of_pods(component: &Component) -> Wave {
    let kind = match component.run {
        Run::Once => Job::KIND,
        Run::Always => CONTROLLERS[0],
    };
    wave(kind, role(component))
}

/// The claims for storage that the pods of a component mount.
fn claims_of<'a>(naming: &Naming<'a>, component: &'a Component) -> impl Iterator<Item = &'a str> {
    let volumes = &naming.app.volumes;
    let containers = component.containers.values();
    let mounts = containers.flat_map(|container| container.mounts.values());
    mounts.filter_map(|mount| match &volumes.get(&mount.volume)?.storage {
        Storage::Existing(name) | Storage::Written(name) => Some(name.as_str()),
        _ => None,
    })
}

fn plain(tree: Option<&Tree>) -> Option<&str> {
    match tree {
        Some(Tree::Text(text)) => text.as_plain(),
        _ => None,
    }
}

fn metadata(tree: &mut OpenTree) -> Option<&mut OpenTree> {
    match tree {
        Tree::Map(entries) => entries.get_mut("metadata"),
        _ => None,
    }
}
