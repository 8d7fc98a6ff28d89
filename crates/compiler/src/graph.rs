//! `graph`: from workloads to the closed graph of their resources.

mod declared;
mod incomplete;
mod internal;
mod order;
mod references;
mod required;
mod selection;
pub(crate) mod unknown;
mod unused;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Sources, Span, Valid, Workload, workload};

use self::incomplete::incomplete;
use self::internal::Owner;
pub(crate) use self::order::depends_on;
use self::order::sorted;
use self::unused::unused;
use self::users::DeclaredBy;
pub use self::users::ResourceUser;
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
    /// The workloads with errors, without the parts that are wrong, sorted by name. They and their
    /// resources are only checked.
    pub(crate) drafts: Map<Arc<Workload>>,
    /// The resources of the project itself, as a workload without a name and containers.
    pub of_project: Option<Arc<Workload>>,
    /// The names of workloads that are omitted because of errors, so that references to them are
    /// not reported as well.
    pub missing: BTreeSet<String>,
    /// The resources by uid, each after its dependencies, otherwise sorted by uid.
    pub resources: Map<Resource>,
    /// The resources without a provisioner, sorted by uid. The reasons have been reported.
    pub unhandled: BTreeMap<String, Identity>,
    /// Where resources are declared, once that has been looked up.
    declared: OnceLock<DeclaredBy>,
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

impl Identity {
    /// The identity of a resource that a workload declares.
    fn declared(workload: &str, name: &str, resource: &score_spec::Resource) -> Self {
        Self {
            kind: resource.kind.value.clone(),
            class: resource.class.as_ref().map(|class| class.value.clone()),
            id: declared_id(workload, name, resource),
        }
    }

    /// Its class, which is `default` if it has none.
    pub fn class(&self) -> &str {
        self.class.as_deref().unwrap_or(name::DEFAULT_CLASS)
    }

    fn uid(&self) -> String {
        name::uid(&self.kind, self.class.as_deref(), &self.id)
    }
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
    /// The first workload, by name, that declares or indirectly needs it; empty if the project itself does.
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
    /// A workload declares them, or the project, which has no name.
    Declared {
        workload: String,
        params: workload::Params,
    },
    /// The provisioner of another resource, by uid, sets them for its requirement.
    Required { parent: String, label: String },
}

impl Resource {
    /// A resource on which nothing depends yet.
    fn new(
        uid: String,
        identity: Identity,
        workload: String,
        span: Span,
        provisioner: Arc<Provisioner>,
    ) -> Self {
        Self {
            uid,
            kind: identity.kind,
            class: identity.class,
            id: identity.id,
            workload,
            span,
            provisioner,
            metadata: None,
            requires: Map::default(),
            depth: 0,
            params: Params::None,
            refers_to: IndexSet::new(),
            known_elsewhere: Arc::default(),
            asked: Map::default(),
        }
    }

    /// Its identity.
    pub fn identity(&self) -> Identity {
        Identity {
            kind: self.kind.clone(),
            class: self.class.clone(),
            id: self.id.clone(),
        }
    }

    /// The names in expressions of its provisioner before anything is resolved.
    pub(crate) fn scope(&self) -> Scope {
        let mut scope = Scope::default();
        for (name, value) in [
            ("uid", self.uid.as_str()),
            ("type", &self.kind),
            ("class", self.class.as_deref().unwrap_or("default")),
            ("id", &self.id),
            ("workload_name", &self.workload),
            ("resource_name", self.name()),
        ] {
            scope.set(name, &Tree::Text(value.into()));
        }
        scope
    }

    /// The diagnostic with the location of the resource for which it was found.
    pub(crate) fn mark(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(self.span, format!("for the resource `{}`", self.uid))
    }

    /// The workload and local name of a resource; absent for a resource with an id, which workloads
    /// can share.
    pub fn belongs_to(&self) -> Option<(&str, &str)> {
        if self.workload.is_empty() {
            return None;
        }
        let name = self.id.strip_prefix(&self.workload)?.strip_prefix('.')?;
        Some((&self.workload, name))
    }

    /// The name of the resource in its workload; the id of a shared resource.
    pub fn name(&self) -> &str {
        self.belongs_to().map_or(&self.id, |(_, name)| name)
    }
}

impl Project {
    /// The workload with this name, which may have errors elsewhere; without a name, that of the resources of the
    /// project itself.
    pub(crate) fn declaring(&self, name: &str) -> Option<&Workload> {
        if name.is_empty() {
            return self.of_project.as_deref();
        }
        let workload = self.workloads.get(name).map(|workload| &***workload);
        workload.or_else(|| self.drafts.get(name).map(|draft| &**draft))
    }

