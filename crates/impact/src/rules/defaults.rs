//! Values that the API server sets in pod templates and ports if they are omitted, so that writing them changes nothing:
//! kubernetes/kubernetes pkg/apis/core/v1/defaults.go.

/// Fields of pods and Services with the values of omitted ones: the end of the path, with `*` for any step and `*Probe` for
/// any probe.
const DEFAULTS: [(&[&str], &str); 16] = [
    (&["ports", "*", "protocol"], "TCP"),
    (&["template", "spec", "restartPolicy"], "Always"),
    (&["template", "spec", "dnsPolicy"], "ClusterFirst"),
    (&["template", "spec", "schedulerName"], "default-scheduler"),
    (&["template", "spec", "terminationGracePeriodSeconds"], "30"),
    (&["template", "spec", "enableServiceLinks"], "true"),
    (
        &["containers", "*", "terminationMessagePath"],
        "/dev/termination-log",
    ),
    (&["containers", "*", "terminationMessagePolicy"], "File"),
    (&["*Probe", "httpGet", "scheme"], "HTTP"),
    (&["*Probe", "successThreshold"], "1"),
    (&["*Probe", "failureThreshold"], "3"),
    (&["*Probe", "periodSeconds"], "10"),
    (&["*Probe", "timeoutSeconds"], "1"),
    (&["env", "*", "valueFrom", "fieldRef", "apiVersion"], "v1"),
    (&["volumes", "*", "configMap", "defaultMode"], "420"),
    (&["volumes", "*", "secret", "defaultMode"], "420"),
];

/// The kinds with pods and ports.
const KINDS: [&str; 9] = [
    "Service",
    "Pod",
    "ReplicationController",
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/DaemonSet",
    "apps/ReplicaSet",
    "batch/Job",
    "batch/CronJob",
];

/// Whether an object of this kind, given as `GROUP/KIND`, has this value if the field is omitted.
pub(crate) fn is_pod_default(kind: &str, path: &[&str], value: &str) -> bool {
    let mut defaults = DEFAULTS.into_iter();
    KINDS.contains(&kind) && defaults.any(|(end, default)| default == value && ends_with(path, end))
}

fn ends_with(path: &[&str], end: &[&str]) -> bool {
    let Some(start) = path.len().checked_sub(end.len()) else {
        return false;
    };
    let mut steps = end.iter().zip(&path[start..]);
    steps.all(|(wanted, step)| match *wanted {
        "*" => true,
        "*Probe" => step.ends_with("Probe"),
        wanted => wanted == *step,
    })
}
