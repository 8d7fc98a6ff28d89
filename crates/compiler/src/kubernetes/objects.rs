//! The objects, their fields in the order in which a person writes them. Not: what goes into
//! them, nor fields that are never written here.

use indexmap::IndexMap;

use crate::tree::{ToTree, document};
use crate::{Text, Tree};

/// A finished object, and what has to be known of it beside its text.
pub(super) struct Object {
    /// Its group and version.
    pub(super) api_version: String,
    /// Its kind.
    pub(super) kind: String,
    /// Its namespace, if it says one.
    pub(super) namespace: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// What it is there for, as messages say it.
    pub(super) purpose: String,
    /// The document.
    pub(super) tree: Tree,
}

/// What follows `metadata` in an object of one kind.
pub(super) trait Body: ToTree {
    /// Group and version.
    const API_VERSION: &'static str;
    /// The kind.
    const KIND: &'static str;
}

impl Object {
    /// Puts an object together.
    pub(super) fn new<B: Body>(metadata: Metadata, body: B, purpose: String) -> Self {
        let (name, namespace) = (metadata.name.clone(), metadata.namespace.clone());
        let mut map = IndexMap::new();
        map.insert("apiVersion".to_owned(), B::API_VERSION.to_tree());
        map.insert("kind".to_owned(), B::KIND.to_tree());
        map.insert("metadata".to_owned(), metadata.to_tree());
        if let Tree::Map(rest) = body.to_tree() {
            map.extend(rest);
        }
        Self {
            api_version: B::API_VERSION.to_owned(),
            kind: B::KIND.to_owned(),
            namespace,
            name,
            purpose,
            tree: Tree::Map(map),
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
    Job = "batch/v1";
    HTTPRoute = "gateway.networking.k8s.io/v1";
}

document! {
    /// What every object says of itself.
    Metadata {
        name: String = "name",
        namespace: Option<String> = "namespace",
        labels: IndexMap<String, String> = "labels",
        annotations: IndexMap<String, String> = "annotations",
    }
}

/// A namespace, of which there is nothing more to say.
pub(super) struct Namespace;

impl ToTree for Namespace {
    fn to_tree(self) -> Tree {
        Tree::Map(IndexMap::new())
    }
}

document! {
    /// Values that not everyone may read.
    Secret {
        kind: &'static str = "type",
        string_data: IndexMap<String, Text> = "stringData",
    }
}

document! {
    /// Values that everyone may read.
    ConfigMap {
        data: IndexMap<String, Text> = "data",
        binary_data: IndexMap<String, String> = "binaryData",
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
        selector: IndexMap<String, String> = "selector",
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
        backoff_limit: u32 = "backoffLimit",
        template: PodTemplate = "template",
    }
}

document! {
    /// Which pods are meant.
    Selector {
        match_labels: IndexMap<String, String> = "matchLabels",
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
        requests: IndexMap<String, String> = "requests",
    }
}

document! {
    /// The pods that a controller makes.
    PodTemplate {
        metadata: PodMetadata = "metadata",
        spec: PodSpec = "spec",
    }
}

document! {
    /// What every such pod says of itself; its name and namespace come from the controller.
    PodMetadata {
        labels: IndexMap<String, String> = "labels",
        annotations: IndexMap<String, String> = "annotations",
    }
}

document! {
    /// What a pod is to be.
    PodSpec {
        restart_policy: Option<&'static str> = "restartPolicy",
        automount_service_account_token: Option<bool> = "automountServiceAccountToken",
        security_context: Option<PodSecurity> = "securityContext",
        init_containers: Vec<Container> = "initContainers",
        containers: Vec<Container> = "containers",
        volumes: Vec<Volume> = "volumes",
    }
}

document! {
    /// Whom the processes of a pod run as.
    PodSecurity {
        run_as_non_root: bool = "runAsNonRoot",
        run_as_user: u32 = "runAsUser",
        run_as_group: u32 = "runAsGroup",
        fs_group: u32 = "fsGroup",
        seccomp_profile: SeccompProfile = "seccompProfile",
    }
}

document! {
    /// The system calls that are allowed.
    SeccompProfile {
        kind: &'static str = "type",
    }
}

document! {
    /// A container of a pod.
    Container {
        name: String = "name",
        image: String = "image",
        restart_policy: Option<&'static str> = "restartPolicy",
        command: Vec<String> = "command",
        args: Vec<String> = "args",
        ports: Vec<ContainerPort> = "ports",
        env: Vec<EnvVar> = "env",
        resources: Option<Resources> = "resources",
        startup_probe: Option<Probe> = "startupProbe",
        liveness_probe: Option<Probe> = "livenessProbe",
        readiness_probe: Option<Probe> = "readinessProbe",
        security_context: Option<ContainerSecurity> = "securityContext",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
    }
}

document! {
    /// What a container may do.
    ContainerSecurity {
        allow_privilege_escalation: bool = "allowPrivilegeEscalation",
        capabilities: Capabilities = "capabilities",
    }
}

document! {
    /// The rights of root that are taken away, and those that stay.
    Capabilities {
        drop: Vec<&'static str> = "drop",
        add: Vec<&'static str> = "add",
    }
}

document! {
    /// A port that a container listens on.
    #[expect(clippy::struct_field_names, reason = "the names are those of Kubernetes")]
    ContainerPort {
        name: Option<String> = "name",
        container_port: u16 = "containerPort",
        protocol: Option<&'static str> = "protocol",
    }
}

document! {
    /// A variable of a container.
    EnvVar {
        name: String = "name",
        value: Option<String> = "value",
        value_from: Option<EnvSource> = "valueFrom",
    }
}

document! {
    /// Where a variable's value comes from.
    EnvSource {
        config_map_key_ref: Option<KeySelector> = "configMapKeyRef",
        secret_key_ref: Option<KeySelector> = "secretKeyRef",
    }
}

document! {
    /// A value of a config map or a secret.
    KeySelector {
        name: String = "name",
        key: String = "key",
    }
}

document! {
    /// What a container may use and needs.
    Resources {
        limits: IndexMap<String, String> = "limits",
        requests: IndexMap<String, String> = "requests",
    }
}

document! {
    /// How to ask a container for its state.
    Probe {
        http_get: Option<HttpGet> = "httpGet",
        exec: Option<Exec> = "exec",
        period_seconds: Option<u32> = "periodSeconds",
        failure_threshold: Option<u32> = "failureThreshold",
    }
}

document! {
    /// A request of a probe.
    HttpGet {
        host: Option<String> = "host",
        scheme: Option<String> = "scheme",
        path: String = "path",
        port: u16 = "port",
        http_headers: Vec<Header> = "httpHeaders",
    }
}

document! {
    /// A header of such a request.
    Header {
        name: String = "name",
        value: String = "value",
    }
}

document! {
    /// A command of a probe.
    Exec {
        command: Vec<String> = "command",
    }
}

document! {
    /// A volume, or a part of it, in a container.
    VolumeMount {
        name: String = "name",
        mount_path: String = "mountPath",
        sub_path: Option<String> = "subPath",
        read_only: Option<bool> = "readOnly",
    }
}

document! {
    /// A folder that is empty when the pod starts.
    EmptyDir {
        medium: Option<&'static str> = "medium",
        size_limit: Option<String> = "sizeLimit",
    }
}

document! {
    /// A volume of a pod.
    Volume {
        name: String = "name",
        config_map: Option<ConfigMapVolume> = "configMap",
        secret: Option<SecretVolume> = "secret",
        empty_dir: Option<EmptyDir> = "emptyDir",
        host_path: Option<HostPath> = "hostPath",
        persistent_volume_claim: Option<ExistingClaim> = "persistentVolumeClaim",
    }
}

document! {
    /// A folder of the node.
    HostPath {
        path: String = "path",
    }
}

document! {
    /// A volume claim that is there already.
    ExistingClaim {
        claim_name: String = "claimName",
    }
}

document! {
    /// The values of a config map as files.
    ConfigMapVolume {
        name: String = "name",
        default_mode: Option<u16> = "defaultMode",
        items: Vec<KeyToPath> = "items",
    }
}

document! {
    /// The values of a secret as files.
    SecretVolume {
        secret_name: String = "secretName",
        default_mode: Option<u16> = "defaultMode",
        items: Vec<KeyToPath> = "items",
    }
}

document! {
    /// A value as a file.
    KeyToPath {
        key: String = "key",
        path: String = "path",
        mode: Option<u16> = "mode",
    }
}

document! {
    /// A way in for HTTP.
    HTTPRoute {
        spec: HttpRouteSpec = "spec",
    }
}

document! {
    /// What a route is to be.
    HttpRouteSpec {
        parent_refs: Vec<ParentRef> = "parentRefs",
        hostnames: Vec<String> = "hostnames",
        rules: Vec<HttpRouteRule> = "rules",
    }
}

document! {
    /// The gateway that a route belongs to.
    ParentRef {
        name: &'static str = "name",
    }
}

document! {
    /// Which requests go where.
    HttpRouteRule {
        matches: Vec<HttpRouteMatch> = "matches",
        backend_refs: Vec<BackendRef> = "backendRefs",
    }
}

document! {
    /// Which requests are meant.
    HttpRouteMatch {
        path: HttpPathMatch = "path",
    }
}

document! {
    /// Which paths are meant.
    HttpPathMatch {
        kind: &'static str = "type",
        value: String = "value",
    }
}

document! {
    /// The service that answers.
    BackendRef {
        name: String = "name",
        port: Option<u16> = "port",
    }
}
