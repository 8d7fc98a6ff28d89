//! Objects of provisioners, in the syntax of Kubernetes. `patch` contains their changes to the
//! objects of workloads.

use std::sync::Arc;

use score_spec::diagnostic::{MOST_NAMED, listed, nearest};
use score_spec::{Code, Diagnostic, Map};

use super::fields::{self, Fault, Items, Shape, Wrong};
use super::images;
use super::naming::{LABEL, Naming, resource_annotations};
use super::objects::{Object, is_secret};
use super::provenance::Owner;
use super::reference::{Open, OpenTree};
use crate::ir::{Raw, Tree, name};
use crate::targets::settle::settle;

/// The name of the platform.
pub(super) const PLATFORM: &str = "kubernetes";

/// The cluster-scoped kinds of Kubernetes and of common extensions. Kinds whose name starts with
/// `Cluster` and another word are assumed to be cluster-scoped too.
const CLUSTER_SCOPED: [&str; 22] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "GatewayClass",
    "IPAddress",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "VolumeAttachment",
];

/// The objects of provisioners, in the order of their resources.
pub(super) fn objects(naming: &Naming, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let raw = naming.app.objects(PLATFORM);
    raw.filter_map(|raw| object(naming, raw, diagnostics))
        .collect()
}

fn object(naming: &Naming, raw: &Raw, diagnostics: &mut Vec<Diagnostic>) -> Option<Object> {
    let named = |key| text(&raw.tree, &[key]).unwrap_or_default();
    let is_secret = is_secret(named("apiVersion"), named("kind"));
    let holds_secrets = |path: &[&str]| is_secret && path.first() == Some(&"stringData");
    let mut tree = settle(raw, &Open::settled, &holds_secrets, diagnostics);
    // The identity of an object never contains references.
    for path in [
        &["apiVersion"][..],
        &["kind"],
        &["metadata", "name"],
        &["metadata", "namespace"],
    ] {
        if let Some(Tree::Text(part)) = find(&mut tree, path) {
            let filled = naming.filled(part);
            *part = filled.map(|secret| Open::Secret(Arc::clone(secret)).into());
        }
    }
    let (api_version, kind) = identity(raw, &tree)
        .map_err(|problem| diagnostics.push(*problem))
        .ok()?;
    if tree.get("items").is_some() {
        diagnostics.push(list_of_objects(raw));
        return None;
    }
    let of = fields::kind(&api_version, &kind);
    check_fields(naming, raw, &tree, &[], &of, diagnostics);
    images::replace(&mut tree, &of, &naming.app.registries);
    let name = match text(&tree, &["metadata", "name"]) {
        Some(name) if name::is_subdomain(name) => name.to_owned(),
        found => {
            diagnostics.push(match found {
                Some(found) => no_name(raw, found),
                None => no_object(raw, "metadata.name"),
            });
            return None;
        }
    };
    // It exists, since it contains the name.
    let metadata = find(&mut tree, &["metadata"])?;
    let namespace = settle_namespace(naming, &kind, metadata);
    let owner = Owner::raw(naming.app, raw);
    mark(metadata, "labels", naming.common_labels());
    let workload = owner.workload.as_deref();
    let mut annotations = resource_annotations(&raw.resource, workload);
    annotations.extend(naming.source(workload));
    mark(metadata, "annotations", annotations);
    Some(Object {
        api_version,
        kind,
        namespace,
        name,
        owner,
        tree,
    })
}

/// Adds the labels or annotations of all objects. Those in the object take precedence.
pub(super) fn mark(metadata: &mut OpenTree, name: &str, marks: Map<String>) {
    let Tree::Map(metadata) = metadata else {
        return;
    };
    if !metadata.contains_key(name) && !marks.is_empty() {
        let before = ["name", "namespace", "labels"].into_iter();
        let before = before.filter_map(|key| metadata.get_index_of(key));
        let at = before.max().map_or(0, |at| at + 1);
        metadata.shift_insert(at, name.to_owned(), Map::default().into());
    }
    if let Some(Tree::Map(entries)) = metadata.get_mut(name) {
        for (key, value) in marks {
            let value = || Tree::Text(value.as_str().into());
            entries.entry(key).or_insert_with(value);
        }
    }
}

