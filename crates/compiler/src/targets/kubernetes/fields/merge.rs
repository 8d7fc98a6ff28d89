//! Merges patches into objects, by the merge keys of the table of fields.

use score_spec::Map;

use super::index::{Index, key_value};
use super::union;
use super::{Items, Shape};
use crate::ir::{MergeKey, Tree};
use crate::targets::kubernetes::naming::Naming;
use crate::targets::kubernetes::reference::OpenTree;
use crate::targets::merge::{MergeBudget, size, without_null};

/// An item of a patch that means no item of the list, and that cannot be added to it.
pub(in super::super) struct Unmatched {
    /// The path to the item in the patch: keys, and indices of lists.
    pub(in super::super) path: Vec<String>,
    /// The field by which the item was searched.
    pub(in super::super) key: &'static str,
    /// The field that a new item must have.
    pub(in super::super) missing: &'static str,
}

/// Merges a patch into a tree of this shape. Maps are merged, and `null` removes a key. An item of a
/// list is merged with the item that has the same merge keys. Without such an item it is appended,
/// unless the list has no merge keys and contains an equal item. Lists of strings and numbers are
/// replaced, except sets. So is everything else, and an alternative by another one. If the budget is exceeded, the rest of the patch is not merged.
pub(in super::super) fn merge(
    tree: &mut OpenTree,
    change: OpenTree,
    shape: Shape,
    (naming, budget): (&Naming<'_>, &mut MergeBudget),
) -> Vec<Unmatched> {
    if !budget.take(1 + size(&change)) {
        return Vec::new();
    }
    let mut merging = Merging {
        naming,
        budget,
        path: Vec::new(),
        unmatched: Vec::new(),
    };
    merging.tree(tree, change, shape);
    merging.unmatched
}

struct Merging<'a> {
    naming: &'a Naming<'a>,
    budget: &'a mut MergeBudget,
    /// The path of the current part of the patch.
    path: Vec<String>,
    unmatched: Vec<Unmatched>,
}

impl Merging<'_> {
    fn tree(&mut self, tree: &mut OpenTree, change: OpenTree, shape: Shape) {
        match (tree, change) {
            (Tree::Map(entries), Tree::Map(changes)) => {
                let mut changes = *changes;
                union::replace(entries, &changes, shape);
                if changes.values().any(|change| *change == Tree::Null) {
                    if !self.budget.take(entries.len()) {
                        return;
                    }
                    entries.retain(|key, _| changes.get(key) != Some(&Tree::Null));
                    changes.retain(|_, change| *change != Tree::Null);
                }
                for (key, change) in changes {
                    self.path.push(key.clone());
                    let shape = shape.below(&key);
                    let value = entries.entry(key).or_insert_with(|| empty(&change));
                    self.tree(value, change, shape);
                    self.path.pop();
                }
            }
            (Tree::List(items), Tree::List(changes)) if !shape.items().is_replaced() => {
                self.items(items, changes, shape.items());
            }
            (tree, change) => *tree = without_null(change),
        }
    }

    /// An item that is not in the list.
    fn added(&mut self, change: OpenTree, shape: Shape) -> OpenTree {
        let mut item = empty(&change);
        self.tree(&mut item, change, shape);
        item
    }

    fn items(&mut self, items: &mut Vec<OpenTree>, changes: Vec<OpenTree>, of: Items) {
        let keys = of.keys();
        let compared = match keys.len() {
            0 => items.iter().map(|item| 1 + size(item)).sum(),
            alternatives => items.len() * alternatives,
        };
        if !self.budget.take(compared) {
            return;
        }
        let mut positions = Index::of(items, &keys, self.naming);
        for (index, mut change) in changes.into_iter().enumerate() {
            self.path.push(index.to_string());
            match positions.position(items, &change) {
                Some(_) if keys.is_empty() => {}
                Some(at) => {
                    positions.remove(at, &items[at]);
                    self.remove_equal(&mut change, &items[at], &keys);
                    self.tree(&mut items[at], change, of.shape());
                    positions.insert(at, &items[at]);
                }
                None => {
                    self.unmatched.extend(self.unmatched_by(&change, &keys));
                    let item = self.added(change, of.shape());
                    positions.insert(items.len(), &item);
                    items.push(item);
                }
            }
            self.path.pop();
        }
    }

    /// Removes the merge keys that the item already has: in a chart, its port is a value.
    fn remove_equal(&self, change: &mut OpenTree, item: &OpenTree, keys: &[Vec<MergeKey>]) {
        for key in keys.iter().flatten() {
            if key_value(self.naming, change, *key) == key_value(self.naming, item, *key)
                && let Tree::Map(entries) = change
            {
                entries.shift_remove(key.path);
            }
        }
    }

    /// Why an item without a match cannot be added: it lacks one of the last merge keys, but has others.
    fn unmatched_by(&self, change: &OpenTree, keys: &[Vec<MergeKey>]) -> Option<Unmatched> {
        let (required, others) = keys.split_last()?;
        let is_missing = |key: &&MergeKey| key.omitted.is_none() && key.value(change).is_none();
        let missing = required.iter().find(is_missing)?;
        let mut others = others.iter().flatten();
        let key = others.find(|key| key.value(change).is_some())?;
        Some(Unmatched {
            path: self.path.clone(),
            key: key.path,
            missing: missing.path,
        })
    }
}

/// An empty value into which a patch can be merged.
fn empty(change: &OpenTree) -> OpenTree {
    match change {
        Tree::Map(_) => Map::default().into(),
        Tree::List(_) => Tree::List(Vec::new()),
        _ => Tree::Null,
    }
}
