//! `resolve`: evaluates the provisioners of resources in dependency order, and collects their
//! results: outputs and components.

pub(crate) mod expand;
pub(crate) mod functions;
pub(crate) mod plain_secret;
pub(crate) mod state;

pub use state::{Answerer, Entry, Known, State, StateError};

mod command;
mod environment;
mod native;
mod outputs;
mod params;
mod protocol;
mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Sources, Span, Value};

use self::protocol::RunRequest;
use self::steps::Steps;
use crate::graph::{Params, Project, Resource};
use crate::input::outside::{Answers, Outside};
use crate::input::{NamePattern, World};
use crate::ir::{Parameter, Raw, Ref, Text, Tree, name};
use crate::provisioner::RawPatterns;
use crate::provisioner::expression::{Failure, Pattern, Patterns, Scope, to_text};
use crate::resolve::functions::Directory;
use crate::support::budget::Budget;

/// The results of provisioners, by the uid of the resource, in dependency order.
pub type Resolved = Map<Provisioned>;

/// The result of a provisioner for a resource.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Provisioned {
    /// The outputs by name.
    pub outputs: Map<Tree>,
    /// Its components, by full name.
    pub(crate) components: Map<Requested>,
    /// The volume to mount if the resource is used as the source of a volume.
    pub(crate) volume: Option<Requested>,
    /// Its HTTP routes.
    pub(crate) routes: Vec<Requested>,
    /// Its published ports.
    pub(crate) publish: Vec<Requested>,
    /// Its objects for the platform.
    pub(crate) objects: Vec<Raw>,
    /// Its patches of workloads for the platform.
    pub(crate) patches: Vec<Raw>,
    /// Its annotations for workloads, each with its location.
    pub(crate) annotations: Map<(String, Span)>,
    /// The variables of parts that have been removed.
    variables: BTreeSet<String>,
    /// Its notes for the user.
    pub(crate) notes: Option<Text>,
    /// The state and the answer of the provisioner's command; absent if none was run.
    pub(crate) state: Option<(serde_json::Map<String, serde_json::Value>, Known)>,
}

impl Provisioned {
    /// The notes of a provisioner for the user, which can contain references.
    pub fn notes(&self) -> Option<&Text> {
        self.notes.as_ref()
    }

    /// Removes the parts that have been moved to the application, which take most of the memory.
    pub(crate) fn forget_parts(&mut self) {
        *self = Self {
            variables: self.variables(),
            outputs: std::mem::take(&mut self.outputs),
            annotations: std::mem::take(&mut self.annotations),
            notes: self.notes.take(),
            state: self.state.take(),
            ..Self::default()
        };
    }

    /// The environment variables that are read only when the project runs, sorted.
    pub fn variables(&self) -> BTreeSet<String> {
        let parts = self.components.values().chain(&self.volume);
        let parts = parts
            .chain(&self.routes)
            .chain(&self.publish)
            .map(|part| &part.tree);
        let raw = self.objects.iter().chain(&self.patches);
        let parts = parts.chain(raw.map(|raw| &raw.tree));
        let mut names = self.variables.clone();
        for tree in self.outputs.values().chain(parts) {
            tree.each_text(&mut |text| {
                names.extend(text.references().filter_map(|reference| match reference {
                    Ref::Env { name, .. } => Some(name.clone()),
                    Ref::KeyRef(key) => Some(key.variable()),
                    Ref::Secret(_)
                    | Ref::Host(_)
                    | Ref::Port { .. }
                    | Ref::Variable(_)
                    | Ref::Parameter(_) => None,
                }));
            });
        }
        names
    }
}

/// A part of a provisioner with evaluated expressions.
#[derive(Debug, Clone)]
pub(crate) struct Requested {
    /// Its location in the provisioner.
    pub(crate) span: Span,
    /// Its name in the provisioner.
    pub(crate) label: String,
    /// Its value.
    pub(crate) tree: Tree,
}