/// The version and the kind of an object. They are also parts of file names, so they have the form that Kubernetes
/// requires.
fn identity(raw: &Raw, tree: &OpenTree) -> Result<(String, String), Box<Diagnostic>> {
    let read = |field: &str, is_valid: fn(&str) -> bool| {
        let found = text(tree, &[field]).ok_or_else(|| Box::new(no_object(raw, field)))?;
        if is_valid(found) {
            return Ok(found.to_owned());
        }
        let found = found.escape_debug();
        let message = format!(
            "`{found}` is not a valid `{field}` of an object, for the resource `{}`",
            raw.resource
        );
        let problem = Diagnostic::new(Code::ProvisionerInvalid, message);
        let problem = problem.at(raw.place(&[field]), "");
        Err(Box::new(problem.help(
            "write it as in `apiVersion: apps/v1` and `kind: Deployment`",
        )))
    };
    let version = read("apiVersion", is_version)?;
    Ok((version, read("kind", is_kind)?))
}

/// Whether it is the version of a kind, after the group of the kind if that is not the core group.
pub(super) fn is_version(text: &str) -> bool {
    let (group, version) = text.split_once('/').unwrap_or(("core", text));
    name::is_subdomain(group) && name::is_label(version)
}

pub(super) fn is_kind(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.len() <= LABEL
        && text.chars().all(is_letter)
}

/// A list of objects in the place of an object. `kubectl` takes every object with `items` for one, and creates
/// objects that nothing here has checked.
fn list_of_objects(raw: &Raw) -> Diagnostic {
    let message = format!(
        "an object with `items` is a list of objects for Kubernetes, for the resource `{}`",
        raw.resource
    );
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.key_place(&["items"]), "")
        .help("write the objects in its place; an expression can be a list of objects")
}

fn no_object(raw: &Raw, field: &str) -> Diagnostic {
    let message = format!(
        "expected a Kubernetes object with the field `{field}`, found {}, for the resource `{}`",
        raw.tree.kind(),
        raw.resource
    );
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.place(&field.split('.').collect::<Vec<_>>()), "")
        .help("an object has `apiVersion`, `kind` and `metadata`")
}

fn no_name(raw: &Raw, found: &str) -> Diagnostic {
    let resource = &raw.resource;
    let message = format!("`{found}` is not a valid object name, for the resource `{resource}`");
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.place(&["metadata", "name"]), "")
        .help("use `{{ name() }}`, or lower-case letters, digits, `-` and `.`")
}

/// Sets the namespace of the project, unless the object sets one. `null` marks an object without a
/// namespace.
fn settle_namespace(naming: &Naming, kind: &str, metadata: &mut OpenTree) -> Option<String> {
    let Tree::Map(metadata) = metadata else {
        return None;
    };
    match (metadata.get("namespace"), &naming.options.namespace) {
        (Some(Tree::Null), _) => {
            metadata.shift_remove("namespace");
        }
        (None, Some(namespace)) if is_namespaced(kind) => {
            let at = metadata.get_index_of("name").map_or(0, |at| at + 1);
            let namespace = Tree::Text(namespace.as_str().into());
            metadata.shift_insert(at, "namespace".to_owned(), namespace);
        }
        _ => {}
    }
    match metadata.get("namespace")? {
        Tree::Text(text) => text.as_plain().map(str::to_owned),
        _ => None,
    }
}

fn is_namespaced(kind: &str) -> bool {
    let rest = kind.strip_prefix("Cluster").unwrap_or_default();
    let of_cluster = rest.starts_with(|first: char| first.is_ascii_uppercase());
    !of_cluster && !CLUSTER_SCOPED.contains(&kind)
}

