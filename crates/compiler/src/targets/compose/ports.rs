//! Published ports. Ports inside the project's network need no declaration.

use std::collections::BTreeMap;
use std::net::IpAddr;

use score_spec::{Code, Diagnostic, Protocol};

use super::group::{Member, Network};
use super::model::Port;
use crate::ir::App;
use crate::ir::field::at;

/// The port on the host for all routes.
pub(super) const ROUTES: u16 = 8080;

/// The published ports of a container: those of its component, if it owns the network.
pub(super) fn ports(app: &App, member: &Member) -> Vec<Port> {
    let is_owner = member.network == Network::Owner;
    let published = app.published.iter();
    published
        .filter(|published| is_owner && published.component == member.component.name)
        .map(|published| Port {
            target: published.container,
            host_ip: published.address.map(|address| address.to_string()),
            published: published.host.to_string(),
            protocol: (published.protocol == Protocol::Udp).then_some("udp"),
        })
        .collect()
}

/// The users of ports on the host, by number and protocol (whether it is UDP): addresses and names.
type Taken = BTreeMap<(u16, bool), Vec<(Option<IpAddr>, String)>>;

/// Reports each port of the host that is used twice.
pub(super) fn check(app: &App, diagnostics: &mut Vec<Diagnostic>) {
    let mut taken = Taken::new();
    if let Some(route) = app.routes.first() {
        let owner = format!("the route `{}`", route.resource);
        taken.insert((ROUTES, false), vec![(None, owner)]);
    }
    for published in &app.published {
        let is_udp = published.protocol == Protocol::Udp;
        let others = taken.entry((published.host, is_udp)).or_default();
        let own = format!("`{}`", published.component);
        let mut known = others.iter();
        if let Some((_, other)) = known.find(|(it, _)| meet(*it, published.address)) {
            let port = published.host;
            let message = if *other == own {
                format!("{own} publishes two ports on port {port}")
            } else {
                format!("{own} and {other} both publish port {port}")
            };
            let diagnostic = Diagnostic::new(Code::ProjectPublish, message);
            diagnostics.push(
                at(published.span, diagnostic).help("publish one of them on a different port"),
            );
        } else {
            others.push((published.address, own));
        }
    }
}

/// Whether two programs that listen on the same port of these addresses conflict.
fn meet(a: Option<IpAddr>, b: Option<IpAddr>) -> bool {
    let (Some(a), Some(b)) = (a, b) else {
        return true;
    };
    a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()))
}
