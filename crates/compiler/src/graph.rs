//! `graph`: from workloads to the closed graph of their resources.

mod drafts;
mod incomplete;
mod required;
pub(crate) mod unknown;
mod unused;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexSet;
use score_spec::{
    Code, Diagnostic, Map, Placeholder, Root, Sources, Span, Template, Valid, Workload,
    diagnostic::{MOST_NAMED, MOST_PROPOSALS, circle},
    graph,
};

pub(crate) use self::drafts::check_drafts;
use self::incomplete::incomplete;
pub(crate) use self::unused::each_template;
use self::unused::{each_in_params, each_placeholder, unused};
use crate::ir::{Tree, name};
use crate::provisioner::Provisioner;
use crate::provisioner::catalogue::Catalogue;
use crate::provisioner::expression::Scope;
use crate::support::budget::Budget;

/// The maximum number of resources of a project.
const MOST_RESOURCES: usize = 100_000;

/// Workloads and their resources.
#[derive(Debug)]
#[non_exhaustive]
pub struct Project {
    /// The workloads, sorted by name.
    pub workloads: Map<Arc<Valid<Workload>>>,
    /// The names of workloads that are omitted because of errors, so that references to them are
    /// not reported as well.
    pub missing: BTreeSet<String>,
    /// The resources by uid, each after its dependencies, otherwise sorted by uid.
    pub resources: Map<Resource>,
    /// The resources without a provisioner, sorted by uid. The reasons have been reported.
    pub unanswered: BTreeMap<String, Identity>,
}

/// The identity of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its type.
    pub kind: String,
    /// Its class, if it is not the default.
    pub class: Option<String>,
    /// The part of the uid after `#`.
    pub id: String,
}

/// A resource that workloads or other resources need.
#[derive(Debug)]
#[non_exhaustive]
pub struct Resource {
    /// `type.class#id`, or `type.class#workload.name`.
    pub uid: String,
    /// Its type.
    pub kind: String,
    /// Its class, if it is not the default.
    pub class: Option<String>,
    /// The part of the uid after `#`.
    pub id: String,
    /// The first workload, by name, that declares or indirectly needs it.
    pub workload: String,
    /// The location of the first declaration.
    pub span: Span,
    /// Its provisioner.
    pub provisioner: Arc<Provisioner>,
    /// Its `metadata`.
    pub metadata: Option<score_spec::Value>,
    /// The resources that its provisioner requires, by local name.
    pub requires: Map<String>,
    /// The length of the chain of provisioners that led to it; zero if a workload declares it.
    depth: usize,
    pub(crate) params: Params,
    /// The uids of resources to which its params refer.
    pub refers_to: IndexSet<String>,
    /// The params that provisioners of its type define on other platforms.
    pub(crate) known_elsewhere: Arc<BTreeSet<String>>,
    /// The outputs used by placeholders, with their locations.
    pub(crate) asked: Map<Span>,
}

/// The origin of the params of a resource.
#[derive(Debug)]
pub(crate) enum Params {
    /// No params.
    None,
    /// A workload declares them.
    Declared {
        workload: String,
        params: score_spec::Params,
    },
    /// The provisioner of another resource, by uid, sets them for its requirement.
    Required { parent: String, label: String },
}

impl Resource {
    /// The workload and local name of a resource; absent for a resource with an id, which workloads
    /// can share.
    pub fn belongs_to(&self) -> Option<(&str, &str)> {
        let name = self.id.strip_prefix(&self.workload)?.strip_prefix('.')?;
        Some((&self.workload, name))
    }

    /// The name of the resource in its workload; the id of a shared resource.
    pub fn name(&self) -> &str {
        self.belongs_to().map_or(&self.id, |(_, name)| name)
    }
}

impl Project {
    /// The uid of a resource that a workload declares.
    pub fn uid(workload: &Workload, name: &str) -> Option<String> {
        let resource = workload.resources.get(name)?;
        Some(uid_of(&workload.name.value, name, resource))
    }
}

fn uid_of(workload: &str, name: &str, resource: &score_spec::Resource) -> String {
    let id = resource
        .id
        .as_ref()
        .map_or_else(|| format!("{workload}.{name}"), |id| id.value.clone());
    let class = resource.class.as_ref().map(|class| class.value.as_str());
    name::uid(&resource.kind.value, class, &id)
}

