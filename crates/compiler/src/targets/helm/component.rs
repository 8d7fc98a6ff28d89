//! Adds parameters to the objects of a component: replicas, scheduling, volumes, security contexts.
//! `container` handles containers, `service` Services, and `references` the names and references of
//! all objects.

use std::borrow::Cow;

use score_spec::Map;

use super::action::{Action, Body, TemplateTree};
use super::availability::DISRUPTION_BUDGET;
use super::common::{Common, Layers};
use super::edit::{MORE, behind, below, closed, empty, get, map, more, plain, put, taken};
use super::image::pull_secrets;
use super::scope::access;
use super::security::PodOrContainer;
use super::values::{Form, Plain, Values};
use crate::ir::{Component, Origin, Text, Tree};
use crate::targets::kubernetes::{Object, ObjectSet};

/// The largest number that Kubernetes accepts for a count.
const MOST: u32 = 2_147_483_647;
/// A pattern for quantities of memory or storage.
const QUANTITY: &str = "^[0-9]+(\\.[0-9]+)?([EPTGMk]i?|Ki|m)?$";

/// The values of a component in a chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The group of values that contains it.
    pub(super) group: &'static str,
    /// The template variable that holds its values.
    pub(super) variable: &'static str,
    /// The name of the component.
    pub(super) name: &'a str,
}

impl<'a> Part<'a> {
    /// The group of the values of workloads.
    pub(super) const WORKLOADS: &'static str = "workloads";
    /// The group of the values of components of resources.
    pub(super) const RESOURCES: &'static str = "resources";

    /// The part of the values that belongs to a component.
    pub(super) fn of(component: &'a Component) -> Self {
        let (group, variable) = match component.origin {
            Origin::Workload(_) => (Self::WORKLOADS, "$workload"),
            Origin::Resource { .. } => (Self::RESOURCES, "$resource"),
        };
        Self {
            group,
            variable,
            name: &component.name,
        }
    }

    /// An expression for one of its values.
    pub(super) fn code(&self, path: &[&str]) -> String {
        access(self.variable, path)
    }

    /// The variable, and an expression for its value.
    pub(super) fn variable(&self) -> (&'static str, String) {
        (self.variable, access("$.Values", &[self.group, self.name]))
    }
}

/// Adds parameters to the objects of a component.
pub(super) struct ComponentParameters<'a> {
    /// The name of the chart, which is the prefix of its named templates.
    pub(super) chart: &'a str,
    /// The values added so far.
    pub(super) values: &'a mut Values,
    pub(super) object_set: &'a ObjectSet<'a>,
    pub(super) component: &'a Component,
    /// The part of the values that belongs to the component.
    pub(super) part: Part<'a>,
    /// The labels and annotations of all objects, as far as the object does not set them itself.
    pub(super) common: Common,
    /// The labels that the value `commonLabels` cannot contain.
    pub(super) fixed_labels: &'a [String],
}

