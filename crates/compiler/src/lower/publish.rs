//! The ports that options, the project file and provisioners publish on the host.

use std::net::IpAddr;

use score_spec::{
    Code, Diagnostic, Protocol,
    diagnostic::{listed, nearest},
};

use super::Lowering;
use crate::graph::Resource;
use crate::input::options::{ContainerPort, PublishOption};
use crate::ir::{Asker, Component, Published, Ref, Tree};
use crate::provisioner::expression::to_text;
use crate::resolve::Requested;

impl Lowering<'_> {
    pub(super) fn publish(&mut self) {
        for option in &self.options.published {
            let of = option.of.value.as_str();
            if self.project.missing.contains(of) {
                continue;
            }
            let name = self.published_component(of);
            // A run may cover only a part of a project.
            let resource = of.rsplit_once('.').map_or(of, |(uid, _)| uid);
            if name.is_none()
                && option.asked_by == Asker::Project
                && !self.project.resources.contains_key(resource)
            {
                continue;
            }
            let Some(name) = name else {
                self.unknown_component(option);
                continue;
            };
            // A failed one has already been reported.
            let Some(component) = self.app.components.get(&name) else {
                continue;
            };
            let (ports, found) = ports(option, component);
            self.diagnostics.extend(found);
            for (container, protocol) in ports {
                self.add_published(Published {
                    component: name.clone(),
                    address: option.address,
                    host: option.host,
                    container,
                    protocol,
                    span: Some(option.of.span),
                    asked_by: option.asked_by.clone(),
                });
            }
        }
    }

    /// The name of the component for `WORKLOAD` or `UID.OUTPUT`. The class `default` can be omitted from the uid.
    fn published_component(&self, of: &str) -> Option<String> {
        if self.project.workloads.contains_key(of) {
            return Some(of.to_owned());
        }
        let (uid, output) = of.rsplit_once('.')?;
        let resource = match uid.split_once('#') {
            Some((kind, id)) if !kind.contains('.') => {
                self.resolved.get(&format!("{kind}.default#{id}"))
            }
            _ => self.resolved.get(uid),
        };
        match resource?.outputs.get(output)? {
            Tree::Text(text) => match text.as_reference()? {
                Ref::Host(component) => Some(component.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    fn unknown_component(&mut self, option: &PublishOption) {
        let of = option.of.value.as_str();
        let known = self.project.workloads.keys().map(String::as_str);
        let help = match nearest(of, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "use a workload, or an output of a resource that is a host name, such as \
             `redis.default#web.cache.host`"
                .to_owned(),
        };
        let message = format!("`{of}` is neither a workload nor the host of a resource");
        self.diagnostics.push(
            Diagnostic::new(Code::ProjectPublish, message)
                .at(option.of.span, "")
                .help(help),
        );
    }

    /// Adds a port that a provisioner publishes. Several resources may publish the same port.
    pub(super) fn publish_of(&mut self, resource: &Resource, request: &Requested) {
        let host = match request.tree.get("as") {
            None | Some(Tree::Null) => return,
            Some(value) => to_text(value),
        };
        let host = host.as_plain().unwrap_or_default();
        let Some(number) = host.parse().ok().filter(|port| *port > 0) else {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::ProjectPublish,
                    format!("`{host}` is not a valid port of the host"),
                )
                .at(resource.span, "")
                .help("use an integer from 1 to 65535"),
            );
            return;
        };
        let port = match request.tree.get("port") {
            Some(Tree::Text(text)) => match text.as_reference() {
                Some(Ref::Port { component, port }) => self
                    .app
                    .components
                    .get(component)
                    .and_then(|known| Some((component, known.ports.get(port)?))),
                _ => None,
            },
            _ => None,
        };
        let Some((component, port)) = port else {
            let problem = Diagnostic::new(
                Code::ProvisionerInvalid,
                "the provisioner publishes a value that is not a port of a component",
            );
            self.diagnostics.push(
                resource.mark(problem.at(request.span, ""))
                .help("write `{{ service('…').port('…') }}`, or an output of another resource that is a port"),
            );
            return;
        };
        let published = Published {
            component: component.clone(),
            address: None,
            host: number,
            container: port.target,
            protocol: port.protocol,
            span: Some(resource.span),
            asked_by: Asker::Resource(resource.uid.clone()),
        };
        self.add_published(published);
    }

    /// Adds a port, unless it is already published in the same way.
    fn add_published(&mut self, wanted: Published) {
        let mut known = self.app.published.iter();
        if !known.any(|it| same(it, &wanted)) {
            self.app.published.push(wanted);
        }
    }
}

fn same(a: &Published, b: &Published) -> bool {
    type Key<'a> = (&'a str, Option<IpAddr>, u16, u16, Protocol);
    fn key(it: &Published) -> Key<'_> {
        let name = it.component.as_str();
        (name, it.address, it.host, it.container, it.protocol)
    }
    key(a) == key(b)
}

