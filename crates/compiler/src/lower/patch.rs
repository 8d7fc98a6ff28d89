//! Patches of provisioners for the workloads that use their resources. Applying them is the
//! responsibility of targets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Node, Span, Spanned, Workload};

use super::Lowering;
use super::copies;
use crate::graph::Resource;
use crate::ir::{ALL_CONTAINERS, Alternatives, MergeKey, PatchedList, Tree, Written};
use crate::resolve::Provisioned;

/// The part of a patch with changes of containers by name, and the list of the same containers in a patch of a pod.
const CONTAINERS: &str = "containers";
const CONTAINERS_OF_POD: [&str; 3] = ["pod", "spec", CONTAINERS];

/// The paths of the pod template in a patch of a controller, which are other names for that of `pod`.
const TEMPLATES_OF_CONTROLLERS: [&[&str]; 2] = [
    &["controller", "spec", "template"],
    &["controller", "spec", "jobTemplate", "spec", "template"],
];

/// The other lists of containers in a pod. A container has one name in all of them.
const OTHER_CONTAINERS: [&str; 2] = ["initContainers", "ephemeralContainers"];

/// The field that identifies a container.
const NAME: &str = "name";

/// The field of an item of a list of containers that adds a container.
const IMAGE: &str = "image";

impl<'a> Lowering<'a> {
    /// Records the requirements of a resource, and the output of its provisioner for the platform.
    pub(super) fn written(&mut self, resource: &'a Resource, provisioned: &Provisioned) {
        let mut needs = IndexSet::new();
        for uid in resource.requires.values() {
            needs.extend(self.needs.get(uid.as_str()).cloned().unwrap_or_default());
        }
        needs.insert(resource.uid.clone());
        self.needs.insert(&resource.uid, needs);
        let parts = &provisioned.parts;
        let of_workloads = parts.of_workloads.values();
        let objects = of_workloads.flat_map(|parts| &parts.objects);
        let of_workloads = parts.of_workloads.iter();
        let patches = of_workloads.filter(|(_, parts)| !parts.patches.is_empty());
        let written = Written {
            objects: parts.objects.iter().chain(objects).cloned().collect(),
            patches: parts.patches.clone(),
            workload_patches: patches
                .map(|(name, parts)| (name.clone(), parts.patches.clone()))
                .collect(),
            files: parts.files.clone(),
        };
        if written != Written::default() {
            self.app.written.insert(resource.uid.clone(), written);
        }
    }

    /// The annotations that resources set on a workload.
    pub(super) fn patched_annotations(
        &mut self,
        workload: &Workload,
        needs: &IndexSet<String>,
    ) -> Map<Spanned<String>> {
        let mut annotations: Map<(String, Span)> = Map::default();
        for provisioned in needs.iter().filter_map(|uid| self.resolved.get(uid)) {
            let parts = &provisioned.parts;
            let own = parts.of_workloads.get(&workload.name.value);
            let own = own.into_iter().flat_map(|own| &own.annotations);
            for (name, (value, span)) in parts.annotations.iter().chain(own) {
                match annotations.get(name) {
                    Some((known, first)) if known != value => {
                        let what = format!("the annotation `{name}`");
                        self.diagnostics
                            .push(conflict(workload, &what, *first, *span));
                    }
                    _ => {
                        annotations.insert(name.clone(), (value.clone(), *span));
                    }
                }
            }
        }
        annotations
            .into_iter()
            .map(|(name, (value, span))| (name, Spanned::new(value, span)))
            .collect()
    }

