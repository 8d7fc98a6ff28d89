//! The objects that provisioners write in Kubernetes' own words. Not: what they change of the objects of
//! workloads; that is in `patch`.

use score_spec::diagnostic::{MOST_NAMED, listed, nearest};
use score_spec::{Code, Diagnostic};

use super::cluster::Cluster;
use super::fields;
use super::objects::{Object, is_secret};
use super::owner::Owner;
use crate::raw::settle;
use crate::{Raw, Text, Tree, name};

/// The name of the platform.
pub(super) const PLATFORM: &str = "kubernetes";

/// The kinds of Kubernetes, and the most common ones beside them, that lie in no namespace. Others
/// whose name begins with `Cluster` and another word are taken for such, too.
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

/// The objects that provisioners write, in the order of their resources.
pub(super) fn objects(cluster: &Cluster, diagnostics: &mut Vec<Diagnostic>) -> Vec<Object> {
    let raw = cluster.app.objects(PLATFORM);
    raw.filter_map(|raw| object(cluster, raw, diagnostics))
        .collect()
}

fn object(cluster: &Cluster, raw: &Raw, diagnostics: &mut Vec<Diagnostic>) -> Option<Object> {
    let named = |key| text(&raw.tree, &[key]).unwrap_or_default();
    let is_secret = is_secret(named("apiVersion"), named("kind"));
    let holds_secrets = |path: &[&str]| is_secret && path.first() == Some(&"stringData");
    let mut tree = settle(raw, &Text::clone, &holds_secrets, diagnostics);
    // What identifies the object is never a reference.
    for path in [
        &["apiVersion"][..],
        &["kind"],
        &["metadata", "name"],
        &["metadata", "namespace"],
    ] {
        if let Some(part) = find(&mut tree, path) {
            cluster.fill(part);
        }
    }
    let (api_version, kind) = (text(&tree, &["apiVersion"])?, text(&tree, &["kind"])?);
    let (api_version, kind) = (api_version.to_owned(), kind.to_owned());
    let of = fields::kind(&api_version, &kind);
    check_fields(raw, &tree, &[], &of, diagnostics);
    let name = match text(&tree, &["metadata", "name"]) {
        Some(name) if name::is_subdomain(name) => name.to_owned(),
        found => {
            diagnostics.push(no_name(raw, found.unwrap_or_default()));
            return None;
        }
    };
    let namespace = settle_namespace(cluster, &kind, find(&mut tree, &["metadata"])?);
    Some(Object {
        api_version,
        kind,
        namespace,
        name,
        owner: Owner::resource(cluster.app, &raw.resource),
        tree,
    })
}

fn no_name(raw: &Raw, found: &str) -> Diagnostic {
    let resource = &raw.resource;
    let message = format!("`{found}` is no name for an object, for the resource `{resource}`");
    Diagnostic::new(Code::ProvisionerInvalid, message)
        .at(raw.place(&["metadata", "name"]), "")
        .help("use `{{ name() }}`, or lower-case letters, digits, `-` and `.`")
}

/// Puts an object into the namespace of the project, unless it says one. `null` says that it lies in none.
fn settle_namespace(cluster: &Cluster, kind: &str, metadata: &mut Tree) -> Option<String> {
    let Tree::Map(metadata) = metadata else {
        return None;
    };
    match (metadata.get("namespace"), &cluster.options.namespace) {
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

/// Reports fields that Kubernetes does not have, in a part of what a provisioner wrote.
pub(super) fn check_fields(
    raw: &Raw,
    tree: &Tree,
    start: &[&str],
    of: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for unknown in fields::unknown(tree, of) {
        let path: Vec<&str> = unknown.path.iter().map(String::as_str).collect();
        let name = path.last().copied().unwrap_or_default();
        let known = unknown.known.iter().copied();
        let help = match nearest(name, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if unknown.known.len() <= MOST_NAMED => format!("there are {}", listed(known)),
            None => "look it up in the API reference of Kubernetes".to_owned(),
        };
        diagnostics.push(
            Diagnostic::new(
                Code::ProvisionerInvalid,
                format!("Kubernetes has no field `{}`", path.join(".")),
            )
            .at(raw.place(&[start, &path].concat()), "")
            .help(help),
        );
    }
}

/// The part of a tree that a path of keys leads to.
pub(super) fn find<'t>(tree: &'t mut Tree, path: &[&str]) -> Option<&'t mut Tree> {
    path.iter().try_fold(tree, |at, step| match at {
        Tree::Map(entries) => entries.get_mut(*step),
        _ => None,
    })
}

fn text<'t>(tree: &'t Tree, path: &[&str]) -> Option<&'t str> {
    match path.iter().try_fold(tree, |at, step| at.get(step))? {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}
