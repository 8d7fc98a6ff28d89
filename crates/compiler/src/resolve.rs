//! `resolve`: evaluates the provisioners of resources in dependency order, and collects their
//! results: outputs and components.

pub(crate) mod expand;
pub(crate) mod functions;
pub(crate) mod plain_secret;
pub(crate) mod state;

pub(crate) use deletion::Deleting;
pub use deletion::Deletion;
pub use state::{
    Entry, Imported, ImportedResource, ProvisionerId, RecordedAnswer, State, StateError,
};

mod command;
mod deletion;
mod directory;
mod each_workload;
mod environment;
mod listed;
mod native;
mod outputs;
mod params;
mod parts;
mod protocol;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Diagnostic, Map, Node, Sources, Span, Workload};

use self::protocol::{RunContext, RunRequest};
use self::state::CommandResult;
use self::steps::Steps;
use crate::graph::{Params, Project, Resource};
use crate::input::outside::{Answers, Outside};
use crate::input::{NamePattern, Settings, World};
use crate::ir::{Holder, KindAnnotation, Raw, Ref, Text, Tree, Unset};
use crate::provisioner::expression::{Failure, Patterns, Scope};
use crate::resolve::directory::Directory;
use crate::support::budget::Budget;

/// The results of provisioners, by the uid of the resource, in dependency order.
pub type Resolved = Map<Provisioned>;

/// The result of a provisioner for a resource.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Provisioned {
    /// The outputs by name.
    pub outputs: Map<Tree>,
    /// Its other parts.
    pub(crate) parts: Parts,
    /// The references in its outputs and parts.
    pub(crate) references: References,
    /// Its notes for the user.
    pub(crate) notes: Option<Text>,
    /// The results of the provisioner's command; absent if none was run.
    pub(crate) state: Option<CommandResult>,
    /// The names in expressions of the parts for each workload, until these are evaluated.
    pending: Option<Scope>,
}

impl Provisioned {
    /// The notes of a provisioner for the user, which can contain references.
    pub fn notes(&self) -> Option<&Text> {
        self.notes.as_ref()
    }

    /// The environment variables without a default that are read only when the project runs, sorted.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.references.variables
    }
}

/// The references in the outputs and parts of a resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct References {
    /// The environment variables without a default that are read only when the project runs.
    variables: BTreeSet<String>,
    /// The objects of the platform that its provisioner itself names.
    pub(crate) objects: BTreeSet<(Holder, String)>,
    /// The object with its own secrets, if it has any.
    pub(crate) secrets: Option<String>,
}

/// The parts of a provisioner that become parts of the application.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Its components, by full name, until they are lowered.
    pub(crate) components: Map<Requested<Node<Tree>>>,
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
    /// Files beside the main file, by path below the folder of mounted files.
    pub(crate) files: Map<Text>,
    /// Its annotations for workloads, each with its location.
    pub(crate) annotations: Map<(String, Span)>,
    /// Its parts for single workloads, by name.
    pub(crate) of_workloads: BTreeMap<String, WorkloadParts>,
}

/// The parts of a provisioner for a single workload.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkloadParts {
    /// Its objects for the platform.
    pub(crate) objects: Vec<Raw>,
    /// Its patches of the workload for the platform.
    pub(crate) patches: Vec<Raw>,
    /// Its annotations for the workload, each with its location.
    pub(crate) annotations: Map<(String, Span)>,
}

impl Parts {
    /// The output for platforms.
    fn raw(&self) -> impl Iterator<Item = &Raw> {
        let of_workloads = self.of_workloads.values();
        let of_workloads = of_workloads.flat_map(|it| it.objects.iter().chain(&it.patches));
        let raw = self.objects.iter().chain(&self.patches);
        raw.chain(of_workloads)
    }
}

/// Finds the references in the outputs and parts of a resource.
fn references(uid: &str, outputs: &Map<Tree>, parts: &Parts) -> References {
    let requested = parts.volume.iter().chain(&parts.routes);
    let requested = requested.chain(&parts.publish).map(|part| &part.tree);
    let trees = requested.chain(parts.raw().map(|raw| &raw.tree));
    let mut trees: Vec<&Tree> = outputs.values().chain(trees).collect();
    for component in parts.components.values() {
        component.tree.each_text(&mut |tree, _| trees.push(tree));
    }
    let mut found = References::default();
    for tree in trees {
        tree.each_text(&mut |text| {
            text.references().for_each(|it| found.add(uid, it));
        });
    }
    found
}

impl References {
    /// Adds a reference in a value of a resource. It can have been passed on from another one.
    fn add(&mut self, uid: &str, reference: &Ref) {
        match reference {
            Ref::Env { name, unset } if !matches!(unset, Unset::Default { .. }) => {
                self.variables.insert(name.clone());
            }
            Ref::KeyRef(key) => {
                self.variables.insert(key.variable());
                if key.resource == uid {
                    self.objects.insert((key.holder, key.object.clone()));
                }
            }
            Ref::Secret(secret) if secret.resource == uid => {
                self.secrets = Some(secret.object.clone());
            }
            Ref::Secret(_)
            | Ref::Env { .. }
            | Ref::Host(_)
            | Ref::Port { .. }
            | Ref::Variable(_)
            | Ref::Parameter(_) => {}
        }
    }
}

