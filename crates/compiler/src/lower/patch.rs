//! Patches of provisioners for the workloads that use their resources. Applying them is the
//! responsibility of targets.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Span, Spanned, Workload};

use super::Lowering;
use crate::graph::Resource;
use crate::ir::{ALL_CONTAINERS, Raw, Tree, Written};
use crate::resolve::Provisioned;

/// The path segment for a list item with this name.
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
        let written = Written {
            objects: provisioned.parts.objects.clone(),
            patches: provisioned.parts.patches.clone(),
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
            for (name, (value, span)) in &provisioned.parts.annotations {
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
        let mut set: BTreeMap<Vec<&str>, (&Tree, Span)> = BTreeMap::new();
        let containers: Vec<&str> = workload.containers.keys().map(String::as_str).collect();
        let all = needs.iter().filter_map(|uid| self.resolved.get(uid));
        for raw in all.flat_map(|provisioned| &provisioned.parts.patches) {
            let mut collection = Collection {
                raw,
                containers: &containers,
                container_lists: self.options.container_lists,
                place: Vec::new(),
                leaves: BTreeMap::new(),
            };
            collection.collect(&raw.tree, &mut vec![raw.platform]);
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

/// The values that a patch sets, by their paths, in which a list item is identified by its name, each with
/// its location. Later values of a patch replace earlier ones.
struct Collection<'t> {
    raw: &'t Raw,
    /// The containers of the workload.
    containers: &'t [&'t str],
    /// The keys of lists whose items are containers.
    container_lists: &'t [&'t str],
    /// The keys and indices of the current position.
    place: Vec<String>,
    leaves: BTreeMap<Vec<&'t str>, (&'t Tree, Span)>,
}

impl<'t> Collection<'t> {
    /// Collects the values of a part. Items without names are appended, so they contradict nothing.
    fn collect(&mut self, tree: &'t Tree, path: &mut Vec<&'t str>) {
        match tree {
            Tree::Map(entries) => {
                for (key, value) in entries.iter() {
                    self.descend(key.clone(), key, value, path);
                }
            }
            Tree::List(items) => {
                let of_containers = path
                    .last()
                    .is_some_and(|key| self.container_lists.contains(key));
                for (index, item) in items.iter().enumerate() {
                    match name_of(item) {
                        Some(ALL_CONTAINERS) if of_containers => {
                            for &name in self.containers {
                                self.descend(index.to_string(), name, item, path);
                            }
                        }
                        Some(name) => self.descend(index.to_string(), name, item, path),
                        None => {}
                    }
                }
            }
            value => {
                // An item for all containers does not rename any of them.
                let stands_for_all = plain(value) == Some(ALL_CONTAINERS);
                if !(stands_for_all && path.last() == Some(&NAME)) {
                    let steps: Vec<&str> = self.place.iter().map(String::as_str).collect();
                    let span = self.raw.place(&steps);
                    self.leaves.insert(path.clone(), (value, span));
                }
            }
        }
    }

    fn descend(&mut self, step: String, key: &'t str, value: &'t Tree, path: &mut Vec<&'t str>) {
        path.push(key);
        self.place.push(step);
        self.collect(value, path);
        path.pop();
        self.place.pop();
    }
}

/// The name of a list item.
fn name_of(item: &Tree) -> Option<&str> {
    plain(item.get(NAME)?)
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
