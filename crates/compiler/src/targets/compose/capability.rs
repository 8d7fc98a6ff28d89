//! What Compose can express of the specification: the data of a page of the documentation, and of
//! each warning about what is left out. Not: when a warning is due.

use score_spec::{Code, Diagnostic};

use crate::ir::Component;
use crate::ir::field::Field;
use crate::targets::{Capability, Support};

/// A probe over HTTP.
pub(super) const HTTP_PROBE: Capability = Capability {
    field: "containers.*.readinessProbe.httpGet",
    support: Support::Partial,
    note: "say by the annotation `compose.score.dev/http-probe` which program of the image makes the request, or add an `exec` probe",
};

/// The probe that gives way to the other one.
pub(super) const LIVENESS_PROBE: Capability = Capability {
    field: "containers.*.livenessProbe",
    support: Support::Partial,
    note: "a service has one health check, which does not restart it: it is the readiness probe, and the liveness probe only where there is no other",
};

/// A folder of a volume.
pub(super) const SUBFOLDER: Capability = Capability {
    field: "containers.*.volumes.*.path",
    support: Support::Partial,
    note: "the folder must be in the volume before the container starts, and Docker must be of version 26 or later: make it, for instance, in a container with `before` that mounts the volume without a `path`",
};

/// The most that a container may use.
pub(super) const LIMITS: Capability = Capability {
    field: "containers.*.resources.limits",
    support: Support::Partial,
    note: "`deploy.resources.limits`; an engine refuses less than 0.01 processors or 6 MB, so that less is raised to that",
};

/// What a container needs at least.
pub(super) const REQUESTS: Capability = Capability {
    field: "containers.*.resources.requests",
    support: Support::Partial,
    note: "`deploy.resources.reservations`, of which an engine without a cluster uses the memory; it refuses less than 6 MB, so that less is raised to that",
};

/// What Compose makes of each field.
pub(super) const ALL: [Capability; 26] = [
    full(
        "metadata.name",
        "the host name and a part of the names of services",
    ),
    full(
        "metadata.annotations",
        "`annotations` of each service, but for those that are for score-rs",
    ),
    full(
        "service.ports.*.port",
        "containers reach each other on the `targetPort`, and references become that one",
    ),
    full("service.ports.*.targetPort", ""),
    full(
        "service.ports.*.protocol",
        "decides how a port is published",
    ),
    full(
        "containers.*.image",
        "`image`, or `build` by `--build` and the project file",
    ),
    full("containers.*.command", "`entrypoint`"),
    full("containers.*.args", "`command`"),
    full(
        "containers.*.variables",
        "`environment`; those with secrets in an env file of the service",
    ),
    full(
        "containers.*.files.*.content",
        "mounted from `.score-rs/compose`, where `.git`, `HEAD` and other names of repositories have a suffix; a config, or a secret for what is only a secret of the platform, if it needs variables of the environment",
    ),
    full("containers.*.files.*.binaryContent", ""),
    full("containers.*.files.*.source", ""),
    full("containers.*.files.*.noExpand", ""),
    full(
        "containers.*.files.*.mode",
        "without the right to write for the owner, a file is mounted read-only",
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
        "`healthcheck` where there is no readiness probe",
    ),
    HTTP_PROBE,
    full("containers.*.readinessProbe.exec", "`healthcheck`"),
    full("containers.*.before.*.ready", "`depends_on`"),
    full("resources", "what their provisioners make of them"),
];

const fn full(field: &'static str, note: &'static str) -> Capability {
    Capability {
        field,
        support: Support::Full,
        note,
    }
}

/// A warning about something that is left out.
pub(super) fn lacking(
    capability: &Capability,
    component: &Component,
    field: Field,
    message: String,
) -> Diagnostic {
    let found = component.finding(Code::TargetUnsupported, field, message);
    found.help(capability.note)
}
