//! The columns of a layout, with nodes and the slots of passing edges.

use std::collections::BTreeMap;

use super::layers::Layers;
use crate::graph::{Graph, NodeKind};

/// The minimum number of nodes at which a column is divided.
const FEWEST: f64 = 9.0;

/// The number of nodes in a column, squared, for each node of the graph: so that the drawing is wider than high.
const SHAPE: f64 = 5.5;

/// The maximum number of columns that an edge passes in slots. A longer edge passes them behind nodes, so that the
/// number of slots is proportional to that of edges.
const LONGEST: usize = 48;

/// Something with a place in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Node,
    /// A place in which edges pass a column.
    Slot,
}

/// The columns from left to right.
#[derive(Debug)]
pub(super) struct Columns {
    /// The nodes in their order, then slots.
    pub(super) items: Vec<Item>,
    /// The column of each item.
    pub(super) column: Vec<usize>,
    /// The items of each column, from top to bottom.
    pub(super) stacks: Vec<Vec<usize>>,
    /// For each edge, the items from left to right; empty for an edge between a node and itself.
    pub(super) chains: Vec<Vec<usize>>,
    /// For each item, its neighbors in the column before it.
    pub(super) before: Vec<Vec<usize>>,
    /// For each item, its neighbors in the column after it.
    pub(super) after: Vec<Vec<usize>>,
}

impl Columns {
    pub(super) fn new(graph: &Graph, layers: &Layers) -> Self {
        let column = divided(graph, layers);
        let number = column.iter().max().map_or(0, |last| last + 1);
        let mut columns = Self {
            items: vec![Item::Node; graph.nodes.len()],
            stacks: vec![Vec::new(); number],
            column,
            chains: Vec::with_capacity(graph.edges.len()),
            before: vec![Vec::new(); graph.nodes.len()],
            after: vec![Vec::new(); graph.nodes.len()],
        };
        for node in 0..graph.nodes.len() {
            columns.stacks[columns.column[node]].push(node);
        }
        let mut slots = BTreeMap::new();
        for (edge, reversed) in graph.edges.iter().zip(&layers.reversed) {
            let (mut from, mut to) = (edge.from, edge.to);
            if *reversed {
                (from, to) = (to, from);
            }
            let chain = if from == to {
                Vec::new()
            } else {
                let slot = |columns: &mut Self, column| {
                    let slot = slots.entry((to, edge.kind, *reversed, column));
                    *slot.or_insert_with(|| columns.add_slot(column))
                };
                columns.chain((from, to), slot)
            };
            columns.chains.push(chain);
        }
        columns.connect();
        columns
    }

    /// The items of an edge.
    fn chain(
        &mut self,
        (from, to): (usize, usize),
        mut slot: impl FnMut(&mut Self, usize) -> usize,
    ) -> Vec<usize> {
        let (first, last) = (self.column[from], self.column[to]);
        let mut chain = vec![from];
        if last - first <= LONGEST {
            chain.extend((first + 1..last).map(|column| slot(self, column)));
        }
        chain.push(to);
        chain
    }

    fn add_slot(&mut self, column: usize) -> usize {
        let slot = self.items.len();
        self.items.push(Item::Slot);
        self.column.push(column);
        self.stacks[column].push(slot);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        slot
    }

    /// Finds the neighbors of all items.
    fn connect(&mut self) {
        for pair in self.chains.iter().flat_map(|chain| chain.windows(2)) {
            if self.column[pair[0]] + 1 == self.column[pair[1]] {
                self.after[pair[0]].push(pair[1]);
                self.before[pair[1]].push(pair[0]);
            }
        }
        for neighbors in self.before.iter_mut().chain(&mut self.after) {
            neighbors.sort_unstable();
            neighbors.dedup();
        }
    }
}

/// The column of each node: layers with many nodes are divided. Nodes with edges to later layers are in the last column
/// of their layer; the others alternate between columns, so that those of a workload are close to each other.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a small number of rows"
)]
fn divided(graph: &Graph, layers: &Layers) -> Vec<usize> {
    let most = (SHAPE * graph.nodes.len() as f64).sqrt().max(FEWEST).ceil() as usize;
    let mut leads_on = vec![false; graph.nodes.len()];
    let mut neediest = vec![usize::MAX; graph.nodes.len()];
    for (edge, reversed) in graph.edges.iter().zip(&layers.reversed) {
        let (mut from, mut to) = (edge.from, edge.to);
        if *reversed {
            (from, to) = (to, from);
        }
        leads_on[from] = true;
        neediest[to] = neediest[to].min(from);
    }
    let number = layers.layer.iter().max().map_or(0, |last| last + 1);
    let mut nodes = vec![Vec::new(); number];
    for (node, layer) in layers.layer.iter().enumerate() {
        nodes[*layer].push(node);
    }
    let mut column = vec![0; graph.nodes.len()];
    let mut next = 0;
    for nodes in nodes {
        let is_late =
            |node: &usize| leads_on[*node] || graph.nodes[*node].kind == NodeKind::Workload;
        let (late, mut early): (Vec<usize>, Vec<usize>) = nodes.into_iter().partition(is_late);
        early.sort_by_key(|node| neediest[*node]);
        let groups = if late.len() + early.len() <= most {
            vec![[early, late].concat()]
        } else {
            vec![early, late]
        };
        for group in groups {
            let width = group.len().div_ceil(most);
            for (at, node) in group.into_iter().enumerate() {
                column[node] = next + at % width;
            }
            next += width;
        }
    }
    column
}
