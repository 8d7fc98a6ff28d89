//! Pod templates of objects.

use std::collections::{BTreeMap, VecDeque};

use score_compiler::FieldPath;

use crate::object::Object;
use crate::selector::labels;
use crate::tree::{Document, at, items, path, plain};

/// The kinds with a pod template, and the path of what has `metadata` and `spec` of the pod.
const TEMPLATES: [(&str, &str, &[&str]); 8] = [
    ("", "Pod", &[]),
    ("", "ReplicationController", &["spec", "template"]),
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    (
        "batch",
        "CronJob",
        &["spec", "jobTemplate", "spec", "template"],
    ),
];

/// The lists of containers of a pod.
const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// The pod template of an object.
#[derive(Clone, Copy)]
pub(crate) struct Pod<'a> {
    template: &'a Document,
    path: &'static [&'static str],
}

/// A container of a pod.
#[derive(Clone, Copy)]
pub(crate) struct Container<'a> {
    pub(crate) list: &'static str,
    pub(crate) name: &'a str,
    pub(crate) tree: &'a Document,
}

impl<'a> Pod<'a> {
    /// The pod template of an object, if its kind has one.
    pub(crate) fn of(object: &'a Object) -> Option<Self> {
        let mut templates = TEMPLATES.into_iter();
        let (_, _, path) = templates.find(|(group, kind, _)| object.id.is(group, kind))?;
        let template = at(&object.tree, path)?;
        Some(Self { template, path })
    }

    /// The spec of the pod, if there is one.
    pub(crate) fn spec(self) -> Option<&'a Document> {
        at(self.template, &["spec"])
    }

    /// The labels of the pods.
    pub(crate) fn labels(self) -> BTreeMap<&'a str, &'a str> {
        labels(self.template, &["metadata", "labels"])
    }

    /// The path of the labels in the object.
    pub(crate) fn labels_path(self) -> FieldPath {
        path(&[self.path, &["metadata", "labels"]].concat())
    }

    /// The path of a field of the spec in the object.
    pub(crate) fn path(self, field: &[&str]) -> FieldPath {
        path(&[self.path, &["spec"], field].concat())
    }

    /// The containers, those of `containers` first.
    pub(crate) fn containers(self) -> Vec<Container<'a>> {
        let lists = CONTAINERS.into_iter();
        let of = |list: &'static str| {
            let items = self.spec().map_or(&[][..], |spec| items(spec, &[list]));
            items.iter().filter_map(move |tree| {
                Some(Container {
                    list,
                    name: plain(tree, &["name"])?,
                    tree,
                })
            })
        };
        lists.flat_map(of).collect()
    }

    /// The path of a field of a container in the object.
    pub(crate) fn container_path(self, container: &Container<'_>, field: &[&str]) -> FieldPath {
        let whole = self.path(&[container.list]).item(container.name);
        field.iter().fold(whole, |path, step| path.field(step))
    }

    /// The volumes with a claim: their names and the names of the claims.
    pub(crate) fn claims(self) -> Vec<(&'a str, &'a str)> {
        let volumes = self
            .spec()
            .map_or(&[][..], |spec| items(spec, &["volumes"]));
        let claim = |volume: &'a Document| {
            let claim = plain(volume, &["persistentVolumeClaim", "claimName"])?;
            Some((plain(volume, &["name"])?, claim))
        };
        volumes.iter().filter_map(claim).collect()
    }
}

/// The containers of two pods that belong together: by list and name, by name, then the others of a list in their order.
/// The new ones are the first, in their order.
pub(crate) fn paired<'a>(
    old: Option<Pod<'a>>,
    new: Pod<'a>,
) -> Vec<(Option<Container<'a>>, Option<Container<'a>>)> {
    let mut old: Vec<Option<Container<'a>>> = old
        .map(Pod::containers)
        .unwrap_or_default()
        .into_iter()
        .map(Some)
        .collect();
    let new = new.containers();
    let mut partners: Vec<Option<Container<'a>>> = vec![None; new.len()];
    // By list and name, by name, by list.
    for (has_list, has_name) in [(true, true), (false, true), (true, false)] {
        let key = |it: &Container<'a>| {
            let list = if has_list { it.list } else { "" };
            (list, if has_name { it.name } else { "" })
        };
        let mut free: BTreeMap<(&str, &str), VecDeque<usize>> = BTreeMap::new();
        for (index, container) in old.iter().enumerate() {
            if let Some(container) = container {
                free.entry(key(container)).or_default().push_back(index);
            }
        }
        for (container, partner) in new.iter().zip(&mut partners) {
            if partner.is_none() {
                let found = free.get_mut(&key(container)).and_then(VecDeque::pop_front);
                *partner = found.and_then(|index| old[index].take());
            }
        }
    }
    let new = new.into_iter().map(Some);
    let pairs = partners.into_iter().zip(new);
    pairs
        .chain(old.into_iter().flatten().map(|old| (Some(old), None)))
        .collect()
}
