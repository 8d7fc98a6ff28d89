//! Probes as health checks, which are commands. Waiting for health is elsewhere.

use score_spec::{Code, Diagnostic, HttpGet, Ready};

use super::annotation::{HEALTHCHECK, HTTP_PROBE, HttpProbe};
use super::capability::{self, lacking};
use super::group::{Group, Groups, Member};
use super::model::HealthCheck;
use super::value::{self, Place};
use crate::ir::field::Field;
use crate::ir::{App, Origin, Probe, Text};

/// The maximum number of omitted probes that the warning about them shows.
const MOST_SHOWN: usize = 3;

/// The command of a probe, if it has one or can be converted.
fn command(member: &Member, probe: &Probe) -> Option<Vec<Text>> {
    let exec = probe.exec.as_ref().filter(|command| !command.is_empty());
    if let Some(command) = exec {
        return Some(command.clone());
    }
    let get = probe.http_get.as_ref()?;
    let (program, insecure): (&[&str], &str) = match member.settings.http_probe? {
        HttpProbe::Wget => (&["wget", "-q", "-O", "/dev/null"], "--no-check-certificate"),
        HttpProbe::Curl => (&["curl", "-fsS", "-o", "/dev/null"], "--insecure"),
        HttpProbe::None => return None,
    };
    // Certificates are not verified, as in Kubernetes.
    let insecure = Some(insecure).filter(|_| is_secure(get));
    let mut words: Vec<Text> = program
        .iter()
        .copied()
        .chain(insecure)
        .map(Text::from)
        .collect();
    for (name, value) in &get.headers {
        words.extend(["--header".into(), format!("{name}: {value}").into()]);
    }
    words.push(url(get).into());
    Some(words)
}

fn is_secure(get: &HttpGet) -> bool {
    let scheme = get.scheme.as_deref();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

fn url(get: &HttpGet) -> String {
    let scheme = if is_secure(get) { "https" } else { "http" };
    let host = match get.host.as_deref() {
        // `localhost` can be an IPv6 address, on which few servers listen.
        None => "127.0.0.1".to_owned(),
        Some(address) if address.contains(':') => format!("[{address}]"),
        Some(host) => host.to_owned(),
    };
    let slash = if get.path.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}:{}{slash}{}", get.port, get.path)
}

/// The command that checks the health of the container, with its probe: the readiness probe, or
/// otherwise the liveness probe.
fn check<'a>(member: &Member<'a>) -> Option<(Field<'a>, Vec<Text>)> {
    let mut probes = probes(member);
    probes.find_map(|(field, probe)| Some((field, command(member, probe)?)))
}

/// The probes of a container, in order of preference.
fn probes<'a>(member: &Member<'a>) -> impl Iterator<Item = (Field<'a>, &'a Probe)> {
    let (name, container) = (member.name, member.container);
    let readiness = container.readiness_probe.as_ref();
    let liveness = container.liveness_probe.as_ref();
    [
        readiness.map(|probe| (Field::ReadinessProbe(name), probe)),
        liveness.map(|probe| (Field::LivenessProbe(name), probe)),
    ]
    .into_iter()
    .flatten()
}

/// Whether Compose can check the health of the container.
pub(super) fn is_checked(member: &Member) -> bool {
    check(member).is_some()
}

/// The health check of a container, if it has a probe that can be converted.
pub(super) fn health_check(
    app: &App,
    member: &Member,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<HealthCheck> {
    let (field, command) = check(member)?;
    let place = Place {
        app,
        member,
        what: "a probe",
        field,
    };
    let timing = &member.settings.health;
    let or =
        |time: &Option<String>, default: &str| time.clone().unwrap_or_else(|| default.to_owned());
    let command = command
        .iter()
        .map(|text| value::public(text, place, diagnostics));
    Some(HealthCheck {
        test: std::iter::once("CMD".into()).chain(command).collect(),
        interval: or(&timing.interval, "5s"),
        timeout: or(&timing.timeout, "5s"),
        retries: timing.retries,
        // Databases need time to start, and dependent services give up when they are unhealthy.
        start_period: or(&timing.start_period, "120s"),
    })
}

/// A container that waits until this one is healthy, which Compose cannot check.
fn waits_in_vain<'a>(member: &Member<'a>) -> Option<&'a str> {
    let mut before = member.container.before.iter();
    let waiting = before.find(|(_, ready)| **ready == Ready::Healthy);
    let waiting = waiting.map(|(name, _)| name.as_str());
    waiting.filter(|_| !is_checked(member))
}

