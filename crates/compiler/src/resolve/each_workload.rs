//! The parts of provisioners that are evaluated for each workload that uses a resource.

use std::collections::{BTreeMap, BTreeSet};

use score_spec::{Code, Diagnostic, Map, Span, Workload};

use super::outputs::scope_of_output;
use super::steps::Steps;
use super::{Resolution, Resolved, WorkloadParts, references};
use crate::graph::{Project, Resource};
use crate::ir::{Raw, Tree};
use crate::provisioner::expression::Scope;
use crate::provisioner::uses::{WORKLOAD, WORKLOAD_NAME};
use crate::support::budget::Budget;

/// The workloads that declare a resource or need it indirectly, by uid, if some provisioner has parts for each
/// workload. Workloads with errors are not among them.
pub(super) type Users<'a> = BTreeMap<&'a str, Vec<&'a Workload>>;

/// The maximum number of uses of these resources, directly or through other resources. Workloads can share a
/// resource with many requirements, each of which has parts for each workload.
const MOST_USES: usize = 500_000;

/// Finds the users of the resources of a project. The resource that exceeds the limit is reported.
pub(super) fn users(project: &Project) -> Result<Users<'_>, Box<Diagnostic>> {
    let resources = &project.resources;
    let mut all = resources.values();
    if !all.any(|it| it.provisioner.depends_on_workloads()) {
        return Ok(Users::new());
    }
    let needed = needed(project);
    let mut users = vec![BTreeSet::new(); resources.len()];
    let mut uses = 0;
    for (at, workload) in project.workloads.values().enumerate() {
        for name in workload.resources.keys() {
            let uid = Project::uid(workload, name).unwrap_or_default();
            if let Some(resource) = resources.get_index_of(&uid).filter(|it| needed[*it]) {
                users[resource].insert(at);
                uses += 1;
            }
        }
    }
    // Each resource comes after those that it requires.
    for (at, resource) in resources.values().enumerate().rev() {
        let of_parent = users[at].clone();
        for uid in resource.requires.values() {
            if let Some(required) = resources.get_index_of(uid).filter(|it| needed[*it]) {
                uses += of_parent.len();
                if uses > MOST_USES {
                    return Err(too_many(resource));
                }
                users[required].extend(&of_parent);
            }
        }
    }
    let found = resources.keys().zip(users).map(|(uid, users)| {
        let users = users.into_iter().map(|at| &**project.workloads[at]);
        (uid.as_str(), users.collect())
    });
    Ok(found.collect())
}

/// Whether each resource, or one that it requires, has parts for each workload or annotations, which determine the
/// kinds of workloads.
fn needed(project: &Project) -> Vec<bool> {
    let resources = &project.resources;
    let mut needed: Vec<bool> = Vec::with_capacity(resources.len());
    for resource in resources.values() {
        let provisioner = &resource.provisioner;
        let requires = resource.requires.values();
        let mut requires = requires.filter_map(|uid| needed.get(resources.get_index_of(uid)?));
        let is_needed = provisioner.depends_on_workloads()
            || !provisioner.annotations.is_empty()
            || requires.any(|it| *it);
        needed.push(is_needed);
    }
    needed
}

/// The diagnostic about a resource with whose requirements there are too many uses.
fn too_many(resource: &Resource) -> Box<Diagnostic> {
    let message = format!(
        "the workloads use resources with parts for each workload more than {MOST_USES} times"
    );
    let diagnostic = Diagnostic::new(Code::ProjectTooLarge, message);
    let help =
        "compile parts of the project in separate runs, or let fewer provisioners use `workload`";
    let cause = format!("exceeded by what `{}` requires", resource.uid);
    Box::new(diagnostic.at(resource.span, cause).help(help))
}

