//! What commands of provisioners read and write: JSON in, JSON out. Not: when one runs, and not how, which is
//! the world's matter.

use std::sync::LazyLock;

use score_spec::{Code, Codes, Diagnostic, Map, Schema, Sources, Span, Value};
use serde_json::{Map as JsonMap, Value as Json};
use sha2::{Digest as _, Sha256};

use super::params::to_node;
use crate::graph::Resource;
use crate::ir::{Given, Text, Tree};
use crate::provisioner::command::{Command, VERSION};

/// The schema of answers, which this workspace ships and tests.
static ANSWER: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::RUN_ANSWER));

/// What a command is asked.
#[derive(Debug)]
pub(crate) struct RunRequest<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) project: Option<&'a str>,
    pub(crate) params: &'a Tree,
    pub(crate) metadata: &'a Tree,
    /// The outputs of required resources, by the name that the provisioner has for them.
    pub(crate) resources: &'a Tree,
    pub(crate) state: JsonMap<String, Json>,
}

impl RunRequest<'_> {
    /// A digest of what a command is asked, without its state, which may change with each answer. The
    /// words of the command are in it as they are written, since all that expressions see is asked.
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

    /// The JSON document for the command's standard input, which `schemas/run-request.json`
    /// describes.
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
        add("params", json(self.params));
        add("metadata", json(self.metadata));
        add("resources", json(&without_references(self.resources)));
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

/// Maps of outputs without the outputs that have a reference in them.
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

/// Whether a reference stands anywhere in a tree.
pub(crate) fn has_reference(tree: &Tree) -> bool {
    let mut found = false;
    tree.each_text(&mut |text| found |= text.as_plain().is_none());
    found
}

/// What a command answers.
#[derive(Debug, Default)]
pub(crate) struct RunResponse {
    pub(crate) values: JsonMap<String, Json>,
    pub(crate) secrets: Map<Given>,
    pub(crate) state: JsonMap<String, Json>,
}

impl RunResponse {
    /// Reads what a command wrote. What is wrong with it is told without what it holds, since that
    /// may be secret; `place` is where the command is written.
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
        let answer = Self::new(json);
        if let Some(name) = answer
            .secrets
            .keys()
            .find(|name| answer.values.contains_key(*name))
        {
            let found = problem(format!(
                "in the answer of the command: `{name}` is both a value and a secret"
            ));
            return Err(vec![found.help("use different names")]);
        }
        Ok(answer)
    }

    /// The answer that a document is, which the schema has accepted.
    fn new(json: Json) -> Self {
        let mut answer = Self::default();
        let Json::Object(parts) = json else {
            return answer;
        };
        for (name, part) in parts {
            match (name.as_str(), part) {
                ("values", Json::Object(values)) => answer.values = values,
                ("state", Json::Object(state)) => answer.state = state,
                ("secrets", Json::Object(secrets)) => {
                    let secrets = secrets.into_iter();
                    answer
                        .secrets
                        .extend(secrets.filter_map(|(name, value)| match value {
                            Json::String(value) => Some((name, Given::new(value))),
                            _ => None,
                        }));
                }
                _ => {}
            }
        }
        answer
    }
}
