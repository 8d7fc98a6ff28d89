//! Merges changes into trees, with a limit on the work of a whole project.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};

use score_spec::{Code, Diagnostic, KeyHashes};

use crate::ir::{Raw, Tree};

/// The maximum number of steps to merge all patches of a project, which take about a second, in addition to the
/// share of each workload.
const MOST_STEPS: usize = 5_000_000;

/// The share of each workload: more than its patches need in most projects.
const STEPS_OF_WORKLOAD: usize = 20_000;

/// The remaining steps of merges. An entry of a patch is a step, and so is each existing one that it has to be compared
/// with.
pub(crate) struct MergeBudget {
    limit: usize,
    left: Option<usize>,
}

impl MergeBudget {
    /// A budget without a limit, for a single merge.
    pub(crate) fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    /// The budget of one of this many workloads or containers, which does not depend on the others.
    pub(crate) fn of_one_of(count: usize) -> Self {
        Self::new(MOST_STEPS / count.max(1) + STEPS_OF_WORKLOAD)
    }

    fn new(limit: usize) -> Self {
        Self {
            limit,
            left: Some(limit),
        }
    }

    /// Deducts steps, and returns whether they were left. If they were not, the budget stays exceeded.
    pub(crate) fn take(&mut self, steps: usize) -> bool {
        self.left = self.left.and_then(|left| left.checked_sub(steps));
        self.left.is_some()
    }

    /// The diagnostic about the patch of a workload that exceeds the budget.
    pub(crate) fn too_large(&self, workload: &str, raw: &Raw) -> Diagnostic {
        let limit = self.limit;
        let message =
            format!("the patches of `{workload}` exceed {limit} comparisons with existing items");
        Diagnostic::new(Code::ProjectTooLarge, message)
            .at(raw.places.span, "exceeded here")
            .help("name the containers in patches, or let fewer resources add items to the same lists")
    }
}

/// Merges a patch into a tree. Maps are merged, and `null` removes a key. Items of a list with a
/// `name` are merged with the item of the same name. All other items are appended, unless the list
/// contains an equal one. Everything else is replaced, and so are [commands](is_replaced). If the budget is exceeded, the rest is not merged.
pub(crate) fn merge<R: PartialEq + Hash>(
    tree: &mut Tree<R>,
    change: Tree<R>,
    budget: &mut MergeBudget,
) {
    match (tree, change) {
        (Tree::Map(entries), Tree::Map(changes)) => {
            let mut changes = *changes;
            if !budget.take(changes.len()) {
                return;
            }
            if changes.values().any(|change| *change == Tree::Null) {
                if !budget.take(entries.len()) {
                    return;
                }
                entries.retain(|key, _| changes.get(key) != Some(&Tree::Null));
                changes.retain(|_, change| *change != Tree::Null);
            }
            for (key, change) in changes {
                match entries.get_mut(&key) {
                    // Not every key with this name has a command: it can also be the name of a volume.
                    Some(value @ Tree::List(_)) if is_replaced(&key) => {
                        *value = without_null(change);
                    }
                    Some(value) => merge(value, change, budget),
                    None => _ = entries.insert(key, without_null(change)),
                }
            }
        }
        (Tree::List(items), Tree::List(changes)) => merge_items(items, changes, budget),
        (tree, change) => *tree = without_null(change),
    }
}

/// Whether the list under a key of Compose is a command, which a patch replaces, as Compose itself does when it merges
/// files: words appended to a command would have another meaning.
pub(crate) fn is_replaced(key: &str) -> bool {
    ["command", "entrypoint", "test"].contains(&key)
}

