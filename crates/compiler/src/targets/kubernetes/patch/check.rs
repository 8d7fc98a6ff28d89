//! Checks of patches: the types of their fields, the identity of objects, and the names of containers.

use score_spec::{Code, Diagnostic};

use super::super::fields;
use super::super::images;
use super::super::naming::Naming;
use super::super::raw::{check_fields, find};
use super::super::reference::{Open, OpenTree};
use super::CONTAINERS;
use crate::ir::{Component, Raw, Tree};
use crate::targets::settle::settle;

/// The fields that identify an object, and those that are immutable in a cluster.
const FIXED: [&[&str]; 5] = [
    &["apiVersion"],
    &["kind"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["spec", "selector"],
];

/// The parts of a patch for a component with this type of controller. Everything that Kubernetes does not accept is
/// reported.
pub(super) fn checked(
    naming: &Naming,
    component: &Component,
    (raw, of_controller): (&Raw, &str),
    diagnostics: &mut Vec<Diagnostic>,
) -> OpenTree {
    check_fixed(raw, diagnostics);
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

/// Reports changes of fields that identify an object or are immutable.
fn check_fixed(raw: &Raw, diagnostics: &mut Vec<Diagnostic>) {
    for part in ["service", "controller"] {
        for fixed in FIXED {
            let path = [&[part], fixed].concat();
            if has(&raw.tree, &path) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::ProvisionerInvalid,
                        format!("a patch cannot change `{}`", fixed.join(".")),
                    )
                    .at(raw.place(&path), "")
                    .help("remove it, because it is part of the identity of the object"),
                );
            }
        }
    }
}

fn has<R>(tree: &Tree<R>, path: &[&str]) -> bool {
    path.iter()
        .try_fold(tree, |at, step| at.get(step))
        .is_some()
}
