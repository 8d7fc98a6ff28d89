//! Docker Compose: renders an application as one `compose.yaml` and the files beside it.
//!
//! Each container is a service. `compose.yaml` contains no secrets and nothing machine-specific, so
//! that it can be committed; secrets and files are in `.score-rs/compose`. Running Compose and
//! reading its files are out of scope.

mod annotation;
mod capability;
mod confidential;
mod dependencies;
mod existing;
mod fields;
mod files;
mod forms;
mod group;
mod health;
mod model;
mod names;
mod nginx;
mod objects;
mod origins;
mod patched_project;
mod ports;
mod project_entries;
mod provisioned_entries;
mod quantity;
mod routing;
mod service;
mod value;
mod variable;
mod waits;

use std::collections::BTreeMap;
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Node};

use self::value::PublicTree;
use crate::emit::document::ToTree;
use crate::emit::yaml;
use crate::input::Settings;
use crate::ir::{App, Sealed, Storage, Text, Tree};
use crate::support::parallel;
use crate::targets::merge::MergeBudget;
use crate::targets::{
    Capability, FieldOrigin, Forms, Needs, OutputContent, OutputFile, OutputObject, SettingOrigin,
    Target, TargetOutput,
};
use files::Parts;
use group::{Group, Groups, Member};
use model::{Project, Volume};
use origins::{ORIGINS, SETTINGS};

/// The sections of a Compose file with named entries, and the kind of those.
pub const SECTIONS: [(&str, &str); 6] = [
    ("services", "service"),
    ("networks", "network"),
    ("volumes", "volume"),
    ("configs", "config"),
    ("secrets", "secret"),
    ("models", "model"),
];

/// Docker Compose: the target, with its options.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Compose {
    /// The relative path from the output folder to the folder that relative paths in options refer
    /// to, such as `../..`; `None` if both are the same.
    pub working_folder: Option<String>,
    /// The folder for the files that the Compose file refers to, such as those with secrets, relative to
    /// the Compose file; `.score-rs/compose` by default. Two Compose files in one folder need different
    /// ones.
    pub folder: Option<String>,
    /// Additional entries of the Compose file, by section, in Compose syntax.
    pub entries: Map<Tree>,
}

impl Target for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn needs(&self) -> Needs {
        Needs {
            platform: Some("compose"),
            routes_port: Some(ports::ROUTES),
            raises: &[Code::SpecLimitBelowRequest],
            annotations: &annotation::ALL,
            ..Needs::default()
        }
    }

    fn render(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputFile> {
        output(app, self, Forms::FILES, found).files
    }

    fn objects(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        let output = output(app, self, Forms::OBJECTS, found);
        output.objects.unwrap_or_default()
    }

    fn output(&self, app: &App, forms: Forms, found: &mut Vec<Diagnostic>) -> TargetOutput {
        output(app, self, forms, found)
    }

    fn entries(&self, app: &App, found: &mut Vec<Diagnostic>) -> Vec<OutputObject> {
        objects::entries(app, self, found)
    }

    fn settings(&self) -> &'static [SettingOrigin] {
        SETTINGS
    }

    fn origins(&self) -> &'static [FieldOrigin] {
        ORIGINS
    }

    /// The section `compose` holds entries of the Compose file. Those of a section that this target has
    /// entries for are replaced.
    fn configured(
        &self,
        settings: &Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Box<dyn Target>> {
        let section = settings.section("compose").map_or(&[][..], Node::entries);
        let builds = settings.section("builds").map_or(&[][..], Node::entries);
        project_entries::check(section, builds, diagnostics);
        let entries = section.iter().map(|entry| {
            let tree = entry.value.to_value_with(&mut |text, _| text.into());
            (entry.key.clone(), tree)
        });
        let mut configured = self.clone();
        configured.entries = entries.chain(self.entries.clone()).collect();
        Some(Box::new(configured))
    }

    fn mounts(&self) -> Option<String> {
        Some(files::mounts(self))
    }

    fn resolve(&self, app: &App, text: &Text) -> Text {
        value::addresses(app, text)
    }

    fn summary(&self) -> &'static str {
        "a Docker Compose project"
    }

    fn default_output(&self) -> &'static str {
        "compose.yaml"
    }

    fn capabilities(&self) -> &'static [Capability] {
        &capability::ALL
    }
}

