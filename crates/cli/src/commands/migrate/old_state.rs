//! The state files of score-compose and score-k8s.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use score_compat::yaml;
use score_compiler::state::{Imported, ImportedResource};
use score_spec::Sources;
use serde_json::{Map, Value};

use crate::host::{Gate, Kind};
use crate::report::failure::Failure;

/// The maximum size of a state file.
const MOST: usize = 8 << 20;

/// The maximum number of patch templates, each of which becomes a file.
const MOST_PATCHES: usize = 1000;

/// The part of the shared state about the proxy of routes.
const ROUTES: &str = "default-provisioners-routing-instance";

/// The parts of a state file that are taken over.
#[derive(Debug, Default)]
pub(super) struct OldState {
    /// The name of the Compose project.
    pub(super) project: Option<String>,
    /// The resources by uid.
    pub(super) resources: BTreeMap<String, OldResource>,
    shared: Map<String, Value>,
    /// The suffixes of the instance labels of workloads, by name.
    pub(super) suffixes: BTreeMap<String, String>,
    /// The workloads with a Score file, by name.
    pub(super) workloads: BTreeMap<String, OldWorkload>,
    /// The builds of images, in the syntax of Compose, by `WORKLOAD/CONTAINER`.
    pub(super) builds: BTreeMap<String, Value>,
    /// The patch templates.
    pub(super) patches: Vec<String>,
}

/// A workload in a state file.
#[derive(Debug)]
pub(super) struct OldWorkload {
    /// The path of its Score file.
    pub(super) file: String,
    /// The Score file with the changes by options.
    pub(super) spec: Map<String, Value>,
}

/// A resource in a state file.
#[derive(Debug)]
pub(super) struct OldResource {
    pub(super) kind: String,
    /// The uri of its provisioner.
    pub(super) provisioner: String,
    values: ImportedResource,
}

impl OldResource {
    /// Whether there are names or passwords to keep.
    pub(super) fn has_state(&self) -> bool {
        !self.values.state.is_empty()
    }
}

/// The text of a state file, if it exists.
pub(super) fn text(gate: &Gate, path: &Path) -> Result<Option<String>, Failure> {
    let located = match gate.locate(path) {
        Ok(located) if located.kind.is_none() => return Ok(None),
        Ok(located) => located,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(path, &error)),
    };
    if located.kind != Some(Kind::File) {
        let problem = format!("`{}` is not a regular file", path.display());
        return Err(Failure::new(problem));
    }
    let bytes = located
        .read()
        .map_err(|error| Failure::read(path, &error))?;
    if bytes.len() > MOST {
        let problem = format!("`{}` is larger than {} MiB", path.display(), MOST >> 20);
        return Err(Failure::new(problem));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Failure::new(format!("`{}` is not UTF-8", path.display())))?;
    Ok(Some(text))
}

impl OldState {
    /// Reads a state file.
    pub(super) fn read(text: &str, folder: &Path) -> Result<Self, Failure> {
        let mut sources = Sources::new();
        let id = sources.add("state.yaml", text);
        let wrong = || {
            let path = folder.join("state.yaml");
            let problem = format!("`{}` is not a state file", path.display());
            Failure::new(problem).help("restore it from a backup, or remove the folder")
        };
        let document = yaml::read(&sources, id).map_err(|_| wrong())?;
        let json = document
            .as_ref()
            .and_then(yaml::to_json)
            .unwrap_or_default();
        let mut state = Self::default();
        if json.is_null() {
            return Ok(state);
        }
        let fields = json.as_object().ok_or_else(wrong)?;
        let object = |key: &str| fields.get(key).and_then(Value::as_object);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        state.project = fields.get("compose_project").and_then(text);
        state.shared = object("shared_state").cloned().unwrap_or_default();
        let patches = fields.get("patching_templates").and_then(Value::as_array);
        state.patches = patches.into_iter().flatten().filter_map(text).collect();
        if state.patches.len() > MOST_PATCHES {
            let problem = format!("the project has more than {MOST_PATCHES} patch templates");
            return Err(Failure::new(problem));
        }
        for (name, workload) in object("workloads").into_iter().flatten() {
            if let Some(suffix) = workload["instance_suffix"].as_str() {
                state.suffixes.insert(name.clone(), suffix.to_owned());
            }
            if let Some(file) = text(&workload["file"]) {
                let spec = workload["spec"].as_object().cloned().unwrap_or_default();
                let workload = OldWorkload { file, spec };
                state.workloads.insert(name.clone(), workload);
            }
            for (container, build) in workload["build_configs"].as_object().into_iter().flatten() {
                state
                    .builds
                    .insert(format!("{name}/{container}"), build.clone());
            }
        }
        for (uid, resource) in object("resources").into_iter().flatten() {
            let kind = uid.split(['.', '#']).next().unwrap_or_default().to_owned();
            let values = ImportedResource {
                guid: text(&resource["guid"]),
                state: resource["state"].as_object().cloned().unwrap_or_default(),
            };
            let resource = OldResource {
                kind: text(&resource["type"]).unwrap_or(kind),
                provisioner: text(&resource["provisioner"]).unwrap_or_default(),
                values,
            };
            state.resources.insert(uid.clone(), resource);
        }
        Ok(state)
    }

    /// The port of the machine on which routes are published.
    pub(super) fn routes_port(&self) -> Option<u16> {
        match self.shared.get(ROUTES)?.get("instancePort")? {
            Value::String(port) => port.parse().ok(),
            port => port.as_u64()?.try_into().ok(),
        }
    }

    /// The values that stay.
    pub(super) fn imported(&self) -> Imported {
        let resources = self.resources.iter();
        Imported {
            shared: self.shared.clone(),
            resources: resources
                .map(|(uid, resource)| (uid.clone(), resource.values.clone()))
                .collect(),
        }
    }
}