impl<'a> Steps<'a> {
    /// Adds the parts for each workload, in the order of resources. Annotations come first, since they determine the
    /// kinds of workloads.
    pub(super) fn for_workloads(
        &self,
        resolved: &mut Resolved,
        budget: &Budget,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let pending = self.pending(resolved);
        if pending.is_empty() {
            return;
        }
        let kinds = self.kinds(resolved);
        let mut complete = Vec::new();
        for part in pending {
            let mut resolution = self.resolution(&part, resolved, budget, diagnostics);
            let kind = kinds.get(&*part.user.name.value).copied();
            let annotations = resolution.annotations_of_workload(&part.scope, kind);
            if let Some(annotations) = annotations {
                part.of(resolved).annotations = annotations;
                complete.push(part);
            }
        }
        let kinds = self.kinds(resolved);
        for part in complete {
            let mut resolution = self.resolution(&part, resolved, budget, diagnostics);
            let kind = kinds.get(&*part.user.name.value).copied();
            if let Some((objects, patches)) = resolution.raw_of_workload(&part.scope, kind) {
                let parts = part.of(resolved);
                (parts.objects, parts.patches) = (objects, patches);
            }
        }
        for (uid, provisioned) in &mut *resolved {
            if !provisioned.parts.of_workloads.is_empty() {
                let (outputs, parts) = (&provisioned.outputs, &provisioned.parts);
                provisioned.references = references(uid, outputs, parts);
            }
        }
    }

    /// The resources with parts for each workload, for each of their users.
    fn pending(&self, resolved: &mut Resolved) -> Vec<Pending<'a>> {
        let mut pending = Vec::new();
        for (uid, resource) in &self.project.resources {
            let scope = resolved.get_mut(uid).and_then(|it| it.pending.take());
            let users = self.users.get(uid.as_str()).into_iter().flatten();
            if let Some(scope) = scope {
                pending.extend(users.map(|user| Pending {
                    resource,
                    user,
                    scope: scope.clone(),
                }));
            }
        }
        pending
    }

    fn resolution<'b>(
        &'b self,
        part: &Pending<'a>,
        resolved: &'b Resolved,
        budget: &'b Budget,
        diagnostics: &'b mut Vec<Diagnostic>,
    ) -> Resolution<'b> {
        Resolution {
            user: Some(part.user),
            ..self.of(part.resource, resolved, budget, diagnostics)
        }
    }

    /// The kinds of workloads, on a platform with several kinds: those in Score files, otherwise those that provisioners
    /// set, otherwise the default of the project.
    fn kinds(&self, resolved: &Resolved) -> BTreeMap<&'a str, &'static str> {
        let Some(annotation) = self.options.kinds else {
            return BTreeMap::new();
        };
        let mut patched: BTreeMap<&str, &str> = BTreeMap::new();
        for (uid, provisioned) in resolved {
            let parts = &provisioned.parts;
            if let Some((kind, _)) = parts.annotations.get(annotation.name) {
                let users = self.users.get(uid.as_str()).into_iter().flatten();
                patched.extend(users.map(|user| (user.name.value.as_str(), kind.as_str())));
            }
            for (name, parts) in &parts.of_workloads {
                let kind = parts.annotations.get(annotation.name);
                patched.extend(kind.map(|(kind, _)| (name.as_str(), kind.as_str())));
            }
        }
        let of_project = &self.options.settings.annotations;
        let workloads = self.project.workloads.iter().map(|(name, workload)| {
            let spanned = workload.annotations.get(annotation.name);
            let own = spanned.map(|it| it.value.as_str());
            let default = || of_project.get(annotation.name).map(|it| it.value.as_str());
            let patched = patched.get(name.as_str()).copied();
            let value = own.or(patched).or_else(default);
            (name.as_str(), annotation.kind(value))
        });
        workloads.collect()
    }
}

/// A resource whose parts for a workload are evaluated.
struct Pending<'a> {
    resource: &'a Resource,
    user: &'a Workload,
    /// The names in expressions.
    scope: Scope,
}

