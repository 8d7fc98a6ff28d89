//! Parts of provisioners in the syntax of a platform, and parts of the application that a target lays out in its own
//! way: routes and published ports.

use score_spec::Span;

use super::path::{around, place_in};
use super::trail::Trail;
use super::uses::section;
use super::{FieldPath, OriginRole, step};
use crate::ir::{ALL_CONTAINERS, Asker, Component, Container, FileContent, Raw, Ref, Text, Tree};

/// The directives in parts of provisioners.
const DIRECTIVES: [&str; 2] = ["$each", "$when"];

/// The section with the services of a Compose file.
const SERVICES: &str = "services";

impl<'a> Trail<'a> {
    /// Adds the part of a provisioner that is the object.
    pub(super) fn raw(&mut self) {
        let Some((raw, path)) = self.raw_part() else {
            return;
        };
        if path.first() == Some(&"metadata") && value_at(&raw.tree, &path).is_none() {
            // score-rs adds labels and annotations.
            let workload = self.leaf.object.workload.as_deref();
            if let Some(it) = workload {
                self.workload(it);
            }
            return self.resource(&raw.resource);
        }
        let about = format!("an object of the provisioner of `{}`", raw.resource);
        let place = raw.place(&path);
        self.push(step(OriginRole::Answered, place, about));
        self.read_by(raw, &path, place, raw.workload.as_deref());
        self.resource(&raw.resource);
    }

    /// Adds what a part of a provisioner reads: references in its value, expressions in its source, and the directives
    /// around that.
    fn read_by(&mut self, raw: &'a Raw, path: &[&str], place: Span, user: Option<&str>) {
        let resource = self.tracer.project.resources.get(&raw.resource);
        let is_scalar = self.leaf.is_scalar();
        let Some(resource) = resource.filter(|_| is_scalar || path.is_empty()) else {
            return;
        };
        if path.is_empty() {
            for place in self.directives(raw, path) {
                self.reads(resource, place, user);
            }
            return;
        }
        self.tree_references(raw, path);
        for place in self.directives(raw, path).into_iter().chain([place]) {
            self.reads(resource, place, user);
        }
    }

    /// The object of a provisioner, and the path of the field in it.
    fn raw_part(&self) -> Option<(&'a Raw, Vec<&'a str>)> {
        let (app, object) = (self.tracer.app, self.leaf.object);
        let path = self.leaf.names();
        let Some(place) = object.place else {
            if object.component.is_some() || !object.api_version.is_empty() {
                return None;
            }
            let section = section(object)?;
            let path = [&[section, object.name.as_str()], path.as_slice()].concat();
            let has_entry = |raw: &&Raw| {
                let entries = raw.tree.get(section);
                entries.is_some_and(|it| it.get(&object.name).is_some())
            };
            let all = app.written.values();
            let raw = all.flat_map(|it| &it.objects).find(has_entry)?;
            return Some((raw, path));
        };
        let uid = object.resource.as_ref()?;
        let mut objects = app.written.get(uid)?.objects.iter();
        let raw = objects.find(|raw| raw.place(&["metadata", "name"]) == place)?;
        Some((raw, path))
    }

    /// The nearest directives that decide whether and how often a part of a provisioner is there: each is a line of its
    /// source.
    fn directives(&self, raw: &Raw, path: &[&str]) -> Vec<Span> {
        let places = around(&raw.places, path);
        let nearest = DIRECTIVES.into_iter().filter_map(|directive| {
            let mut places = places.iter();
            places.find_map(|span| {
                let text = self.tracer.sources.slice(*span);
                let start = text.find(directive)?;
                let length = text[start..].find('\n').unwrap_or(text.len() - start);
                let start = span.range().start + start;
                Some(Span::new(span.source, start, start + length))
            })
        });
        nearest.collect()
    }

