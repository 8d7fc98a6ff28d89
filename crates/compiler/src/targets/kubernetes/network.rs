//! Network policies: a policy for each component with ports, which admits the components that refer
//! to it. Egress is not restricted.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic, Map};

use super::annotations::{NETWORK_POLICY, NETWORK_POLICY_FROM};
use super::naming::{Controller, Naming, annotations};
use super::objects::{
    IngressAllowed, NetworkPolicy, NetworkPolicySpec, Object, Peer, PolicyPort, Selector,
};
use super::pod::protocol;
use super::provenance::Owner;
use super::raw::PLATFORM;
use super::secrets::component_texts;
use super::workload_options::{Admitted, WorkloadOptions, at_annotation};
use crate::ir::{App, Component, Origin, Ref, Segment, Text, Tree};

/// The references between components.
pub(super) struct Network<'a> {
    /// The components that refer to a component, by its name.
    users: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The ports without restrictions: those of routes, and those that objects of provisioners
    /// mention.
    open: Open<'a>,
}

/// Names of ports by the name of their component.
type Open<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl<'a> Network<'a> {
    /// Collects the references of an application.
    pub(super) fn of(app: &'a App) -> Self {
        let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for component in app.components.values() {
            let mut note = |text: &'a Text| {
                for named in text.components() {
                    users.entry(named).or_default().insert(&component.name);
                }
            };
            component_texts(component, &mut note);
            let patches = app.patches(component, PLATFORM);
            patches.for_each(|raw| raw.tree.each_text(&mut note));
            // A declared resource counts even if no string contains its address, because an image
            // can contain it.
            for named in &component.reaches {
                users.entry(named).or_default().insert(&component.name);
            }
        }
        let mut open = Open::new();
        for route in &app.routes {
            let ports = open.entry(&route.component).or_default();
            ports.insert(&route.port);
        }
        for raw in app.objects(PLATFORM) {
            // An object that restricts access, such as a policy of a service mesh, does not open a
            // port.
            let kind = raw.tree.get("kind").and_then(plain);
            if !kind.is_some_and(|kind| kind.ends_with("Policy")) {
                mentioned(app, &raw.tree, &mut open);
            }
        }
        Self { users, open }
    }

    /// The policy of a component, if it has one.
    pub(super) fn policy(
        &self,
        naming: &Naming,
        component: &Component,
        options: &WorkloadOptions,
    ) -> Option<Object> {
        if !has_policy(naming, component, options) {
            return None;
        }
        let name = &component.name;
        // An allow-list says who connects through routes and objects of provisioners.
        let open = self.open.get(name.as_str());
        let open = open.filter(|_| options.admitted.is_empty());
        let open = ports(component, &|port| {
            open.is_some_and(|open| open.contains(port))
        });
        let all = ports(component, &|_| true);
        let users = self.users.get(name.as_str()).into_iter().flatten();
        let users = users.filter(|user| *user != name).map(|user| Peer {
            pod_selector: Some(pods(naming, user)),
            namespace_selector: None,
        });
        let from: Vec<Peer> = users.collect();
        let is_open = open.len() == all.len();
        let mut ingress = Vec::new();
        if !open.is_empty() {
            let from = Vec::new();
            ingress.push(IngressAllowed { from, ports: open });
        }
        if !from.is_empty() && !is_open {
            ingress.push(IngressAllowed { from, ports: all });
        }
        // Members of a stateful set communicate on ports that other components do not use.
        let is_set = naming.controller(component) == Controller::StatefulSet;
        if is_set && matches!(component.origin, Origin::Workload(_)) {
            ingress.push(IngressAllowed {
                from: vec![Peer {
                    pod_selector: Some(pods(naming, name)),
                    namespace_selector: None,
                }],
                ports: Vec::new(),
            });
        }
        let admitted = options.admitted.iter();
        ingress.extend(admitted.map(|admitted| self::admitted(naming, component, admitted)));
        let spec = NetworkPolicySpec {
            pod_selector: pods(naming, name),
            policy_types: vec!["Ingress"],
            ingress,
        };
        let metadata = naming.metadata(
            name,
            naming.labels(name),
            annotations(component),
            component.belongs_to().0,
        );
        let body = NetworkPolicy { spec };
        Some(Object::new(metadata, body, Owner::component(component)))
    }
}

/// Whether a component has a policy: it has ports, and the options or, if they do not decide, an annotation of the
/// workload enable policies. A Score file cannot disable a protection of the project.
pub(super) fn has_policy(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
) -> bool {
    let admits = !options.admitted.is_empty();
    let is_enabled = naming.options.network_policies.or(options.network_policy);
    is_enabled.unwrap_or(admits) && (admits || !component.ports.is_empty())
}

/// Reports an annotation of a workload that contradicts the project.
pub(super) fn check(
    naming: &Naming,
    component: &Component,
    options: &WorkloadOptions,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(project), Some(own)) = (naming.options.network_policies, options.network_policy)
    else {
        return;
    };
    if project == own || component.defaults.contains(NETWORK_POLICY) {
        return;
    }
    let message = format!(
        "the annotation `{NETWORK_POLICY}` has no effect: the project sets `kubernetes.networkPolicies: {project}`"
    );
    let help = if project {
        format!("remove it, and list further connections in `{NETWORK_POLICY_FROM}`")
    } else {
        "remove it".to_owned()
    };
    let found = Diagnostic::new(Code::TargetUnsupported, message).help(help);
    diagnostics.push(at_annotation(component, NETWORK_POLICY, found));
}

