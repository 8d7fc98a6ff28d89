//! The places of nodes and the paths of edges.
//!
//! The layout has layers: each node is to the right of those that need it, as far as there are no cycles. Layers become
//! one or more columns. Edges pass the columns between their nodes through slots, which edges to the same node share.

mod columns;
mod layers;
mod order;
mod positions;

use self::columns::{Columns, Item};
use crate::graph::Graph;

/// The size of each node.
const NODE: (i64, i64) = (180, 42);

/// The horizontal distance between two columns, in which edges change their height.
const GAP: i64 = 92;

/// The distance to the border.
const MARGIN: i64 = 24;

/// The places of the nodes and the paths of the edges of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The width of the drawing.
    pub width: i64,
    /// The height of the drawing.
    pub height: i64,
    /// The places of the nodes, in their order. No two of them overlap.
    pub nodes: Vec<Rect>,
    /// The paths of the edges, in their order. Each begins and ends at the borders of its nodes; a path between a node
    /// and itself is empty. From an even point to the next one, it is a curve; from an odd one, a horizontal line.
    pub paths: Vec<Vec<Point>>,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// The left border.
    pub x: i64,
    /// The upper border.
    pub y: i64,
    /// The width.
    pub width: i64,
    /// The height.
    pub height: i64,
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The distance from the left.
    pub x: i64,
    /// The distance from the top.
    pub y: i64,
}

impl Layout {
    /// The layout of a graph. It takes time and memory in proportion to the size of the graph, but for sorting.
    pub fn of(graph: &Graph) -> Self {
        let layers = layers::layers(graph);
        let mut columns = Columns::new(graph, &layers);
        order::sort(&mut columns);
        let centers = positions::centers(&columns);
        let left =
            |column: usize| MARGIN + i64::try_from(column).unwrap_or(i64::MAX) * (NODE.0 + GAP);
        let top = |item: usize| MARGIN + NODE.1 / 2 + centers[item];
        let nodes = (0..graph.nodes.len()).map(|node| Rect {
            x: left(columns.column[node]),
            y: top(node) - NODE.1 / 2,
            width: NODE.0,
            height: NODE.1,
        });
        let paths = columns.chains.iter().enumerate().map(|(edge, chain)| {
            let points = chain.iter().enumerate().flat_map(|(at, item)| {
                let x = left(columns.column[*item]);
                let y = top(*item);
                let (start, end) = (Point { x, y }, Point { x: x + NODE.0, y });
                let is_last = at + 1 == chain.len();
                let points = [(at > 0).then_some(start), (!is_last).then_some(end)];
                points.into_iter().flatten()
            });
            let mut points: Vec<Point> = points.collect();
            if layers.reversed[edge] {
                points.reverse();
            }
            points
        });
        let paths = paths.collect();
        let last = columns.stacks.len().saturating_sub(1);
        let lowest = (0..columns.items.len()).map(top).max().unwrap_or_default();
        Self {
            width: left(last) + NODE.0 + MARGIN,
            height: lowest + NODE.1 / 2 + MARGIN,
            nodes: nodes.collect(),
            paths,
        }
    }
}

impl Item {
    /// Half of the height.
    fn half(self) -> i64 {
        match self {
            Self::Node => NODE.1 / 2,
            Self::Slot => 0,
        }
    }
}
