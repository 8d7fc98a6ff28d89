//! Upsun (Platform.sh): the configuration of a project. It builds applications from their sources, and runs no images.

use score_compiler::model::{Model, ModelResource, ModelRoute, ModelWorkload};
use score_spec::workload::{Container, Resource};
use score_spec::{Map, Node, Span, Value};

use crate::findings::Findings;
use crate::tree::{map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "upsun",
    about: "Upsun (Platform.sh): services, routes and relationships, and applications that it builds",
    counts_findings: false,
    needs_objects: false,
    render,
    environments: |_| Vec::new(),
};

/// The annotation with the runtime of an application, or with the type of a service.
const TYPE: &str = "upsun.com/type";

/// The annotation with the command that starts an application.
const START: &str = "upsun.com/start";

/// The annotation with the folder of an application.
const ROOT: &str = "upsun.com/root";

/// The fields of containers that have no place, with the reason.
const LOST: [(&str, &str); 9] = [
    (
        "image",
        "Upsun builds applications from their sources, and runs no images",
    ),
    (
        "command",
        "Upsun starts an application with the command in `upsun.com/start`",
    ),
    (
        "args",
        "Upsun starts an application with the command in `upsun.com/start`",
    ),
    ("files", "files are part of the sources of an application"),
    ("volumes", "Upsun mounts folders of its own storage"),
    ("before", "an application of Upsun has one container"),
    (
        "resources",
        "CPU and memory are set outside of the configuration",
    ),
    ("livenessProbe", "Upsun has no probes"),
    ("readinessProbe", "Upsun has no probes"),
];

/// The services for types of resources: type, service with version, and endpoint.
const SERVICES: [(&str, &str, &str); 7] = [
    ("amqp", "rabbitmq:4.2", "rabbitmq"),
    ("elasticsearch", "opensearch:3", "opensearch"),
    ("kafka-topic", "kafka:4.1", "kafka"),
    ("mongodb", "mongodb-enterprise:7.0", "mongodb"),
    ("mysql", "oracle-mysql:8.4", "mysql"),
    ("postgres", "postgresql:17", "postgresql"),
    ("redis", "redis:8.0", "redis"),
];

/// The endpoint of an application.
const HTTP: &str = "http";

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let [view] = views else {
        let finding = findings.incomplete(0, "a configuration of Upsun is for one environment");
        finding.add(None, "pass `--env` once");
        return Vec::new();
    };
    let model = &view.model;
    let mut services: Map<Value> = Map::default();
    let mut applications: Map<Value> = Map::default();
    for (name, workload) in &model.workloads {
        let relationships = relationships(workload, model, &mut services, findings);
        applications.insert(
            name.clone(),
            application(name, workload, relationships, findings),
        );
    }
    let routes: Map<Value> = model.routes.iter().flat_map(routes).collect();
    let document = map([
        ("applications", applications.into()),
        ("services", some(services)),
        ("routes", some(routes)),
    ]);
    vec![ExportFile::new("config.yaml", vec![document])]
}

fn application(
    name: &str,
    workload: &ModelWorkload,
    relationships: Map<Value>,
    findings: &mut Findings,
) -> Value {
    let annotation = |name: &str| workload.annotations.get(name).map(String::as_str);
    for needed in [TYPE, START] {
        if annotation(needed).is_none() {
            let message =
                format!("Upsun runs no images, and `{name}` has no annotation `{needed}`");
            let help =
                "add `upsun.com/type`, such as `nodejs:22`, and `upsun.com/start` with the command";
            findings
                .incomplete(0, message)
                .add(Some(workload.span), help);
        }
    }
    let containers = workload.spec.document.entries_at("containers");
    if let [_, second, ..] = containers {
        let message =
            format!("an application of Upsun has one container, and `{name}` has several");
        let help = "make workloads of the others";
        findings
            .incomplete(0, message)
            .add(Some(second.key_span), help);
    }
    let first = containers.first();
    let mut variables = Map::default();
    if let Some(container) = first.and_then(|it| workload.spec.containers.get(&it.key)) {
        variables = literal_variables(container, findings);
    }
    for container in containers {
        lose_fields(&container.value, findings);
    }
    let commands = map([("start", optional(annotation(START)))]);
    let location = map([("passthru", Value::Bool(true))]);
    let web = map([
        ("commands", commands),
        ("locations", map([("/", location)])),
    ]);
    let source = annotation(ROOT).map_or(Value::Null, |root| map([("root", text(root))]));
    let variables = match some(variables) {
        Value::Null => Value::Null,
        variables => map([("env", variables)]),
    };
    map([
        ("type", optional(annotation(TYPE))),
        ("source", source),
        ("relationships", some(relationships)),
        ("variables", variables),
        ("web", web),
    ])
}

