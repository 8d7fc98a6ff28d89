//! `lower`: converts workloads and the components of resources to a common representation.

pub(crate) mod address;
mod nul;
mod provisioned;

mod annotation;
mod container;
mod copies;
mod existing;
mod options;
mod patch;
mod publish;
mod route;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use score_spec::{
    Code, Diagnostic, Map, Quantity, Ready, SourceId, Sources, Spanned, Valid, Workload,
};

use self::provisioned::Lowered;
use crate::graph::{Project, Resource};
use crate::input::Settings;
use crate::input::options::{BuildOption, ImageOption, PublishOption};
use crate::ir::name::{is_label, label_of};
use crate::ir::{
    Alternatives, Annotation, App, Component, Container, Origin, PatchedList, Places, Run, Storage,
    Tree, Volume,
};
use crate::provisioner::expression::to_text;
use crate::resolve::{Provisioned, Requested, Resolved};
use crate::support::budget::Budget;
use crate::support::parallel;

/// The settings of a run in addition to its Score files, and the relevant data of the targets.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) images: Vec<ImageOption>,
    pub(crate) builds: Vec<BuildOption>,
    pub(crate) published: Vec<PublishOption>,
    /// The annotations of all targets.
    pub(crate) annotations: Vec<&'static Annotation>,
    /// The effect of a patch on the list at a path, which starts with the platform.
    pub(crate) patched_list: fn(&[&str]) -> PatchedList,
    /// The alternatives among the fields of the map at such a path.
    pub(crate) alternatives: fn(&[&str]) -> Option<Alternatives>,
    /// Whether images may be left open, because the result is only checked.
    pub(crate) accepts_open_images: bool,
    /// The paths of Score files from the folder of the project.
    pub(crate) paths: BTreeMap<SourceId, String>,
    /// The workloads that the environment leaves out, if the run has all Score files of the project; otherwise any
    /// name can belong to another part of it.
    pub(crate) left_out: Option<BTreeSet<String>>,
}

