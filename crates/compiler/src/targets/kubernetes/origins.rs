//! The fields of Score files and the annotations from which the fields of objects are generated.

use crate::targets::{FieldOrigin, SettingOrigin};

/// A row without a field is that of a hash, which score-rs makes. A pod template is `pod`, and containers of both lists are in `containers`. `{any}` is every container. Of several
/// rows that match, the first one whose field is written applies.
pub(super) const ORIGINS: &[FieldOrigin] = &[
    row("* pod metadata annotations checksum/files", ""),
    row("* pod metadata annotations checksum/secrets", ""),
    row("Job metadata name", ""),
    row(
        "* pod spec containers {c} startupProbe httpGet",
        "containers {c} livenessProbe httpGet",
    ),
    row(
        "* pod spec containers {c} startupProbe httpGet",
        "containers {c} readinessProbe httpGet",
    ),
    row(
        "* pod spec containers {c} startupProbe exec",
        "containers {c} livenessProbe exec",
    ),
    row(
        "* pod spec containers {c} startupProbe exec",
        "containers {c} readinessProbe exec",
    ),
    row(
        "* metadata labels app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row(
        "* pod metadata labels app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row(
        "* spec selector matchLabels app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row(
        "* spec selector app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row(
        "NetworkPolicy spec podSelector matchLabels app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row(
        "NetworkPolicy spec ingress {r} from {f} podSelector matchLabels app.kubernetes.io/instance",
        "metadata annotations k8s.score.dev/instance",
    ),
    row("* pod spec containers {c} image", "containers {c} image"),
    row(
        "* pod spec containers {c} command",
        "containers {c} command",
    ),
    row("* pod spec containers {c} args", "containers {c} args"),
    row(
        "* pod spec containers {c} env {v}",
        "containers {c} variables {v}",
    ),
    row("* pod spec containers {c} env", "containers {c} variables"),
    row(
        "* pod spec containers {c} resources",
        "containers {c} resources",
    ),
    row(
        "* pod spec containers {c} livenessProbe",
        "containers {c} livenessProbe",
    ),
    row(
        "* pod spec containers {c} readinessProbe",
        "containers {c} readinessProbe",
    ),
    row(
        "* pod spec containers {c} livenessProbe",
        "metadata annotations k8s.score.dev/{c}.liveness-probe",
    ),
    row(
        "* pod spec containers {c} readinessProbe",
        "metadata annotations k8s.score.dev/{c}.readiness-probe",
    ),
    row(
        "* pod spec containers {c} startupProbe",
        "metadata annotations k8s.score.dev/{c}.startup-probe",
    ),
    row(
        "* pod spec containers {c} startupProbe",
        "containers {c} livenessProbe",
    ),
    row(
        "* pod spec containers {c} volumeMounts {@mountPath} subPath",
        "containers {c} volumes {@mountPath}",
    ),
    row(
        "* pod spec containers {c} volumeMounts {@mountPath}",
        "containers {c} volumes {@mountPath}",
    ),
    row(
        "* pod spec containers {c} volumeMounts {@mountPath}",
        "containers {c} files {@mountPath}",
    ),
    row(
        "* pod spec containers {c} volumeMounts",
        "containers {c} volumes",
    ),
    row(
        "* pod spec containers {c} volumeMounts",
        "containers {c} files",
    ),
    row("* pod spec containers {c} ports", "service ports"),
    row(
        "* pod spec containers {c} volumeMounts",
        "metadata annotations k8s.score.dev/read-only-root",
    ),
    row("* pod spec volumes", "containers {any} files"),
    row("* pod spec volumes", "containers {any} volumes"),
    row(
        "* pod spec volumes",
        "metadata annotations k8s.score.dev/read-only-root",
    ),
    row(
        "StatefulSet spec volumeClaimTemplates",
        "containers {any} volumes",
    ),
    row("* pod metadata annotations {a}", "metadata annotations {a}"),
    row("* pod metadata annotations", "containers {any} files"),
    row(
        "* pod metadata annotations",
        "metadata annotations k8s.score.dev/secrets-version",
    ),
    row("ConfigMap data", "containers {any} files"),
    row("Secret stringData", "containers {any} files"),
    row("Secret stringData", "containers {any} variables"),
    row("Secret data", "containers {any} files"),
    row("Secret data", "containers {any} variables"),
    row(
        "Job spec backoffLimit",
        "metadata annotations k8s.score.dev/backoff-limit",
    ),
    row(
        "Job spec activeDeadlineSeconds",
        "metadata annotations k8s.score.dev/deadline",
    ),
    row(
        "CronJob spec jobTemplate spec activeDeadlineSeconds",
        "metadata annotations k8s.score.dev/deadline",
    ),
    row(
        "CronJob spec jobTemplate spec backoffLimit",
        "metadata annotations k8s.score.dev/backoff-limit",
    ),
    row(
        "HTTPRoute spec parentRefs",
        "metadata annotations k8s.score.dev/gateway",
    ),
    row(
        "Ingress spec ingressClassName",
        "metadata annotations k8s.score.dev/ingress-class",
    ),
    row(
        "HTTPRoute spec rules {r} backendRefs",
        "metadata annotations k8s.score.dev/service-name",
    ),
    row("HTTPRoute spec rules {r} backendRefs", "service ports"),
    row(
        "Ingress spec rules {r} http paths {p} backend service name",
        "metadata annotations k8s.score.dev/service-name",
    ),
    row(
        "Ingress spec rules {r} http paths {p} backend",
        "service ports",
    ),
    row("NetworkPolicy spec ingress", "service ports"),
    row(
        "* pod spec containers {c} securityContext readOnlyRootFilesystem",
        "metadata annotations k8s.score.dev/read-only-root",
    ),
    row(
        "* pod spec containers {c} securityContext",
        "metadata annotations k8s.score.dev/profile",
    ),
    row(
        "* pod spec containers {c} lifecycle",
        "metadata annotations k8s.score.dev/{c}.pre-stop",
    ),
    row(
        "* pod spec containers {c} restartPolicy",
        "containers {c} before",
    ),
    row("* pod spec containers {c}", "containers {c}"),
    row(
        "* pod spec securityContext runAsUser",
        "metadata annotations k8s.score.dev/run-as-user",
    ),
    row("* pod spec securityContext", "nonRoot"),
    row("StatefulSet spec volumeClaimTemplates", "volumes"),
    row(
        "* pod spec securityContext",
        "metadata annotations k8s.score.dev/profile",
    ),
    row(
        "* pod spec serviceAccountName",
        "metadata annotations k8s.score.dev/service-account",
    ),
    row(
        "* pod spec automountServiceAccountToken",
        "metadata annotations k8s.score.dev/automount-token",
    ),
    row(
        "* pod spec imagePullSecrets",
        "metadata annotations k8s.score.dev/image-pull-secrets",
    ),
    row(
        "* pod spec priorityClassName",
        "metadata annotations k8s.score.dev/priority-class",
    ),
    row(
        "* pod spec nodeSelector",
        "metadata annotations k8s.score.dev/node-selector",
    ),
    row(
        "* pod spec tolerations",
        "metadata annotations k8s.score.dev/tolerations",
    ),
    row(
        "* pod spec topologySpreadConstraints",
        "metadata annotations k8s.score.dev/spread",
    ),
    row(
        "* pod spec terminationGracePeriodSeconds",
        "metadata annotations k8s.score.dev/termination-grace-period",
    ),
    row(
        "* pod metadata labels",
        "metadata annotations k8s.score.dev/labels",
    ),
    row(
        "* metadata labels",
        "metadata annotations k8s.score.dev/labels",
    ),
    row("* metadata annotations {a}", "metadata annotations {a}"),
    row(
        "Deployment spec replicas",
        "metadata annotations k8s.score.dev/replicas",
    ),
    row(
        "StatefulSet spec replicas",
        "metadata annotations k8s.score.dev/replicas",
    ),
    row(
        "Deployment spec strategy",
        "metadata annotations k8s.score.dev/strategy",
    ),
    row(
        "StatefulSet spec updateStrategy",
        "metadata annotations k8s.score.dev/strategy",
    ),
    row(
        "DaemonSet spec updateStrategy",
        "metadata annotations k8s.score.dev/strategy",
    ),
    row(
        "* spec minReadySeconds",
        "metadata annotations k8s.score.dev/min-ready-seconds",
    ),
    row(
        "StatefulSet spec volumeClaimTemplates {n} spec storageClassName",
        "metadata annotations k8s.score.dev/storage-class",
    ),
    row(
        "CronJob spec schedule",
        "metadata annotations k8s.score.dev/schedule",
    ),
    row(
        "CronJob spec concurrencyPolicy",
        "metadata annotations k8s.score.dev/concurrency-policy",
    ),
    row(
        "CronJob spec successfulJobsHistoryLimit",
        "metadata annotations k8s.score.dev/successful-jobs-history",
    ),
    row(
        "CronJob spec failedJobsHistoryLimit",
        "metadata annotations k8s.score.dev/failed-jobs-history",
    ),
    row("* kind", "metadata annotations k8s.score.dev/kind"),
    row("Job", "metadata annotations k8s.score.dev/release-job"),
    row(
        "HorizontalPodAutoscaler",
        "metadata annotations k8s.score.dev/autoscaling",
    ),
    row(
        "PodDisruptionBudget",
        "metadata annotations k8s.score.dev/disruption-budget",
    ),
    row(
        "ServiceAccount",
        "metadata annotations k8s.score.dev/service-account",
    ),
    row(
        "NetworkPolicy",
        "metadata annotations k8s.score.dev/network-policy",
    ),
    row(
        "Service metadata name",
        "metadata annotations k8s.score.dev/service-name",
    ),
    row("Service spec ports {p} port", "service ports {p} port"),
    row(
        "Service spec ports {p} targetPort",
        "service ports {p} targetPort",
    ),
    row(
        "Service spec ports {p} protocol",
        "service ports {p} protocol",
    ),
    row("Service spec ports", "service ports"),
];

