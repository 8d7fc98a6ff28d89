//! Pods that test an installed chart: with `helm test`, each checks that the ports of a workload
//! accept connections.

use score_spec::{Map, Protocol, Value};
use serde_json::json;

use super::action::{Action, TemplateTree};
use super::edit::{behind, get, map, put};
use super::image::{add_image, add_pull_policy, pull_secrets};
use super::values::{Form, Values};
use crate::ir::{Component, Origin, Text, Tree};
use crate::targets::Kubernetes;
use crate::targets::kubernetes::{Object, Open, OpenTree};

/// The image with the `nc` that connects, unless its registry is replaced.
pub(super) const IMAGE: &str = "busybox:1.37";

/// The annotations of objects that exist only while a test runs.
const HOOK: [(&str, &str); 2] = [
    ("helm.sh/hook", "test"),
    (
        "helm.sh/hook-delete-policy",
        "before-hook-creation,hook-succeeded",
    ),
];

/// A pod with this image that connects to the ports of the Service of a workload; `None` if there is nothing to
/// test.
pub(super) fn pod(
    (component, image): (&Component, &str),
    service: &Object,
    options: &Kubernetes,
    values: &mut Values,
) -> Option<Object> {
    let headless = service.tree.get("spec")?.get("clusterIP").is_some();
    let ports = component.ports.iter();
    let ports = ports.filter(|(_, port)| port.protocol == Protocol::Tcp);
    let containers: Vec<OpenTree> = ports
        .map(|(name, _)| container((component, image), name))
        .collect();
    if headless || containers.is_empty() || !matches!(component.origin, Origin::Workload(_)) {
        return None;
    }
    let about = "Pods for `helm test`, which check that workloads accept connections.";
    values.group(&["tests"], about);
    let about = "Whether to include the tests.";
    values.add(&["tests", "enabled"], about, Form::Bool, Tree::Bool(true));
    add_image(values, &["tests", "image"], image);
    add_pull_policy(values, &["tests", "image"], "");
    let mut pod = service.clone();
    "v1".clone_into(&mut pod.api_version);
    "Pod".clone_into(&mut pod.kind);
    pod.name = format!("{}-test", component.name);
    let mut metadata = Map::from_iter([("name".to_owned(), Tree::Text(pod.name.as_str().into()))]);
    if let Some(namespace) = &options.namespace {
        let namespace = Tree::Text(namespace.as_str().into());
        metadata.insert("namespace".to_owned(), namespace);
    }
    metadata.insert("annotations".to_owned(), texts(HOOK));
    let mut spec = tree(json!({
        "restartPolicy": "Never",
        "automountServiceAccountToken": false,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": 65534,
            "runAsGroup": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }));
    if let Tree::Map(spec) = &mut spec {
        spec.insert("containers".to_owned(), Tree::List(containers));
    }
    pod.tree = tree(json!({"apiVersion": "v1", "kind": "Pod"}));
    if let Tree::Map(entries) = &mut pod.tree {
        entries.insert("metadata".to_owned(), metadata.into());
        entries.insert("spec".to_owned(), spec);
    }
    Some(pod)
}

/// A network policy that admits the pod of a test to its workload while the test runs.
pub(super) fn access(component: &Component, pod: &Object) -> Object {
    let mut policy = pod.clone();
    "networking.k8s.io/v1".clone_into(&mut policy.api_version);
    "NetworkPolicy".clone_into(&mut policy.kind);
    policy.name = format!("{}-access", pod.name);
    policy.tree = tree(json!({
        "apiVersion": policy.api_version,
        "kind": policy.kind,
        "metadata": {"name": policy.name},
        "spec": {
            "podSelector": {"matchLabels": {
                "app.kubernetes.io/name": component.name,
                "app.kubernetes.io/instance": component.name,
            }},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {}}}]}],
        },
    }));
    if let Some(metadata) = map(&mut policy.tree, &["metadata"]) {
        let namespace = pod.tree.get("metadata").and_then(|it| it.get("namespace"));
        let namespace = namespace.map(|it| ("namespace".to_owned(), it.clone()));
        metadata.extend(namespace);
        // Helm creates hooks with a lower weight first.
        let annotations = HOOK.into_iter().chain([("helm.sh/hook-weight", "-1")]);
        metadata.insert("annotations".to_owned(), texts(annotations));
    }
    policy
}

/// Labels the pod of a test with its name, which differs per release, and admits pods with this
/// label.
pub(super) fn admit(policy: &mut Object<Action>, pod: &mut Object<Action>) {
    let Some(name) = get(&mut pod.tree, &["metadata", "name"]) else {
        return;
    };
    let label: TemplateTree = [("app.kubernetes.io/instance".to_owned(), name.clone())]
        .into_iter()
        .collect();
    let admitted = ["spec", "ingress", "0", "from", "0", "podSelector"];
    if let Some(selector) = map(&mut policy.tree, &admitted) {
        put(selector, "matchLabels", label.clone());
    }
    if let Some(metadata) = map(&mut pod.tree, &["metadata"]) {
        put(metadata, "labels", label);
    }
}

/// A container that connects to a port.
fn container((component, image): (&Component, &str), port: &str) -> OpenTree {
    let mut container = tree(json!({
        "name": port,
        "image": image,
        "command": ["nc", "-z", "-w", "10"],
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
    }));
    if let Some(Tree::List(command)) = get(&mut container, &["command"]) {
        let component = component.name.clone();
        let port = port.to_owned();
        let host = Open::Host(component.clone());
        command.push(Tree::Text(host.into()));
        command.push(Tree::Text(Open::Port { component, port }.into()));
    }
    container
}

/// Adds the parameters for the image.
pub(super) fn open(pod: &mut Object<Action>, image: &str, chart: &str) {
    let code = "$.Values.tests.image";
    if let Some(spec) = map(&mut pod.tree, &["spec"]) {
        put(spec, "imagePullSecrets", pull_secrets("(list)", Vec::new()));
    }
    let Some(Tree::List(containers)) = get(&mut pod.tree, &["spec", "containers"]) else {
        return;
    };
    for container in containers {
        let Tree::Map(container) = container else {
            continue;
        };
        let include = format!("include \"{chart}.image\" (list $ {code})");
        put(container, "image", Tree::Text(Action::name(include, image)));
        let policy = behind(&format!("{code}.pullPolicy"), ".");
        put(container, "imagePullPolicy", policy);
    }
}

fn texts<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> OpenTree {
    let entries = entries.into_iter();
    entries
        .map(|(key, text)| (key.to_owned(), Tree::Text(text.into())))
        .collect()
}

fn tree(json: serde_json::Value) -> OpenTree {
    Value::from_json(json).map_text(&mut |text| Text::from(text.as_str()))
}
