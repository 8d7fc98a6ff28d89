//! The annotations of workloads that shape their objects, as a table. Not: how their values are
//! read.

use crate::ir::Annotation;

/// What all names here begin with. Annotations of this prefix never reach a pod.
pub(super) const PREFIX: &str = "k8s.score.dev/";

macro_rules! annotations {
    (@each) => { false };
    (@each each_container) => { true };
    ($($constant:ident = $name:literal, $about:literal, $form:literal $(, $scope:ident)?;)+) => {
        $(pub(super) const $constant: &str = concat!("k8s.score.dev/", $name);)+

        /// Every annotation.
        pub(crate) const ANNOTATIONS: &[Annotation] = &[
            $(Annotation {
                name: $constant,
                about: $about,
                form: $form,
                each_container: annotations!(@each $($scope)?),
            },)+
        ];
    };
}

annotations! {
    KIND = "kind",
        "The kind of controller that runs the workload",
        "`Deployment` (the default), `StatefulSet`, `DaemonSet`, `Job` or `CronJob`";
    SERVICE_NAME = "service-name",
        "The name of the Service, where it is not to be that of the workload",
        "a DNS label that begins with a letter";
    REPLICAS = "replicas",
        "How many pods a Deployment or StatefulSet has; without it nothing is written, so that a number set in the cluster stays",
        "a number";
    AUTOSCALING = "autoscaling",
        "Lets a HorizontalPodAutoscaler run more or fewer pods of a Deployment or StatefulSet, by the share of the CPU that they request",
        "`MIN-MAX` or `MIN-MAX@PERCENT%`, such as `2-5@70%`; 80 % where none is given";
    DISRUPTION_BUDGET = "disruption-budget",
        "Makes a PodDisruptionBudget: how many pods must stay, or may go, when nodes are drained",
        "`minAvailable: N` or `maxUnavailable: N`, where `N` is a number or a percentage";
    SPREAD = "spread",
        "Spreads the pods evenly, as far as possible, over what has different values of these labels of nodes",
        "topology keys, separated by commas, such as `topology.kubernetes.io/zone`";
    SCHEDULE = "schedule",
        "When a CronJob runs; it must have one",
        "five fields, such as `30 2 * * *`, or `@hourly`, `@daily` and the like";
    CONCURRENCY_POLICY = "concurrency-policy",
        "What a CronJob does when its last run has not ended",
        "`Allow`, `Forbid` or `Replace`";
    SUCCESSFUL_JOBS_HISTORY = "successful-jobs-history",
        "How many runs that went well a CronJob keeps",
        "a number";
    FAILED_JOBS_HISTORY = "failed-jobs-history",
        "How many runs that failed a CronJob keeps",
        "a number";
    BACKOFF_LIMIT = "backoff-limit",
        "How often a Job, or a run of a CronJob, is tried again",
        "a number";
    SERVICE_ACCOUNT = "service-account",
        "The ServiceAccount that the pods run as",
        "`own` to make one named as the workload, or the name of one that exists";
    AUTOMOUNT_TOKEN = "automount-token",
        "Whether the pods get the token of their ServiceAccount, with which they may use the cluster's API",
        "`true` or `false` (the default)";
    PROFILE = "profile",
        "The Pod Security Standard that the pods keep to",
        "`restricted`, `baseline` (the default) or `none`";
    RUN_AS_USER = "run-as-user",
        "The user, and the group, that the containers run as",
        "`UID` or `UID:GID`";
    READ_ONLY_ROOT = "read-only-root",
        "Makes the root file system of the containers read-only, and gives each an empty `/tmp`",
        "`true` or `false` (the default)";
    IMAGE_PULL_SECRETS = "image-pull-secrets",
        "The Secrets with which images are pulled",
        "names, separated by commas";
    PRIORITY_CLASS = "priority-class",
        "The PriorityClass of the pods",
        "a name";
    NODE_SELECTOR = "node-selector",
        "The labels that a node must have to run the pods",
        "a YAML map, such as `{disktype: ssd}`";
    TOLERATIONS = "tolerations",
        "The taints of nodes that the pods bear",
        "a YAML list in the words of Kubernetes, such as `[{key: dedicated, value: web, effect: NoSchedule}]`";
    TERMINATION_GRACE_PERIOD = "termination-grace-period",
        "How many seconds the pods have to end",
        "a number";
    LIVENESS_PROBE = "liveness-probe",
        "When the liveness probe asks, and how many failures in a row restart the container",
        "settings with spaces between them: `delay=10s`, `period=10s`, `timeout=1s` and `failures=3`",
        each_container;
    READINESS_PROBE = "readiness-probe",
        "When the readiness probe asks, and how many answers in a row count",
        "settings with spaces between them: `delay=10s`, `period=10s`, `timeout=1s`, `successes=1` and `failures=3`",
        each_container;
    STARTUP_PROBE = "startup-probe",
        "How long a container may take to start: until it answers to its liveness probe, or else its readiness probe, no other probe counts; without the annotation, two minutes for a container with a liveness probe",
        "settings with spaces between them, such as `period=5s failures=24`, or `none` for no startup probe",
        each_container;
    GATEWAY = "gateway",
        "The Gateway of the workload's routes, which then are HTTPRoutes",
        "`[NAMESPACE/]NAME[:LISTENER]`";
    INGRESS_CLASS = "ingress-class",
        "The IngressClass of the workload's routes, which then are Ingresses",
        "a name";
    NETWORK_POLICY = "network-policy",
        "Whether a NetworkPolicy lets in only who refers to the workload, where the project file does not say it",
        "`true` or `false`";
}