/// Reports everything in a part of a provisioner that Kubernetes does not accept: unknown fields,
/// and values of wrong types.
pub(super) fn check_fields(
    naming: &Naming,
    raw: &Raw,
    tree: &OpenTree,
    start: &[&str],
    of: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for Fault { path, wrong } in fields::faults(tree, of) {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let place = [start, &keys].concat();
        let name = path.join(".");
        diagnostics.push(match wrong {
            Wrong::Unknown { known } => unknown_field(raw, (&place, start.len()), of, &known),
            Wrong::Key { rule } => {
                let key = keys.last().copied().unwrap_or_default().escape_debug();
                let around = path[..path.len().saturating_sub(1)].join(".");
                let message = format!("`{key}` is not a valid key in `{around}`");
                Diagnostic::new(Code::ProvisionerInvalidKey, message)
                    .at(raw.key_place(&place), "")
                    .help(rule)
            }
            Wrong::Unidentified { items } => unidentified(raw, &place, &name, items),
            Wrong::Type { expected, found } => {
                let message = format!("expected {} at `{name}`, found {found}", expected.words());
                let is_expression = raw.is_expression(&place);
                let finding = Diagnostic::new(Code::ProvisionerWrongType, message)
                    .at(raw.place(&place), "")
                    .help(advice(expected, found, is_expression));
                // The value of an expression depends on the resource, so the error refers to its
                // declaration.
                match naming.app.declared.get(&raw.resource) {
                    Some(span) if is_expression => {
                        finding.at(*span, format!("for the resource `{}`", raw.resource))
                    }
                    _ => finding,
                }
            }
        });
    }
}

/// Reports an unknown field at a place, of which the first steps are outside the object.
fn unknown_field(
    raw: &Raw,
    (place, outside): (&[&str], usize),
    of: &str,
    known: &[&str],
) -> Diagnostic {
    let key = place.last().copied().unwrap_or_default();
    let known = known.iter().copied();
    let help = match nearest(key, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.len() <= MOST_NAMED => format!("the available fields are {}", listed(known)),
        None => "look it up in the API reference of Kubernetes".to_owned(),
    };
    let name = place[outside..].join(".");
    let message = match of.rsplit('/').next() {
        // Workloads can have different controllers.
        Some(kind) if place.first() == Some(&"controller") => {
            format!("a {kind} has no field `{name}`")
        }
        _ => format!("Kubernetes has no field `{name}`"),
    };
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.key_place(place), "")
        .help(help)
}

fn unidentified(raw: &Raw, place: &[&str], name: &str, items: Items) -> Diagnostic {
    let keys = items.keys();
    let alternatives = keys
        .iter()
        .map(|keys| listed(keys.iter().map(|key| key.path)));
    let alternatives: Vec<String> = alternatives.collect();
    let message = format!("`{name}` lacks the fields that identify it in its list");
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.place(place), "")
        .help(format!("add {}", alternatives.join(", or ")))
}

/// Advice on how to write a value of this type.
fn advice(expected: Shape, found: &str, is_expression: bool) -> &'static str {
    match (expected, is_expression) {
        (Shape::String(_), _) if found == "a map" || found == "a list" => {
            "write its text as one string, which can have several lines below `|`"
        }
        (Shape::String(_), false) => "put it in quotes",
        (Shape::String(_), true) => "`{{ … | string }}` converts a number or a boolean to a string",
        (Shape::Integer | Shape::Number, false) => "write a number without quotes, such as `3`",
        (Shape::Integer, true) => "`{{ … | int }}` converts a string to an integer",
        (Shape::Number, true) => "`{{ … | float }}` converts a string to a number",
        (Shape::Boolean, false) => "write `true` or `false`, without quotes",
        (Shape::Boolean, true) => "use a comparison to get a boolean: `{{ … == 'on' }}`",
        (Shape::IntegerOrString, _) => "write an integer or a string, such as `8080` or `http`",
        (Shape::Quantity, _) => "write a number or a string, such as `2`, `500m` or `1Gi`",
        (Shape::List(_), false) => "write a list: `- ` before each item",
        (Shape::List(_), true) => "use an expression that evaluates to a list",
        (Shape::Object | Shape::Map(_) | Shape::Type(_), false) => "write a map: `key: value`",
        (Shape::Object | Shape::Map(_) | Shape::Type(_), true) => {
            "use an expression that evaluates to a map"
        }
        (Shape::Any | Shape::Custom, _) => "look it up in the API reference of Kubernetes",
    }
}

/// The part of a tree at a path of keys.
pub(super) fn find<'t>(tree: &'t mut OpenTree, path: &[&str]) -> Option<&'t mut OpenTree> {
    path.iter().try_fold(tree, |at, step| match at {
        Tree::Map(entries) => entries.get_mut(*step),
        _ => None,
    })
}

fn text<'t, R>(tree: &'t Tree<R>, path: &[&str]) -> Option<&'t str> {
    match path.iter().try_fold(tree, |at, step| at.get(step))? {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}
