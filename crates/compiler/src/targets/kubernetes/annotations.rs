//! The annotations that configure the objects of workloads, as a table. Parsing of their values is
//! elsewhere.

use super::CONTROLLERS;
use crate::ir::Annotation;
use crate::ir::AnnotationValues::{self, Any, OneOf, Pattern};

/// The prefix of all names. Annotations with this prefix are never passed to a pod.
pub(super) const PREFIX: &str = "k8s.score.dev/";

/// The annotation of an object that names the Score file of its workload.
pub(super) const SOURCE: &str = "k8s.score.dev/source";

macro_rules! annotations {
    (@each) => { false };
    (@each each_container) => { true };
    ($($constant:ident = $name:literal, $about:literal, $form:literal, $values:expr $(, $scope:ident)?;)+) => {
        $(pub(super) const $constant: &str = concat!("k8s.score.dev/", $name);)+

        /// Every annotation.
        pub(crate) const ANNOTATIONS: &[Annotation] = &[
            $(Annotation {
                name: $constant,
                about: $about,
                form: $form,
                values: $values,
                each_container: annotations!(@each $($scope)?),
            },)+
        ];
    };
}

/// A count.
const NUMBER: AnnotationValues = Pattern("^[0-9]{1,10}$");
/// A boolean.
const FLAG: AnnotationValues = OneOf(&["true", "false"]);
/// A name of an object.
const NAME: AnnotationValues = Pattern("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$");
/// Names, separated by commas.
const NAMES: AnnotationValues =
    Pattern("^[A-Za-z0-9][A-Za-z0-9_./-]*( *, *[A-Za-z0-9][A-Za-z0-9_./-]*)*$");
/// The timing of a probe.
const TIMING: &str = "^( *((delay|period|timeout)=[0-9]+[sm]|(successes|failures)=[0-9]+))+$";

