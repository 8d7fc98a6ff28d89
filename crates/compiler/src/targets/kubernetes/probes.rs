//! Probes of containers: requests, intervals, and the time that a container may take to start.
//! `timing` reads the annotations about it.

use score_spec::Diagnostic;

use super::env::escaped;
use super::naming::{invalid, unsupported};
use super::objects::{self, Exec, Header, HttpGet, Probe};
use super::order::Role;
use super::reference::Open;
use super::timing::{ProbeOptions, Startup, Timing};
use crate::ir::field::Field;
use crate::ir::{Component, Ref};

/// The timing of the startup probe of a container that others wait for: five minutes, every five
/// seconds. A shorter time would kill containers of images that start slowly.
const AWAITED: Timing = Timing::every(5, 60);

/// The timing of the startup probe before a liveness probe: two minutes, every five seconds, as
/// long as the health check in Compose allows.
const STARTUP: Timing = Timing::every(5, 24);

/// Adds the probes of the source to a container.
pub(super) fn add(
    component: &Component,
    (source, role): (&crate::ir::Container, Role),
    options: &ProbeOptions,
    container: &mut objects::Container,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = container.name.clone();
    let mut probe = |field, source: &Option<crate::ir::Probe>, timing: Timing| {
        let asked = probe(component, (&name, field, source.as_ref()?), diagnostics)?;
        Some(timing.on(asked))
    };
    let liveness = Field::LivenessProbe(&name);
    let readiness = Field::ReadinessProbe(&name);
    container.liveness_probe = probe(liveness, &source.liveness_probe, options.liveness);
    container.readiness_probe = probe(readiness, &source.readiness_probe, options.readiness);
    match role {
        Role::Sidecar { healthy: true } => {
            let known = container.readiness_probe.as_ref();
            let known = known.or(container.liveness_probe.as_ref());
            let made = known.map(|known| startup(known, AWAITED, options));
            if made.is_none() {
                diagnostics.push(never_healthy(component, &name));
            }
            container.startup_probe = made;
        }
        Role::Init => {
            let field = match (&container.readiness_probe, &container.liveness_probe) {
                (Some(_), _) => readiness,
                (None, Some(_)) => liveness,
                (None, None) => return,
            };
            let message = format!(
                "the probes of container `{name}` are omitted, because it runs to completion \
                 before others start"
            );
            diagnostics.push(
                unsupported(component, field, message)
                    .help("remove the probes, or wait for `started` or `healthy`"),
            );
            container.liveness_probe = None;
            container.readiness_probe = None;
        }
        Role::Main | Role::Sidecar { healthy: false } => {
            let asked = matches!(options.startup, Some(Startup::After(_)));
            let known = container.liveness_probe.as_ref();
            let known = known.or(container.readiness_probe.as_ref().filter(|_| asked));
            let known = known.filter(|_| options.startup != Some(Startup::None));
            container.startup_probe = known.map(|known| startup(known, STARTUP, options));
        }
    }
}

/// The startup probe with the same request as another probe.
fn startup(of: &Probe, otherwise: Timing, options: &ProbeOptions) -> Probe {
    let same = Probe {
        http_get: of.http_get.clone(),
        exec: of.exec.clone(),
        timeout_seconds: of.timeout_seconds,
        ..Probe::default()
    };
    let asked = match options.startup {
        Some(Startup::After(timing)) => timing,
        Some(Startup::None) | None => Timing::default(),
    };
    asked.on(otherwise.on(same))
}

fn never_healthy(component: &Component, container: &str) -> Diagnostic {
    let message = format!(
        "another container waits until container `{container}` is healthy, but it has no probe"
    );
    invalid(component, Field::Container(container), message)
        .help("add a `readinessProbe`, or wait for `started`")
}

/// The HTTP probe, or otherwise the command probe; Kubernetes does not combine them.
fn probe(
    component: &Component,
    (container, field, source): (&str, Field, &crate::ir::Probe),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Probe> {
    if let Some(get) = &source.http_get {
        let headers = get.headers.iter().cloned();
        return Some(Probe {
            http_get: Some(HttpGet {
                host: get.host.clone(),
                scheme: get.scheme.clone(),
                path: get.path.clone(),
                port: get.port,
                http_headers: headers
                    .map(|(name, value)| Header { name, value })
                    .collect(),
            }),
            ..Probe::default()
        });
    }
    let mut command = Vec::new();
    for text in source.exec.as_ref()? {
        let unknown = text.references().find_map(|reference| match reference {
            Ref::Secret(_) => Some("a secret"),
            Ref::Variable(_) => Some("the value of a variable"),
            Ref::KeyRef(_) => Some("a value from the cluster"),
            Ref::Env { .. } | Ref::Host(_) | Ref::Port { .. } | Ref::Parameter(_) => None,
        });
        if let Some(what) = unknown {
            diagnostics.push(
                invalid(
                    component,
                    field,
                    format!(
                        "the command of the probe of container `{container}` contains {what}, but \
                         Kubernetes supports no secrets or external values there"
                    ),
                )
                .help("put it into a variable and read that in a shell: `sh`, `-c`, `… \"$NAME\"`"),
            );
            return None;
        }
        command.push(escaped(text, Open::text));
    }
    Some(Probe {
        exec: Some(Exec { command }),
        ..Probe::default()
    })
}
