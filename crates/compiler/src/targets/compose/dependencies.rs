//! The dependencies of a service. Networks are elsewhere, although Compose starts a service after
//! the one whose network it shares.

use score_spec::{Map, Ready};

use super::group::{Group, Groups, Member, Network};
use super::model::Dependency;
use super::{health, provisioned_entries};
use crate::ir::{App, Run};

pub(super) const STARTED: &str = "service_started";
pub(super) const HEALTHY: &str = "service_healthy";
const COMPLETED: &str = "service_completed_successfully";

/// The services that a service depends on, sorted by name.
pub(super) fn depends_on(
    app: &App,
    groups: &Groups,
    group: &Group,
    member: &Member,
) -> Map<Dependency> {
    let written = provisioned_entries::waits_for(app, group.component);
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
        let written = written.iter();
        services.extend(written.map(|(name, condition)| (name.as_str(), *condition)));
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
