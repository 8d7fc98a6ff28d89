//! Conversion of a JSON Pointer to its node, locations, and the path for messages. Out of scope:
//! schemas.

use indexmap::IndexMap;

use super::{Place, wording};
use crate::node::Kind;
use crate::{Diagnostic, Entry, Node, Span};

/// Smaller maps are searched linearly, larger ones get an index.
const NARROW: usize = 16;

/// A tree with an index for wide maps that are queried repeatedly.
pub(super) struct Tree<'n> {
    root: &'n Node,
    place: &'n Place,
    wide: IndexMap<*const Node, IndexMap<&'n str, &'n Entry>>,
}

/// A node with its surroundings.
#[derive(Clone)]
pub(super) struct Site<'n> {
    pub(super) node: &'n Node,
    /// The key of the node; absent for an item of a list.
    pub(super) key: Option<Span>,
    /// The dotted path; empty for the root of a document.
    pub(super) path: String,
}

impl<'n> Tree<'n> {
    pub(super) fn new(root: &'n Node, place: &'n Place) -> Self {
        Self {
            root,
            place,
            wide: IndexMap::new(),
        }
    }

    /// The node for these segments of a pointer.
    pub(super) fn site(&mut self, segments: &[String]) -> Option<Site<'n>> {
        let mut site = Site {
            node: self.root,
            key: self.place.key,
            path: self.place.path.clone(),
        };
        for segment in segments {
            if let Kind::List(items) = &site.node.kind {
                site.node = items.get(segment.parse::<usize>().ok()?)?;
                site.key = None;
                site.path = format!("{}[{segment}]", site.path);
            } else {
                let entry = self.entry(site.node, segment)?;
                site.node = &entry.value;
                site.key = Some(entry.key_span);
                site.path = wording::below(&site.path, segment);
            }
        }
        Some(site)
    }

    /// The entry of a map with this key.
    pub(super) fn entry(&mut self, map: &'n Node, key: &str) -> Option<&'n Entry> {
        if map.entries().len() <= NARROW {
            return map.entry(key);
        }
        let index = self.wide.entry(std::ptr::from_ref(map)).or_insert_with(|| {
            let entries = map.entries().iter();
            entries.map(|entry| (entry.key.as_str(), entry)).collect()
        });
        index.get(key).copied()
    }
}

impl Site<'_> {
    /// The location of the value; if the value is empty, that of its key.
    pub(super) fn value_span(&self) -> Span {
        let span = self.node.span;
        match self.key {
            Some(key) if span.range().is_empty() => key,
            _ => span,
        }
    }

    /// The diagnostic about a missing part of the map, at its key; if it has none, at its first
    /// key.
    pub(super) fn lacks(&self, found: Diagnostic) -> Diagnostic {
        let whole = self.node.span;
        match self.key {
            Some(key) if !whole.contains(key) => found.at(key, ""),
            key => {
                let first = || self.node.entries().first().map(|entry| entry.key_span);
                found
                    .at(key.or_else(first).unwrap_or(whole), "")
                    .about(whole)
            }
        }
    }

    /// The value for the start of a sentence in messages.
    pub(super) fn subject(&self) -> String {
        if self.path.is_empty() {
            "the document".to_owned()
        } else {
            format!("`{}`", self.path)
        }
    }
}

/// The segments of a JSON Pointer, unescaped (RFC 6901, section 4).
pub(super) fn segments(pointer: &str) -> Vec<String> {
    let raw = pointer.split('/').skip(1);
    raw.map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect()
}
