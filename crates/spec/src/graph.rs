//! Topological sorting.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Sorts `0..count` so that `a` comes before `b` for each edge `(a, b)`; among candidates, the
/// smallest comes first. Takes linear time in the number of edges, except for a heap of candidates.
///
/// # Errors If there is a cycle, returns it: each member has an edge to the next, and the last to
/// the first.
pub fn order(count: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Vec<usize>> {
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
    if sorted.len() == count {
        return Ok(sorted);
    }
    Err(cycle(&waiting, edges))
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
    use super::order;

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
}
