//! How the parts of an application are called in a cluster: names, labels, annotations, and texts
//! with the names put in. Not: the objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Quantity};
use sha2::{Digest, Sha256};

use super::annotations::{KIND, SERVICE_NAME};
use super::object_field::ObjectField;
use super::objects::Metadata;
use super::options::Kubernetes;
use super::reference::{Open, OpenText, OpenTree};
use crate::ir::field::Field;
use crate::ir::{App, Component, Origin, Run, Sealed, Text, Tree};

/// The most characters of a DNS label, which most names here are.
pub(super) const LABEL: usize = 63;

/// The labels that all objects have unless the project says otherwise: what made them, and the project.
pub(super) const USUAL: [&str; 2] = ["app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"];

/// The controllers that a component can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    /// Pods that are all alike.
    Deployment,
    /// Pods with volumes of their own.
    StatefulSet,
    /// A pod on each node.
    DaemonSet,
    /// A pod that runs to its end.
    Job,
    /// Jobs at certain times.
    CronJob,
}

impl Controller {
    /// Every controller.
    pub(super) const ALL: [Self; 5] = [
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    /// The kind of its object.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// The controller with this kind.
    pub(super) fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == kind)
    }

    /// Whether its pods run to their end.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Job | Self::CronJob)
    }
}

/// An application and what it is rendered with.
pub(super) struct Naming<'a> {
    /// The application.
    pub(super) app: &'a App,
    /// What else there is to know.
    pub(super) options: &'a Kubernetes,
    /// Whether the cluster has to remember every secret: nobody else knows it. Else an object of the
    /// user that holds one needs no other object for it.
    pub(super) keeps_secrets: bool,
    owners: BTreeSet<&'a str>,
}

impl<'a> Naming<'a> {
    /// Analyses an application.
    pub(super) fn new(app: &'a App, options: &'a Kubernetes) -> Self {
        let owners = app.volumes.values().filter_map(|v| v.owner.as_deref());
        Self {
            app,
            options,
            keeps_secrets: false,
            owners: owners.collect(),
        }
    }

    /// Whether the component has volumes whose state is its own.
    pub(super) fn owns_volumes(&self, component: &Component) -> bool {
        self.owners.contains(component.name.as_str())
    }

    /// The controller of a component.
    pub(super) fn controller(&self, component: &Component) -> Controller {
        let asked = component.annotations.get(KIND);
        match component.run {
            Run::Once => Controller::Job,
            Run::Always if self.owns_volumes(component) => Controller::StatefulSet,
            Run::Always => asked
                .and_then(|kind| Controller::named(kind))
                .unwrap_or(Controller::Deployment),
        }
    }

    /// Whether a component has a service by which others reach it. What a resource needs and keeps
    /// state has one too, since a stateful set must name one.
    pub(super) fn has_service(&self, component: &Component) -> bool {
        !component.ports.is_empty()
            || (self.controller(component) == Controller::StatefulSet
                && matches!(component.origin, Origin::Resource { .. }))
    }

    /// The name of the service that gives the pods of a stateful set their names on the network. It
    /// has to be headless, which the one that others connect to cannot be: it maps ports. The
    /// servers of resources have one pod each, which nobody needs to tell apart from others.
    pub(super) fn governing_service(&self, component: &Component) -> String {
        match component.origin {
            Origin::Workload(_) => label(&format!("{}-headless", self.service(&component.name))),
            Origin::Resource { .. } => self.service(&component.name).to_owned(),
        }
    }

    /// The name of the service of the component with this name.
    pub(super) fn service<'b>(&'b self, component: &'b str) -> &'b str {
        self.app
            .components
            .get(component)
            .and_then(|component| component.annotations.get(SERVICE_NAME))
            .map_or(component, String::as_str)
    }

    /// The number under which others reach a named port of a component.
    pub(super) fn port(&self, component: &str, port: &str) -> Option<u16> {
        let component = self.app.components.get(component)?;
        component.ports.get(port).map(|port| port.port)
    }

    /// The text with services, ports and defaults put in: plain parts and secrets remain. Environment
    /// variables have been read before.
    pub(super) fn filled(&self, text: &OpenText) -> Text<Sealed> {
        text.map(|open| match open {
            Open::Secret(secret) => Arc::clone(secret).into(),
            Open::Host(component) => self.service(component).into(),
            Open::Port { component, port } => match self.port(component, port) {
                Some(number) => number.to_string().into(),
                None => Text::new(),
            },
            Open::Variable(name) => format!("$({name})").into(),
            Open::Env { .. } => Text::new(),
            Open::Parameter(parameter) => parameter.default_text(),
        })
    }

