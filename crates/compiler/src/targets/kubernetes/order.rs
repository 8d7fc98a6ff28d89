//! The order in which the containers of a pod start, from `before` in the workload. There is no
//! order between components: a pod that needs another component is restarted until that is
//! available.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Diagnostic, Ready};

use super::naming::invalid;
use crate::ir::field::Field;
use crate::ir::{Component, Container};

/// The role of a container in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It runs to completion before the next container starts.
    Init,
    /// It starts before the next container and keeps running.
    Sidecar {
        /// Whether the next container waits for its probe.
        healthy: bool,
    },
    /// It starts after all others.
    Main,
}

/// A container with its name and role.
pub(super) type Placed<'a> = (&'a str, &'a Container, Role);

/// The containers in the order in which they start; containers that start together are in the order
/// of their declaration.
pub(super) fn arrange<'a>(
    component: &'a Component,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Placed<'a>> {
    let (early, main): (Vec<_>, Vec<_>) = component
        .containers
        .iter()
        .map(|(name, container)| {
            let role = role(component, name, container, diagnostics);
            (name.as_str(), container, role)
        })
        .partition(|(_, _, role)| *role != Role::Main);
    early_first(&early).into_iter().chain(main).collect()
}

/// Whether a container runs to completion before others start.
pub(super) fn ends_early(container: &Container) -> bool {
    let mut wanted = container.before.values();
    wanted.any(|wanted| *wanted == Ready::Complete)
}

fn role(
    component: &Component,
    name: &str,
    container: &Container,
    diagnostics: &mut Vec<Diagnostic>,
) -> Role {
    let wanted: BTreeSet<Ready> = container.before.values().copied().collect();
    if wanted.is_empty() {
        return Role::Main;
    }
    if !ends_early(container) {
        let healthy = wanted.contains(&Ready::Healthy);
        return Role::Sidecar { healthy };
    }
    if wanted.len() > 1 {
        diagnostics.push(
            invalid(
                component,
                Field::Container(name),
                format!(
                    "container `{name}` must be complete for one container, but running for another"
                ),
            )
            .help("Kubernetes either runs a container to completion first, or keeps it running"),
        );
    }
    Role::Init
}

/// Sorts the containers that others wait for: each comes before those that wait for it, otherwise
/// in the order of declaration.
fn early_first<'a>(early: &[Placed<'a>]) -> Vec<Placed<'a>> {
    let index: BTreeMap<&str, usize> = (0..).zip(early).map(|(at, (n, ..))| (*n, at)).collect();
    let followers: Vec<Vec<usize>> = early
        .iter()
        .map(|(_, container, _)| {
            let names = container.before.keys();
            names
                .filter_map(|name| index.get(name.as_str()).copied())
                .collect()
        })
        .collect();
    let mut waits = vec![0_usize; early.len()];
    for &follower in followers.iter().flatten() {
        waits[follower] += 1;
    }
    let mut ready: BTreeSet<usize> = (0..early.len()).filter(|&at| waits[at] == 0).collect();
    let mut sorted = Vec::with_capacity(early.len());
    while let Some(at) = ready.pop_first() {
        sorted.push(early[at]);
        for &follower in &followers[at] {
            waits[follower] -= 1;
            if waits[follower] == 0 {
                ready.insert(follower);
            }
        }
    }
    // None are left over: workloads whose containers wait for each other have been rejected.
    let rest = early.iter().zip(waits).filter(|(_, waits)| *waits > 0);
    sorted.extend(rest.map(|(placed, _)| *placed));
    sorted
}