/// Creates the graph of a project. `missing` are the names of workloads with errors. Requirements of
/// provisioners are added until the graph is closed.
pub fn build(
    workloads: Vec<Arc<Valid<Workload>>>,
    missing: BTreeSet<String>,
    catalogue: &mut Catalogue,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Project {
    let workloads = by_name(workloads, diagnostics);
    let declared = workloads.values().map(|workload| workload.resources.len());
    let mut building = Building {
        workloads: &workloads,
        // They are large, and a growing map copies them.
        resources: Map::with_capacity_and_hasher(declared.sum(), RandomState::default()),
        unanswered: BTreeMap::new(),
        is_too_large: false,
        budget: Budget::default(),
        catalogue,
        sources,
        diagnostics,
    };
    for workload in workloads.values() {
        for (name, resource) in &workload.resources {
            building.declare(workload, name, resource);
        }
    }
    building.close();
    for workload in workloads.values() {
        each_placeholder(workload, &mut |placeholder| {
            building.ask(workload, placeholder);
        });
    }
    let unanswered = std::mem::take(&mut building.unanswered);
    // If the limit is exceeded, nothing is created or examined further.
    let resources = if building.is_too_large {
        Map::default()
    } else {
        building.sorted()
    };
    unused(&workloads, &resources, diagnostics);
    incomplete(&workloads, &resources, diagnostics);
    Project {
        workloads,
        missing,
        resources,
        unanswered,
    }
}

fn by_name(
    mut workloads: Vec<Arc<Valid<Workload>>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Map<Arc<Valid<Workload>>> {
    workloads.sort_by(|a, b| (&a.name.value, a.name.span).cmp(&(&b.name.value, b.name.span)));
    let mut named: Map<Arc<Valid<Workload>>> = Map::default();
    for workload in workloads {
        let name = &workload.name;
        if let Some(first) = named.get(&name.value) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ProjectDuplicateWorkload,
                    format!("two workloads are named `{name}`"),
                )
                .at(name.span, "second here")
                .at(first.name.span, "first here")
                .help("rename one of them, or omit one of the files"),
            );
            continue;
        }
        named.insert(name.value.clone(), workload);
    }
    named
}

