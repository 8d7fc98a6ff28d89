//! Workloads that have another name than before.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::Rename;
use crate::object::Object;
use crate::pods::Pod;
use crate::side::Side;
use crate::tree::{entries, items, plain, scalar};

/// The share of equal leaves from which two workloads are the same, in percent.
const LEAST: usize = 60;

/// The maximum number of gone workloads that a new one is compared with for each leaf: those with the same leaf, by
/// name. Otherwise, the work would be quadratic for projects whose workloads are all alike.
const MOST_WITH_LEAF: usize = 50;

/// The parts that identify a workload apart from its name: images without tags, ports, types of resources and names of
/// variables.
type Leaves = BTreeSet<String>;

/// The renames: each workload is used once, best pairs first, then by name.
pub(crate) fn renames<'a>(before: &Side<'a>, after: &Side<'a>) -> Vec<Rename> {
    let gone: BTreeSet<&str> = before
        .workloads
        .difference(&after.workloads)
        .copied()
        .collect();
    let new: BTreeSet<&str> = after
        .workloads
        .difference(&before.workloads)
        .copied()
        .collect();
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let is_described = before.model.is_some() && after.model.is_some();
    let (gone, new) = (
        leaves(before, &gone, is_described),
        leaves(after, &new, is_described),
    );
    let (mut renames, gone, new) = equal(gone, new);
    let mut pairs = similar(&gone, &new);
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_from, mut used_to) = (BTreeSet::new(), BTreeSet::new());
    for (share, from, to) in pairs {
        if !used_from.contains(from) && !used_to.contains(to) {
            used_from.insert(from);
            used_to.insert(to);
            renames.push(rename(from, to, share));
        }
    }
    renames.sort_by(|a, b| a.to.cmp(&b.to));
    renames
}

fn rename(from: &str, to: &str, share: usize) -> Rename {
    Rename {
        from: from.to_owned(),
        to: to.to_owned(),
        share: u8::try_from(share).unwrap_or(100),
        keeps: Vec::new(),
    }
}

/// Workloads by name, with their leaves.
type ByName<'a> = BTreeMap<&'a str, Leaves>;

/// The pairs with equal leaves, and the workloads that are left.
fn equal<'a>(gone: ByName<'a>, new: ByName<'a>) -> (Vec<Rename>, ByName<'a>, ByName<'a>) {
    let mut by_leaves: BTreeMap<Leaves, Vec<&str>> = BTreeMap::new();
    for (name, leaves) in gone.into_iter().rev() {
        by_leaves.entry(leaves).or_default().push(name);
    }
    let mut renames = Vec::new();
    let mut left = ByName::new();
    for (to, leaves) in new {
        let found = by_leaves
            .get_mut(&leaves)
            .filter(|_| !leaves.is_empty())
            .and_then(Vec::pop);
        match found {
            Some(from) => renames.push(rename(from, to, 100)),
            None => drop(left.insert(to, leaves)),
        }
    }
    let gone = by_leaves
        .into_iter()
        .flat_map(|(leaves, names)| names.into_iter().map(move |name| (name, leaves.clone())));
    (renames, gone.collect(), left)
}

/// The pairs with enough equal leaves, with their shares.
fn similar<'a>(gone: &ByName<'a>, new: &ByName<'a>) -> Vec<(usize, &'a str, &'a str)> {
    let mut with_leaf: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, leaves) in gone {
        for leaf in leaves {
            let names = with_leaf.entry(leaf).or_default();
            if names.len() < MOST_WITH_LEAF {
                names.push(name);
            }
        }
    }
    let mut pairs = Vec::new();
    for (to, leaves) in new {
        let candidates = leaves
            .iter()
            .filter_map(|leaf| with_leaf.get(leaf.as_str()));
        let candidates: BTreeSet<&str> = candidates.flatten().copied().collect();
        for from in candidates {
            let Some((from, old)) = gone.get_key_value(from) else {
                continue;
            };
            let equal = old.intersection(leaves).count();
            let share = equal * 100 / old.len().max(leaves.len()).max(1);
            if share >= LEAST {
                pairs.push((share, *from, *to));
            }
        }
    }
    pairs
}

fn leaves<'a>(side: &Side<'a>, names: &BTreeSet<&'a str>, is_described: bool) -> ByName<'a> {
    let mut all: ByName<'a> = names.iter().map(|name| (*name, Leaves::new())).collect();
    if let Some(model) = side.model.filter(|_| is_described) {
        for (name, leaves) in &mut all {
            let Some(workload) = model.workloads.get(*name) else {
                continue;
            };
            for container in workload.containers.values() {
                leaves.insert(image(&container.image));
                leaves.extend(
                    container
                        .variables
                        .iter()
                        .map(|it| format!("variable {it}")),
                );
            }
            leaves.extend(
                workload
                    .ports
                    .values()
                    .map(|it| format!("port {}", it.port)),
            );
            leaves.extend(workload.resources.values().map(|uid| kind(uid)));
        }
        return all;
    }
    for object in side.objects.values() {
        let name = object.owner.workload.as_deref().unwrap_or_default();
        let Some(leaves) = all.get_mut(name) else {
            continue;
        };
        match &object.owner.resource {
            Some(uid) => drop(leaves.insert(kind(uid))),
            None => of_object(object, leaves),
        }
    }
    all
}

fn kind(uid: &str) -> String {
    let class = uid.split_once('#').map_or(uid, |(class, _)| class);
    let kind = class.rsplit_once('.').map_or(class, |(kind, _)| kind);
    format!("resource {kind}")
}

/// An image without tag and digest.
fn image(image: &str) -> String {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let name = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    };
    format!("image {name}")
}

fn of_object(object: &Object, leaves: &mut Leaves) {
    if object.id.is("", "service") {
        leaves.extend(plain(&object.tree, &["image"]).map(image));
        let variables = entries(&object.tree, &["environment"]);
        leaves.extend(variables.map(|(name, _)| format!("variable {name}")));
        return;
    }
    if object.id.is("", "Service") {
        let ports = items(&object.tree, &["spec", "ports"]).iter();
        let ports = ports.filter_map(|port| scalar(port, &["port"]));
        leaves.extend(ports.map(|port| format!("port {port}")));
    }
    let containers = Pod::of(object).map(Pod::containers).unwrap_or_default();
    for container in containers {
        leaves.extend(plain(container.tree, &["image"]).map(image));
        let variables = items(container.tree, &["env"]).iter();
        let names = variables.filter_map(|variable| plain(variable, &["name"]));
        leaves.extend(names.map(|name| format!("variable {name}")));
    }
}
