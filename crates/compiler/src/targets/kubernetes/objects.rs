//! The objects, their fields in the order in which a person writes them. Not: what goes into
//! them, nor fields that are never written here.

use score_spec::Map;

use super::fields;
use super::object_field::ObjectField;
use super::provenance::Owner;
use super::reference::{Open, OpenText};
use crate::emit::document::{ToTree, document};
use crate::ir::Tree;

mod pod;
mod policy;
mod route;

pub(super) use pod::*;
pub(super) use policy::*;
pub(super) use route::*;

/// An object, and what has to be known of it beside its text.
#[derive(Debug, Clone)]
pub(crate) struct Object<R = Open> {
    /// Its group and version.
    pub(crate) api_version: String,
    /// Its kind.
    pub(crate) kind: String,
    /// Its namespace, if it says one.
    pub(crate) namespace: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// What it is there for.
    pub(crate) owner: Owner,
    /// The document.
    pub(crate) tree: Tree<R>,
}

impl<R> Object<R> {
    /// Whether it is a Secret of the cluster, and not one of another API group.
    pub(crate) fn is_secret(&self) -> bool {
        is_secret(&self.api_version, &self.kind)
    }
}

/// Whether an object of this version and kind is a Secret of the cluster, which alone may hold secrets.
pub(crate) fn is_secret(api_version: &str, kind: &str) -> bool {
    api_version == "v1" && kind == "Secret"
}

/// What follows `metadata` in an object of one kind.
pub(super) trait Body: ToTree<Open> {
    /// Group and version.
    const API_VERSION: &'static str;
    /// The kind.
    const KIND: &'static str;
}

impl<R> Object<R> {
    /// The same object with another document.
    pub(crate) fn with_tree<S>(self, tree: Tree<S>) -> Object<S> {
        Object {
            api_version: self.api_version,
            kind: self.kind,
            namespace: self.namespace,
            name: self.name,
            owner: self.owner,
            tree,
        }
    }

    /// The whole object as a field, from which all others are reached.
    pub(crate) fn field(&self) -> ObjectField<'static> {
        ObjectField::root(&fields::kind(&self.api_version, &self.kind))
    }

    /// The object with its fields in the order in which a person writes them.
    pub(crate) fn arranged(mut self) -> Self {
        let of = fields::kind(&self.api_version, &self.kind);
        fields::arrange(&mut self.tree, &of);
        self
    }

    /// Whether it is one that comes with a custom resource.
    pub(crate) fn is_custom(&self) -> bool {
        let group = self.api_version.rsplit_once('/');
        group.is_some_and(|(group, _)| group.contains('.') && !group.ends_with(".k8s.io"))
    }
}

impl Object {
    /// Puts an object together.
    pub(super) fn new<B: Body>(metadata: Metadata, body: B, owner: Owner) -> Self {
        let (name, namespace) = (metadata.name.clone(), metadata.namespace.clone());
        let mut map = Map::default();
        map.insert("apiVersion".to_owned(), B::API_VERSION.to_tree());
        map.insert("kind".to_owned(), B::KIND.to_tree());
        map.insert("metadata".to_owned(), metadata.to_tree());
        if let Tree::Map(rest) = body.to_tree() {
            map.extend(*rest);
        }
        Self {
            api_version: B::API_VERSION.to_owned(),
            kind: B::KIND.to_owned(),
            namespace,
            name,
            owner,
            tree: map.into(),
        }
    }
}

macro_rules! bodies {
    ($($body:ident = $api_version:literal;)+) => {$(
        impl Body for $body {
            const API_VERSION: &'static str = $api_version;
            const KIND: &'static str = stringify!($body);
        }
    )+};
}

bodies! {
    Namespace = "v1";
    Secret = "v1";
    ConfigMap = "v1";
    Service = "v1";
    Deployment = "apps/v1";
    StatefulSet = "apps/v1";
    DaemonSet = "apps/v1";
    Job = "batch/v1";
    CronJob = "batch/v1";
    ServiceAccount = "v1";
    HorizontalPodAutoscaler = "autoscaling/v2";
    PodDisruptionBudget = "policy/v1";
    NetworkPolicy = "networking.k8s.io/v1";
    Ingress = "networking.k8s.io/v1";
    HTTPRoute = "gateway.networking.k8s.io/v1";
}

