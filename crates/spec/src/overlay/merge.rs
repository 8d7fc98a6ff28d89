//! The rule by which all overlays are merged.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Entry, Kind, Node};

/// Merges a node into another one: maps are merged deeply, `null` removes a key, anything else is replaced.
pub(super) fn merge(base: &mut Node, overlay: &Node) {
    let (Kind::Map(entries), Kind::Map(changes)) = (&mut base.kind, &overlay.kind) else {
        *base = without_nulls(overlay);
        return;
    };
    merge_entries(entries, changes);
}

/// Merges entries into those of a map.
pub(super) fn merge_entries<'a>(
    entries: &mut Vec<Entry>,
    changes: impl IntoIterator<Item = &'a Entry>,
) {
    let places: BTreeMap<String, usize> = (0..entries.len())
        .map(|at| (entries[at].key.clone(), at))
        .collect();
    let mut removed = BTreeSet::new();
    for change in changes {
        match (places.get(&change.key), &change.value.kind) {
            (Some(&at), Kind::Null) => {
                removed.insert(at);
            }
            (Some(&at), _) => merge(&mut entries[at].value, &change.value),
            (None, Kind::Null) => {}
            (None, _) => entries.push(Entry {
                value: without_nulls(&change.value),
                key: change.key.clone(),
                key_span: change.key_span,
            }),
        }
    }
    let mut at = 0;
    entries.retain(|_| {
        at += 1;
        !removed.contains(&(at - 1))
    });
}

/// A part of an overlay that is added to the document as a new value, without the keys whose value
/// is `null`.
pub(super) fn without_nulls(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .filter(|entry| entry.value.kind != Kind::Null)
                .map(|entry| Entry {
                    value: without_nulls(&entry.value),
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node {
        span: node.span,
        kind,
    }
}
