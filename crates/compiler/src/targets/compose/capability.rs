//! The fields of the specification that Compose supports: the data of a documentation page, and of the
//! warnings about unsupported features. The conditions of the warnings are elsewhere.

use score_spec::{Code, Diagnostic};

use crate::ir::Component;
use crate::ir::field::Field;
use crate::targets::{Capability, Support};

/// An HTTP probe.
pub(super) const HTTP_PROBE: Capability = Capability {
    field: "containers.*.readinessProbe.httpGet",
    support: Support::Partial,
    note: "set the annotation `compose.score.dev/http-probe` to a program of the image that can make the request (`wget` or `curl`), or to `none`, in the workload or for all workloads under `defaults.annotations` in `score-rs.yaml`; or add an `exec` probe",
};

/// The probe that is ignored if there is a readiness probe.
pub(super) const LIVENESS_PROBE: Capability = Capability {
    field: "containers.*.livenessProbe",
    support: Support::Partial,
    note: "a service has one health check, which does not restart it: it is the readiness probe, or the liveness probe if there is no readiness probe",
};

/// A subfolder of a volume.
pub(super) const SUBFOLDER: Capability = Capability {
    field: "containers.*.volumes.*.path",
    support: Support::Partial,
    note: "the folder must exist in the volume before the container starts, and Docker 26 or later is required: create the folder, for example, in a container with `before` that mounts the volume without a `path`",
};

/// The maximum that a container may use.
pub(super) const LIMITS: Capability = Capability {
    field: "containers.*.resources.limits",
    support: Support::Partial,
    note: "`deploy.resources.limits`; values below 0.01 CPUs or 6 MB, which engines reject, are raised to that minimum",
};

/// The minimum that a container needs.
pub(super) const REQUESTS: Capability = Capability {
    field: "containers.*.resources.requests",
    support: Support::Partial,
    note: "`deploy.resources.reservations`, of which an engine without a cluster uses only the memory; values below 6 MB, which engines reject, are raised to that minimum",
};

/// The support for each field.
pub(super) const ALL: [Capability; 26] = [
    full(
        "metadata.name",
        "the host name, and part of the service names",
    ),
    full(
        "metadata.annotations",
        "`annotations` of each service, except those for score-rs",
    ),
    full(
        "service.ports.*.port",
        "containers connect to the `targetPort`, and references resolve to it",
    ),
    full("service.ports.*.targetPort", ""),
    full(
        "service.ports.*.protocol",
        "the protocol of published ports",
    ),
    full(
        "containers.*.image",
        "`image`, or `build` with `--build` and the project file",
    ),
    full("containers.*.command", "`entrypoint`"),
    full("containers.*.args", "`command`"),
    full(
        "containers.*.variables",
        "`environment`; variables with secrets are in an env file of the service",
    ),
    full(
        "containers.*.files.*.content",
        "mounted from `.score-rs/compose`, where `.git`, `HEAD` and other names used by repositories get a suffix. A file that needs environment variables is a config, or a secret if it consists only of a platform secret",
    ),
    full("containers.*.files.*.binaryContent", ""),
    full("containers.*.files.*.source", ""),
    full("containers.*.files.*.noExpand", ""),
    full(
        "containers.*.files.*.mode",
        "a file that is not writable by its owner is mounted read-only",
    ),
    full("containers.*.volumes.*.source", ""),
    SUBFOLDER,
    full("containers.*.volumes.*.readOnly", ""),
    LIMITS,
    REQUESTS,
    LIVENESS_PROBE,
    Capability {
        field: "containers.*.livenessProbe.httpGet",
        ..HTTP_PROBE
    },
    full(
        "containers.*.livenessProbe.exec",
        "`healthcheck` if there is no readiness probe",
    ),
    HTTP_PROBE,
    full("containers.*.readinessProbe.exec", "`healthcheck`"),
    full("containers.*.before.*.ready", "`depends_on`"),
    full(
        "resources",
        "as defined by their provisioners. A workload starts after the workloads whose addresses they return, unless these use each other in a circle",
    ),
];

const fn full(field: &'static str, note: &'static str) -> Capability {
    Capability {
        field,
        support: Support::Full,
        note,
    }
}

/// A warning about an unsupported feature.
pub(super) fn lacking(
    capability: &Capability,
    component: &Component,
    field: Field,
    message: String,
) -> Diagnostic {
    let diagnostic = component.finding(Code::TargetUnsupported, field, message);
    diagnostic.help(capability.note)
}
