//! Deleting what commands have created for resources that are gone.

use std::sync::LazyLock;

use score_spec::{
    Code, Diagnostic, Map, Sources, Value,
    schema::{Codes, Place, Schema},
};
use serde_json::Value as Json;

use super::command::failed;
use super::params::to_node;
use super::protocol::{Mode, document, whole};
use super::{Commands, Entry, ProvisionerId, State};
use crate::input::outside::{Answered, Answers, Outside};
use crate::input::{Call, World};
use crate::ir::{Text, Tree, name};
use crate::provisioner::command::Command;
use crate::provisioner::expression::{Scope, to_text};
use crate::provisioner::{Catalogue, Provisioner};
use crate::support::budget::Budget;

/// The schema of requests, which is part of this workspace and tested.
static REQUEST: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(score_schemas::RUN_REQUEST));

/// The state after the entries of resources that are gone were dropped.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Deletion {
    /// The state. Entries whose command has not deleted what it has created are kept.
    pub state: State,
    /// The uids of dropped entries, sorted.
    pub dropped: Vec<String>,
    /// An error for each command that has failed, and a warning for each that could not be asked.
    pub diagnostics: Vec<Diagnostic>,
}

/// The permissions for deleting, and the facts that it depends on.
pub(crate) struct Deleting<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) commands: Commands,
    /// The name of the target. Objects that were created for another one can still be in use.
    pub(crate) target: &'a str,
    /// Whether the run has all workloads of the project. Otherwise a resource can be in use elsewhere.
    pub(crate) is_whole: bool,
    /// The sources of the catalogue.
    pub(crate) sources: &'a Sources,
}

impl Deleting<'_> {
    /// Drops entries. A command that deletes is asked once for each of its entries.
    pub(crate) fn drop(&self, mut state: State, vanished: &[String]) -> Deletion {
        let (mut dropped, mut diagnostics) = (Vec::new(), Vec::new());
        for uid in vanished {
            let Some(entry) = state.get(uid) else {
                continue;
            };
            if let Err(problem) = self.delete(uid, entry) {
                diagnostics.push(*problem);
                continue;
            }
            state = state.without(uid);
            dropped.push(uid.clone());
        }
        Deletion {
            state,
            dropped,
            diagnostics,
        }
    }

    /// Asks the command to delete what it has created, if it can.
    fn delete(&self, uid: &str, entry: &Entry) -> Result<(), Box<Diagnostic>> {
        let Some(request) = &entry.request else {
            return Ok(());
        };
        let target = request.get("target").and_then(Json::as_str);
        let target = target.unwrap_or_default();
        let found = self.catalogue.provisioners().find_map(|it| {
            let command = it.run.as_ref().filter(|command| command.deletes)?;
            (ProvisionerId::of(it) == entry.provisioner).then_some((it, command))
        });
        let reason = match found {
            _ if target != self.target => format!("it was created for the target `{target}`"),
            _ if !self.is_whole => "the run has only a part of the project".to_owned(),
            _ if self.commands != Commands::Run => "commands are disabled".to_owned(),
            Some((provisioner, command)) => {
                match self.invalid(provisioner, command, entry, request) {
                    None => return self.ask(uid, command, entry, request),
                    Some(problem) => format!("its recorded request is not valid: {problem}"),
                }
            }
            None => {
                let provisioner = &entry.provisioner;
                format!("its provisioner ({provisioner}) is gone, or no longer has `run.delete`")
            }
        };
        let message = format!("what a command has created for `{uid}` was not deleted: {reason}");
        Err(Box::new(
            Diagnostic::new(Code::StateNotDeleted, message)
                .help("the state of the resource is kept for a run that can delete it"),
        ))
    }

    /// The first problem of a recorded request. The state can be edited, so the request has to fulfil the conditions
    /// of every request to the command.
    fn invalid(
        &self,
        provisioner: &Provisioner,
        command: &Command,
        entry: &Entry,
        request: &serde_json::Map<String, Json>,
    ) -> Option<String> {
        let codes = Codes::all(Code::StateNotDeleted);
        let problem = |schema: &Schema, json: Json, place: &Place| {
            let tree = Value::from_json(json).map_text(&mut |text| Text::from(text.as_str()));
            let node = to_node(&tree, command.span);
            let found = schema.check_at(place, &node, self.sources, &codes);
            found.into_iter().next().map(|it| it.message)
        };
        let all = whole(Mode::Delete, request, &entry.value);
        if let Some(found) = problem(&REQUEST, all.into(), &Place::default()) {
            return Some(found);
        }
        let workload = request.get("workload").and_then(Json::as_str);
        if let Some(workload) = workload.filter(|it| !it.is_empty() && !name::is_label(it)) {
            let shown = workload.escape_debug();
            return Some(format!("`{shown}` is not the name of a workload"));
        }
        let place = Place {
            path: "params".to_owned(),
            key: None,
        };
        let params = request.get("params").cloned().unwrap_or_default();
        problem(provisioner.params.schema()?, params, &place)
    }

    fn ask(
        &self,
        uid: &str,
        command: &Command,
        entry: &Entry,
        request: &serde_json::Map<String, Json>,
    ) -> Result<(), Box<Diagnostic>> {
        let call = Call {
            resource: uid.to_owned(),
            provisioner: command.file.clone(),
            in_project: false,
            command: words(command, request)?,
            environment: command.environment.clone(),
            timeout: command.timeout,
            input: document(Mode::Delete, request, &entry.value),
        };
        let (answers, variables) = (Answers::default(), Map::default());
        let outside = Outside::new(self.world, (&[], &variables), &answers);
        match outside.run(&call) {
            Answered::Bytes(_) | Answered::Hidden => Ok(()),
            Answered::Failed(error) => {
                let mut found = failed(&error, command, &call);
                let message = &found.message;
                found.message = format!("what was created for `{uid}` may still exist: {message}");
                Err(Box::new(found))
            }
        }
    }
}

/// The program and its arguments. Their expressions have the values of the recorded request, and no functions: the
/// resource does not exist any more.
fn words(
    command: &Command,
    request: &serde_json::Map<String, Json>,
) -> Result<Vec<String>, Box<Diagnostic>> {
    let mut scope = Scope::default().with_budget(&Budget::default());
    for (field, name) in [
        ("uid", "uid"),
        ("type", "type"),
        ("class", "class"),
        ("id", "id"),
        ("workload", "workload_name"),
        ("params", "params"),
        ("metadata", "metadata"),
        ("resources", "resources"),
    ] {
        let value = request.get(field).cloned().unwrap_or_default();
        let value = Value::from_json(value);
        scope.set(name, &value.map_text(&mut |text| text.as_str().into()));
    }
    let words = command.words.iter().map(|pattern| {
        let value: Result<Tree, _> = pattern.evaluate(&scope);
        let text = value.map(|value| to_text(&value));
        match text.map(|text| text.as_plain().map(str::to_owned)) {
            Ok(Some(word)) => Ok(word),
            Ok(None) | Err(None) => Err(unusable(command)),
            Err(Some(problem)) => Err(problem),
        }
    });
    words.collect()
}

/// The diagnostic about a command line that cannot be evaluated without the resource.
fn unusable(command: &Command) -> Box<Diagnostic> {
    let message = "the command line cannot be evaluated for a resource that is gone";
    let found = Diagnostic::new(Code::ProvisionerCommandInput, message).at(command.span, "");
    Box::new(found.help("use only params, metadata and outputs in it"))
}
