//! Pages with a drawing, search and details.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use score_compiler::model::Model;
use score_spec::Sources;
use sha2::{Digest, Sha256};

use crate::details::details;
use crate::escape;
use crate::graph::{EdgeKind, Graph, NodeKind};
use crate::layout::Layout;
use crate::svg::{STYLE, drawing};

const PAGE_STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const PAGE: &str = include_str!("page/page.html");

/// The graph as a page in one file, with search and the details of each node. The model is that of the graph, and the
/// sources are those of its compilation. The page loads nothing, and allows only its own script and style.
pub fn html(graph: &Graph, layout: &Layout, model: &Model, sources: &Sources) -> String {
    let style = format!("\n{STYLE}{PAGE_STYLE}");
    let script = format!("\n{SCRIPT}");
    let parts = [
        ("TITLE", escape::xml(&graph.title)),
        ("STYLE_HASH", hash(&style)),
        ("SCRIPT_HASH", hash(&script)),
        ("STYLE", style),
        ("SCRIPT", script),
        ("LEGEND", legend(graph)),
        ("WIDTH", layout.width.to_string()),
        ("HEIGHT", layout.height.to_string()),
        ("DRAWING", drawing(graph, layout)),
        ("DATA", escape::json(&details(graph, model, sources))),
    ];
    filled(PAGE, &parts)
}

/// Items that explain the kinds of nodes and edges of the graph.
fn legend(graph: &Graph) -> String {
    let nodes = NodeKind::ALL.into_iter();
    let nodes = nodes.filter(|kind| graph.nodes.iter().any(|node| node.kind == *kind));
    let nodes = nodes.map(|kind| (kind.class().to_owned(), kind.phrase()));
    let edges = EdgeKind::ALL.into_iter();
    let edges = edges.filter(|kind| graph.edges.iter().any(|edge| edge.kind == *kind));
    let edges = edges.map(|kind| (format!("edge {}", kind.class()), kind.phrase()));
    let items = nodes.chain(edges);
    let items = items.map(|(class, phrase)| format!("<li class=\"{class}\">{phrase}</li>"));
    items.collect()
}

/// The template with its parts, each in a `{{NAME}}`. The parts themselves are not searched.
fn filled(template: &str, parts: &[(&str, String)]) -> String {
    let mut text = String::new();
    let mut pieces = template.split("{{");
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let part = parts.iter().find(|(known, _)| *known == name);
        text.push_str(part.map_or("", |(_, part)| part));
        text.push_str(rest);
    }
    text
}

/// The hash of an element's contents, by which a policy allows it.
fn hash(contents: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(contents)))
}
