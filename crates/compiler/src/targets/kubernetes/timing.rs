//! The timing of probes from annotations: initial delay, period, timeout and thresholds. `probes`
//! creates the probes.

use score_spec::{Code, Diagnostic, Map, Ready};

use super::annotations::{LIVENESS_PROBE, PREFIX, READINESS_PROBE, STARTUP_PROBE};
use super::objects::Probe;
use super::workload_options::{at_annotation, number};
use crate::ir::annotation::{Setting, ValueProblem, seconds, settings};
use crate::ir::field::{Field, at};
use crate::ir::{Component, Container};

/// The names of the settings.
const SETTINGS: [&str; 5] = ["delay", "period", "timeout", "successes", "failures"];

/// The timing of a probe. Kubernetes defines the defaults of omitted values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Timing {
    /// Seconds before the first probe.
    delay: Option<u32>,
    /// Seconds between probes.
    period: Option<u32>,
    /// Seconds to wait for a response.
    timeout: Option<u32>,
    /// The number of consecutive successes after which the probe succeeds.
    successes: Option<u32>,
    /// The number of consecutive failures after which the probe fails.
    failures: Option<u32>,
}

impl Timing {
    /// A probe every `period` seconds that fails after `failures` failures.
    pub(super) const fn every(period: u32, failures: u32) -> Self {
        Self {
            delay: None,
            period: Some(period),
            timeout: None,
            successes: None,
            failures: Some(failures),
        }
    }

    /// Returns the probe with this timing; omitted values stay unchanged.
    pub(super) fn on(self, probe: Probe) -> Probe {
        Probe {
            failure_threshold: self.failures.or(probe.failure_threshold),
            initial_delay_seconds: self.delay.or(probe.initial_delay_seconds),
            period_seconds: self.period.or(probe.period_seconds),
            success_threshold: self.successes.or(probe.success_threshold),
            timeout_seconds: self.timeout.or(probe.timeout_seconds),
            ..probe
        }
    }
}

/// The setting for the startup probe of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Startup {
    /// A startup probe with this timing.
    After(Timing),
    /// No startup probe.
    None,
}

/// The settings for the probes of a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProbeOptions {
    /// The timing of the liveness probe.
    pub(super) liveness: Timing,
    /// The timing of the readiness probe.
    pub(super) readiness: Timing,
    /// The setting for the startup probe, if there is one.
    pub(super) startup: Option<Startup>,
}

/// A kind of probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Liveness,
    Readiness,
    Startup,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Liveness, Self::Readiness, Self::Startup];

    /// The annotation for the probes of all containers.
    fn annotation(self) -> &'static str {
        match self {
            Self::Liveness => LIVENESS_PROBE,
            Self::Readiness => READINESS_PROBE,
            Self::Startup => STARTUP_PROBE,
        }
    }

    /// The probe of the Score file that it is generated from.
    fn source(self) -> &'static str {
        match self {
            Self::Liveness => "liveness probe",
            Self::Readiness => "readiness probe",
            Self::Startup => "probe",
        }
    }

    fn is_in(self, container: &Container) -> bool {
        let liveness = container.liveness_probe.is_some();
        let readiness = container.readiness_probe.is_some();
        match self {
            Self::Liveness => liveness,
            Self::Readiness => readiness,
            Self::Startup => liveness || readiness,
        }
    }

    fn set(self, options: &mut ProbeOptions, value: Startup) {
        match (self, value) {
            (Self::Startup, value) => options.startup = Some(value),
            (Self::Liveness, Startup::After(timing)) => options.liveness = timing,
            (Self::Readiness, Startup::After(timing)) => options.readiness = timing,
            (Self::Liveness | Self::Readiness, Startup::None) => {}
        }
    }
}

/// The settings for the probes of the containers of a component, by container. Annotations for one
/// container override those for all. Reports invalid values, and settings for probes that do not
/// exist.
pub(super) fn read(component: &Component, diagnostics: &mut Vec<Diagnostic>) -> Map<ProbeOptions> {
    let mut all: Map<ProbeOptions> = Map::default();
    if component.annotations.is_empty() {
        return all;
    }
    for kind in Kind::ALL {
        let annotation = kind.annotation();
        // The workload of a release job has the same annotations.
        let mut repeated = Vec::new();
        let found = match component.job_of {
            Some(_) => &mut repeated,
            None => &mut *diagnostics,
        };
        if let Some(value) = value(component, kind, annotation, found) {
            let containers = component.containers.iter();
            let mut probed = containers.filter(|(_, it)| kind.is_in(it)).peekable();
            if probed.peek().is_none() {
                let who = format!("no container of `{}` has a", component.name);
                found.extend(without_effect(component, kind, annotation, &who));
            }
            for (name, _) in probed {
                kind.set(all.entry(name.clone()).or_default(), value);
            }
        }
        for (name, container) in &component.containers {
            let word = annotation.strip_prefix(PREFIX).unwrap_or_default();
            let annotation = format!("{PREFIX}{name}.{word}");
            let Some(value) = value(component, kind, &annotation, diagnostics) else {
                continue;
            };
            let mut awaited = container.before.values();
            if !kind.is_in(container) {
                let who = format!("container `{name}` has no");
                diagnostics.extend(without_effect(component, kind, &annotation, &who));
            } else if value == Startup::None && awaited.any(|ready| *ready == Ready::Healthy) {
                let message = format!(
                    "container `{name}` needs a startup probe, because another one waits until it is healthy"
                );
                let found = Diagnostic::new(Code::TargetInvalid, message);
                let found = found.help("remove the annotation, or wait for `started`");
                let place = component.place(Field::AnnotationValue(&annotation));
                diagnostics.push(at(place, found));
            } else {
                kind.set(all.entry(name.clone()).or_default(), value);
            }
        }
    }
    all
}

