//! A map that is being read: its distinct keys, and the merge key, which is applied at the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Code, Diagnostic, Entry, Kind, Node, Span};

use super::shown;

/// Up to this number of entries are searched linearly, which is faster than an index.
const UNINDEXED: usize = 16;

/// A key for the map.
#[derive(Debug)]
pub(super) enum Key {
    /// A string key.
    Text(String),
    /// `<<`.
    Merge,
    /// An invalid key. Its value is omitted.
    Broken,
}

/// The origin of a value, for the merge key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Written directly.
    Here,
    /// Inserted for an alias.
    Alias,
    /// A placeholder for an invalid part that has already been reported.
    Broken,
}

/// The map.
#[derive(Debug, Default)]
pub(super) struct Entries {
    list: Vec<Entry>,
    index: BTreeMap<String, usize>,
    pending: Option<Pending>,
    merge: Option<Merge>,
}

/// The key of the next value.
#[derive(Debug)]
enum Pending {
    Entry { key: String, span: Span },
    Merge,
    Broken,
}

#[derive(Debug)]
struct Merge {
    span: Span,
    /// The number of entries before it.
    before: usize,
    maps: Vec<Node>,
}

impl Entries {
    /// Whether the value of the last key is missing.
    pub(super) fn awaits_value(&self) -> bool {
        self.pending.is_some()
    }

    /// Adds a key and returns the problem, if any.
    pub(super) fn key(&mut self, key: Key, span: Span) -> Option<Diagnostic> {
        let (pending, finding) = match key {
            Key::Broken => (Pending::Broken, None),
            Key::Merge => self.merge_key(span),
            Key::Text(key) => match self.find(&key) {
                Some(first) => {
                    let finding = duplicate(&key, span, first.key_span);
                    let finding = finding.help("remove or rename one of the two");
                    (Pending::Broken, Some(finding))
                }
                None => (Pending::Entry { key, span }, None),
            },
        };
        self.pending = Some(pending);
        finding
    }

    /// Adds the value of the last key and returns the problem, if any.
    pub(super) fn value(&mut self, value: Node, origin: Origin) -> Option<Diagnostic> {
        match self.pending.take()? {
            Pending::Broken => None,
            Pending::Merge => self.merge_value(value, origin),
            Pending::Entry { key, span } => {
                self.push(Entry {
                    key,
                    key_span: span,
                    value,
                });
                None
            }
        }
    }

    /// The entries: merged entries are at the position of the merge key, and all other entries take
    /// precedence over them.
    pub(super) fn finish(mut self) -> Vec<Entry> {
        let Some(merge) = self.merge.take() else {
            return self.list;
        };
        let mut taken = BTreeSet::new();
        let mut merged = Vec::new();
        for entry in merge.maps.into_iter().flat_map(into_entries) {
            if self.find(&entry.key).is_none() && taken.insert(entry.key.clone()) {
                merged.push(entry);
            }
        }
        self.list.splice(merge.before..merge.before, merged);
        self.list
    }

    fn find(&self, key: &str) -> Option<&Entry> {
        if self.list.len() <= UNINDEXED {
            return self.list.iter().find(|entry| entry.key == key);
        }
        self.index.get(key).and_then(|&at| self.list.get(at))
    }

    fn push(&mut self, entry: Entry) {
        self.list.push(entry);
        if self.list.len() > UNINDEXED {
            let indexed = self.index.len();
            for (at, entry) in self.list.iter().enumerate().skip(indexed) {
                self.index.insert(entry.key.clone(), at);
            }
        }
    }

    fn merge_key(&mut self, span: Span) -> (Pending, Option<Diagnostic>) {
        if let Some(first) = &self.merge {
            let finding = duplicate("<<", span, first.span)
                .help("use a single `<<` with a list of maps: `<<: [*a, *b]`");
            return (Pending::Broken, Some(finding));
        }
        self.merge = Some(Merge {
            span,
            before: self.list.len(),
            maps: Vec::new(),
        });
        (Pending::Merge, None)
    }

    fn merge_value(&mut self, value: Node, origin: Origin) -> Option<Diagnostic> {
        let merge = self.merge.as_mut()?;
        let key = merge.span;
        let misfit = |node: &Node| {
            Some(
                Diagnostic::new(
                    Code::YamlMerge,
                    format!("the value of `<<` must be a map, not {}", node.kind_name()),
                )
                .at(node.span, "")
                .at(key, "merged here")
                .help("use a map, an alias of a map, or a list of these"),
            )
        };
        match value.kind {
            _ if origin == Origin::Broken => None,
            Kind::Map(_) => {
                merge.maps.push(value);
                None
            }
            // An alias of a list is rejected, as in Go's reader.
            Kind::List(items) if origin == Origin::Here => {
                let (maps, others): (Vec<_>, Vec<_>) = items
                    .into_iter()
                    .partition(|item| matches!(item.kind, Kind::Map(_)));
                merge.maps = maps;
                others.first().and_then(misfit)
            }
            _ => misfit(&value),
        }
    }
}

fn into_entries(node: Node) -> Vec<Entry> {
    match node.kind {
        Kind::Map(entries) => entries,
        _ => Vec::new(),
    }
}

fn duplicate(key: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::YamlDuplicateKey,
        format!("the key `{}` occurs twice", shown(key)),
    )
    .at(second, "")
    .at(first, "first occurrence")
}
