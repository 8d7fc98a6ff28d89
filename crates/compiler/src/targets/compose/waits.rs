//! The services of provisioners for which components wait. Compose rejects a file in which services start after each
//! other in a circle, so a component does not wait for a service that starts after it, directly or indirectly.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::graph;

use super::dependencies::{COMPLETED, HEALTHY, STARTED};
use super::group::service_name;
use super::provisioned_entries::{CONTAINERS, PLATFORM};
use crate::ir::{App, Raw, Tree};

/// The services for which a component waits, with the condition: healthy if they have a health check, completed if they have the label for it, otherwise started.
pub(super) type Waits<'a> = BTreeMap<&'a str, Vec<(&'a str, &'static str)>>;

/// The fields with which a service joins a namespace of another one, and starts after it.
const SHARED: [&str; 3] = ["network_mode", "ipc", "pid"];

/// The fields with a list of services after which a service starts. Each can be followed by `:` and a parameter.
const LISTS: [&str; 2] = ["links", "volumes_from"];

/// The services of provisioners for which each component waits, if each workload starts after those that it uses.
pub(super) fn waits<'a>(app: &'a App, used: &BTreeMap<&str, Vec<&str>>) -> Waits<'a> {
    if app.objects(PLATFORM).flat_map(services).next().is_none() {
        return Waits::new();
    }
    let mut graph = Graph::new(app);
    graph.add_written();
    for (workload, others) in used {
        for other in others {
            graph.add(workload, other);
        }
    }
    let mut waits = Vec::new();
    for component in app.components.values() {
        let written = component.needs.iter().filter_map(|it| app.written.get(it));
        let objects = written.flat_map(|written| &written.objects);
        let is_own = |raw: &&Raw| raw.workload.as_ref().is_none_or(|it| *it == component.name);
        for (name, service) in objects.filter(is_own).flat_map(services) {
            let condition = condition(service);
            let (Some(from), Some(to)) = (graph.node(&component.name), graph.node(name)) else {
                continue;
            };
            waits.push((component.name.as_str(), (name, condition), (from, to)));
        }
    }
    let written = graph.edges.len();
    graph.edges.extend(waits.iter().map(|(_, _, edge)| *edge));
    let allowed: BTreeSet<_> = graph::acyclic(graph.nodes.len(), &graph.edges)
        .into_iter()
        .collect();
    let is_written: BTreeSet<_> = graph.edges[..written].iter().copied().collect();
    let mut of_components = Waits::new();
    for (component, service, edge) in waits {
        // A dependency that exists in any case adds no circle.
        if allowed.contains(&edge) || is_written.contains(&edge) {
            of_components.entry(component).or_default().push(service);
        }
    }
    of_components
}

/// The label of services that end before others start, as in score-compose.
const INIT_LABEL: &str = "dev.score.compose.labels.is-init-container";

/// The condition under which a service is ready.
fn condition(service: &Tree) -> &'static str {
    let label = service.get("labels").and_then(|it| it.get(INIT_LABEL));
    let check = service.get("healthcheck");
    let is_off = check.and_then(|it| it.get("disable")) == Some(&Tree::Bool(true));
    match label {
        Some(Tree::Text(text)) if text.as_plain() == Some("true") => COMPLETED,
        _ if check.is_some() && !is_off => HEALTHY,
        _ => STARTED,
    }
}

/// The services of an object of a provisioner for Compose.
fn services(raw: &Raw) -> impl Iterator<Item = (&str, &Tree)> {
    let services = match raw.tree.get("services") {
        Some(Tree::Map(services)) if raw.platform == PLATFORM => Some(services),
        _ => None,
    };
    let services = services.into_iter().flat_map(|services| services.iter());
    services.map(|(name, service)| (name.as_str(), service))
}

/// The order in which components and services of provisioners start.
struct Graph<'a> {
    /// The nodes by the names of components and services. All services of a component are one.
    nodes: BTreeMap<String, usize>,
    /// Pairs of which the first starts after the second.
    edges: Vec<(usize, usize)>,
    app: &'a App,
}

impl<'a> Graph<'a> {
    /// The components and services, without their order.
    fn new(app: &'a App) -> Self {
        let mut graph = Self {
            nodes: BTreeMap::new(),
            edges: Vec::new(),
            app,
        };
        for (at, component) in app.components.values().enumerate() {
            graph.nodes.insert(component.name.clone(), at);
            for container in component.containers.keys() {
                graph.nodes.insert(service_name(component, container), at);
            }
        }
        let mut count = app.components.len();
        for (name, _) in app.objects(PLATFORM).flat_map(services) {
            if !graph.nodes.contains_key(name) {
                graph.nodes.insert(name.to_owned(), count);
                count += 1;
            }
        }
        graph
    }

    fn node(&self, name: &str) -> Option<usize> {
        self.nodes.get(name).copied()
    }

    /// Adds what starts after each other in any case.
    fn add_written(&mut self) {
        let app = self.app;
        for component in app.components.values() {
            for other in component.waits_for.keys() {
                self.add(&component.name, other);
            }
            for raw in app.patches(component, PLATFORM) {
                for other in patched(&raw.tree) {
                    self.add(&component.name, other);
                }
            }
        }
        for (name, service) in app.objects(PLATFORM).flat_map(services) {
            for other in starts_after(service) {
                self.add(name, other);
            }
        }
    }

    fn add(&mut self, name: &str, other: &str) {
        if let (Some(from), Some(to)) = (self.node(name), self.node(other))
            && from != to
        {
            self.edges.push((from, to));
        }
    }
}

/// The services after which a service with a patch starts.
fn patched(change: &Tree) -> impl Iterator<Item = &str> {
    let of_containers = match change.get(CONTAINERS) {
        Some(Tree::Map(containers)) => Some(containers.values()),
        _ => None,
    };
    let changes = of_containers.into_iter().flatten().chain([change]);
    changes.flat_map(starts_after)
}

/// The services after which a service starts, as it is written.
pub(super) fn starts_after(service: &Tree) -> Vec<&str> {
    let shared = SHARED.iter().filter_map(|field| plain(service.get(field)?));
    let shared = shared.filter_map(|value| value.strip_prefix("service:"));
    let lists = LISTS.iter().filter_map(|field| match service.get(field)? {
        Tree::List(items) => Some(items.iter().filter_map(plain)),
        _ => None,
    });
    let lists = lists.flatten();
    let lists = lists.filter_map(|item| item.split(':').next());
    let mut names: Vec<&str> = shared.chain(lists).collect();
    match service.get("depends_on") {
        Some(Tree::Map(entries)) => names.extend(entries.keys().map(String::as_str)),
        Some(Tree::List(items)) => names.extend(items.iter().filter_map(plain)),
        _ => {}
    }
    names
}

fn plain(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}
