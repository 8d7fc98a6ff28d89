//! Graphs in the language of Graphviz.

use std::fmt::Write;

use crate::escape;
use crate::graph::{EdgeKind, Graph, GraphNode, NodeKind};

/// The graph in the language of Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut text = "digraph score {\n".to_owned();
    let _ = writeln!(text, "  label=\"{}\"", escape::dot(&graph.title));
    text.push_str("  rankdir=LR\n");
    text.push_str("  node [fontname=\"Helvetica\", fontsize=11, style=filled]\n");
    text.push_str("  edge [fontname=\"Helvetica\", fontsize=9, color=\"#78716c\"]\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let style = style(node.kind);
        let _ = writeln!(text, "  n{at} [label=\"{}\", {style}]", label(node));
    }
    for edge in &graph.edges {
        let name = edge.label.as_deref().map(escape::dot);
        let name = name.map(|it| format!(" {it}")).unwrap_or_default();
        let phrase = edge.kind.phrase();
        let style = match edge.kind {
            EdgeKind::LeadsTo => ", style=bold",
            EdgeKind::Uses | EdgeKind::Declares => "",
            EdgeKind::Requires | EdgeKind::RefersTo => ", style=dashed",
        };
        let (from, to) = (edge.from, edge.to);
        let _ = writeln!(text, "  n{from} -> n{to} [label=\"{phrase}{name}\"{style}]");
    }
    text.push_str("}\n");
    text
}

fn label(node: &GraphNode) -> String {
    let title = escape::dot(&node.title);
    match node.subtitle.as_str() {
        "" => title,
        subtitle => format!("{title}\\n{}", escape::dot(subtitle)),
    }
}

fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Route => "shape=ellipse, fillcolor=\"#fff1dc\", color=\"#b45309\"",
        NodeKind::Workload => "shape=box, fillcolor=\"#dbeafe\", color=\"#1d4ed8\"",
        NodeKind::Resource => {
            "shape=box, style=\"filled,rounded\", fillcolor=\"#dcfce7\", color=\"#15803d\""
        }
        NodeKind::Data => "shape=cylinder, fillcolor=\"#ede9fe\", color=\"#6d28d9\"",
        NodeKind::Unhandled => {
            "shape=octagon, style=\"filled,dashed\", fillcolor=\"#fee2e2\", color=\"#b91c1c\""
        }
        NodeKind::External => "shape=component, fillcolor=\"#f5f5f4\", color=\"#57534e\"",
    }
}
