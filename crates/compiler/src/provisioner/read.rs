//! Reading provisioner files.

use std::sync::Arc;

use score_spec::{
    Code, Diagnostic, Kind, Map, Node, SourceId, Sources, Spanned,
    diagnostic::any_error,
    parse,
    schema::{Codes, Schema},
};

use super::interface::{Output, Params, description};
use super::test::tests;
use super::uses::WorkloadValues;
use super::{
    AnnotationPattern, ChartValue, ComponentPatterns, Internal, Provisioner, RawPatterns,
    Requirement,
};
use crate::input::Audience;
use crate::provisioner::command::Command;
use crate::provisioner::expression::{Item, Key, Pattern, Patterns, hidden, report_misplaced};

/// The maximum number of expressions of a provisioner. Each takes some kilobytes.
const MOST_EXPRESSIONS: usize = 10_000;

/// The platforms for which a provisioner can contain platform-specific parts.
pub(super) const COMPOSE: &str = "compose";
pub(super) const KUBERNETES: &str = "kubernetes";

/// The documents of a file that can be provisioners.
pub(super) fn documents(
    sources: &Sources,
    id: SourceId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Node> {
    let parsed = parse(sources, id);
    diagnostics.extend(parsed.diagnostics);
    parsed.documents
}

/// The fields with expressions that are the same on every platform, in which there are no directives; neither are there
/// in annotations.
const WITHOUT_DIRECTIVES: [&str; 6] = [
    "values",
    "resources",
    "components",
    "volume",
    "publish",
    "routes",
];

/// Reads a document of the file with this name, which is merged over the one that it extends. Without a schema it is
/// not validated, which is for built-in documents. Absent if it has errors.
pub(super) fn read(
    document: &Node,
    (entry, file): (usize, &str),
    (schema, sources): (Option<&Schema>, &Sources),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Provisioner> {
    let is_valid = schema.is_none_or(|schema| validate(document, schema, sources, diagnostics));
    let read = is_valid.then(|| provisioner(document, (entry, file), sources, diagnostics));
    let mut provisioner = read.flatten()?;
    provisioner.built_in = schema.is_none().then_some(provisioner.span.source);
    provisioner.find_uses_of_workloads(diagnostics);
    if schema.is_some() {
        provisioner.params.check(document, diagnostics);
        check_outputs(&provisioner, document, diagnostics);
    }
    Some(provisioner)
}

/// Reports the errors of a document. Returns whether it has none.
fn validate(
    document: &Node,
    schema: &Schema,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let mut found = Vec::new();
    let parts = WITHOUT_DIRECTIVES.iter();
    let parts = parts.filter_map(|name| document.get(name));
    let annotations = document.get("patches").and_then(|it| it.get("annotations"));
    for part in parts.chain(annotations) {
        report_misplaced(part, &mut found);
    }
    // The schema does not know directives, and would report them as wrong fields.
    if found.is_empty() {
        found = schema.check(document, sources, &Codes::all(Code::ProvisionerInvalid));
    }
    let mut is_valid = !any_error(&found);
    diagnostics.extend(found);
    for parts in [COMPOSE, KUBERNETES, "patches"] {
        let parts = document.get(parts).into_iter();
        diagnostics.extend(parts.flat_map(|parts| hidden(parts, document.entries_at("values"))));
    }
    if expressions(document) > MOST_EXPRESSIONS {
        is_valid = false;
        diagnostics.push(too_many_expressions(document));
    }
    is_valid
}

/// The number of `{{` in the strings and keys of a document.
fn expressions(node: &Node) -> usize {
    match &node.kind {
        Kind::Text(text) => text.matches("{{").count(),
        Kind::List(items) => items.iter().map(expressions).sum(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| entry.key.matches("{{").count() + expressions(&entry.value))
            .sum(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
    }
}

fn too_many_expressions(document: &Node) -> Diagnostic {
    Diagnostic::new(
        Code::ProvisionerInvalid,
        format!("the provisioner has more than {MOST_EXPRESSIONS} expressions"),
    )
    .at(document.span, "")
    .help("split it into several provisioners that require each other")
}

/// Creates a provisioner from a validated document.
fn provisioner(
    node: &Node,
    (entry, file): (usize, &str),
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Provisioner> {
    let text = |name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    let kind = node.get("type")?;
    let (outputs, patches) = (node.get("outputs"), node.get("patches"));
    let any_output = outputs.and_then(|outputs| outputs.get("additionalProperties"));
    let each = |name: &str, diagnostics: &mut _| {
        let items = node.items_at(name).iter();
        items.map(|it| Patterns::parse(it, diagnostics)).collect()
    };
    Some(Provisioner {
        file: file.to_owned(),
        entry,
        span: kind.span,
        bases: Vec::new(),
        kind: kind.text()?.to_owned(),
        class: text("class"),
        id: text("id"),
        audiences: audiences(node),
        platforms: texts(node.items_at("platforms")),
        internal: internal(node),
        description: text("description").unwrap_or_default(),
        params: node.get("params").map(Params::read).unwrap_or_default(),
        outputs: outputs.map(declared_outputs).unwrap_or_default(),
        any_output: any_output.map(Output::read),
        companions: outputs.map(companions).unwrap_or_default(),
        built_in: None,
        native: None,
        listed: None,
        run: node
            .get("run")
            .map(|run| Command::read(run, sources, diagnostics)),
        tests: tests(node, diagnostics),
        document: Arc::new(node.clone()),
        values: node.map_at("values", |node| Some(Patterns::parse(node, diagnostics))),
        chart: node.map_at("chart", |node| chart_value(node, diagnostics)),
        resources: node.map_at("resources", |node| requirement(node, diagnostics)),
        components: node.map_at("components", |node| Some(component(node, diagnostics))),
        volume: node
            .get("volume")
            .map(|node| Patterns::parse(node, diagnostics)),
        routes: each("routes", diagnostics),
        publish: each("publish", diagnostics),
        objects: objects(node, diagnostics),
        patches: patches
            .map(|node| platform_patches(node, diagnostics))
            .unwrap_or_default(),
        annotations: patches
            .map(|node| annotations(node, diagnostics))
            .unwrap_or_default(),
        notes: node
            .get("notes")
            .and_then(|node| pattern(node, diagnostics)),
        of_workloads: WorkloadValues::default(),
    })
}

/// The resources that workloads cannot declare.
fn internal(node: &Node) -> Internal {
    if node.is_true("internal") {
        Internal::All
    } else {
        Internal::Ids(texts(node.items_at("internal")))
    }
}

/// The audience of a provisioner, unless it is everyone.
fn audiences(node: &Node) -> Vec<Arc<Audience>> {
    let audience = Some(Audience::of(node)).filter(|it| !it.is_everyone());
    audience.map(Arc::new).into_iter().collect()
}

/// The strings of a list.
fn texts(items: &[Node]) -> Vec<String> {
    let texts = items.iter().filter_map(Node::text);
    texts.map(str::to_owned).collect()
}

fn declared_outputs(outputs: &Node) -> Map<Output> {
    outputs.map_at("properties", |node| Some(Output::read(node)))
}

fn companions(outputs: &Node) -> Map<Vec<String>> {
    outputs.map_at("dependentRequired", |node| Some(texts(node.items())))
}

/// Reports outputs with an invalid schema.
fn check_outputs(provisioner: &Provisioner, document: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let outputs = document.get("outputs");
    let properties = outputs.and_then(|outputs| outputs.get("properties"));
    for (name, output) in &provisioner.outputs {
        let node = properties.and_then(|properties| properties.get(name));
        output.check(name, node, diagnostics);
    }
    if let Some(any) = &provisioner.any_output {
        let node = outputs.and_then(|outputs| outputs.get("additionalProperties"));
        any.check("*", node, diagnostics);
    }
}

/// The objects in the syntax of a platform.
fn objects(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<RawPatterns> {
    let mut all = Vec::new();
    if let Some(entries) = node.get(COMPOSE) {
        let item = Item::parse_single(entries, diagnostics);
        all.push(RawPatterns::new(COMPOSE, item));
    }
    for object in node.items_at(KUBERNETES) {
        let item = Item::parse(object, diagnostics);
        all.push(RawPatterns::new(KUBERNETES, item));
    }
    all
}

fn platform_patches(patches: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<RawPatterns> {
    let mut all = Vec::new();
    for platform in [COMPOSE, KUBERNETES] {
        if let Some(patch) = patches.get(platform) {
            let item = Item::parse_single(patch, diagnostics);
            all.push(RawPatterns::new(platform, item));
        }
    }
    all
}

fn annotations(patches: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<AnnotationPattern> {
    let entries = patches.entries_at("annotations").iter();
    entries
        .filter_map(|entry| {
            Some(AnnotationPattern {
                key: Key::parse(entry, diagnostics),
                value: pattern(&entry.value, diagnostics)?,
                is_per_workload: false,
                is_condition: false,
            })
        })
        .collect()
}

/// A string with expressions.
fn pattern(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Pattern> {
    Some(Pattern::parse(node.text()?, node.span, diagnostics))
}

fn chart_value(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ChartValue> {
    Some(ChartValue {
        description: description(node),
        span: node.span,
        default: Patterns::parse(node.get("default")?, diagnostics),
    })
}

fn requirement(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Requirement> {
    let class = node.get("class");
    Some(Requirement {
        span: node.span,
        kind: node.get("type")?.text()?.to_owned(),
        class: class.and_then(|class| Some(Spanned::new(class.text()?.to_owned(), class.span))),
        id: node.get("id").and_then(|node| pattern(node, diagnostics)),
        params: node
            .get("params")
            .map(|params| Patterns::parse(params, diagnostics)),
        is_shared: node.is_true("shared"),
    })
}

fn component(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> ComponentPatterns {
    ComponentPatterns {
        span: node.span,
        name: node.get("name").and_then(|node| pattern(node, diagnostics)),
        places: Arc::new(node.clone()),
        body: Patterns::parse(node, diagnostics),
    }
}
