//! Anchors of one document, and how much may be copied on their account.

use std::collections::BTreeMap;

use crate::{Node, Span};

/// How much anchors and aliases may copy in any text, ...
const ALLOWANCE: usize = 100_000;
/// ... how much more for each unit of the text, ...
const ALLOWANCE_PER_UNIT: usize = 10;
/// ... and how much at most. A node is one unit, and so are so many bytes of its text:
const MOST: usize = 250_000;
/// Without them a few aliases of a long text could fill the memory.
const BYTES_PER_UNIT: usize = 32;

/// How large a node is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// What it counts against the allowance.
    pub(super) units: usize,
    /// How many levels it has.
    pub(super) height: usize,
}

impl Size {
    /// A list or map before its first entry.
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

    /// Counts an entry in.
    pub(super) fn add(&mut self, entry: Self) {
        self.units += entry.units;
        self.height = self.height.max(entry.height + 1);
    }
}

/// What is known about an anchor. It has no node until its node is complete.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    node: Option<(Node, Size)>,
    /// The name without `&`.
    pub(super) name: String,
    /// Where `&` and the name stand.
    pub(super) span: Option<Span>,
}

/// The anchors.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    known: BTreeMap<usize, Anchor>,
    written: usize,
    copied: usize,
}

/// The copies have used up their allowance.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Anchors {
    /// Counts what the text itself holds, which raises the allowance.
    pub(super) fn wrote(&mut self, size: Size) {
        self.written += size.units;
    }

    /// Says what an anchor is called.
    pub(super) fn name(&mut self, id: usize, name: String, span: Span) {
        let anchor = self.known.entry(id).or_default();
        anchor.name = name;
        anchor.span = Some(span);
    }

    /// Says which node an anchor names.
    pub(super) fn complete(&mut self, id: usize, node: &Node, size: Size) -> Result<(), Exhausted> {
        self.charge(size)?;
        self.known.entry(id).or_default().node = Some((node.clone(), size));
        Ok(())
    }

    /// The anchor, whether its node is complete or not.
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

    /// Forgets the anchors, which belong to one document; the allowance belongs to the text.
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
