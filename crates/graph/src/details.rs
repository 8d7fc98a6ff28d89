//! The details of nodes, as data for the page.

use score_compiler::Scale;
use score_compiler::model::{
    Declaration, Model, ModelContainer, ModelOutput, ModelResource, ModelRoute, ModelWorkload,
};
use score_spec::diagnostic::printable::clean_lines;
use score_spec::{Quantities, Sources, Span};
use serde_json::{Value, json};

use crate::graph::{EdgeKind, Graph, GraphNode, NodeKind};

/// Names with values, each with one or more lines.
type Rows = Vec<(&'static str, Vec<String>)>;

/// All nodes with their details, and all edges: `nodes` with `kind`, `name`, `search` and `rows`, `edges` as lists of
/// two nodes, the kind and the label, and `phrases` for the kinds of edges in both directions.
pub(crate) fn details(graph: &Graph, model: &Model, sources: &Sources) -> Value {
    let nodes = graph.nodes.iter().map(|node| {
        let mut rows = rows(node, model, sources);
        rows.retain(|(_, lines)| !lines.is_empty());
        let lines = rows.iter().flat_map(|(_, lines)| lines);
        // Both names of a node are found, and what its details say.
        let texts = [&node.name, &node.title, &node.subtitle];
        let texts: Vec<&str> = texts.into_iter().chain(lines).map(String::as_str).collect();
        let rows = rows.iter().map(|(name, lines)| {
            let lines = lines.iter().map(|it| clean_lines(it));
            json!([name, lines.collect::<Vec<_>>()])
        });
        json!({
            "kind": node.kind.phrase(),
            "name": clean_lines(&name(node)),
            "search": texts.join("\n").to_lowercase(),
            "rows": rows.collect::<Value>(),
        })
    });
    let edges = graph.edges.iter().map(|edge| {
        let label = edge.label.as_deref().map(clean_lines);
        json!([edge.from, edge.to, kind_index(edge.kind), label])
    });
    let phrases = EdgeKind::ALL.map(|kind| [kind.phrase(), kind.passive()]);
    json!({
        "nodes": nodes.collect::<Value>(),
        "edges": edges.collect::<Value>(),
        "phrases": phrases,
    })
}

fn kind_index(kind: EdgeKind) -> Option<usize> {
    EdgeKind::ALL.iter().position(|it| *it == kind)
}

fn name(node: &GraphNode) -> String {
    match node.kind {
        NodeKind::Route => format!("{}{}", node.title, node.subtitle),
        _ => node.name.clone(),
    }
}

fn rows(node: &GraphNode, model: &Model, sources: &Sources) -> Rows {
    let name = node.name.as_str();
    match node.kind {
        NodeKind::Route => {
            // Nodes of routes have a title from the same route.
            let mut routes = model.routes.iter();
            let route = routes.find(|it| it.name == name && it.path == node.subtitle);
            route.map(of_route).unwrap_or_default()
        }
        NodeKind::Workload => {
            let workload = model.workloads.get(name);
            workload
                .map(|it| of_workload(it, sources))
                .unwrap_or_default()
        }
        NodeKind::Resource | NodeKind::Data | NodeKind::Unhandled => {
            let resource = model.resources.get(name);
            resource
                .map(|it| of_resource(it, sources))
                .unwrap_or_default()
        }
        NodeKind::External => {
            let external = model.externals.get(name);
            let rows = external.map(|it| {
                let ports = it
                    .ports
                    .iter()
                    .map(|(name, port)| format!("{name}: {port}"));
                vec![
                    ("Host", vec![it.host.clone()]),
                    ("Ports", ports.collect()),
                    ("Place", vec![place(sources, it.span)]),
                ]
            });
            rows.unwrap_or_default()
        }
    }
}

fn of_route(route: &ModelRoute) -> Rows {
    vec![
        ("Hosts", route.hosts.clone()),
        ("Path", vec![route.path.clone()]),
        (
            "Port",
            vec![format!("{} of {}", route.port, route.workload)],
        ),
        ("Resource", vec![route.resource.clone()]),
    ]
}

fn of_workload(workload: &ModelWorkload, sources: &Sources) -> Rows {
    let containers = workload.containers.iter();
    let containers = containers.map(|(name, it)| container(name, it));
    let ports = workload.ports.iter().map(|(name, port)| {
        let target = (port.target != port.port).then(|| format!(" → {}", port.target));
        let target = target.unwrap_or_default();
        format!("{name}: {}{target} {}", port.port, port.protocol.as_str())
    });
    let annotations = workload.annotations.iter();
    let annotations = annotations.map(|(name, value)| format!("{name}: {value}"));
    vec![
        ("Place", vec![place(sources, workload.span)]),
        ("Scale", workload.scale.iter().map(scale).collect()),
        ("Containers", containers.collect()),
        ("Ports", ports.collect()),
        ("Annotations", annotations.collect()),
    ]
}

fn scale(scale: &Scale) -> String {
    let number = match (scale.min, scale.max) {
        (Some(min), Some(max)) if min == max => format!("{min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => "depends on the cluster".to_owned(),
    };
    let budget = if scale.has_budget {
        ", with a disruption budget"
    } else {
        ""
    };
    format!("{number} ({}{budget})", scale.kind)
}

/// A container, with a line for each of its parts.
fn container(name: &str, container: &ModelContainer) -> String {
    let probes = [
        ("liveness", container.has_liveness_probe),
        ("readiness", container.has_readiness_probe),
    ];
    let probes = probes.into_iter().filter(|(_, has)| *has);
    let probes: Vec<&str> = probes.map(|(name, _)| name).collect();
    let parts = [
        ("requests", quantities(&container.requests)),
        ("limits", quantities(&container.limits)),
        ("probes", probes.join(", ")),
        ("variables", container.variables.join(", ")),
        ("files", container.files.join(", ")),
        ("volumes", container.volumes.join(", ")),
    ];
    let parts = parts.into_iter().filter(|(_, part)| !part.is_empty());
    let parts = parts.map(|(name, part)| format!("\n  {name}: {part}"));
    format!("{name}: {}{}", container.image, parts.collect::<String>())
}

fn quantities(quantities: &Quantities) -> String {
    let all = [("CPU", &quantities.cpu), ("memory", &quantities.memory)];
    let set = all.into_iter().filter_map(|(name, quantity)| {
        let quantity = quantity.as_ref()?;
        Some(format!("{name} {}", quantity.value.as_str()))
    });
    set.collect::<Vec<_>>().join(", ")
}

fn of_resource(resource: &ModelResource, sources: &Sources) -> Rows {
    let declared = resource.declared.iter().map(|it| declaration(it, sources));
    let params = resource.params.iter();
    let params = params.map(|params| format!("{:#}", params.to_value().to_json()));
    let provisioner = resource.provisioner.iter().flat_map(|it| {
        let description = Some(it.description.clone()).filter(|it| !it.is_empty());
        let built_in = if it.is_built_in { " (built in)" } else { "" };
        let place = format!("{}{built_in}", place(sources, it.span));
        [Some(place), description].into_iter().flatten()
    });
    let outputs = resource.outputs.iter().map(|(name, it)| output(name, *it));
    let any_output = resource.has_any_output.then(|| "any other name".to_owned());
    let data = resource.has_data.then(|| "persistent".to_owned());
    let identity = &resource.identity;
    vec![
        ("Type", vec![identity.kind.clone()]),
        ("Class", vec![identity.class().to_owned()]),
        ("Id", vec![identity.id.clone()]),
        ("Declarations", declared.collect()),
        ("Params", params.collect()),
        ("Provisioner", provisioner.collect()),
        ("Outputs", outputs.chain(any_output).collect()),
        ("Data", data.into_iter().collect()),
    ]
}

fn declaration(declaration: &Declaration, sources: &Sources) -> String {
    let workload = declaration.workload.as_deref().unwrap_or("the project");
    let place = place(sources, declaration.span);
    format!("{workload}: {} ({place})", declaration.name)
}

fn output(name: &str, output: ModelOutput) -> String {
    let notes = [(output.secret, "secret"), (output.optional, "optional")];
    let notes = notes.into_iter().filter(|(is_so, _)| *is_so);
    let notes: Vec<&str> = notes.map(|(_, note)| note).collect();
    match notes.as_slice() {
        [] => name.to_owned(),
        notes => format!("{name} ({})", notes.join(", ")),
    }
}

/// A location in a file.
fn place(sources: &Sources, span: Span) -> String {
    let line = sources.position(span.source, span.range().start).line;
    format!("{}:{line}", sources.get(span.source).name)
}