impl ComponentParameters<'_> {
    /// Adds a value of the component.
    pub(super) fn add(
        &mut self,
        path: &[&str],
        about: impl Into<Cow<'static, str>>,
        form: Form,
        default: Plain,
    ) {
        let whole = [&[self.part.group, self.part.name], path].concat();
        self.values.add(&whole, about, form, default);
    }

    pub(super) fn is_workload(&self) -> bool {
        matches!(self.component.origin, Origin::Workload(_))
    }

    /// Adds the parameters of the controller.
    pub(super) fn controller(&mut self, object: &mut Object<Action>) {
        let about = match &self.component.origin {
            Origin::Workload(_) => format!("The workload {}.", self.part.name),
            Origin::Resource { uid, .. } => format!("Component of the resource {uid}."),
        };
        self.values.group(&[self.part.group, self.part.name], about);
        self.scaling(&mut object.tree);
        let path = template(&object.kind);
        let contexts = if self.is_workload() {
            self.profile()
        } else {
            Vec::new()
        };
        self.strategy(object);
        let pod = [path, &["spec"]].concat();
        self.context(&mut object.tree, &pod, &contexts, PodOrContainer::Pod);
        for list in ["initContainers", "containers"] {
            self.containers(&mut object.tree, &[&pod, &[list][..]].concat(), &contexts);
        }
        self.volumes(&mut object.tree, &pod);
        self.spread(object, &pod);
        self.placing(&mut object.tree, &pod);
        self.pull_secrets(&mut object.tree, &pod);
        self.metadata(object, path);
    }

    /// Adds the parameters for the labels and annotations of the controller and its pods.
    fn metadata(&mut self, object: &mut Object<Action>, template: &[&str]) {
        let Common {
            labels,
            annotations,
        } = self.common.clone();
        let about =
            "Additional labels of all its objects, except routes and the Secrets of resources.";
        let path = ["metadata", "labels"];
        self.more(&mut object.tree, &path, (&["labels"], about), &labels);
        let about = format!("Additional annotations of its {}.", object.kind);
        let path = ["metadata", "annotations"];
        self.more(
            &mut object.tree,
            &path,
            (&["annotations"], about),
            &annotations,
        );
        let path = [template, &["metadata", "labels"]].concat();
        let labels = if object.kind == "Job" {
            // The pod template of a Job in a cluster is immutable.
            Layers::default()
        } else {
            let own = get(&mut object.tree, &path).map(|it| &*it);
            Layers::of_pod(own, self.fixed_labels)
        };
        let about = "Additional labels of its pods.";
        self.more(&mut object.tree, &path, (&["podLabels"], about), &labels);
        let path = [template, &["metadata", "annotations"]].concat();
        let value = (
            &["podAnnotations"][..],
            "Additional annotations of its pods.",
        );
        self.more(&mut object.tree, &path, value, &Layers::default());
    }

    /// Adds an action for the labels that the values define for all objects of the component.
    pub(super) fn labels(&self, object: &mut Object<Action>) {
        if let Some(labels) = map(&mut object.tree, &["metadata", "labels"]) {
            let own = self.part.code(&["labels"]);
            labels.insert(MORE.to_owned(), more(&self.common.labels.with(&own)));
        }
    }

    /// Lets a value add entries to a map, over those of layers.
    pub(super) fn more(
        &mut self,
        tree: &mut TemplateTree,
        path: &[&str],
        (value, about): (&[&str], impl Into<Cow<'static, str>>),
        layers: &Layers,
    ) {
        let Some((key, parents)) = path.split_last() else {
            return;
        };
        let Some(parent) = map(tree, parents) else {
            return;
        };
        let code = layers.with(&self.part.code(value));
        let mut names = Vec::new();
        match parent.get_mut(*key) {
            Some(Tree::Map(entries)) => {
                names = taken(entries);
                entries.insert(MORE.to_owned(), more(&code));
            }
            _ => put(parent, key, below(&code)),
        }
        self.add(value, about, Form::Texts(names), empty());
    }

    /// Lets a value append items to the list with this key.
    pub(super) fn append(
        &mut self,
        parent: &mut Map<TemplateTree>,
        key: &str,
        path: &[&str],
        about: &'static str,
    ) {
        let code = self.part.code(path);
        match parent.get_mut(key) {
            Some(Tree::List(items)) => items.push(more(&code)),
            Some(_) => return,
            None => put(parent, key, below(&code)),
        }
        self.add(path, about, Form::Maps, Plain::List(Vec::new()));
    }

    /// Adds the parameters for a fixed number of pods and for autoscaling.
    fn scaling(&mut self, tree: &mut TemplateTree) {
        if self.object_set.autoscaler(self.component).is_none() {
            return;
        }
        let Some(spec) = map(tree, &["spec"]) else {
            return;
        };
        let default = spec.get("replicas").cloned().unwrap_or(TemplateTree::Null);
        // A fixed number of replicas and an autoscaler would override each other.
        let scales = self.part.code(&["autoscaling", "enabled"]);
        let code = self.part.code(&["replicas"]);
        if let Some(default) = closed(&default) {
            let condition = format!("if not (or {scales} (kindIs \"invalid\" {code}))");
            let case = (condition, Body::Behind(code));
            put(spec, "replicas", Action::block([case]));
            self.add(
                &["replicas"],
                "Number of pods; not set if null.",
                Form::OptionalInteger(0, MOST),
                default,
            );
        } else {
            // A patch derives the number from another value.
            let case = (format!("if not {scales}"), Body::Tree(default));
            put(spec, "replicas", Action::block([case]));
        }
        let group = [self.part.group, self.part.name, "autoscaling"];
        let about = "Scaling of the pods by their CPU usage.";
        self.values.short_group(&group, about);
        let enabled = self.object_set.is_autoscaled(self.component);
        self.add(
            &["autoscaling", "enabled"],
            "Whether to scale the pods by their CPU usage.",
            Form::Bool,
            Tree::Bool(enabled),
        );
        // The value is added with its object, but listed here.
        let budget = [self.part.group, self.part.name, DISRUPTION_BUDGET];
        self.values.group(&budget, "");
    }

    /// Adds the parameters of the autoscaler.
    pub(super) fn autoscaler(&mut self, object: &mut Object<Action>) {
        let Some(spec) = map(&mut object.tree, &["spec"]) else {
            return;
        };
        for (field, about) in [("minReplicas", "minimum"), ("maxReplicas", "maximum")] {
            let path = ["autoscaling", field];
            let code = self.part.code(&path);
            let default = spec.insert(field.to_owned(), Tree::Text(Action::yaml(code)));
            if let Some(default) = default.as_ref().and_then(closed) {
                let about = format!("The {about} number of pods.");
                self.add(&path, about, Form::Integer(1, MOST), default);
            }
        }
        let path = ["autoscaling", "targetCPUUtilizationPercentage"];
        let target = ["spec", "metrics", "0", "resource", "target"];
        let Some(target) = map(&mut object.tree, &target) else {
            return;
        };
        let action = Tree::Text(Action::yaml(self.part.code(&path)));
        let default = target.insert("averageUtilization".to_owned(), action);
        if let Some(default) = default.as_ref().and_then(closed) {
            let about =
                "Target for the average CPU usage of the pods, in percent of their CPU requests.";
            self.add(&path, about, Form::Integer(1, MOST), default);
        }
    }

    /// Lets a value replace the whole entry with this key, or omit it.
    pub(super) fn whole(
        &mut self,
        parent: &mut Map<TemplateTree>,
        key: &str,
        path: &[&str],
        about: &'static str,
        form: Form,
    ) {
        let default = match parent.get(key).map(closed) {
            Some(Some(default)) => default,
            Some(None) => return,
            None if form == Form::Maps => Plain::List(Vec::new()),
            None => empty(),
        };
        put(parent, key, below(&self.part.code(path)));
        self.add(path, about, form, default);
    }

    /// Adds the parameters that determine the nodes of pods.
    fn placing(&mut self, tree: &mut TemplateTree, pod: &[&str]) {
        let Some(spec) = map(tree, pod) else { return };
        for (key, about, form) in [
            (
                "nodeSelector",
                "Labels of the nodes on which the pods run.",
                Form::Map,
            ),
            ("tolerations", "Tolerations of the pods.", Form::Maps),
            ("affinity", "Affinity of the pods.", Form::Map),
        ] {
            self.whole(spec, key, &[key], about, form);
        }
    }

    fn pull_secrets(&mut self, tree: &mut TemplateTree, pod: &[&str]) {
        let Some(spec) = map(tree, pod) else { return };
        let references = match spec.shift_remove("imagePullSecrets") {
            Some(Tree::List(references)) => references,
            _ => Vec::new(),
        };
        // The name of a Secret of the project differs per release, so no value can contain it.
        let (mut names, mut of_project) = (Vec::new(), Vec::new());
        for reference in references {
            match reference.get("name").and_then(closed) {
                Some(name) => names.push(name),
                None => of_project.push(reference),
            }
        }
        let code = self.part.code(&["imagePullSecrets"]);
        put(spec, "imagePullSecrets", pull_secrets(&code, of_project));
        let about = "Names of Secrets with registry credentials, in addition to the global ones.";
        self.add(&["imagePullSecrets"], about, Form::Names, Tree::List(names));
    }

    /// Adds the parameters for the sizes and storage classes of volumes.
    fn volumes(&mut self, tree: &mut TemplateTree, pod: &[&str]) {
        let size = |this: &mut Self, entries: &mut Map<TemplateTree>, key: &str, name: &str| {
            let Some(default) = entries.get(key).and_then(plain).map(str::to_owned) else {
                return;
            };
            let path = ["volumes", name, "size"];
            let action = Action::name(this.part.code(&path), &*default);
            entries.insert(key.to_owned(), Tree::Text(action));
            let form = Form::Quantity(QUANTITY);
            this.add(
                &path,
                "Size of the volume.",
                form,
                Tree::Text(default.into()),
            );
        };
        if let Some(Tree::List(claims)) = get(tree, &["spec", "volumeClaimTemplates"]) {
            for claim in claims {
                let name = claim.get("metadata").and_then(|it| it.get("name"));
                let Some(name) = name.and_then(plain).map(str::to_owned) else {
                    continue;
                };
                if let Some(requests) = map(claim, &["spec", "resources", "requests"]) {
                    size(self, requests, "storage", &name);
                }
                let Some(spec) = map(claim, &["spec"]) else {
                    continue;
                };
                let path = ["volumes", &name, "storageClass"];
                let default = match spec.get("storageClassName").map(closed) {
                    Some(Some(default)) => default,
                    Some(None) => continue,
                    None => Plain::Text(Text::new()),
                };
                put(
                    spec,
                    "storageClassName",
                    behind(&self.part.code(&path), ". | quote"),
                );
                let about = "Storage class; empty for the default of the cluster.";
                self.add(&path, about, Form::Text, default);
            }
        }
        if let Some(Tree::List(volumes)) = get(tree, &[pod, &["volumes"]].concat()) {
            for volume in volumes {
                let Some(name) = volume.get("name").and_then(plain).map(str::to_owned) else {
                    continue;
                };
                if let Some(folder) = map(volume, &["emptyDir"]) {
                    size(self, folder, "sizeLimit", &name);
                }
            }
        }
        if self.is_workload()
            && let Some(spec) = map(tree, pod)
        {
            let about = "Additional volumes of the pods.";
            self.append(spec, "volumes", &["extraVolumes"], about);
        }
    }
}

/// The path to the pod template of a controller.
fn template(kind: &str) -> &'static [&'static str] {
    match kind {
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => &["spec", "template"],
    }
}
