//! The result of a provisioner for a resource.

use score_spec::{Kind, Span};
use serde_json::{Map, Value as Json};

use crate::list::Part;
use crate::services;
use crate::yaml::{self, Node, Scalar};

/// The result of a provisioner for a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The new state of the resource.
    pub state: Map<String, Json>,
    /// The outputs.
    pub outputs: Map<String, Json>,
    /// Folders below the mounts folder, and whether each exists.
    pub directories: Map<String, Json>,
    /// Files below the mounts folder with their contents; null for those that do not exist.
    pub files: Map<String, Json>,
    /// Compose networks.
    pub networks: Map<String, Json>,
    /// Compose services.
    pub services: Map<String, Json>,
    /// Compose volumes.
    pub volumes: Map<String, Json>,
    /// Compose models.
    pub models: Map<String, Json>,
    /// Messages for the user.
    pub info_logs: Vec<String>,
    /// Kubernetes objects.
    pub manifests: Vec<Json>,
    /// The locations of templates that print `<no value>`.
    pub no_values: Vec<Span>,
    /// The values of random functions, which are secrets unless they name something.
    pub random_values: Vec<String>,
}

impl Answer {
    /// Takes over the output of a template.
    ///
    /// # Errors
    ///
    /// The reason why it has another form than this part.
    pub(super) fn take(&mut self, part: Part, document: &Node) -> Result<(), String> {
        match part {
            Part::Init | Part::State | Part::Shared => {}
            Part::Outputs => self.outputs = map(document)?,
            Part::Directories => {
                self.directories = map(document)?;
                let is_flag = |it: &Json| it.is_null() || it.is_boolean();
                if !self.directories.values().all(is_flag) {
                    return Err("must have `true` or `false` for each folder".to_owned());
                }
            }
            Part::Files => {
                self.files = map(document)?;
                let is_content = |it: &Json| it.is_null() || it.is_string();
                if !self.files.values().all(is_content) {
                    return Err("must have the content of each file as a string".to_owned());
                }
            }
            Part::Networks => self.networks = map(document)?,
            Part::Services => {
                self.services = services::read(document)
                    .map_err(|fault| format!("has a wrong value: {fault}"))?;
            }
            Part::Volumes => self.volumes = map(document)?,
            Part::Models => self.models = map(document)?,
            Part::InfoLogs => self.info_logs = texts(document)?,
            Part::Manifests => self.manifests = maps(document)?,
        }
        Ok(())
    }
}

const NO_JSON: &str = "has a number that JSON does not have";

fn map(document: &Node) -> Result<Map<String, Json>, String> {
    match yaml::to_json(document) {
        Some(Json::Object(map)) => Ok(map),
        Some(_) => Err("must be a map".to_owned()),
        None => Err(NO_JSON.to_owned()),
    }
}

fn texts(document: &Node) -> Result<Vec<String>, String> {
    let texts: Option<Vec<String>> = match &document.kind {
        Kind::List(items) => {
            let texts = items.iter().map(|item| match &item.kind {
                Kind::Text(Scalar::Text(text)) => Some(text.clone()),
                _ => None,
            });
            texts.collect()
        }
        _ => None,
    };
    texts.ok_or_else(|| "must be a list of strings".to_owned())
}

fn maps(document: &Node) -> Result<Vec<Json>, String> {
    match yaml::to_json(document) {
        Some(Json::Array(items)) if items.iter().all(Json::is_object) => Ok(items),
        Some(_) => Err("must be a list of objects".to_owned()),
        None => Err(NO_JSON.to_owned()),
    }
}
