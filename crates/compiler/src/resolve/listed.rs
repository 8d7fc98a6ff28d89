//! Evaluates provisioners in lists, in the form of score-compose and score-k8s: one after the other, since they share
//! state, and with plain values. Their results have secrets and references again, as in the rest of the pipeline.

mod command;
mod interpolation;
mod parts;
mod sources;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_compat::list::{self, Implementation, Tool};
use score_compat::session::{Answer, Project as Known, Request, Session};
use score_spec::{Code, Diagnostic, Map};
use serde_json::{Map as Json, Value as JsonValue};

use self::parts::Made;
use self::sources::{Origins, services};
use super::steps::Steps;
use super::{Imported, Provisioned, Resolution, State, references};
use crate::graph::{Params, Resource};
use crate::input::outside::Outside;
use crate::ir::sealing::{Sealing, SecretOwner, leaves};
use crate::ir::{ProjectKey, Ref, SecretSource, Text, Tree};
use crate::resolve::functions::name_of;

/// The name of a Compose project without one, whose name Compose takes from its folder.
const PROJECT: &str = "project";

/// The evaluation of the provisioners of a project that are in lists.
pub(super) struct Listing<'a> {
    session: Session,
    sealing: Sealing,
    key: ProjectKey,
    imported: Option<Arc<Imported>>,
    /// Placeholders for secrets, if this pass is repeated for messages.
    stand_ins: Arc<BTreeMap<String, String>>,
    origins: Origins<'a>,
    tool: Tool,
    known: KnownFacts,
    made: Made,
}

/// The facts about the project for commands.
struct KnownFacts {
    services: Vec<score_compat::session::Service>,
    project: String,
    mounts: String,
    namespace: String,
}

impl<'a> Listing<'a> {
    /// The evaluation for a project; absent if no resource needs it, without a platform, or if it cannot start, which is
    /// reported.
    pub(super) fn new(steps: &'a Steps<'a>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let options = &steps.options;
        let mut resources = steps.project.resources.values();
        let first = resources.find(|it| it.provisioner.listed.is_some())?;
        let tool = match options.platform? {
            "compose" => Tool::Compose,
            _ => Tool::Kubernetes,
        };
        let imported = match options.state.imported(options.platform.unwrap_or_default()) {
            Ok(imported) => imported,
            // A check reads no key.
            Err(_) if steps.outside.is_check() => None,
            Err(_) => {
                diagnostics.push(sealed_with_another_key(first));
                return None;
            }
        };
        let key = steps.outside.key();
        let mut sealing = Sealing::new(key.clone());
        let known = KnownFacts {
            services: services(steps, tool, &mut sealing),
            project: options
                .settings
                .name
                .clone()
                .unwrap_or_else(|| PROJECT.to_owned()),
            mounts: options.mounts.unwrap_or_default().to_owned(),
            namespace: options.namespace.unwrap_or_default().to_owned(),
        };
        let project = Known {
            tool,
            services: &known.services,
            compose_project: &known.project,
            mounts: &known.mounts,
            namespace: &known.namespace,
        };
        let none = Json::new();
        let stand_ins = steps.outside.stand_ins();
        let imported = imported.map(|it| Arc::new(it.with_stand_ins(&stand_ins)));
        let shared = imported.as_ref().map_or(&none, |it| &it.shared);
        let mut listing = Self {
            session: Session::new(&project, shared).with_stand_ins(Arc::clone(&stand_ins)),
            sealing,
            key: key.unwrap_or_else(|| ProjectKey::new([0; 32])),
            imported,
            stand_ins,
            origins: Origins::new(steps.project),
            tool,
            known,
            made: Made::default(),
        };
        listing.add_imported();
        listing.remember(options.state, options.target);
        Some(listing)
    }

    /// Changes of the shared state by commands in earlier runs stay.
    fn remember(&mut self, state: &State, target: Option<&str>) {
        for (_, entry) in state.entries() {
            let known = target.and_then(|target| entry.answers.get(target));
            let shared = known.and_then(command::shared);
            if let Some(shared) = shared {
                self.session.merge_shared(&shared);
            }
        }
    }

