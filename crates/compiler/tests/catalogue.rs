//! The built-in catalogue: it can be loaded, and all of its parts are described. Also generates
//! `docs/catalogue.md`.
#![allow(
    clippy::disallowed_methods,
    reason = "the generated document is on the disk"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use score_compiler::catalogue::{Catalogue, Conditions, Provisioner};
use score_spec::schema::{Codes, Schema};
use score_spec::{Code, Kind, Node, Sources, parse, stored};

/// The document that is generated from the catalogue.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/catalogue.md");

#[test]
fn the_document_is_up_to_date() {
    let document = document(&catalogue());
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(DOCUMENT, &document).unwrap();
    }
    let found = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        found == document,
        "docs/catalogue.md is out of date; \
         UPDATE=1 cargo test -p score-compiler --test catalogue writes it"
    );
}

#[test]
fn the_stored_forms_are_up_to_date() {
    for ((kind, text), of_kind) in score_provisioners::BUILTIN
        .iter()
        .zip(score_provisioners::STORED)
    {
        let mut sources = Sources::new();
        let id = sources.add(*kind, *text);
        let parsed = parse(&sources, id);
        assert_eq!(parsed.diagnostics, [], "{kind}");
        let expected = stored::store(&parsed.documents);
        if std::env::var("UPDATE").is_ok() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../provisioners/stored");
            std::fs::write(format!("{folder}/{kind}.txt"), expected).unwrap();
            continue;
        }
        assert!(
            *of_kind == expected,
            "provisioners/stored/{kind}.txt is out of date; \
             UPDATE=1 cargo test -p score-compiler --test catalogue writes it"
        );
        assert_eq!(stored::documents(&sources, id, of_kind), parsed.documents);
    }
}

#[test]
fn everything_is_described() {
    for provisioner in catalogue().provisioners() {
        let kind = &provisioner.kind;
        assert!(!provisioner.description.is_empty(), "{kind}");
        for (name, description) in parts(provisioner) {
            assert!(!description.is_empty(), "{kind}: {name}");
        }
    }
}