    /// Reports fields that two resources set to different values.
    pub(super) fn check_patches(&mut self, workload: &Workload, needs: &IndexSet<String>) {
        let mut set = Fields::default();
        let containers: Vec<&str> = workload.containers.keys().map(String::as_str).collect();
        let all = needs.iter().filter_map(|uid| self.resolved.get(uid));
        let patches = all.flat_map(|provisioned| {
            let own = provisioned.parts.of_workloads.get(&workload.name.value);
            let own = own.into_iter().flat_map(|own| &own.patches);
            provisioned.parts.patches.iter().chain(own)
        });
        let patches: Vec<_> = patches.collect();
        let size = patches
            .iter()
            .map(|raw| copies::size(&raw.tree))
            .sum::<usize>();
        self.repeated += size.saturating_mul(containers.len().saturating_sub(1));
        // Each workload can also have a component for its release job.
        let components = self.app.components.len() + 2 * self.project.workloads.len();
        if copies::is_exceeded(self.repeated, components) {
            return;
        }
        let collection = Collection {
            containers: &containers,
            patched_list: self.options.patched_list,
            alternatives: self.options.alternatives,
        };
        let mut reported = BTreeSet::new();
        for raw in patches {
            let mut fields = Fields::default();
            let path = &mut vec![Cow::Borrowed(raw.platform)];
            collection.collect_patch((&raw.tree, &raw.places), path, &mut fields);
            fields.unify();
            // A change of all containers contradicts another one once.
            let containers = fields.below.remove_entry(CONTAINERS);
            let parts = [fields, containers.into_iter().collect()];
            for part in parts {
                set.add(part, path, &mut |path, first, second| {
                    if reported.insert((first, second)) {
                        let what = format!("`{}`", path.join("."));
                        self.diagnostics
                            .push(conflict(workload, &what, first, second));
                    }
                });
            }
        }
    }
}

