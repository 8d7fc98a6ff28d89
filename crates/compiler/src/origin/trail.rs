//! The steps of an origin while they are collected.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use score_spec::Span;

use super::parts::names_of;
use super::path::{Step, is_named_after, items, normal};
use super::{OriginRole, OriginStep, Tracer, step};
use crate::graph::{Params, Resource};
use crate::ir::{Component, Origin, Sealed, Segment, Tree};
use crate::targets::OutputObject;

/// The length of a name that names made from it contain at least: long ones are cut and end with a hash.
const KEPT: usize = 20;

/// The kinds of the objects of routes.
const IS_ROUTED: [&str; 3] = ["HTTPRoute", "GRPCRoute", "Ingress"];

/// The field whose origin is looked up.
pub(super) struct Leaf<'a> {
    pub(super) object: &'a OutputObject,
    /// The path with the names of items of lists.
    pub(super) path: Vec<Step<'a>>,
    /// The value; absent if the object has no such field.
    pub(super) value: Option<&'a Tree<Sealed>>,
    /// The parts that can contain names.
    texts: Vec<String>,
    pub(super) has_secret: bool,
}

impl<'a> Leaf<'a> {
    pub(super) fn of(object: &'a OutputObject, path: &[&'a str]) -> Self {
        let (path, value) = items(&object.tree, path);
        let mut texts: Vec<String> = path.iter().map(|step| as_name(step.name)).collect();
        let mut has_secret = false;
        match value {
            Some(Tree::Text(text)) => {
                has_secret = text.as_plain().is_none();
                let parts = text.segments().iter();
                texts.extend(parts.filter_map(|part| match part {
                    Segment::Plain(text) => Some(as_name(text)),
                    Segment::Ref(_) => None,
                }));
            }
            Some(_) if path.is_empty() => texts.push(as_name(&object.name)),
            _ => {}
        }
        Self {
            object,
            path,
            value,
            texts,
            has_secret,
        }
    }

    /// The names of the steps.
    pub(super) fn names(&self) -> Vec<&'a str> {
        self.path.iter().map(|step| step.name).collect()
    }

    /// The names of the steps below the pod template, or all, with that as `pod`.
    pub(super) fn normal(&self) -> Vec<&'a str> {
        normal(&self.names())
    }

    /// Whether it describes a volume or its mounts.
    pub(super) fn has_volume(&self) -> bool {
        let mut names = self.path.iter().map(|step| step.name);
        names.any(|name| ["volumes", "volumeMounts", "volumeClaimTemplates"].contains(&name))
    }

    /// Whether the field has a value of its own, and is no map or list.
    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self.value, Some(Tree::Map(_) | Tree::List(_)))
    }

    /// Whether the path or the value contains a string in lower-case letters.
    pub(super) fn has_text(&self, text: &str) -> bool {
        let text = as_name(text);
        self.texts.iter().any(|it| it.contains(&text))
    }

    /// Whether the path or the value contains a name. Secrets depend on all names of their resources.
    pub(super) fn has_name(&self, name: &str) -> bool {
        let name = name.get(..KEPT).unwrap_or(name);
        let is_in = |text: &String| {
            let mut places = text.match_indices(name);
            places.any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                is_end(before) && (name.len() == KEPT || is_end(after))
            })
        };
        self.has_secret || self.texts.iter().any(is_in)
    }
}

/// A string in the form of names: names of variables and databases have other characters.
fn as_name(text: &str) -> String {
    text.to_ascii_lowercase().replace('_', "-")
}

/// The steps of the origin of a field.
pub(super) struct Trail<'a> {
    pub(super) tracer: Tracer<'a>,
    pub(super) leaf: Leaf<'a>,
    /// The component that the field belongs to.
    pub(super) component: Option<&'a Component>,
    steps: Vec<OriginStep>,
    /// The uids of resources that the value depends on, whose declarations come last.
    resources: IndexSet<String>,
    /// The variables that have been followed, by component, container and name.
    pub(super) variables: BTreeSet<[&'a str; 3]>,
    /// The values of provisioners that have been followed.
    pub(super) read: BTreeSet<Span>,
}

impl<'a> Trail<'a> {
    pub(super) fn new(tracer: Tracer<'a>, leaf: Leaf<'a>) -> Self {
        let components = &tracer.app.components;
        let object = leaf.object;
        let component = object.component.as_deref();
        let component = component.and_then(|name| components.get(name));
        // The workload of a job that the target has separated from it, or of a route.
        let workload = object.workload.as_deref();
        let is_raw = object.place.is_some();
        let is_routed = IS_ROUTED.contains(&object.kind.as_str());
        let workload = workload.filter(|_| !is_raw && (is_routed || object.resource.is_none()));
        let workload = workload.and_then(|name| components.get(name));
        Self {
            tracer,
            leaf,
            component: component.or(workload),
            steps: Vec::new(),
            resources: IndexSet::new(),
            variables: BTreeSet::new(),
            read: BTreeSet::new(),
        }
    }

