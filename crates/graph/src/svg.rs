//! Drawings as SVG.

use std::fmt::Write;

use crate::escape;
use crate::graph::{EdgeKind, Graph, GraphEdge, GraphNode, NodeKind};
use crate::layout::{Layout, Point, Rect};

/// The rules of the drawing.
pub(crate) const STYLE: &str = include_str!("page/graph.css");

/// The height of the legend above the drawing.
const LEGEND: i64 = 64;

/// The widest lines of a label, in tenths of a pixel.
const WIDEST: u32 = 1_560;

/// The graph as an SVG image with a legend. It has no scripts, and refers to nothing outside of it.
pub fn svg(graph: &Graph, layout: &Layout) -> String {
    let legend = legend(graph);
    let (width, height) = (layout.width.max(legend.width), layout.height + LEGEND);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n"
    );
    let _ = writeln!(text, "<title>{}</title>", escape::xml(&graph.title));
    let _ = writeln!(text, "<style>\n{STYLE}</style>");
    let _ = writeln!(
        text,
        "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"
    );
    text.push_str(&legend.text);
    let _ = writeln!(text, "<g transform=\"translate(0 {LEGEND})\">");
    text.push_str(&drawing(graph, layout));
    text.push_str("</g>\n</svg>\n");
    text
}

/// The edges and nodes. Their ids are `e` and `n` with their indices.
pub(crate) fn drawing(graph: &Graph, layout: &Layout) -> String {
    let mut text = "<g class=\"edges\">\n".to_owned();
    for (at, (edge, path)) in graph.edges.iter().zip(&layout.paths).enumerate() {
        if let [.., before, end] = path.as_slice() {
            let class = edge.kind.class();
            let _ = writeln!(
                text,
                "<g class=\"edge {class}\" id=\"e{at}\"><title>{}</title>\
                 <path class=\"line\" d=\"{}\"/><path d=\"{}\"/></g>",
                escape::xml(&sentence(graph, edge)),
                curve(path),
                tip(*before, *end)
            );
        }
    }
    text.push_str("</g>\n<g class=\"nodes\">\n");
    for (at, (node, rect)) in graph.nodes.iter().zip(&layout.nodes).enumerate() {
        let class = node.kind.class();
        let _ = writeln!(
            text,
            "<g class=\"node {class}\" id=\"n{at}\" transform=\"translate({} {})\"><title>{}</title>{}{}</g>",
            rect.x,
            rect.y,
            escape::xml(&description(node)),
            shape(node.kind, *rect),
            label(node, *rect)
        );
    }
    text.push_str("</g>\n");
    text
}

/// The text of an edge, such as ``web declares postgres.default#web.db as db``.
fn sentence(graph: &Graph, edge: &GraphEdge) -> String {
    let name = |at: usize| match graph.nodes[at].kind {
        NodeKind::Route => &graph.nodes[at].title,
        _ => &graph.nodes[at].name,
    };
    let label = edge.label.as_ref().map(|label| format!(" as {label}"));
    let (from, to) = (name(edge.from), name(edge.to));
    format!(
        "{from} {} {to}{}",
        edge.kind.phrase(),
        label.unwrap_or_default()
    )
}

/// The complete text of a node, of which the label may show only a part.
fn description(node: &GraphNode) -> String {
    let GraphNode {
        title, subtitle, ..
    } = node;
    let kind = node.kind.phrase();
    match node.kind {
        NodeKind::Route => format!("{kind}: {title} {subtitle}"),
        NodeKind::Workload | NodeKind::External => format!("{kind}: {title} ({subtitle})"),
        NodeKind::Resource | NodeKind::Data | NodeKind::Unhandled => {
            format!("{kind}: {}", node.name)
        }
    }
}

fn curve(path: &[Point]) -> String {
    let mut text = String::new();
    for (at, point) in path.iter().enumerate() {
        let Point { x, y } = *point;
        let _ = match at.checked_sub(1).map(|before| path[before]) {
            None => write!(text, "M{x} {y}"),
            Some(before) if at % 2 == 1 && before.y != y => {
                let middle = i64::midpoint(before.x, x);
                write!(text, "C{middle} {} {middle} {y} {x} {y}", before.y)
            }
            Some(_) => write!(text, "H{x}"),
        };
    }
    text
}

