//! The objects of an output that refer to each other: selectors of labels, and names.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod compiled;

use compiled::{Files, Project};
use score_compiler::Kubernetes;

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 8080}}}
containers: {main: {image: \"ghcr.io/example/web:1\"}}
resources: {it: {type: manifests}}
";

/// The rules that are violated when a resource has these objects, with the objects.
fn violated(objects: &str) -> Vec<String> {
    let provisioner = format!(
        "apiVersion: score-rs/v1
kind: Provisioner
type: manifests
description: Objects
kubernetes: {objects}
"
    );
    let project =
        "apiVersion: score-rs/v1\nkind: Project\nname: shop\nprovisioners: [manifests.yaml]\n";
    let files = [
        ("manifests.yaml", provisioner.as_str()),
        ("score-rs.yaml", project),
        ("score.yaml", SCORE),
    ];
    let files: Files = files
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
    let judgements = Project::new(&files, "", "{preset: restricted}").judge(&Kubernetes::default());
    let network = judgements
        .into_iter()
        .filter(|it| it.rule.starts_with("network/"));
    network
        .map(|it| format!("{} {}", it.rule, it.object.unwrap()))
        .collect()
}

fn policy(selector: &str) -> String {
    format!(
        "[{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {{podSelector: {selector}}}}}]"
    )
}

#[test]
fn selectors_select_pods() {
    let missing = ["network/policy Deployment/web"];
    for selector in [
        "{}",
        "{matchLabels: {}}",
        "{matchLabels: {app.kubernetes.io/name: web}}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: In, values: [api, web]}]}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: NotIn, values: [api]}]}",
        "{matchExpressions: [{key: tier, operator: NotIn, values: [api]}]}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: Exists}]}",
        "{matchExpressions: [{key: tier, operator: DoesNotExist}]}",
    ] {
        assert_eq!(violated(&policy(selector)), [""; 0], "{selector}");
    }
    for selector in [
        "{matchLabels: {app.kubernetes.io/name: api}}",
        "{matchLabels: {app.kubernetes.io/name: web, tier: front}}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: In, values: [api]}]}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: NotIn, values: [web]}]}",
        "{matchExpressions: [{key: tier, operator: Exists}]}",
        "{matchExpressions: [{key: app.kubernetes.io/name, operator: DoesNotExist}]}",
        "{matchLabels: {app.kubernetes.io/name: web}, matchExpressions: [{key: tier, operator: Exists}]}",
    ] {
        assert_eq!(violated(&policy(selector)), missing, "{selector}");
    }
}

#[test]
fn a_policy_of_another_namespace_selects_nothing() {
    let policy = policy("{}").replace("name: a", "name: a, namespace: other");
    assert_eq!(violated(&policy), ["network/policy Deployment/web"]);
}

#[test]
fn references_lead_to_objects() {
    let scaler = |name: &str| {
        format!(
            "[{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: a}}, \
             spec: {{maxReplicas: 3, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}}}}}]"
        )
    };
    assert_eq!(violated(&scaler("web")), ["network/policy Deployment/web"]);
    let found = violated(&scaler("api"));
    assert!(
        found.contains(&"network/dangling HorizontalPodAutoscaler/a".to_owned()),
        "{found:?}"
    );
    assert_eq!(found.len(), 2, "{found:?}");
}
