//! Every field of the specification and every annotation has an effect on an object.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails, and the cases are tables"
)]

use std::collections::BTreeSet;

use score_compiler::{Compiler, Inputs, Kubernetes, Memory, OutputContent, Target};
use score_spec::{Sources, parse};
use serde_json::{Value as Json, json};

/// The objects of a Score file without diagnostics.
fn render(spec: &str) -> Vec<Json> {
    let world = Memory::new().with_file("conf", "from a file: ${metadata.name}");
    let compiler = Compiler::new();
    let inputs = Inputs::new().with_spec("score.yaml", spec);
    let rendered = compiler
        .compile(&world, inputs)
        .render(&Kubernetes::default());
    assert_eq!(rendered.diagnostics, [], "{spec}");
    let OutputContent::Text(text) = &rendered.files[0].content else {
        panic!("no text");
    };
    let mut sources = Sources::new();
    let id = sources.add("manifests.yaml", text.redact());
    let documents = parse(&sources, id).documents;
    documents.iter().map(|it| it.to_value().to_json()).collect()
}

/// Whether an object has a value at a path, whose first part is the kind.
fn has(objects: &[Json], path: &str, value: &Json) -> bool {
    let (kind, pointer) = path.split_once('/').unwrap();
    let mut of_kind = objects.iter().filter(|object| object["kind"] == kind);
    of_kind.any(|object| object.pointer(&format!("/{pointer}")) == Some(value))
}

/// Annotations without their prefix.
type Annotations = &'static [(&'static str, &'static str)];

const POD: &str = "Deployment/spec/template/spec";
const MAIN: &str = "Deployment/spec/template/spec/containers/0";

/// A Score file with annotations.
fn with_annotations(annotations: &[(&str, &str)]) -> String {
    let has_claims = annotations
        .iter()
        .any(|(name, _)| name.ends_with("/storage-class"));
    let mounts = if has_claims {
        json!({"/data": {"source": "${resources.data}"}})
    } else {
        json!({})
    };
    let annotations: serde_json::Map<String, Json> = annotations
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let mut spec = json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web", "annotations": annotations},
        "service": {"ports": {"http": {"port": 80}}},
        "containers": {"main": {
            "image": "nginx:1",
            "resources": {"requests": {"cpu": "1"}},
            "livenessProbe": {"exec": {"command": ["live"]}},
            "readinessProbe": {"exec": {"command": ["ready"]}},
            "volumes": mounts,
        }, "first": {
            "image": "first:1",
            "resources": {"requests": {"cpu": "1"}},
            "before": {"main": {"ready": "complete"}},
        }},
        "resources": {"way": {"type": "route", "params": {"host": "a.example.com", "path": "/", "port": "http"}}},
    });
    if has_claims {
        spec["resources"]["data"] = json!({"type": "volume"});
    }
    spec.to_string()
}