/// Lowers a project, and takes the components out of its resolved resources.
pub(crate) fn lower(
    (project, sources): (&Project, &Sources),
    resolved: &mut Resolved,
    options: &Options,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> App {
    let app = App {
        score_files: score_files(project, options),
        shared: shared(project),
        ..empty(settings)
    };
    let lowered = lowered(project, resolved, (sources, &app));
    let mut lowering = Lowering {
        project,
        resolved,
        options,
        settings,
        diagnostics,
        app,
        waits: IndexMap::new(),
        needs: IndexMap::new(),
        budget: Budget::default(),
        repeated: 0,
    };
    for (resource, components) in project.resources.values().zip(lowered) {
        if let Some(provisioned) = lowering.resolved.get(&resource.uid) {
            lowering.resource(resource, provisioned, components);
        }
    }
    for workload in project.workloads.values() {
        lowering.workload(workload);
    }
    for draft in project.drafts.values() {
        lowering.check_draft(draft);
    }
    lowering.existing();
    lowering.check_selectors();
    lowering.check_image_for_all();
    lowering.publish();
    let mut app = lowering.app;
    nul::check(&app, diagnostics);
    // They are large, and this moves each only once.
    app.components.sort_by_cached_key(|name, _| name.clone());
    app.volumes.sort_by_cached_key(|name, _| name.clone());
    copies::check(&mut app, diagnostics);
    app.routes.sort_by(|a, b| {
        (&a.hosts, &a.path, &a.component, &a.name).cmp(&(&b.hosts, &b.path, &b.component, &b.name))
    });
    app
}

/// The Score files of workloads, as paths from the folder of the project.
fn score_files(project: &Project, options: &Options) -> Map<String> {
    let workloads = project.workloads.iter();
    let files = workloads.filter_map(|(name, workload)| {
        let path = options.paths.get(&workload.source)?;
        Some((name.clone(), path.clone()))
    });
    files.collect()
}

/// The uids of resources that belong to a workload, and that other workloads declare by their ids.
fn shared(project: &Project) -> BTreeSet<String> {
    let of_others = project.workloads.iter().flat_map(|(name, workload)| {
        let declared = workload.resources.iter();
        let declared = declared.filter(|(_, resource)| resource.id.is_some());
        let uids = declared.filter_map(|(local, _)| Project::uid(workload, local));
        uids.filter(move |uid| {
            let resource = project.resources.get(uid);
            let owner = resource.and_then(|it| it.belongs_to());
            owner.is_some_and(|(owner, _)| owner != name)
        })
    });
    of_others.collect()
}

/// An application without components.
fn empty(settings: &Settings) -> App {
    let texts = |map: &Map<Spanned<String>>| -> Vec<(String, String)> {
        let entries = map.iter();
        let entries = entries.map(|(key, value)| (key.clone(), value.value.clone()));
        entries.collect()
    };
    App {
        project: settings.name.clone(),
        registries: texts(&settings.registries).into_iter().collect(),
        versions: texts(&settings.versions).into_iter().collect(),
        ..App::default()
    }
}

/// The components of each resource. The trees that they are read from are dropped at once, since they are a tenth
/// of the memory of a large project.
fn lowered(
    project: &Project,
    resolved: &mut Resolved,
    known: (&Sources, &App),
) -> Vec<Vec<Result<Lowered, Vec<Diagnostic>>>> {
    let resources = project.resources.values();
    let requested = resources.map(|resource| {
        let provisioned = resolved.get_mut(&resource.uid);
        let components = provisioned.map(|it| std::mem::take(&mut it.parts.components));
        (resource, components.unwrap_or_default())
    });
    parallel::each(
        parallel::ENOUGH,
        requested.collect(),
        |(resource, requested)| provisioned::components(resource, &requested, known),
    )
}

struct Lowering<'a> {
    project: &'a Project,
    resolved: &'a Resolved,
    options: &'a Options,
    settings: &'a Settings,
    diagnostics: &'a mut Vec<Diagnostic>,
    app: App,
    /// The components to wait for until a resource is ready, by its uid.
    waits: IndexMap<&'a str, Map<Ready>>,
    /// The direct and indirect dependencies of a resource, and the resource itself, by its uid.
    needs: IndexMap<&'a str, IndexSet<String>>,
    budget: Budget,
    /// The size of what the patches of the workloads so far repeat for their containers, in bytes.
    repeated: usize,
}

impl<'a> Lowering<'a> {
    /// Adds the components of a resource. Those of its dependencies have been added before.
    fn resource(
        &mut self,
        resource: &'a Resource,
        provisioned: &'a Provisioned,
        parts: Vec<Result<Lowered, Vec<Diagnostic>>>,
    ) {
        self.written(resource, provisioned);
        if let Some((workload, _)) = resource.belongs_to() {
            let owner = workload.to_owned();
            self.app.owners.insert(resource.uid.clone(), owner);
        }
        let uid = resource.uid.clone();
        self.app.declared.insert(uid, resource.span);
        let mut needs = Map::default();
        for uid in resource.requires.values() {
            needs.extend(self.waits.get(uid.as_str()).cloned().unwrap_or_default());
        }
        let mut own = Map::default();
        for part in parts {
            match part {
                Ok(Lowered {
                    mut component,
                    volumes,
                    after,
                }) => {
                    component.waits_for.extend(needs.clone());
                    component.waits_for.extend(after);
                    component.waits_for.sort_keys();
                    own.insert(component.name.clone(), ready_state(&component));
                    self.add(component, resource);
                    for volume in volumes {
                        self.add_volume(volume, resource);
                    }
                }
                Err(problems) => self.diagnostics.extend(problems),
            }
        }
        self.waits
            .insert(&resource.uid, if own.is_empty() { needs } else { own });
        if let Some(volume) = &provisioned.parts.volume {
            self.volume(resource, volume);
        }
        for (at, route) in provisioned.parts.routes.iter().enumerate() {
            self.route(resource, at, &route.tree);
        }
        for request in &provisioned.parts.publish {
            self.publish_of(resource, request);
        }
    }