/// The ports of a component that an option publishes, and its problems. A number that is both a TCP
/// and a UDP port represents both.
fn ports(
    option: &PublishOption,
    component: &Component,
) -> (Vec<(u16, Protocol)>, Option<Diagnostic>) {
    let number = match &option.container.value {
        ContainerPort::Number(number) => *number,
        ContainerPort::Name(name) => {
            let Some(port) = component.ports.get(name) else {
                return (Vec::new(), Some(unknown_name(option, component, name)));
            };
            let protocol = option.protocol.unwrap_or(port.protocol);
            let other =
                (protocol != port.protocol).then(|| unheard(option, component, port.target));
            return (vec![(port.target, protocol)], other);
        }
    };
    let known = component.ports.values();
    let mut protocols: Vec<Protocol> = known
        .filter(|port| port.target == number)
        .map(|port| port.protocol)
        .filter(|protocol| option.protocol.is_none_or(|wanted| wanted == *protocol))
        .collect();
    protocols.sort_by_key(|protocol| protocol.as_str());
    protocols.dedup();
    if !protocols.is_empty() {
        let ports = protocols.into_iter().map(|protocol| (number, protocol));
        return (ports.collect(), None);
    }
    let protocol = option.protocol.unwrap_or_default();
    let probed = protocol == Protocol::Tcp && is_probed(component, number);
    let found = (!probed).then(|| unheard(option, component, number));
    (vec![(number, protocol)], found)
}

/// Whether a probe of the component uses this port, which means that a container listens on it.
fn is_probed(component: &Component, number: u16) -> bool {
    let containers = component.containers.values();
    let mut probes = containers.flat_map(|container| {
        let probes = [&container.liveness_probe, &container.readiness_probe];
        probes.into_iter().flatten()
    });
    probes.any(|probe| {
        probe
            .http_get
            .as_ref()
            .is_some_and(|get| get.port == number)
    })
}

fn unknown_name(option: &PublishOption, component: &Component, name: &str) -> Diagnostic {
    let known = || component.ports.keys().map(String::as_str);
    let help = match nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if component.ports.is_empty() => {
            "declare it under `service.ports`, or write the number of the port on which the container listens"
                .to_owned()
        }
        None => format!("it has {}", listed(known())),
    };
    let message = format!("`{}` has no service port `{name}`", component.name);
    Diagnostic::new(Code::ProjectPublish, message)
        .at(option.container.span, "")
        .help(help)
}

/// The diagnostic about a port on which no container is known to listen.
fn unheard(option: &PublishOption, component: &Component, number: u16) -> Diagnostic {
    let name = &component.name;
    let protocol = option.protocol;
    let fits = |of: Protocol| protocol.is_none_or(|wanted| wanted == of);
    let mut service = component.ports.iter();
    let meant = service.find(|(_, port)| port.port == number && fits(port.protocol));
    let help = match (meant, component.ports.is_empty()) {
        (Some((port, known)), _) => format!(
            "{number} is the number of the service port `{port}`, for which a container listens on \
             {}: write `{port}` or {} instead",
            known.target, known.target
        ),
        (None, true) => format!(
            "if a container does, declare it: `service: {{ports: {{debug: {{port: {number}}}}}}}`"
        ),
        (None, false) => {
            let known = component.ports.iter();
            let known: Vec<String> = known
                .map(|(name, port)| {
                    let protocol = match port.protocol {
                        Protocol::Tcp => "",
                        Protocol::Udp => "/udp",
                    };
                    format!("{name} ({}{protocol})", port.target)
                })
                .collect();
            let known = listed(known.iter().map(String::as_str));
            format!("its declared ports are {known}; declare other ports under `service.ports`")
        }
    };
    let over = protocol.map_or(String::new(), |it| format!(" over {}", it.as_str()));
    let message = format!("no container of `{name}` is known to listen on port {number}{over}");
    Diagnostic::new(Code::ProjectPublishUnheard, message)
        .at(option.container.span, "")
        .help(help)
}
