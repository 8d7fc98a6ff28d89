//! Text of a project cannot leave its place in any format, and JSON matches its schema.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use score_compiler::model::Model;
use score_compiler::{Compiler, Forms, Inputs, Kubernetes, Memory, Rendered};
use score_graph::{
    EdgeKind, Graph, GraphEdge, GraphNode, Layout, NodeKind, dot, html, mermaid, svg,
};
use serde_json::Value;

/// Strings that mean something in one of the formats.
const HOSTILE: &[&str] = &[
    "</title><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</script><script>alert(1)</script><!--",
    "<!--<script>",
    "]]>&lt;&#60;&amp;",
    "a\"] --> b\n  click n0 \"javascript:alert(1)\"\n  c[\"",
    "`**bold**` #35;#quot; %%{init: {\"securityLevel\": \"loose\"}}%%",
    "style x:#f; classDef x fill:#f;",
    "a\\\"]; n0 -> n0 [label=\"\\N\\G\\",
    "\\",
    "{{DATA}} {{SCRIPT}}",
    "\u{202e}\u{2066}\u{0}\u{1b}[31m\u{feff}\u{fffe}\u{ffff}\u{2028}\u{85}\r",
    "𝕬é字\t ",
];

fn graph(text: &str) -> Graph {
    let node = |kind| GraphNode {
        kind,
        name: text.to_owned(),
        title: text.to_owned(),
        subtitle: text.to_owned(),
    };
    let edge = |(at, kind)| GraphEdge {
        from: at,
        to: at + 1,
        kind,
        label: Some(text.to_owned()),
    };
    Graph {
        title: text.to_owned(),
        nodes: NodeKind::ALL.map(node).into(),
        edges: EdgeKind::ALL.into_iter().enumerate().map(edge).collect(),
    }
}

/// The markup between text: of the document, or of its lines.
fn tags(text: &str) -> Vec<&str> {
    let tags = text.split('<').skip(1);
    tags.map(|tag| tag.split_once('>').map_or(tag, |it| it.0))
        .collect()
}