    /// Adds the volume to mount if the resource is used as the source of a volume.
    fn volume(&mut self, resource: &Resource, requested: &Requested) {
        let Some(Tree::Text(name)) = requested.tree.get("name") else {
            return;
        };
        let Some(name) = name.as_plain() else {
            return;
        };
        let size = size(requested.tree.get("size"))
            .map_err(|problem| format!("the size of the volume: {problem}"));
        match size.and_then(|size| Ok((size, storage(&requested.tree)?))) {
            Ok((size, storage)) => {
                let volume = Volume {
                    name: name.to_owned(),
                    resource: resource.uid.clone(),
                    local_name: resource.belongs_to().map(|(_, name)| label_of(name)),
                    owner: None,
                    size,
                    storage,
                };
                self.add_volume(volume, resource);
            }
            Err(problem) => {
                let problem = Diagnostic::new(Code::ProvisionerInvalid, problem)
                    .at(requested.span, "by this provisioner");
                self.diagnostics.push(
                    resource
                        .mark(problem)
                        .help("a size is a number of bytes with an optional unit, such as `1Gi`"),
                );
            }
        }
    }

    fn add(&mut self, component: Component, resource: &Resource) {
        if !self.is_label(&component.name, "component", resource) {
            return;
        }
        if self.project.workloads.contains_key(&component.name)
            || self.app.components.contains_key(&component.name)
        {
            self.collision(&component.name, resource);
            return;
        }
        self.app
            .components
            .insert(component.name.clone(), component);
    }

    fn add_volume(&mut self, volume: Volume, resource: &Resource) {
        if !self.is_label(&volume.name, "volume", resource) {
            return;
        }
        if self.app.volumes.contains_key(&volume.name) {
            self.collision(&volume.name, resource);
            return;
        }
        self.app.volumes.insert(volume.name.clone(), volume);
    }

    /// Whether a part of a resource has a name that every target accepts. Names also become paths,
    /// which must not lead elsewhere.
    fn is_label(&mut self, name: &str, what: &str, resource: &Resource) -> bool {
        if is_label(name) {
            return true;
        }
        let message = format!("the name `{name}` of the {what} is not a DNS label");
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message)
            .at(resource.provisioner.span, "by this provisioner");
        self.diagnostics.push(
            resource
                .mark(problem)
                .help("use up to 63 lower-case letters, digits and `-`, or `{{ name(…) }}`"),
        );
        false
    }

    fn collision(&mut self, name: &str, resource: &Resource) {
        let mut diagnostic = Diagnostic::new(
            Code::ProjectNameCollision,
            format!(
                "the resource `{}` needs the name `{name}`, which is already in use",
                resource.uid
            ),
        )
        .at(resource.span, "");
        if let Some(workload) = self.project.workloads.get(name) {
            diagnostic = diagnostic.at(workload.name.span, "the workload with this name");
        }
        self.diagnostics.push(
            diagnostic.help("rename the resource or the workload, or give the resource an `id`"),
        );
    }

    /// Reports the problems of a workload with errors elsewhere, which becomes no component.
    fn check_draft(&mut self, draft: &Workload) {
        self.check_annotations(draft, &draft.annotations);
        for (name, container) in &draft.containers {
            self.container(draft, name, container);
        }
    }

    fn workload(&mut self, workload: &Arc<Valid<Workload>>) {
        let mut waits_for = Map::default();
        let mut needs = IndexSet::new();
        let mut reaches = BTreeSet::new();
        for name in workload.resources.keys() {
            let uid = Project::uid(workload, name).unwrap_or_default();
            let outputs = self.resolved.get(&uid).into_iter();
            for output in outputs.flat_map(|provisioned| provisioned.outputs.values()) {
                output.each_text(&mut |text| reaches.extend(text.components().map(str::to_owned)));
            }
            let (waits, others) = (self.waits.get(uid.as_str()), self.needs.get(uid.as_str()));
            waits_for.extend(waits.cloned().unwrap_or_default());
            needs.extend(others.cloned().unwrap_or_default());
        }
        let mut annotations = self.settings.annotations.clone();
        annotations.extend(self.patched_annotations(workload, &needs));
        annotations.extend(workload.annotations.clone());
        self.check_annotations(workload, &annotations);
        let settings = self.settings;
        let is_default = |(name, value): &(&String, &score_spec::Spanned<String>)| {
            settings.annotations.get(*name) == Some(*value) || settings.is_for_many(value.span)
        };
        let defaults = annotations.iter().filter(is_default);
        let defaults = defaults.map(|(name, _)| name.clone());
        let defaults = defaults.collect();
        self.check_patches(workload, &needs);
        waits_for.sort_keys();
        let containers = workload
            .containers
            .iter()
            .map(|(name, spec)| (name.clone(), self.container(workload, name, spec)))
            .collect();
        let name = workload.name.value.clone();
        let component = Component {
            name: name.clone(),
            origin: Origin::Workload(workload.name.span),
            job_of: None,
            run: Run::Always,
            defaults,
            places: Places {
                annotations: annotations
                    .iter()
                    .map(|(name, value)| (name.clone(), value.span))
                    .collect(),
                workload: Some(Arc::clone(workload)),
                resource: None,
            },
            annotations: annotations
                .into_iter()
                .map(|(name, value)| (name, value.value))
                .collect(),
            ports: workload.ports.clone(),
            containers,
            needs,
            reaches,
            waits_for,
            non_root: None,
        };
        self.app.components.insert(name, component);
    }
}