#[test]
fn every_annotation_has_an_effect() {
    const CRON: (&str, &str) = ("kind", "CronJob");
    const DAILY: (&str, &str) = ("schedule", "@daily");
    const USER: (&str, &str) = ("run-as-user", "1000:2000");
    let cases: &[(Annotations, &str, Json)] = &[
        (
            &[("kind", "StatefulSet")],
            "StatefulSet/metadata/name",
            json!("web"),
        ),
        (
            &[("kind", "DaemonSet")],
            "DaemonSet/metadata/name",
            json!("web"),
        ),
        (
            &[("service-name", "front")],
            "Service/metadata/name",
            json!("front"),
        ),
        (
            &[("instance", "web-0a1b2c3d4e")],
            "Deployment/spec/selector/matchLabels",
            json!({"app.kubernetes.io/instance": "web-0a1b2c3d4e"}),
        ),
        (&[("replicas", "3")], "Deployment/spec/replicas", json!(3)),
        (
            &[("autoscaling", "2-5@60%")],
            "HorizontalPodAutoscaler/spec/maxReplicas",
            json!(5),
        ),
        (
            &[("kind", "StatefulSet"), ("autoscaling", "2-5")],
            "HorizontalPodAutoscaler/spec/scaleTargetRef/kind",
            json!("StatefulSet"),
        ),
        (
            &[("disruption-budget", "maxUnavailable: 25%")],
            "PodDisruptionBudget/spec/maxUnavailable",
            json!("25%"),
        ),
        (
            &[("spread", "a/zone, b/host")],
            "Deployment/spec/template/spec/topologySpreadConstraints/1/topologyKey",
            json!("b/host"),
        ),
        (
            &[("labels", "{team: shop}")],
            "Deployment/metadata/labels/team",
            json!("shop"),
        ),
        (
            &[("labels", "{team: shop}")],
            "Deployment/spec/template/metadata/labels/team",
            json!("shop"),
        ),
        (
            &[("strategy", "maxSurge=1 maxUnavailable=25%")],
            "Deployment/spec/strategy/rollingUpdate",
            json!({"maxUnavailable": "25%", "maxSurge": 1}),
        ),
        (
            &[("kind", "StatefulSet"), ("strategy", "partition=2")],
            "StatefulSet/spec/updateStrategy/rollingUpdate/partition",
            json!(2),
        ),
        (
            &[("min-ready-seconds", "7")],
            "Deployment/spec/minReadySeconds",
            json!(7),
        ),
        (
            &[("release-job", "first")],
            "Job/spec/template/spec/containers/0/name",
            json!("first"),
        ),
        (
            &[("kind", "StatefulSet"), ("storage-class", "fast")],
            "StatefulSet/spec/volumeClaimTemplates/0/spec/storageClassName",
            json!("fast"),
        ),
        (
            &[("main.pre-stop", "sleep=5s"), ("pre-stop", "[stop]")],
            "Deployment/spec/template/spec/containers/0/lifecycle/preStop",
            json!({"sleep": {"seconds": 5}}),
        ),
        (
            &[("secrets-version", "v2")],
            "Deployment/spec/template/metadata/annotations/checksum~1external-secrets",
            json!("v2"),
        ),
        (
            &[(
                "network-policy-from",
                "[{namespace: ingress, ports: [http]}]",
            )],
            "NetworkPolicy/spec/ingress/0/from/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name",
            json!("ingress"),
        ),
        (&[CRON, DAILY], "CronJob/spec/schedule", json!("@daily")),
        (
            &[CRON, DAILY, ("concurrency-policy", "Forbid")],
            "CronJob/spec/concurrencyPolicy",
            json!("Forbid"),
        ),
        (
            &[CRON, DAILY, ("successful-jobs-history", "1")],
            "CronJob/spec/successfulJobsHistoryLimit",
            json!(1),
        ),
        (
            &[CRON, DAILY, ("failed-jobs-history", "2")],
            "CronJob/spec/failedJobsHistoryLimit",
            json!(2),
        ),
        (
            &[("kind", "Job"), ("backoff-limit", "0")],
            "Job/spec/backoffLimit",
            json!(0),
        ),
        (
            &[CRON, DAILY, ("backoff-limit", "0")],
            "CronJob/spec/jobTemplate/spec/backoffLimit",
            json!(0),
        ),
        (
            &[("kind", "Job"), ("deadline", "600")],
            "Job/spec/activeDeadlineSeconds",
            json!(600),
        ),
        (
            &[("release-job", "first"), ("deadline", "600")],
            "Job/spec/activeDeadlineSeconds",
            json!(600),
        ),
        (
            &[("service-account", "own")],
            "ServiceAccount/metadata/name",
            json!("web"),
        ),
        (
            &[("service-account", "other")],
            "Deployment/spec/template/spec/serviceAccountName",
            json!("other"),
        ),
        (
            &[("automount-token", "true")],
            "Deployment/spec/template/spec/automountServiceAccountToken",
            json!(true),
        ),
        (
            &[("profile", "restricted")],
            "Deployment/spec/template/spec/securityContext/runAsNonRoot",
            json!(true),
        ),
        (
            &[USER],
            "Deployment/spec/template/spec/securityContext/runAsUser",
            json!(1000),
        ),
        (
            &[USER],
            "Deployment/spec/template/spec/securityContext/fsGroup",
            json!(2000),
        ),
        (
            &[("read-only-root", "true")],
            "Deployment/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
            json!(true),
        ),
        (
            &[("image-pull-secrets", "a, b")],
            "Deployment/spec/template/spec/imagePullSecrets/1/name",
            json!("b"),
        ),
        (
            &[("priority-class", "high")],
            "Deployment/spec/template/spec/priorityClassName",
            json!("high"),
        ),
        (
            &[("node-selector", "{disk: ssd}")],
            "Deployment/spec/template/spec/nodeSelector/disk",
            json!("ssd"),
        ),
        (
            &[("tolerations", "[{key: a, effect: NoSchedule}]")],
            "Deployment/spec/template/spec/tolerations/0/effect",
            json!("NoSchedule"),
        ),
        (
            &[("termination-grace-period", "60")],
            "Deployment/spec/template/spec/terminationGracePeriodSeconds",
            json!(60),
        ),
        (
            &[("gateway", "infra/public:https")],
            "HTTPRoute/spec/parentRefs/0",
            json!({"name": "public", "namespace": "infra", "sectionName": "https"}),
        ),
        (
            &[("ingress-class", "nginx")],
            "Ingress/spec/ingressClassName",
            json!("nginx"),
        ),
        (
            &[("liveness-probe", "delay=10s timeout=3s")],
            "Deployment/spec/template/spec/containers/0/livenessProbe/timeoutSeconds",
            json!(3),
        ),
        (
            &[
                ("main.readiness-probe", "successes=2"),
                ("readiness-probe", "successes=3"),
            ],
            "Deployment/spec/template/spec/containers/0/readinessProbe/successThreshold",
            json!(2),
        ),
        (
            &[("startup-probe", "failures=60")],
            "Deployment/spec/template/spec/containers/0/startupProbe/failureThreshold",
            json!(60),
        ),
        (
            &[("network-policy", "true")],
            "NetworkPolicy/spec/policyTypes/0",
            json!("Ingress"),
        ),
    ];
    let mut seen = BTreeSet::new();
    for (annotations, path, value) in cases {
        let annotations: Vec<(String, &str)> = annotations
            .iter()
            .map(|(name, value)| (format!("k8s.score.dev/{name}"), *value))
            .collect();
        let named: Vec<(&str, &str)> = annotations.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        assert!(
            !has(&render(&with_annotations(&[])), path, value),
            "{path} is there anyway"
        );
        assert!(
            has(&render(&with_annotations(&named)), path, value),
            "{named:?}: {path}"
        );
        let all = annotations.into_iter().map(|(name, _)| name);
        seen.extend(all.map(|name| name.replace("/main.", "/")));
    }
    let known = Kubernetes::default().needs().annotations.iter();
    let known: BTreeSet<String> = known.map(|it| it.name.to_owned()).collect();
    assert_eq!(
        seen, known,
        "an annotation without a case, or the other way round"
    );
}

