//! The workloads of a run, as expressions see them.

use std::sync::{Arc, OnceLock};

use minijinja::value::{Object, ObjectRepr, Value as Jinja};
use minijinja::{Error, State};
use score_spec::{
    Code, Map, Protocol, Resource, Spanned, Valid, Workload,
    diagnostic::{listed, nearest},
};

use super::functions::misuse;
use crate::graph::Project;
use crate::input::{ExternalWorkload, Settings};
use crate::ir::{Ref, Tree, name};
use crate::provisioner::expression::{Blame, Patterns, Results, charge, reference, to_jinja};

/// The fields of the value of a workload.
const FIELDS: [&str; 5] = ["name", "annotations", "containers", "ports", "resources"];

/// The workloads that expressions can refer to. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Directory(Arc<Workloads>);

#[derive(Debug)]
struct Workloads {
    /// The workloads with those outside of the project, by name; absent for workloads with errors.
    endpoints: Map<Option<Endpoint>>,
    /// The workloads of the project.
    known: Map<Arc<Valid<Workload>>>,
    /// Whether some workloads of the project are missing because of errors.
    is_incomplete: bool,
    /// The annotations of all workloads.
    annotations: Map<Spanned<String>>,
    /// The values of the workloads, by name. They are created if an expression uses one.
    values: OnceLock<Map<Jinja>>,
    /// The values of expressions that depend only on the workloads.
    results: Results,
}

impl Directory {
    /// The workloads of a project take precedence over external ones.
    pub(crate) fn new(project: &Project, settings: &Settings) -> Self {
        let missing = project.missing.iter().map(|name| (name.clone(), None));
        let known = project.workloads.iter();
        let known = known.map(|(name, it)| (name.clone(), Some(Endpoint::workload(it))));
        let mut endpoints: Map<_> = missing.chain(known).collect();
        for (name, workload) in &settings.externals {
            let entry = endpoints.entry(name.clone());
            entry.or_insert_with(|| Some(Endpoint::external(name, workload)));
        }
        Self(Arc::new(Workloads {
            endpoints,
            known: project.workloads.clone(),
            is_incomplete: !project.missing.is_empty(),
            annotations: settings.annotations.clone(),
            values: OnceLock::new(),
            results: Results::default(),
        }))
    }

    /// The values of expressions that depend only on the workloads.
    pub(super) fn results(&self) -> &Results {
        &self.0.results
    }

    /// `workload(name)`.
    pub(super) fn workload(&self, name: &str) -> Result<Endpoint, Error> {
        let endpoints = &self.0.endpoints;
        let endpoint = endpoints.get(name).ok_or_else(|| {
            let known = || endpoints.keys().map(String::as_str);
            let help = match nearest(name, known()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if endpoints.len() > 12 => {
                    "also pass the Score file of that workload".to_owned()
                }
                None if self.has_externals() => format!("available: {}", listed(known())),
                None => format!("the project has {}", listed(known())),
            };
            blame(format!("unknown workload `{name}`"), help)
        })?;
        match endpoint {
            Some(endpoint) => {
                charge(endpoint.ports.len());
                Ok(endpoint.clone())
            }
            None => Err(Blame::silent().into()),
        }
    }

    /// `workloads()`: the workloads of the run, by name. Without those that have errors, a result could be wrong.
    pub(super) fn workloads(&self) -> Result<Jinja, Error> {
        if self.0.is_incomplete {
            return Err(Blame::silent().into());
        }
        let values = self.values();
        charge(values.len());
        Ok(values.values().cloned().collect())
    }

    /// A workload of the project as a value, with its kind on platforms that have several.
    pub(super) fn value(&self, workload: &str, kind: Option<&str>) -> Jinja {
        let value = self.values().get(workload).cloned().unwrap_or_default();
        let kind = ("kind", kind.map_or(Jinja::from(()), Jinja::from));
        let fields = FIELDS.map(|field| (field, value.get_attr(field).unwrap_or_default()));
        Jinja::from_pairs(fields.into_iter().chain([kind]))
    }

    fn values(&self) -> &Map<Jinja> {
        let workloads = &*self.0;
        workloads.values.get_or_init(|| {
            let values = workloads.known.iter();
            let value = |it: &Workload| to_jinja(&value(it, &workloads.annotations));
            values.map(|(name, it)| (name.clone(), value(it))).collect()
        })
    }

    fn has_externals(&self) -> bool {
        let mut endpoints = self.0.endpoints.values().flatten();
        endpoints.any(|endpoint| endpoint.external_host.is_some())
    }
}

/// The parts of a workload that expressions can use.
fn value(workload: &Workload, defaults: &Map<Spanned<String>>) -> Tree {
    let text = |text: &str| Tree::Text(text.into());
    let mut annotations = defaults.clone();
    annotations.extend(workload.annotations.clone());
    let annotations = annotations.iter();
    let annotations = annotations.map(|(name, value)| (name.clone(), text(&value.value)));
    let containers = workload.containers.iter().map(|(name, container)| {
        let image = ("image".to_owned(), text(&container.image.value));
        (name.clone(), Tree::from_iter([image]))
    });
    let ports = workload.ports.iter();
    let ports = ports.map(|(name, port)| {
        (
            name.clone(),
            port_value(port.port, port.target, port.protocol),
        )
    });
    let resources = workload.resources.iter();
    let resources =
        resources.map(|(name, resource)| (name.clone(), resource_value(workload, name, resource)));
    let parts = [
        text(&workload.name.value),
        annotations.collect(),
        containers.collect(),
        ports.collect(),
        resources.collect(),
    ];
    let fields = FIELDS.map(str::to_owned).into_iter();
    fields.zip(parts).collect()
}

