//! Topological sorting.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Sorts `0..count` so that `a` comes before `b` for each edge `(a, b)`; among candidates, the
/// smallest comes first. Takes linear time in the number of edges, except for a heap of candidates.
///
/// # Errors If there is a cycle, returns it: each member has an edge to the next, and the last to
/// the first.
pub fn order(count: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
    let (sorted, waiting) = peel(count, edges);
    if sorted.len() == count {
        return Ok(sorted);
    }
    Err(cycle(&waiting, edges))
}

/// The edges that are neither in a cycle nor on a path between two cycles, in their order.
pub fn acyclic(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let reverse: Vec<_> = edges.iter().map(|&(a, b)| (b, a)).collect();
    let ((_, before), (_, after)) = (peel(count, edges), peel(count, &reverse));
    let remains = |node: usize| before[node] > 0 && after[node] > 0;
    let edges = edges.iter().copied();
    edges.filter(|&(a, b)| !remains(a) || !remains(b)).collect()
}

/// The nodes that are in no cycle and do not follow one, each after those with an edge to it, and the
/// number of edges for which each node still waits.
fn peel(count: usize, edges: &[(usize, usize)]) -> (Vec<usize>, Vec<usize>) {
    let mut waiting = vec![0usize; count];
    let mut after = vec![Vec::new(); count];
    for &(a, b) in edges {
        waiting[b] += 1;
        after[a].push(b);
    }
    let mut free: BinaryHeap<_> = (0..count)
        .filter(|&n| waiting[n] == 0)
        .map(Reverse)
        .collect();
    let mut sorted = Vec::with_capacity(count);
    while let Some(Reverse(next)) = free.pop() {
        sorted.push(next);
        for &later in &after[next] {
            waiting[later] -= 1;
            if waiting[later] == 0 {
                free.push(Reverse(later));
            }
        }
    }
    (sorted, waiting)
}

/// A cycle among the remaining nodes. Each of them waits for another remaining node, so following
/// these edges must reach a visited node.
fn cycle(waiting: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let mut earlier = vec![None; waiting.len()];
    for &(a, b) in edges {
        if waiting[a] > 0 && waiting[b] > 0 {
            earlier[b] = earlier[b].or(Some(a));
        }
    }
    let mut seen = vec![false; waiting.len()];
    let mut at = waiting.iter().position(|&count| count > 0);
    while let Some(node) = at.filter(|&node| !seen[node]) {
        seen[node] = true;
        at = earlier[node];
    }
    let mut members = Vec::new();
    while let Some(node) = at.filter(|&node| seen[node]) {
        seen[node] = false;
        members.push(node);
        at = earlier[node];
    }
    members.reverse();
    members
}

#[cfg(test)]
mod tests {
    use super::{acyclic, order};

    #[test]
    fn sorts_and_finds_cycles() {
        assert_eq!(order(4, &[(3, 0), (2, 0)]), Ok(vec![1, 2, 3, 0]));
        assert_eq!(order(0, &[]), Ok(vec![]));
        for edges in [
            &[(1, 1)][..],
            &[(0, 1), (1, 2), (2, 1)],
            &[(0, 1), (1, 0), (2, 0)],
        ] {
            let cycle = order(3, edges).unwrap_err();
            assert!(!cycle.is_empty());
            for (at, &member) in cycle.iter().enumerate() {
                let next = cycle[(at + 1) % cycle.len()];
                assert!(edges.contains(&(member, next)), "{cycle:?} in {edges:?}");
            }
        }
    }

    #[test]
    fn keeps_edges_outside_of_cycles() {
        let edges = [(0, 1), (1, 2), (2, 1), (2, 3), (3, 4), (4, 3), (4, 5)];
        assert_eq!(acyclic(6, &edges), [(0, 1), (4, 5)]);
        assert_eq!(acyclic(3, &[(0, 1), (1, 2)]), [(0, 1), (1, 2)]);
        assert_eq!(acyclic(1, &[(0, 0)]), []);
    }
}
