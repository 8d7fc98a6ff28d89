//! Checks that the fields of every kind of object agree with the table of fields.

use std::sync::Arc;

use score_spec::{Map, Quantity, Spanned};

use super::build::*;
use crate::ir::{Component, Probe, Route, Sealed, Text, Tree};
use crate::targets::kubernetes::{Open, RouteKind, RouteOptions, fields};
use crate::targets::{Kubernetes, Target};

/// A workload of a kind, with everything that a workload can have.
fn annotate(kind: &str, more: &[(&str, &str)]) -> Component {
    let mut component = workload(&kind.to_lowercase());
    let mut all = vec![
        ("kind", kind),
        ("read-only-root", "true"),
        ("run-as-user", "1:2"),
    ];
    all.extend([
        ("service-account", "own"),
        ("priority-class", "a"),
        ("node-selector", "{a: b}"),
    ]);
    all.extend([
        ("tolerations", "[{operator: Exists}]"),
        ("image-pull-secrets", "a"),
    ]);
    all.extend([
        ("network-policy", "true"),
        (
            "network-policy-from",
            "[{namespace: a, pods: {b: c}, ports: [1]}]",
        ),
        ("labels", "{team: a}"),
        ("pre-stop", "[a]"),
        ("termination-grace-period", "1"),
        ("liveness-probe", "delay=1s period=2s timeout=1s failures=3"),
    ]);
    all.extend(more);
    let all = all
        .iter()
        .map(|(key, value)| (format!("k8s.score.dev/{key}"), (*value).to_owned()));
    component.annotations = all.collect();
    component.ports.insert("http".to_owned(), port(80, 8080));
    let main = &mut component.containers[0];
    main.command = Some(vec!["a".into()]);
    main.args = Some(vec!["a".into()]);
    main.variables
        .insert("A".to_owned(), text([secret("cache", "password")]));
    main.files
        .insert("/a".to_owned(), file("a".into(), Some(0o600)));
    main.limits.cpu = Some(Spanned::new(Quantity::cpu("1").unwrap(), span()));
    main.liveness_probe = Some(Probe {
        http_get: None,
        exec: Some(vec!["a".into()]),
    });
    component
}

/// Further annotations of a deployment.
const DEPLOYMENT: &[(&str, &str)] = &[
    ("autoscaling", "2-3"),
    ("strategy", "maxSurge=1 maxUnavailable=0"),
    ("min-ready-seconds", "1"),
    ("secrets-version", "1"),
    ("disruption-budget", "minAvailable: 1"),
    ("spread", "a"),
];

/// Further annotations of a stateful set.
const STATEFUL_SET: &[(&str, &str)] = &[
    ("replicas", "2"),
    ("strategy", "partition=1"),
    ("min-ready-seconds", "1"),
];

#[test]
fn fields_exist_and_stand_where_a_person_writes_them() {
    let cron: &[(&str, &str)] = &[
        ("schedule", "@daily"),
        ("concurrency-policy", "Forbid"),
        ("backoff-limit", "1"),
        ("deadline", "60"),
    ];
    let mut app = app([
        annotate("Deployment", DEPLOYMENT),
        annotate("StatefulSet", STATEFUL_SET),
        annotate("DaemonSet", &[("strategy", "OnDelete")]),
        annotate("Job", &[("backoff-limit", "1")]),
        annotate("CronJob", cron),
        server("cache"),
    ]);
    app.routes.push(Route {
        name: "way".to_owned(),
        resource: "route.default#a.b".to_owned(),
        path_span: span(),
        host_span: span(),
        rewrite_span: span(),
        workload: "deployment".to_owned(),
        hosts: vec!["a.example.com".to_owned()],
        path: "/".to_owned(),
        path_rewrite: None,
        component: "deployment".to_owned(),
        port: "http".to_owned(),
        annotations: Map::default(),
    });
    let options = Kubernetes {
        routes: Some(RouteOptions {
            kind: RouteKind::Ingress,
            issuer: Some("a".to_owned()),
            ..RouteOptions::default()
        }),
        ..Kubernetes::default()
    };
    let mut diagnostics = Vec::new();
    let objects = options.objects(&app, &mut diagnostics);
    assert_eq!(diagnostics, []);
    for object in objects {
        let of = fields::kind(&object.api_version, &object.kind);
        let open = object
            .tree
            .map_text(&mut |text| text.map(|secret| Open::Secret(Arc::clone(secret)).into()));
        assert_eq!(fields::faults(&open, &of), []);
        let mut arranged = Tree::clone(&object.tree);
        fields::arrange(&mut arranged, &of);
        let written = |tree: &Tree<Sealed>| tree.map_text(&mut Text::redact).to_json().to_string();
        assert_eq!(written(&object.tree), written(&arranged));
    }
}