/// A part of a provisioner with evaluated expressions. In a component, each string of the provisioner
/// is a leaf, whatever the type of its value is.
#[derive(Debug, Clone)]
pub(crate) struct Requested<T = Tree> {
    /// Its location in the provisioner.
    pub(crate) span: Span,
    /// Its name in the provisioner.
    pub(crate) label: String,
    /// Its value.
    pub(crate) tree: T,
}

/// The options of resolving, and what it depends on in addition to the project.
#[derive(Clone, Copy)]
pub struct ResolveOptions<'a> {
    /// The outside world.
    pub world: &'a dyn World,
    /// The platform of the target; absent if nothing is rendered.
    pub platform: Option<&'static str>,
    /// The name of the target, for requests to commands.
    pub target: Option<&'a str>,
    /// The namespace of the target's objects if it is set, for expressions and requests to commands.
    pub namespace: Option<&'a str>,
    /// The folder of mounted files, relative to the main file, if the target has one.
    pub mounts: Option<&'a str>,
    /// Whether environment variables are read now.
    pub reads_environment: bool,
    /// The environment variables that may then be read.
    pub environment: &'a [NamePattern],
    /// The port on which routes are served, if it is not the default port of `http`.
    pub routes_port: Option<u16>,
    /// The annotation for the kind of a workload, if the platform has several kinds.
    pub kinds: Option<KindAnnotation>,
    /// Whether chart values of provisioners and variables in the settings remain parameters.
    pub open_settings: bool,
    /// The settings: the name of the project, variables, external workloads and rotations of secrets.
    pub settings: &'a Settings,
    /// The treatment of commands.
    pub commands: Commands,
    /// The state of commands.
    pub state: &'a State,
}

impl<'a> ResolveOptions<'a> {
    /// The facts for requests to commands.
    fn context(&self) -> RunContext<'a> {
        RunContext {
            project: self.settings.name.as_deref(),
            environment: self.settings.environment_id.as_ref(),
            target: self.target,
            namespace: self.namespace,
        }
    }
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
    options: ResolveOptions<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let answers = Answers::default();
    let allowed = (options.environment, &options.settings.variables);
    let outside = Outside::new(options.world, allowed, &answers);
    resolve_in(&outside, project, options, sources, diagnostics)
}

/// Resolves all resources with external values from a gate.
pub(crate) fn resolve_in(
    outside: &Outside<'_>,
    project: &Project,
    options: ResolveOptions<'_>,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let users = match each_workload::users(project) {
        Ok(users) => users,
        Err(problem) => {
            diagnostics.push(*problem);
            return Resolved::default();
        }
    };
    let steps = Steps {
        outside,
        project,
        options,
        sources,
        declaring: project.declaring_workloads(),
        directory: Directory::new(project, options.settings),
        users,
    };
    steps.resolve(diagnostics)
}

/// The values of a resource that its provisioner receives.
#[derive(Debug)]
pub(crate) struct Arguments {
    params: Tree,
    metadata: Tree,
    /// The outputs of required resources, by local name.
    resources: Tree,
}

