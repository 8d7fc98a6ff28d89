//! References in values: placeholders in Score files, references in the text of the application, and names in
//! expressions of provisioners.

use score_spec::template::{Grammar, Root, Template};
use score_spec::{Node, Span, Workload};

use super::path::found;
use super::settings::{expressions_in, is_used};
use super::trail::Trail;
use super::{OriginRole, step};
use crate::graph::{Project, Resource};
use crate::ir::{Component, Origin, Ref, Text};
use crate::provisioner::expression::Patterns;

/// The parts of `workload` in expressions of provisioners, with the fields of Score files that they contain.
const PARTS: [(&str, &[&str]); 4] = [
    ("port", &["service", "ports"]),
    ("containers", &["containers"]),
    ("annotations", &["metadata", "annotations"]),
    ("resources", &["resources"]),
];

impl<'a> Trail<'a> {
    /// Adds the fields and resources to which the placeholders in a value of a workload refer.
    pub(super) fn placeholders(&mut self, workload: &'a Workload, value: &Node) {
        value.each_text(&mut |text, span| {
            if text.contains("${") {
                self.placeholders_in(workload, text, span);
            }
        });
    }

    fn placeholders_in(&mut self, workload: &'a Workload, text: &str, span: Span) {
        let sources = self.tracer.sources;
        let grammar = Grammar::Placeholders;
        let template = Template::parse(text, span, grammar, sources, &mut Vec::new());
        for placeholder in template.placeholders() {
            let Root::Resource(name) = &placeholder.root else {
                let path = placeholder.path.iter().map(String::as_str);
                let path: Vec<&str> = std::iter::once("metadata").chain(path).collect();
                self.own(workload, &path);
                continue;
            };
            let (Some(declared), Some(uid)) =
                (workload.resources.get(name), Project::uid(workload, name))
            else {
                continue;
            };
            let output = placeholder.path.first().map_or("", String::as_str);
            let about = match output {
                "" => format!("the resource `{uid}`"),
                output => format!("output `{output}` of `{uid}`"),
            };
            self.push(step(OriginRole::Referred, declared.span, about));
            let Some(resource) = self.tracer.project.resources.get(&uid) else {
                continue;
            };
            self.output(resource, output);
            self.resource(&resource.uid);
        }
    }

    /// Adds a field of a workload that another value contains.
    pub(super) fn own(&mut self, workload: &Workload, path: &[&str]) {
        if let Some(found) = found(&workload.document, path) {
            let role = if found.span.source == workload.source {
                OriginRole::Written
            } else {
                OriginRole::Overlaid
            };
            let about = match workload.name.value.as_str() {
                of if self.leaf.object.workload.as_deref() == Some(of) => path.join("."),
                of => format!("{} of `{of}`", path.join(".")),
            };
            self.push_place(role, found.span, about);
        }
    }

    /// Adds the value of an output in the provisioner of a resource.
    fn output(&mut self, resource: &'a Resource, output: &str) {
        let provisioner = &resource.provisioner;
        let value = provisioner.values.get(output);
        let value = value.or_else(|| provisioner.values.get("*"));
        let values = provisioner.document.get("values");
        let node = values.and_then(|it| it.get(output).or_else(|| it.get("*")));
        let place = node.map(|it| it.span);
        let place = place.or_else(|| value.and_then(Patterns::place));
        let about = match output {
            "" => format!("the provisioner of `{}`", resource.uid),
            output => format!("value `{output}` of the provisioner"),
        };
        let span = place.unwrap_or(provisioner.span);
        self.push(step(OriginRole::Answered, span, about));
        self.declared_output(resource, output);
        let calls_environment = value.is_some_and(|value| {
            let mut calls = false;
            value.each_pattern(&mut |pattern| calls |= pattern.calls("env"));
            calls
        });
        if calls_environment {
            self.setting(&["variables", output]);
        }
        let chosen = self.tracer.chosen(resource);
        if let Some(it) = chosen {
            self.push(it);
        }
        if let Some(place) = place {
            self.reads(resource, place, None);
        }
    }

    /// Adds the steps to which the references in a string of a component lead.
    pub(super) fn references(
        &mut self,
        component: &'a Component,
        container: Option<&str>,
        text: &'a Text,
    ) {
        for reference in text.references() {
            match reference {
                Ref::Secret(secret) => self.secret(&secret.resource),
                Ref::KeyRef(key) => self.secret(&key.resource),
                Ref::Host(name) => self.host(name),
                Ref::Port { component, port } => self.port(component, port),
                Ref::Variable(name) => self.variable(component, container, name),
                Ref::Env { name, .. } => self.setting(&["variables", name]),
                Ref::Parameter(_) => {}
            }
        }
    }