    /// Adds the steps to which references in a part of a provisioner lead.
    fn tree_references(&mut self, raw: &'a Raw, path: &[&str]) {
        let Some(at) = value_at(&raw.tree, path) else {
            return;
        };
        let mut found = Vec::new();
        at.each_text(&mut |text| found.extend(text.references()));
        for reference in found {
            match reference {
                Ref::Secret(secret) => self.resource(&secret.resource),
                Ref::KeyRef(key) => self.resource(&key.resource),
                Ref::Host(name) => self.host(name),
                Ref::Port { component, port } => self.port(component, port),
                Ref::Env { name, .. } => self.setting(&["variables", name]),
                Ref::Variable(_) | Ref::Parameter(_) => {}
            }
        }
    }

    /// Adds the patches of provisioners that set the field.
    pub(super) fn patches(&mut self) {
        let tracer = self.tracer;
        let (Some(component), Some(platform)) = (self.component, tracer.target.needs().platform)
        else {
            return;
        };
        let ways = self.ways();
        for raw in tracer.app.patches(component, platform) {
            for way in &ways {
                let Some(place) = place_in(&raw.places, way) else {
                    continue;
                };
                let about = format!("a patch of the provisioner of `{}`", raw.resource);
                self.push(step(OriginRole::Patched, place, about));
                let user = component.job_of.as_ref().unwrap_or(&component.name);
                self.read_by(raw, way, place, Some(user));
                self.resource(&raw.resource);
            }
        }
    }

    /// The parts of a patch that can set the field, as paths: the one that takes precedence first.
    fn ways(&self) -> Vec<Vec<&'a str>> {
        let (object, full, normal) = (self.leaf.object, self.leaf.names(), self.leaf.normal());
        let part = if object.kind == "Service" {
            "service"
        } else {
            "controller"
        };
        let mut ways = vec![[&[part], full.as_slice()].concat(), full.clone()];
        let of_pod = (normal.first() == Some(&"pod")).then(|| {
            let below = &full[full.len() + 1 - normal.len()..];
            [&["pod"], below].concat()
        });
        ways.extend(of_pod.clone());
        let container = match normal.as_slice() {
            ["pod", "spec", "containers", name, rest @ ..] => Some((*name, rest.to_vec())),
            _ => object.container.as_deref().map(|name| (name, full)),
        };
        let is_added = |name: &str| {
            let component = self.component;
            component.is_some_and(|it| !it.containers.contains_key(name))
        };
        let general = std::mem::take(&mut ways);
        if let Some((name, rest)) = container {
            for name in [name, ALL_CONTAINERS] {
                ways.push([&["containers", name], rest.as_slice()].concat());
            }
            ways.push([&["pod", "spec", "containers", name], rest.as_slice()].concat());
            let all = ["pod", "spec", "containers", ALL_CONTAINERS];
            ways.push([all.as_slice(), rest.as_slice()].concat());
            if is_added(name) {
                // score-rs completes a container that a patch adds.
                ways.extend(of_pod.map(|way| way[..way.len() - rest.len()].to_vec()));
            }
        }
        ways.extend(general);
        ways
    }

    /// Adds the routes and published ports of which the object is made, and the volumes that it mounts.
    pub(super) fn of_target(&mut self) {
        let (app, object) = (self.tracer.app, self.leaf.object);
        let names = self.leaf.names();
        let uid = object.resource.as_deref();
        if object.component.is_none() && object.place.is_none() {
            let routes = app.routes.iter();
            for route in routes.filter(|it| Some(it.resource.as_str()) == uid) {
                self.port(&route.component, &route.port);
                let resource = self.tracer.project.resources.get(&route.resource);
                let resource = resource.filter(|it| !it.provisioner.is_built_in());
                if let Some(resource) = resource {
                    self.part(resource, &["routes"]);
                }
            }
        }
        let Some(component) = self.component else {
            return;
        };
        if names.first() == Some(&"ports") {
            let published = app.published.iter();
            for port in published.filter(|it| it.component == component.name) {
                if let Some(span) = port.span {
                    let about = format!("the published port {}", port.host);
                    if !self.setting_around("publish", span, &about) {
                        self.push_place(OriginRole::Written, span, about);
                    }
                }
                self.workload(&component.name);
                if let Asker::Resource(uid) = &port.asked_by {
                    self.resource(uid);
                }
            }
        }
        if let ["depends_on", service, ..] = names.as_slice() {
            self.depended(service);
        }
        if object.kind == "NetworkPolicy" {
            self.users(component);
        }
        if self.leaf.has_volume() {
            let containers = component.containers.values();
            for mount in containers.flat_map(|it| it.mounts.values()) {
                if let Some(volume) = app.volumes.get(&mount.volume) {
                    self.resource(&volume.resource);
                }
            }
        }
    }
}

