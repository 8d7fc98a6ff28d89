//! Probes as health checks. Not: probes over HTTP, which Compose cannot make.

use score_spec::{Code, Diagnostic, Ready};

use super::finding;
use super::group::{Group, Member};
use super::model::HealthCheck;
use super::value::{self, Place};
use crate::{App, Container, Text};

/// The command that tells whether the container is healthy: that of the readiness probe, or else
/// of the liveness probe.
fn command(container: &Container) -> Option<&[Text]> {
    let probes = [&container.readiness_probe, &container.liveness_probe];
    let mut commands = probes
        .into_iter()
        .flatten()
        .filter_map(|probe| probe.exec.as_deref());
    commands.find(|command| !command.is_empty())
}

/// Whether Compose can know that the container is healthy.
pub(super) fn is_checked(container: &Container) -> bool {
    command(container).is_some()
}

/// The health check of a container, if it has a probe that can be one.
pub(super) fn health_check(
    app: &App,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<HealthCheck> {
    let place = Place {
        app,
        member,
        what: "a probe",
    };
    let command = command(member.container)?.iter();
    let command = command.map(|text| value::public(text, place, diagnostics));
    Some(HealthCheck {
        test: std::iter::once("CMD".into()).chain(command).collect(),
        interval: "5s",
        timeout: "5s",
        // Databases take their time, and what waits for one gives up when it is unhealthy.
        start_period: "120s",
    })
}

/// Reports a probe over HTTP that is left out, and a container that would wait for such a probe.
pub(super) fn check(group: &Group, member: &Member, diagnostics: &mut Vec<Diagnostic>) {
    let container = member.container;
    if is_checked(container) && !http_first(container) {
        return;
    }
    let before = container.before.iter();
    let mut waiting = before.filter(|(_, ready)| **ready == Ready::Healthy);
    if let (Some((name, _)), false) = (waiting.next(), is_checked(container)) {
        let message = format!(
            "container `{name}` waits until {} is healthy, which Compose cannot find out",
            member.describe()
        );
        let help = format!("give `{}` an `exec` probe", member.name);
        diagnostics.push(finding(Code::TargetInvalid, group.component, message).help(help));
    } else if http_first(container) {
        let message = format!("Compose cannot probe {} over HTTP", member.describe());
        let help = "add an `exec` probe with a program of the image";
        diagnostics.push(finding(Code::TargetUnsupported, group.component, message).help(help));
    }
}

/// Whether the probe that counts is one over HTTP only.
fn http_first(container: &Container) -> bool {
    let probes = [&container.readiness_probe, &container.liveness_probe];
    let first = probes.into_iter().flatten().next();
    first.is_some_and(|probe| probe.http_get.is_some() && probe.exec.is_none())
}
