//! The types of objects that the target creates, with their fields in the customary order. Fields
//! that the target never sets are omitted.

use score_spec::Map;

use super::fields;
use super::object_field::ObjectField;
use super::provenance::Owner;
use super::reference::{Open, OpenText};
use super::workload_options::RollingUpdate;
use crate::emit::document::{ToTree, document};
use crate::ir::Tree;

mod pod;
mod policy;
mod route;

pub(super) use pod::*;
pub(super) use policy::*;
pub(super) use route::*;

/// An object: its document, and the metadata that other modules need.
#[derive(Debug, Clone)]
pub(crate) struct Object<R = Open> {
    /// The group and version.
    pub(crate) api_version: String,
    pub(crate) kind: String,
    /// The namespace, if the document sets one.
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    /// The part of the application that it belongs to.
    pub(crate) owner: Owner,
    /// The document.
    pub(crate) tree: Tree<R>,
}

impl<R> Object<R> {
    /// Whether it is a core `Secret`, not one of another API group.
    pub(crate) fn is_secret(&self) -> bool {
        is_secret(&self.api_version, &self.kind)
    }
}

/// Whether an object of this version and kind is a core `Secret`; no other object may contain
/// secrets.
pub(crate) fn is_secret(api_version: &str, kind: &str) -> bool {
    api_version == "v1" && kind == "Secret"
}

/// The part of an object after `metadata`.
pub(super) trait Body: ToTree<Open> {
    /// The group and version.
    const API_VERSION: &'static str;
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

    /// The document as a field, from which all other fields are reached.
    pub(crate) fn field(&self) -> ObjectField<'static> {
        ObjectField::root(&fields::kind(&self.api_version, &self.kind))
    }

    /// The object with its fields in the customary order.
    pub(crate) fn arranged(mut self) -> Self {
        let of = fields::kind(&self.api_version, &self.kind);
        fields::arrange(&mut self.tree, &of);
        self
    }

    /// Whether it is a custom object.
    pub(crate) fn is_custom(&self) -> bool {
        let group = self.api_version.rsplit_once('/');
        group.is_some_and(|(group, _)| group.contains('.') && !group.ends_with(".k8s.io"))
    }
}

impl Object {
    /// Creates an object from its parts.
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
    /// The metadata of an object.
    Metadata {
        name: String = "name",
        namespace: Option<String> = "namespace",
        labels: Map<String> = "labels",
        annotations: Map<String> = "annotations",
    }
}

/// A namespace, which has no other fields.
pub(super) struct Namespace;

impl<R> ToTree<R> for Namespace {
    fn to_tree(self) -> Tree<R> {
        Map::default().into()
    }
}

document! {
    /// Confidential values.
    Secret {
        kind: &'static str = "type",
        string_data: Map<OpenText> = "stringData",
    }
}

document! {
    /// Values that are not confidential.
    ConfigMap {
        data: Map<OpenText> = "data",
        binary_data: Map<String> = "binaryData",
    }
}

document! {
    /// A host name with ports for the pods of a component.
    Service {
        spec: ServiceSpec = "spec",
    }
}

document! {
    /// The specification of a service.
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
    /// Identical pods.
    Deployment {
        spec: DeploymentSpec = "spec",
    }
}

document! {
    /// The specification of a deployment.
    DeploymentSpec {
        replicas: Option<u32> = "replicas",
        selector: Selector = "selector",
        min_ready_seconds: Option<u32> = "minReadySeconds",
        strategy: Option<UpdateStrategy> = "strategy",
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
    /// The specification of a daemon set.
    DaemonSetSpec {
        selector: Selector = "selector",
        min_ready_seconds: Option<u32> = "minReadySeconds",
        update_strategy: Option<UpdateStrategy> = "updateStrategy",
        template: PodTemplate = "template",
    }
}

document! {
    /// Pods with a stable name and separate volumes.
    StatefulSet {
        spec: StatefulSetSpec = "spec",
    }
}

document! {
    /// The specification of a stateful set.
    StatefulSetSpec {
        replicas: Option<u32> = "replicas",
        service_name: String = "serviceName",
        selector: Selector = "selector",
        min_ready_seconds: Option<u32> = "minReadySeconds",
        update_strategy: Option<UpdateStrategy> = "updateStrategy",
        template: PodTemplate = "template",
        volume_claim_templates: Vec<ClaimTemplate> = "volumeClaimTemplates",
    }
}

document! {
    /// How pods are replaced.
    UpdateStrategy {
        kind: &'static str = "type",
        rolling_update: Option<RollingUpdate> = "rollingUpdate",
    }
}

document! {
    /// A pod that runs to completion.
    Job {
        spec: JobSpec = "spec",
    }
}

document! {
    /// The specification of a job.
    JobSpec {
        backoff_limit: Option<u32> = "backoffLimit",
        active_deadline_seconds: Option<u32> = "activeDeadlineSeconds",
        template: PodTemplate = "template",
    }
}

document! {
    /// Jobs on a schedule.
    CronJob {
        spec: CronJobSpec = "spec",
    }
}

document! {
    /// The specification of a cron job.
    CronJobSpec {
        schedule: String = "schedule",
        concurrency_policy: Option<String> = "concurrencyPolicy",
        successful_jobs_history_limit: Option<u32> = "successfulJobsHistoryLimit",
        failed_jobs_history_limit: Option<u32> = "failedJobsHistoryLimit",
        job_template: JobTemplate = "jobTemplate",
    }
}

document! {
    /// The template of the jobs of a cron job.
    JobTemplate {
        spec: JobSpec = "spec",
    }
}

document! {
    /// A selector of pods by their labels.
    Selector {
        match_labels: Map<String> = "matchLabels",
    }
}

document! {
    /// The template of the volume claims of the pods of a stateful set.
    ClaimTemplate {
        metadata: Metadata = "metadata",
        spec: ClaimSpec = "spec",
    }
}

document! {
    /// The specification of a volume claim.
    ClaimSpec {
        access_modes: Vec<&'static str> = "accessModes",
        resources: ClaimResources = "resources",
        storage_class_name: Option<String> = "storageClassName",
    }
}

document! {
    /// The requested size of a volume claim.
    ClaimResources {
        requests: Map<String> = "requests",
    }
}
