//! Small applications and their objects. The golden cases compare whole outputs.

mod build;
mod order;

use score_spec::{Code, HttpGet, Map, Protocol, Ready};
use serde_json::{Value, json};

use self::build::*;
use crate::ir::{Asker, Build, Probe, Published, Ref, Route, Run};
use crate::targets::Kubernetes;

#[test]
fn what_resources_need_comes_before_workloads() {
    let mut web = workload("a-web");
    web.ports.insert("http".to_owned(), port(80, 8080));
    web.containers[0].variables = Map::from_iter([(
        "PASSWORD".to_owned(),
        text([secret("redis-cache", "password")]),
    )]);
    let mut app = app([web, server("redis-cache"), workload("b")]);
    app.routes.push(Route {
        name: "way-in".to_owned(),
        resource: "route.default#a-web.way".to_owned(),
        path_span: span(),
        host_span: span(),
        rewrite_span: span(),
        workload: "a-web".to_owned(),
        hosts: vec!["example.localhost".to_owned()],
        path: "/".to_owned(),
        path_rewrite: None,
        component: "a-web".to_owned(),
        port: "http".to_owned(),
        annotations: Map::default(),
    });
    let documents = render(&app);
    assert_eq!(
        names(&documents),
        [
            "Secret/redis-cache",
            "Service/redis-cache",
            "Deployment/redis-cache",
            "Service/a-web",
            "Deployment/a-web",
            "Deployment/b",
            "HTTPRoute/way-in",
        ]
    );
    assert_eq!(
        documents[6]["spec"]["rules"][0]["backendRefs"],
        json!([{"name": "a-web", "port": 80}])
    );
    assert_eq!(
        documents[0]["stringData"],
        json!({"password": "[redacted]"})
    );
}

#[test]
fn secrets_inside_texts_become_variables_of_their_own() {
    let mut web = workload("web");
    let main = &mut web.containers[0];
    main.variables = Map::from_iter([
        (
            "URL".to_owned(),
            text([
                plain("redis://$"),
                secret("cache", "password"),
                plain("@"),
                Ref::Host("cache".to_owned()).into(),
                plain(":"),
                Ref::Port {
                    component: "cache".to_owned(),
                    port: "redis".to_owned(),
                }
                .into(),
            ]),
        ),
        ("ALONE".to_owned(), text([secret("cache", "password")])),
        ("CACHE_PASSWORD".to_owned(), "the user's own".into()),
    ]);
    main.args = Some(vec![
        text([secret("cache", "other")]),
        text([
            plain("$("),
            Ref::Variable("URL".to_owned()).into(),
            plain(")"),
        ]),
    ]);
    let mut cache = server("cache");
    cache.annotations = Map::from_iter([(
        "k8s.score.dev/service-name".to_owned(),
        "cache-host".to_owned(),
    )]);
    let documents = render(&app([web, cache]));
    let main = &pod(&documents[3..])["spec"]["containers"][0];
    let from = |key: &str| json!({"secretKeyRef": {"name": "cache", "key": key}});
    assert_eq!(
        main["env"],
        json!([
            {"name": "_CACHE_PASSWORD", "valueFrom": from("password")},
            {"name": "CACHE_OTHER", "valueFrom": from("other")},
            {"name": "URL", "value": "redis://$$$(_CACHE_PASSWORD)@cache-host:6379"},
            {"name": "ALONE", "valueFrom": from("password")},
            {"name": "CACHE_PASSWORD", "value": "the user's own"},
        ])
    );
    assert_eq!(main["args"], json!(["$(CACHE_OTHER)", "$$($(URL))"]));
}

