//! Inputs and results of provisioner tests.

use score_spec::{Kind, Map, Node, Span};

use super::{Compiled, InputText, Inputs, Rendered};
use crate::graph::Project;
use crate::ir::{Raw, Tree};
use crate::provisioner::Provisioner;
use crate::provisioner::test::{KUBERNETES, ProvisionerTest, UNDER_TEST, to_yaml};
use crate::resolve::{Provisioned, Requested};
use crate::targets::Target;

impl Inputs {
    /// Adds the Score files of a test to the inputs: a workload `test`, or those of the test, each with one
    /// container, which has a variable for each output, and the resource `it`. The resource has the class and
    /// the id of the provisioner, if it has any, unless the test sets them.
    #[must_use]
    pub fn with_test(mut self, provisioner: &Provisioner, test: &ProvisionerTest) -> Self {
        let workloads = test.workloads(provisioner);
        let is_single = workloads.len() == 1;
        for (workload, parts) in workloads {
            let mut name = format!("{}, test {}", provisioner.file, test.name);
            if !is_single {
                name = format!("{name}, {workload}");
            }
            self = self.with_spec(&name, to_yaml(&test.spec(provisioner, &workload)));
            if let Some(parts) = parts {
                let text = InputText::new(name + ", workload", to_yaml(parts));
                self.beside.push((self.specs.len() - 1, text));
            }
        }
        self
    }
}

impl Rendered {
    /// The uids of the tested resources, if the inputs have a test and the project has the resources. Several
    /// workloads can have one each.
    pub fn resources_under_test(&self) -> Vec<String> {
        let mut uids = Vec::new();
        for workload in self.project.workloads.values() {
            uids.extend(Project::uid(workload, UNDER_TEST).filter(|uid| !uids.contains(uid)));
        }
        uids
    }
}

impl Compiled<'_> {
    /// The evaluated parts of a provisioner for each resource that it handles, before a target turns them into its
    /// own objects: the contents of an expected file of a test.
    pub fn evaluated(&self, provisioner: &Provisioner, target: &dyn Target) -> Vec<Tree> {
        let (project, resolved) = self.resolved(target);
        let handled = resolved.iter().filter(|(uid, _)| {
            let resource = project.resources.get(*uid);
            resource.is_some_and(|it| it.provisioner.span == provisioner.span)
        });
        handled
            .map(|(uid, provisioned)| provisioned.evaluated(uid))
            .collect()
    }
}

impl Provisioned {
    /// The parts as a document in the form of a provisioner.
    fn evaluated(&self, uid: &str) -> Tree {
        let parts = &self.parts;
        let mut document = Map::default();
        let mut add = |name: &str, value: Tree| add(&mut document, name, value);
        add("uid", Tree::Text(uid.into()));
        add("outputs", self.outputs.clone().into());
        let components = parts.components.iter();
        let components = components.map(|(name, it)| (it.label.clone(), component(name, it)));
        add("components", components.collect());
        if let Some(volume) = &parts.volume {
            add("volume", volume.tree.clone());
        }
        add("routes", trees(&parts.routes));
        add("publish", trees(&parts.publish));
        for (name, part) in of_platform(&parts.objects, &parts.patches, &parts.annotations) {
            add(&name, part);
        }
        let of_workloads = parts.of_workloads.iter().map(|(workload, parts)| {
            let parts = of_platform(&parts.objects, &parts.patches, &parts.annotations);
            (workload.clone(), Tree::from(parts))
        });
        let has_parts = |parts: &Tree| !matches!(parts, Tree::Map(parts) if parts.is_empty());
        let of_workloads = of_workloads.filter(|(_, parts)| has_parts(parts));
        add("workloads", of_workloads.collect());
        if let Some(notes) = &self.notes {
            add("notes", Tree::Text(notes.clone()));
        }
        document.into()
    }
}

/// Adds a value to a document, unless it is an empty map or list.
fn add(document: &mut Map<Tree>, name: &str, value: Tree) {
    let is_empty = match &value {
        Tree::Map(entries) => entries.is_empty(),
        Tree::List(items) => items.is_empty(),
        _ => false,
    };
    if !is_empty {
        document.insert(name.to_owned(), value);
    }
}

/// The objects and patches for a platform, in the form of a provisioner.
fn of_platform(objects: &[Raw], patches: &[Raw], annotations: &Map<(String, Span)>) -> Map<Tree> {
    let mut document = Map::default();
    if let Some((platform, objects)) = raw(objects, |it| it == KUBERNETES) {
        add(&mut document, platform, objects);
    }
    let mut of_workload = Map::default();
    let annotations = annotations.iter();
    let annotations = annotations.map(|(name, (text, _))| {
        let text = Tree::Text(text.as_str().into());
        (name.clone(), text)
    });
    add(&mut of_workload, "annotations", annotations.collect());
    if let Some((platform, patches)) = raw(patches, |_| false) {
        of_workload.insert(platform.to_owned(), patches);
    }
    add(&mut document, "patches", of_workload.into());
    document
}

/// A component with its name, which is the first entry.
fn component(name: &str, requested: &Requested<Node<Tree>>) -> Tree {
    let mut entries: Map<Tree> = Map::default();
    entries.insert("name".to_owned(), Tree::Text(name.into()));
    if let Tree::Map(others) = tree(&requested.tree) {
        let others = others.into_iter().filter(|(key, _)| key != "name");
        entries.extend(others);
    }
    entries.into()
}

/// The value of a node whose leaves are values.
fn tree(node: &Node<Tree>) -> Tree {
    match &node.kind {
        Kind::Null => Tree::Null,
        Kind::Bool(value) => Tree::Bool(*value),
        Kind::Number(number) => Tree::Number(number.clone()),
        Kind::Text(value) => value.clone(),
        Kind::List(items) => Tree::List(items.iter().map(tree).collect()),
        Kind::Map(entries) => {
            let entries = entries.iter();
            entries
                .map(|it| (it.key.clone(), tree(&it.value)))
                .collect()
        }
    }
}

fn trees(all: &[Requested]) -> Tree {
    Tree::List(all.iter().map(|it| it.tree.clone()).collect())
}

/// The trees of raw parts with their platform: a single tree by itself, unless the platform lists them.
fn raw(all: &[Raw], is_list: impl Fn(&str) -> bool) -> Option<(&'static str, Tree)> {
    let platform = all.first()?.platform;
    let mut trees: Vec<Tree> = all.iter().map(|it| it.tree.clone()).collect();
    let tree = match trees.pop() {
        Some(only) if trees.is_empty() && !is_list(platform) => only,
        last => Tree::List(trees.into_iter().chain(last).collect()),
    };
    Some((platform, tree))
}
