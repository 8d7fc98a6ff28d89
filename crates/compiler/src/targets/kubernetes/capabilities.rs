//! How much of the specification Kubernetes objects express, as a table.

use crate::targets::{Capability, Support};

use Support::{Full, Partial};

/// Every part of the specification.
pub(crate) const CAPABILITIES: &[Capability] = &[
    capability(
        "metadata.name",
        Full,
        "The name of the controller, of the Service and of the labels that select the pods. The name of a Job ends with a hash of what it runs.",
    ),
    capability(
        "metadata.annotations",
        Full,
        "Annotations of the pods, but for those that score-rs reads.",
    ),
    capability(
        "service.ports.*",
        Full,
        "Ports of a Service, with a target port and a protocol each.",
    ),
    capability(
        "containers.*.image",
        Partial,
        "The image. Kubernetes builds none, so that `.` must be replaced by `--image`.",
    ),
    capability(
        "containers.*.command",
        Full,
        "`command`. What is not a reference is escaped.",
    ),
    capability(
        "containers.*.args",
        Full,
        "`args`. What is not a reference is escaped.",
    ),
    capability(
        "containers.*.variables",
        Full,
        "`env`. A secret is a `secretKeyRef`; one inside a longer text becomes a variable of its own that the text refers to.",
    ),
    capability(
        "containers.*.files.*.content",
        Full,
        "A ConfigMap, or a Secret where the file holds one; mounted by itself, so that nothing beside it is hidden.",
    ),
    capability(
        "containers.*.files.*.binaryContent",
        Full,
        "`binaryData` of a ConfigMap.",
    ),
    capability(
        "containers.*.files.*.source",
        Full,
        "As content, with placeholders expanded; files that are not UTF-8 as binary content.",
    ),
    capability(
        "containers.*.files.*.noExpand",
        Full,
        "Placeholders stay as they are.",
    ),
    capability(
        "containers.*.files.*.mode",
        Full,
        "`defaultMode`, or a mode for each file where they differ.",
    ),
    capability(
        "containers.*.volumes.*.source",
        Full,
        "A claim of each pod in a StatefulSet; else an empty folder, which is a warning unless the resource says `ephemeral: true`, or where the volume is.",
    ),
    capability("containers.*.volumes.*.path", Full, "`subPath`"),
    capability(
        "containers.*.volumes.*.readOnly",
        Full,
        "`readOnly` of the mount.",
    ),
    capability("containers.*.resources.limits", Full, "`resources.limits`"),
    capability(
        "containers.*.resources.requests",
        Full,
        "`resources.requests`.",
    ),
    capability(
        "containers.*.livenessProbe.httpGet",
        Full,
        "`livenessProbe`, and a `startupProbe` that asks the same and allows two minutes to start.",
    ),
    capability(
        "containers.*.livenessProbe.exec",
        Partial,
        "`livenessProbe`, unless there is `httpGet` too: Kubernetes does not combine them. No secrets in its command. A `startupProbe` likewise.",
    ),
    capability(
        "containers.*.readinessProbe.httpGet",
        Full,
        "`readinessProbe`.",
    ),
    capability(
        "containers.*.readinessProbe.exec",
        Partial,
        "`readinessProbe`, unless there is `httpGet` too: Kubernetes does not combine them. No secrets in its command.",
    ),
    capability(
        "containers.*.before",
        Full,
        "`complete` is an init container, `started` a sidecar (an init container that keeps running), `healthy` one with a startup probe.",
    ),
    capability(
        "resources.*",
        Full,
        "What the provisioner says. Pods do not wait for each other; one that needs another is restarted until that answers.",
    ),
];

const fn capability(field: &'static str, support: Support, note: &'static str) -> Capability {
    Capability {
        field,
        support,
        note,
    }
}
