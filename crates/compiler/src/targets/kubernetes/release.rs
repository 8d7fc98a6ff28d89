//! Release jobs: containers of a workload that run once per release, in a Job beside the controller,
//! instead of before the containers of each pod.

use std::borrow::Cow;
use std::collections::BTreeSet;

use score_spec::diagnostic::{listed, nearest};
use score_spec::{Code, Diagnostic, Map};

use super::annotations::{KIND, RELEASE_JOB, SERVICE_ACCOUNT};
use super::naming::{Controller, label};
use super::order::ends_early;
use super::workload_options::applies_to_jobs;
use crate::ir::annotation::names;
use crate::ir::field::{Field, at};
use crate::ir::name::is_label;
use crate::ir::{App, Component, Container, Run};

/// The application in which the release jobs of workloads are components. Reports annotations that
/// name no suitable container.
pub(crate) fn separate<'a>(app: &'a App, diagnostics: &mut Vec<Diagnostic>) -> Cow<'a, App> {
    let mut separated = Vec::new();
    for workload in app.components.values() {
        let containers = job_containers(workload, diagnostics);
        if !containers.is_empty() {
            separated.push((workload, containers));
        }
    }
    if separated.is_empty() {
        return Cow::Borrowed(app);
    }
    let mut all = app.clone();
    for (workload, containers) in separated {
        let job = job(workload, &containers);
        if app.components.contains_key(&job.name) {
            diagnostics.push(taken(workload, &job));
            continue;
        }
        if let Some(workload) = all.components.get_mut(&workload.name) {
            remove(workload, &containers);
        }
        all.components.insert(job.name.clone(), job);
    }
    all.components.sort_keys();
    Cow::Owned(all)
}

/// Whether some containers of a workload run in a release job.
pub(super) fn has_job(component: &Component) -> bool {
    component.annotations.contains_key(RELEASE_JOB) && component.job_of.is_none()
}

/// The name of the release job of the workload with this name.
pub(super) fn job_name(workload: &str) -> String {
    label(&format!("{workload}-release"))
}

/// The containers that the annotation names.
fn job_containers<'a>(
    component: &'a Component,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeSet<&'a str> {
    let Some(text) = component.annotations.get(RELEASE_JOB) else {
        return BTreeSet::new();
    };
    let kind = component.annotations.get(KIND);
    let kind = kind.and_then(|kind| Controller::named(kind));
    if component.run == Run::Once || kind.is_some_and(Controller::ends) {
        // `WorkloadOptions` reports that the annotation has no effect.
        return BTreeSet::new();
    }
    let is_default = component.defaults.contains(RELEASE_JOB);
    let mut report = |found: Diagnostic| {
        // A default of the project can name containers that only some workloads have.
        if !is_default {
            let place = component.place(Field::AnnotationValue(RELEASE_JOB));
            diagnostics.push(at(place, found));
        }
    };
    let mut containers = BTreeSet::new();
    for name in names(text, is_label).unwrap_or_default() {
        match component.containers.get_key_value(&name) {
            Some((name, container)) if ends_early(container) => {
                containers.insert(name.as_str());
            }
            Some(_) => report(keeps_running(&name)),
            None => report(unknown(component, &name)),
        }
    }
    containers
}

fn keeps_running(container: &str) -> Diagnostic {
    let message = format!(
        "container `{container}` cannot run in a release job, because no other container waits until it is complete"
    );
    let help = format!(
        "add `before: {{main: {{ready: complete}}}}` to `{container}`, with the container that needs it"
    );
    Diagnostic::new(Code::TargetInvalid, message).help(help)
}

fn unknown(component: &Component, container: &str) -> Diagnostic {
    let known = || component.containers.keys().map(String::as_str);
    let help = match nearest(container, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the containers are {}", listed(known())),
    };
    let message = format!("`{}` has no container `{container}`", component.name);
    Diagnostic::new(Code::TargetInvalid, message).help(help)
}

fn taken(workload: &Component, job: &Component) -> Diagnostic {
    let message = format!(
        "the release job of `{}` and another component would both be named `{}`",
        workload.name, job.name
    );
    let place = workload.place(Field::Annotation(RELEASE_JOB));
    let found = Diagnostic::new(Code::ProjectNameCollision, message);
    at(place, found).help("rename one of the workloads")
}

/// The job with these containers, and with those that must run before or beside them.
fn job(workload: &Component, containers: &BTreeSet<&str>) -> Component {
    let mut included = containers.clone();
    // Each round adds a container, or is the last one.
    loop {
        let count = included.len();
        for (name, container) in &workload.containers {
            let mut after = container.before.keys();
            if after.any(|after| included.contains(after.as_str())) {
                included.insert(name);
            }
        }
        if included.len() == count {
            break;
        }
    }
    let of_job = workload.containers.iter();
    let of_job = of_job.filter(|(name, _)| included.contains(name.as_str()));
    let of_job = of_job.map(|(name, container)| {
        let mut container = container.clone();
        container
            .before
            .retain(|after, _| included.contains(after.as_str()));
        (name.clone(), container)
    });
    let mut job = Component {
        name: job_name(&workload.name),
        job_of: Some(workload.name.clone()),
        run: Run::Once,
        containers: of_job.collect(),
        ports: Map::default(),
        ..workload.clone()
    };
    job.annotations.retain(|name, _| applies_to_jobs(name));
    if let Some(account) = job.annotations.get_mut(SERVICE_ACCOUNT)
        && account.trim() == "own"
    {
        account.clone_from(&workload.name);
    }
    job
}

/// Removes the containers, and those that only they need.
fn remove(workload: &mut Component, containers: &BTreeSet<&str>) {
    let mut removed: BTreeSet<String> = containers.iter().map(|it| (*it).to_owned()).collect();
    // Each round removes a container, or is the last one.
    loop {
        let count = removed.len();
        for (name, container) in &workload.containers {
            if !container.before.is_empty()
                && container.before.keys().all(|it| removed.contains(it))
            {
                removed.insert(name.clone());
            }
        }
        if removed.len() == count {
            break;
        }
    }
    workload
        .containers
        .retain(|name, _| !removed.contains(name));
    let stay = |container: &mut Container| container.before.retain(|it, _| !removed.contains(it));
    workload.containers.values_mut().for_each(stay);
}
