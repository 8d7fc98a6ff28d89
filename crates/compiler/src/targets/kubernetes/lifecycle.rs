//! Actions before containers are stopped, from annotations.

use score_spec::{Code, Diagnostic, Map};

use super::annotations::{PRE_STOP, PREFIX, TERMINATION_GRACE_PERIOD};
use super::naming::Controller;
use super::objects::{Exec, Lifecycle, LifecycleHandler, Sleep};
use super::order::ends_early;
use super::reference::OpenText;
use super::workload_options::at_annotation;
use crate::ir::Component;
use crate::ir::annotation::{Setting, ValueProblem, command, contains_nul, seconds, settings};

/// The time that Kubernetes gives pods to terminate by default, in seconds.
const GRACE_PERIOD: u32 = 30;

/// An action before a container is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PreStop {
    /// Waits for so many seconds, so that no new requests arrive when the container is stopped.
    Sleep(u32),
    /// Runs a command in the container.
    Command(Vec<String>),
}

impl PreStop {
    /// The hooks of the container.
    pub(super) fn hooks(&self) -> Lifecycle {
        let handler = match self {
            Self::Sleep(seconds) => LifecycleHandler {
                sleep: Some(Sleep { seconds: *seconds }),
                ..LifecycleHandler::default()
            },
            Self::Command(words) => LifecycleHandler {
                exec: Some(Exec {
                    command: words.iter().map(|it| OpenText::from(it.as_str())).collect(),
                }),
                ..LifecycleHandler::default()
            },
        };
        Lifecycle { pre_stop: handler }
    }

    /// Parses `sleep=10s`, or a command as a YAML list.
    fn parse(text: &str) -> Result<Self, ValueProblem> {
        const EXAMPLE: &str = "`sleep=10s`, or a command such as `[nginx, -s, quit]`";
        if contains_nul(text) {
            return Err(ValueProblem::nul());
        }
        if text.trim_start().starts_with(['[', '-']) {
            return command(text).map(Self::Command).ok_or_else(|| {
                ValueProblem::new(
                    "the command is not a list of strings",
                    format!("write {EXAMPLE}"),
                )
            });
        }
        let mut sleep = 0;
        settings(text, &["sleep"], EXAMPLE, |_, value| {
            set_sleep(value, &mut sleep)
        })?;
        Ok(Self::Sleep(sleep))
    }
}

fn set_sleep(value: &str, sleep: &mut u32) -> Setting {
    let Some(read) = seconds(value).filter(|read| *read > 0) else {
        return Err((
            format!("`sleep` cannot be `{value}`"),
            "write seconds or minutes, such as `sleep=10s`".to_owned(),
        ));
    };
    *sleep = read;
    Ok(())
}

/// The actions of a component, by container. Annotations for one container override those for all.
/// Reports invalid values, and those for containers that end before others start. Actions for all
/// containers are meant for those that keep running, so they do not apply to release jobs, nor to
/// other jobs if the project sets them for all workloads.
pub(super) fn read(
    component: &Component,
    controller: Controller,
    grace_period: Option<u32>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Map<PreStop> {
    let mut all = Map::default();
    if component.annotations.is_empty() {
        return all;
    }
    // The workload of a release job has the same annotations, so those for all containers are already reported.
    let mut value = |annotation: &str, is_reported: bool| {
        let read = PreStop::parse(component.annotations.get(annotation)?)
            .and_then(|read| in_time(read, grace_period));
        let problem = match read {
            Ok(read) => return Some(read),
            Err(problem) => problem,
        };
        if !is_reported {
            diagnostics.push(problem.report(component, annotation));
        }
        None
    };
    let is_job_of = component.job_of.is_some();
    let is_skipped = controller.ends() && component.defaults.contains(PRE_STOP);
    let general = value(PRE_STOP, is_job_of).filter(|_| !is_job_of && !is_skipped);
    let word = PRE_STOP.strip_prefix(PREFIX).unwrap_or_default();
    let mut ended = Vec::new();
    for (name, container) in &component.containers {
        let annotation = format!("{PREFIX}{name}.{word}");
        let own = value(&annotation, false);
        if !ends_early(container) {
            all.extend(own.or_else(|| general.clone()).map(|it| (name.clone(), it)));
        } else if own.is_some() && !component.defaults.contains(&annotation) {
            let message = format!(
                "the annotation `{annotation}` has no effect: container `{name}` runs to completion before others start"
            );
            let found = Diagnostic::new(Code::TargetUnsupported, message).help("remove it");
            ended.push(at_annotation(component, &annotation, found));
        }
    }
    diagnostics.extend(ended);
    all
}

/// The action, if a sleep ends before the pod is killed.
fn in_time(action: PreStop, grace_period: Option<u32>) -> Result<PreStop, ValueProblem> {
    let grace_period = grace_period.unwrap_or(GRACE_PERIOD);
    match action {
        PreStop::Sleep(seconds) if seconds >= grace_period => Err(ValueProblem::new(
            format!(
                "a sleep of {seconds} seconds is not shorter than the grace period of {grace_period} seconds"
            ),
            format!("shorten it, or set `{TERMINATION_GRACE_PERIOD}` to a longer time"),
        )),
        action => Ok(action),
    }
}
