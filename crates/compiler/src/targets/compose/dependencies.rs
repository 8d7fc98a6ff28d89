//! The dependencies of a service. Networks are elsewhere, although Compose starts a service after
//! the one whose network it shares.

use std::collections::BTreeMap;

use score_spec::{Map, Ready, graph};

use super::group::{Group, Groups, Member, Network};
use super::model::Dependency;
use super::{health, provisioned_entries};
use crate::ir::{App, Component, Origin, Run};

pub(super) const STARTED: &str = "service_started";
pub(super) const HEALTHY: &str = "service_healthy";
pub(super) const COMPLETED: &str = "service_completed_successfully";

/// The workloads that each workload uses, by its name: those whose addresses its resources return. Workloads
/// that use each other in a circle cannot start after each other, and are left out. So are all if provisioners
/// write dependencies, which could close a circle.
pub(super) fn used_workloads(app: &App) -> BTreeMap<&str, Vec<&str>> {
    let mut used = BTreeMap::new();
    if provisioned_entries::has_dependencies(app) {
        return used;
    }
    let is_workload = |component: &&Component| matches!(component.origin, Origin::Workload(_));
    let workloads: Vec<&Component> = app.components.values().filter(is_workload).collect();
    let place = |name: &String| workloads.binary_search_by_key(&name, |it| &it.name).ok();
    let mut edges = Vec::new();
    for (at, workload) in workloads.iter().enumerate() {
        let others = workload.reaches.iter().filter_map(place);
        edges.extend(others.filter(|other| *other != at).map(|other| (at, other)));
    }
    for (at, other) in graph::acyclic(workloads.len(), &edges) {
        let names: &mut Vec<&str> = used.entry(workloads[at].name.as_str()).or_default();
        names.push(&workloads[other].name);
    }
    used
}

/// The services that a service depends on, sorted by name.
pub(super) fn depends_on(groups: &Groups, group: &Group, member: &Member) -> Map<Dependency> {
    let mut services: Vec<(&str, &'static str)> = Vec::new();
    for (other, ready) in &member.waits_for {
        let other = &group.members[*other];
        services.push((&other.service, condition(other, *ready)));
    }
    // A container that starts after another one of the component also starts after the dependencies
    // of the latter.
    if services.is_empty() && member.network != Network::Shared {
        for (component, ready) in &group.component.waits_for {
            if let Some(other) = groups.get(component.as_str()) {
                services.extend(component_conditions(other, *ready));
            }
        }
        // Whether it is healthy does not matter: it can be updated at any time, too.
        let used = group
            .uses
            .iter()
            .filter_map(|name| groups.get(name)?.owner());
        // Compose rejects a dependency on a service whose profile is not selected.
        let used = used.filter(|owner| owner.settings.profiles.is_empty());
        services.extend(used.map(|owner| (owner.service.as_str(), STARTED)));
        services.extend(&group.written);
    }
    services.sort_unstable();
    services
        .into_iter()
        .map(|(name, condition)| (name.to_owned(), Dependency { condition }))
        .collect()
}

/// The condition for a component: completion of all its containers, or the state of its main
/// service. Waiting for the completion of a component that never ends is not supported.
fn component_conditions<'a>(
    group: &'a Group<'a>,
    ready: Ready,
) -> impl Iterator<Item = (&'a str, &'static str)> {
    let completes = ready == Ready::Complete && group.component.run == Run::Once;
    let members = group.members.iter().enumerate();
    members
        .filter(move |(index, _)| completes || *index == group.owner)
        .map(move |(_, member)| {
            let condition = match ready {
                _ if completes => COMPLETED,
                Ready::Started => STARTED,
                Ready::Healthy | Ready::Complete => condition(member, Ready::Healthy),
            };
            (member.service.as_str(), condition)
        })
}

/// The condition for a state. Compose rejects waiting for the health of a service without a health
/// check.
fn condition(member: &Member, ready: Ready) -> &'static str {
    match ready {
        Ready::Complete => COMPLETED,
        Ready::Healthy if health::is_checked(member) => HEALTHY,
        Ready::Healthy | Ready::Started => STARTED,
    }
}
