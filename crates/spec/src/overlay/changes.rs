//! The changes of a document in Score's form, in which `*` stands for each container, resource or port of a service.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    effects::Effects,
    merge::{merge, merge_entries, without_nulls},
};
use crate::{Entry, Kind, Node, Span};

/// A map of a document whose entries have names that the developer chooses.
struct Section {
    path: &'static [&'static str],
    /// The field that makes an entry complete.
    required: Option<&'static str>,
    /// The name of an entry in messages.
    noun: &'static str,
}

const SECTIONS: [Section; 3] = [
    Section {
        path: &["containers"],
        required: Some("image"),
        noun: "container",
    },
    Section {
        path: &["resources"],
        required: Some("type"),
        noun: "resource",
    },
    Section {
        path: &["service", "ports"],
        required: None,
        noun: "port",
    },
];

/// The changes of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changes {
    /// The changes outside sections, and those that replace or remove a section.
    plain: Node,
    members: Vec<Members>,
    /// The number of nodes without those under `*`.
    size: usize,
}

/// The changes of the entries of a section.
#[derive(Debug, Clone, PartialEq)]
struct Members {
    /// The index in [`SECTIONS`].
    section: usize,
    /// The change of each entry that exists, and its number of nodes.
    star: Option<(Node, usize)>,
    exact: Vec<Entry>,
    /// The location of the map in the overlay.
    span: Span,
}

impl Changes {
    pub(super) fn new(mut plain: Node) -> Self {
        let size = size(&plain);
        let mut members = Vec::new();
        for (section, it) in SECTIONS.iter().enumerate() {
            if let Some(node) = take(&mut plain, it.path) {
                let span = node.span;
                let (stars, exact) = match node.kind {
                    Kind::Map(entries) => entries.into_iter().partition(|it| it.key == "*"),
                    _ => (Vec::new(), Vec::new()),
                };
                let star = stars.into_iter().next().map(|star: Entry| star.value);
                members.push(Members {
                    section,
                    star: star.map(|star| {
                        let size = self::size(&star);
                        (star, size)
                    }),
                    exact,
                    span,
                });
            }
        }
        Self {
            plain,
            members,
            size,
        }
    }

    /// The number of nodes that the changes can add to a document.
    pub(super) fn cost(&self, document: &Node) -> usize {
        let stars = self.members.iter().map(|members| {
            let entries = map(document, SECTIONS[members.section].path).len();
            let size = members.star.as_ref().map_or(0, |(_, size)| *size);
            entries.saturating_mul(size)
        });
        stars.fold(self.size, usize::saturating_add)
    }

    /// The names of annotations that are set.
    pub(super) fn annotations(&self) -> impl Iterator<Item = &str> {
        let annotations = map(&self.plain, &["metadata", "annotations"]).iter();
        let set = annotations.filter(|it| it.value.kind != Kind::Null);
        set.map(|it| it.key.as_str())
    }

    /// Changes a document. An entry of a section that does not exist is only added if it is complete.
    pub(super) fn apply(&self, document: &mut Node, effects: &mut Effects) {
        merge(document, &self.plain);
        for members in &self.members {
            members.apply(document, effects);
        }
    }

    /// Adds to a document what it does not have. Entries of sections are never added.
    pub(super) fn add_below(&self, document: &mut Node) {
        add_below(document, &self.plain);
        for members in &self.members {
            let Some(entries) = map_mut(document, SECTIONS[members.section].path) else {
                continue;
            };
            let exact = members.exact.iter();
            let exact: BTreeMap<&str, &Node> =
                exact.map(|it| (it.key.as_str(), &it.value)).collect();
            let star = members.star.as_ref().map(|(star, _)| star);
            for entry in entries {
                for defaults in exact
                    .get(entry.key.as_str())
                    .copied()
                    .into_iter()
                    .chain(star)
                {
                    add_below(&mut entry.value, defaults);
                }
            }
        }
    }
}

impl Members {
    fn apply(&self, document: &mut Node, effects: &mut Effects) {
        let section = &SECTIONS[self.section];
        if let (Some((star, _)), Some(entries)) = (&self.star, map_mut(document, section.path)) {
            if star.kind == Kind::Null {
                entries.clear();
            } else {
                let values = entries.iter_mut().map(|entry| &mut entry.value);
                values.for_each(|value| merge(value, star));
            }
        }
        let existing = map(document, section.path).iter();
        let existing: BTreeSet<&str> = existing.map(|entry| entry.key.as_str()).collect();
        let mut changes = Vec::new();
        for change in &self.exact {
            let has = |field| {
                change
                    .value
                    .get(field)
                    .is_some_and(|it| it.kind != Kind::Null)
            };
            let (noun, exists) = (section.noun, existing.contains(change.key.as_str()));
            match section.required {
                _ if exists => {}
                _ if change.value.kind == Kind::Null => {
                    let message = format!("there is no {noun}");
                    effects.skipped(change, &message, "remove the line, or correct the name");
                    continue;
                }
                Some(field) if !has(field) => {
                    let message = format!("nothing is changed in the {noun}");
                    let help = format!(
                        "there is no such {noun}; correct the name, or add `{field}` to create it"
                    );
                    effects.skipped(change, &message, &help);
                    continue;
                }
                _ => {}
            }
            effects.applied(change);
            changes.push(change);
        }
        if changes.is_empty() {
            return;
        }
        merge(document, &empty(section.path, self.span));
        if let Some(entries) = map_mut(document, section.path) {
            merge_entries(entries, changes);
        }
    }
}