/// Built-in provisioners are not validated at run time.
#[test]
fn it_meets_the_schema() {
    let mut sources = Sources::new();
    let builtin = score_provisioners::BUILTIN.iter();
    let files: Vec<_> = builtin
        .map(|(name, text)| sources.add(*name, *text))
        .collect();
    let mut diagnostics = Vec::new();
    let number = files.len();
    let catalogue = Catalogue::new(
        &mut sources,
        &[files.into()],
        Conditions::default(),
        &mut diagnostics,
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert!(catalogue.provisioners().count() >= number);
}

/// `builtins` in a project file lists the types.
#[test]
fn the_schema_of_projects_has_all_types() {
    let schema: serde_json::Value = serde_json::from_str(score_schemas::PROJECT).unwrap();
    let listed = &schema["properties"]["builtins"]["items"]["enum"];
    let types = score_provisioners::BUILTIN.iter();
    let types: Vec<&str> = types.map(|(kind, _)| *kind).collect();
    assert_eq!(*listed, serde_json::json!(types));
}

/// `versions` in a project file lists the images, and those that score-rs uses outside of the catalogue.
#[test]
fn the_schema_of_projects_has_all_images() {
    let schema: serde_json::Value = serde_json::from_str(score_schemas::PROJECT).unwrap();
    let listed = &schema["properties"]["versions"]["properties"];
    let listed = listed.as_object().unwrap().keys().cloned();
    let images = score_provisioners::BUILTIN.iter();
    let images = images.flat_map(|(kind, _)| images_of(kind));
    let others = ["busybox", "nginx"].map(str::to_owned);
    let images: BTreeSet<String> = images.chain(others).collect();
    assert_eq!(listed.collect::<BTreeSet<_>>(), images);
}

/// The images of a type without their tags.
fn images_of(kind: &str) -> Vec<String> {
    let images = images(&source(kind)).into_iter();
    let names = images.map(|image| image.rsplit_once(':').unwrap().0.to_owned());
    names.collect()
}

/// No value of an expression in a component of a built-in provisioner can violate the schema: it
/// allows any string there.
#[test]
fn values_of_expressions_in_components_are_not_restricted() {
    let schema = Schema::new(score_schemas::PROVISIONER).unwrap();
    let codes = Codes::all(Code::ProvisionerInvalid);
    for (name, text) in score_provisioners::BUILTIN {
        let mut sources = Sources::new();
        let id = sources.add(*name, *text);
        for mut document in parse(&sources, id).documents {
            if let Some(components) = document.get_mut("components") {
                // An empty string violates each rule about strings.
                let filled = components.map_text(&mut |text, _| {
                    let is_expression = text.contains("{{");
                    if is_expression {
                        String::new()
                    } else {
                        text.clone()
                    }
                });
                *components = filled;
            }
            let found = schema.check(&document, &sources, &codes);
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

fn catalogue() -> Catalogue {
    let (mut catalogue, mut sources) = (Catalogue::default(), Sources::new());
    let mut diagnostics = Vec::new();
    catalogue.need_all(&mut sources, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    catalogue
}

/// The params and outputs with their descriptions.
fn parts(provisioner: &Provisioner) -> impl Iterator<Item = (&str, &str)> {
    let params = provisioner.params.known.iter();
    let params = params.map(|(name, about)| (name.as_str(), about.as_str()));
    let outputs = provisioner.outputs.iter();
    params.chain(outputs.map(|(name, output)| (name.as_str(), output.description.as_str())))
}

/// The text of `docs/catalogue.md`.
fn document(catalogue: &Catalogue) -> String {
    let mut out = String::from(
        "# Built-in resource types\n\n\
         These types are available on every target. An output marked with 🔒 is a secret or contains one.\n\n\
         In Compose, the annotation `compose.score.dev/publish-port` of a resource publishes the port of its server on the\n\
         host, and `compose.score.dev/publish-management-port` publishes the management port of RabbitMQ. A shared server\n\
         is published if one of its resources has the annotation.\n\n\
         On Kubernetes, each server is a StatefulSet with one pod, a liveness probe, and a headless Service for the DNS name\n\
         of its pod. The annotation `k8s.score.dev/disruption-budget` of a resource with its own server, such as\n\
         `maxUnavailable: 0`, adds a PodDisruptionBudget, which keeps the server from being evicted when nodes are drained.\n\
         There is none by default: with a single pod, it prevents nodes from being drained until the operator deletes the\n\
         pod. For the server that resources share, a provisioner that\n\
         [inherits](provisioners.md#inheritance) from its type sets the annotation of the component.\n\n\
         All types accept any `class`, which is part of the uid of the resource. Each section ends with an example: the\n\
         containers and resources of a Score file, with all outputs. *Images* are those of the components that the type runs;\n\
         a type that shares a server also uses the images of the type of the server.\n\n\
         ## Images\n\n\
         `versions` in `score-rs.yaml` or an environment sets the versions of images for the whole project: a tag, a digest\n\
         such as `\"@sha256:…\"`, or both, as in `versions: {postgres: 16-alpine, redis: \"7.4\"}`. The keys are the images below\n\
         without their tags, `nginx` for the proxy of Compose, and `busybox` for the tests of charts. Images that your own\n\
         provisioners [inherit](provisioners.md#inheritance) from the catalogue change, too; other images do not. The\n\
         catalogue is tested with its own versions only.\n\n\
         [`registries`](project.md#registries) replaces the registries of images, for example by a mirror.\n\n\
         ## Types\n\n\
         <!-- Generated from `provisioners/` with UPDATE=1 cargo test -p score-compiler --test catalogue -->\n\n\
         | type | params | outputs |\n|---|---|---|\n",
    );
    for provisioner in catalogue.provisioners() {
        let kind = &provisioner.kind;
        let params = provisioner.params.known.keys();
        let params = listed(params.map(|name| format!("`{name}`")));
        let outputs = provisioner.outputs.iter();
        let outputs = outputs.map(|(name, output)| format!("`{name}`{}", mark(output.secret)));
        let any = provisioner.any_output.as_ref();
        let any = any.map(|output| format!("any{}", mark(output.secret)));
        let outputs = listed(outputs.chain(any));
        writeln!(out, "| [`{kind}`](#{kind}) | {params} | {outputs} |").unwrap();
    }
    for provisioner in catalogue.provisioners() {
        section(&mut out, provisioner);
    }
    out
}

/// The section of a type.
fn section(out: &mut String, provisioner: &Provisioner) {
    let (kind, about) = (&provisioner.kind, &provisioner.description);
    let source = source(kind);
    write!(out, "\n## {kind}\n\n{about}.\n").unwrap();
    let images = images(&source);
    if !images.is_empty() {
        let images = listed(images.iter().map(|image| format!("`{image}`")));
        writeln!(out, "\nImages: {images}.").unwrap();
    }
    if !provisioner.params.known.is_empty() {
        out.push_str("\n| param | type | default | description |\n|---|---|---|---|\n");
        let params = source.get("params");
        let required = params.and_then(|it| it.get("required"));
        let required = |name: &str| {
            let names = required.map_or(&[][..], Node::items).iter();
            names.filter_map(Node::text).any(|it| it == name)
        };
        for (name, about) in &provisioner.params.known {
            let param = params.and_then(|it| it.get("properties")?.get(name));
            let default = match param.and_then(|it| it.get("default")) {
                Some(value) => format!("`{}`", shown(value)),
                None if required(name) => "required".to_owned(),
                None => "–".to_owned(),
            };
            let kind = param.map(values).unwrap_or_default();
            writeln!(out, "| `{name}` | {kind} | {default} | {about} |").unwrap();
        }
    }
    if !provisioner.outputs.is_empty() {
        out.push_str("\n| output | type | description |\n|---|---|---|\n");
        for (name, output) in &provisioner.outputs {
            let (mark, about) = (mark(output.secret), &output.description);
            let node = source
                .get("outputs")
                .and_then(|it| it.get("properties")?.get(name));
            let kind = node.map(values).unwrap_or_default();
            writeln!(out, "| `{name}`{mark} | {kind} | {about} |").unwrap();
        }
    }
    write!(out, "\n```yaml\n{}```\n", example(provisioner)).unwrap();
}

/// The YAML of a built-in provisioner.
fn source(kind: &str) -> Node {
    let mut builtin = score_provisioners::BUILTIN.iter();
    let (name, text) = builtin.find(|(name, _)| *name == kind).unwrap();
    let mut sources = Sources::new();
    let id = sources.add(*name, *text);
    parse(&sources, id).documents.remove(0)
}

/// The images of the containers of a provisioner, each once.
fn images(source: &Node) -> Vec<String> {
    let components = source.entries_at("components").iter();
    let containers = components.flat_map(|it| it.value.entries_at("containers"));
    let images = containers.filter_map(|it| it.value.get("image")?.text());
    let mut images: Vec<_> = images.map(str::to_owned).collect();
    images.sort();
    images.dedup();
    images
}

/// The type and the allowed values of a param or an output.
fn values(schema: &Node) -> String {
    let types = match schema.get("type") {
        Some(node) if node.text().is_none() => {
            let names = node.items().iter().filter_map(Node::text);
            names.collect::<Vec<_>>().join(" or ")
        }
        Some(node) => shown(node),
        None => "any".to_owned(),
    };
    let rule = |name: &str| schema.get(name).map(shown);
    let range = match (rule("minimum"), rule("maximum")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    };
    let one_of = schema.items_at("enum").iter();
    let one_of: Vec<_> = one_of.map(|it| format!("`{}`", shown(it))).collect();
    let one_of = (!one_of.is_empty()).then(|| one_of.join(", "));
    let rules = [range, one_of, rule("x-error")].into_iter().flatten();
    let parts: Vec<_> = [types].into_iter().chain(rules).collect();
    parts.join("; ").replace('|', "\\|")
}

/// A scalar as YAML shows it.
fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Bool(value) => value.to_string(),
        Kind::Number(value) => value.to_string(),
        _ => node.text().unwrap_or_default().to_owned(),
    }
}

/// Params of the examples, and names of outputs for the types that accept any name.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("config", "", "LOG_LEVEL"),
    ("endpoint", "port: web", ""),
    ("environment", "required: true", "REGION"),
    ("horizontal-pod-autoscaler", "maxReplicas: 5", ""),
    ("route", "host: shop.example.com, path: /, port: web", ""),
    ("secret", "", "API_KEY"),
    ("service-port", "workload: api, port: web", ""),
    ("volume", "size: 2Gi, ephemeral: true", ""),
];

/// A part of a Score file that uses all outputs of a type; `pages.rs` of the command line validates
/// it.
fn example(provisioner: &Provisioner) -> String {
    let kind = &provisioner.kind;
    let named = EXAMPLES.iter().find(|(name, ..)| name == kind);
    let (_, params, any) = named.copied().unwrap_or_default();
    // Another workload is found by the name of the resource.
    let is_workload = ["endpoint", "service"].contains(&kind.as_str());
    let name = if is_workload { "api" } else { "it" };
    let outputs = provisioner.outputs.keys().map(String::as_str);
    let outputs = outputs.chain([any]).filter(|output| !output.is_empty());
    let mut out = String::from("containers:\n  main:\n    image: example.com/web:1.0\n");
    if kind == "volume" {
        out.push_str("    volumes:\n      /data: {source: \"${resources.it}\"}\n");
    } else {
        let variables: Vec<_> = outputs
            .map(|output| {
                let variable = output.to_uppercase().replace('-', "_");
                format!("      {variable}: ${{resources.{name}.{output}}}\n")
            })
            .collect();
        if !variables.is_empty() {
            out.push_str("    variables:\n");
            out.push_str(&variables.concat());
        }
    }
    write!(out, "resources:\n  {name}:\n    type: {kind}\n").unwrap();
    if !params.is_empty() {
        writeln!(out, "    params: {{{params}}}").unwrap();
    }
    out
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(", ")
    }
}

fn mark(secret: bool) -> &'static str {
    if secret { " 🔒" } else { "" }
}
