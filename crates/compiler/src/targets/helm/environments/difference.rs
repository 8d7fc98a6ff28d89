//! The values of an environment that differ from the defaults of a chart, as Helm merges them: maps
//! are merged, `null` removes a key, and everything else replaces the default.

use score_spec::Map;

use crate::ir::Tree;
use crate::targets::helm::values::{Entry, Plain};

/// The values to set over those of the default environment.
pub(super) fn difference(default: &Entry, other: &Entry) -> Map<Plain> {
    let mut changed = Map::default();
    for (name, entry) in default.entries() {
        match other.get(name) {
            Some(other) => changed.extend(of_entries(entry, other).map(|it| (name.clone(), it))),
            None if entry.is_null() => {}
            None => drop(changed.insert(name.clone(), Plain::Null)),
        }
    }
    let new = other
        .entries()
        .filter(|(name, _)| default.get(name).is_none());
    changed.extend(new.map(|(name, entry)| (name.clone(), entry.plain())));
    changed
}

fn of_entries(default: &Entry, other: &Entry) -> Option<Plain> {
    match (&default.value, &other.value) {
        (Some((default, _)), Some((other, _))) => of_trees(default, other),
        _ => Some(difference(default, other).into()).filter(|it| !is_empty(it)),
    }
}

fn of_trees(default: &Plain, other: &Plain) -> Option<Plain> {
    let (Tree::Map(from), Tree::Map(to)) = (default, other) else {
        return (default != other).then(|| other.clone());
    };
    let mut changed = Map::default();
    for (name, value) in &**from {
        match to.get(name) {
            Some(other) => changed.extend(of_trees(value, other).map(|it| (name.clone(), it))),
            None if *value == Plain::Null => {}
            None => drop(changed.insert(name.clone(), Plain::Null)),
        }
    }
    let new = to.iter().filter(|(name, _)| !from.contains_key(*name));
    changed.extend(new.map(|(name, value)| (name.clone(), value.clone())));
    Some(changed.into()).filter(|it| !is_empty(it))
}

fn is_empty(tree: &Plain) -> bool {
    matches!(tree, Tree::Map(entries) if entries.is_empty())
}
