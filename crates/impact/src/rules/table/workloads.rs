//! Rules for controllers, Jobs and pods.

use super::{Effect, Rule, default, rule};

const DEPLOYMENT: &str =
    "kubernetes/kubernetes pkg/apis/apps/validation/validation.go: ValidateDeploymentUpdate";

const ROLLOUT: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment";

const STATEFUL_SET: &str =
    "kubernetes/kubernetes pkg/apis/apps/validation/validation.go: ValidateStatefulSetUpdate";

const STATEFUL_UPDATE: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies";

const RETENTION: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention";

const CLAIM_DEFAULTS: &str =
    "kubernetes/kubernetes pkg/apis/core/v1/defaults.go: SetDefaults_PersistentVolumeClaim";

const DAEMON_SET: &str =
    "kubernetes/kubernetes pkg/apis/apps/validation/validation.go: ValidateDaemonSetUpdate";

const REPLICA_SET: &str =
    "kubernetes/kubernetes pkg/apis/apps/validation/validation.go: ValidateReplicaSetUpdate";

const JOB: &str =
    "kubernetes/kubernetes pkg/apis/batch/validation/validation.go: ValidateJobSpecUpdate";

const SUSPENDED: &str =
    "https://kubernetes.io/docs/concepts/workloads/controllers/job/#mutable-scheduling-directives";

const POD: &str = "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidatePodUpdate";