impl<'a> Trail<'a> {
    /// Adds what refers to a component, to which its network policy therefore gives access.
    fn users(&mut self, component: &'a Component) {
        let app = self.tracer.app;
        let names = |text: &Text| text.components().any(|it| it == component.name);
        for user in app.components.values() {
            let containers = user.containers.values();
            let mut texts = containers.flat_map(texts_of);
            if user.reaches.contains(&component.name) || texts.any(names) {
                self.of_component(&user.name);
            }
        }
        let objects = app.written.values().flat_map(|it| &it.objects);
        let objects: Vec<&Raw> = objects
            .filter(|raw| names_component(&raw.tree, &component.name))
            .collect();
        for raw in objects {
            let about = format!("an object of the provisioner of `{}`", raw.resource);
            self.push_place(OriginRole::Answered, raw.places.span, about);
            self.resource(&raw.resource);
        }
    }

    /// Adds the service of a provisioner for which another one waits: its own dependencies decide how.
    fn depended(&mut self, service: &str) {
        let objects = self.tracer.app.written.values().flat_map(|it| &it.objects);
        let has_service = |raw: &&Raw| {
            let services = raw.tree.get(SERVICES);
            services.is_some_and(|it| it.get(service).is_some())
        };
        let objects: Vec<&'a Raw> = objects.filter(has_service).collect();
        for raw in objects {
            let about = format!("an object of the provisioner of `{}`", raw.resource);
            let place = raw.place(&[SERVICES, service]);
            self.push_place(OriginRole::Answered, place, about);
            self.resource(&raw.resource);
        }
    }
}

/// Whether a part of a provisioner names a component.
fn names_component(tree: &Tree, name: &str) -> bool {
    let mut is_named = false;
    tree.each_text(&mut |text| {
        is_named |= text.as_plain() == Some(name) || text.components().any(|it| it == name);
    });
    is_named
}

/// The strings of the command, arguments, variables and files of a container.
fn texts_of(container: &Container) -> impl Iterator<Item = &Text> {
    let commands = container.command.iter().chain(&container.args).flatten();
    let files = container
        .files
        .values()
        .filter_map(|file| match &file.content {
            FileContent::Text(text) => Some(text),
            FileContent::Binary(_) => None,
        });
    commands.chain(container.variables.values()).chain(files)
}

/// The names of an object of a provisioner, or of the entries of sections.
pub(super) fn names_of(raw: &Raw) -> Vec<&str> {
    let name = raw.tree.get("metadata").and_then(|it| it.get("name"));
    if let Some(Tree::Text(name)) = name {
        return name.as_plain().into_iter().collect();
    }
    let Tree::Map(sections) = &raw.tree else {
        return Vec::new();
    };
    let sections = sections.values().filter_map(|section| match section {
        Tree::Map(entries) => Some(entries.keys().map(String::as_str)),
        _ => None,
    });
    sections.flatten().collect()
}

/// The value with a path in a part of a provisioner. Items of lists are selected by index or name.
fn value_at<'a>(tree: &'a Tree, path: &[&str]) -> Option<&'a Tree> {
    path.iter().try_fold(tree, |at, step| {
        let Tree::List(items) = at else {
            return at.get(step);
        };
        let is_named = |it: &&Tree| {
            let mut keys = FieldPath::NAMES.into_iter();
            keys.any(|key| match it.get(key) {
                Some(Tree::Text(text)) => text.as_plain() == Some(*step),
                _ => false,
            })
        };
        let named = items.iter().find(is_named);
        named.or_else(|| items.get(step.parse::<usize>().ok()?))
    })
}
