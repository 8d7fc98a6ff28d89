//! The format of requests and answers of provisioner commands: JSON in, JSON out. Running commands is the
//! responsibility of the world.

use std::sync::LazyLock;

use score_spec::{
    Code, Diagnostic, Map, Sources, Span, Value,
    schema::{Codes, Schema},
};
use serde_json::{Map as JsonMap, Value as Json};
use sha2::{Digest as _, Sha256};

use super::Arguments;
use super::params::to_node;
use crate::graph::Resource;
use crate::ir::{SecretValue, Text, Tree};
use crate::provisioner::command::{Command, VERSION};

/// The schema of answers, which is part of this workspace and tested.
static ANSWER: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::RUN_ANSWER));

/// The request to a command.
#[derive(Debug)]
pub(crate) struct RunRequest<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) project: Option<&'a str>,
    pub(crate) arguments: &'a Arguments,
    pub(crate) state: JsonMap<String, Json>,
}

impl RunRequest<'_> {
    /// A digest of the request without its state, which can change with each answer. The command
    /// line is included unevaluated, because all inputs of its expressions are part of the request.
    pub(crate) fn digest(&self, command: &Command) -> String {
        let mut hash = Sha256::new();
        for word in &command.words {
            let word = word.written();
            hash.update((word.len() as u64).to_be_bytes());
            hash.update(word);
        }
        for name in &command.environment {
            hash.update(name);
            hash.update([0]);
        }
        hash.update(self.bytes(&JsonMap::new()));
        crate::ir::secret::hex(&hash.finalize())
    }

    /// The JSON document for the standard input of the command, as described by
    /// `schemas/run-request.json`.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.bytes(&self.state)
    }

    fn bytes(&self, state: &JsonMap<String, Json>) -> Vec<u8> {
        let resource = self.resource;
        let mut document = JsonMap::new();
        let mut add = |name: &str, value: Json| document.insert(name.to_owned(), value);
        add("version", VERSION.into());
        add("uid", resource.uid.as_str().into());
        add("type", resource.kind.as_str().into());
        add(
            "class",
            resource.class.as_deref().unwrap_or("default").into(),
        );
        add("id", resource.id.as_str().into());
        add("workload", resource.workload.as_str().into());
        if let Some(project) = self.project {
            add("project", project.into());
        }
        let Arguments {
            params,
            metadata,
            resources,
        } = self.arguments;
        add("params", json(params));
        add("metadata", json(metadata));
        add("resources", json(&without_references(resources)));
        add("state", state.clone().into());
        let mut bytes = Json::from(document).to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }
}

/// A tree without references as JSON.
fn json(tree: &Tree) -> Json {
    let plain = |text: &Text| text.as_plain().unwrap_or_default().to_owned();
    tree.map_text(&mut { plain }).to_json()
}

/// Maps of outputs without those that contain a reference.
fn without_references(resources: &Tree) -> Tree {
    let Tree::Map(resources) = resources else {
        return Map::default().into();
    };
    let known = |outputs: &Tree| match outputs {
        Tree::Map(outputs) => {
            let plain = outputs.iter().filter(|(_, value)| !has_reference(value));
            plain.map(|(name, it)| (name.clone(), it.clone())).collect()
        }
        other => other.clone(),
    };
    let resources = resources.iter();
    resources
        .map(|(label, outputs)| (label.clone(), known(outputs)))
        .collect()
}

/// Whether a tree contains a reference.
pub(crate) fn has_reference(tree: &Tree) -> bool {
    let mut found = false;
    tree.each_text(&mut |text| found |= text.as_plain().is_none());
    found
}

/// The answer of a command.
#[derive(Debug, Default)]
pub(crate) struct RunResponse {
    pub(crate) values: JsonMap<String, Json>,
    pub(crate) secrets: Map<SecretValue>,
    pub(crate) state: JsonMap<String, Json>,
}

impl RunResponse {
    /// Parses the output of a command. Error messages do not contain its values, which may be
    /// secret; `place` is the location of the command.
    pub(crate) fn read(
        bytes: &[u8],
        place: Span,
        sources: &Sources,
    ) -> Result<Self, Vec<Diagnostic>> {
        let problem = |message: String| {
            Diagnostic::new(Code::ProvisionerCommandAnswer, message).at(place, "")
        };
        if bytes.trim_ascii().is_empty() {
            let found = problem("the command wrote nothing to standard output".to_owned());
            return Err(vec![
                found.help(format!("write at least `{{\"version\": \"{VERSION}\"}}`")),
            ]);
        }
        let json: Json = serde_json::from_slice(bytes).map_err(|error| {
            let found = problem(format!(
                "the output of the command is not valid JSON: {error}"
            ));
            vec![found.help(
                "write a single JSON document to standard output, and everything else, such as \
                 logs, to standard error",
            )]
        })?;
        let help = "`score-rs schema run-answer` prints the schema of answers";
        let tree = Value::from_json(json.clone()).map_text(&mut |text| Text::from(text.as_str()));
        let node = to_node(&tree, place);
        let codes = Codes::all(Code::ProvisionerCommandAnswer);
        let found = ANSWER.check(&node, sources, &codes);
        if !found.is_empty() {
            let found = found.into_iter();
            let found =
                found.map(|it| problem(format!("in the answer of the command: {}", it.message)));
            return Err(found.map(|it| it.help(help)).collect());
        }
        let response = Self::new(json);
        if let Some(name) = response
            .secrets
            .keys()
            .find(|name| response.values.contains_key(*name))
        {
            let found = problem(format!(
                "in the answer of the command: `{name}` is both a value and a secret"
            ));
            return Err(vec![found.help("use different names")]);
        }
        Ok(response)
    }

    /// The answer in a validated document.
    fn new(json: Json) -> Self {
        let mut response = Self::default();
        let Json::Object(parts) = json else {
            return response;
        };
        for (name, part) in parts {
            match (name.as_str(), part) {
                ("values", Json::Object(values)) => response.values = values,
                ("state", Json::Object(state)) => response.state = state,
                ("secrets", Json::Object(secrets)) => {
                    let secrets = secrets.into_iter();
                    response
                        .secrets
                        .extend(secrets.filter_map(|(name, value)| match value {
                            Json::String(value) => Some((name, SecretValue::new(value))),
                            _ => None,
                        }));
                }
                _ => {}
            }
        }
        response
    }
}
