//! Merges patches into objects, by the merge keys of the table of fields.

use std::borrow::Cow;

use score_spec::Map;

use super::{Items, Shape};
use crate::ir::{MergeKey, Tree};
use crate::targets::kubernetes::naming::Naming;
use crate::targets::kubernetes::reference::{Open, OpenTree};
use crate::targets::settle::without_null;

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
/// replaced, except sets. So is everything else.
pub(in super::super) fn merge(
    tree: &mut OpenTree,
    change: OpenTree,
    shape: Shape,
    naming: &Naming<'_>,
) -> Vec<Unmatched> {
    let mut merging = Merging {
        naming,
        path: Vec::new(),
        unmatched: Vec::new(),
    };
    merging.tree(tree, change, shape);
    merging.unmatched
}

struct Merging<'a> {
    naming: &'a Naming<'a>,
    /// The path of the current part of the patch.
    path: Vec<String>,
    unmatched: Vec<Unmatched>,
}

impl Merging<'_> {
    fn tree(&mut self, tree: &mut OpenTree, change: OpenTree, shape: Shape) {
        match (tree, change) {
            (Tree::Map(entries), Tree::Map(changes)) => {
                for (key, change) in *changes {
                    if change == Tree::Null {
                        entries.shift_remove(&key);
                        continue;
                    }
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
        for (index, mut change) in changes.into_iter().enumerate() {
            if keys.is_empty() {
                if !items.contains(&change) {
                    items.push(self.added(change, of.shape()));
                }
                continue;
            }
            self.path.push(index.to_string());
            let mut at = keys.iter().map(|keys| self.position(items, &change, keys));
            if let Some(at) = at.find_map(|at| at) {
                self.remove_equal(&mut change, &items[at], &keys);
                self.tree(&mut items[at], change, of.shape());
            } else {
                self.unmatched.extend(self.unmatched_by(&change, &keys));
                items.push(self.added(change, of.shape()));
            }
            self.path.pop();
        }
    }

    /// The index of the item that has the merge keys of an item of the patch.
    fn position(&self, items: &[OpenTree], change: &OpenTree, keys: &[MergeKey]) -> Option<usize> {
        let wanted = keys.iter().map(|key| self.key_value(change, *key));
        let wanted: Vec<Cow<'_, OpenTree>> = wanted.collect::<Option<_>>()?;
        items.iter().position(|item| {
            let mut pairs = keys.iter().zip(&wanted);
            pairs.all(|(key, wanted)| self.key_value(item, *key).as_ref() == Some(wanted))
        })
    }

    /// Removes the merge keys that the item already has: in a chart, its port is a value.
    fn remove_equal(&self, change: &mut OpenTree, item: &OpenTree, keys: &[Vec<MergeKey>]) {
        for key in keys.iter().flatten() {
            if self.key_value(change, *key) == self.key_value(item, *key)
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

    /// The value of a merge key in an item. A reference to a port is its number.
    fn key_value<'t>(&self, item: &'t OpenTree, key: MergeKey) -> Option<Cow<'t, OpenTree>> {
        let Some(value) = key.value(item) else {
            return key.omitted.map(|it| Cow::Owned(Tree::Text(it.into())));
        };
        let port = match value {
            Tree::Text(text) => match text.as_reference() {
                Some(Open::Port { component, port }) => self.naming.port(component, port),
                _ => None,
            },
            _ => None,
        };
        Some(match port {
            Some(number) => Cow::Owned(Tree::Number(number.into())),
            None => Cow::Borrowed(value),
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