struct Building<'a> {
    workloads: &'a Map<Arc<Valid<Workload>>>,
    resources: Map<Resource>,
    unanswered: BTreeMap<String, Identity>,
    /// Whether the maximum number of resources is exceeded, which has been reported.
    is_too_large: bool,
    budget: Budget,
    catalogue: &'a mut Catalogue,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Building<'_> {
    fn declare(&mut self, workload: &Workload, name: &str, declared: &score_spec::Resource) {
        let owner = &workload.name.value;
        let uid = uid_of(owner, name, declared);
        if let Some(known) = self.resources.get_mut(&uid) {
            self.diagnostics.extend(unknown_class(
                declared,
                self.catalogue,
                self.diagnostics.len(),
            ));
            if let Err(what) = join(known, owner, declared) {
                let (first, second) =
                    (known.span.min(declared.span), known.span.max(declared.span));
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ResourceConflict,
                        format!("the shared resource `{uid}` has different {what} here"),
                    )
                    .at(second, "differs")
                    .at(first, "first declared here")
                    .help(format!(
                        "set `{what}` in one place only or to the same value in all places, or use \
                         another `id`"
                    )),
                );
            }
            return;
        }
        if self.resources.len() >= MOST_RESOURCES {
            if !self.is_too_large {
                self.is_too_large = true;
                self.diagnostics.push(
                    Diagnostic::new(
                        Code::ProjectTooLarge,
                        format!("the project has more than {MOST_RESOURCES} resources"),
                    )
                    .at(declared.span, "exceeds the limit")
                    .help("compile parts of the project in separate runs, or share resources with an `id`"),
                );
            }
            return;
        }
        let class = declared.class.as_ref().map(|class| class.value.clone());
        let id = declared
            .id
            .as_ref()
            .map_or_else(|| format!("{owner}.{name}"), |id| id.value.clone());
        let identity = Identity {
            kind: declared.kind.value.clone(),
            class,
            id,
        };
        let Some(provisioner) = self.find(&uid, &identity, declared.kind.span) else {
            return;
        };
        self.diagnostics.extend(unknown_class(
            declared,
            self.catalogue,
            self.diagnostics.len(),
        ));
        let resource = Resource {
            uid,
            known_elsewhere: self.catalogue.params_elsewhere(&identity.kind),
            kind: identity.kind,
            class: identity.class,
            id: identity.id,
            workload: owner.clone(),
            span: declared.span,
            provisioner,
            metadata: declared.metadata.clone(),
            requires: Map::default(),
            depth: 0,
            params: match &declared.params {
                Some(params) => Params::Declared {
                    workload: owner.clone(),
                    params: params.clone(),
                },
                None => Params::None,
            },
            refers_to: IndexSet::new(),
            asked: Map::default(),
        };
        self.resources.insert(resource.uid.clone(), resource);
    }

    /// The provisioner of a resource. A resource without one is recorded.
    fn find(&mut self, uid: &str, wanted: &Identity, span: Span) -> Option<Arc<Provisioner>> {
        let class = wanted.class.as_deref().unwrap_or("default");
        let found = find(
            (&wanted.kind, class, &wanted.id),
            span,
            self.catalogue,
            self.sources,
            self.diagnostics,
        );
        if found.is_none() {
            self.unanswered.insert(uid.to_owned(), wanted.clone());
        }
        found
    }

    /// Records that a placeholder of a workload uses an output.
    fn ask(&mut self, workload: &Workload, placeholder: &Placeholder) {
        let Root::Resource(name) = &placeholder.root else {
            return;
        };
        let resource = Project::uid(workload, name).and_then(|uid| self.resources.get_mut(&uid));
        if let (Some(resource), Some(output)) = (resource, placeholder.path.first()) {
            resource
                .asked
                .entry(output.clone())
                .or_insert(placeholder.span);
        }
    }

    /// The resources, each after its dependencies.
    fn sorted(mut self) -> Map<Resource> {
        self.note_references();
        // They are large, and this moves each only once.
        self.resources.sort_by_cached_key(|uid, _| uid.clone());
        let mut edges = Vec::new();
        for (at, resource) in self.resources.values().enumerate() {
            for uid in depends_on(&self.resources, resource) {
                edges.extend(self.resources.get_index_of(uid).map(|other| (other, at)));
            }
        }
        match graph::order(self.resources.len(), &edges) {
            Ok(order) => {
                let mut places = vec![0; order.len()];
                for (place, at) in order.into_iter().enumerate() {
                    places[at] = place;
                }
                // Each swap moves one of them to its final position.
                for at in 0..places.len() {
                    while places[at] != at {
                        let place = places[at];
                        self.resources.swap_indices(at, place);
                        places.swap(at, place);
                    }
                }
                self.resources
            }
            Err(members) => {
                // Edges lead from a dependency to its users; for people the opposite direction is
                // more natural.
                let members: Vec<&Resource> = members
                    .iter()
                    .rev()
                    .map(|&at| &self.resources[at])
                    .collect();
                self.diagnostics.push(cycle(&members));
                Map::default()
            }
        }
    }

    /// Collects the uids to which the params of each resource refer, and records the outputs used.
    fn note_references(&mut self) {
        let mut found: Vec<(String, String, Option<String>, Span)> = Vec::new();
        for resource in self.resources.values() {
            let Params::Declared { workload, params } = &resource.params else {
                continue;
            };
            params.value.each_text(&mut |template: &Template| {
                for placeholder in template.placeholders() {
                    if let Root::Resource(name) = &placeholder.root
                        && let Some(workload) = self.workloads.get(workload)
                        && let Some(uid) = Project::uid(workload, name)
                    {
                        let output = placeholder.path.first().cloned();
                        found.push((resource.uid.clone(), uid, output, placeholder.span));
                    }
                }
            });
        }
        for (from, to, output, span) in found {
            if let (Some(resource), Some(output)) = (self.resources.get_mut(&to), output) {
                resource.asked.entry(output).or_insert(span);
            }
            if let Some(resource) = self.resources.get_mut(&from) {
                resource.refers_to.insert(to);
            }
        }
    }
}