fn port_value(port: u16, target: u16, protocol: Protocol) -> Tree {
    Tree::from_iter([
        ("port".to_owned(), Tree::Number(port.into())),
        ("targetPort".to_owned(), Tree::Number(target.into())),
        ("protocol".to_owned(), Tree::Text(protocol.as_str().into())),
    ])
}

fn resource_value(workload: &Workload, name: &str, resource: &Resource) -> Tree {
    let class = resource.class.as_ref();
    let class = class.map_or(name::DEFAULT_CLASS, |class| &class.value);
    let own = format!("{}.{name}", workload.name);
    let id = resource.id.as_ref().map_or(&own, |id| &id.value);
    Tree::from_iter([
        (
            "type".to_owned(),
            Tree::Text(resource.kind.value.as_str().into()),
        ),
        ("class".to_owned(), Tree::Text(class.into())),
        ("id".to_owned(), Tree::Text(id.as_str().into())),
    ])
}

fn blame(message: String, help: String) -> Error {
    Blame::new(Code::ResourceUnknownWorkload, message, help).into()
}

/// A network endpoint: `.host`, `.ports`, `.port(name)` and `.target_port(name)`.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// The name of the component.
    pub(super) name: String,
    /// The host name of a workload outside of the project, whose host and ports are plain values.
    pub(super) external_host: Option<String>,
    pub(super) ports: Vec<EndpointPort>,
}

/// A port of an endpoint.
#[derive(Debug, Clone)]
pub(super) struct EndpointPort {
    name: String,
    /// Its number, if known.
    port: Option<u16>,
    /// The port on which the container listens, and the protocol, if known.
    target: Option<(u16, Protocol)>,
}

impl Object for Endpoint {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        match (key.as_str()?, &self.external_host) {
            ("host", Some(host)) => Some(Jinja::from(host.as_str())),
            ("host", None) => Some(reference(Ref::Host(self.name.clone()).into())),
            ("ports", _) => self.ports(),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        method: &str,
        args: &[Jinja],
    ) -> Result<Jinja, Error> {
        match (method, args) {
            ("port", [port]) => self.port(&port.to_string()),
            ("target_port", [port]) => self.target_port(&port.to_string()),
            _ => Err(misuse(
                "it has only `.host`, `.ports`, `.port(name)` and `.target_port(name)`",
            )),
        }
    }
}

impl Endpoint {
    /// A workload of the project.
    fn workload(workload: &Workload) -> Self {
        let ports = workload.ports.iter().map(|(name, port)| EndpointPort {
            name: name.clone(),
            port: Some(port.port),
            target: Some((port.target, port.protocol)),
        });
        Self {
            name: workload.name.value.clone(),
            external_host: None,
            ports: ports.collect(),
        }
    }

    /// A workload outside of the project.
    fn external(name: &str, workload: &ExternalWorkload) -> Self {
        let ports = workload.ports.iter().map(|(name, port)| EndpointPort {
            name: name.clone(),
            port: Some(*port),
            target: None,
        });
        Self {
            name: name.to_owned(),
            external_host: Some(workload.host.clone()),
            ports: ports.collect(),
        }
    }

    /// The ports of a component, before its expressions are evaluated.
    pub(super) fn ports_of(body: &Patterns) -> Vec<EndpointPort> {
        let ports = body.get("service").and_then(|service| service.get("ports"));
        let ports = ports.map_or(&[][..], Patterns::entries).iter();
        let names = ports.filter_map(|(name, _)| name.as_plain());
        let port = |name: &str| EndpointPort {
            name: name.to_owned(),
            port: None,
            target: None,
        };
        names.map(port).collect()
    }

    /// The numbers of all ports, by name, if they are known.
    fn ports(&self) -> Option<Jinja> {
        charge(10 * self.ports.len());
        let ports = self.ports.iter().map(|port| {
            let (target, protocol) = port.target?;
            let value = port_value(port.port?, target, protocol);
            Some((port.name.as_str(), to_jinja(&value)))
        });
        Some(Jinja::from_pairs(ports.collect::<Option<Vec<_>>>()?))
    }

    /// The port with this name or number.
    fn port(&self, wanted: &str) -> Result<Jinja, Error> {
        let found = self.find(wanted)?;
        if let (Some(_), Some(number)) = (&self.external_host, found.port) {
            return Ok(Jinja::from(number));
        }
        Ok(reference(
            Ref::Port {
                component: self.name.clone(),
                port: found.name.clone(),
            }
            .into(),
        ))
    }

    /// The port on which the container behind a port listens.
    fn target_port(&self, wanted: &str) -> Result<Jinja, Error> {
        match self.find(wanted)?.target {
            Some((number, _)) => Ok(Jinja::from(number)),
            None => Err(misuse(
                "only ports of workloads of the project have a known `target_port`",
            )),
        }
    }

    fn find(&self, wanted: &str) -> Result<&EndpointPort, Error> {
        charge(self.ports.len());
        let number = |port: Option<u16>| port.map(|port| port.to_string());
        let mut ports = self.ports.iter();
        let named = ports.find(|port| port.name == wanted);
        let found = named.or_else(|| {
            let mut ports = self.ports.iter();
            ports.find(|port| number(port.port).as_deref() == Some(wanted))
        });
        found.ok_or_else(|| {
            let known = || self.ports.iter().map(|port| port.name.as_str());
            let help = match (nearest(wanted, known()), self.ports.is_empty()) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, true) if self.external_host.is_some() => {
                    "add it under `ports` of the external workload".to_owned()
                }
                (None, true) => "it declares no ports under `service.ports`".to_owned(),
                (None, false) => format!("it has {}", listed(known())),
            };
            blame(
                format!("`{}` has no service port `{wanted}`", self.name),
                help,
            )
        })
    }
}
