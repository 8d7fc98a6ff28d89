//! The containers of a component as services that share a network, as in a pod. The contents of
//! services are elsewhere.

use indexmap::IndexMap;
use score_spec::{Diagnostic, Ready};

use super::annotation::{self, ServiceSettings};
use super::{dependencies, waits};
use crate::ir::{App, Component, Container, Origin, Run};

/// The groups by the name of their component.
pub(super) type Groups<'a> = IndexMap<&'a str, Group<'a>>;

/// The services of a component; never empty.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) component: &'a Component,
    /// One service for each container, in order.
    pub(super) members: Vec<Member<'a>>,
    /// The index of the main service, which has the host name of the component.
    pub(super) owner: usize,
    /// The workloads after which it starts.
    pub(super) uses: Vec<&'a str>,
    /// The services of provisioners for which it waits, with the conditions.
    pub(super) written: Vec<(&'a str, &'static str)>,
}

/// A container as a service.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) component: &'a Component,
    /// The name of the container.
    pub(super) name: &'a str,
    pub(super) container: &'a Container,
    /// The name of the service.
    pub(super) service: String,
    pub(super) network: Network,
    /// The indices of the members that it waits for.
    pub(super) waits_for: Vec<(usize, Ready)>,
    /// Its settings from annotations.
    pub(super) settings: ServiceSettings,
}

/// The network namespace of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// Its own, which is that of the component.
    Owner,
    /// That of the owner.
    Shared,
    /// Its own, which no other service uses.
    Apart,
}

impl<'a> Group<'a> {
    /// The main service of the component.
    pub(super) fn owner(&self) -> Option<&Member<'a>> {
        self.members.get(self.owner)
    }
}

impl Member<'_> {
    /// The container in messages.
    pub(super) fn describe(&self) -> String {
        match &self.component.origin {
            Origin::Workload(_) => {
                format!("container `{}` of `{}`", self.name, self.component.name)
            }
            Origin::Resource { uid, .. } => {
                format!("container `{}` of the resource `{uid}`", self.name)
            }
        }
    }
}

/// The groups of all components.
pub(super) fn groups<'a>(app: &'a App, diagnostics: &mut Vec<Diagnostic>) -> Groups<'a> {
    let mut used = dependencies::used_workloads(app);
    let mut waits = waits::waits(app, &used);
    let components = app.components.values();
    let groups = components.map(|component| {
        let name = component.name.as_str();
        let uses = used.remove(name).unwrap_or_default();
        let written = waits.remove(name).unwrap_or_default();
        let group = group(component, diagnostics);
        (
            name,
            Group {
                uses,
                written,
                ..group
            },
        )
    });
    groups.collect()
}

/// The group of a component, without the services of others after which it starts.
fn group<'a>(component: &'a Component, diagnostics: &mut Vec<Diagnostic>) -> Group<'a> {
    let containers = &component.containers;
    let mut waits_for = vec![Vec::new(); containers.len()];
    for (index, container) in containers.values().enumerate() {
        for (other, ready) in &container.before {
            if let Some(other) = containers.get_index_of(other) {
                waits_for[other].push((index, *ready));
            }
        }
    }
    let owner = owner(component, &waits_for);
    let members = containers.iter().zip(waits_for).enumerate();
    let members = members.map(|(index, ((name, container), waits_for))| {
        let network = if index == owner {
            Network::Owner
        } else if component.run == Run::Once || is_init(container) {
            Network::Apart
        } else {
            Network::Shared
        };
        Member {
            component,
            name,
            container,
            service: service_name(component, name),
            network,
            waits_for,
            settings: annotation::settings(component, name, network, diagnostics),
        }
    });
    Group {
        component,
        members: members.collect(),
        owner,
        uses: Vec::new(),
        written: Vec::new(),
    }
}

/// The main service of a resource is named after the component, so that its name matches the host
/// name in connection strings.
pub(super) fn service_name(component: &Component, container: &str) -> String {
    let is_resource = matches!(component.origin, Origin::Resource { .. });
    if is_resource && component.containers.len() == 1 {
        component.name.clone()
    } else {
        format!("{}-{container}", component.name)
    }
}

/// Whether a container ends before the rest of its component starts.
fn is_init(container: &Container) -> bool {
    let mut ready = container.before.values();
    !container.before.is_empty() && ready.all(|ready| *ready == Ready::Complete)
}

/// The container whose network the others share. A container starts after the one whose network it
/// uses, so the owner must not wait, even indirectly, for a container that shares it. If no
/// container keeps running, there is nothing to share, and the first one by name is the main
/// service.
fn owner(component: &Component, waits_for: &[Vec<(usize, Ready)>]) -> usize {
    let containers = &component.containers;
    let mut depth = vec![0_usize; containers.len()];
    let mut waits = vec![false; containers.len()];
    // A chain has at most as many links as there are containers, and each round settles one.
    for _ in 0..containers.len() {
        let mut settled = true;
        for (index, others) in waits_for.iter().enumerate() {
            for (other, _) in others {
                let deeper = depth[index].max(depth[*other] + 1);
                let lasting = waits[index] || waits[*other] || !is_init(&containers[*other]);
                settled &= (deeper, lasting) == (depth[index], waits[index]);
                (depth[index], waits[index]) = (deeper, lasting);
            }
        }
        if settled {
            break;
        }
    }
    let all = containers.iter().enumerate();
    all.min_by_key(|(index, (name, container))| {
        let lasting = component.run == Run::Always && !is_init(container);
        let rank = match (lasting, waits[*index]) {
            (true, false) => (0, depth[*index]),
            (true, true) => (1, depth[*index]),
            (false, _) => (2, 0),
        };
        (rank, *name)
    })
    .map_or(0, |(index, _)| index)
}
