//! The workloads that provisioners in lists know.

use std::collections::BTreeMap;

use score_compat::list::Tool;
use score_compat::session::{Service, ServicePort};
use score_spec::{Protocol, Workload};
use serde_json::{Map, Value};

use super::super::steps::Steps;
use crate::graph::{Project, Resource};
use crate::ir::Ref;
use crate::ir::sealing::Sealing;

/// The annotation for the name of the Service of a workload.
const SERVICE_NAME: &str = "k8s.score.dev/service-name";

/// The workloads that declare params of shared resources.
pub(super) struct Origins<'a> {
    project: &'a Project,
    /// Of those that declare params of a resource the last by name, by uid.
    with_params: BTreeMap<String, &'a str>,
}

/// The workload for which a resource is provisioned.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) workload: String,
    pub(super) metadata: Map<String, Value>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        let mut with_params = BTreeMap::new();
        for (name, workload) in &project.workloads {
            for (local, resource) in &workload.resources {
                if resource.id.is_some()
                    && resource.params.is_some()
                    && let Some(uid) = Project::uid(workload, local)
                {
                    with_params.insert(uid, name.as_str());
                }
            }
        }
        Self {
            project,
            with_params,
        }
    }

    /// The first workload by name that declares the resource; with params, the last one that sets them.
    pub(super) fn of(&self, resource: &Resource) -> Origin {
        let with_params = self.with_params.get(&resource.uid).copied();
        let name = with_params.unwrap_or(&resource.workload);
        let workload = self.project.declaring(name);
        Origin {
            workload: name.to_owned(),
            metadata: workload.map(metadata).unwrap_or_default(),
        }
    }
}

fn metadata(workload: &Workload) -> Map<String, Value> {
    match workload.metadata.to_json() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The services of all workloads, by the names of the workloads. In charts, their names depend on the release.
pub(super) fn services(steps: &Steps<'_>, tool: Tool, sealing: &mut Sealing) -> Vec<Service> {
    let is_open = steps.options.open_settings;
    let workloads = steps.project.workloads.iter();
    let services = workloads.map(|(name, workload)| {
        let renamed = workload.annotations.get(SERVICE_NAME);
        let renamed = renamed.filter(|_| tool == Tool::Kubernetes);
        let ports = workload.ports.iter().map(|(name, port)| ServicePort {
            name: name.clone(),
            port: port.port,
            target: port.target,
            protocol: match port.protocol {
                Protocol::Tcp => "TCP",
                Protocol::Udp => "UDP",
            },
        });
        Service {
            workload: name.clone(),
            name: match renamed {
                Some(renamed) => renamed.value.clone(),
                None if is_open => sealing.marker(&Ref::Host(name.clone())),
                None => name.clone(),
            },
            ports: ports.collect(),
        }
    });
    services.collect()
}
