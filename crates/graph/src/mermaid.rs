//! Flowcharts of Mermaid.

use std::fmt::Write;

use crate::escape;
use crate::graph::{EdgeKind, Graph, GraphNode, NodeKind};

/// The graph as a flowchart of Mermaid.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (at, node) in graph.nodes.iter().enumerate() {
        let (open, close) = shape(node.kind);
        let class = node.kind.class();
        let _ = writeln!(text, "  n{at}{open}\"{}\"{close}:::{class}", label(node));
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::LeadsTo => "==>",
            EdgeKind::Uses | EdgeKind::Declares => "-->",
            EdgeKind::Requires | EdgeKind::RefersTo => "-.->",
        };
        let name = edge.label.as_deref().map(escape::mermaid);
        let name = name.map(|it| format!(" {it}")).unwrap_or_default();
        let phrase = edge.kind.phrase();
        let _ = writeln!(
            text,
            "  n{} {arrow}|\"{phrase}{name}\"| n{}",
            edge.from, edge.to
        );
    }
    for kind in NodeKind::ALL {
        if graph.nodes.iter().any(|it| it.kind == kind) {
            let _ = writeln!(text, "  classDef {} {}", kind.class(), style(kind));
        }
    }
    text
}

fn label(node: &GraphNode) -> String {
    let title = escape::mermaid(&node.title);
    match node.subtitle.as_str() {
        "" => title,
        subtitle => format!("{title}<br/>{}", escape::mermaid(subtitle)),
    }
}

/// The delimiters of the label, which select the shape.
fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Route => ("([", "])"),
        NodeKind::Workload => ("[", "]"),
        NodeKind::Resource => ("(", ")"),
        NodeKind::Data => ("[(", ")]"),
        NodeKind::Unhandled => ("{{", "}}"),
        NodeKind::External => ("[[", "]]"),
    }
}

fn style(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Route => "fill:#fff1dc,stroke:#b45309,color:#1c1917",
        NodeKind::Workload => "fill:#dbeafe,stroke:#1d4ed8,color:#1c1917",
        NodeKind::Resource => "fill:#dcfce7,stroke:#15803d,color:#1c1917",
        NodeKind::Data => "fill:#ede9fe,stroke:#6d28d9,color:#1c1917",
        NodeKind::Unhandled => "fill:#fee2e2,stroke:#b91c1c,color:#1c1917,stroke-dasharray:5 3",
        NodeKind::External => "fill:#f5f5f4,stroke:#57534e,color:#1c1917",
    }
}