/// The rule for an entry of the allow-list.
fn admitted(naming: &Naming, component: &Component, admitted: &Admitted) -> IngressAllowed {
    let selector = |labels: &Map<String>| Selector {
        match_labels: labels.clone(),
    };
    let pods = match &admitted.workload {
        Some(workload) => Some(pods(naming, workload)),
        None => admitted.pods.as_ref().map(selector),
    };
    let peer = Peer {
        pod_selector: pods,
        namespace_selector: admitted.namespace.as_ref().map(selector),
    };
    let mut seen = BTreeSet::new();
    let listed = admitted.ports.iter().map(|port| PolicyPort {
        port: port.port,
        protocol: protocol(port.protocol),
    });
    let listed = listed.filter(|it| seen.insert((it.port, it.protocol)));
    let listed: Vec<PolicyPort> = listed.collect();
    IngressAllowed {
        from: vec![peer],
        ports: if listed.is_empty() {
            ports(component, &|_| true)
        } else {
            listed
        },
    }
}

/// The container ports of a component whose names are wanted, without duplicates.
fn ports(component: &Component, is_wanted: &dyn Fn(&str) -> bool) -> Vec<PolicyPort> {
    let mut seen = BTreeSet::new();
    let ports = component.ports.iter();
    ports
        .filter(|(name, port)| {
            is_wanted(name) && seen.insert((port.target, port.protocol.as_str()))
        })
        .map(|(_, port)| PolicyPort {
            port: port.target,
            protocol: protocol(port.protocol),
        })
        .collect()
}

fn pods(naming: &Naming, component: &str) -> Selector {
    Selector {
        match_labels: naming.selector(component),
    }
}

/// Opens the ports that an object of a provisioner mentions: as a reference, as a number after the
/// host, or in a sibling field whose name is that of a port.
fn mentioned<'a>(app: &'a App, tree: &'a Tree, open: &mut Open<'a>) {
    match tree {
        Tree::Text(text) => {
            for reference in text.references() {
                if let Ref::Port { component, port } = reference {
                    open.entry(component).or_default().insert(port);
                }
            }
            for pair in text.segments().windows(2) {
                if let [Segment::Ref(Ref::Host(component)), Segment::Plain(rest)] = pair
                    && let Some(rest) = rest.strip_prefix(':')
                {
                    let end = rest.find(|c: char| !c.is_ascii_digit());
                    let number = rest.get(..end.unwrap_or(rest.len()));
                    let number = number.unwrap_or_default().to_owned();
                    open_ports(app, component, &BTreeSet::from([number]), open);
                }
            }
        }
        Tree::List(items) => items.iter().for_each(|item| mentioned(app, item, open)),
        Tree::Map(entries) => {
            let texts = entries.values().filter_map(|value| match value {
                Tree::Text(text) => Some(text.references()),
                _ => None,
            });
            let hosts = texts.flatten().filter_map(|reference| match reference {
                Ref::Host(component) => Some(component.as_str()),
                _ => None,
            });
            // A map can have many hosts and many ports, so each of them is looked at once.
            let hosts: BTreeSet<&str> = hosts.collect();
            if !hosts.is_empty() {
                let mut wanted = BTreeSet::new();
                for (_, value) in entries.iter().filter(|(key, _)| is_port(key)) {
                    each_port(value, &mut |port| {
                        wanted.insert(port.to_owned());
                    });
                }
                for component in hosts {
                    open_ports(app, component, &wanted, open);
                }
            }
            for value in entries.values() {
                mentioned(app, value, open);
            }
        }
        _ => {}
    }
}

/// Whether a field contains a port or ports: `port`, `targetPort`, `ports`.
fn is_port(key: &str) -> bool {
    ["port", "ports"].contains(&key) || key.ends_with("Port") || key.ends_with("Ports")
}

/// Calls `f` with each port in a field that contains ports: a name, a number, or a map that
/// contains one.
fn each_port(tree: &Tree, f: &mut dyn FnMut(&str)) {
    match tree {
        Tree::Number(number) => f(&number.to_string()),
        Tree::Text(text) => text.as_plain().into_iter().for_each(f),
        Tree::List(items) => items.iter().for_each(|item| each_port(item, f)),
        Tree::Map(entries) => {
            let ports = entries.iter().filter(|(key, _)| is_port(key));
            ports.for_each(|(_, value)| each_port(value, f));
        }
        _ => {}
    }
}

fn plain(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}

/// Opens the ports of a component that have these names or numbers. The first port that has one of them is meant.
fn open_ports<'a>(app: &'a App, component: &str, wanted: &BTreeSet<String>, open: &mut Open<'a>) {
    let Some((component, of)) = app.components.get_key_value(component) else {
        return;
    };
    let mut found = BTreeSet::new();
    for (name, port) in &of.ports {
        for key in [name.clone(), port.port.to_string()] {
            if wanted.contains(&key) && found.insert(key) {
                open.entry(component).or_default().insert(name);
            }
        }
    }
}
