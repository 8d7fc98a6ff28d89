//! What provisioners change of the workloads that need their resources. Not: how a target applies a
//! change in its own words.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use score_spec::{Code, Diagnostic, Map, Span, Spanned, Workload};

use super::Lowering;
use crate::resolve::Provisioned;
use crate::{Raw, Resource, Tree, Written};

/// The step of a path to an item of a list that has this name.
const NAME: &str = "name";

impl<'a> Lowering<'a> {
    /// Notes what a resource needs, and what its provisioner writes for the platform.
    pub(super) fn written(&mut self, resource: &'a Resource, provisioned: &Provisioned) {
        let mut needs = IndexSet::new();
        for uid in resource.requires.values() {
            needs.extend(self.needs.get(uid.as_str()).cloned().unwrap_or_default());
        }
        needs.insert(resource.uid.clone());
        self.needs.insert(&resource.uid, needs);
        let written = Written {
            objects: provisioned.objects.clone(),
            patches: provisioned.patches.clone(),
        };
        if written != Written::default() {
            self.app.written.insert(resource.uid.clone(), written);
        }
    }

    /// The annotations that resources give to a workload.
    pub(super) fn patched_annotations(
        &mut self,
        workload: &Workload,
        needs: &IndexSet<String>,
    ) -> Map<Spanned<String>> {
        let mut given: Map<(String, Span)> = Map::default();
        for provisioned in needs.iter().filter_map(|uid| self.resolved.get(uid)) {
            for (name, (value, span)) in &provisioned.annotations {
                match given.get(name) {
                    Some((known, first)) if known != value => {
                        let what = format!("the annotation `{name}`");
                        self.diagnostics
                            .push(conflict(workload, &what, *first, *span));
                    }
                    _ => {
                        given.insert(name.clone(), (value.clone(), *span));
                    }
                }
            }
        }
        let given = given.into_iter();
        given
            .map(|(name, (value, span))| (name, Spanned::new(value, span)))
            .collect()
    }

    /// Reports what two resources would set to different values.
    pub(super) fn check_patches(&mut self, workload: &Workload, needs: &IndexSet<String>) {
        let mut set: BTreeMap<Vec<&str>, (&Tree, Span)> = BTreeMap::new();
        let all = needs.iter().filter_map(|uid| self.resolved.get(uid));
        for raw in all.flat_map(|provisioned| &provisioned.patches) {
            let mut leaves = Vec::new();
            collect(
                raw,
                &raw.tree,
                &mut vec![raw.platform],
                &mut vec![],
                &mut leaves,
            );
            for (path, value, span) in leaves {
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

/// Collects the values that a patch sets: the path, in which an item of a list stands under its
/// name, the value, and its place. Items without names are added to what is there, so that they
/// contradict nothing.
fn collect<'t>(
    raw: &Raw,
    tree: &'t Tree,
    path: &mut Vec<&'t str>,
    place: &mut Vec<String>,
    leaves: &mut Vec<(Vec<&'t str>, &'t Tree, Span)>,
) {
    let mut descend = |key: &'t str, step: String, value: &'t Tree| {
        path.push(key);
        place.push(step);
        collect(raw, value, path, place, leaves);
        path.pop();
        place.pop();
    };
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries.iter() {
                descend(key, key.clone(), value);
            }
        }
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(name) = name_of(item) {
                    descend(name, index.to_string(), item);
                }
            }
        }
        value => {
            let steps: Vec<&str> = place.iter().map(String::as_str).collect();
            leaves.push((path.clone(), value, raw.place(&steps)));
        }
    }
}

/// The name of an item of a list.
fn name_of(item: &Tree) -> Option<&str> {
    match item.get(NAME) {
        Some(Tree::Text(name)) => name.as_plain(),
        _ => None,
    }
}

fn conflict(workload: &Workload, what: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerPatchConflict,
        format!(
            "two resources of `{workload}` set {what} differently",
            workload = workload.name
        ),
    )
    .at(second, "second here")
    .at(first, "first here")
    .at(workload.name.span, "for this workload")
    .help("let one provisioner set it, or both alike")
}