/// The label that names the resource which a service or volume belongs to.
const RESOURCE_LABEL: &str = "dev.score.compose.res.uid";

/// The comment at the top of the file.
const HEADER: &str = "\
# Written by score-rs from the Score files of this project.
# To change it, change those and run `score-rs generate`.
";

fn output(
    app: &App,
    options: &Compose,
    forms: Forms,
    diagnostics: &mut Vec<Diagnostic>,
) -> TargetOutput {
    let groups = group::groups(app, diagnostics);
    let templates = app.patch_templates.as_ref();
    let form = match forms {
        _ if templates.is_some() => ServiceForm::Tree,
        Forms { objects: true, .. } => ServiceForm::Tree,
        Forms { files: true, .. } => ServiceForm::Text,
        _ => ServiceForm::None,
    };
    let Contents {
        sections,
        services,
        mut files,
    } = contents(app, options, &groups, form, diagnostics);
    if form == ServiceForm::None {
        return TargetOutput::default();
    }
    let (text, objects) = if form == ServiceForm::Text {
        (written(sections, services), None)
    } else {
        let mut project = whole(sections, services);
        if let Some(templates) = templates {
            project = patched_project::patched(project, templates, diagnostics);
        } else if let Tree::Map(sections) = &mut project {
            sections.retain(|_, section| *section != Tree::Map(Box::default()));
        }
        let mut text = Text::from(HEADER);
        if forms.files {
            yaml::emit(&project, &mut text);
        }
        (text, forms.objects.then(|| objects(project, &groups)))
    };
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let main = OutputFile {
        path: None,
        content: OutputContent::Text(text),
        mode: 0o644,
        is_path_hidden: false,
    };
    TargetOutput {
        files: std::iter::once(main).chain(files).collect(),
        objects,
        charts: None,
    }
}

/// The services as objects, sorted by name.
fn objects(project: Tree<Sealed>, groups: &Groups) -> Vec<OutputObject> {
    let members = groups.values().flat_map(|group| &group.members);
    let members = members.map(|it| (it.service.as_str(), it));
    let members: BTreeMap<&str, &Member> = members.collect();
    let Tree::Map(mut sections) = project else {
        return Vec::new();
    };
    let Some(Tree::Map(services)) = sections.shift_remove("services") else {
        return Vec::new();
    };
    let object = |(name, tree): (String, Tree<Sealed>)| {
        let member = members.get(name.as_str());
        let (workload, resource) = match member {
            Some(member) => member.component.belongs_to(),
            None => (None, label(&tree)),
        };
        OutputObject {
            api_version: String::new(),
            kind: "service".to_owned(),
            namespace: None,
            workload: workload.map(str::to_owned),
            resource: resource.map(str::to_owned),
            component: member.map(|it| it.component.name.clone()),
            container: member.map(|it| it.name.to_owned()),
            place: None,
            name,
            tree: Arc::new(tree),
        }
    };
    services.into_iter().map(object).collect()
}

/// The resource of a service that a provisioner wrote.
fn label(service: &Tree<Sealed>) -> Option<&str> {
    match service.get("labels")?.get(RESOURCE_LABEL)? {
        Tree::Text(uid) => uid.as_plain(),
        _ => None,
    }
}

/// The contents of a project, before patch templates.
struct Contents {
    /// All sections except that of the services.
    sections: Tree<Sealed>,
    services: BTreeMap<String, Service>,
    /// The files beside the Compose file.
    files: Vec<OutputFile>,
}

