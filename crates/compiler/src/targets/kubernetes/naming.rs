//! Names of the parts of an application in a cluster, with their labels and annotations, and the
//! values of references in strings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use score_spec::{Code, Diagnostic, Map, Quantity};
use sha2::{Digest, Sha256};

use super::annotations::{INSTANCE, KIND, LABELS, PREFIX, SERVICE_NAME, SOURCE};
use super::object_field::{INSTANCE_LABEL, ObjectField};
use super::objects::Metadata;
use super::options::Kubernetes;
use super::reference::{Open, OpenText, OpenTree};
use super::workload_options::{is_instance, labels};
use crate::ir::field::Field;
use crate::ir::{App, Component, Origin, Run, Sealed, Text, Tree};

/// The maximum length of a DNS label; most names in this target are DNS labels.
pub(super) const LABEL: usize = 63;

/// The default labels of all objects: the tool that wrote them, and the project.
pub(super) const USUAL: [&str; 2] = ["app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"];

/// The controllers that a component can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    /// Identical pods.
    Deployment,
    /// Pods with a stable name and separate volumes.
    StatefulSet,
    /// A pod on each node.
    DaemonSet,
    /// A pod that runs to completion.
    Job,
    /// Jobs on a schedule.
    CronJob,
}

impl Controller {
    /// All controllers.
    pub(super) const ALL: [Self; 5] = [
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    /// The kinds of their objects.
    pub(super) const NAMES: [&str; 5] = [
        Self::ALL[0].name(),
        Self::ALL[1].name(),
        Self::ALL[2].name(),
        Self::ALL[3].name(),
        Self::ALL[4].name(),
    ];

    /// The kind of its object.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// The controller of this kind.
    pub(super) fn named(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == kind)
    }

    /// Whether its pods run to completion.
    pub(super) fn ends(self) -> bool {
        matches!(self, Self::Job | Self::CronJob)
    }
}

/// An application with the options of the target.
pub(super) struct Naming<'a> {
    pub(super) app: &'a App,
    pub(super) options: &'a Kubernetes,
    /// Whether every secret needs an object in the cluster, because only the cluster stores its
    /// value. Otherwise, a secret that a custom object of its resource already contains needs no
    /// other object.
    pub(super) keeps_secrets: bool,
    /// The values of environment variables that remain references; empty if not among them.
    pub(super) variables: Option<&'a BTreeMap<String, String>>,
    owners: BTreeSet<&'a str>,
}

impl<'a> Naming<'a> {
    pub(super) fn new(app: &'a App, options: &'a Kubernetes) -> Self {
        let owners = app.volumes.values().filter_map(|v| v.owner.as_deref());
        Self {
            app,
            options,
            keeps_secrets: false,
            variables: None,
            owners: owners.collect(),
        }
    }

    /// Whether the component has persistent volumes that no other component shares.
    pub(super) fn owns_volumes(&self, component: &Component) -> bool {
        self.owners.contains(component.name.as_str())
    }

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

    /// Whether a component has a Service. Besides components with ports, these are the stateful
    /// sets of resources, because a stateful set must refer to a Service.
    pub(super) fn has_service(&self, component: &Component) -> bool {
        !component.ports.is_empty()
            || (self.controller(component) == Controller::StatefulSet
                && matches!(component.origin, Origin::Resource { .. }))
    }

    /// Whether a stateful set has a second Service, which is headless: unless its Service is headless itself.
    pub(super) fn has_headless_service(&self, component: &Component) -> bool {
        self.controller(component) == Controller::StatefulSet
            && !(self.has_service(component) && component.ports.is_empty())
    }

    /// The name of the Service that gives the pods of a stateful set their host names. It must be
    /// headless, but the Service with the ports is not, since it maps port numbers.
    pub(super) fn governing_service(&self, component: &Component) -> String {
        let service = self.service(&component.name);
        if self.has_headless_service(component) {
            label(&format!("{service}-headless"))
        } else {
            service.to_owned()
        }
    }

    /// The name of the Service of the component with this name.
    pub(super) fn service<'b>(&'b self, component: &'b str) -> &'b str {
        self.app
            .components
            .get(component)
            .and_then(|component| component.annotations.get(SERVICE_NAME))
            .map_or(component, String::as_str)
    }

    /// The number of a named port in the Service of a component.
    pub(super) fn port(&self, component: &str, port: &str) -> Option<u16> {
        let component = self.app.components.get(component)?;
        component.ports.get(port).map(|port| port.port)
    }

    /// The string with the values of Services, ports and defaults; secrets remain references.
    /// Environment variables have already been resolved, except in charts and in a check.
    pub(super) fn filled(&self, text: &OpenText) -> Text<Sealed> {
        text.map(|open| match open {
            Open::Secret(secret) => Arc::clone(secret).into(),
            Open::Host(component) => self.service(component).into(),
            Open::Port { component, port } => match self.port(component, port) {
                Some(number) => number.to_string().into(),
                None => Text::new(),
            },
            Open::Variable(name) => format!("$({name})").into(),
            Open::Env { name, .. } => {
                let value = self.variables.and_then(|variables| variables.get(name));
                value.map_or_else(Text::new, |value| value.as_str().into())
            }
            Open::Parameter(parameter) => parameter.default_text(),
        })
    }

    /// A part of an object with the values of Services, ports and defaults in all its strings.
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

