//! Finds items of lists by their merge keys.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher};

use score_spec::KeyHashes;

use crate::ir::{MergeKey, Tree};
use crate::targets::kubernetes::naming::Naming;
use crate::targets::kubernetes::reference::{Open, OpenTree};
use crate::targets::merge::hash_tree;

/// The positions of the items of a list.
pub(super) struct Index<'a> {
    naming: &'a Naming<'a>,
    /// The alternatives for merge keys. Without keys, equal items are the same.
    keys: &'a [Vec<MergeKey>],
    /// The hashes of the identities of the items for each alternative, with their positions. The order of hashes is
    /// not observed, and a position is compared before it is used.
    positions: Vec<BTreeSet<(u64, usize)>>,
    hashes: KeyHashes,
}

impl<'a> Index<'a> {
    /// The index of a list.
    pub(super) fn of(
        items: &[OpenTree],
        keys: &'a [Vec<MergeKey>],
        naming: &'a Naming<'a>,
    ) -> Self {
        let mut index = Self {
            naming,
            keys,
            positions: vec![BTreeSet::new(); keys.len().max(1)],
            hashes: KeyHashes::default(),
        };
        for (at, item) in items.iter().enumerate() {
            index.insert(at, item);
        }
        index
    }

    /// Adds the item at a position.
    pub(super) fn insert(&mut self, at: usize, item: &OpenTree) {
        for alternative in 0..self.positions.len() {
            if let Some(hash) = self.hash(item, alternative) {
                self.positions[alternative].insert((hash, at));
            }
        }
    }

    /// Removes the item at a position, before it is changed.
    pub(super) fn remove(&mut self, at: usize, item: &OpenTree) {
        for alternative in 0..self.positions.len() {
            if let Some(hash) = self.hash(item, alternative) {
                self.positions[alternative].remove(&(hash, at));
            }
        }
    }

    /// The position of the first item that has the merge keys of an item of a patch.
    pub(super) fn position(&self, items: &[OpenTree], change: &OpenTree) -> Option<usize> {
        (0..self.positions.len()).find_map(|alternative| {
            let wanted = self.identity(change, alternative)?;
            let hash = self.hash(change, alternative)?;
            let known = self.positions[alternative].range((hash, 0)..=(hash, usize::MAX));
            let mut known = known.map(|(_, at)| *at);
            known.find(|at| self.identity(&items[*at], alternative).as_ref() == Some(&wanted))
        })
    }

    /// The values of the merge keys of an item, if it has all of them.
    fn identity<'t>(
        &self,
        item: &'t OpenTree,
        alternative: usize,
    ) -> Option<Vec<Cow<'t, OpenTree>>> {
        match self.keys.get(alternative) {
            Some(keys) => {
                let values = keys.iter().map(|key| key_value(self.naming, item, *key));
                values.collect()
            }
            None => Some(vec![Cow::Borrowed(item)]),
        }
    }

    fn hash(&self, item: &OpenTree, alternative: usize) -> Option<u64> {
        let mut state = self.hashes.build_hasher();
        for value in self.identity(item, alternative)? {
            hash_tree(&value, &self.hashes, &mut state);
        }
        Some(state.finish())
    }
}

/// The value of a merge key in an item. A reference to a port is its number.
pub(super) fn key_value<'t>(
    naming: &Naming<'_>,
    item: &'t OpenTree,
    key: MergeKey,
) -> Option<Cow<'t, OpenTree>> {
    let Some(value) = key.value(item) else {
        return key.omitted.map(|it| Cow::Owned(Tree::Text(it.into())));
    };
    let port = match value {
        Tree::Text(text) => match text.as_reference() {
            Some(Open::Port { component, port }) => naming.port(component, port),
            _ => None,
        },
        _ => None,
    };
    Some(match port {
        Some(number) => Cow::Owned(Tree::Number(number.into())),
        None => Cow::Borrowed(value),
    })
}
