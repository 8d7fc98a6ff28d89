//! Patches of provisioners for the workloads that use their resources. Applying them is the
//! responsibility of targets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Span, Spanned, Workload};

use super::Lowering;
use crate::graph::Resource;
use crate::ir::{ALL_CONTAINERS, MergeKey, PatchedList, Raw, Tree, Written};
use crate::resolve::Provisioned;

/// The part of a patch with changes of containers by name, and the list of the same containers in a patch of a pod.
const CONTAINERS: &str = "containers";
const CONTAINERS_OF_POD: [&str; 3] = ["pod", "spec", CONTAINERS];

/// The field that identifies a container.
const NAME: &str = "name";

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
        let mut set: BTreeMap<Vec<Cow<'_, str>>, (&Tree, Span)> = BTreeMap::new();
        let containers: Vec<&str> = workload.containers.keys().map(String::as_str).collect();
        let all = needs.iter().filter_map(|uid| self.resolved.get(uid));
        let patches = all.flat_map(|provisioned| {
            let own = provisioned.parts.of_workloads.get(&workload.name.value);
            let own = own.into_iter().flat_map(|own| &own.patches);
            provisioned.parts.patches.iter().chain(own)
        });
        for raw in patches {
            let mut collection = Collection {
                raw,
                containers: &containers,
                patched_list: self.options.patched_list,
                place: Vec::new(),
                leaves: BTreeMap::new(),
            };
            collection.collect(&raw.tree, &mut vec![Cow::Borrowed(raw.platform)]);
            for (path, (value, span)) in collection.leaves {
                match set.get(&path) {
                    Some((known, first)) if *known != value => {
                        let what = format!("`{}`", path.join("."));
                        self.diagnostics
                            .push(conflict(workload, &what, *first, span));
                    }
                    _ => {
                        set.insert(path, (value, span));
                    }
                }
            }
        }
    }
}

/// The values that a patch sets, by their paths, in which a list item is identified by its merge keys, each
/// with its location. Later values of a patch replace earlier ones.
struct Collection<'t> {
    raw: &'t Raw,
    /// The containers of the workload.
    containers: &'t [&'t str],
    /// The effect of a patch on the list at a path.
    patched_list: fn(&[&str]) -> PatchedList,
    /// The keys and indices of the current position.
    place: Vec<String>,
    leaves: BTreeMap<Vec<Cow<'t, str>>, (&'t Tree, Span)>,
}

impl<'t> Collection<'t> {
    /// Collects the values of a part. Items that are appended contradict nothing.
    fn collect(&mut self, tree: &'t Tree, path: &mut Vec<Cow<'t, str>>) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries.iter() {
                    match value {
                        Tree::Map(named) if path.len() == 1 && key == CONTAINERS => {
                            self.collect_containers(named, path);
                        }
                        _ => self.descend(key.clone(), key.into(), value, path),
                    }
                }
            }
            Tree::List(items) => {
                let steps: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
                let list = (self.patched_list)(&steps);
                if list == PatchedList::Replaced {
                    self.leaf(tree, path);
                    return;
                }
                for (index, item) in items.iter().enumerate() {
                    for name in self.names(item, &list) {
                        self.descend(index.to_string(), name, item, path);
                    }
                }
            }
            // An item for all containers does not rename any of them.
            value
                if plain(value) == Some(ALL_CONTAINERS)
                    && path.last().is_some_and(|key| key == NAME) => {}
            value => self.leaf(value, path),
        }
    }

    /// Collects the changes of containers by name. They are the same fields as those in the list of a pod, if the
    /// platform has one.
    fn collect_containers(&mut self, named: &'t Map<Tree>, path: &mut Vec<Cow<'t, str>>) {
        let before = path.len();
        path.extend(CONTAINERS_OF_POD.map(Cow::Borrowed));
        let steps: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        if (self.patched_list)(&steps) != PatchedList::Containers {
            path.truncate(before);
            path.push(CONTAINERS.into());
        }
        self.place.push(CONTAINERS.to_owned());
        for (name, change) in named {
            if name == ALL_CONTAINERS {
                for &container in self.containers {
                    self.descend(name.clone(), container.into(), change, path);
                }
            } else {
                self.descend(name.clone(), name.into(), change, path);
            }
        }
        self.place.pop();
        path.truncate(before);
    }

    fn leaf(&mut self, value: &'t Tree, path: &[Cow<'t, str>]) {
        let steps: Vec<&str> = self.place.iter().map(String::as_str).collect();
        let span = self.raw.place(&steps);
        self.leaves.insert(path.to_vec(), (value, span));
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
        &mut self,
        step: String,
        key: Cow<'t, str>,
        value: &'t Tree,
        path: &mut Vec<Cow<'t, str>>,
    ) {
        path.push(key);
        self.place.push(step);
        self.collect(value, path);
        path.pop();
        self.place.pop();
    }
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
    Some(values.join("/").into())
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