/// The values that patches set, as a tree of the fields that they change, in which a list item is identified by its
/// merge keys. Paths would repeat the names around a value for each of many values.
#[derive(Default)]
struct Fields<'t> {
    /// The value of this field, with its location.
    value: Option<(&'t Tree, Span)>,
    /// The location of a list whose items the patch adds to this field, or merges with its items.
    items: Option<Span>,
    /// The one of the alternatives in this map that the patch sets, with its location.
    alternative: Option<(&'t str, Span)>,
    /// The item of a list that adds this container, with its list and its location.
    added: Option<(&'t Tree, String, Span)>,
    below: BTreeMap<Cow<'t, str>, Fields<'t>>,
}

impl<'t> FromIterator<(Cow<'t, str>, Self)> for Fields<'t> {
    fn from_iter<I: IntoIterator<Item = (Cow<'t, str>, Self)>>(below: I) -> Self {
        Self {
            below: below.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl<'t> Fields<'t> {
    /// Adds the fields of another patch at a path. Calls `differs` with the path and both locations of each
    /// field that already has another value, which it keeps.
    fn add(
        &mut self,
        other: Self,
        path: &mut Vec<Cow<'t, str>>,
        differs: &mut impl FnMut(&[Cow<'t, str>], Span, Span),
    ) {
        // A value, such as `null`, contradicts others in its place and everything within it.
        match (self.value, other.value) {
            (Some((known, first)), Some((value, second))) if known != value => {
                differs(path, first, second);
            }
            (Some((_, first)), None) => {
                if let Some(second) = other.inside() {
                    return differs(path, first, second);
                }
            }
            (None, Some((_, second))) if let Some(first) = self.inside() => {
                return differs(path, first, second);
            }
            _ => self.value = self.value.or(other.value),
        }
        match (self.alternative, other.alternative) {
            (Some((known, first)), Some((field, second))) if known != field => {
                return differs(path, first, second);
            }
            _ => self.alternative = self.alternative.or(other.alternative),
        }
        match (&self.added, other.added) {
            (Some((known, list, first)), Some((item, other_list, second)))
                if (*known, list) != (item, &other_list) =>
            {
                return differs(path, *first, second);
            }
            (None, added) => self.added = added,
            _ => {}
        }
        self.items = self.items.or(other.items);
        for (key, fields) in other.below {
            path.push(key.clone());
            self.below
                .entry(key)
                .or_default()
                .add(fields, path, differs);
            path.pop();
        }
    }

    /// Moves the fields of the pod to the same place, however the patch names them.
    fn unify(&mut self) {
        let mut pods: Vec<Self> = Vec::new();
        for template in TEMPLATES_OF_CONTROLLERS {
            pods.extend(self.take(template));
        }
        if let Some(mut pod) = self.take(&["pod"]) {
            for other in pods {
                pod.add(other, &mut Vec::new(), &mut |_, _, _| {});
            }
            pods = vec![pod];
        }
        for mut pod in pods {
            for list in OTHER_CONTAINERS {
                if let Some(others) = pod.take(&["spec", list]) {
                    let spec = pod.below.entry("spec".into()).or_default();
                    let containers = spec.below.entry(CONTAINERS.into()).or_default();
                    containers.add(others, &mut Vec::new(), &mut |_, _, _| {});
                }
            }
            let known = self.below.entry("pod".into()).or_default();
            known.add(pod, &mut Vec::new(), &mut |_, _, _| {});
        }
    }

    /// Takes the fields at a path out.
    fn take(&mut self, path: &[&str]) -> Option<Self> {
        let (last, before) = path.split_last()?;
        let mut at = self;
        for step in before {
            at = at.below.get_mut(*step)?;
        }
        at.below.remove(*last)
    }

    /// The location of the first change within this field.
    fn inside(&self) -> Option<Span> {
        let mut below = self.below.values();
        self.items.or_else(|| {
            below.find_map(|fields| fields.value.map(|(_, span)| span).or(fields.inside()))
        })
    }
}

/// Collects the values that a patch sets. Later values of a patch replace earlier ones.
struct Collection<'c> {
    /// The containers of the workload.
    containers: &'c [&'c str],
    /// The effect of a patch on the list at a path.
    patched_list: fn(&[&str]) -> PatchedList,
    /// The alternatives among the fields of the map at a path.
    alternatives: fn(&[&str]) -> Option<Alternatives>,
}

/// A part of a patch, and the node with its location.
type Placed<'t> = (&'t Tree, &'t Node);

impl<'t, 'c: 't> Collection<'c> {
    /// Collects the values of a part. Items that are appended contradict nothing.
    fn collect(
        &self,
        (tree, node): Placed<'t>,
        path: &mut Vec<Cow<'t, str>>,
        fields: &mut Fields<'t>,
    ) {
        match tree {
            Tree::Map(entries) => {
                let steps: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
                let alternatives = (self.alternatives)(&steps);
                for (index, (key, value)) in entries.iter().enumerate() {
                    let part = (value, place_of_entry(node, index, key));
                    if *value != Tree::Null && alternatives.is_some_and(|it| it.contains(key)) {
                        fields.alternative = Some((key, part.1.span));
                    }
                    self.descend(key.into(), part, path, fields);
                }
            }
            Tree::List(items) => {
                let steps: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
                let list = (self.patched_list)(&steps);
                if list == PatchedList::Replaced {
                    fields.value = Some((tree, node.span));
                    return;
                }
                fields.items = (!items.is_empty()).then_some(node.span);
                for (index, item) in items.iter().enumerate() {
                    let part = (item, node.items().get(index).unwrap_or(node));
                    for name in self.names(item, &list) {
                        self.descend(name.clone(), part, path, fields);
                        let adds = list == PatchedList::Containers && item.get(IMAGE).is_some();
                        if let Some(container) = fields.below.get_mut(&name).filter(|_| adds) {
                            let list = path.last().map_or("", AsRef::as_ref).to_owned();
                            container.added = Some((item, list, part.1.span));
                        }
                    }
                }
            }
            // An item for all containers does not rename any of them.
            value
                if plain(value) == Some(ALL_CONTAINERS)
                    && path.last().is_some_and(|key| key == NAME) => {}
            value => fields.value = Some((value, node.span)),
        }
    }

    /// Collects the values that a patch sets for a platform. On one without pods, it changes all containers, except for
    /// the changes of single ones, which come last.
    fn collect_patch(
        &self,
        (tree, node): Placed<'t>,
        path: &mut Vec<Cow<'t, str>>,
        fields: &mut Fields<'t>,
    ) {
        let Tree::Map(entries) = tree else {
            return;
        };
        let parts = entries.iter().enumerate();
        let parts =
            parts.map(|(index, (key, value))| (key, (value, place_of_entry(node, index, key))));
        let (named, others): (Vec<_>, Vec<_>) = parts.partition(|(key, _)| *key == CONTAINERS);
        for &(key, part) in &others {
            self.descend(key.into(), part, path, fields);
        }
        let around = path.len();
        path.extend(CONTAINERS_OF_POD.map(Cow::Borrowed));
        if !self.is_in_pod(path) {
            path.truncate(around);
            path.push(CONTAINERS.into());
        }
        let has_pods = self.is_in_pod(path);
        let steps = path[around..].iter();
        let fields = steps.fold(fields, |at, key| at.below.entry(key.clone()).or_default());
        for &container in self.containers.iter().filter(|_| !has_pods) {
            path.push(container.into());
            let fields = fields.below.entry(container.into()).or_default();
            for &(key, part) in &others {
                self.descend(key.into(), part, path, fields);
            }
            path.pop();
        }
        if let Some((_, (Tree::Map(named), node))) = named.first() {
            self.collect_containers((named, node), path, fields);
        }
        path.truncate(around);
    }

    /// Whether the list at a path is that of the containers of a pod.
    fn is_in_pod(&self, path: &[Cow<'t, str>]) -> bool {
        let steps: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        (self.patched_list)(&steps) == PatchedList::Containers
    }

    /// Collects the changes of containers by name, first those of all containers.
    fn collect_containers(
        &self,
        (named, node): (&'t Map<Tree>, &'t Node),
        path: &mut Vec<Cow<'t, str>>,
        fields: &mut Fields<'t>,
    ) {
        if let Some((index, name, change)) = named.get_full(ALL_CONTAINERS) {
            let part = (change, place_of_entry(node, index, name));
            for &container in self.containers {
                self.descend(container.into(), part, path, fields);
            }
        }
        for (index, (name, change)) in named.iter().enumerate() {
            if name != ALL_CONTAINERS {
                let part = (change, place_of_entry(node, index, name));
                self.descend(name.into(), part, path, fields);
            }
        }
    }

    /// The names of the items that an item of a patch changes.
    fn names(&self, item: &'t Tree, list: &PatchedList) -> Vec<Cow<'t, str>> {
        match list {
            PatchedList::Containers => match item.get(NAME).and_then(plain) {
                Some(ALL_CONTAINERS) => self.containers.iter().map(|&name| name.into()).collect(),
                name => name.into_iter().map(Cow::Borrowed).collect(),
            },
            PatchedList::Merged(alternatives) => {
                let name = alternatives.iter().find_map(|keys| merged_name(item, keys));
                name.into_iter().collect()
            }
            PatchedList::Appended | PatchedList::Replaced => Vec::new(),
        }
    }

    fn descend(
        &self,
        key: Cow<'t, str>,
        part: Placed<'t>,
        path: &mut Vec<Cow<'t, str>>,
        fields: &mut Fields<'t>,
    ) {
        path.push(key.clone());
        let mut below = fields.below.remove(&key).unwrap_or_default();
        self.collect(part, path, &mut below);
        path.pop();
        if below.value.is_some() || below.items.is_some() || !below.below.is_empty() {
            fields.below.insert(key, below);
        }
    }
}

/// The location of an entry of a map, or that of the expression that created the map. The entries of a node have the
/// order of those of the map, so that each is found without a search.
fn place_of_entry<'t>(node: &'t Node, index: usize, key: &str) -> &'t Node {
    let entry = node.entries().get(index).filter(|it| it.key == key);
    let entry = entry.or_else(|| node.entry(key));
    entry.map_or(node, |entry| &entry.value)
}

/// The values of the merge keys of an item.
fn merged_name<'t>(item: &'t Tree, keys: &[MergeKey]) -> Option<Cow<'t, str>> {
    let values = keys.iter().map(|key| match key.value(item) {
        Some(Tree::Text(text)) => text.as_plain().map(Cow::Borrowed),
        Some(Tree::Number(number)) => Some(Cow::Owned(number.to_string())),
        Some(_) => None,
        None => key.omitted.map(Cow::Borrowed),
    });
    let values: Vec<Cow<'t, str>> = values.collect::<Option<_>>()?;
    match values.as_slice() {
        [value] => Some(value.clone()),
        values => Some(values.join("/").into()),
    }
}

fn plain(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}

fn conflict(workload: &Workload, what: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerPatchConflict,
        format!(
            "two resources of `{workload}` set {what} to different values",
            workload = workload.name
        ),
    )
    .at(second, "second here")
    .at(first, "first here")
    .at(workload.name.span, "for this workload")
    .help("let only one provisioner set it, or both to the same value")
}
