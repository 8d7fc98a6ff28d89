//! The types of pods, which controllers contain as templates.

use score_spec::Map;

use super::super::reference::OpenText;
use super::Selector;
use crate::emit::document::document;
use crate::targets::kubernetes::workload_options::Toleration;

document! {
    /// The template of the pods of a controller.
    PodTemplate {
        metadata: PodMetadata = "metadata",
        spec: PodSpec = "spec",
    }
}

document! {
    /// The metadata of a pod template; name and namespace come from the controller.
    PodMetadata {
        labels: Map<String> = "labels",
        annotations: Map<String> = "annotations",
    }
}

document! {
    /// The specification of a pod.
    PodSpec {
        restart_policy: Option<&'static str> = "restartPolicy",
        service_account_name: Option<String> = "serviceAccountName",
        automount_service_account_token: bool = "automountServiceAccountToken",
        enable_service_links: bool = "enableServiceLinks",
        priority_class_name: Option<String> = "priorityClassName",
        termination_grace_period_seconds: Option<u32> = "terminationGracePeriodSeconds",
        security_context: Option<PodSecurity> = "securityContext",
        node_selector: Map<String> = "nodeSelector",
        tolerations: Vec<Toleration> = "tolerations",
        topology_spread_constraints: Vec<SpreadConstraint> = "topologySpreadConstraints",
        image_pull_secrets: Vec<Reference> = "imagePullSecrets",
        init_containers: Vec<Container> = "initContainers",
        containers: Vec<Container> = "containers",
        volumes: Vec<Volume> = "volumes",
    }
}

document! {
    /// The security context of a pod.
    PodSecurity {
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<u32> = "runAsUser",
        run_as_group: Option<u32> = "runAsGroup",
        fs_group: Option<u32> = "fsGroup",
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
    }
}

document! {
    /// The allowed system calls.
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
        command: Vec<OpenText> = "command",
        args: Vec<OpenText> = "args",
        ports: Vec<ContainerPort> = "ports",
        env: Vec<EnvVar> = "env",
        resources: Option<Resources> = "resources",
        startup_probe: Option<Probe> = "startupProbe",
        liveness_probe: Option<Probe> = "livenessProbe",
        readiness_probe: Option<Probe> = "readinessProbe",
        security_context: Option<ContainerSecurity> = "securityContext",
        lifecycle: Option<Lifecycle> = "lifecycle",
        volume_mounts: Vec<VolumeMount> = "volumeMounts",
    }
}

document! {
    /// The security context of a container.
    ContainerSecurity {
        allow_privilege_escalation: Option<bool> = "allowPrivilegeEscalation",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        capabilities: Option<Capabilities> = "capabilities",
    }
}

document! {
    /// The capabilities that are dropped and added.
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
        value: Option<OpenText> = "value",
        value_from: Option<EnvSource> = "valueFrom",
    }
}

document! {
    /// The source of the value of a variable.
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
    /// The resource limits and requests of a container.
    Resources {
        limits: Map<String> = "limits",
        requests: Map<String> = "requests",
    }
}

document! {
    /// A probe of a container.
    Probe {
        http_get: Option<HttpGet> = "httpGet",
        exec: Option<Exec> = "exec",
        failure_threshold: Option<u32> = "failureThreshold",
        initial_delay_seconds: Option<u32> = "initialDelaySeconds",
        period_seconds: Option<u32> = "periodSeconds",
        success_threshold: Option<u32> = "successThreshold",
        timeout_seconds: Option<u32> = "timeoutSeconds",
    }
}

document! {
    /// The HTTP request of a probe.
    HttpGet {
        host: Option<String> = "host",
        scheme: Option<String> = "scheme",
        path: String = "path",
        port: u16 = "port",
        http_headers: Vec<Header> = "httpHeaders",
    }
}

document! {
    /// A header of an HTTP request.
    Header {
        name: String = "name",
        value: String = "value",
    }
}

document! {
    /// A command in a container.
    Exec {
        command: Vec<OpenText> = "command",
    }
}

document! {
    /// Actions when a container starts or stops.
    Lifecycle {
        pre_stop: LifecycleHandler = "preStop",
    }
}

document! {
    /// An action when a container stops.
    LifecycleHandler {
        exec: Option<Exec> = "exec",
        sleep: Option<Sleep> = "sleep",
    }
}

document! {
    /// A pause.
    Sleep {
        seconds: u32 = "seconds",
    }
}

document! {
    /// The mount of a volume, or of a part of it, in a container.
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
    /// An existing volume claim.
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
    /// A reference to an object by name.
    Reference {
        name: String = "name",
    }
}

document! {
    /// A constraint on how pods are spread over the cluster.
    SpreadConstraint {
        max_skew: u32 = "maxSkew",
        topology_key: String = "topologyKey",
        when_unsatisfiable: &'static str = "whenUnsatisfiable",
        label_selector: Selector = "labelSelector",
    }
}
