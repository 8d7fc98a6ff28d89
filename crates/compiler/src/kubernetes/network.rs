//! Who may talk to whom: a policy per component that listens, which lets in those whose texts refer
//! to it. Traffic that leaves a pod is not restricted.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::{Cluster, annotations, selector};
use super::objects::{
    IngressAllowed, NetworkPolicy, NetworkPolicySpec, Object, Peer, PolicyPort, Selector,
};
use super::owner::Owner;
use super::pod::protocol;
use super::raw::PLATFORM;
use super::secrets::component_texts;
use super::wishes::Wishes;
use crate::{App, Component, Segment, Text};

/// Who refers to components.
pub(super) struct Network<'a> {
    /// The components that refer to a component, by its name.
    users: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The components that are reached from elsewhere: by routes, or as an object of a provisioner
    /// says.
    open: BTreeSet<&'a str>,
}

impl<'a> Network<'a> {
    /// Looks for references.
    pub(super) fn of(app: &'a App) -> Self {
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for component in app.components.values() {
            component_texts(component, &mut |text| {
                for named in hosts(text) {
                    users.entry(named).or_default().insert(&component.name);
                }
            });
        }
        let mut open: BTreeSet<&str> = BTreeSet::new();
        open.extend(app.routes.iter().map(|route| route.component.as_str()));
        for raw in app.objects(PLATFORM) {
            raw.tree.each_text(&mut |text| open.extend(hosts(text)));
        }
        Self { users, open }
    }

    /// The policy of a component, if it listens and is to have one.
    pub(super) fn policy(
        &self,
        cluster: &Cluster,
        component: &Component,
        wishes: &Wishes,
    ) -> Option<Object> {
        let wanted = wishes
            .network_policy
            .unwrap_or(cluster.options.kubernetes.network_policies);
        if !wanted || component.ports.is_empty() {
            return None;
        }
        let name = &component.name;
        let ports = component.ports.values().map(|port| PolicyPort {
            port: port.target,
            protocol: protocol(port.protocol),
        });
        let ports: Vec<PolicyPort> = ports.collect();
        let users = self.users.get(name.as_str()).into_iter().flatten();
        let users = users.filter(|user| *user != name).map(|user| Peer {
            pod_selector: pods(user),
        });
        let from: Vec<Peer> = users.collect();
        let mut ingress = Vec::new();
        if self.open.contains(name.as_str()) {
            let from = Vec::new();
            ingress.push(IngressAllowed { from, ports });
        } else if !from.is_empty() {
            ingress.push(IngressAllowed { from, ports });
        }
        let spec = NetworkPolicySpec {
            pod_selector: pods(name),
            policy_types: vec!["Ingress"],
            ingress,
        };
        let metadata = cluster.metadata(name, cluster.labels(name), annotations(component));
        let body = NetworkPolicy { spec };
        Some(Object::new(metadata, body, Owner::component(component)))
    }
}

fn pods(component: &str) -> Selector {
    Selector {
        match_labels: selector(component),
    }
}

/// The components that a text names.
fn hosts(text: &Text) -> impl Iterator<Item = &str> {
    text.segments().iter().filter_map(|segment| match segment {
        Segment::Host(component) | Segment::Port { component, .. } => Some(component.as_str()),
        _ => None,
    })
}