    /// Imported values are secrets, except for those that are names according to their keys.
    fn add_imported(&mut self) {
        let Some(imported) = &self.imported else {
            return;
        };
        let states = imported.resources.values().map(|it| &it.state);
        let mut found = Vec::new();
        for (key, value) in states.chain([&imported.shared]).flatten() {
            leaves(value, key, &mut found);
        }
        for (key, value) in found.into_iter().filter(|(key, _)| !is_name(key)) {
            self.sealing.add(value, &key, None);
        }
    }

    /// The result of a provisioner for a resource. Absent if it fails, which is reported.
    pub(super) fn provision(
        &mut self,
        resolution: &mut Resolution<'_>,
        listed: &list::Provisioner,
    ) -> Option<Provisioned> {
        let arguments = resolution.arguments()?;
        check_params(resolution, listed);
        let params = self.clear(&arguments.params);
        let metadata = self.clear(&arguments.metadata);
        let resource = resolution.resource;
        let imported = self.imported.clone();
        let remembered = imported.as_ref();
        let remembered = remembered.and_then(|it| it.resources.get(&resource.uid));
        let origin = self.origins.of(resource);
        let guid = remembered.and_then(|it| it.guid.clone());
        let guid = guid.unwrap_or_else(|| self.guid(resource));
        let none = Json::new();
        let request = Request {
            uid: &resource.uid,
            kind: &resource.kind,
            class: resource.class.as_deref().unwrap_or("default"),
            id: &resource.id,
            guid: &guid,
            params: &params,
            metadata: &metadata,
            state: remembered.map_or(&none, |it| &it.state),
            source_workload: &origin.workload,
            workload_metadata: &origin.metadata,
        };
        let mut state = None;
        let answer = match &listed.implementation {
            Implementation::Templates(templates) => {
                let rotation = resolution.rotation().to_string();
                let (key, uid) = (&self.key, resource.uid.as_str());
                let seed = |part: list::Part| key.seed(&[uid, part.key(), &rotation]);
                let answer = self
                    .session
                    .evaluate(templates, &request, &seed, resolution.sources);
                let failed = |problem| {
                    for value in self.session.random_values() {
                        self.sealing.add(value, "value", None);
                    }
                    resolution.report(Some(problem));
                };
                answer.map_err(failed).ok()?
            }
            Implementation::Command { program, arguments } => {
                let (answer, result) = self.command((program, arguments), &request, resolution)?;
                state = result;
                answer
            }
            Implementation::Environment => return None,
        };
        let mut provisioned = self.provisioned(&answer, resolution)?;
        provisioned.state = state;
        Some(provisioned)
    }

    fn provisioned(
        &mut self,
        answer: &Answer,
        resolution: &mut Resolution<'_>,
    ) -> Option<Provisioned> {
        let resource = resolution.resource;
        let object = name_of(resource, "");
        let owner = SecretOwner {
            uid: &resource.uid,
            object: &object,
        };
        self.add_random(answer, owner);
        self.find_names(answer);
        for place in &answer.no_values {
            let found = Diagnostic::new(
                Code::ProvisionerNoValue,
                "the template prints `<no value>`, because a field does not exist",
            );
            let found = found
                .at(*place, "")
                .help("use `default`, or correct the name of the field");
            resolution.report(Some(Box::new(found)));
        }
        let (parts, notes) = self.parts(answer, owner, resolution)?;
        let outputs = answer.outputs.iter();
        let mut outputs: Map<Tree> = outputs
            .map(|(name, value)| (name.clone(), self.sealing.tree(value, owner)))
            .collect();
        if resolution.options.open_settings {
            parts::refer(&mut outputs, &answer.manifests);
        }
        Some(Provisioned {
            references: references(&resource.uid, &outputs, &parts),
            outputs,
            parts,
            notes,
            ..Provisioned::default()
        })
    }

    /// Completes the results of all resources.
    pub(super) fn finish(self, resolved: &mut super::Resolved, outside: &Outside<'_>) {
        outside.hide(self.sealing.secrets());
        self.made.finish(resolved);
    }