/// Adds to the sections of a document the entries that `after` has and `before` has not, and removes those that
/// only `before` has.
pub(super) fn follow_members(document: &mut Node, before: &Node, after: &Node) {
    for section in &SECTIONS {
        let keys = |node| {
            let entries: &[Entry] = map(node, section.path);
            entries.iter().map(|it| it.key.as_str()).collect()
        };
        let [old, new]: [BTreeSet<&str>; 2] = [keys(before), keys(after)];
        if old == new {
            continue;
        }
        merge(document, &empty(section.path, after.span));
        if let Some(entries) = map_mut(document, section.path) {
            let is_removed = |key: &str| old.contains(key) != new.contains(key);
            entries.retain(|it| !is_removed(&it.key));
            let after = map(after, section.path).iter();
            entries.extend(after.filter(|it| !old.contains(it.key.as_str())).cloned());
        }
    }
}

/// The locations of the keys `*` in sections.
pub(super) fn stars(document: &Node) -> Vec<Span> {
    let sections = SECTIONS.iter().map(|section| map(document, section.path));
    let stars = sections.filter_map(|entries| entries.iter().find(|it| it.key == "*"));
    stars.map(|it| it.key_span).collect()
}

/// The locations of the keys `*` outside sections and params, in which a `*` has no meaning.
pub(super) fn stray_stars(document: &Node) -> Vec<Span> {
    let (mut stray, mut path) = (Vec::new(), Vec::new());
    find_stray_stars(document, &mut path, &mut stray);
    stray
}

fn find_stray_stars<'a>(node: &'a Node, path: &mut Vec<&'a str>, stray: &mut Vec<Span>) {
    if matches!(path[..], ["resources", _, "params"]) {
        return;
    }
    let is_section = SECTIONS.iter().any(|section| section.path == *path);
    for entry in node.entries() {
        if entry.key == "*" && !is_section {
            stray.push(entry.key_span);
        }
        path.push(&entry.key);
        find_stray_stars(&entry.value, path, stray);
        path.pop();
    }
}

/// Values that apply where a Score file sets none, in the form of an overlay.
#[derive(Debug)]
pub struct Defaults(Changes);

impl Defaults {
    /// The defaults in a document, in which `*` under `containers`, `resources` and `service.ports` is each entry that
    /// exists.
    pub fn new(document: Node) -> Self {
        Self(Changes::new(document))
    }

    /// Adds them to the document of a workload.
    pub fn add_to(&self, document: &mut Node) {
        self.0.add_below(document);
    }
}

/// Adds the entries that a node does not have.
fn add_below(base: &mut Node, defaults: &Node) {
    let (Kind::Map(entries), Kind::Map(defaults)) = (&mut base.kind, &defaults.kind) else {
        return;
    };
    let places: BTreeMap<String, usize> = (0..entries.len())
        .map(|at| (entries[at].key.clone(), at))
        .collect();
    for default in defaults {
        match places.get(&default.key) {
            Some(&at) => add_below(&mut entries[at].value, &default.value),
            None if default.value.kind == Kind::Null => {}
            None => entries.push(Entry {
                value: without_nulls(&default.value),
                ..default.clone()
            }),
        }
    }
}

/// Takes the map at a path out of an overlay, and the maps around it that are empty then.
fn take(node: &mut Node, path: &[&str]) -> Option<Node> {
    let (key, rest) = path.split_first()?;
    let Kind::Map(entries) = &mut node.kind else {
        return None;
    };
    let at = entries.iter().position(|entry| entry.key == *key)?;
    if !rest.is_empty() {
        let inner = take(&mut entries[at].value, rest)?;
        if entries[at].value.entries().is_empty() {
            entries.remove(at);
        }
        return Some(inner);
    }
    let is_map = matches!(entries[at].value.kind, Kind::Map(_));
    is_map.then(|| entries.remove(at).value)
}

/// The entries of the map at a path; empty if there is no map.
fn map<'a>(node: &'a Node, path: &[&str]) -> &'a [Entry] {
    let end = path.iter().try_fold(node, |node, key| node.get(key));
    end.map_or(&[], Node::entries)
}

fn map_mut<'a>(node: &'a mut Node, path: &[&str]) -> Option<&'a mut Vec<Entry>> {
    let end = path.iter().try_fold(node, |node, key| node.get_mut(key))?;
    match &mut end.kind {
        Kind::Map(entries) => Some(entries),
        _ => None,
    }
}

/// An empty map at a path.
fn empty(path: &[&str], span: Span) -> Node {
    let entry = |(key, rest): (&&str, &[&str])| Entry {
        key: (*key).to_owned(),
        key_span: span,
        value: empty(rest, span),
    };
    Node {
        span,
        kind: Kind::Map(path.split_first().map(entry).into_iter().collect()),
    }
}

/// The number of nodes of a tree.
fn size(node: &Node) -> usize {
    let items = node.items().iter().map(size).sum::<usize>();
    let entries = node.entries().iter().map(|entry| size(&entry.value));
    1 + items + entries.sum::<usize>()
}