    /// A part of an object with services and ports put into all its texts.
    pub(super) fn fill(&self, tree: OpenTree, field: &ObjectField<'_>) -> Tree<Sealed> {
        match tree {
            Tree::Map(entries) => {
                let entries = entries.into_iter().map(|(key, value)| {
                    let value = self.fill(value, &field.below(&key));
                    (key, value)
                });
                entries.collect()
            }
            Tree::List(items) => {
                let (items, field) = (items.into_iter(), field.item());
                Tree::List(items.map(|item| self.fill(item, &field)).collect())
            }
            Tree::Text(mut text) => match (text.take_plain(), text.as_reference()) {
                (Some(plain), _) => Tree::Text(plain.into()),
                (None, Some(Open::Port { component, port })) if !field.is_string() => {
                    let number = self.port(component, port);
                    number.map_or(Tree::Null, |number| Tree::Number(number.into()))
                }
                (None, _) => Tree::Text(self.filled(&text)),
            },
            Tree::Null => Tree::Null,
            Tree::Bool(value) => Tree::Bool(value),
            Tree::Number(number) => Tree::Number(number),
        }
    }

    /// The metadata of an object.
    pub(super) fn metadata(
        &self,
        name: &str,
        labels: Map<String>,
        annotations: Map<String>,
    ) -> Metadata {
        Metadata {
            name: name.to_owned(),
            namespace: self.options.namespace.clone(),
            labels,
            annotations,
        }
    }

    /// The labels of what belongs to the thing with this name.
    pub(super) fn labels(&self, name: &str) -> Map<String> {
        let mut labels = selector(name);
        labels.extend(self.common_labels());
        labels
    }

    /// The labels of the pods of a component: the usual ones, whatever the project says. Another label
    /// of a pod replaces it, and runs a job again.
    pub(super) fn pod_labels(&self, name: &str) -> Map<String> {
        let mut labels = selector(name);
        labels.extend(self.usual_labels());
        labels
    }

    fn usual_labels(&self) -> Map<String> {
        let project = self.app.project.as_deref();
        let values = USUAL.into_iter().zip([Some("score-rs"), project]);
        values
            .filter_map(|(label, value)| Some((label.to_owned(), value?.to_owned())))
            .collect()
    }

    /// The labels that all objects have: the usual ones, changed as the project says.
    pub(super) fn common_labels(&self) -> Map<String> {
        let mut labels = self.usual_labels();
        for (key, value) in &self.options.labels {
            match value {
                Some(value) => drop(labels.insert(key.clone(), value.clone())),
                None => drop(labels.shift_remove(key)),
            }
        }
        labels
    }
}

/// The labels that select the pods of a component. They can never change once a controller
/// exists, so that they depend on nothing but its name.
pub(super) fn selector(name: &str) -> Map<String> {
    ["name", "instance"]
        .into_iter()
        .map(|key| (format!("app.kubernetes.io/{key}"), name.to_owned()))
        .collect()
}

/// The annotations that say what a component is there for.
pub(super) fn annotations(component: &Component) -> Map<String> {
    match &component.origin {
        Origin::Workload(_) => {
            let name = component.name.clone();
            Map::from_iter([("k8s.score.dev/workload-name".to_owned(), name)])
        }
        Origin::Resource { uid, workload } => resource_annotations(uid, workload.as_deref()),
    }
}

/// The annotations that say which resource an object is there for.
pub(super) fn resource_annotations(uid: &str, workload: Option<&str>) -> Map<String> {
    let workload = workload.map(|name| ("source-workload", name));
    [("resource-uid", uid)]
        .into_iter()
        .chain(workload)
        .map(|(key, value)| (format!("k8s.score.dev/{key}"), value.to_owned()))
        .collect()
}

/// An error about a field of a component.
pub(super) fn invalid(
    component: &Component,
    field: Field,
    message: impl Into<String>,
) -> Diagnostic {
    component.finding(Code::TargetInvalid, field, message)
}

/// A warning about a field of a component.
pub(super) fn unsupported(
    component: &Component,
    field: Field,
    message: impl Into<String>,
) -> Diagnostic {
    component.finding(Code::TargetUnsupported, field, message)
}

/// The name, if a DNS label can be that long; otherwise its start and a hash of it.
pub(super) fn label(name: &str) -> String {
    if name.len() <= LABEL {
        return name.to_owned();
    }
    let hash = hex(&Sha256::digest(name), 4);
    let start: String = name.chars().take(LABEL - 1 - hash.len()).collect();
    format!("{}-{hash}", start.trim_end_matches('-'))
}

/// An amount in the words of Kubernetes, which has `k` for a thousand (`resource.Quantity`) where a
/// Score file has `K`.
pub(super) fn quantity(amount: &Quantity) -> String {
    match amount.as_str().strip_suffix('K') {
        Some(thousands) => format!("{thousands}k"),
        None => amount.to_string(),
    }
}

/// The first bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8], count: usize) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .take(count)
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
