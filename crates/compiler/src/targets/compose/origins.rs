//! The fields of Score files from which the fields of services are generated.

use crate::targets::{FieldOrigin, SettingOrigin};

/// `{container}` is the container of the service. Of several rows that match, the first one whose field is written
/// applies.
pub(super) const ORIGINS: &[FieldOrigin] = &[
    row("service image", "containers {container} image"),
    row("service build", "containers {container} image"),
    row("service entrypoint", "containers {container} command"),
    row("service command", "containers {container} args"),
    row(
        "service environment {v}",
        "containers {container} variables {v}",
    ),
    row(
        "service deploy resources reservations cpus",
        "containers {container} resources requests cpu",
    ),
    row(
        "service deploy resources limits cpus",
        "containers {container} resources limits cpu",
    ),
    row(
        "service deploy resources reservations",
        "containers {container} resources requests",
    ),
    row(
        "service deploy resources",
        "containers {container} resources",
    ),
    row(
        "service mem_limit",
        "containers {container} resources limits memory",
    ),
    row(
        "service cpus",
        "containers {container} resources limits cpu",
    ),
    row(
        "service healthcheck",
        "containers {container} readinessProbe",
    ),
    row(
        "service healthcheck",
        "containers {container} livenessProbe",
    ),
    row(
        "service volumes {p} source",
        "containers {container} volumes {p}",
    ),
    row("service volumes {p}", "containers {container} volumes {p}"),
    row("service volumes {p}", "containers {container} files {p}"),
    row(
        "service configs {p} mode",
        "containers {container} files {p}",
    ),
    row("service configs {p}", "containers {container} files {p}"),
    row(
        "service secrets {p} mode",
        "containers {container} files {p}",
    ),
    row("service secrets {p}", "containers {container} files {p}"),
    row("service ports", "service ports"),
    row("service expose", "service ports"),
    row("service depends_on", "containers {container} before"),
    row("service annotations {a}", "metadata annotations {a}"),
    row(
        "service labels",
        "metadata annotations compose.score.dev/labels",
    ),
    row(
        "service networks",
        "metadata annotations compose.score.dev/networks",
    ),
    row(
        "service platform",
        "metadata annotations compose.score.dev/platform",
    ),
    row(
        "service profiles",
        "metadata annotations compose.score.dev/{container}.profiles",
    ),
    row(
        "service profiles",
        "metadata annotations compose.score.dev/profiles",
    ),
    row(
        "service stop_grace_period",
        "metadata annotations compose.score.dev/{container}.stop-grace-period",
    ),
    row(
        "service stop_grace_period",
        "metadata annotations compose.score.dev/stop-grace-period",
    ),
    row(
        "service restart",
        "metadata annotations compose.score.dev/restart",
    ),
    row("service", "containers {container}"),
];

/// The settings that decide entries of the Compose file.
pub(super) const SETTINGS: &[SettingOrigin] = &[
    set("network", "compose networks {object}"),
    set("volume", "compose volumes {object}"),
    set("config", "compose configs {object}"),
    set("secret", "compose secrets {object}"),
];

const fn set(output: &'static str, setting: &'static str) -> SettingOrigin {
    SettingOrigin {
        output,
        setting,
        is_default: false,
    }
}

const fn row(output: &'static str, field: &'static str) -> FieldOrigin {
    FieldOrigin { output, field }
}
