//! The format of requests and answers of provisioner commands: JSON in, JSON out. Running commands is the
//! responsibility of the world.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use score_spec::{
    Code, Diagnostic, Map, Port, Sources, Span, Value, Workload,
    schema::{Codes, Schema},
};
use serde_json::{Map as JsonMap, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::Arguments;
use super::params::to_node;
use crate::graph::Resource;
use crate::input::{EnvironmentId, World};
use crate::ir::{SecretValue, Text, Tree};
use crate::provisioner::command::{Command, VERSION};

/// The schema of answers, which is part of this workspace and tested.
static ANSWER: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::RUN_ANSWER));

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// To create what a resource needs, or to change it, and to describe it.
    Apply,
    /// To delete what earlier requests have created.
    Delete,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Delete => "delete",
        }
    }
}

/// The facts about a run that are part of each request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunContext<'a> {
    pub(super) project: Option<&'a str>,
    pub(super) environment: Option<&'a EnvironmentId>,
    pub(super) target: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
}

/// The request to a command.
#[derive(Debug)]
pub(crate) struct RunRequest<'a> {
    pub(super) resource: &'a Resource,
    pub(super) context: RunContext<'a>,
    /// The workloads that declare the resource, sorted by name.
    pub(super) workloads: &'a [&'a Workload],
    pub(super) arguments: &'a Arguments,
    pub(super) state: JsonMap<String, Json>,
}

impl RunRequest<'_> {
    /// A digest of the request without its state, which can change with each answer. The command
    /// line is included unevaluated, because all inputs of its expressions are part of the request. So are the files
    /// that it names.
    pub(crate) fn digest(&self, command: &Command, world: &dyn World) -> String {
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
        for file in &command.files {
            let found = world.command_file(Some(&command.file), &file.path.value);
            hash.update(found.unwrap_or_default());
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
        document(Mode::Apply, &self.facts(), state)
    }

    /// The target of the run; empty without one.
    pub(super) fn target(&self) -> &str {
        self.context.target.unwrap_or_default()
    }

    /// The request without its mode and its state, for the request that deletes what this one creates.
    pub(super) fn facts(&self) -> JsonMap<String, Json> {
        let resource = self.resource;
        let mut facts = JsonMap::new();
        let mut add = |name: &str, value: Json| facts.insert(name.to_owned(), value);
        add("uid", resource.uid.as_str().into());
        add("type", resource.kind.as_str().into());
        add(
            "class",
            resource.class.as_deref().unwrap_or("default").into(),
        );
        add("id", resource.id.as_str().into());
        add("workload", resource.workload.as_str().into());
        let RunContext {
            project,
            environment,
            target,
            namespace,
        } = self.context;
        if let Some(project) = project {
            add("project", project.into());
        }
        if let Some(EnvironmentId { name, kind }) = environment {
            let mut environment = json!({"name": name});
            if let Some(kind) = kind {
                environment["type"] = kind.as_str().into();
            }
            add("environment", environment);
        }
        for (name, value) in [("target", target), ("namespace", namespace)] {
            if let Some(value) = value {
                add(name, value.into());
            }
        }
        add(
            "workloads",
            self.workloads.iter().map(|it| about(it)).collect(),
        );
        let Arguments {
            params,
            metadata,
            resources,
        } = self.arguments;
        add("params", plain(params));
        add("metadata", plain(metadata));
        add("resources", plain(&without_references(resources)));
        facts
    }
}

/// The bytes of the document of a request.
pub(super) fn document(
    mode: Mode,
    facts: &JsonMap<String, Json>,
    state: &JsonMap<String, Json>,
) -> Vec<u8> {
    let document = whole(mode, facts, state);
    let mut bytes = Json::from(document).to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

/// A request with its mode and state.
pub(super) fn whole(
    mode: Mode,
    facts: &JsonMap<String, Json>,
    state: &JsonMap<String, Json>,
) -> JsonMap<String, Json> {
    let mut document = JsonMap::new();
    document.insert("version".to_owned(), VERSION.into());
    document.insert("mode".to_owned(), mode.name().into());
    document.extend(facts.clone());
    document.insert("state".to_owned(), state.clone().into());
    document
}

/// A workload that declares a resource.
fn about(workload: &Workload) -> Json {
    let ports = workload.ports.iter().map(|(name, port)| {
        let Port {
            port,
            target,
            protocol,
            ..
        } = port;
        let port = json!({"port": port, "targetPort": target, "protocol": protocol.as_str()});
        (name.clone(), port)
    });
    let ports: JsonMap<String, Json> = ports.collect();
    json!({"name": workload.name.value, "ports": ports})
}

/// A tree without references as JSON.
fn plain(tree: &Tree) -> Json {
    let text = |text: &Text| text.as_plain().unwrap_or_default().to_owned();
    tree.map_text(&mut { text }).to_json()
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

/// The maximum number of values in an answer, in lists and maps of any depth. Each can take a kilobyte in the files.
const MOST_PARTS: usize = 100_000;

/// The number of values in a document.
fn parts(json: &Json) -> usize {
    1 + match json {
        Json::Array(items) => items.iter().map(parts).sum(),
        Json::Object(entries) => entries.values().map(parts).sum(),
        _ => 0,
    }
}

/// The answer of a command.
#[derive(Debug, Default)]
pub(crate) struct RunResponse {
    pub(crate) values: JsonMap<String, Json>,
    pub(crate) secrets: BTreeMap<String, SecretValue>,
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
        if parts(&json) > MOST_PARTS {
            let found = problem(format!(
                "the answer of the command has more than {MOST_PARTS} values"
            ));
            return Err(vec![found.help(
                "return only what the provisioner uses; store large data elsewhere",
            )]);
        }
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