/// The settings that decide fields of objects.
pub(super) const SETTINGS: &[SettingOrigin] = &[
    set("* metadata namespace", "kubernetes namespace"),
    set("Namespace", "kubernetes namespace"),
    set("Namespace kind", "kubernetes generateNamespace"),
    set("* metadata labels {l}", "kubernetes labels {l}"),
    set("* pod metadata labels {l}", "kubernetes labels {l}"),
    set(
        "* spec jobTemplate metadata labels {l}",
        "kubernetes labels {l}",
    ),
    set(
        "StatefulSet spec volumeClaimTemplates {v} metadata labels {l}",
        "kubernetes labels {l}",
    ),
    set("* metadata labels app.kubernetes.io/part-of", "name"),
    set("* pod metadata labels app.kubernetes.io/part-of", "name"),
    set(
        "* spec jobTemplate metadata labels app.kubernetes.io/part-of",
        "name",
    ),
    set(
        "StatefulSet spec volumeClaimTemplates {v} metadata labels app.kubernetes.io/part-of",
        "name",
    ),
    default(
        "* pod spec containers {c} securityContext",
        "kubernetes profile",
    ),
    default("* pod spec securityContext", "kubernetes profile"),
    set("Secret kind", "kubernetes secrets"),
    set("ExternalSecret", "kubernetes secrets"),
    set(
        "ExternalSecret spec target template metadata labels app.kubernetes.io/part-of",
        "name",
    ),
    set(
        "* metadata annotations argocd.argoproj.io/sync-wave",
        "kubernetes waves",
    ),
    set("NetworkPolicy kind", "kubernetes networkPolicies"),
    set("HTTPRoute kind", "kubernetes routes kind"),
    set("Ingress kind", "kubernetes routes kind"),
    default("HTTPRoute spec parentRefs", "kubernetes routes gateway"),
    default("Ingress spec ingressClassName", "kubernetes routes class"),
    set("Ingress spec tls", "kubernetes routes tlsSecret"),
    set("Ingress spec tls", "kubernetes routes issuer"),
    set(
        "Ingress metadata annotations cert-manager.io/cluster-issuer",
        "kubernetes routes issuer",
    ),
    set(
        "Ingress metadata annotations {a}",
        "kubernetes routes annotations {a}",
    ),
    set(
        "HTTPRoute metadata annotations {a}",
        "kubernetes routes annotations {a}",
    ),
];

const fn set(output: &'static str, setting: &'static str) -> SettingOrigin {
    SettingOrigin {
        output,
        setting,
        is_default: false,
    }
}

const fn default(output: &'static str, setting: &'static str) -> SettingOrigin {
    SettingOrigin {
        output,
        setting,
        is_default: true,
    }
}

const fn row(output: &'static str, field: &'static str) -> FieldOrigin {
    FieldOrigin { output, field }
}