document! {
    /// What every object says of itself.
    Metadata {
        name: String = "name",
        namespace: Option<String> = "namespace",
        labels: Map<String> = "labels",
        annotations: Map<String> = "annotations",
    }
}

/// A namespace, of which there is nothing more to say.
pub(super) struct Namespace;

impl<R> ToTree<R> for Namespace {
    fn to_tree(self) -> Tree<R> {
        Map::default().into()
    }
}

document! {
    /// Values that not everyone may read.
    Secret {
        kind: &'static str = "type",
        string_data: Map<OpenText> = "stringData",
    }
}

document! {
    /// Values that everyone may read.
    ConfigMap {
        data: Map<OpenText> = "data",
        binary_data: Map<String> = "binaryData",
    }
}

document! {
    /// A name on the network.
    Service {
        spec: ServiceSpec = "spec",
    }
}

document! {
    /// What a service is to be.
    ServiceSpec {
        cluster_ip: Option<&'static str> = "clusterIP",
        selector: Map<String> = "selector",
        ports: Vec<ServicePort> = "ports",
    }
}

document! {
    /// A port of a service.
    ServicePort {
        name: String = "name",
        port: u16 = "port",
        target_port: u16 = "targetPort",
        protocol: Option<&'static str> = "protocol",
    }
}

document! {
    /// Pods that are all alike.
    Deployment {
        spec: DeploymentSpec = "spec",
    }
}

document! {
    /// What a deployment is to be.
    DeploymentSpec {
        replicas: Option<u32> = "replicas",
        selector: Selector = "selector",
        template: PodTemplate = "template",
    }
}

document! {
    /// A pod on each node.
    DaemonSet {
        spec: DaemonSetSpec = "spec",
    }
}

document! {
    /// What a daemon set is to be.
    DaemonSetSpec {
        selector: Selector = "selector",
        template: PodTemplate = "template",
    }
}

document! {
    /// Pods with a name and volumes of their own.
    StatefulSet {
        spec: StatefulSetSpec = "spec",
    }
}

document! {
    /// What a stateful set is to be.
    StatefulSetSpec {
        replicas: Option<u32> = "replicas",
        service_name: String = "serviceName",
        selector: Selector = "selector",
        template: PodTemplate = "template",
        volume_claim_templates: Vec<ClaimTemplate> = "volumeClaimTemplates",
    }
}

document! {
    /// A pod that runs to its end.
    Job {
        spec: JobSpec = "spec",
    }
}

document! {
    /// What a job is to be.
    JobSpec {
        backoff_limit: Option<u32> = "backoffLimit",
        template: PodTemplate = "template",
    }
}

document! {
    /// Jobs at certain times.
    CronJob {
        spec: CronJobSpec = "spec",
    }
}

document! {
    /// What a cron job is to be.
    CronJobSpec {
        schedule: String = "schedule",
        concurrency_policy: Option<String> = "concurrencyPolicy",
        successful_jobs_history_limit: Option<u32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<u32> = "failedJobsHistoryLimit",
        job_template: JobTemplate = "jobTemplate",
    }
}

document! {
    /// The jobs that a cron job makes.
    JobTemplate {
        spec: JobSpec = "spec",
    }
}

document! {
    /// Which pods are meant.
    Selector {
        match_labels: Map<String> = "matchLabels",
    }
}

document! {
    /// The volume claim that each pod of a stateful set gets.
    ClaimTemplate {
        metadata: Metadata = "metadata",
        spec: ClaimSpec = "spec",
    }
}

document! {
    /// What a volume claim asks for.
    ClaimSpec {
        access_modes: Vec<&'static str> = "accessModes",
        resources: ClaimResources = "resources",
    }
}

document! {
    /// The size that a volume claim asks for.
    ClaimResources {
        requests: Map<String> = "requests",
    }
}
