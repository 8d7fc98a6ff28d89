//! Detection of duplicate objects. It stores only the identity of each object and a hash of its
//! content, since there can be many objects.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use foldhash::quality::FixedState;
use indexmap::IndexMap;
use indexmap::map::Entry;
use score_spec::{Code, Diagnostic, Map};

use super::annotations::SOURCE;
use super::external_secret::{GROUP, KIND, has_values};
use super::objects::Object;
use super::provenance::Owner;
use super::reference::OpenTree;
use crate::ir::Tree;

/// The identity of an object in a cluster: group, kind, namespace and name. Versions are not part
/// of it: they are views of the same object.
pub(super) type Identity = (String, String, Option<String>, String);

/// The identity, content hash and owner of an object.
#[derive(Debug)]
pub(super) struct Seen {
    identity: Identity,
    /// A hash of its content.
    sum: u64,
    owner: Owner,
}

impl Seen {
    /// Summarizes an object as it is written: with a store, a `Secret` is created by another object.
    pub(super) fn of(object: &Object, has_store: bool) -> Self {
        let mut identity = identity(object);
        if has_store && has_values(object) {
            GROUP.clone_into(&mut identity.0);
            KIND.clone_into(&mut identity.1);
        }
        Self {
            identity,
            sum: object_sum(&object.tree),
            owner: object.owner.clone(),
        }
    }
}

/// The identity of an object.
pub(super) fn identity(object: &Object) -> Identity {
    let group = object.api_version.split_once('/');
    let group = group.map_or("", |(group, _)| group);
    (
        group.to_owned(),
        object.kind.clone(),
        object.namespace.clone(),
        object.name.clone(),
    )
}

/// The objects seen so far. They are hashed, because comparing the names of thousands of objects with each other
/// takes a tenth of a run.
#[derive(Debug, Default)]
pub(super) struct Unique {
    seen: IndexMap<Identity, (u64, Owner), RandomState>,
}

impl Unique {
    /// Returns the results for new objects, and drops those for duplicates. Reports different
    /// objects with the same identity, since one would replace the other in the cluster.
    pub(super) fn new_ones<T>(
        &mut self,
        made: Vec<(Seen, T)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<T> {
        let is_new = |(object, made): (Seen, T)| match self.seen.entry(object.identity) {
            Entry::Vacant(place) => {
                place.insert((object.sum, object.owner));
                Some(made)
            }
            Entry::Occupied(other) => {
                let (sum, owner) = other.get();
                if *sum != object.sum {
                    diagnostics.push(collision(other.key(), owner, &object.owner));
                }
                None
            }
        };
        made.into_iter().filter_map(is_new).collect()
    }
}

fn collision((_, kind, _, name): &Identity, owner: &Owner, other: &Owner) -> Diagnostic {
    let is_same = owner.resource.is_some() && owner.resource == other.resource;
    let (message, help) = match (&owner.resource, &owner.workload, &other.workload) {
        (Some(uid), Some(first), Some(second)) if is_same && first != second => (
            format!(
                "the resource `{uid}` would have a {kind} named `{name}` for the workload `{first}`, and another one \
                 for `{second}`"
            ),
            "use `{{ name(workload.name) }}` as the name",
        ),
        _ if owner.to_string() == other.to_string() => (
            format!("{owner} would have two objects of kind {kind} named `{name}`"),
            "rename one of them",
        ),
        _ => (
            format!("{owner} and {other} would both have a {kind} named `{name}`"),
            "rename one of them",
        ),
    };
    let mut found = Diagnostic::new(Code::ProjectNameCollision, message);
    for place in [other.place, owner.place].into_iter().flatten() {
        if found.labels.iter().all(|label| label.span != place) {
            found = found.at(place, "");
        }
    }
    found.help(help)
}

/// A hash of the content of an object, independent of its owner: several resources can contain the
/// same shared object.
fn object_sum(object: &OpenTree) -> u64 {
    let Tree::Map(object) = object else {
        return sum(object);
    };
    let annotations = |annotations: &OpenTree| match annotations {
        Tree::Map(entries) => map_sum(entries, &|key, value| match key {
            "k8s.score.dev/resource-uid" | "k8s.score.dev/source-workload" | SOURCE => None,
            _ => Some(sum(value)),
        }),
        other => sum(other),
    };
    let metadata = |metadata: &OpenTree| match metadata {
        Tree::Map(entries) => map_sum(entries, &|key, value| match key {
            "annotations" => Some(annotations(value)),
            _ => Some(sum(value)),
        }),
        other => sum(other),
    };
    map_sum(object, &|key, value| match key {
        "metadata" => Some(metadata(value)),
        _ => Some(sum(value)),
    })
}

/// The sum over the hashes of the entries of a map; entries for which `of` returns `None` are
/// skipped.
fn map_sum(entries: &Map<OpenTree>, of: &dyn Fn(&str, &OpenTree) -> Option<u64>) -> u64 {
    let state = FixedState::default();
    let sums = entries
        .iter()
        .filter_map(|(key, value)| Some(state.hash_one((key, of(key, value)?))));
    sums.fold(0, u64::wrapping_add)
}

/// A hash of the content of a tree, independent of the order of keys.
fn sum(tree: &OpenTree) -> u64 {
    let state = FixedState::default();
    let mut hash = state.build_hasher();
    std::mem::discriminant(tree).hash(&mut hash);
    match tree {
        Tree::Null => {}
        Tree::Bool(value) => value.hash(&mut hash),
        Tree::Number(number) => number.hash(&mut hash),
        Tree::Text(text) => text.segments().hash(&mut hash),
        Tree::List(items) => items.iter().for_each(|item| sum(item).hash(&mut hash)),
        Tree::Map(entries) => {
            map_sum(entries, &|_, value| Some(sum(value))).hash(&mut hash);
        }
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::sum;
    use crate::targets::kubernetes::OpenTree;

    #[test]
    fn the_order_of_keys_does_not_count_and_all_else_does() {
        let of = |text: &str| {
            let mut sources = score_spec::Sources::new();
            let id = sources.add("a.yaml", text);
            let parsed = score_spec::parse(&sources, id);
            let tree: OpenTree = parsed.documents[0].to_value_with(&mut |text, _| text.into());
            sum(&tree)
        };
        assert_eq!(of("{a: 1, b: {c: x, d: y}}"), of("{b: {d: y, c: x}, a: 1}"));
        let texts = [
            "{a: 1, b: 2}",
            "{a: 2, b: 1}",
            "{a: 1, b: \"2\"}",
            "{a: 1}",
            "[a, b]",
            "[b, a]",
            "[[a], b]",
            "{}",
            "[]",
            "\"\"",
            "null",
            "false",
            "true",
        ];
        for (at, text) in texts.iter().enumerate() {
            for other in &texts[..at] {
                assert_ne!(of(text), of(other), "{text} {other}");
            }
        }
    }
}
