//! The layer of each node: the length of the longest path to it.

use std::collections::VecDeque;

use crate::graph::{Graph, NodeKind};

/// The layers of a graph.
#[derive(Debug)]
pub(super) struct Layers {
    /// The layer of each node.
    pub(super) layer: Vec<usize>,
    /// Whether an edge leads to the left, because it is part of a cycle.
    pub(super) reversed: Vec<bool>,
}

/// The edges of each node, as pairs of their indices and other nodes.
type Neighbors = Vec<Vec<(usize, usize)>>;

pub(super) fn layers(graph: &Graph) -> Layers {
    let mut next: Neighbors = vec![Vec::new(); graph.nodes.len()];
    for (at, edge) in graph.edges.iter().enumerate() {
        if edge.from != edge.to {
            next[edge.from].push((at, edge.to));
        }
    }
    let reversed = closing(&next, graph.edges.len());
    let mut forward: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (from, neighbors) in next.iter().enumerate() {
        for (edge, to) in neighbors {
            let (from, to) = if reversed[*edge] {
                (*to, from)
            } else {
                (from, *to)
            };
            forward[from].push(to);
        }
    }
    let mut layer = longest_paths(graph, &forward);
    close_gaps(&mut layer);
    Layers { layer, reversed }
}

/// The edges that close a cycle, in a depth-first search in the order of the nodes.
fn closing(next: &Neighbors, edges: usize) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        New,
        Open,
        Done,
    }
    let mut reversed = vec![false; edges];
    let mut visits = vec![Visit::New; next.len()];
    for start in 0..next.len() {
        if visits[start] != Visit::New {
            continue;
        }
        visits[start] = Visit::Open;
        let mut open = vec![(start, 0)];
        while let Some((node, at)) = open.pop() {
            let Some((edge, to)) = next[node].get(at) else {
                visits[node] = Visit::Done;
                continue;
            };
            open.push((node, at + 1));
            match visits[*to] {
                Visit::New => {
                    visits[*to] = Visit::Open;
                    open.push((*to, 0));
                }
                Visit::Open => reversed[*edge] = true,
                Visit::Done => {}
            }
        }
    }
    reversed
}

/// The length of the longest path to each node of a graph without cycles. Routes are on the left.
fn longest_paths(graph: &Graph, next: &[Vec<usize>]) -> Vec<usize> {
    let mut before = vec![0_usize; next.len()];
    for to in next.iter().flatten() {
        before[*to] += 1;
    }
    let first = |kind: NodeKind| usize::from(kind != NodeKind::Route);
    let mut layer: Vec<usize> = graph.nodes.iter().map(|it| first(it.kind)).collect();
    let is_source: Vec<bool> = before.iter().map(|number| *number == 0).collect();
    let sources = (0..next.len()).filter(|node| is_source[*node]);
    let mut open: VecDeque<usize> = sources.collect();
    let mut sorted = Vec::with_capacity(next.len());
    while let Some(node) = open.pop_front() {
        sorted.push(node);
        for to in &next[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            before[*to] -= 1;
            if before[*to] == 0 {
                open.push_back(*to);
            }
        }
    }
    // A node that nothing needs is close to what it needs, so that edges are short.
    for node in sorted.into_iter().filter(|node| is_source[*node]) {
        let nearest = next[node].iter().map(|to| layer[*to]).min();
        if let Some(nearest) = nearest.filter(|_| graph.nodes[node].kind != NodeKind::Route) {
            layer[node] = layer[node].max(nearest - 1);
        }
    }
    layer
}

/// Removes layers without nodes.
fn close_gaps(layer: &mut [usize]) {
    let mut used: Vec<usize> = layer.to_vec();
    used.sort_unstable();
    used.dedup();
    for layer in layer {
        *layer = used.partition_point(|it| it < layer);
    }
}