/// The dependencies of resolving in addition to the project.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The outside world.
    pub world: &'a dyn World,
    /// The platform of the target; absent if nothing is rendered.
    pub platform: Option<&'static str>,
    /// Whether environment variables are read now.
    pub reads_environment: bool,
    /// The environment variables that may then be read.
    pub environment: &'a [NamePattern],
    /// The port on which routes are served, if it is not the default port of `http`.
    pub routes_port: Option<u16>,
    /// Whether chart values of provisioners remain parameters.
    pub open_settings: bool,
    /// The number of rotations of the secrets of a resource, by uid.
    pub rotations: &'a Map<u64>,
    /// The treatment of commands.
    pub commands: Commands,
    /// The state of commands.
    pub state: &'a State,
    /// The name of the project.
    pub project: Option<&'a str>,
}

/// The treatment of provisioner commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Commands {
    /// They run, unless there is an error before their turn.
    Run,
    /// Each of them is an error.
    #[default]
    Refuse,
    /// They do not run, and values that depend on their answers are omitted.
    Skip,
    /// They do not run. Answers in the state are used; each missing answer is a warning, and values
    /// that depend on it are omitted.
    Recall,
}

/// Resolves all resources. Failed ones are omitted, so that their dependents are not reported too.
pub fn resolve(
    project: &Project,
    surroundings: Surroundings<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let answers = Answers::default();
    let outside = Outside::new(surroundings.world, surroundings.environment, &answers);
    resolve_in(&outside, project, surroundings, sources, diagnostics)
}

/// Resolves all resources with external values from a gate.
pub(crate) fn resolve_in(
    outside: &Outside<'_>,
    project: &Project,
    surroundings: Surroundings<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let steps = Steps {
        outside,
        project,
        surroundings,
        sources,
        directory: Directory::new(project),
    };
    steps.resolve(diagnostics)
}

