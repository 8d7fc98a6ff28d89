//! The data of templates.

use std::rc::Rc;

use score_gotemplate::{Field, Map, Struct, StructType, Value, ValueType};
use serde_json::Value as Json;

use super::Answer;
use crate::list::Tool;
use crate::value::{from_json, map_to_json};

/// The facts about a project for templates.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// The tool whose data templates see.
    pub tool: Tool,
    /// The services of the workloads.
    pub services: &'a [Service],
    /// The name of the Compose project.
    pub compose_project: &'a str,
    /// The folder of mounted files, relative to the project.
    pub mounts: &'a str,
    /// The namespace of Kubernetes objects; empty if there is none.
    pub namespace: &'a str,
}

/// The network service of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name of the workload.
    pub workload: String,
    /// The host name.
    pub name: String,
    /// The ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a [`Service`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// The name of the port.
    pub name: String,
    /// The number for connections.
    pub port: u16,
    /// The number in the container.
    pub target: u16,
    /// `TCP` or `UDP`.
    pub protocol: &'static str,
}

/// A resource for which a provisioner is evaluated.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The uid: `TYPE.CLASS#ID`, or `TYPE.CLASS#WORKLOAD.NAME`.
    pub uid: &'a str,
    /// The type.
    pub kind: &'a str,
    /// The class.
    pub class: &'a str,
    /// The id: the part of the uid after `#`.
    pub id: &'a str,
    /// A UUID that stays the same.
    pub guid: &'a str,
    /// The params, whose placeholders are replaced.
    pub params: &'a serde_json::Map<String, Json>,
    /// The metadata.
    pub metadata: &'a serde_json::Map<String, Json>,
    /// The state of the last run.
    pub state: &'a serde_json::Map<String, Json>,
    /// The first workload by name that declares the resource.
    pub source_workload: &'a str,
    /// The metadata of that workload.
    pub workload_metadata: &'a serde_json::Map<String, Json>,
}

/// The type of the data, and what is the same for all resources.
pub(super) struct DataType {
    of: Rc<StructType>,
    tool: Tool,
    services: Value,
    compose_project: Value,
    mounts: Value,
    namespace: Value,
}

/// The names of fields of both tools.
const COMMON: [&str; 11] = [
    "Uid",
    "Type",
    "Class",
    "Id",
    "Params",
    "Metadata",
    "Init",
    "State",
    "Shared",
    "SourceWorkload",
    "WorkloadServices",
];

impl DataType {
    pub(super) fn new(project: &Project<'_>) -> Self {
        let others: &[&'static str] = match project.tool {
            Tool::Compose => &["ComposeProjectName", "MountsDirectory"],
            Tool::Kubernetes => &["Guid", "WorkloadMetadata", "Namespace"],
        };
        let names = COMMON.into_iter().chain(others.iter().copied());
        let of = StructType {
            name: "*templateprov.Data",
            fields: names.map(|name| Field::new(name, Value::Nil)).collect(),
        };
        Self {
            of: Rc::new(of),
            tool: project.tool,
            services: services(project.services),
            compose_project: Value::from(project.compose_project),
            mounts: Value::from(project.mounts),
            namespace: Value::from(project.namespace),
        }
    }

    /// The data of a resource as a struct.
    pub(super) fn value(&self, data: &Data) -> Value {
        let mut values = data.names.to_vec();
        values.extend([
            data.params.clone(),
            data.metadata.clone(),
            data.init.clone(),
            Value::Map(data.state.clone()),
            Value::Map(data.shared.clone()),
            data.source_workload.clone(),
            self.services.clone(),
        ]);
        match self.tool {
            Tool::Compose => values.extend([self.compose_project.clone(), self.mounts.clone()]),
            Tool::Kubernetes => values.extend([
                data.guid.clone(),
                data.workload_metadata.clone(),
                self.namespace.clone(),
            ]),
        }
        Value::Struct(Struct::new(&self.of, values))
    }
}

/// The data of a resource.
pub(super) struct Data {
    /// `Uid`, `Type`, `Class` and `Id`.
    names: [Value; 4],
    guid: Value,
    params: Value,
    metadata: Value,
    pub(super) init: Value,
    pub(super) state: Map,
    shared: Map,
    source_workload: Value,
    workload_metadata: Value,
}

impl Data {
    pub(super) fn new(request: &Request<'_>, shared: &Map) -> Self {
        let map = |entries: &serde_json::Map<String, Json>| -> Map {
            let entries = entries.iter();
            entries
                .map(|(key, value)| (key.as_str(), from_json(value)))
                .collect()
        };
        let optional = |entries: &serde_json::Map<String, Json>| {
            let is_nil = entries.is_empty();
            Value::Map(if is_nil { Map::nil() } else { map(entries) })
        };
        Self {
            names: [request.uid, request.kind, request.class, request.id].map(Value::from),
            guid: Value::from(request.guid),
            params: optional(request.params),
            metadata: optional(request.metadata),
            init: Value::Map(Map::nil()),
            state: map(request.state),
            shared: shared.clone(),
            source_workload: Value::from(request.source_workload),
            workload_metadata: optional(request.workload_metadata),
        }
    }

    /// Moves the state into the answer. Absent if it has a value that JSON does not have.
    pub(super) fn finish(self, answer: &mut Answer) -> Option<()> {
        answer.state = map_to_json(&self.state)?;
        Some(())
    }
}

/// The services by workload: structs in a map, so that an unknown workload has an empty one.
fn services(services: &[Service]) -> Value {
    let field = |name, json_name, zero| Field {
        name,
        json_name,
        zero,
    };
    let port = Rc::new(StructType {
        name: "provisioners.ServicePort",
        fields: vec![
            field("Name", "name", Value::from("")),
            field("Port", "port", Value::int(0)),
            field("TargetPort", "target_port", Value::int(0)),
            field("Protocol", "protocol", Value::named("v1.Protocol", "")),
        ],
    });
    let no_ports = Value::Map(Map::of(ValueType::Struct(Rc::clone(&port))));
    let of = Rc::new(StructType {
        name: "provisioners.NetworkService",
        fields: vec![
            field("ServiceName", "ServiceName", Value::from("")),
            field("Ports", "ports", no_ports),
        ],
    });
    let all = Map::of(ValueType::Struct(Rc::clone(&of)));
    for service in services {
        let ports = Map::of(ValueType::Struct(Rc::clone(&port)));
        for known in &service.ports {
            let values = vec![
                Value::from(known.name.as_str()),
                Value::int(i64::from(known.port)),
                Value::int(i64::from(known.target)),
                Value::named("v1.Protocol", known.protocol),
            ];
            let value = Struct::new(&port, values);
            ports.insert(known.port.to_string(), value.clone());
            ports.insert(known.name.as_str(), value);
        }
        let values = vec![Value::from(service.name.as_str()), Value::Map(ports)];
        all.insert(service.workload.as_str(), Struct::new(&of, values));
    }
    Value::Map(all)
}