/// The variables without placeholders. Upsun sets those of relationships itself.
fn literal_variables(container: &Container, findings: &mut Findings) -> Map<Value> {
    let mut variables = Map::default();
    for (name, template) in &container.variables {
        if let Some(plain) = template.as_literal() {
            variables.insert(name.clone(), text(plain));
            continue;
        }
        let message = format!("the variable `{name}` refers to a resource");
        let help = "Upsun sets variables for each relationship, such as `DB_HOST`; use these";
        let finding = findings.lossy(0, message);
        finding.add(Some(template.span), help);
    }
    variables
}

fn lose_fields(container: &Node, findings: &mut Findings) {
    for entry in container.entries() {
        let known = LOST.iter().find(|(field, _)| *field == entry.key);
        if let Some((field, reason)) = known {
            let message = format!("`{field}` is not exported: {reason}");
            let help = "the page about Upsun lists the losses";
            findings.lossy(0, message).add(Some(entry.key_span), help);
        }
    }
}

/// The services and applications that a workload uses, by the name of the resource.
fn relationships(
    workload: &ModelWorkload,
    model: &Model,
    services: &mut Map<Value>,
    findings: &mut Findings,
) -> Map<Value> {
    let mut relationships = Map::default();
    for (name, declared) in &workload.spec.resources {
        let uid = workload.resources.get(name);
        let Some(resource) = uid.and_then(|uid| model.resources.get(uid)) else {
            continue;
        };
        let kind = resource.identity.kind.as_str();
        match kind {
            "service" | "service-port" => {
                let other = other_workload(resource).unwrap_or(name);
                if model.workloads.contains_key(other) {
                    relationships.insert(name.clone(), text(format!("{other}:{HTTP}")));
                }
            }
            // Routes have a section of their own.
            "route" | "dns" => {}
            "environment" | "volume" => {
                let message = format!("the resource `{name}` of type `{kind}` is not exported");
                let help = "set variables and mounts of the project in Upsun itself";
                findings.lossy(0, message).add(Some(declared.span), help);
            }
            _ => match service(declared, kind) {
                Some((service, endpoint)) => {
                    let id = service_name(resource);
                    services.insert(id.clone(), map([("type", text(service))]));
                    lose_params(name, resource, findings);
                    relationships.insert(name.clone(), text(format!("{id}:{endpoint}")));
                }
                None => unknown(name, kind, declared.span, findings),
            },
        }
    }
    relationships
}

fn unknown(name: &str, kind: &str, span: Span, findings: &mut Findings) {
    let message = format!("Upsun has no service for the resource `{name}` of type `{kind}`");
    let help = "use another type, or add the annotation `upsun.com/type` to the resource";
    findings.incomplete(0, message).add(Some(span), help);
}

fn lose_params(name: &str, resource: &ModelResource, findings: &mut Findings) {
    if let Some(params) = &resource.params {
        let message = format!("the params of `{name}` are not exported");
        let help = "configure the service in Upsun";
        findings.lossy(0, message).add(Some(params.span), help);
    }
}

/// The workload to which a resource leads, if it is not the one with the name of the resource.
fn other_workload(resource: &ModelResource) -> Option<&str> {
    resource.params.as_ref()?.get("workload")?.text()
}

/// The service for a resource and its endpoint: that of its annotation, or else that of its type.
fn service<'a>(declared: &'a Resource, kind: &str) -> Option<(&'a str, &'a str)> {
    let metadata = declared.metadata.as_ref();
    let annotation = metadata.and_then(|it| it.get("annotations")?.get(TYPE));
    if let Some(Value::Text(service)) = annotation {
        let name = service.split(':').next().unwrap_or_default();
        let known = SERVICES
            .iter()
            .find(|(_, known, _)| known.split(':').next() == Some(name));
        return Some((service, known.map_or(name, |(_, _, endpoint)| endpoint)));
    }
    let known = SERVICES.iter().find(|(known, _, _)| *known == kind)?;
    Some((known.1, known.2))
}

/// The name of a service: lower-case letters, digits and `-`.
fn service_name(resource: &ModelResource) -> String {
    let identity = &resource.identity;
    let class = identity.class.as_deref();
    let parts = [
        Some(identity.kind.as_str()),
        class,
        Some(identity.id.as_str()),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let name = parts.join("-").to_lowercase();
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

fn routes(route: &ModelRoute) -> Vec<(String, Value)> {
    let path = route.path.trim_start_matches('/');
    let hosts = route.hosts.iter().map(|host| {
        let upstream = format!("{}:{HTTP}", route.workload);
        let route = map([("type", text("upstream")), ("upstream", text(upstream))]);
        (format!("https://{host}/{path}"), route)
    });
    hosts.collect()
}

/// A map, or nothing if it has no entries.
fn some(entries: Map<Value>) -> Value {
    if entries.is_empty() {
        Value::Null
    } else {
        entries.into()
    }
}