/// The value of an annotation, if it exists and is valid.
fn value(
    component: &Component,
    kind: Kind,
    annotation: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Startup> {
    let text = component.annotations.get(annotation)?;
    if kind == Kind::Startup && text.trim() == "none" {
        return Some(Startup::None);
    }
    match timing(text, kind) {
        Ok(timing) => Some(Startup::After(timing)),
        Err(problem) => {
            diagnostics.push(problem.report(component, annotation));
            None
        }
    }
}

/// A warning about an annotation for a probe that does not exist, unless the project sets the
/// annotation for all workloads.
fn without_effect(
    component: &Component,
    kind: Kind,
    annotation: &str,
    who: &str,
) -> Option<Diagnostic> {
    let source = kind.source();
    let message = format!("the annotation `{annotation}` has no effect: {who} {source}");
    let found = Diagnostic::new(Code::TargetUnsupported, message);
    let found = found.help(format!("remove it, or add a {source}"));
    let given = !component.defaults.contains(annotation);
    given.then(|| at_annotation(component, annotation, found))
}

/// Parses settings such as `delay=10s failures=6`.
fn timing(text: &str, kind: Kind) -> Result<Timing, ValueProblem> {
    let mut timing = Timing::default();
    let example = match kind {
        Kind::Startup => "settings such as `delay=10s failures=6`, or `none`",
        Kind::Liveness | Kind::Readiness => "settings such as `delay=10s failures=6`",
    };
    settings(text, &SETTINGS, example, |name, value| {
        setting(name, value, kind, &mut timing)
    })?;
    Ok(timing)
}

/// Parses one setting.
fn setting(name: &str, value: &str, kind: Kind, timing: &mut Timing) -> Setting {
    let slot = match name {
        "delay" => &mut timing.delay,
        "period" => &mut timing.period,
        "timeout" => &mut timing.timeout,
        "successes" => &mut timing.successes,
        _ => &mut timing.failures,
    };
    let is_count = matches!(name, "successes" | "failures");
    let read = if is_count {
        number(value)
    } else {
        seconds(value)
    };
    let least = u32::from(name != "delay");
    let Some(read) = read.filter(|read| *read >= least) else {
        let help = match (is_count, least) {
            (true, _) => format!("write a number from 1, such as `{name}=3`"),
            (false, 0) => format!("write seconds or minutes, such as `{name}=10s`"),
            (false, _) => {
                format!("write seconds or minutes, such as `{name}=10s`, at least `1s`")
            }
        };
        return Err((format!("`{name}` cannot be `{value}`"), help));
    };
    if name == "successes" && read != 1 && kind != Kind::Readiness {
        let message = "`successes` must be 1".to_owned();
        let help =
            format!("Kubernetes allows other values only for `{READINESS_PROBE}`; remove it");
        return Err((message, help));
    }
    *slot = Some(read);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Timing, timing};

    #[test]
    fn settings_are_read() {
        let all = "delay=0s  period=2m timeout=3s\tsuccesses=4 failures=5";
        let read = timing(all, Kind::Readiness).ok();
        let expected = Timing {
            delay: Some(0),
            period: Some(120),
            timeout: Some(3),
            successes: Some(4),
            failures: Some(5),
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn what_does_not_fit_is_found_where_it_is() {
        for (text, message, part) in [
            ("", "there are no settings", ""),
            ("delay=1s deley=2s", "unknown setting `deley`", "deley=2s"),
            ("delay", "`delay` cannot be ``", "delay"),
            ("delay=10", "`delay` cannot be `10`", "delay=10"),
            ("delay=-1s", "`delay` cannot be `-1s`", "delay=-1s"),
            ("period=0s", "`period` cannot be `0s`", "period=0s"),
            (
                "period=36000000m",
                "`period` cannot be `36000000m`",
                "period=36000000m",
            ),
            ("failures=2s", "`failures` cannot be `2s`", "failures=2s"),
            ("failures=0", "`failures` cannot be `0`", "failures=0"),
            (
                "failures=1 failures=11",
                "`failures` is set twice",
                "failures=11",
            ),
            ("successes=2", "`successes` must be 1", "successes=2"),
        ] {
            let Err(problem) = timing(text, Kind::Startup) else {
                panic!("`{text}` is read");
            };
            assert_eq!(problem.message, message);
            assert_eq!(text.get(problem.range), Some(part), "{text}");
        }
    }
}