/// The inputs for resolving a resource.
struct Resolution<'a> {
    outside: &'a Outside<'a>,
    project: &'a Project,
    surroundings: Surroundings<'a>,
    sources: &'a Sources,
    directory: &'a Directory,
    /// Its dependencies.
    resolved: &'a Resolved,
    budget: &'a Budget,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Resolution<'_> {
    fn one(&mut self, resource: &Resource) -> Option<Provisioned> {
        let provisioner = &resource.provisioner;
        let required: Tree = resource
            .requires
            .iter()
            .map(|(label, uid)| {
                let outputs = &self.resolved.get(uid)?.outputs;
                Some((label.clone(), outputs.clone().into()))
            })
            .collect::<Option<_>>()?;
        let params = self.params(resource)?;
        let mut scope = resource.scope().with_budget(self.budget);
        scope.set("params", &params);
        scope.set("resources", &required);
        let metadata = resource.metadata.as_ref();
        let metadata = metadata.map_or_else(
            || Map::default().into(),
            |value| value.map_text(&mut |text| Text::from(text.as_str())),
        );
        scope.set("metadata", &metadata);
        let routes_port = self.surroundings.routes_port;
        let routes_port = routes_port.map_or(Tree::Null, |port| Tree::Number(port.into()));
        scope.set("routes_port", &routes_port);
        let names = self.component_names(resource, &scope)?;
        let rotation = self.surroundings.rotations.get(&resource.uid);
        let rotation = rotation.copied().unwrap_or_default();
        functions::define(&mut scope, resource, rotation, &names, self.directory);
        let mut state = None;
        if let Some(command) = &provisioner.run {
            let question = RunRequest {
                resource,
                project: self.surroundings.project,
                params: &params,
                metadata: &metadata,
                resources: &required,
                state: self.remembered(resource),
            };
            let answer = self.ask(command, &question, &scope)?;
            scope.set("run", &command::values(&answer, resource, self.outside));
            // A command that did not run has no new state.
            if self.surroundings.commands == Commands::Run {
                let known = Known::new(question.digest(command), &answer);
                state = Some((answer.state, known));
            }
        }

        let mut answer = self.native(resource, (&params, &metadata, &required))?;
        let mut values = std::mem::take(&mut answer.outputs);
        for (name, value) in &values {
            scope.set(name, value);
        }
        for (name, patterns) in provisioner.values.iter().filter(|(name, _)| *name != "*") {
            let value = self.complete(patterns, &scope, resource)?;
            scope.set(name, &value);
            values.insert(name.clone(), value);
        }
        let outputs = self.outputs(resource, values, &mut scope)?;
        let chart = self.chart(resource, &scope)?;
        scope.set("chart", &chart);
        let mut given = self.requested(resource, outputs, &names, &scope)?;
        self.written(resource, &scope, &mut given)?;
        self.add_answer(resource, answer, &mut given);
        Some(Provisioned { state, ..given })
    }

    /// The parts of a provisioner other than its outputs.
    fn requested(
        &mut self,
        resource: &Resource,
        outputs: Map<Tree>,
        names: &Map<String>,
        scope: &Scope,
    ) -> Option<Provisioned> {
        let provisioner = &resource.provisioner;
        let request = |this: &mut Self, label: &str, patterns: &Patterns, span: Span| {
            Some(Requested {
                span,
                label: label.to_owned(),
                tree: this.complete(patterns, scope, resource)?,
            })
        };
        let mut components = Map::default();
        for (label, component) in &provisioner.components {
            let requested = request(self, label, &component.body, component.span)?;
            components.insert(names.get(label)?.clone(), requested);
        }
        let volume = match &provisioner.volume {
            Some(volume) => Some(request(self, "", volume, provisioner.span)?),
            None => None,
        };
        let mut routes = Vec::new();
        for route in &provisioner.routes {
            routes.push(request(self, "", route, provisioner.span)?);
        }
        let mut publish = Vec::new();
        for port in &provisioner.publish {
            publish.push(request(self, "", port, provisioner.span)?);
        }
        Some(Provisioned {
            outputs,
            components,
            volume,
            routes,
            publish,
            ..Provisioned::default()
        })
    }

    /// The chart values of a provisioner, by name: parameters, or their defaults.
    fn chart(&mut self, resource: &Resource, scope: &Scope) -> Option<Tree> {
        let mut chart = Map::default();
        for (name, value) in &resource.provisioner.chart {
            let default = self.evaluate(&value.default, scope, resource)?;
            let Some(known) = scalar(&default) else {
                let message = format!(
                    "the default of the chart value `{name}` is {}",
                    default.kind()
                );
                let found = Diagnostic::new(Code::ProvisionerInvalid, message)
                    .at(value.span, "")
                    .help("it must be a string without references, a number or a boolean");
                self.diagnostics.push(found);
                return None;
            };
            let setting = Parameter {
                object: functions::name_of(resource, ""),
                name: name.clone(),
                description: value.description.clone(),
                default: known,
            };
            let open = Tree::Text(Ref::Parameter(Arc::new(setting)).into());
            let is_open = self.surroundings.open_settings;
            chart.insert(name.clone(), if is_open { open } else { default });
        }
        Some(chart.into())
    }

    /// The platform-specific parts of a provisioner, and its notes.
    fn written(
        &mut self,
        resource: &Resource,
        scope: &Scope,
        given: &mut Provisioned,
    ) -> Option<()> {
        let provisioner = &resource.provisioner;
        let platform = self.surroundings.platform;
        let raw = |this: &mut Self, all: &[RawPatterns]| -> Option<Vec<Raw>> {
            let mut made = Vec::new();
            let wanted = |raw: &&RawPatterns| platform.is_none_or(|wanted| wanted == raw.platform);
            for raw in all.iter().filter(wanted) {
                made.push(Raw {
                    platform: raw.platform,
                    resource: resource.uid.clone(),
                    tree: this.complete(&raw.body, scope, resource)?,
                    // The same keys have already been evaluated.
                    places: raw.body.places(&raw.places, scope).ok()?,
                });
            }
            Some(made)
        };
        given.objects = raw(self, &provisioner.objects)?;
        given.patches = raw(self, &provisioner.patches)?;
        let mut keys: Map<Span> = Map::default();
        for (key, pattern) in &provisioner.annotations {
            let name = key.evaluate(scope);
            let name = name
                .map_err(|failure| self.report(failure, resource))
                .ok()?;
            if let Some(first) = keys.insert(name.clone(), key.span()) {
                self.report(Some(key.twice(Some(first))), resource);
                return None;
            }
            if !name::is_qualified(&name) {
                self.report(Some(key.no_annotation(&name)), resource);
                return None;
            }
            let text = self.plain(pattern, scope, resource)?;
            given.annotations.insert(name, (text, pattern.span()));
        }
        if let Some(notes) = &provisioner.notes {
            let notes =
                pattern_text(notes, scope).map_err(|failure| self.report(failure, resource));
            given.notes = Some(notes.ok()?);
        }
        Some(())
    }

    /// The value of a string that must not contain references.
    fn plain(&mut self, pattern: &Pattern, scope: &Scope, resource: &Resource) -> Option<String> {
        let found = pattern_text(pattern, scope).and_then(|text| match text.as_plain() {
            Some(plain) => Ok(plain.to_owned()),
            None => Err(Some(Box::new(
                Diagnostic::new(
                    Code::ProvisionerInvalid,
                    "a reference is not allowed here, only plain text",
                )
                .at(pattern.span(), "")
                .help("secrets, hosts and ports are not known yet when this is evaluated"),
            ))),
        });
        found.map_err(|failure| self.report(failure, resource)).ok()
    }

    fn component_names(&mut self, resource: &Resource, scope: &Scope) -> Option<Map<String>> {
        let mut scope = scope.clone();
        functions::define_name(&mut scope, resource);
        let mut names = Map::default();
        for (label, component) in &resource.provisioner.components {
            let name = match &component.name {
                None => functions::name_of(resource, label),
                Some(pattern) => match pattern.evaluate(&scope) {
                    Ok(Tree::Text(text)) => text.as_plain()?.to_owned(),
                    Ok(_) => functions::name_of(resource, label),
                    Err(problem) => {
                        self.report(problem, resource);
                        return None;
                    }
                },
            };
            names.insert(label.clone(), name);
        }
        Some(names)
    }

    fn evaluate(
        &mut self,
        patterns: &Patterns,
        scope: &Scope,
        resource: &Resource,
    ) -> Option<Tree> {
        match patterns.evaluate(scope) {
            Ok(tree) => Some(tree),
            Err(problem) => {
                self.report(problem, resource);
                None
            }
        }
    }

    /// Reports that a part of a provisioner has no value for a resource.
    fn report(&mut self, failure: Failure, resource: &Resource) {
        let Some(mut diagnostic) = failure else {
            return;
        };
        let (span, message) = match &resource.params {
            // An error about the input of a provisioner's user has no location yet.
            Params::Declared { params, .. } if diagnostic.labels.is_empty() => {
                (params.node.span, String::new())
            }
            _ => (
                resource.span,
                format!("for the resource `{}`", resource.uid),
            ),
        };
        diagnostic.labels.push(score_spec::Label { span, message });
        self.diagnostics.push(*diagnostic);
    }
}

/// A value that is neither a list nor a map, and contains no reference.
fn scalar(tree: &Tree) -> Option<Value> {
    match tree {
        Tree::Bool(value) => Some(Value::Bool(*value)),
        Tree::Number(number) => Some(Value::Number(number.clone())),
        Tree::Text(text) => text.as_plain().map(|plain| Value::Text(plain.to_owned())),
        Tree::Null | Tree::List(_) | Tree::Map(_) => None,
    }
}

/// The value of a string with expressions, as text.
fn pattern_text(pattern: &Pattern, scope: &Scope) -> Result<Text, Failure> {
    pattern.evaluate(scope).map(|value| to_text(&value))
}