    /// Adds a step unless it is known.
    pub(super) fn push(&mut self, step: OriginStep) {
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// Adds a step unless there is another one to its location.
    pub(super) fn push_place(&mut self, role: OriginRole, span: Span, about: String) {
        if self.steps.iter().all(|it| it.span != Some(span)) {
            self.steps.push(step(role, span, about));
        }
    }

    /// The location of the step at this index, if it has one.
    pub(super) fn span_at(&self, index: usize) -> Option<Span> {
        self.steps.get(index)?.span
    }

    /// The number of steps so far.
    pub(super) fn count(&self) -> usize {
        self.steps.len()
    }

    /// Adds that the value depends on a resource.
    pub(super) fn resource(&mut self, uid: &str) {
        self.resources.insert(uid.to_owned());
    }

    /// Adds the name of a workload.
    pub(super) fn workload(&mut self, name: &str) {
        let Some(workload) = self.tracer.project.workloads.get(name) else {
            return;
        };
        let about = format!("the workload `{name}`");
        self.push_place(OriginRole::Written, workload.name.span, about);
    }

    /// Adds where a component comes from: a workload, or a resource.
    pub(super) fn of_component(&mut self, name: &str) {
        let component = self.tracer.app.components.get(name);
        match component.map(|it| &it.origin) {
            Some(Origin::Workload(_)) => self.workload(name),
            Some(Origin::Resource { uid, .. }) => self.resource(uid),
            None => {}
        }
    }

    /// The steps, after those of the resources and of the names that the value contains.
    pub(super) fn finish(mut self) -> Vec<OriginStep> {
        let mut at = 0;
        loop {
            while let Some(uid) = self.resources.get_index(at) {
                let resource = self.tracer.project.resources.get(uid);
                if let Some(it) = resource {
                    self.declared(it);
                }
                at += 1;
            }
            self.names();
            if at == self.resources.len() {
                break;
            }
        }
        self.expressions();
        if self.steps.is_empty() {
            let object = self.leaf.object;
            let workload = object.workload.as_deref();
            if let Some(it) = workload {
                self.workload(it);
            }
        }
        if self.steps.is_empty() {
            self.push(OriginStep {
                role: OriginRole::Made,
                span: None,
                about: "made by score-rs".to_owned(),
            });
        }
        self.steps
    }

    /// Adds the declarations of a resource, and what it depends on.
    fn declared(&mut self, resource: &'a Resource) {
        let about = format!("the resource `{}`", resource.uid);
        let mut is_declared = false;
        for (workload, _, span) in self.tracer.project.declarations(&resource.uid) {
            is_declared = true;
            self.push_place(OriginRole::Declared, span, about.clone());
            // A volume has a shorter name if it can, which depends on its only workload.
            let name = &workload.name.value;
            if self.leaf.has_volume() && self.leaf.object.workload.as_ref() == Some(name) {
                self.workload(name);
            }
        }
        if !is_declared {
            self.push_place(OriginRole::Declared, resource.span, about);
            self.only_parent(&resource.uid);
        }
        let chosen = self.tracer.chosen(resource);
        if let Some(it) = chosen {
            self.push(it);
        }
        self.provisioner(resource);
        let provisioner = &resource.provisioner;
        let is_code = provisioner.listed.is_some() || provisioner.native.is_some();
        let is_chosen = provisioner.id.is_some();
        if let Some((workload, _)) = resource.belongs_to()
            && (self.leaf.has_name(workload) || is_code || is_chosen)
        {
            self.workload(workload);
        }
        if provisioner.listed.is_some() {
            self.peers();
        }
        match &resource.params {
            Params::None => {}
            Params::Declared { workload, params } => {
                if let Some(workload) = self.tracer.project.declaring(workload) {
                    self.placeholders(workload, &params.node);
                }
            }
            Params::Required { parent, .. } => {
                self.requirement(parent, &resource.uid);
                self.resource(parent);
            }
        }
    }

    /// Adds the ports of workloads whose names are part of the value, which templates can read.
    fn peers(&mut self) {
        for (name, workload) in &self.tracer.project.workloads {
            if self.leaf.has_name(name) {
                self.own(workload, &["service", "ports"]);
            }
        }
    }

    /// Adds the workloads and resources whose names are part of the value, unless a Score file contains it literally.
    fn names(&mut self) {
        let names = self.leaf.names();
        let is_made = is_named_after(&names);
        let is_derived = |step: &OriginStep| {
            !matches!(
                step.role,
                OriginRole::Written | OriginRole::Overlaid | OriginRole::Defaulted
            )
        };
        let object = self.leaf.object;
        if is_made {
            let workload = object.workload.as_deref();
            if let Some(it) = workload {
                self.workload(it);
            }
        }
        if !is_made && !self.steps.iter().any(is_derived) {
            return;
        }
        let tracer = self.tracer;
        for name in tracer.project.workloads.keys() {
            if self.leaf.has_name(name) {
                self.workload(name);
            }
        }
        for (uid, written) in &tracer.app.written {
            let mut names = written.objects.iter().flat_map(names_of);
            if names.any(|name| self.leaf.has_name(name)) {
                self.resource(uid);
            }
        }
        for component in tracer.app.components.values() {
            if let Origin::Resource { uid, .. } = &component.origin
                && self.leaf.has_name(&component.name)
            {
                self.resource(uid);
            }
        }
    }
}