    /// The uids of all resources, with and without a provisioner.
    pub fn uids(&self) -> impl Iterator<Item = &str> + Clone {
        let uids = self.resources.keys().chain(self.unhandled.keys());
        uids.map(String::as_str)
    }

    /// The uid of a resource that a workload declares.
    pub fn uid(workload: &Workload, name: &str) -> Option<String> {
        let resource = workload.resources.get(name)?;
        Some(uid_of(&workload.name.value, name, resource))
    }
}

fn uid_of(workload: &str, name: &str, resource: &score_spec::Resource) -> String {
    let class = resource.class.as_ref().map(|class| class.value.as_str());
    let id = declared_id(workload, name, resource);
    name::uid(&resource.kind.value, class, &id)
}

fn declared_id(workload: &str, name: &str, resource: &score_spec::Resource) -> String {
    let own = || [workload, ".", name].concat();
    resource.id.as_ref().map_or_else(own, |id| id.value.clone())
}

/// Resources while the graph is created.
struct Building<'a> {
    workloads: &'a Map<&'a Workload>,
    resources: Map<Resource>,
    unhandled: BTreeMap<String, Identity>,
    /// The owners of resources that belong to provisioners, by uid.
    owners: BTreeMap<String, Owner>,
    /// Whether the maximum number of resources is exceeded, which has been reported.
    is_too_large: bool,
    budget: Budget,
    catalogue: &'a mut Catalogue,
    sources: &'a mut Sources,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// Creates the graph of a project. `drafts` are the workloads with errors, without the parts that are
/// wrong, `missing` are the names of all workloads with errors, and `of_project` has the resources of the
/// project itself. Requirements of provisioners are
/// added until the graph is closed.
pub fn build(
    workloads: Vec<Arc<Valid<Workload>>>,
    drafts: Vec<Arc<Workload>>,
    missing: BTreeSet<String>,
    of_project: Option<Arc<Workload>>,
    catalogue: &mut Catalogue,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Project {
    let (workloads, drafts) = by_name(workloads, drafts, diagnostics);
    let valid = workloads.iter().map(|(name, it)| (name.clone(), &***it));
    let invalid = drafts.iter().map(|(name, it)| (name.clone(), &**it));
    let project = of_project.iter().map(|it| (String::new(), &**it));
    let declaring: Map<&Workload> = project.chain(valid).chain(invalid).collect();
    let mut building = Building {
        workloads: &declaring,
        resources: Map::default(),
        unhandled: BTreeMap::new(),
        owners: BTreeMap::new(),
        is_too_large: false,
        budget: Budget::default(),
        catalogue,
        sources,
        diagnostics,
    };
    for workload in declaring.values() {
        for (name, resource) in &workload.resources {
            building.declare(workload, name, resource);
        }
    }
    building.close();
    building.check_users();
    building.check_internal();
    building.note_references();
    let Building {
        resources,
        unhandled,
        is_too_large,
        ..
    } = building;
    // If the limit is exceeded, nothing is created or examined further.
    let resources = if is_too_large {
        Map::default()
    } else {
        sorted(resources, diagnostics)
    };
    unused(&workloads, &resources, diagnostics);
    incomplete(&workloads, &resources, diagnostics);
    Project {
        workloads,
        drafts,
        of_project,
        missing,
        resources,
        unhandled,
        declared: OnceLock::new(),
    }
}

/// Workloads and drafts by their names, of which each is used once.
fn by_name(
    mut workloads: Vec<Arc<Valid<Workload>>>,
    mut drafts: Vec<Arc<Workload>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Map<Arc<Valid<Workload>>>, Map<Arc<Workload>>) {
    let order = |a: &Workload, b: &Workload| {
        (&a.name.value, a.name.span).cmp(&(&b.name.value, b.name.span))
    };
    workloads.sort_by(|a, b| order(a, b));
    drafts.sort_by(|a, b| order(a, b));
    let mut first_of: BTreeMap<String, Span> = BTreeMap::new();
    let mut is_first = |workload: &Workload| {
        let name = &workload.name;
        if let Some(first) = first_of.get(&name.value) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ProjectDuplicateWorkload,
                    format!("two workloads are named `{name}`"),
                )
                .at(name.span, "second here")
                .at(*first, "first here")
                .help("rename one of them, or omit one of the files"),
            );
            return false;
        }
        first_of.insert(name.value.clone(), name.span);
        true
    };
    workloads.retain(|workload| is_first(workload));
    drafts.retain(|draft| is_first(draft));
    let workloads = workloads.into_iter().map(|it| (it.name.value.clone(), it));
    let drafts = drafts.into_iter().map(|it| (it.name.value.clone(), it));
    (workloads.collect(), drafts.collect())
}