/// The text without what is in double quotes.
fn unquoted(text: &str) -> String {
    let mut outside = String::new();
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        match c {
            '"' if !is_escaped => is_quoted = !is_quoted,
            c if !is_quoted => outside.push(c),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    assert!(!is_quoted, "{text}");
    outside
}

#[test]
fn text_stays_in_its_place() {
    let harmless = graph("x");
    let layout = Layout::of(&harmless);
    for text in HOSTILE {
        let hostile = graph(text);
        assert_eq!(Layout::of(&hostile), layout);
        let image = svg(&hostile, &layout);
        assert_eq!(tags(&image), tags(&svg(&harmless, &layout)), "{text}");
        let forbidden =
            |c: char| c < ' ' && !"\n\t".contains(c) || "\u{fffe}\u{ffff}\u{202e}".contains(c);
        assert!(!image.contains(forbidden), "{text}");
        assert_eq!(
            unquoted(&dot(&hostile)),
            unquoted(&dot(&harmless)),
            "{text}"
        );
        let chart = mermaid(&hostile);
        assert_eq!(unquoted(&chart), unquoted(&mermaid(&harmless)), "{text}");
        assert!(!chart.contains(['`', '%', '\\', '\'', '&']), "{text}");
        // Every `#` of a label begins an entity, and every `<` is that of our own line break.
        let labels = chart.lines().filter(|line| line.contains('"'));
        let labels = labels
            .map(|line| line.replace("<br/>", ""))
            .collect::<String>();
        assert!(!labels.contains('<'), "{text}");
        for entity in labels.split('#').skip(1) {
            let number = entity.split_once(';').unwrap().0;
            assert!(
                number.bytes().all(|it| it.is_ascii_digit()),
                "{text}: {labels}"
            );
        }
    }
}

/// A project with a string in all places that accept it.
fn project(text: &str) -> (Rendered, Model) {
    let text = serde_json::to_string(&text.replace('$', "")).unwrap();
    // YAML allows them only as escapes.
    let text = text
        .replace('\u{fffe}', "\\ufffe")
        .replace('\u{ffff}', "\\uffff");
    let spec = format!(
        "{{apiVersion: score.dev/v1b1, metadata: {{name: web, annotations: {{example.com/note: {text}}}}}, \
         containers: {{main: {{image: {text}, variables: {{N: {text}}}}}}}, \
         resources: {{db: {{type: thing, params: {{x: {text}}}}}, other: {{type: postgres, class: nothing}}}}}}"
    );
    let thing = format!(
        "{{apiVersion: score-rs/v1, kind: Provisioner, type: thing, description: {text}, \
         params: {{properties: {{x: {{}}}}}}, outputs: {{properties: {{a: {{}}}}}}, values: {{a: 1}}}}"
    );
    let compiler = Compiler::new().with_provisioners("things.yaml", thing);
    let inputs = Inputs::new().with_spec("a&b<c>.yaml", spec);
    let (world, target) = (Memory::new(), Kubernetes::default());
    let compiled = compiler.compile(&world, inputs);
    let mut rendered = compiled.render_as(&target, Forms::OBJECTS);
    let model = compiled.describe(&mut rendered, Some(&target)).model;
    (rendered, model)
}

fn page(text: &str) -> String {
    let (rendered, model) = project(text);
    assert_eq!(model.workloads.len(), 1, "{}", rendered.report());
    let graph = Graph::of(&model);
    html(&graph, &Layout::of(&graph), &model, &rendered.sources)
}

/// The data of a page, and the page without it.
fn data(page: &str) -> (Value, String) {
    let (before, rest) = page.split_once("id=\"data\">").unwrap();
    let (data, after) = rest.split_once("</script>").unwrap();
    (
        serde_json::from_str(data).unwrap(),
        format!("{before}{after}"),
    )
}

#[test]
fn data_of_pages_are_text() {
    let (harmless, around) = data(&page("x"));
    let policy = around.split("http-equiv=").nth(1).unwrap();
    let policy = policy.split('>').next().unwrap();
    assert!(
        policy.contains("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for text in HOSTILE {
        let page = page(text);
        assert_eq!(page.matches("<script").count(), 2, "{text}");
        assert_eq!(page.matches("</script").count(), 2, "{text}");
        assert!(!page.contains(['\u{2028}', '\u{202e}', '\0']), "{text}");
        let (data, rest) = data(&page);
        assert_eq!(tags(&rest), tags(&around), "{text}");
        let count = |data: &Value| data["nodes"].as_array().map(Vec::len);
        assert_eq!(count(&data), count(&harmless));
        let shown = data.to_string();
        let word = text
            .split(|c: char| !c.is_alphanumeric())
            .max_by_key(|it| it.len());
        assert!(shown.contains(word.unwrap()), "{text}: {shown}");
    }
}

/// A schema that accepts no fields other than those that it describes.
fn strict(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(strict);
        }
        Value::Array(items) => items.iter_mut().for_each(strict),
        _ => {}
    }
}

#[test]
fn json_matches_its_schema() {
    let mut schema: Value = serde_json::from_str(score_schemas::MODEL).unwrap();
    strict(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    for text in HOSTILE {
        let (rendered, model) = project(text);
        let json = model.to_json(&rendered.sources);
        let errors = validator.iter_errors(&json).map(|it| it.to_string());
        assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new(), "{json:#}");
    }
}

#[test]
fn a_focus_has_what_is_needed_in_both_directions() {
    let mut graph = graph("x");
    for (at, node) in graph.nodes.iter_mut().enumerate() {
        node.name = format!("n{at}");
    }
    let names = |graph: Option<Graph>| {
        let nodes = graph.unwrap().nodes;
        nodes.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(graph.focused("n2")),
        ["n0", "n1", "n2", "n3", "n4", "n5"]
    );
    graph.edges.retain(|it| it.from != 2);
    assert_eq!(names(graph.focused("n1")), ["n0", "n1", "n2"]);
    assert_eq!(names(graph.focused("n4")), ["n3", "n4", "n5"]);
    let focused = graph.focused("n4").unwrap();
    let ends = focused.edges.iter().map(|it| (it.from, it.to));
    assert_eq!(ends.collect::<Vec<_>>(), [(0, 1), (1, 2)]);
    assert_eq!(graph.focused("n"), None);
}
