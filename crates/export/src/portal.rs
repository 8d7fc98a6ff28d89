//! The entries of a project in a developer portal, which are the same in all its environments.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::model::{Model, ModelResource, ModelWorkload};
use score_spec::Span;

use crate::findings::Findings;
use crate::view::ProjectView;

/// The lifecycle by default.
const LIFECYCLE: &str = "production";

/// The types of resources that stand for something else in a portal: another workload, a link, or a setting.
const NO_ENTRIES: [&str; 6] = [
    "config",
    "endpoint",
    "environment",
    "route",
    "service",
    "service-port",
];

/// The entries of a project.
pub(crate) struct Catalog<'a> {
    /// The name of the project in the portal.
    pub(crate) system: &'a str,
    /// The owner of the project.
    pub(crate) owner: String,
    pub(crate) domain: Option<&'a str>,
    pub(crate) lifecycle: &'a str,
    pub(crate) workloads: BTreeMap<&'a str, CatalogWorkload<'a>>,
    pub(crate) resources: BTreeMap<&'a str, CatalogResource<'a>>,
}

/// A workload of any environment.
pub(crate) struct CatalogWorkload<'a> {
    /// As it is in the first environment that has it.
    pub(crate) model: &'a ModelWorkload,
    pub(crate) owner: String,
    /// The workloads whose host or port it uses in any environment.
    pub(crate) refers_to: BTreeSet<&'a str>,
    /// The uids of the resources that it declares in any environment.
    pub(crate) resources: BTreeSet<&'a str>,
    /// The path of the description of its API.
    pub(crate) api: Option<&'a str>,
    /// The hosts of its routes in any environment.
    pub(crate) hosts: BTreeSet<&'a str>,
}

/// A resource that a Score file or the project declares.
pub(crate) struct CatalogResource<'a> {
    pub(crate) model: &'a ModelResource,
    pub(crate) owner: String,
}

impl<'a> Catalog<'a> {
    /// The entries of a project in all these environments. Missing owners are reported.
    pub(crate) fn of(
        views: &'a [ProjectView],
        portal: &str,
        findings: &mut Findings,
    ) -> Option<Self> {
        let first = views.first()?;
        let settings = &first.portal;
        let system = settings.system.as_deref();
        let project = first.model.project.as_deref();
        // Names of projects can end with these characters, and names in portals cannot.
        let project = project.map(|name| name.trim_end_matches(['-', '_']));
        let system = system.or(project);
        if system.is_none() {
            let message = format!("{portal} needs the name of the project");
            let finding = findings.incomplete(0, message);
            finding.add(settings.span, "add `name` to score-rs.yaml");
        }
        let mut workloads: BTreeMap<&str, CatalogWorkload<'_>> = BTreeMap::new();
        for (at, view) in views.iter().enumerate() {
            for (name, model) in &view.model.workloads {
                let known = workloads.entry(name);
                let known = known.or_insert_with(|| CatalogWorkload {
                    model,
                    owner: owner((at, view), name, model, portal, findings),
                    refers_to: BTreeSet::new(),
                    resources: BTreeSet::new(),
                    api: view.apis.get(name).map(String::as_str),
                    hosts: BTreeSet::new(),
                });
                known.add(name, model, &view.model);
            }
        }
        let owners: BTreeSet<&str> = workloads.values().map(|it| it.owner.as_str()).collect();
        let common = owners.first().copied().filter(|_| owners.len() == 1);
        let owner = settings.system_owner.as_deref().or(common);
        if let Some(other) = owner.filter(|it| !it.is_empty() && !is_reference(it)) {
            let message = format!("`{}` is not the name of a team", other.escape_debug());
            let finding = findings.incomplete(0, message);
            finding.add(settings.span, "change `systemOwner` of `portal`");
        }
        if owner.is_none() {
            let message =
                format!("{portal} needs the owner of the project, whose workloads have several");
            let finding = findings.incomplete(0, message);
            finding.add(
                settings.span,
                "add `portal: {systemOwner: TEAM}` to score-rs.yaml",
            );
        }
        let owner = owner.unwrap_or_default().to_owned();
        Some(Self {
            system: system?,
            resources: resources(views, &workloads, &owner),
            owner,
            domain: settings.domain.as_deref(),
            lifecycle: settings.lifecycle.as_deref().unwrap_or(LIFECYCLE),
            workloads,
        })
    }
}

impl<'a> CatalogWorkload<'a> {
    /// Adds what it uses in an environment.
    fn add(&mut self, name: &str, workload: &'a ModelWorkload, model: &'a Model) {
        self.refers_to
            .extend(workload.refers_to.iter().map(String::as_str));
        let declared = workload.resources.values().map(String::as_str);
        self.resources.extend(declared.filter(|uid| {
            let resource = model.resources.get(*uid);
            resource.is_some_and(has_entry)
        }));
        let routes = model.routes.iter().filter(|route| route.workload == name);
        self.hosts
            .extend(routes.flat_map(|route| &route.hosts).map(String::as_str));
    }
}

/// Whether a portal has an entry for a resource.
pub(crate) fn has_entry(resource: &ModelResource) -> bool {
    !resource.declared.is_empty() && !NO_ENTRIES.contains(&resource.identity.kind.as_str())
}

/// The resources of all environments. One that a single workload declares has the owner of that, and others have that of
/// the project.
fn resources<'a>(
    views: &'a [ProjectView],
    workloads: &BTreeMap<&str, CatalogWorkload<'_>>,
    owner: &str,
) -> BTreeMap<&'a str, CatalogResource<'a>> {
    let mut resources = BTreeMap::new();
    let all = views.iter().flat_map(|view| &view.model.resources);
    for (uid, model) in all.filter(|(_, model)| has_entry(model)) {
        let declared = model.declared.iter();
        let owners =
            declared.map(|it| Some(workloads.get(it.workload.as_deref()?)?.owner.as_str()));
        let owners: BTreeSet<Option<&str>> = owners.collect();
        let only = owners
            .first()
            .copied()
            .flatten()
            .filter(|_| owners.len() == 1);
        let owner = only.unwrap_or(owner).to_owned();
        let entry = resources.entry(uid.as_str());
        entry.or_insert(CatalogResource { model, owner });
    }
    resources
}

/// The owner of a workload. A missing one is reported, because a guess would page the wrong team.
fn owner(
    (at, view): (usize, &ProjectView),
    name: &str,
    workload: &ModelWorkload,
    portal: &str,
    findings: &mut Findings,
) -> String {
    let Some(annotation) = &view.portal.owner else {
        let message = format!("{portal} needs the owner of each workload");
        let finding = findings.incomplete(at, message);
        let help = "add `portal: {owner: ANNOTATION}` to score-rs.yaml, and the annotation to each workload";
        finding.add(view.portal.span, help);
        return String::new();
    };
    let owner = workload.annotations.get(&annotation.value);
    if let Some(owner) = owner.filter(|owner| is_reference(owner)) {
        return owner.clone();
    }
    let message = format!("{portal} needs the owner of `{name}`: the annotation `{annotation}`");
    let metadata = workload.spec.document.entry("metadata");
    let place: Option<Span> = metadata.map(|entry| entry.key_span);
    let finding = findings.incomplete(at, message);
    finding.add(
        place.or(Some(workload.span)),
        "add the annotation with the name of a team to the workload",
    );
    String::new()
}

/// Whether an owner is the name of a group or user, possibly with a kind and a namespace. Those of workloads without
/// an owner are empty, and have been reported.
fn is_reference(owner: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    !owner.is_empty() && owner.chars().all(is_legal)
}
