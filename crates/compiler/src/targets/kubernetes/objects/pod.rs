//! Pods: what controllers make. Not: the controllers.

use score_spec::Map;

use super::super::reference::OpenText;
use super::Selector;
use crate::emit::document::document;
use crate::targets::kubernetes::workload_options::Toleration;

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
        labels: Map<String> = "labels",
        annotations: Map<String> = "annotations",
    }
}

document! {
    /// What a pod is to be.
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
    /// Whom the processes of a pod run as.
    PodSecurity {
        run_as_non_root: Option<bool> = "runAsNonRoot",
        run_as_user: Option<u32> = "runAsUser",
        run_as_group: Option<u32> = "runAsGroup",
        fs_group: Option<u32> = "fsGroup",
        seccomp_profile: Option<SeccompProfile> = "seccompProfile",
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
        command: Vec<OpenText> = "command",
        args: Vec<OpenText> = "args",
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
        allow_privilege_escalation: Option<bool> = "allowPrivilegeEscalation",
        read_only_root_filesystem: Option<bool> = "readOnlyRootFilesystem",
        capabilities: Option<Capabilities> = "capabilities",
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
        value: Option<OpenText> = "value",
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
        limits: Map<String> = "limits",
        requests: Map<String> = "requests",
    }
}

document! {
    /// How to ask a container for its state.
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
        command: Vec<OpenText> = "command",
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
    /// An object of this name.
    Reference {
        name: String = "name",
    }
}

document! {
    /// How evenly pods are to be spread.
    SpreadConstraint {
        max_skew: u32 = "maxSkew",
        topology_key: String = "topologyKey",
        when_unsatisfiable: &'static str = "whenUnsatisfiable",
        label_selector: Selector = "labelSelector",
    }
}