/// Reports liveness probes that are omitted, and containers that would wait for such a probe.
pub(super) fn report(group: &Group, member: &Member, diagnostics: &mut Vec<Diagnostic>) {
    let who = member.describe();
    if let Some(name) = waits_in_vain(member) {
        let message =
            format!("container `{name}` waits until {who} is healthy, which Compose cannot check");
        let help = format!(
            "add an `exec` probe to `{}`, or set the annotation `{HTTP_PROBE}` to a program of the \
             image that can make the request",
            member.name
        );
        let field = Field::Before(member.name, name);
        let diagnostic = group.component.finding(Code::TargetInvalid, field, message);
        diagnostics.push(diagnostic.help(help));
        return;
    }
    let mut probes = probes(member);
    let (Some((_, first)), second) = (probes.next(), probes.next()) else {
        return;
    };
    if is_dropped(member, first) {
        return;
    }
    let is_chosen = member.settings.http_probe.is_some();
    let is_known = |second: &Probe| {
        command(member, second) == command(member, first)
            || (is_chosen && is_dropped(member, second))
    };
    // The servers of resources have probes for all platforms.
    let is_own = matches!(group.component.origin, Origin::Workload(_));
    if let Some((field, _)) = second.filter(|(_, second)| is_own && !is_known(second)) {
        let message = format!("the liveness probe of {who} is omitted");
        let capability = &capability::LIVENESS_PROBE;
        diagnostics.push(lacking(capability, group.component, field, message));
    }
}

/// Reports settings for health checks that do not exist, unless the project sets them for all workloads.
fn report_timing(group: &Group, diagnostics: &mut Vec<Diagnostic>) {
    let component = group.component;
    let set = |annotation: &str| {
        component.annotations.contains_key(annotation) && !component.defaults.contains(annotation)
    };
    let mut report = |annotation: &str, who: String| {
        let message = format!("the annotation `{annotation}` has no effect: {who} health check");
        let field = Field::Annotation(annotation);
        let found = component.finding(Code::TargetUnsupported, field, message);
        diagnostics.push(found.help("remove it, or add a probe"));
    };
    if set(HEALTHCHECK) && !group.members.iter().any(is_checked) {
        report(
            HEALTHCHECK,
            format!("no container of `{}` has a", component.name),
        );
    }
    for member in group.members.iter().filter(|member| !is_checked(member)) {
        let annotation = HEALTHCHECK.replace('/', &format!("/{}.", member.name));
        if set(&annotation) {
            report(&annotation, format!("container `{}` has no", member.name));
        }
    }
}

/// Whether a probe has no command, because it is an HTTP probe.
fn is_dropped(member: &Member, probe: &Probe) -> bool {
    probe.http_get.is_some() && command(member, probe).is_none()
}

/// Reports what concerns several containers: HTTP probes that are omitted, and settings without effect.
pub(super) fn report_all(groups: &Groups, diagnostics: &mut Vec<Diagnostic>) {
    report_http_probes(groups, diagnostics);
    for group in groups.values() {
        report_timing(group, diagnostics);
    }
}

/// Reports all containers whose HTTP probe is omitted with one warning, because one setting applies to all.
fn report_http_probes(groups: &Groups, diagnostics: &mut Vec<Diagnostic>) {
    let members = groups.values().flat_map(|group| &group.members);
    let dropped = members.filter_map(|member| {
        let (field, probe) = probes(member).next()?;
        let is_chosen = member.settings.http_probe.is_some();
        (!is_chosen && waits_in_vain(member).is_none() && is_dropped(member, probe))
            .then_some((member, field))
    });
    let dropped: Vec<_> = dropped.collect();
    let Some((&(first, field), others)) = dropped.split_first() else {
        return;
    };
    let message = if others.is_empty() {
        let who = first.describe();
        format!("Compose does not support the HTTP probe of {who}")
    } else {
        let number = dropped.len();
        format!("Compose does not support the HTTP probes of {number} containers")
    };
    let mut found = lacking(&capability::HTTP_PROBE, first.component, field, message);
    for (member, field) in others.iter().take(MOST_SHOWN - 1) {
        let place = member.component.place(*field);
        found = place
            .into_iter()
            .fold(found, |found, place| found.at(place, ""));
    }
    diagnostics.push(found);
}