/// The inputs for resolving a resource.
struct Resolution<'a> {
    resource: &'a Resource,
    outside: &'a Outside<'a>,
    project: &'a Project,
    options: ResolveOptions<'a>,
    sources: &'a Sources,
    directory: &'a Directory,
    /// The workloads that declare it, sorted by name; empty if its provisioner has no command.
    workloads: &'a [&'a Workload],
    /// The workload for which a part of it is evaluated; absent for parts that all workloads share.
    user: Option<&'a Workload>,
    /// Its dependencies.
    resolved: &'a Resolved,
    budget: &'a Budget,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Resolution<'_> {
    /// The result of the provisioner. Absent if a part of it has no value, which is reported.
    fn provision(&mut self) -> Option<Provisioned> {
        let arguments = self.arguments()?;
        let mut scope = self.scope(&arguments);
        let names = self.component_names(&scope)?;
        functions::define(
            &mut scope,
            self.resource,
            self.rotation(),
            &names,
            self.directory,
        );
        let mut state = None;
        if let Some(command) = &self.resource.provisioner.run {
            let request = RunRequest {
                resource: self.resource,
                context: self.options.context(),
                workloads: self.workloads,
                arguments: &arguments,
                state: self.remembered(),
            };
            let response = self.ask(command, &request, &scope)?;
            let values = command::values(&response, self.resource, self.outside);
            scope.set("run", &values);
            // A command that did not run has no new state.
            if self.options.commands == Commands::Run {
                let digest = request.digest(command, self.outside.world);
                state = Some(CommandResult {
                    answer: RecordedAnswer::new(digest, &response),
                    target: request.target().to_owned(),
                    request: command.deletes.then(|| request.facts()),
                    value: response.state,
                });
            }
        }
        let mut answer = self.native(&arguments)?;
        let values = self.values(std::mem::take(&mut answer.outputs), &mut scope)?;
        let outputs = self.outputs(values, &scope)?;
        let chart = self.chart(&scope)?;
        scope.set("chart", &chart);
        let mut parts = self.neutral_parts(&names, &scope)?;
        self.platform_parts(&scope, &mut parts)?;
        let notes = match &self.resource.provisioner.notes {
            Some(notes) => Some(self.text(notes, &scope)?),
            None => None,
        };
        let notes = self.add_answer(answer, &mut parts).or(notes);
        let has_more = self.resource.provisioner.depends_on_workloads();
        Some(Provisioned {
            pending: has_more.then_some(scope),
            references: references(&self.resource.uid, &outputs, &parts),
            outputs,
            parts,
            notes,
            state,
        })
    }

    /// The inputs for resolving another resource.
    fn of<'b>(&'b mut self, resource: &'b Resource) -> Resolution<'b> {
        Resolution {
            resource,
            diagnostics: self.diagnostics,
            ..*self
        }
    }

    /// The arguments of the provisioner. Absent if they are incomplete, which is reported.
    fn arguments(&mut self) -> Option<Arguments> {
        let required = self.resource.requires.iter().map(|(label, uid)| {
            let outputs = &self.resolved.get(uid)?.outputs;
            Some((label.clone(), outputs.clone().into()))
        });
        let resources = required.collect::<Option<_>>()?;
        let metadata = self.resource.metadata.as_ref();
        Some(Arguments {
            params: self.params()?,
            metadata: metadata.map_or_else(
                || Map::default().into(),
                |value| value.map_text(&mut |text| Text::from(text.as_str())),
            ),
            resources,
        })
    }

    /// The names in expressions of the provisioner, without functions.
    fn scope(&self, arguments: &Arguments) -> Scope {
        let mut scope = self.resource.scope().with_budget(self.budget);
        scope.set("params", &arguments.params);
        scope.set("resources", &arguments.resources);
        scope.set("metadata", &arguments.metadata);
        let routes_port = self.options.routes_port;
        let routes_port = routes_port.map_or(Tree::Null, |port| Tree::Number(port.into()));
        scope.set("routes_port", &routes_port);
        let settings = self.options.settings;
        let environment = settings.environment_id.as_ref();
        let kind = environment.and_then(|it| it.kind.as_deref());
        let text = |text: Option<&str>| Tree::Text(text.unwrap_or_default().into());
        let environment = [
            (
                "name".to_owned(),
                text(environment.map(|it| it.name.as_str())),
            ),
            ("type".to_owned(), text(kind)),
        ];
        scope.set("environment", &environment.into_iter().collect());
        scope.set("project", &text(settings.name.as_deref()));
        scope.set("namespace", &text(self.options.namespace));
        scope
    }

    /// The number of rotations of the secrets of the resource.
    fn rotation(&self) -> u64 {
        let rotation = self.options.settings.rotations.get(&self.resource.uid);
        rotation.map_or(0, |rotation| rotation.value)
    }

    /// The `values` of the provisioner in addition to those of its answer. Later ones can use them.
    fn values(&mut self, mut values: Map<Tree>, scope: &mut Scope) -> Option<Map<Tree>> {
        for (name, value) in &values {
            scope.set(name, value);
        }
        let provisioner = &self.resource.provisioner;
        let is_shared = |name: &String| name != "*" && !provisioner.of_workloads.own.contains(name);
        let declared = provisioner.values.iter();
        for (name, patterns) in declared.filter(|(name, _)| is_shared(name)) {
            let value = self.complete(patterns, scope)?;
            scope.set(name, &value);
            values.insert(name.clone(), value);
        }
        Some(values)
    }

    fn component_names(&mut self, scope: &Scope) -> Option<Map<String>> {
        let resource = self.resource;
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
                        self.report(problem);
                        return None;
                    }
                },
            };
            names.insert(label.clone(), name);
        }
        Some(names)
    }

    fn evaluate(&mut self, patterns: &Patterns, scope: &Scope) -> Option<Tree> {
        match patterns.evaluate(scope) {
            Ok(tree) => Some(tree),
            Err(problem) => {
                self.report(problem);
                None
            }
        }
    }

    /// Reports that a part of a provisioner has no value for a resource.
    fn report(&mut self, failure: Failure) {
        let Some(diagnostic) = failure else {
            return;
        };
        let (span, whose) = match self.user {
            Some(user) => self.declaration(user),
            None => (
                self.resource.span,
                format!("for the resource `{}`", self.resource.uid),
            ),
        };
        self.diagnostics.push(match &self.resource.params {
            // An error about the input of a provisioner's user has no location yet.
            _ if diagnostic.labels.is_empty() && self.user.is_some() => diagnostic.at(span, whose),
            Params::Declared { params, .. } if diagnostic.labels.is_empty() => {
                diagnostic.at(params.node.span, "")
            }
            _ => diagnostic.at(span, whose),
        });
    }
}