/// The tip of an arrow.
fn tip(before: Point, Point { x, y }: Point) -> String {
    let back = if before.x < x { -7 } else { 7 };
    format!("M{} {}L{x} {y}L{} {}", x + back, y - 4, x + back, y + 4)
}

/// The shape of a node: the kinds differ not only in colour.
fn shape(kind: NodeKind, Rect { width, height, .. }: Rect) -> String {
    let rect = |radius: i64| {
        format!("<rect class=\"shape\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>")
    };
    let line = |x: i64| format!("<path class=\"shape\" d=\"M{x} 0V{height}\"/>");
    match kind {
        NodeKind::Route => rect(height / 2),
        NodeKind::Workload => rect(3),
        NodeKind::Resource | NodeKind::Unhandled => rect(11),
        NodeKind::Data => format!("{}{}", rect(11), line(width - 12)),
        NodeKind::External => format!("{}{}{}", rect(3), line(6), line(width - 6)),
    }
}

fn label(node: &GraphNode, Rect { width, height, .. }: Rect) -> String {
    let line = |class: &str, y: i64, text: &str| {
        format!(
            "<text class=\"{class}\" x=\"12\" y=\"{y}\">{}</text>",
            escape::xml(text)
        )
    };
    debug_assert!(width > 24);
    if node.subtitle.is_empty() {
        return line("title", height / 2 + 4, &cut(&node.title, 76));
    }
    let title = line("title", height / 2 - 3, &cut(&node.title, 76));
    title + &line("subtitle", height / 2 + 13, &cut(&node.subtitle, 62))
}

/// As much of the text as is certainly visible in a node, with the width of a usual letter in tenths of a pixel. The
/// width of letters is not known here.
fn cut(text: &str, letter: u32) -> String {
    let width = |c: char| match c {
        'm' | 'w' | 'M' | 'W' | '@' => letter * 3 / 2,
        'i' | 'j' | 'l' | '.' | ',' | ' ' | ':' | 't' | 'f' | 'r' | '-' => letter * 3 / 4,
        c if c.is_ascii() => letter,
        _ => letter * 2,
    };
    let text = score_spec::diagnostic::printable::clean(text);
    let total: u32 = text.chars().map(width).fold(0, u32::saturating_add);
    if total <= WIDEST {
        return text;
    }
    let mut room = WIDEST - letter * 2;
    let fits = |c: &char| {
        let left = room.checked_sub(width(*c));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{kept}…")
}

/// A legend and its width.
struct Legend {
    text: String,
    width: i64,
}

/// Explains the kinds of nodes and edges of the graph.
fn legend(graph: &Graph) -> Legend {
    let mut text = "<g class=\"legend\">\n".to_owned();
    let phrase =
        |x: i64, y: i64, phrase: &str| format!("<text x=\"{x}\" y=\"{y}\">{phrase}</text>");
    let after = |x: i64, phrase: &str| x + i64::try_from(phrase.len()).unwrap_or_default() * 8 + 16;
    let mut x = 24;
    let rect = Rect {
        x: 0,
        y: 0,
        width: 34,
        height: 20,
    };
    for kind in NodeKind::ALL {
        if graph.nodes.iter().any(|node| node.kind == kind) {
            let (class, shape) = (kind.class(), shape(kind, rect));
            let _ = writeln!(
                text,
                "<g class=\"{class}\" transform=\"translate({x} 12)\">{shape}</g>{}",
                phrase(x + 42, 27, kind.phrase())
            );
            x = after(x + 42, kind.phrase());
        }
    }
    let mut width = x;
    x = 24;
    for kind in EdgeKind::ALL {
        if graph.edges.iter().any(|edge| edge.kind == kind) {
            let (start, end) = (Point { x, y: 50 }, Point { x: x + 34, y: 50 });
            let _ = writeln!(
                text,
                "<g class=\"edge {}\"><path class=\"line\" d=\"{}\"/><path d=\"{}\"/></g>{}",
                kind.class(),
                curve(&[start, end]),
                tip(start, end),
                phrase(x + 42, 54, kind.phrase())
            );
            x = after(x + 42, kind.phrase());
        }
    }
    width = width.max(x);
    text.push_str("</g>\n");
    Legend { text, width }
}
