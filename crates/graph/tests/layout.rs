//! Layouts of random graphs: nodes do not overlap, edges end at their nodes, and large graphs need little memory.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use score_graph::{EdgeKind, Graph, GraphEdge, GraphNode, Layout, NodeKind, Point, Rect};

/// A generator of numbers, which are the same in each run.
struct Numbers(u64);

impl Numbers {
    /// A number below a limit.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn node(kind: NodeKind, name: String) -> GraphNode {
    let (title, subtitle) = (name.clone(), String::new());
    GraphNode {
        kind,
        name,
        title,
        subtitle,
    }
}

fn edge(from: usize, to: usize, kind: EdgeKind) -> GraphEdge {
    GraphEdge {
        from,
        to,
        kind,
        label: None,
    }
}

/// Workloads that refer to each other, also in cycles, with resources of their own and shared ones, and routes.
fn random(numbers: &mut Numbers, workloads: usize) -> Graph {
    let mut graph = Graph::default();
    let routes = numbers.below(workloads + 1);
    let shared = 1 + numbers.below(1 + workloads / 4);
    let add = |graph: &mut Graph, kind, number| {
        let first = graph.nodes.len();
        let names = (0..number).map(|at| node(kind, format!("{kind:?}#{at}")));
        graph.nodes.extend(names);
        first
    };
    add(&mut graph, NodeKind::Route, routes);
    let first = add(&mut graph, NodeKind::Workload, workloads);
    let common = add(&mut graph, NodeKind::Data, shared);
    for route in 0..routes {
        let to = first + numbers.below(workloads);
        graph.edges.push(edge(route, to, EdgeKind::LeadsTo));
    }
    for workload in first..first + workloads {
        for _ in 0..numbers.below(3) {
            let to = first + numbers.below(workloads);
            graph.edges.push(edge(workload, to, EdgeKind::Uses));
        }
        for _ in 0..numbers.below(3) {
            let to = common + numbers.below(shared);
            graph.edges.push(edge(workload, to, EdgeKind::Declares));
        }
        let mut from = workload;
        for depth in 0..numbers.below(5) {
            let own = add(&mut graph, NodeKind::Resource, 1);
            let kind = if depth == 0 {
                EdgeKind::Declares
            } else {
                EdgeKind::Requires
            };
            graph.edges.push(edge(from, own, kind));
            if numbers.below(3) == 0 {
                from = own;
            }
        }
    }
    graph
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Whether a point is on the left or right border.
fn is_at(rect: Rect, point: Point) -> bool {
    (point.x == rect.x || point.x == rect.x + rect.width)
        && (rect.y..=rect.y + rect.height).contains(&point.y)
}

fn check(graph: &Graph) {
    let layout = Layout::of(graph);
    assert_eq!(layout, Layout::of(graph));
    assert_eq!(layout.nodes.len(), graph.nodes.len());
    assert_eq!(layout.paths.len(), graph.edges.len());
    for (at, rect) in layout.nodes.iter().enumerate() {
        assert!(rect.x >= 0 && rect.y >= 0, "{rect:?}");
        assert!(rect.x + rect.width <= layout.width && rect.y + rect.height <= layout.height);
        for (other, another) in layout.nodes.iter().enumerate().take(at) {
            assert!(
                !overlap(*rect, *another),
                "{at} and {other}: {rect:?} {another:?}"
            );
        }
    }
    for (edge, path) in graph.edges.iter().zip(&layout.paths) {
        if edge.from == edge.to {
            assert!(path.is_empty());
            continue;
        }
        assert!(is_at(layout.nodes[edge.from], path[0]), "{edge:?} {path:?}");
        assert!(
            is_at(layout.nodes[edge.to], *path.last().unwrap()),
            "{edge:?} {path:?}"
        );
        // Between its nodes, an edge passes no other node.
        for line in path[1..path.len() - 1].chunks(2) {
            assert_eq!(line[0].y, line[1].y, "{edge:?} {path:?}");
            let is_crossed = |rect: &Rect| {
                (rect.y..=rect.y + rect.height).contains(&line[0].y)
                    && rect.x <= line[0].x.max(line[1].x)
                    && line[0].x.min(line[1].x) <= rect.x + rect.width
            };
            assert!(!layout.nodes.iter().any(is_crossed), "{edge:?} {path:?}");
        }
    }
}

#[test]
fn nodes_of_100_workloads_do_not_overlap() {
    for seed in 0..40 {
        check(&random(&mut Numbers(seed), 100));
    }
}

#[test]
fn small_graphs_have_a_layout() {
    check(&Graph::default());
    for seed in 0..300 {
        let workloads = 1 + usize::try_from(seed).unwrap() % 7;
        check(&random(&mut Numbers(seed), workloads));
    }
    let mut graph = random(&mut Numbers(1), 1);
    graph.edges.push(edge(0, 0, EdgeKind::Uses));
    check(&graph);
}

/// The node that is needed is on the right, unless the edge closes a cycle.
#[test]
fn edges_lead_to_the_right() {
    let mut graph = random(&mut Numbers(7), 60);
    graph
        .edges
        .retain(|it| it.kind != EdgeKind::Uses || it.from < it.to);
    let layout = Layout::of(&graph);
    for edge in &graph.edges {
        assert!(
            layout.nodes[edge.from].x < layout.nodes[edge.to].x,
            "{edge:?}"
        );
    }
}

/// A chain of workloads that all need one resource, and whose last one needs the first.
#[test]
fn slots_are_bounded() {
    let number = 10_000;
    let mut graph = Graph::default();
    let names = (0..number).map(|at| node(NodeKind::Workload, format!("w{at}")));
    graph.nodes.extend(names);
    graph.nodes.push(node(NodeKind::Resource, "r#r".to_owned()));
    for at in 0..number {
        graph
            .edges
            .push(edge(at, (at + 1) % number, EdgeKind::Uses));
        graph.edges.push(edge(at, number, EdgeKind::Declares));
    }
    let layout = Layout::of(&graph);
    let points: usize = layout.paths.iter().map(Vec::len).sum();
    assert!(points < graph.edges.len() * 4, "{points}");
    let places: BTreeSet<(i64, i64)> = layout.nodes.iter().map(|it| (it.x, it.y)).collect();
    assert_eq!(places.len(), graph.nodes.len());
}