annotations! {
    KIND = "kind",
        "Kind of controller that runs the workload",
        "`Deployment` (the default), `StatefulSet`, `DaemonSet`, `Job` or `CronJob`",
        OneOf(&CONTROLLERS);
    SERVICE_NAME = "service-name",
        "Name of the Service, if it differs from that of the workload",
        "a DNS label that starts with a letter",
        Pattern("^[a-z]([a-z0-9-]*[a-z0-9])?$");
    LABELS = "labels",
        "Labels of all objects of the workload and of its pods, except those of Jobs, whose pods cannot change; they are not used to select pods",
        "a YAML map of labels, such as `{team: shop}`, without `app.kubernetes.io/name` and `app.kubernetes.io/instance`",
        Any;
    INSTANCE = "instance",
        "Value of the label `app.kubernetes.io/instance`, which then alone selects the pods, as in controllers that score-k8s created; no effect in charts",
        "a label value that no other workload has",
        Pattern("^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$");
    REPLICAS = "replicas",
        "Number of pods of a Deployment or StatefulSet; if omitted, it is not written, so that a number set in the cluster is kept",
        "a number",
        NUMBER;
    AUTOSCALING = "autoscaling",
        "Scaling of a Deployment or StatefulSet by a HorizontalPodAutoscaler, based on CPU usage relative to the CPU requests",
        "`MIN-MAX` or `MIN-MAX@PERCENT%`, such as `2-5@70%`; 80 % by default",
        Pattern("^[0-9]+ *- *[0-9]+( *@ *[0-9]+%?)?$");
    DISRUPTION_BUDGET = "disruption-budget",
        "PodDisruptionBudget: the number of pods that must stay available, or that may be evicted, when nodes are drained",
        "`minAvailable: N` or `maxUnavailable: N`, where `N` is a number or a percentage",
        Any;
    SPREAD = "spread",
        "Even distribution of the pods over these topology domains, as far as possible",
        "topology keys (node labels), separated by commas, such as `topology.kubernetes.io/zone`",
        NAMES;
    STRATEGY = "strategy",
        "Replacement of pods when the workload changes",
        "`maxSurge=N` and `maxUnavailable=N`, with numbers or percentages, or `Recreate` (Deployment) or `OnDelete` (DaemonSet); `partition=N` or `OnDelete` (StatefulSet)",
        Pattern("^(Recreate|OnDelete|( *(maxSurge|maxUnavailable)=[0-9]+%?| *partition=[0-9]+)+)$");
    MIN_READY_SECONDS = "min-ready-seconds",
        "Time for which a new pod must be ready before it counts as available, in seconds",
        "a number",
        NUMBER;
    RELEASE_JOB = "release-job",
        "Containers that run once per release, in a Job, instead of before the containers of each pod; other containers must wait until they are complete",
        "names of containers, separated by commas",
        NAMES;
    STORAGE_CLASS = "storage-class",
        "StorageClass of the volume claims of a StatefulSet",
        "a name",
        NAME;
    SCHEDULE = "schedule",
        "Schedule of a CronJob; required",
        "five fields, such as `30 2 * * *`, or `@hourly`, `@daily` and the like",
        Any;
    CONCURRENCY_POLICY = "concurrency-policy",
        "Behaviour of a CronJob if its previous run has not finished",
        "`Allow`, `Forbid` or `Replace`",
        OneOf(&["Allow", "Forbid", "Replace"]);
    SUCCESSFUL_JOBS_HISTORY = "successful-jobs-history",
        "Number of successful runs that a CronJob keeps",
        "a number",
        NUMBER;
    FAILED_JOBS_HISTORY = "failed-jobs-history",
        "Number of failed runs that a CronJob keeps",
        "a number",
        NUMBER;
    BACKOFF_LIMIT = "backoff-limit",
        "Number of retries of a Job or a release job, or of a run of a CronJob",
        "a number",
        NUMBER;
    DEADLINE = "deadline",
        "Time after which a Job or a release job, or a run of a CronJob, is stopped and counts as failed, in seconds",
        "a number from 1",
        Pattern("^[1-9][0-9]{0,9}$");
    SERVICE_ACCOUNT = "service-account",
        "ServiceAccount of the pods",
        "`own` to create one named after the workload, or the name of an existing one",
        NAME;
    AUTOMOUNT_TOKEN = "automount-token",
        "Whether the pods get the token of their ServiceAccount, which gives access to the cluster API",
        "`true` or `false` (the default)",
        FLAG;
    PROFILE = "profile",
        "Pod Security Standard of the pods",
        "`restricted`, `baseline` (the default) or `none`",
        OneOf(&["restricted", "baseline", "none"]);
    RUN_AS_USER = "run-as-user",
        "User, and optionally group, of the containers",
        "`UID` or `UID:GID`",
        Pattern("^[0-9]+(:[0-9]+)?$");
    READ_ONLY_ROOT = "read-only-root",
        "Read-only root file system for the containers, with an empty `/tmp` for each",
        "`true` or `false` (the default)",
        FLAG;
    IMAGE_PULL_SECRETS = "image-pull-secrets",
        "Secrets for pulling images",
        "names, separated by commas",
        NAMES;
    PRIORITY_CLASS = "priority-class",
        "PriorityClass of the pods",
        "a name",
        NAME;
    NODE_SELECTOR = "node-selector",
        "Labels that a node must have to run the pods",
        "a YAML map, such as `{disktype: ssd}`",
        Any;
    TOLERATIONS = "tolerations",
        "Tolerations of the pods",
        "a YAML list in Kubernetes syntax, such as `[{key: dedicated, value: web, effect: NoSchedule}]`",
        Any;
    TERMINATION_GRACE_PERIOD = "termination-grace-period",
        "Time for the pods to terminate, in seconds",
        "a number",
        NUMBER;
    PRE_STOP = "pre-stop",
        "Action before a container is stopped; the time that it takes is part of the time to terminate",
        "`sleep=10s`, or a command as a YAML list, such as `[nginx, -s, quit]`",
        Any,
        each_container;
    SECRETS_VERSION = "secrets-version",
        "Version of secrets that score-rs does not know; another version replaces the pods, which read variables only when they start",
        "at most 63 letters, digits, `-`, `_` or `.`, beginning and ending with a letter or digit",
        Pattern("^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$");
    LIVENESS_PROBE = "liveness-probe",
        "Timing of the liveness probe, and the number of consecutive failures after which the container is restarted",
        "settings separated by spaces: `delay=10s`, `period=10s`, `timeout=1s` and `failures=3`",
        Pattern(TIMING),
        each_container;
    READINESS_PROBE = "readiness-probe",
        "Timing of the readiness probe, and the number of consecutive results that count",
        "settings separated by spaces: `delay=10s`, `period=10s`, `timeout=1s`, `successes=1` and `failures=3`",
        Pattern(TIMING),
        each_container;
    STARTUP_PROBE = "startup-probe",
        "Time that a container may take to start: other probes start after its liveness probe, or otherwise its readiness probe, has succeeded once; by default two minutes for a container with a liveness probe",
        "settings separated by spaces, such as `period=5s failures=24`, or `none` for no startup probe",
        Pattern("^( *((delay|period|timeout)=[0-9]+[sm]|(successes|failures)=[0-9]+))+$|^none$"),
        each_container;
    GATEWAY = "gateway",
        "Gateway of the workload's routes, which are then HTTPRoutes",
        "`[NAMESPACE/]NAME[:LISTENER]`",
        Any;
    INGRESS_CLASS = "ingress-class",
        "IngressClass of the workload's routes, which are then Ingresses",
        "a name",
        NAME;
    NETWORK_POLICY = "network-policy",
        "Whether a NetworkPolicy allows only connections from components that refer to the workload; no effect if `kubernetes.networkPolicies` is set in the project file",
        "`true` or `false`",
        FLAG;
    NETWORK_POLICY_FROM = "network-policy-from",
        "Further connections that the NetworkPolicy allows; routes and objects of provisioners then open no ports to everyone. Creates a policy unless the project file or `network-policy` disables policies",
        "a YAML list of maps with `workload`, `namespace` (`*` for all) or `pods` (a map of labels), and `ports`, which can be omitted if the workload has service ports, such as `[{namespace: ingress, ports: [http]}]`",
        Any;
}
