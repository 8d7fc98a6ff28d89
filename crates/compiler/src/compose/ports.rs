//! Ports on the host. Not: ports inside the project's network, which need no declaration.

use std::collections::BTreeMap;

use score_spec::{Code, Diagnostic, Protocol};

use super::finding;
use super::model::Port;
use crate::{App, Component, Published};

/// The port on the host that answers for all routes.
pub(super) const ROUTES: u16 = 8080;

/// The ports of a component that the host publishes.
pub(super) fn ports(app: &App, component: &Component) -> Vec<Port> {
    let published = app.published.iter();
    published
        .filter(|published| published.component == component.name)
        .map(|published| Port {
            target: published.container,
            published: published.host.to_string(),
            protocol: is_datagram(component, published).then_some("udp"),
        })
        .collect()
}

/// Reports each port of the host that is wanted twice.
pub(super) fn check(app: &App, diagnostics: &mut Vec<Diagnostic>) {
    let mut taken = BTreeMap::new();
    if let Some(route) = app.routes.first() {
        taken.insert((ROUTES, false), format!("the route `{}`", route.resource));
    }
    for published in &app.published {
        let Some(component) = app.components.get(&published.component) else {
            continue;
        };
        let key = (published.host, is_datagram(component, published));
        let own = format!("`{}`", component.name);
        if let Some(other) = taken.get(&key) {
            let message = format!("{own} and {other} both publish port {}", published.host);
            let diagnostic = finding(Code::ProjectPublish, component, message);
            diagnostics.push(diagnostic.help("publish one of them on another port"));
        } else {
            taken.insert(key, own);
        }
    }
}

/// Whether the published port is one for datagrams and none for streams.
fn is_datagram(component: &Component, published: &Published) -> bool {
    let ports = component.ports.values();
    let mut protocols = ports
        .filter(|port| port.target == published.container)
        .map(|port| port.protocol)
        .peekable();
    protocols.peek().is_some() && protocols.all(|protocol| protocol == Protocol::Udp)
}
