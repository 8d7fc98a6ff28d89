//! The annotations that configure the objects of workloads, as a table. Parsing of their values is
//! elsewhere.

use crate::ir::Annotation;

/// The prefix of all names. Annotations with this prefix are never passed to a pod.
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
        "Kind of controller that runs the workload",
        "`Deployment` (the default), `StatefulSet`, `DaemonSet`, `Job` or `CronJob`";
    SERVICE_NAME = "service-name",
        "Name of the Service, if it differs from that of the workload",
        "a DNS label that starts with a letter";
    REPLICAS = "replicas",
        "Number of pods of a Deployment or StatefulSet; if omitted, it is not written, so that a number set in the cluster is kept",
        "a number";
    AUTOSCALING = "autoscaling",
        "Scaling of a Deployment or StatefulSet by a HorizontalPodAutoscaler, based on CPU usage relative to the CPU requests",
        "`MIN-MAX` or `MIN-MAX@PERCENT%`, such as `2-5@70%`; 80 % by default";
    DISRUPTION_BUDGET = "disruption-budget",
        "PodDisruptionBudget: the number of pods that must stay available, or that may be evicted, when nodes are drained",
        "`minAvailable: N` or `maxUnavailable: N`, where `N` is a number or a percentage";
    SPREAD = "spread",
        "Even distribution of the pods over these topology domains, as far as possible",
        "topology keys (node labels), separated by commas, such as `topology.kubernetes.io/zone`";
    SCHEDULE = "schedule",
        "Schedule of a CronJob; required",
        "five fields, such as `30 2 * * *`, or `@hourly`, `@daily` and the like";
    CONCURRENCY_POLICY = "concurrency-policy",
        "Behaviour of a CronJob if its previous run has not finished",
        "`Allow`, `Forbid` or `Replace`";
    SUCCESSFUL_JOBS_HISTORY = "successful-jobs-history",
        "Number of successful runs that a CronJob keeps",
        "a number";
    FAILED_JOBS_HISTORY = "failed-jobs-history",
        "Number of failed runs that a CronJob keeps",
        "a number";
    BACKOFF_LIMIT = "backoff-limit",
        "Number of retries of a Job, or of a run of a CronJob",
        "a number";
    SERVICE_ACCOUNT = "service-account",
        "ServiceAccount of the pods",
        "`own` to create one named after the workload, or the name of an existing one";
    AUTOMOUNT_TOKEN = "automount-token",
        "Whether the pods get the token of their ServiceAccount, which gives access to the cluster API",
        "`true` or `false` (the default)";
    PROFILE = "profile",
        "Pod Security Standard of the pods",
        "`restricted`, `baseline` (the default) or `none`";
    RUN_AS_USER = "run-as-user",
        "User, and optionally group, of the containers",
        "`UID` or `UID:GID`";
    READ_ONLY_ROOT = "read-only-root",
        "Read-only root file system for the containers, with an empty `/tmp` for each",
        "`true` or `false` (the default)";
    IMAGE_PULL_SECRETS = "image-pull-secrets",
        "Secrets for pulling images",
        "names, separated by commas";
    PRIORITY_CLASS = "priority-class",
        "PriorityClass of the pods",
        "a name";
    NODE_SELECTOR = "node-selector",
        "Labels that a node must have to run the pods",
        "a YAML map, such as `{disktype: ssd}`";
    TOLERATIONS = "tolerations",
        "Tolerations of the pods",
        "a YAML list in Kubernetes syntax, such as `[{key: dedicated, value: web, effect: NoSchedule}]`";
    TERMINATION_GRACE_PERIOD = "termination-grace-period",
        "Time for the pods to terminate, in seconds",
        "a number";
    LIVENESS_PROBE = "liveness-probe",
        "Timing of the liveness probe, and the number of consecutive failures after which the container is restarted",
        "settings separated by spaces: `delay=10s`, `period=10s`, `timeout=1s` and `failures=3`",
        each_container;
    READINESS_PROBE = "readiness-probe",
        "Timing of the readiness probe, and the number of consecutive results that count",
        "settings separated by spaces: `delay=10s`, `period=10s`, `timeout=1s`, `successes=1` and `failures=3`",
        each_container;
    STARTUP_PROBE = "startup-probe",
        "Time that a container may take to start: other probes start after its liveness probe, or otherwise its readiness probe, has succeeded once; by default two minutes for a container with a liveness probe",
        "settings separated by spaces, such as `period=5s failures=24`, or `none` for no startup probe",
        each_container;
    GATEWAY = "gateway",
        "Gateway of the workload's routes, which are then HTTPRoutes",
        "`[NAMESPACE/]NAME[:LISTENER]`";
    INGRESS_CLASS = "ingress-class",
        "IngressClass of the workload's routes, which are then Ingresses",
        "a name";
    NETWORK_POLICY = "network-policy",
        "Whether a NetworkPolicy allows only connections from components that refer to the workload, if the project file does not set this",
        "`true` or `false`";
}
