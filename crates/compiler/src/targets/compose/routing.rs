//! All routes as a reverse proxy with one port on the host. The syntax of its configuration is
//! elsewhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic, Span};

use super::files::Parts;
use super::group::Groups;
use super::model::{Port, Service};
use super::nginx::{self, Location, Server};
use super::{files, ports};
use crate::ir::{App, Route};
use crate::targets::OutputContent;

/// The image of the proxy.
const IMAGE: &str = "nginx:1-alpine";

const PATH_TYPE: &str = "compose.score.dev/route-provisioner-path-type";
const SERVER_SNIPPET: &str = "compose.score.dev/route-provisioner-server-snippet";
const LOCATION_SNIPPET: &str = "compose.score.dev/route-provisioner-location-snippet";

/// The proxy with its name, if there are routes. It waits for nothing, because it resolves
/// upstreams when a request arrives.
pub(super) fn proxy(
    app: &App,
    groups: &Groups,
    parts: &mut Parts,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(String, Service)> {
    if app.routes.is_empty() {
        return None;
    }
    let name = name(groups);
    let servers = servers(app, diagnostics);
    let content = OutputContent::Text(nginx::configuration(&servers).into());
    let target = "/etc/nginx/nginx.conf";
    let mut mount = files::add(&name, "nginx.conf", target, content, 0o644, parts);
    mount.read_only = Some(true);
    let service = Service {
        image: Some(app.built_in_image(IMAGE)),
        ports: vec![Port {
            target: 80,
            host_ip: None,
            published: ports::ROUTES.to_string(),
            protocol: None,
        }],
        volumes: vec![mount],
        restart: Some("unless-stopped".to_owned()),
        ..Service::default()
    };
    Some((name, service))
}

/// A name that no service or component has.
fn name(groups: &Groups) -> String {
    let members = groups.values().flat_map(|group| &group.members);
    let services: BTreeSet<&str> = members.map(|member| member.service.as_str()).collect();
    let mut name = "routes".to_owned();
    while services.contains(name.as_str()) || groups.contains_key(name.as_str()) {
        name.insert_str(0, "score-");
    }
    name
}

/// The servers by host, each with its longest path first.
fn servers<'a>(app: &'a App, diagnostics: &mut Vec<Diagnostic>) -> Vec<Server<'a>> {
    let mut hosts: BTreeMap<&str, Vec<(&Route, Location)>> = BTreeMap::new();
    for route in &app.routes {
        if let Some(location) = location(app, route, diagnostics) {
            for host in &route.hosts {
                let locations = hosts.entry(host).or_default();
                locations.push((route, location));
            }
        }
    }
    let mut servers = Vec::with_capacity(hosts.len());
    for (host, mut routes) in hosts {
        routes.sort_by_key(|(_, it)| (Reverse(it.path.len()), it.path, !it.exact, it.resource));
        for pair in routes.windows(2) {
            let [(first, a), (second, b)] = pair else {
                continue;
            };
            if (a.path, a.exact) == (b.path, b.exact) {
                diagnostics.push(second.same_as(first, host, a.path));
            }
        }
        let mut snippets: Vec<&str> = Vec::new();
        for (route, _) in &routes {
            let snippet = route.annotations.get(SERVER_SNIPPET).map(String::as_str);
            snippets.extend(snippet.filter(|snippet| !snippets.contains(snippet)));
        }
        let locations = routes.into_iter().map(|(_, location)| location).collect();
        servers.push(Server {
            host,
            snippets,
            locations,
        });
    }
    servers
}

fn location<'a>(
    app: &'a App,
    route: &'a Route,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Location<'a>> {
    let uid = &route.resource;
    let component = app.components.get(&route.component);
    let Some(port) = component.and_then(|component| component.ports.get(&route.port)) else {
        let message = format!(
            "the route `{uid}` leads to port `{}` of `{}`, which does not exist",
            route.port, route.component
        );
        diagnostics
            .push(report(route.path_span, message).help("use a service port of the workload"));
        return None;
    };
    let exact = route
        .annotations
        .get(PATH_TYPE)
        .is_some_and(|kind| kind == "Exact");
    Some(Location {
        resource: uid,
        path: if exact { &route.path } else { route.prefix() },
        exact,
        new_path: route.new_prefix(),
        host: &route.component,
        port: port.target,
        snippet: route.annotations.get(LOCATION_SNIPPET).map(String::as_str),
    })
}

/// An error of a route, at its path.
fn report(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::TargetInvalid, message).at(span, "")
}
