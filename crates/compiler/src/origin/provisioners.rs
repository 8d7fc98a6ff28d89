//! Parts of provisioners that decide a value, apart from the values of outputs: components, requirements, defaults,
//! routes and volumes.

use score_compat::list::{Implementation, Part};
use score_spec::{Node, Span};

use super::path::found;
use super::trail::Trail;
use super::{OriginRole, settings::expressions_in, step};
use crate::graph::Resource;
use crate::ir::{Component, Origin};
use crate::resolve::functions::name_of;

/// The fields because of which a provisioner handles a resource, after its type.
const CHOICE: [&str; 2] = ["class", "id"];

/// The templates of a list on which all outputs depend.
const SHARED: [Part; 4] = [Part::Init, Part::State, Part::Shared, Part::Outputs];

impl<'a> Trail<'a> {
    /// Adds the provisioner of a resource, unless it is a built-in one.
    pub(super) fn provisioner(&mut self, resource: &'a Resource) {
        let provisioner = &resource.provisioner;
        if self.leaf.has_secret {
            self.setting(&["secrets", "rotations", &resource.uid]);
        }
        if provisioner.is_built_in() {
            return;
        }
        let about = format!("the provisioner of `{}`", resource.uid);
        let types = std::iter::once(provisioner.span).chain(provisioner.bases.clone());
        let listed = provisioner.listed.iter().flat_map(|it| it.choice.clone());
        for place in types.chain(listed) {
            self.push_place(OriginRole::Answered, place, about.clone());
        }
        for field in CHOICE {
            self.part(resource, &[field]);
        }
        let object = self.leaf.object;
        let is_own = object.resource.as_ref() == Some(&resource.uid);
        if is_own
            && object.kind == "Secret"
            && let Some(output) = self.leaf.path.last().map(|it| it.name)
        {
            self.part(resource, &["values", output]);
            self.declared_output(resource, output);
        }
        if self.leaf.has_volume() {
            self.part(resource, &["volume"]);
        }
        let names = self.tracer.app.components.values().filter(|component| {
            matches!(&component.origin, Origin::Resource { uid, .. } if *uid == resource.uid)
                && self.leaf.has_name(&component.name)
        });
        let names: Vec<_> = names.collect();
        for component in names {
            self.component_part(component, &["name"]);
        }
    }

    /// Adds a part of the provisioner of a resource, if it has it, and what its expressions read.
    pub(super) fn part(&mut self, resource: &'a Resource, path: &[&str]) {
        let document = &*resource.provisioner.document;
        let Some(node) = found(document, path) else {
            return;
        };
        let about = format!(
            "{} of the provisioner of `{}`",
            path.join("."),
            resource.uid
        );
        self.push_place(OriginRole::Answered, node.span, about);
        for place in expressions_in(node) {
            if self.read.insert(place) {
                self.reads(resource, place, None);
            }
        }
    }

    /// Adds a part of a component of a provisioner.
    pub(super) fn component_part(&mut self, component: &Component, path: &[&str]) {
        let Some((resource, label)) = self.label(component) else {
            return;
        };
        self.part(resource, &[&["components", label], path].concat());
    }

    /// The resource of a component, and the label of the component in the provisioner.
    pub(super) fn label(&self, component: &Component) -> Option<(&'a Resource, &'a str)> {
        let Origin::Resource { uid, .. } = &component.origin else {
            return None;
        };
        let resource = self.tracer.project.resources.get(uid)?;
        let entries = resource.provisioner.document.entries_at("components");
        let name = |node: &'a Node| node.get("name").and_then(Node::text);
        let is_derived = |name: &str| name.contains("{{");
        let fits = |(label, node): (&str, &'a Node)| match name(node) {
            None => component.name == name_of(resource, label),
            Some(name) => component.name == name,
        };
        let all = || entries.iter().map(|it| (it.key.as_str(), &it.value));
        let found = all().find(|it| fits(*it));
        let found = found.or_else(|| all().find(|(_, node)| name(node).is_some_and(is_derived)));
        found.map(|(label, _)| (resource, label))
    }

    /// Adds the only resource whose provisioner requires another one.
    pub(super) fn only_parent(&mut self, uid: &str) {
        let resources = self.tracer.project.resources.values();
        let mut parents = resources.filter(|it| it.requires.values().any(|it| it == uid));
        if let (Some(parent), None) = (parents.next(), parents.next()) {
            self.requirement(&parent.uid, uid);
            self.resource(&parent.uid);
        }
    }

    /// Adds the requirement of a provisioner for a resource.
    pub(super) fn requirement(&mut self, parent: &str, uid: &str) {
        let Some(parent) = self.tracer.project.resources.get(parent) else {
            return;
        };
        let locals = parent.requires.iter().filter(|(_, known)| *known == uid);
        let locals: Vec<&str> = locals.map(|(name, _)| name.as_str()).collect();
        for name in locals {
            self.part(parent, &["resources", name]);
        }
    }

    /// Adds the values of a resource whose outputs contain a secret.
    pub(super) fn secret(&mut self, uid: &'a str) {
        self.resource(uid);
        let Some(resource) = self.tracer.project.resources.get(uid) else {
            return;
        };
        if resource.provisioner.is_built_in() {
            return;
        }
        for output in resource.provisioner.values.keys() {
            let document = &*resource.provisioner.document;
            let is_asked = resource.asked.contains_key(output);
            let text = found(document, &["values", output]).and_then(Node::text);
            if is_asked || text.is_some_and(|it| it.contains("secret")) {
                self.part(resource, &["values", output]);
                self.declared_output(resource, output);
            }
        }
    }

    /// Adds the declaration of an output if it makes the value secret, and the templates of a list that make it.
    pub(super) fn declared_output(&mut self, resource: &'a Resource, output: &str) {
        let declared = ["outputs", "properties", output, "secret"];
        self.part(resource, &declared);
        let Some(listed) = &resource.provisioner.listed else {
            return;
        };
        let Implementation::Templates(templates) = &listed.implementation else {
            return;
        };
        for (part, template) in templates {
            if SHARED.contains(part) {
                let about = format!("{} of the provisioner of `{}`", part.key(), resource.uid);
                self.push_place(OriginRole::Answered, template.span, about);
            }
        }
    }

    /// Adds the defaults of params and chart values, and the requirements, that an expression names.
    pub(super) fn declared_parts(
        &mut self,
        resource: &'a Resource,
        text: &str,
        user: Option<&str>,
    ) {
        if resource.provisioner.is_built_in() {
            return;
        }
        let document = &*resource.provisioner.document;
        let params = document.get("params");
        let params = params.map_or(&[][..], |it| it.entries_at("properties"));
        let params = params
            .iter()
            .map(|it| (["params", "properties"].as_slice(), it));
        let chart = document.entries_at("chart").iter();
        let chart = chart.map(|it| (["chart"].as_slice(), it));
        let mut places: Vec<Span> = Vec::new();
        for (section, entry) in params.chain(chart) {
            let is_read = text.contains(section[0]) && text.contains(entry.key.as_str());
            let default = entry.value.get("default").filter(|_| is_read);
            if let Some(default) = default {
                let of = [section, &[&entry.key, "default"]].concat().join(".");
                let about = format!("{of} of the provisioner of `{}`", resource.uid);
                self.push(step(OriginRole::Defaulted, default.span, about));
                places.extend(expressions_in(default));
            }
        }
        for place in places {
            if self.read.insert(place) {
                self.reads(resource, place, user);
            }
        }
    }
}
