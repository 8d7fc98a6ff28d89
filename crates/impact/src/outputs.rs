//! Both outputs, with what the objects of one mean in the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::{Object, ObjectId};
use crate::pairs::Pairs;
use crate::pods::Pod;
use crate::selector::Selector;
use crate::side::Side;
use crate::tree::{Document, at, items, plain, scalar};

/// Both sides, with the objects that belong together.
#[derive(Clone, Copy)]
pub(crate) struct Outputs<'a, 's> {
    pub(crate) sides: (&'s Side<'a>, &'s Side<'a>),
    pub(crate) pairs: &'s Pairs<'a, 's>,
}

/// A port of a container that requests for a Service reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    /// The pods, or the selector if it selects none of the output, or the name in the DNS.
    pub(crate) pods: String,
    /// The port; empty for all.
    pub(crate) port: String,
}

/// The endpoints of a Service, by its port and the protocol.
type Endpoints = BTreeMap<(String, String), BTreeSet<Endpoint>>;

impl<'a> Outputs<'a, '_> {
    /// The name that a Service of the old side has now.
    pub(crate) fn service<'n>(&'n self, namespace: Option<&str>, name: &'n str) -> &'n str {
        self.pairs.name(("", "Service"), namespace, name)
    }

    /// The first endpoint of a Service that is public on both sides, and whose requests did not reach it before, with
    /// the index of the port; absent for a Service that is not public.
    pub(crate) fn new_endpoint(
        &self,
        before: &Object,
        after: &Object,
    ) -> Option<(usize, Endpoint)> {
        let (old, new) = self.sides;
        if !after.id.is("", "Service") || !old.is_public(&before.id) || !new.is_public(&after.id) {
            return None;
        }
        let known = self.endpoints(before, old);
        let endpoints = self.endpoints(after, new);
        let has_pods = |all: &Endpoints| all.values().flatten().any(|it| it.pods.contains('/'));
        // That a Service selects nothing any more is an interruption.
        if has_pods(&known) && !has_pods(&endpoints) {
            return None;
        }
        let ports = items(&after.tree, &["spec", "ports"]).iter().map(port);
        for (index, port) in ports.enumerate() {
            let (Some(old), Some(new)) = (known.get(&port), endpoints.get(&port)) else {
                continue;
            };
            if let Some(endpoint) = new.difference(old).next() {
                return Some((index, endpoint.clone()));
            }
        }
        let is_other = |key: &(String, String)| {
            let all = (known.get(key), endpoints.get(key));
            matches!(all, (Some(old), Some(new)) if old != new)
        };
        let external = (String::new(), String::new());
        let endpoint = endpoints.get(&external).filter(|_| is_other(&external))?;
        Some((0, endpoint.first()?.clone()))
    }

    /// The endpoints of a Service, with the names that pods have now.
    fn endpoints(&self, service: &Object, side: &Side<'a>) -> Endpoints {
        if let Some(name) = plain(&service.tree, &["spec", "externalName"]) {
            let endpoint = Endpoint {
                pods: name.to_owned(),
                port: String::new(),
            };
            return [((String::new(), String::new()), [endpoint].into())].into();
        }
        let selector = at(&service.tree, &["spec", "selector"]);
        let Some(selector) = selector else {
            return Endpoints::new();
        };
        let namespace = service.id.namespace.as_deref();
        let pods = side
            .pods
            .selected(namespace, &Selector::of_labels(selector));
        let pods: Vec<(String, BTreeMap<&str, String>)> = pods
            .into_iter()
            .map(|pod| (self.named(&pod.id), named_ports(pod)))
            .collect();
        let mut endpoints = Endpoints::new();
        for item in items(&service.tree, &["spec", "ports"]) {
            let target = scalar(item, &["targetPort"]).or_else(|| scalar(item, &["port"]));
            let target = target.unwrap_or_default();
            let mut found: BTreeSet<Endpoint> = pods
                .iter()
                .map(|(pod, ports)| Endpoint {
                    pods: pod.clone(),
                    port: ports.get(target.as_str()).unwrap_or(&target).clone(),
                })
                .collect();
            if found.is_empty() {
                found.insert(Endpoint {
                    pods: selector
                        .map_text(&mut |text| text.redact())
                        .to_json()
                        .to_string(),
                    port: target,
                });
            }
            endpoints.entry(port(item)).or_default().extend(found);
        }
        endpoints
    }

    /// The kind of an object of either side, and the name that it has now.
    fn named(&self, id: &ObjectId) -> String {
        let kind = (id.group.as_str(), id.kind.as_str());
        let name = self.pairs.name(kind, id.namespace.as_deref(), &id.name);
        format!("{}/{name}", id.kind)
    }
}

/// A port of a Service, with its protocol.
fn port(item: &Document) -> (String, String) {
    let protocol = plain(item, &["protocol"]).unwrap_or("TCP").to_owned();
    (scalar(item, &["port"]).unwrap_or_default(), protocol)
}

/// The numbers of the ports of a pod that have a name.
fn named_ports(pod: &Object) -> BTreeMap<&str, String> {
    let containers = Pod::of(pod).map(Pod::containers).unwrap_or_default();
    let ports = containers
        .into_iter()
        .flat_map(|container| items(container.tree, &["ports"]));
    let mut found = BTreeMap::new();
    for port in ports {
        if let Some(name) = plain(port, &["name"])
            && let Some(number) = scalar(port, &["containerPort"])
        {
            found.entry(name).or_insert(number);
        }
    }
    found
}
