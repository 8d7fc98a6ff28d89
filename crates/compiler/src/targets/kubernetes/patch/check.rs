//! Checks of patches: the types of their fields, the identity of objects, and the names of containers.

use score_spec::{Code, Diagnostic};

use super::super::CONTAINER_LISTS;
use super::super::fields;
use super::super::images;
use super::super::naming::{Naming, selector};
use super::super::raw::{check_fields, find};
use super::super::reference::{Open, OpenTree};
use super::CONTAINERS;
use crate::ir::{Component, Raw, Tree};
use crate::targets::settle::settle;

/// The fields that identify an object, and those that are immutable in a cluster.
const FIXED: [&[&str]; 6] = [
    &["apiVersion"],
    &["kind"],
    &["metadata", "name"],
    &["metadata", "generateName"],
    &["metadata", "namespace"],
    &["spec", "selector"],
];

/// The fields that identify the pods of a workload, in addition to the labels that selectors use.
const FIXED_OF_PODS: [&[&str]; 3] = [
    &["metadata", "name"],
    &["metadata", "generateName"],
    &["metadata", "namespace"],
];

/// The fields without which no object is valid: of a Service, of a pod template and of a container. Those of a
/// controller are its pod template, and the schedule of a `CronJob`.
const REQUIRED_OF_SERVICE: [&[&str]; 1] = [&["spec", "ports"]];
const REQUIRED_OF_PODS: [&[&str]; 1] = [&["spec", "containers"]];
const REQUIRED_OF_CONTAINER: [&[&str]; 1] = [&["image"]];
const SCHEDULE: [&str; 2] = ["spec", "schedule"];

/// The parts of a patch for a component with this type of controller. Everything that Kubernetes does not accept is
/// reported.
pub(super) fn checked(
    naming: &Naming,
    component: &Component,
    raw: &Raw,
    (of_controller, template): (&str, &[&str]),
    diagnostics: &mut Vec<Diagnostic>,
) -> OpenTree {
    let mut parts = FixedParts { raw, diagnostics };
    parts.check(component, template);
    let mut change = settle(raw, &Open::settled, &|_| false, diagnostics);
    if component.job_of.is_some() {
        only_pod(&mut change);
    }
    for (name, of) in [
        ("service", "v1/Service"),
        ("controller", of_controller),
        ("pod", fields::POD_TEMPLATE),
    ] {
        if let Some(part) = find(&mut change, &[name]) {
            check_fields(naming, raw, part, &[name], of, diagnostics);
            images::replace(part, of, &naming.app.registries);
        }
    }
    check_containers(naming, raw, &mut change, diagnostics);
    change
}

/// Drops the parts of a patch that are not for a release job: it has another controller than its
/// workload, and no Service.
fn only_pod(change: &mut OpenTree) {
    if let Tree::Map(parts) = change {
        parts.retain(|part, _| part == "pod" || part == CONTAINERS);
    }
}

/// Checks the changes of containers by name, and replaces the registries of their images.
fn check_containers(
    naming: &Naming,
    raw: &Raw,
    change: &mut OpenTree,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(Tree::Map(changes)) = find(change, &[CONTAINERS]) else {
        return;
    };
    for (name, change) in changes.iter_mut() {
        let place = [CONTAINERS, name.as_str()];
        check_fields(naming, raw, change, &place, fields::CONTAINER, diagnostics);
        images::replace(change, fields::CONTAINER, &naming.app.registries);
        if let Tree::Map(fields) = change
            && fields.shift_remove("name").is_some()
        {
            let path = [CONTAINERS, name, "name"];
            let problem = Diagnostic::new(
                Code::ProvisionerInvalid,
                format!("a patch cannot change the name of the container `{name}`"),
            );
            diagnostics.push(problem.at(raw.key_place(&path), "").help("remove it"));
        }
    }
}

/// The check of what a patch cannot change: what identifies an object or is immutable, and what it cannot lack.
struct FixedParts<'a> {
    raw: &'a Raw,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl FixedParts<'_> {
    /// Checks all parts of the patch for a component, in whose controller the path `template` leads to the pod
    /// template.
    fn check(&mut self, component: &Component, template: &[&str]) {
        for part in ["service", "controller"] {
            self.fixed(&[part], &FIXED);
        }
        self.required(&["service"], &REQUIRED_OF_SERVICE);
        self.required(&["controller"], &[&SCHEDULE]);
        let labels = selector(&component.name);
        let of_controller = [&["controller"], template].concat();
        for pod in [&["pod"][..], &of_controller] {
            self.fixed(pod, &FIXED_OF_PODS);
            for label in labels.keys() {
                self.fixed(pod, &[&["metadata", "labels", label]]);
            }
            self.required(pod, &REQUIRED_OF_PODS);
            for list in CONTAINER_LISTS {
                self.containers(&[pod, &["spec", list]].concat());
            }
        }
        self.containers(&[CONTAINERS]);
    }

    /// Checks each container in the list or map at a path.
    fn containers(&mut self, path: &[&str]) {
        let keys: Vec<String> = match at(&self.raw.tree, path) {
            Some(Tree::Map(named)) => named.keys().cloned().collect(),
            Some(Tree::List(items)) => (0..items.len()).map(|at| at.to_string()).collect(),
            _ => Vec::new(),
        };
        for key in keys {
            self.required(&[path, &[&key]].concat(), &REQUIRED_OF_CONTAINER);
        }
    }

    /// Reports changes of the fields at these paths below a part, or their removal with what they are in.
    fn fixed(&mut self, part: &[&str], fields: &[&[&str]]) {
        for field in fields {
            let path = [part, field].concat();
            if at(&self.raw.tree, &path).is_some() {
                let message = format!("a patch cannot change `{}`", field.join("."));
                let help = "remove it, because it is part of the identity of the object";
                self.report(message, help, &path);
            }
        }
        let around: Vec<&[&str]> = fields
            .iter()
            .map(|field| &field[..field.len() - 1])
            .collect();
        self.required(part, &around);
    }

    /// Reports the removal of the fields at these paths below a part, or of what they are in.
    fn required(&mut self, part: &[&str], fields: &[&[&str]]) {
        for field in fields {
            let path = [part, field].concat();
            let lengths = 1..=path.len();
            let mut prefixes = lengths.map(|length| &path[..length]);
            let removed = prefixes.find(|path| at(&self.raw.tree, path) == Some(&Tree::Null));
            if let Some(removed) = removed {
                let message = format!("a patch cannot remove `{}`", removed.join("."));
                let help = "remove it from the patch, because the object needs this field";
                self.report(message, help, removed);
            }
        }
    }

    fn report(&mut self, message: String, help: &str, path: &[&str]) {
        let found = Diagnostic::new(Code::ProvisionerInvalid, message);
        let found = found.at(self.raw.place(path), "").help(help);
        // Several fields can be in what is removed.
        if !self.diagnostics.contains(&found) {
            self.diagnostics.push(found);
        }
    }
}

/// The part of a tree at a path of keys, and indices of lists.
pub(super) fn at<'t, R>(tree: &'t Tree<R>, path: &[&str]) -> Option<&'t Tree<R>> {
    path.iter().try_fold(tree, |at, step| match at {
        Tree::List(items) => items.get(step.parse::<usize>().ok()?),
        at => at.get(step),
    })
}
