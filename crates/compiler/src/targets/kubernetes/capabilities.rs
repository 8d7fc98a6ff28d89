//! The fields of the specification that the Kubernetes target supports, as a table.

use crate::targets::{Capability, Support};

use Support::{Full, Partial};

/// Every part of the specification.
pub(crate) const CAPABILITIES: &[Capability] = &[
    capability(
        "metadata.name",
        Full,
        "the name of the controller and the Service, and of the labels that select the pods. The name of a Job ends with a hash of its contents",
    ),
    capability(
        "metadata.annotations",
        Full,
        "annotations of the controller and of the pods, except those for score-rs",
    ),
    capability(
        "service.ports.*",
        Full,
        "ports of a Service, with their target ports and protocols",
    ),
    capability(
        "containers.*.image",
        Partial,
        "the image; Kubernetes does not build images, so `.` must be set with `--image`",
    ),
    capability(
        "containers.*.command",
        Full,
        "`command`; `$(…)` is escaped unless it is a reference",
    ),
    capability(
        "containers.*.args",
        Full,
        "`args`; `$(…)` is escaped unless it is a reference",
    ),
    capability(
        "containers.*.variables",
        Full,
        "`env`; a secret is a `secretKeyRef`. A secret inside a longer string becomes a separate variable that the string refers to",
    ),
    capability(
        "containers.*.files.*.content",
        Full,
        "a ConfigMap, or a Secret if the file contains a secret; mounted as a single file, so that other files of the image are not hidden",
    ),
    capability(
        "containers.*.files.*.binaryContent",
        Full,
        "`binaryData` of a ConfigMap",
    ),
    capability(
        "containers.*.files.*.source",
        Full,
        "the same as `content`, with placeholders expanded; the same as `binaryContent` if the file is not UTF-8",
    ),
    capability(
        "containers.*.files.*.noExpand",
        Full,
        "placeholders are not expanded",
    ),
    capability(
        "containers.*.files.*.mode",
        Full,
        "`defaultMode`, or a mode for each file if they differ",
    ),
    capability(
        "containers.*.volumes.*.source",
        Full,
        "a claim for each pod in a StatefulSet, or the volume that the resource names. Otherwise an empty directory, with a warning unless the resource sets `ephemeral: true`",
    ),
    capability("containers.*.volumes.*.path", Full, "`subPath`"),
    capability(
        "containers.*.volumes.*.readOnly",
        Full,
        "`readOnly` of the mount",
    ),
    capability("containers.*.resources.limits", Full, "`resources.limits`"),
    capability(
        "containers.*.resources.requests",
        Full,
        "`resources.requests`",
    ),
    capability(
        "containers.*.livenessProbe.httpGet",
        Full,
        "`livenessProbe`, and a `startupProbe` with the same check that allows two minutes to start",
    ),
    capability(
        "containers.*.livenessProbe.exec",
        Partial,
        "`livenessProbe` and `startupProbe`, unless there is also an `httpGet`, because Kubernetes does not combine them. The command cannot contain secrets",
    ),
    capability(
        "containers.*.readinessProbe.httpGet",
        Full,
        "`readinessProbe`",
    ),
    capability(
        "containers.*.readinessProbe.exec",
        Partial,
        "`readinessProbe`, unless there is also an `httpGet`, because Kubernetes does not combine them. The command cannot contain secrets",
    ),
    capability(
        "containers.*.before",
        Full,
        "`complete` is an init container, `started` is a sidecar (an init container that keeps running), `healthy` is a sidecar with a startup probe",
    ),
    capability(
        "resources.*",
        Full,
        "as defined by their provisioners. Pods do not wait for each other; a pod that needs another one is restarted until it is available",
    ),
];

const fn capability(field: &'static str, support: Support, note: &'static str) -> Capability {
    Capability {
        field,
        support,
        note,
    }
}