    /// Adds the name of a component, and the annotation that gives it another host name.
    pub(super) fn host(&mut self, name: &str) {
        self.of_component(name);
        let Some(component) = self.tracer.app.components.get(name) else {
            return;
        };
        let rows = self.tracer.target.origins().iter();
        let rows = rows.filter(|row| row.output == "Service metadata name");
        for row in rows {
            let annotation = row.field.strip_prefix("metadata annotations ");
            let place = annotation.and_then(|name| component.places.annotations.get(name));
            if let Some(place) = place {
                let about = format!("{} of `{name}`", row.field.replace(' ', "."));
                self.push_place(OriginRole::Referred, *place, about);
            }
        }
    }

    /// Adds the service port of a component.
    pub(super) fn port(&mut self, name: &str, port: &str) {
        let component = self.tracer.app.components.get(name);
        let Some(component) = component else {
            return;
        };
        match (&component.places.workload, &component.origin) {
            (Some(workload), _) => {
                let path = ["service", "ports", port];
                if let Some(found) = found(&workload.document, &path) {
                    let about = format!("service.ports.{port} of `{name}`");
                    self.push_place(OriginRole::Referred, found.span, about);
                }
            }
            (None, Origin::Resource { uid, .. }) => {
                self.component_part(component, &["service", "ports", port]);
                self.resource(uid);
            }
            (None, Origin::Workload(_)) => {}
        }
    }

    /// Adds a variable of the container whose text refers to it.
    fn variable(&mut self, component: &'a Component, container: Option<&str>, name: &str) {
        let containers = &component.containers;
        let Some((container, inner)) = container.and_then(|it| containers.get_key_value(it)) else {
            return;
        };
        let Some((name, text)) = inner.variables.get_key_value(name) else {
            return;
        };
        if self.variables.insert([&component.name, container, name]) {
            if let Some(workload) = &component.places.workload {
                let field = ["containers", container.as_str(), "variables", name];
                self.of_workload(component, workload, &field);
            }
            self.references(component, Some(container), text);
        }
    }

    /// Adds the fields of workloads that an expression of a provisioner reads.
    pub(super) fn reads(&mut self, resource: &'a Resource, place: Span, user: Option<&str>) {
        let tracer = self.tracer;
        let text = tracer.sources.slice(place);
        if !text.contains("{{") {
            return;
        }
        self.settings_in(text);
        self.declared_parts(resource, text, user);
        // The values of a provisioner can use each other.
        for entry in resource.provisioner.document.entries_at("values") {
            if !is_used(text, &entry.key) {
                continue;
            }
            let (name, place) = (&entry.key, entry.value.span);
            let about = format!("value `{name}` of the provisioner of `{}`", resource.uid);
            self.push_place(OriginRole::Answered, place, about);
            for place in expressions_in(&entry.value) {
                if self.read.insert(place) {
                    self.reads(resource, place, user);
                }
            }
        }
        for (name, uid) in &resource.requires {
            if text.contains(name.as_str()) {
                self.resource(uid);
            }
        }
        if !text.contains("workload") {
            return;
        }
        let own: Vec<&Workload> = if let Some(user) = user {
            tracer.project.declaring(user).into_iter().collect()
        } else {
            let declarations = tracer.project.declarations(&resource.uid);
            declarations.map(|(workload, _, _)| workload).collect()
        };
        let others = tracer.project.workloads.values().map(|it| &***it);
        let is_function = text.contains("workload(") || text.contains("workloads(");
        let others = others.filter(|_| is_function);
        for workload in own.into_iter().chain(others) {
            self.own_parts(workload, text);
        }
    }

    /// Adds the fields of a workload that an expression can read.
    fn own_parts(&mut self, workload: &Workload, text: &str) {
        if text.contains("name") {
            self.workload(&workload.name.value);
        }
        for (word, path) in PARTS {
            if !text.contains(word) {
                continue;
            }
            let Some(part) = found(&workload.document, path) else {
                continue;
            };
            let named = part.entries().iter();
            let named = named.filter(|entry| text.contains(entry.key.as_str()));
            let named: Vec<&str> = named.map(|entry| entry.key.as_str()).collect();
            for name in &named {
                self.own(workload, &[path, &[*name]].concat());
            }
            if named.is_empty() {
                self.own(workload, path);
            }
        }
    }
}