/// The size of a volume, as set by its provisioner.
fn size(size: Option<&Tree>) -> Result<Option<Quantity>, String> {
    let Some(size) = size.filter(|size| **size != Tree::Null) else {
        return Ok(None);
    };
    match to_text(size).as_plain() {
        Some(plain) => match Quantity::bytes(plain) {
            Some(size) => Ok(Some(size)),
            None => Err(format!("`{plain}` is not a valid amount")),
        },
        None => Err("a reference is not allowed here, only plain text".to_owned()),
    }
}

/// The storage location of a volume, as set by its provisioner.
fn storage(volume: &Tree) -> Result<Storage, String> {
    let text = |name: &str| match volume.get(name) {
        Some(Tree::Text(text)) => text.as_plain().map(str::to_owned),
        _ => None,
    };
    let in_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if let Some(name) = text("written") {
        return Ok(Storage::Written(name));
    }
    match (text("hostPath"), text("existing"), volume.get("memory")) {
        (Some(path), ..) if path.is_empty() || path.contains('\0') => Err(format!(
            "`{}` is not a valid folder of the host",
            path.escape_debug()
        )),
        (Some(path), ..) => Ok(Storage::Host(path)),
        (None, Some(name), _)
            if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
                || !name.chars().all(in_name) =>
        {
            Err(format!(
                "`{}` is not a valid volume name: use letters, digits, `-`, `_` and `.`",
                name.escape_debug()
            ))
        }
        (None, Some(name), _) => Ok(Storage::Existing(name)),
        (None, None, Some(Tree::Bool(true))) => Ok(Storage::Memory),
        _ if matches!(volume.get("ephemeral"), Some(Tree::Bool(true))) => Ok(Storage::Ephemeral),
        _ => Ok(Storage::Managed),
    }
}

/// The state in which a component is ready.
fn ready_state(component: &Component) -> Ready {
    let probed = |container: &Container| {
        container.readiness_probe.is_some() || container.liveness_probe.is_some()
    };
    match component.run {
        Run::Once => Ready::Complete,
        Run::Always if component.containers.values().any(probed) => Ready::Healthy,
        Run::Always => Ready::Started,
    }
}