pub(super) const RULES: &[Rule] = &[
    rule(
        "deployment",
        "apps/Deployment",
        Effect::Config,
        "the controller reads it, and the pods stay",
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#writing-a-deployment-spec",
    ),
    rule(
        "deployment-selector",
        "apps/Deployment spec.selector",
        Effect::Refused,
        "the selector of a Deployment is immutable",
        DEPLOYMENT,
    ),
    default(
        "1",
        rule(
            "deployment-replicas",
            "apps/Deployment spec.replicas",
            Effect::Scale,
            "the number of pods changes",
            "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
        ),
    ),
    rule(
        "deployment-template",
        "apps/Deployment spec.template",
        Effect::Restart,
        "a change of the pod template replaces the pods",
        ROLLOUT,
    ),
    rule(
        "statefulset",
        "apps/StatefulSet",
        Effect::Config,
        "the controller reads it, and the pods stay",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
    ),
    rule(
        "statefulset-spec",
        "apps/StatefulSet spec",
        Effect::Refused,
        "this field of a StatefulSet is immutable",
        STATEFUL_SET,
    ),
    rule(
        "statefulset-selector",
        "apps/StatefulSet spec.selector",
        Effect::Refused,
        "the selector of a StatefulSet is immutable",
        STATEFUL_SET,
    ),
    rule(
        "statefulset-service",
        "apps/StatefulSet spec.serviceName",
        Effect::Refused,
        "the name of the Service of a StatefulSet is immutable",
        STATEFUL_SET,
    ),
    default(
        "OrderedReady",
        rule(
            "statefulset-pod-management",
            "apps/StatefulSet spec.podManagementPolicy",
            Effect::Refused,
            "the pod management policy of a StatefulSet is immutable",
            STATEFUL_SET,
        ),
    ),
    rule(
        "statefulset-claims",
        "apps/StatefulSet spec.volumeClaimTemplates",
        Effect::Refused,
        "the claim templates of a StatefulSet are immutable, their sizes included",
        STATEFUL_SET,
    ),
    default(
        "Filesystem",
        rule(
            "statefulset-claim-mode",
            "apps/StatefulSet spec.volumeClaimTemplates.*.spec.volumeMode",
            Effect::Refused,
            "the claim templates of a StatefulSet are immutable",
            CLAIM_DEFAULTS,
        ),
    ),
    default(
        "v1",
        rule(
            "statefulset-claim-version",
            "apps/StatefulSet spec.volumeClaimTemplates.*.apiVersion",
            Effect::Refused,
            "the claim templates of a StatefulSet are immutable",
            CLAIM_DEFAULTS,
        ),
    ),
    default(
        "PersistentVolumeClaim",
        rule(
            "statefulset-claim-kind",
            "apps/StatefulSet spec.volumeClaimTemplates.*.kind",
            Effect::Refused,
            "the claim templates of a StatefulSet are immutable",
            CLAIM_DEFAULTS,
        ),
    ),
    default(
        "1",
        rule(
            "statefulset-replicas",
            "apps/StatefulSet spec.replicas",
            Effect::Scale,
            "the number of pods changes",
            "https://kubernetes.io/docs/tasks/run-application/scale-stateful-set/",
        ),
    ),
    rule(
        "statefulset-ordinals",
        "apps/StatefulSet spec.ordinals",
        Effect::Restart,
        "the pods get other numbers, and with them other claims",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal",
    ),
    rule(
        "statefulset-template",
        "apps/StatefulSet spec.template",
        Effect::Restart,
        "a change of the pod template replaces the pods",
        STATEFUL_UPDATE,
    ),
    rule(
        "statefulset-update-strategy",
        "apps/StatefulSet spec.updateStrategy",
        Effect::Config,
        "the next update of the pods uses it",
        STATEFUL_UPDATE,
    ),
    default(
        "10",
        rule(
            "statefulset-history",
            "apps/StatefulSet spec.revisionHistoryLimit",
            Effect::Depends,
            "older versions of the API server refuse this change, and newer ones accept it",
            STATEFUL_SET,
        ),
    ),
    default(
        "0",
        rule(
            "statefulset-min-ready",
            "apps/StatefulSet spec.minReadySeconds",
            Effect::Config,
            "the next update of the pods uses it",
            "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#minimum-ready-seconds",
        ),
    ),
    rule(
        "statefulset-claim-retention",
        "apps/StatefulSet spec.persistentVolumeClaimRetentionPolicy",
        Effect::Config,
        "it takes effect when pods or the StatefulSet are deleted",
        RETENTION,
    ),
    default(
        "Retain",
        rule(
            "statefulset-claims-of-deleted",
            "apps/StatefulSet spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
            Effect::DataLossIfDeleted,
            "it decides whether claims are deleted with the StatefulSet",
            RETENTION,
        ),
    ),
    default(
        "Retain",
        rule(
            "statefulset-claims-of-scaled",
            "apps/StatefulSet spec.persistentVolumeClaimRetentionPolicy.whenScaled",
            Effect::DataLossIfDeleted,
            "it decides whether claims are deleted with pods of a smaller number of replicas",
            RETENTION,
        ),
    ),
    rule(
        "daemonset",
        "apps/DaemonSet",
        Effect::Config,
        "the controller reads it, and the pods stay",
        "https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
    ),
    rule(
        "daemonset-selector",
        "apps/DaemonSet spec.selector",
        Effect::Refused,
        "the selector of a DaemonSet is immutable",
        DAEMON_SET,
    ),
    rule(
        "daemonset-template",
        "apps/DaemonSet spec.template",
        Effect::Restart,
        "a change of the pod template replaces the pods",
        "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
    ),
    rule(
        "replicaset",
        "apps/ReplicaSet",
        Effect::Config,
        "the controller reads it, and the pods stay",
        "https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/",
    ),
    rule(
        "replicaset-selector",
        "apps/ReplicaSet spec.selector",
        Effect::Refused,
        "the selector of a ReplicaSet is immutable",
        REPLICA_SET,
    ),
    default(
        "1",
        rule(
            "replicaset-replicas",
            "apps/ReplicaSet spec.replicas",
            Effect::Scale,
            "the number of pods changes",
            "https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset",
        ),
    ),
    rule(
        "replication-controller",
        "ReplicationController",
        Effect::Config,
        "only new pods use it",
        "https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/",
    ),
    default(
        "1",
        rule(
            "replication-controller-replicas",
            "ReplicationController spec.replicas",
            Effect::Scale,
            "the number of pods changes",
            "https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/#scaling",
        ),
    ),
    rule(
        "job",
        "batch/Job",
        Effect::Config,
        "the controller reads it, and the pods stay",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/",
    ),
    default(
        "1",
        rule(
            "job-parallelism",
            "batch/Job spec.parallelism",
            Effect::Scale,
            "the number of pods at a time changes",
            "https://kubernetes.io/docs/concepts/workloads/controllers/job/#controlling-parallelism",
        ),
    ),
    default(
        "false",
        rule(
            "job-suspend",
            "batch/Job spec.suspend",
            Effect::Job,
            "the Job stops or continues",
            "https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job",
        ),
    ),
    rule(
        "job-template",
        "batch/Job spec.template",
        Effect::Refused,
        "the pod template of a Job is immutable",
        JOB,
    ),
    rule(
        "job-template-labels",
        "batch/Job spec.template.metadata.labels",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-template-annotations",
        "batch/Job spec.template.metadata.annotations",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-node-selector",
        "batch/Job spec.template.spec.nodeSelector",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-node-affinity",
        "batch/Job spec.template.spec.affinity.nodeAffinity",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-tolerations",
        "batch/Job spec.template.spec.tolerations",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-scheduling-gates",
        "batch/Job spec.template.spec.schedulingGates",
        Effect::RefusedUnlessSuspended,
        "the pod template of a Job is immutable",
        SUSPENDED,
    ),
    rule(
        "job-selector",
        "batch/Job spec.selector",
        Effect::Refused,
        "the selector of a Job is immutable",
        JOB,
    ),
    rule(
        "job-completions",
        "batch/Job spec.completions",
        Effect::RefusedUnlessElastic,
        "the completions of a Job are immutable",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/#elastic-indexed-jobs",
    ),
    default(
        "NonIndexed",
        rule(
            "job-completion-mode",
            "batch/Job spec.completionMode",
            Effect::Refused,
            "the completion mode of a Job is immutable",
            JOB,
        ),
    ),
    rule(
        "job-failure-policy",
        "batch/Job spec.podFailurePolicy",
        Effect::Refused,
        "the failure policy of a Job is immutable",
        JOB,
    ),
    rule(
        "job-success-policy",
        "batch/Job spec.successPolicy",
        Effect::Refused,
        "the success policy of a Job is immutable",
        JOB,
    ),
    rule(
        "job-backoff-per-index",
        "batch/Job spec.backoffLimitPerIndex",
        Effect::Refused,
        "the backoff limit per index of a Job is immutable",
        JOB,
    ),
    rule(
        "job-managed-by",
        "batch/Job spec.managedBy",
        Effect::Refused,
        "the manager of a Job is immutable",
        JOB,
    ),
    rule(
        "cronjob",
        "batch/CronJob",
        Effect::Config,
        "the next run uses it",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#modifying-a-cronjob",
    ),
    rule(
        "pod",
        "Pod",
        Effect::Config,
        "it is metadata that the cluster keeps",
        "https://kubernetes.io/docs/concepts/workloads/pods/",
    ),
    rule(
        "pod-spec",
        "Pod spec",
        Effect::Refused,
        "this field of a pod is immutable",
        POD,
    ),
    rule(
        "pod-image",
        "Pod spec.containers.*.image",
        Effect::Restart,
        "the container is restarted with the new image",
        POD,
    ),
    rule(
        "pod-init-image",
        "Pod spec.initContainers.*.image",
        Effect::Restart,
        "the container is restarted with the new image",
        POD,
    ),
    rule(
        "pod-deadline",
        "Pod spec.activeDeadlineSeconds",
        Effect::Config,
        "the deadline of the pod changes",
        POD,
    ),
    rule(
        "pod-tolerations",
        "Pod spec.tolerations",
        Effect::RefusedOnceSet,
        "tolerations can only be added to a pod",
        POD,
    ),
    rule(
        "pod-scheduling-gates",
        "Pod spec.schedulingGates",
        Effect::Depends,
        "gates of a pod can only be removed, and only before it is scheduled",
        "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/",
    ),
];