/// A Score file with fields in its only container, and beside it.
fn with(container: &Json, rest: &Json) -> String {
    let mut main = json!({"image": "nginx:1"});
    main.as_object_mut()
        .unwrap()
        .extend(container.as_object().unwrap().clone());
    let mut spec = json!({
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": main},
    });
    spec.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    spec.to_string()
}

#[test]
fn every_field_has_an_effect() {
    let none = json!({});
    let volume = json!({"resources": {"data": {"type": "volume", "params": {"ephemeral": true}}}});
    let mount = |more: Json| {
        let mut mount = json!({"source": "${resources.data}"});
        mount
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"volumes": {"/data": mount}})
    };
    let get = json!({"path": "/ok", "port": 8080, "scheme": "HTTPS", "httpHeaders": [{"name": "A", "value": "b"}]});
    let ports =
        json!({"service": {"ports": {"dns": {"port": 53, "targetPort": 5353, "protocol": "UDP"}}}});
    let early = json!({"containers": {
        "main": {"image": "a:1"}, "early": {"image": "b:1", "before": {"main": {"ready": "complete"}}},
    }});
    let main = |path: &str| format!("{MAIN}/{path}");
    let mounted = main("volumeMounts/0");
    let cases = [
        (
            "metadata.name",
            with(&none, &none),
            "Deployment/metadata/name".to_owned(),
            json!("web"),
        ),
        (
            "metadata.annotations",
            with(
                &none,
                &json!({"metadata": {"name": "web", "annotations": {"example.com/team": "d"}}}),
            ),
            "Deployment/spec/template/metadata/annotations/example.com~1team".to_owned(),
            json!("d"),
        ),
        (
            "service.ports.*",
            with(&none, &ports),
            "Service/spec/ports/0".to_owned(),
            json!({"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"}),
        ),
        (
            "containers.*.image",
            with(&none, &none),
            main("image"),
            json!("nginx:1"),
        ),
        (
            "containers.*.command",
            with(&json!({"command": ["a", "$$(b)"]}), &none),
            main("command"),
            json!(["a", "$$(b)"]),
        ),
        (
            "containers.*.args",
            with(&json!({"args": ["c"]}), &none),
            main("args/0"),
            json!("c"),
        ),
        (
            "containers.*.variables",
            with(&json!({"variables": {"A": "${metadata.name}"}}), &none),
            main("env/0"),
            json!({"name": "A", "value": "web"}),
        ),
        (
            "containers.*.files.*.content",
            with(
                &json!({"files": {"/etc/a": {"content": "${metadata.name}"}}}),
                &none,
            ),
            "ConfigMap/data/a".to_owned(),
            json!("web"),
        ),
        (
            "containers.*.files.*.binaryContent",
            with(
                &json!({"files": {"/etc/a": {"binaryContent": "AAE="}}}),
                &none,
            ),
            "ConfigMap/binaryData/a".to_owned(),
            json!("AAE="),
        ),
        (
            "containers.*.files.*.source",
            with(&json!({"files": {"/etc/a": {"source": "conf"}}}), &none),
            "ConfigMap/data/a".to_owned(),
            json!("from a file: web"),
        ),
        (
            "containers.*.files.*.noExpand",
            with(
                &json!({"files": {"/etc/a": {"source": "conf", "noExpand": true}}}),
                &none,
            ),
            "ConfigMap/data/a".to_owned(),
            json!("from a file: ${metadata.name}"),
        ),
        (
            "containers.*.files.*.mode",
            with(
                &json!({"files": {"/etc/a": {"content": "a", "mode": "0600"}}}),
                &none,
            ),
            format!("{POD}/volumes/0/configMap/defaultMode"),
            json!(0o600),
        ),
        (
            "containers.*.volumes.*.source",
            with(&mount(json!({})), &volume),
            format!("{POD}/volumes/0/emptyDir"),
            json!({}),
        ),
        (
            "containers.*.volumes.*.path",
            with(&mount(json!({"path": "sub"})), &volume),
            format!("{mounted}/subPath"),
            json!("sub"),
        ),
        (
            "containers.*.volumes.*.readOnly",
            with(&mount(json!({"readOnly": true})), &volume),
            format!("{mounted}/readOnly"),
            json!(true),
        ),
        (
            "containers.*.resources.limits",
            with(
                &json!({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}),
                &none,
            ),
            main("resources/limits"),
            json!({"cpu": "1", "memory": "1Gi"}),
        ),
        (
            "containers.*.resources.requests",
            with(
                &json!({"resources": {"requests": {"cpu": "100m", "memory": "1M"}}}),
                &none,
            ),
            main("resources/requests"),
            json!({"cpu": "100m", "memory": "1M"}),
        ),
        (
            "containers.*.livenessProbe.httpGet",
            with(&json!({"livenessProbe": {"httpGet": get}}), &none),
            main("livenessProbe/httpGet"),
            get.clone(),
        ),
        (
            "containers.*.livenessProbe.exec",
            with(
                &json!({"livenessProbe": {"exec": {"command": ["a"]}}}),
                &none,
            ),
            main("livenessProbe/exec/command/0"),
            json!("a"),
        ),
        (
            "containers.*.readinessProbe.httpGet",
            with(&json!({"readinessProbe": {"httpGet": get}}), &none),
            main("readinessProbe/httpGet"),
            get.clone(),
        ),
        (
            "containers.*.readinessProbe.exec",
            with(
                &json!({"readinessProbe": {"exec": {"command": ["a"]}}}),
                &none,
            ),
            main("readinessProbe/exec/command/0"),
            json!("a"),
        ),
        (
            "containers.*.before",
            with(&none, &early),
            format!("{POD}/initContainers/0/name"),
            json!("early"),
        ),
        (
            "resources.*",
            with(
                &json!({"variables": {"HOST": "${resources.cache.host}"}}),
                &json!({"resources": {"cache": {"type": "redis"}}}),
            ),
            "StatefulSet/metadata/name".to_owned(),
            json!("redis-web--cache"),
        ),
    ];
    let mut seen = BTreeSet::new();
    for (field, spec, path, value) in cases {
        let objects = render(&spec);
        assert!(
            has(&objects, &path, &value),
            "{field}: {path}: {objects:#?}"
        );
        seen.insert(field);
    }
    let known: BTreeSet<&str> = Kubernetes::default()
        .capabilities()
        .iter()
        .map(|it| it.field)
        .collect();
    assert_eq!(
        seen, known,
        "a field without a case, or the other way round"
    );
}