/// The contents of a project, with the services in this form.
fn contents(
    app: &App,
    options: &Compose,
    groups: &Groups,
    form: ServiceForm,
    diagnostics: &mut Vec<Diagnostic>,
) -> Contents {
    names::check(groups, diagnostics);
    health::report_all(groups, diagnostics);
    ports::check(app, diagnostics);
    existing::check(app, diagnostics);
    let mut parts = Parts::new(options);
    let service = |name: &str, tree: &PublicTree| Service::of(form, name, tree);
    let mut services = services(app, options, groups, &mut parts, &service, diagnostics);
    if let Some((name, proxy)) = routing::proxy(app, groups, &mut parts, diagnostics) {
        let proxy = service(&name, &proxy.to_tree());
        services.insert(name, proxy);
    }
    let raw = confidential::entries(app, options, &mut parts, diagnostics);
    let mut volumes = volumes(app);
    let is_taken = |section: &str, name: &str| match section {
        "services" => services.contains_key(name) || groups.contains_key(name),
        "volumes" => volumes.contains_key(name),
        "configs" => parts.configs.contains_key(name),
        "secrets" => parts.secrets.contains_key(name),
        _ => false,
    };
    let mut own = provisioned_entries::entries((app, &raw), &is_taken, diagnostics);
    let mut more = |section| own.remove(section).unwrap_or_default();
    for (name, tree) in more("services") {
        services.insert(name.clone(), service(&name, &tree));
    }
    volumes.extend(more("volumes"));
    let mut networks = networks(groups);
    networks.extend(more("networks"));
    let Parts {
        files,
        mut configs,
        mut secrets,
        ..
    } = parts;
    configs.extend(more("configs"));
    secrets.extend(more("secrets"));
    let project = Project {
        name: app.project.clone(),
        networks: provisioned_entries::section(networks),
        volumes: provisioned_entries::section(volumes),
        configs: provisioned_entries::section(configs),
        secrets: provisioned_entries::section(secrets),
    };
    let mut document = value::escape(&project.to_tree());
    project_entries::add(&mut document, &plain_entries(options));
    Contents {
        sections: document,
        services,
        files,
    }
}

/// The project's own entries, which are plain.
fn plain_entries(options: &Compose) -> Map<Tree<Sealed>> {
    let plain = |text: &Text| text.as_plain().unwrap_or_default().into();
    let entries = options.entries.iter();
    let entries = entries.map(|(name, entry)| (name.clone(), entry.map_text(&mut { plain })));
    entries.collect()
}

/// A form of services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ServiceForm {
    Text,
    Tree,
    /// Only the problems are of interest.
    None,
}

/// A service, in escaped form.
enum Service {
    /// Its text, which takes less memory.
    Written(Text<Sealed>),
    /// Its tree.
    Tree(Tree<Sealed>),
}

impl Service {
    fn of(form: ServiceForm, name: &str, service: &PublicTree) -> Self {
        match form {
            ServiceForm::None => Self::Tree(Tree::Null),
            ServiceForm::Tree => Self::Tree(value::escape(service)),
            ServiceForm::Text => {
                let mut text = Text::new();
                yaml::emit_entry(name, &value::escape(service), 2, &mut text);
                Self::Written(text)
            }
        }
    }
}

/// The file: its name first, then the services, then the rest.
fn written(document: Tree<Sealed>, services: BTreeMap<String, Service>) -> Text<Sealed> {
    let mut text = Text::from(HEADER);
    let Tree::Map(mut sections) = document else {
        return text;
    };
    if let Some(name) = sections.shift_remove("name") {
        yaml::emit(&Tree::from_iter([("name".to_owned(), name)]), &mut text);
    }
    let services = with_own(services, &mut sections);
    if !services.is_empty() {
        text.push_str("services:\n");
    }
    for (name, service) in services {
        match service {
            Service::Written(service) => text.append(service),
            Service::Tree(tree) => yaml::emit_entry(&name, &tree, 2, &mut text),
        }
    }
    if !sections.is_empty() || text.as_plain() == Some(HEADER) {
        yaml::emit(&Tree::Map(sections), &mut text);
    }
    text
}

