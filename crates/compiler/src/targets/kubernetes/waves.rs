//! Sync waves: the order in which Argo CD applies the objects of an application. It starts with the lowest number, and
//! waits until the objects of a wave are healthy.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::Naming;
use super::objects::{Body, Job, Object};
use super::raw::{PLATFORM, mark};
use super::reference::OpenTree;
use crate::ir::{Component, Storage, Tree};

/// The annotation with the wave of an object.
pub(super) const ANNOTATION: &str = "argocd.argoproj.io/sync-wave";

/// The kind of claims for storage.
const CLAIM: &str = "PersistentVolumeClaim";

/// The kind of jobs on a schedule.
const CRON_JOB: &str = "CronJob";

/// The kinds of objects whose pods always run.
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
    /// Routes to workloads, and claims that only pods on a schedule mount. For the last wave, Argo CD does not wait.
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
/// a pod uses them, and Argo CD would wait for that pod forever. Therefore claims that only pods on a schedule mount are in
/// the last wave.
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
    Row::of(&["Service", CRON_JOB], Wave::Server),
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
    /// The waves of claims for storage that pods mount.
    claims: BTreeMap<&'a str, Wave>,
    /// The resources with servers in the syntax of Kubernetes.
    served: BTreeSet<&'a str>,
}

impl<'a> Waves<'a> {
    pub(super) fn of(naming: &Naming<'a>) -> Self {
        let app = naming.app;
        let mut claims = BTreeMap::new();
        for component in app.components.values() {
            let kind = naming.controller(component).name();
            let wave = wave_of_claims(kind, role(component));
            for claim in claims_of(naming, component) {
                earliest(&mut claims, claim, wave);
            }
        }
        let mut served = BTreeSet::new();
        for raw in app.objects(PLATFORM) {
            let kind = plain(raw.tree.get("kind")).unwrap_or_default();
            let is_server = CONTROLLERS.contains(&kind);
            if is_server || [Job::KIND, CRON_JOB].contains(&kind) {
                let wave = wave_of_claims(kind, Role::Resource);
                each_claim(&raw.tree, &mut |claim| earliest(&mut claims, claim, wave));
            }
            if is_server {
                served.insert(raw.resource.as_str());
            }
        }
        Self {
            roles: app
                .components
                .values()
                .map(|component| (component.name.as_str(), role(component)))
                .collect(),
            claims,
            served,
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
            let mounted = self.claims.get(object.name.as_str()).copied();
            let is_served = |uid: &String| self.served.contains(uid.as_str());
            let server = owner.resource.as_ref().filter(|uid| is_served(uid));
            let server = server.map(|_| Wave::Server);
            return mounted.or(server).unwrap_or(Wave::Workload);
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

/// The wave of claims that the pods of a controller mount. Those of a `CronJob` start at a time that can be far away.
fn wave_of_claims(kind: &str, role: Role) -> Wave {
    match kind {
        CRON_JOB => Wave::Route,
        kind => wave(kind, role),
    }
}

/// Sets the wave of a name, unless it has an earlier one.
fn earliest<'a>(waves: &mut BTreeMap<&'a str, Wave>, name: &'a str, wave: Wave) {
    let first = waves.entry(name).or_insert(wave);
    *first = wave.min(*first);
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

/// Passes on the claims for storage in the syntax of Kubernetes that a tree mounts.
fn each_claim<'a>(tree: &'a Tree, each: &mut dyn FnMut(&'a str)) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries.iter() {
                match plain(Some(value)).filter(|_| key == "claimName") {
                    Some(claim) => each(claim),
                    None => each_claim(value, each),
                }
            }
        }
        Tree::List(items) => items.iter().for_each(|item| each_claim(item, each)),
        _ => {}
    }
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