#[test]
fn containers_before_others_start_in_the_order_of_their_need() {
    let get = HttpGet {
        host: None,
        scheme: None,
        path: "/health".to_owned(),
        port: 80,
        headers: Vec::new(),
    };
    let mut proxy = before(&[("web", Ready::Healthy), ("migrate", Ready::Started)]);
    proxy.readiness_probe = Some(Probe {
        http_get: Some(get),
        exec: None,
    });
    let documents = render(&with_containers(&[
        ("web", container()),
        ("migrate", before(&[("web", Ready::Complete)])),
        ("log", before(&[("web", Ready::Started)])),
        ("proxy", proxy),
        ("other", container()),
    ]));
    let spec = &pod(&documents)["spec"];
    let summary = |containers: &Value| -> Vec<String> {
        let containers = containers.as_array().into_iter().flatten();
        containers
            .map(|c| {
                let started = if c["startupProbe"].is_null() { "" } else { "?" };
                format!("{}{started} {}", c["name"], c["restartPolicy"])
            })
            .collect()
    };
    assert_eq!(
        summary(&spec["initContainers"]),
        [
            r#""log" "Always""#,
            r#""proxy"? "Always""#,
            r#""migrate" null"#
        ]
    );
    assert_eq!(
        summary(&spec["containers"]),
        [r#""web" null"#, r#""other" null"#]
    );
}

#[test]
fn what_before_cannot_mean_is_refused() {
    let mixed = before(&[("web", Ready::Complete), ("other", Ready::Started)]);
    let silent = before(&[("web", Ready::Healthy)]);
    let app = with_containers(&[
        ("web", container()),
        ("other", container()),
        ("mixed", mixed),
        ("silent", silent),
    ]);
    assert_eq!(
        findings(&app),
        [
            (
                Code::TargetInvalid,
                "container `mixed` must be complete for one container, but running for another"
                    .to_owned()
            ),
            (
                Code::TargetInvalid,
                "another container waits until container `silent` is healthy, but it has no probe"
                    .to_owned()
            ),
        ]
    );
}

#[test]
fn files_hide_nothing_and_replace_the_pod_when_they_change() {
    let render_file = |content: &str| {
        let mut web = workload("web");
        web.containers[0].files = Map::from_iter([
            ("/etc/a/app.conf".to_owned(), file(content.into(), None)),
            ("/etc/b/app.conf".to_owned(), file("b".into(), Some(0o755))),
            (
                "/etc/pass word".to_owned(),
                file(
                    text([plain("p="), secret("cache", "password")]),
                    Some(0o400),
                ),
            ),
        ]);
        render(&app([web]))
    };
    let documents = render_file("a");
    assert_eq!(
        names(&documents),
        [
            "Secret/cache",
            "Secret/web-main-files",
            "ConfigMap/web-main-files",
            "Deployment/web"
        ]
    );
    assert_eq!(
        documents[1]["stringData"],
        json!({"pass_word": "p=[redacted]"})
    );
    assert_eq!(
        documents[2]["data"],
        json!({"app.conf": "a", "etc-b-app.conf": "b"})
    );
    let spec = &pod(&documents)["spec"];
    assert_eq!(
        spec["volumes"],
        json!([
            {"name": "main-secret-files", "secret": {"secretName": "web-main-files", "defaultMode": 256}},
            {"name": "main-files", "configMap": {"name": "web-main-files", "items": [
                {"key": "app.conf", "path": "app.conf"},
                {"key": "etc-b-app.conf", "path": "etc-b-app.conf", "mode": 493},
            ]}},
        ])
    );
    assert_eq!(
        spec["containers"][0]["volumeMounts"][2],
        json!({"name": "main-files", "mountPath": "/etc/b/app.conf", "subPath": "etc-b-app.conf", "readOnly": true})
    );
    let hash =
        |documents: &[Value]| pod(documents)["metadata"]["annotations"]["checksum/files"].clone();
    assert_eq!(hash(&documents).as_str().map(str::len), Some(16));
    assert_eq!(hash(&documents), hash(&render_file("a")));
    assert_ne!(hash(&documents), hash(&render_file("other")));
}

#[test]
fn too_much_in_files_is_refused() {
    let mut web = workload("web");
    let large = "x".repeat(1024 * 1024 + 1);
    let files = &mut web.containers[0].files;
    files.insert("/large".to_owned(), file(large.into(), None));
    assert_eq!(
        findings(&app([web])),
        [(
            Code::TargetInvalid,
            "the files of container `main` have 1048577 bytes, but a ConfigMap is limited to 1048576 bytes".to_owned()
        )]
    );
}

#[test]
fn state_is_kept_where_there_is_an_owner() {
    let documents = render(&mounting(server("redis"), "redis-data", Some("redis")));
    assert_eq!(
        names(&documents),
        [
            "Service/redis",
            "Service/redis-headless",
            "StatefulSet/redis"
        ]
    );
    assert_eq!(documents[0]["spec"]["clusterIP"], Value::Null);
    assert_eq!(documents[1]["spec"]["clusterIP"], "None");
    let spec = &documents[2]["spec"];
    assert_eq!(spec["serviceName"], "redis-headless");
    assert_eq!(
        spec["volumeClaimTemplates"][0]["spec"]["resources"],
        json!({"requests": {"storage": "1Gi"}})
    );
    assert_eq!(pod(&documents)["spec"]["volumes"], Value::Null);
    assert_eq!(
        pod(&documents)["spec"]["containers"][0]["ports"],
        json!([{"name": "redis", "containerPort": 6379}])
    );

    let mut lost = mounting(workload("web"), "web-data", None);
    lost.volumes[0].storage = crate::ir::Storage::Ephemeral;
    let documents = render(&lost);
    assert_eq!(names(&documents), ["Deployment/web"]);
    assert_eq!(
        pod(&documents)["spec"]["volumes"],
        json!([{"name": "web-data", "emptyDir": {}}])
    );

    let mut stateful = workload("web");
    let kind = ("k8s.score.dev/kind".to_owned(), "StatefulSet".to_owned());
    stateful.annotations = Map::from_iter([kind]);
    let documents = render(&mounting(stateful, "web-data", None));
    assert_eq!(
        names(&documents),
        ["Service/web-headless", "StatefulSet/web"]
    );
    assert_eq!(documents[0]["spec"]["clusterIP"], "None");
    assert_eq!(documents[1]["spec"]["serviceName"], "web-headless");
}

#[test]
fn annotations_reach_the_pod_but_for_those_of_score_tools() {
    let mut web = workload("web");
    let keys = ["k8s.score.dev/kind", "compose.score.dev/x", "example.com/y"];
    web.annotations = Map::from_iter(keys.map(|key| (key.to_owned(), "Deployment".to_owned())));
    let documents = render(&app([web]));
    assert_eq!(
        pod(&documents)["metadata"]["annotations"],
        json!({"k8s.score.dev/workload-name": "web", "example.com/y": "Deployment"})
    );
}

#[test]
fn names_that_kubernetes_refuses_are_found() {
    let mut digit = workload("0-web");
    digit.ports.insert("http".to_owned(), port(80, 80));
    digit.ports.insert("again".to_owned(), port(80, 81));
    let main = &mut digit.containers[0];
    main.variables.insert("A B".to_owned(), "".into());
    main.build = Some(Build {
        tree: crate::ir::Tree::Null,
        asked_by: Asker::Option,
    });
    let mut cron = workload("cron");
    cron.annotations = Map::from_iter([("k8s.score.dev/kind".to_owned(), "Cron".to_owned())]);
    let mut app = app([digit, cron]);
    app.published.push(Published {
        component: "cron".to_owned(),
        address: None,
        host: 80,
        container: 80,
        protocol: Protocol::Tcp,
        span: None,
        asked_by: Asker::Option,
    });
    let expected = [
        (
            Code::TargetUnsupported,
            "ports can be published only in Compose",
        ),
        (Code::TargetInvalid, "a Service cannot be named `0-web`"),
        (
            Code::TargetInvalid,
            "the ports `http` and `again` are both 80",
        ),
        (
            Code::TargetUnsupported,
            "Kubernetes does not build the image of container `main` of workload `0-web`",
        ),
        (
            Code::TargetInvalid,
            "the variable `A B` of container `main` cannot be set",
        ),
        (Code::TargetInvalid, "unknown workload kind `Cron`"),
    ];
    assert_eq!(
        findings(&app),
        expected.map(|(code, message)| (code, message.to_owned()))
    );
}

#[test]
fn objects_of_one_name_are_refused() {
    let mut first = workload("a");
    first
        .annotations
        .insert("k8s.score.dev/service-name".to_owned(), "b".to_owned());
    first.ports.insert("http".to_owned(), port(80, 80));
    let mut second = workload("b");
    second.ports.insert("http".to_owned(), port(80, 80));
    assert_eq!(
        findings(&app([first, second])),
        [(
            Code::ProjectNameCollision,
            "workload `a` and workload `b` would both have a Service named `b`".to_owned()
        )]
    );
}

#[test]
fn the_namespace_is_on_all_that_is_in_it() {
    let options = Kubernetes {
        namespace: Some("team".to_owned()),
        generate_namespace: true,
        ..Kubernetes::default()
    };
    let mut app = app([server("redis")]);
    app.project = Some("shop".to_owned());
    let (documents, diagnostics) = render_with(&app, &options);
    assert_eq!(diagnostics, []);
    assert_eq!(
        documents[0],
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {
            "app.kubernetes.io/managed-by": "score-rs", "app.kubernetes.io/part-of": "shop",
            "pod-security.kubernetes.io/enforce": "restricted"}}})
    );
    for document in &documents[1..] {
        assert_eq!(document["metadata"]["namespace"], "team");
    }
    assert_eq!(
        documents[2]["spec"]["selector"]["matchLabels"],
        json!({"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "redis"})
    );
}

#[test]
fn a_component_that_runs_once_is_a_job() {
    let mut setup = server("setup");
    setup.run = Run::Once;
    setup.ports.clear();
    let documents = render(&app([setup.clone()]));
    let first = names(&documents);
    assert!(first[0].starts_with("Job/setup-"), "{first:?}");
    assert_eq!(pod(&documents)["spec"]["restartPolicy"], "OnFailure");
    assert_eq!(pod(&documents)["spec"]["securityContext"]["runAsUser"], 999);

    // A changed job has another name, since jobs in a cluster are immutable.
    setup.containers[0].image = "busybox:2".to_owned();
    assert_ne!(names(&render(&app([setup]))), first);
}

#[test]
fn secrets_in_probes_and_hosts_without_ports_are_found() {
    let mut web = workload("web");
    web.containers[0].liveness_probe = Some(Probe {
        http_get: None,
        exec: Some(vec![
            "redis-cli".into(),
            text([secret("cache", "password")]),
        ]),
    });
    let variables = &mut web.containers[0].variables;
    variables.insert(
        "HOST".to_owned(),
        text([Ref::Host("other".to_owned()).into()]),
    );
    assert_eq!(
        findings(&app([web, workload("other")])),
        [
            (Code::TargetUnsupported, "`other` is used as a host name, but has no ports and therefore no Service".to_owned()),
            (Code::TargetInvalid, "the command of the probe of container `main` contains a secret, but Kubernetes supports no secrets or external values there".to_owned()),
        ]
    );
}

#[test]
fn a_volume_that_components_would_share_is_found() {
    let mut app = mounting(workload("a"), "shared", None);
    let mut second = app.components[0].clone();
    second.name = "b".to_owned();
    app.components.insert("b".to_owned(), second);
    app.volumes[0].storage = crate::ir::Storage::Ephemeral;
    assert_eq!(
        findings(&app),
        [(
            Code::TargetUnsupported,
            "the volume of resource `volume.default#web.data` is not shared by `a` and `b`: on \
             Kubernetes each of them has its own"
                .to_owned()
        )]
    );
}

#[test]
fn names_that_are_too_long_are_cut_and_stay_distinct() {
    let (first, second) = ("a".repeat(63), format!("{}b", "a".repeat(62)));
    let mut components = [workload(&first), workload(&second)];
    for component in &mut components {
        let files = &mut component.containers[0].files;
        files.insert("/file".to_owned(), file("content".into(), None));
    }
    let documents = render(&app(components));
    let names = names(&documents);
    assert_eq!(names[0].len(), "ConfigMap/".len() + 63);
    assert_ne!(names[0], names[2]);
}