    /// Adds the random values of templates, named after the place where the state or the outputs have them.
    fn add_random(&mut self, answer: &Answer, owner: SecretOwner<'_>) {
        let mut named = Vec::new();
        for (key, value) in answer.state.iter().chain(&answer.outputs) {
            leaves(value, key, &mut named);
        }
        for (at, value) in answer.random_values.iter().enumerate() {
            let name = named.iter().find(|(_, text)| text == value);
            let other = format!("value-{}", at + 1);
            let name = name.map_or(other.as_str(), |(name, _)| name);
            self.sealing.add(value, name, Some(owner));
        }
    }

    /// A UUID of version 4 (RFC 9562) that is derived from the project key.
    fn guid(&self, resource: &Resource) -> String {
        use std::fmt::Write;
        let mut bytes = self.key.seed(&[&resource.uid, "guid"]);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut guid = String::with_capacity(36);
        for (at, byte) in bytes[..16].iter().enumerate() {
            if [4, 6, 8, 10].contains(&at) {
                guid.push('-');
            }
            let _ = write!(guid, "{byte:02x}");
        }
        guid
    }

    /// A map in plain values. References that have no value yet become markers.
    fn clear(&mut self, tree: &Tree) -> Json<String, JsonValue> {
        let json = tree
            .map_text(&mut |text: &Text| self.clear_text(text))
            .to_json();
        match json {
            JsonValue::Object(map) => map,
            _ => Json::new(),
        }
    }

    fn clear_text(&mut self, text: &Text) -> String {
        let mut clear = String::new();
        for segment in text.segments() {
            let reference = match segment {
                crate::ir::Segment::Plain(plain) => {
                    clear.push_str(&Sealing::unmarked(plain));
                    continue;
                }
                crate::ir::Segment::Ref(reference) => reference,
            };
            match reference {
                Ref::Secret(secret) => {
                    let value = match &secret.source {
                        SecretSource::External(value) => value.reveal().to_owned(),
                        SecretSource::Derived { .. } => self.key.derive(secret),
                    };
                    let stand_in = self.stand_ins.get(&value).cloned();
                    let value = stand_in.unwrap_or(value);
                    self.sealing.add_secret(&value, secret);
                    clear.push_str(&value);
                }
                Ref::Host(host) if self.tool == Tool::Compose => clear.push_str(host),
                Ref::Variable(name) => {
                    clear.push_str("$(");
                    clear.push_str(name);
                    clear.push(')');
                }
                Ref::Host(_)
                | Ref::Port { .. }
                | Ref::Env { .. }
                | Ref::KeyRef(_)
                | Ref::Parameter(_) => clear.push_str(&self.sealing.marker(reference)),
            }
        }
        clear
    }
}

/// The ends of the keys of imported values that are names, in lower case.
const NAMES: [&str; 9] = [
    "name", "user", "host", "service", "database", "bucket", "vhost", "topic", "keyid",
];

/// Whether the key of an imported value, such as `instanceServiceName`, says that the value is a name.
fn is_name(key: &str) -> bool {
    let key = key.to_lowercase();
    NAMES.iter().any(|name| key.ends_with(name))
}

/// Reports params that the provisioner does not document.
fn check_params(resolution: &mut Resolution<'_>, listed: &list::Provisioner) {
    let Params::Declared { params, .. } = &resolution.resource.params else {
        return;
    };
    if listed.params.is_empty() {
        return;
    }
    for entry in params.node.entries() {
        if !listed.params.contains(&entry.key) {
            let known = listed.params.iter().map(String::as_str);
            let help = match score_spec::diagnostic::nearest(&entry.key, known.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("documented: {}", score_spec::diagnostic::listed(known)),
            };
            let message = format!(
                "the provisioner does not document the param `{}`",
                entry.key
            );
            let found = Diagnostic::new(Code::ResourceUnknownParam, message);
            let found = found.at(entry.key_span, "").help(help);
            resolution.diagnostics.push(found);
        }
    }
}

fn sealed_with_another_key(first: &Resource) -> Diagnostic {
    let message = "the state has names and passwords of another tool that are sealed with another project key";
    let mut found = Diagnostic::new(Code::StateUnknownAnswer, message);
    found.severity = score_spec::Severity::Error;
    found
        .at(first.span, "the first resource that needs them")
        .help("restore the project key, or import them again with `score-rs migrate`")
}
