//! The anchors of a document, and the limit for copying them.

use std::collections::BTreeMap;

use crate::{Node, Span};

/// The allowance for copies of anchors and aliases in any text, ...
const ALLOWANCE: usize = 100_000;
/// ... the additional allowance for each unit of the text, ...
const ALLOWANCE_PER_UNIT: usize = 10;
/// ... and the maximum. A node is one unit, and so is each block of this many bytes of its text:
const MOST: usize = 250_000;
/// Otherwise a few aliases of a long string could exhaust the memory.
const BYTES_PER_UNIT: usize = 32;

/// The size of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// The number of units.
    pub(super) units: usize,
    /// The number of levels.
    pub(super) height: usize,
}

impl Size {
    /// A list or map without entries.
    pub(super) const EMPTY: Self = Self {
        units: 1,
        height: 1,
    };

    /// A scalar.
    pub(super) fn of_text(text: &str) -> Self {
        Self {
            units: 1 + text.len() / BYTES_PER_UNIT,
            height: 1,
        }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: Self) {
        self.units += entry.units;
        self.height = self.height.max(entry.height + 1);
    }
}

/// The data of an anchor. It has no node until its node is complete.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    node: Option<(Node, Size)>,
    /// The name without `&`.
    pub(super) name: String,
    /// The location of `&` and the name.
    pub(super) span: Option<Span>,
}

/// The anchors.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    known: BTreeMap<usize, Anchor>,
    written: usize,
    copied: usize,
}

/// The allowance for copies is used up.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Anchors {
    /// Counts the contents of the text itself, which increases the allowance.
    pub(super) fn wrote(&mut self, size: Size) {
        self.written += size.units;
    }

    /// Sets the name of an anchor.
    pub(super) fn name(&mut self, id: usize, name: String, span: Span) {
        let anchor = self.known.entry(id).or_default();
        anchor.name = name;
        anchor.span = Some(span);
    }

    /// Sets the node of an anchor.
    pub(super) fn complete(&mut self, id: usize, node: &Node, size: Size) -> Result<(), Exhausted> {
        self.charge(size)?;
        self.known.entry(id).or_default().node = Some((node.clone(), size));
        Ok(())
    }

    /// The anchor, even if its node is not complete.
    pub(super) fn get(&self, id: usize) -> Option<&Anchor> {
        self.known.get(&id)
    }

    /// The size of an anchor's node, if it is complete.
    pub(super) fn size(&self, id: usize) -> Option<Size> {
        self.known.get(&id)?.node.as_ref().map(|(_, size)| *size)
    }

    /// A copy of an anchor's node, if it is complete.
    pub(super) fn copy(&mut self, id: usize) -> Result<Option<Node>, Exhausted> {
        if let Some(size) = self.size(id) {
            self.charge(size)?;
        }
        let anchor = self.known.get(&id);
        Ok(anchor.and_then(|anchor| anchor.node.as_ref().map(|(node, _)| node.clone())))
    }

    /// The names of all anchors.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.values().map(|anchor| anchor.name.as_str())
    }

    /// Removes the anchors, which belong to a single document; the allowance belongs to the whole
    /// text.
    pub(super) fn clear(&mut self) {
        self.known.clear();
    }

    fn charge(&mut self, size: Size) -> Result<(), Exhausted> {
        self.copied += size.units;
        let allowed = ALLOWANCE + ALLOWANCE_PER_UNIT * self.written;
        if self.copied <= allowed.min(MOST) {
            Ok(())
        } else {
            Err(Exhausted)
        }
    }
}