/// The resources that must be resolved before a resource: those to which its params refer, those
/// that its provisioner requires, and, if its params come from the provisioner of another resource,
/// those to which the params of the latter refer.
pub(crate) fn depends_on<'a>(
    resources: &'a Map<Resource>,
    resource: &'a Resource,
) -> impl Iterator<Item = &'a String> {
    let parent = match &resource.params {
        Params::Required { parent, .. } => resources.get(parent),
        Params::None | Params::Declared { .. } => None,
    };
    resource
        .refers_to
        .iter()
        .chain(resource.requires.values())
        .chain(parent.into_iter().flat_map(|parent| &parent.refers_to))
}

/// The type, class and id of a declared resource; `own` is the default id.
fn identity_of<'a>(
    declared: &'a score_spec::Resource,
    own: &'a str,
) -> (&'a str, &'a str, &'a str) {
    let class = declared
        .class
        .as_ref()
        .map_or("default", |class| class.value.as_str());
    let id = declared.id.as_ref().map_or(own, |id| id.value.as_str());
    (&declared.kind.value, class, id)
}

/// The diagnostic about a probable typo in the class of a declared resource, which some provisioner
/// handles.
fn unknown_class(
    declared: &score_spec::Resource,
    catalogue: &Catalogue,
    found: usize,
) -> Option<Diagnostic> {
    catalogue.unknown_class(&declared.kind.value, declared.class.as_ref()?, found)
}

/// The provisioner for a type, class and id. A missing one is reported at `span`.
fn find(
    (kind, class, id): (&str, &str, &str),
    span: Span,
    catalogue: &mut Catalogue,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<Provisioner>> {
    catalogue.need(kind, sources, diagnostics);
    if let Some(found) = catalogue.answer(kind, class, id) {
        return Some(Arc::clone(found));
    }
    if catalogue.is_broken(kind) {
        return None;
    }
    let message = match class {
        "default" => format!("no provisioner for resources of type `{kind}`"),
        class => format!("no provisioner for resources of type `{kind}` and class `{class}`"),
    };
    let mut found = Diagnostic::new(Code::ResourceUnknownType, message).at(span, "");
    // The help text compares all types, so it is only added to the first diagnostics.
    if diagnostics.len() < MOST_PROPOSALS {
        found = found.help(catalogue.advice(kind, class));
    }
    diagnostics.push(found);
    None
}

/// The names in expressions of a provisioner before anything is resolved.
pub(crate) fn identity(resource: &Resource) -> Scope {
    let mut scope = Scope::default();
    for (name, value) in [
        ("uid", resource.uid.as_str()),
        ("type", &resource.kind),
        ("class", resource.class.as_deref().unwrap_or("default")),
        ("id", &resource.id),
        ("workload_name", &resource.workload),
        ("resource_name", resource.name()),
    ] {
        scope.set(name, &Tree::Text(value.into()));
    }
    scope
}

/// Adds another declaration of a shared resource. Any of them can set params and metadata, but not
/// to different values.
fn join(
    known: &mut Resource,
    workload: &str,
    declared: &score_spec::Resource,
) -> Result<(), &'static str> {
    match (&known.params, &declared.params) {
        (_, None) => {}
        (Params::None, Some(params)) => {
            known.params = Params::Declared {
                workload: workload.to_owned(),
                params: params.clone(),
            };
        }
        (Params::Declared { params: first, .. }, Some(params)) if first.value == params.value => {}
        (Params::Declared { .. } | Params::Required { .. }, Some(_)) => return Err("params"),
    }
    match (&known.metadata, &declared.metadata) {
        (_, None) => {}
        (None, Some(metadata)) => known.metadata = Some(metadata.clone()),
        (Some(first), Some(metadata)) if first == metadata => {}
        (Some(_), Some(_)) => return Err("metadata"),
    }
    Ok(())
}

/// The diagnostic about resources that depend on each other in a cycle.
fn cycle(members: &[&Resource]) -> Diagnostic {
    let names: Vec<&str> = members
        .iter()
        .map(|resource| resource.uid.as_str())
        .collect();
    let mut diagnostic = Diagnostic::new(
        Code::ResourceCycle,
        format!("resources depend on each other: {}", circle(&names)),
    );
    for resource in members.iter().take(MOST_NAMED) {
        diagnostic = diagnostic.at(resource.span, format!("`{}`", resource.uid));
    }
    diagnostic.help(
        "remove one of the placeholders in their `params`, or one of the `resources` of their provisioners",
    )
}
