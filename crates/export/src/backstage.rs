//! Backstage: the entities of the software catalog.

use std::collections::BTreeSet;

use score_spec::Value;

use crate::findings::Findings;
use crate::portal::{Catalog, CatalogResource, CatalogWorkload, has_entry};
use crate::tree::{list, map, optional, text};
use crate::view::ProjectView;
use crate::{Export, ExportFile};

pub(crate) const EXPORT: Export = Export {
    name: "backstage",
    about: "Backstage: a System, Components, Resources and APIs for the software catalog",
    counts_findings: false,
    needs_objects: false,
    render,
    environments: |_| Vec::new(),
};

/// The maximum length of the name of an entity.
const MAX_NAME: usize = 63;

/// The label by which Backstage finds the pods of a component.
const SELECTOR: &str = "backstage.io/kubernetes-label-selector";

/// The label of pods with the name of their workload.
const LABEL: &str = "app.kubernetes.io/name";

fn render(views: &[ProjectView], findings: &mut Findings) -> Vec<ExportFile> {
    let Some(catalog) = Catalog::of(views, "Backstage", findings) else {
        return Vec::new();
    };
    losses(views, findings);
    let system = map([
        ("owner", text(catalog.owner.as_str())),
        ("domain", optional(catalog.domain)),
    ]);
    let mut documents = vec![entity("System", metadata(catalog.system), system)];
    for (name, workload) in &catalog.workloads {
        documents.push(component(name, workload, &catalog));
        if let Some(path) = workload.api {
            documents.push(api(name, workload, path, &catalog));
        }
    }
    for (uid, resource) in &catalog.resources {
        documents.push(resource_entity(uid, resource, &catalog));
    }
    check_names(&documents, findings);
    vec![ExportFile::new("catalog-info.yaml", documents)]
}

/// Parts of workloads that have no place in a catalog are not reported: it lists what exists, not how it runs. Params of
/// shared resources decide what exists, so they are.
fn losses(views: &[ProjectView], findings: &mut Findings) {
    for (at, view) in views.iter().enumerate() {
        for resource in view.model.resources.values() {
            let (Some(params), [first, ..]) = (&resource.params, resource.declared.as_slice())
            else {
                continue;
            };
            if !has_entry(resource) {
                continue;
            }
            let message = format!(
                "an entity of Backstage has no place for the params of `{}`",
                first.name
            );
            let help = "the entity has the type and the class of the resource";
            findings.lossy(at, message).add(Some(params.span), help);
        }
    }
}

/// Reports names that are too long, or that only differ in case or in characters that names cannot contain.
fn check_names(documents: &[Value], findings: &mut Findings) {
    let mut known = BTreeSet::new();
    for document in documents {
        let name = document.get("metadata").and_then(|it| it.get("name"));
        let (Some(Value::Text(kind)), Some(Value::Text(name))) = (document.get("kind"), name)
        else {
            continue;
        };
        let problem = if name.len() > MAX_NAME {
            format!("the name `{name}` of an entity has more than {MAX_NAME} characters")
        } else if !known.insert((kind, name.to_lowercase())) {
            format!("two resources would have the name `{name}`")
        } else {
            continue;
        };
        let finding = findings.incomplete(0, problem);
        finding.add(None, "choose another `id` for the resource");
    }
}

fn entity(kind: &str, metadata: Value, spec: Value) -> Value {
    map([
        ("apiVersion", text("backstage.io/v1alpha1")),
        ("kind", text(kind)),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

fn metadata(name: &str) -> Value {
    map([("name", text(name))])
}

fn component(name: &str, workload: &CatalogWorkload<'_>, catalog: &Catalog<'_>) -> Value {
    let annotations = map([(SELECTOR, text(format!("{LABEL}={name}")))]);
    let links = workload.hosts.iter();
    let links = links.map(|host| {
        map([
            ("url", text(format!("https://{host}/"))),
            ("title", text(*host)),
        ])
    });
    let metadata = map([
        ("name", text(name)),
        ("annotations", annotations),
        ("links", some(links)),
    ]);
    let has_api = |other: &&&str| {
        catalog
            .workloads
            .get(**other)
            .is_some_and(|it| it.api.is_some())
    };
    let consumed = workload.refers_to.iter().filter(has_api);
    let consumed = consumed.map(|other| text(format!("api:{other}")));
    let provided = workload.api.map(|_| text(format!("api:{name}")));
    let components = workload.refers_to.iter();
    let components = components.map(|other| text(format!("component:{other}")));
    let resources = workload.resources.iter().filter_map(|uid| {
        let resource = catalog.resources.get(uid)?;
        Some(text(format!("resource:{}", resource_name(resource))))
    });
    let spec = map([
        (
            "type",
            text(if workload.model.ports.is_empty() {
                "worker"
            } else {
                "service"
            }),
        ),
        ("lifecycle", text(catalog.lifecycle)),
        ("owner", text(workload.owner.as_str())),
        ("system", text(catalog.system)),
        ("providesApis", some(provided)),
        ("consumesApis", some(consumed)),
        ("dependsOn", some(components.chain(resources))),
    ]);
    entity("Component", metadata, spec)
}

/// The description of an API. Backstage reads it from its own file, so that it is never out of date.
fn api(name: &str, workload: &CatalogWorkload<'_>, path: &str, catalog: &Catalog<'_>) -> Value {
    let path = if path.starts_with("../") {
        path.to_owned()
    } else {
        format!("./{path}")
    };
    let spec = map([
        ("type", text("openapi")),
        ("lifecycle", text(catalog.lifecycle)),
        ("owner", text(workload.owner.as_str())),
        ("system", text(catalog.system)),
        ("definition", map([("$text", text(path))])),
    ]);
    entity("API", metadata(name), spec)
}

fn resource_entity(uid: &str, resource: &CatalogResource<'_>, catalog: &Catalog<'_>) -> Value {
    let identity = &resource.model.identity;
    let provisioner = resource.model.provisioner.as_ref();
    let metadata = map([
        ("name", text(resource_name(resource))),
        ("title", text(uid)),
        (
            "description",
            optional(provisioner.map(|it| it.description.as_str())),
        ),
    ]);
    let required = resource.model.refers_to.iter().filter_map(|uid| {
        let other = catalog.resources.get(uid.as_str())?;
        Some(text(format!("resource:{}", resource_name(other))))
    });
    let spec = map([
        ("type", text(identity.kind.as_str())),
        ("owner", text(resource.owner.as_str())),
        ("system", text(catalog.system)),
        ("dependsOn", some(required)),
    ]);
    entity("Resource", metadata, spec)
}

/// The name of the entity of a resource: letters, digits, `-`, `_` and `.`. That of a workload's resource contains both
/// names.
fn resource_name(resource: &CatalogResource<'_>) -> String {
    let identity = &resource.model.identity;
    let class = Some(identity.class()).filter(|class| *class != "default");
    let parts = [
        Some(identity.kind.as_str()),
        class,
        Some(identity.id.as_str()),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = parts.join(".");
    let name: String = name
        .chars()
        .map(|c| if is_legal(c) { c } else { '-' })
        .collect();
    name.trim_end_matches(['-', '_', '.']).to_owned()
}

/// A list, or nothing if it has no items.
fn some(items: impl IntoIterator<Item = Value>) -> Value {
    let items = list(items);
    match &items {
        Value::List(all) if all.is_empty() => Value::Null,
        _ => items,
    }
}