    /// The metadata of an object, which belongs to the workload if there is one.
    pub(super) fn metadata(
        &self,
        name: &str,
        labels: Map<String>,
        mut annotations: Map<String>,
        workload: Option<&str>,
    ) -> Metadata {
        if let Some((key, path)) = self.source(workload) {
            // After those that identify the workload and the resource.
            let own = annotations.keys().take_while(|key| key.starts_with(PREFIX));
            annotations.shift_insert(own.count(), key, path);
        }
        Metadata {
            name: name.to_owned(),
            namespace: self.options.namespace.clone(),
            labels,
            annotations,
        }
    }

    /// The annotation that names the Score file of a workload. Pods do not have it, because they would be replaced
    /// if the file moves.
    pub(super) fn source(&self, workload: Option<&str>) -> Option<(String, String)> {
        let path = self.app.score_files.get(workload?)?;
        Some((SOURCE.to_owned(), path.clone()))
    }

    /// The labels of the objects of the component with this name, or of the Secret of a resource.
    pub(super) fn labels(&self, name: &str) -> Map<String> {
        let mut labels = self.identity(name);
        labels.extend(self.common_labels());
        labels.extend(self.workload_labels(name));
        labels
    }

    /// The labels that select the pods of the component with this name. A value that an annotation sets is that of
    /// an existing controller whose selector has no other label.
    pub(super) fn selector(&self, name: &str) -> Map<String> {
        match self.instance(name) {
            Some(instance) => Map::from_iter([(INSTANCE_LABEL.to_owned(), instance.to_owned())]),
            None => selector(name),
        }
    }

    /// The labels of a component, with the value of the annotation.
    fn identity(&self, name: &str) -> Map<String> {
        let mut labels = selector(name);
        if let Some(instance) = self.instance(name) {
            labels.insert(INSTANCE_LABEL.to_owned(), instance.to_owned());
        }
        labels
    }

    /// The instance label that an annotation sets. Not in charts, where it distinguishes releases, and not for the
    /// pods of a release job, which the workload must not select.
    pub(super) fn instance(&self, name: &str) -> Option<&'a str> {
        let component = self.app.components.get(name)?;
        let is_used = !self.keeps_secrets && component.job_of.is_none();
        let instance = component.annotations.get(INSTANCE).map(|it| it.trim());
        instance.filter(|it| is_used && is_instance(it))
    }

    /// The labels that an annotation sets for a workload. `WorkloadOptions` reports invalid ones.
    fn workload_labels(&self, name: &str) -> Map<String> {
        let component = self.app.components.get(name);
        let text = component.and_then(|component| component.annotations.get(LABELS));
        let labels = text.and_then(|text| labels(text).ok());
        labels.unwrap_or_default()
    }

    /// The labels of the pods of a component. Labels from the options are not among them, because a
    /// changed label would replace pods and run jobs again. For the same reason, the pods of a job
    /// do not have those of the workload.
    pub(super) fn pod_labels(&self, component: &Component) -> Map<String> {
        let mut labels = self.identity(&component.name);
        labels.extend(self.usual_labels());
        if self.controller(component) != Controller::Job {
            labels.extend(self.workload_labels(&component.name));
        }
        labels
    }

    fn usual_labels(&self) -> Map<String> {
        let project = self.app.project.as_deref();
        let values = USUAL.into_iter().zip([Some("score-rs"), project]);
        values
            .filter_map(|(label, value)| Some((label.to_owned(), value?.to_owned())))
            .collect()
    }

    /// The labels of all objects: the default labels with the changes from the options.
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

/// The labels that select the pods of a component. They are immutable once a controller exists, so
/// they depend only on its name.
pub(super) fn selector(name: &str) -> Map<String> {
    ["app.kubernetes.io/name", INSTANCE_LABEL]
        .into_iter()
        .map(|key| (key.to_owned(), name.to_owned()))
        .collect()
}

/// The annotations that identify the origin of a component.
pub(super) fn annotations(component: &Component) -> Map<String> {
    match &component.origin {
        Origin::Workload(_) => {
            let name = component.job_of.as_ref().unwrap_or(&component.name).clone();
            Map::from_iter([("k8s.score.dev/workload-name".to_owned(), name)])
        }
        Origin::Resource { uid, workload } => resource_annotations(uid, workload.as_deref()),
    }
}

/// The annotations that identify the resource of an object.
pub(super) fn resource_annotations(uid: &str, workload: Option<&str>) -> Map<String> {
    let workload = workload.map(|name| ("source-workload", name));
    [("resource-uid", uid)]
        .into_iter()
        .chain(workload)
        .map(|(key, value)| (format!("k8s.score.dev/{key}"), value.to_owned()))
        .collect()
}

pub(super) fn invalid(
    component: &Component,
    field: Field,
    message: impl Into<String>,
) -> Diagnostic {
    component.finding(Code::TargetInvalid, field, message)
}

pub(super) fn unsupported(
    component: &Component,
    field: Field,
    message: impl Into<String>,
) -> Diagnostic {
    component.finding(Code::TargetUnsupported, field, message)
}

/// The name, shortened to its start and a hash if it is too long for a DNS label.
pub(super) fn label(name: &str) -> String {
    if name.len() <= LABEL {
        return name.to_owned();
    }
    let hash = hex(&Sha256::digest(name), 4);
    let start: String = name.chars().take(LABEL - 1 - hash.len()).collect();
    format!("{}-{hash}", start.trim_end_matches('-'))
}

/// A quantity in the notation of Kubernetes, which writes a thousand as `k` (`resource.Quantity`)
/// instead of `K` as in Score files.
pub(super) fn quantity(amount: &Quantity) -> String {
    match amount.as_str().strip_suffix('K') {
        Some(thousands) => format!("{thousands}k"),
        None => amount.to_string(),
    }
}

/// The first bytes as hexadecimal digits.
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