impl Pending<'_> {
    /// The parts for the workload.
    fn of<'r>(&self, resolved: &'r mut Resolved) -> &'r mut WorkloadParts {
        let provisioned = resolved.entry(self.resource.uid.clone()).or_default();
        let parts = &mut provisioned.parts.of_workloads;
        parts.entry(self.user.name.value.clone()).or_default()
    }
}

impl Resolution<'_> {
    /// The declaration by a workload of the resource, or of one that requires it: its location and a description.
    pub(super) fn declaration(&self, user: &Workload) -> (Span, String) {
        let mut declared = user.resources.iter();
        let is_this = |name: &str| Project::uid(user, name).as_ref() == Some(&self.resource.uid);
        let declared = declared.find(|(name, _)| is_this(name));
        let span = declared.map_or(user.name.span, |(_, declared)| {
            declared
                .params
                .as_ref()
                .map_or(declared.span, |it| it.node.span)
        });
        (span, format!("for the workload `{}`", user.name))
    }

    /// The names in expressions of the parts for a workload. Absent if a value has an error, which is reported.
    fn scope_of_workload(&mut self, scope: &Scope, kind: Option<&str>) -> Option<Scope> {
        let user = self.user?;
        let mut scope = scope.inner();
        let provisioner = &self.resource.provisioner;
        if !provisioner.values.contains_key(WORKLOAD) {
            scope.set_object(WORKLOAD, self.directory.value(&user.name.value, kind));
        }
        for name in &provisioner.of_workloads.own {
            let value = self.complete(provisioner.values.get(name)?, &scope)?;
            scope.set(name, &value);
        }
        Some(scope)
    }

    /// The names in expressions for conditions on the name of the first workload, with another one in its place. Absent
    /// if a value has an error, which is reported.
    fn conditional(&mut self, scope: &Scope) -> Option<Scope> {
        let user = self.user?;
        let provisioner = &self.resource.provisioner;
        let mut scope = scope.inner();
        scope.set(WORKLOAD_NAME, &Tree::Text(user.name.value.as_str().into()));
        for name in &provisioner.of_workloads.conditions {
            let patterns = provisioner.values.get(name)?;
            if name == "*" {
                let asked = self.resource.asked.keys();
                for output in asked.filter(|output| !provisioner.values.contains_key(*output)) {
                    self.complete(patterns, &scope_of_output(&scope, output))?;
                }
            } else {
                let value = self.complete(patterns, &scope)?;
                scope.set(name, &value);
            }
        }
        Some(scope)
    }

    /// Whether the workload is the one for which conditions on its name have been evaluated with the resource.
    fn is_first(&self) -> bool {
        let name = self.user.map(|user| &user.name.value);
        name == Some(&self.resource.workload)
    }

    /// The annotations for a workload.
    fn annotations_of_workload(
        &mut self,
        scope: &Scope,
        kind: Option<&str>,
    ) -> Option<Map<(String, Span)>> {
        let mut annotations = Map::default();
        let scope = self.scope_of_workload(scope, kind)?;
        if !self.is_first() {
            let scope = self.conditional(&scope)?;
            self.annotations(&|it| it.is_condition, &scope, &mut annotations)?;
            annotations.clear();
        }
        self.annotations(&|it| it.is_per_workload, &scope, &mut annotations)?;
        Some(annotations)
    }

    /// The objects and patches for a workload.
    fn raw_of_workload(
        &mut self,
        scope: &Scope,
        kind: Option<&str>,
    ) -> Option<(Vec<Raw>, Vec<Raw>)> {
        let scope = self.scope_of_workload(scope, kind)?;
        let provisioner = &self.resource.provisioner;
        if !self.is_first() {
            let scope = self.conditional(&scope)?;
            self.raw(&provisioner.objects, &|it| it.is_condition, &scope)?;
            self.raw(&provisioner.patches, &|it| it.is_condition, &scope)?;
        }
        let objects = self.raw(&provisioner.objects, &|it| it.is_per_workload, &scope)?;
        let patches = self.raw(&provisioner.patches, &|it| it.is_per_workload, &scope)?;
        Some((objects, patches))
    }
}
