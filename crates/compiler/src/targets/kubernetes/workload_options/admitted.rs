//! The connections that a network policy allows in addition to those in the project.

use score_spec::diagnostic::listed;
use score_spec::{Kind, Map, Node, Port, Protocol};

use super::NETWORK_POLICY_FROM;
use super::values::{labels_of, single};
use crate::ir::annotation::{ValueProblem, unknown};
use crate::ir::{Component, name};

/// The pods that may connect, and the ports that they may use.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Admitted {
    /// The labels of their namespace; that of the workload if absent, and all if empty.
    pub(in super::super) namespace: Option<Map<String>>,
    /// The workload of the pods.
    pub(in super::super) workload: Option<String>,
    /// The labels of the pods, without a workload; all pods if absent.
    pub(in super::super) pods: Option<Map<String>>,
    /// The ports; those of the workload, which has some, if empty.
    pub(in super::super) ports: Vec<AdmittedPort>,
}

/// A port of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct AdmittedPort {
    pub(in super::super) port: u16,
    pub(in super::super) protocol: Protocol,
}

/// The label that every namespace has, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

const FIELDS: [&str; 4] = ["workload", "namespace", "pods", "ports"];

/// Parses a list of maps. An entry without ports is for those of the workload. If that has none, a default of the
/// project for all workloads allows nothing.
pub(super) fn read(text: &str, component: &Component) -> Result<Vec<Admitted>, ValueProblem> {
    let node = single(text)?;
    let items = match &node.kind {
        Kind::List(items) if !items.is_empty() => items,
        _ => {
            return Err(ValueProblem::new(
                "there is no list",
                "write a list such as `[{namespace: ingress, ports: [http]}]`",
            ));
        }
    };
    let mut all = Vec::new();
    for item in items {
        let admitted = entry(item, component)?;
        if !admitted.ports.is_empty() || !component.ports.is_empty() {
            all.push(admitted);
        } else if !component.defaults.contains(NETWORK_POLICY_FROM) {
            return Err(ValueProblem::new(
                "a workload without service ports needs `ports` in each entry",
                "list the ports of the containers, such as `ports: [9090]`",
            )
            .at(item.span));
        }
    }
    Ok(all)
}

fn entry(item: &Node, component: &Component) -> Result<Admitted, ValueProblem> {
    let mut admitted = Admitted::default();
    for field in item.entries() {
        let (key, value) = (field.key.as_str(), &field.value);
        match key {
            "workload" => {
                let named = value.text().filter(|text| name::is_label(text));
                let named = named.ok_or_else(|| {
                    invalid(key, value, "write the name of a workload, such as `web`")
                })?;
                admitted.workload = Some(named.to_owned());
            }
            "namespace" => admitted.namespace = Some(namespace(value)?),
            "pods" => admitted.pods = Some(labels_of(value)?),
            "ports" => admitted.ports = ports(value, component)?,
            _ => {
                let (message, help) = unknown("field", key, &FIELDS);
                return Err(ValueProblem::new(message, help).at(field.key_span));
            }
        }
    }
    let is_other = admitted.namespace.is_some() || admitted.pods.is_some();
    match admitted.workload {
        Some(_) if is_other => Err(ValueProblem::new(
            "`workload` cannot be combined with `namespace` or `pods`",
            "write separate entries, or select the pods of the workload by their labels",
        )
        .at(item.span)),
        Some(_) => Ok(admitted),
        None if is_other => Ok(admitted),
        None => Err(ValueProblem::new(
            "an entry selects no pods",
            "add `workload`, `namespace` or `pods`, such as `{namespace: ingress}`",
        )
        .at(item.span)),
    }
}

fn namespace(value: &Node) -> Result<Map<String>, ValueProblem> {
    match value.text() {
        Some("*") => Ok(Map::default()),
        Some(name) if name::is_label(name) => Ok(Map::from_iter([(
            NAMESPACE_NAME.to_owned(),
            name.to_owned(),
        )])),
        _ => Err(invalid(
            "namespace",
            value,
            "write the name of a namespace, or `\"*\"` for all",
        )),
    }
}

fn ports(value: &Node, component: &Component) -> Result<Vec<AdmittedPort>, ValueProblem> {
    let help = "write a list of ports of the workload, or of numbers, such as `[http, 9090]`";
    if value.items().is_empty() {
        return Err(invalid("ports", value, help));
    }
    let mut ports = Vec::new();
    for item in value.items() {
        let port = match &item.kind {
            Kind::Number(number) => number.to_string().parse().ok().filter(|port| *port > 0),
            Kind::Text(name) => match component.ports.get(name) {
                Some(port) => {
                    ports.push(of_container(port));
                    continue;
                }
                None => return Err(unknown_port(name, item, component)),
            },
            _ => None,
        };
        let port = port.ok_or_else(|| invalid("ports", item, help))?;
        let protocol = Protocol::Tcp;
        ports.push(AdmittedPort { port, protocol });
    }
    Ok(ports)
}

/// The port of the container that a Service port leads to.
fn of_container(port: &Port) -> AdmittedPort {
    AdmittedPort {
        port: port.target,
        protocol: port.protocol,
    }
}

fn unknown_port(name: &str, item: &Node, component: &Component) -> ValueProblem {
    let known: Vec<&str> = component.ports.keys().map(String::as_str).collect();
    let (message, help) = if known.is_empty() {
        let message = format!("the workload has no port `{name}`");
        (message, "write the number of the port".to_owned())
    } else {
        unknown("port", name, &known)
    };
    ValueProblem::new(message, help).at(item.span)
}

fn invalid(field: &str, value: &Node, help: &str) -> ValueProblem {
    let message = match &value.kind {
        Kind::Text(text) => format!("`{field}` cannot be {}", listed([text.as_str()])),
        Kind::Number(number) => format!("`{field}` cannot be `{number}`"),
        _ => format!("`{field}` has the wrong type"),
    };
    ValueProblem::new(message, help).at(value.span)
}