/// The same as a tree.
fn whole(document: Tree<Sealed>, services: BTreeMap<String, Service>) -> Tree<Sealed> {
    let Tree::Map(mut sections) = document else {
        return document;
    };
    let name = sections
        .shift_remove("name")
        .map(|it| ("name".to_owned(), it));
    let services = with_own(services, &mut sections).into_iter();
    let services = services.filter_map(|(name, service)| match service {
        Service::Tree(tree) => Some((name, tree)),
        Service::Written(_) => None,
    });
    let services = ("services".to_owned(), services.collect());
    name.into_iter()
        .chain([services])
        .chain(*sections)
        .collect()
}

/// The services with those of the project file, which are taken out of the sections.
fn with_own(
    mut services: BTreeMap<String, Service>,
    sections: &mut Map<Tree<Sealed>>,
) -> BTreeMap<String, Service> {
    if let Some(Tree::Map(own)) = sections.shift_remove("services") {
        let own = own.into_iter();
        services.extend(own.map(|(name, tree)| (name, Service::Tree(tree))));
    }
    services
}

/// Each service, by name.
fn services(
    app: &App,
    options: &Compose,
    groups: &Groups,
    parts: &mut Parts,
    finish: &(dyn Fn(&str, &PublicTree) -> Service + Sync),
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Service> {
    let all: Vec<&Group> = groups.values().collect();
    let count = all.iter().map(|group| group.members.len()).sum();
    let results = parallel::map(parallel::ENOUGH, &all, |group| {
        let (mut parts, mut found) = (Parts::new(options), Vec::new());
        let service = |member| {
            let service =
                service::service(app, options, groups, group, member, &mut parts, &mut found);
            let mut service = service.to_tree();
            if let PublicTree::Map(entries) = &mut service {
                entries.extend(member.settings.extensions.clone());
            }
            let named = (member.name, &mut service);
            let budget = MergeBudget::of_one_of(count);
            provisioned_entries::patch(app, group.component, named, budget, &mut found);
            (member.service.clone(), finish(&member.service, &service))
        };
        let services: Vec<_> = group.members.iter().map(service).collect();
        (services, parts, found)
    });
    let mut services = BTreeMap::new();
    for (of_group, more, found) in results {
        services.extend(of_group);
        parts.add(more);
        diagnostics.extend(found);
    }
    services
}

/// The networks that annotations name.
fn networks(groups: &Groups) -> BTreeMap<String, PublicTree> {
    let members = groups.values().flat_map(|group| &group.members);
    let names = members.flat_map(|member| &member.settings.networks);
    let names = names.filter(|name| *name != service::DEFAULT);
    names
        .map(|name| (name.clone(), Map::default().into()))
        .collect()
}

/// The named volumes. One that the platform does not have yet gets no `name`, so that Compose keeps
/// those of different projects apart.
fn volumes(app: &App) -> BTreeMap<String, PublicTree> {
    let named = |volume: &crate::ir::Volume| {
        let labels = [(RESOURCE_LABEL.to_owned(), volume.resource.clone())];
        let declared = match &volume.storage {
            Storage::Memory | Storage::Host(_) | Storage::Written(_) => return None,
            Storage::Managed | Storage::Ephemeral => Volume {
                labels: Map::from_iter(labels),
                ..Volume::default()
            },
            Storage::Existing(name) => Volume {
                name: Some(name.clone()),
                external: Some(true),
                ..Volume::default()
            },
        };
        Some(declared.to_tree())
    };
    let volumes = app.volumes.iter();
    volumes
        .filter_map(|(name, volume)| Some((name.clone(), named(volume)?)))
        .collect()
}