fn merge_items<R: PartialEq + Hash>(
    items: &mut Vec<Tree<R>>,
    changes: Vec<Tree<R>>,
    budget: &mut MergeBudget,
) {
    let steps = |item: &Tree<R>| 1 + size(identity(item).1);
    let compared = items.iter().chain(&changes).map(steps).sum();
    if !budget.take(compared) {
        return;
    }
    // A position is compared before it is used, and the order of hashes is not observed.
    let hashes = KeyHashes::default();
    let hash = |item: &Tree<R>| {
        let mut state = hashes.build_hasher();
        let (is_named, value) = identity(item);
        is_named.hash(&mut state);
        hash_tree(value, &hashes, &mut state);
        state.finish()
    };
    let mut positions: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        positions.entry(hash(item)).or_default().push(at);
    }
    for change in changes {
        let known = positions.entry(hash(&change)).or_default();
        let mut equal = known.iter().copied();
        match equal.find(|at| identity(&items[*at]) == identity(&change)) {
            Some(at) if identity(&change).0 => merge(&mut items[at], change, budget),
            Some(_) => {}
            None => {
                known.push(items.len());
                items.push(without_null(change));
            }
        }
    }
}

/// The part of an item that identifies it in a list, and whether it is a name: otherwise, it is the whole item.
fn identity<R>(item: &Tree<R>) -> (bool, &Tree<R>) {
    item.get("name").map_or((false, item), |name| (true, name))
}

/// The tree without keys whose value is `null`, because there is nothing to remove.
pub(crate) fn without_null<R: PartialEq>(tree: Tree<R>) -> Tree<R> {
    match tree {
        Tree::Map(entries) => {
            let entries = entries.into_iter();
            let kept = entries.filter(|(_, value)| *value != Tree::Null);
            let kept = kept.map(|(key, value)| (key, without_null(value)));
            kept.collect()
        }
        other => other,
    }
}

/// The number of entries in the lists and maps of a tree.
pub(crate) fn size<R>(tree: &Tree<R>) -> usize {
    match tree {
        Tree::List(items) => items.iter().map(|item| 1 + size(item)).sum(),
        Tree::Map(entries) => entries.values().map(|value| 1 + size(value)).sum(),
        _ => 0,
    }
}

/// Hashes a tree. Equal maps can have their entries in different orders.
pub(crate) fn hash_tree<R: Hash>(tree: &Tree<R>, hashes: &KeyHashes, state: &mut impl Hasher) {
    match tree {
        Tree::Null => 0_u8.hash(state),
        Tree::Bool(value) => (1_u8, value).hash(state),
        Tree::Number(number) => (2_u8, number).hash(state),
        Tree::Text(text) => (3_u8, text.segments()).hash(state),
        Tree::List(items) => {
            (4_u8, items.len()).hash(state);
            for item in items {
                hash_tree(item, hashes, state);
            }
        }
        Tree::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let mut state = hashes.build_hasher();
                key.hash(&mut state);
                hash_tree(value, hashes, &mut state);
                state.finish()
            });
            (5_u8, entries.fold(0, u64::wrapping_add)).hash(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use score_spec::Value;
    use serde_json::json;

    use super::{MergeBudget, merge};
    use crate::ir::{Text, Tree};

    fn tree(json: serde_json::Value) -> Tree {
        Value::from_json(json).map_text(&mut |text| Text::from(text.as_str()))
    }

    #[test]
    fn changes_are_merged() {
        for (before, change, after) in [
            (
                json!({"a": 1, "b": 2}),
                json!({"b": 3, "c": 4}),
                json!({"a": 1, "b": 3, "c": 4}),
            ),
            (
                json!({"a": {"b": 1, "c": 2}}),
                json!({"a": {"b": null}}),
                json!({"a": {"c": 2}}),
            ),
            (
                json!({}),
                json!({"a": {"b": null, "c": 1}}),
                json!({"a": {"c": 1}}),
            ),
            (
                json!([{"name": "x", "value": 1}, {"name": "y"}]),
                json!([{"name": "y", "value": 2}, {"name": "z"}]),
                json!([{"name": "x", "value": 1}, {"name": "y", "value": 2}, {"name": "z"}]),
            ),
            (json!(["a"]), json!(["a", "b"]), json!(["a", "b"])),
            (json!({"a": [1]}), json!({"a": "b"}), json!({"a": "b"})),
        ] {
            let mut merged = tree(before);
            merge(&mut merged, tree(change), &mut MergeBudget::unlimited());
            assert_eq!(merged, tree(after));
        }
    }
}
