//! Published ports, and the proxy for routes.

use score_compiler::ir::{Asker, Published, Route};
use score_spec::{Map, Protocol};

use crate::apps::{app, container, route, workload};
use crate::{check_findings, rendered};

#[test]
fn ports_that_are_published_twice() {
    let mut app = app([
        workload("a", [("main", container())]),
        workload("web", [("main", container())]),
    ]);
    let published = |component: &str, host, container| Published {
        component: component.to_owned(),
        address: None,
        host,
        container,
        protocol: if container == 53 {
            Protocol::Udp
        } else {
            Protocol::Tcp
        },
        span: None,
        asked_by: Asker::Option,
    };
    app.published = vec![
        published("a", 53, 53),
        published("web", 53, 8000),
        published("web", 8080, 8000),
    ];
    check_findings(&app, &[]);
    app.routes = vec![route("h", "/")];
    app.published.push(published("a", 53, 1));
    check_findings(
        &app,
        &[
            "project/publish: `web` and the route `route.default#web.1` both publish port 8080",
            "project/publish: `a` and `web` both publish port 53",
        ],
    );
}

#[test]
fn routes() {
    let mut app = app([workload("web", [("main", container())])]);
    let with = |path: &str, annotations: [(&str, &str); 2]| Route {
        annotations: Map::from_iter(
            annotations
                .map(|(name, value)| (format!("compose.score.dev/{name}"), value.to_owned())),
        ),
        ..route("a.localhost", path)
    };
    app.routes = vec![
        route("a.localhost", "/"),
        with(
            "/api",
            [("route-provisioner-path-type", "Exact"), ("x", "")],
        ),
        with(
            r#"/a"\d+/[^/]+"#,
            [
                ("route-provisioner-server-snippet", "gzip on;"),
                (
                    "route-provisioner-location-snippet",
                    "allow all;\n\ndeny all;\n",
                ),
            ],
        ),
        route("b.localhost", "/"),
    ];
    let all = rendered(&app);
    let (head, rest) = all
        .split_once("    server {\n        listen 80;\n")
        .unwrap_or_default();
    assert!(
        head.contains("  routes:\n    image: nginx:1-alpine\n    ports:\n      - target: 80\n"),
        "{all}"
    );
    let told: Vec<&str> = rest.lines().map(str::trim).collect();
    let told = told.into_iter().filter(|line| {
        ["server", "location", "set ", "gzip", "allow", "deny"]
            .iter()
            .any(|word| line.starts_with(word))
    });
    let expected = [
        "server_name a.localhost;",
        "gzip on;",
        r#"location ~ "^(?:/a\"\\d+/[^/]+)(?:/|$)" {"#,
        r#"set $upstream "web:8000";"#,
        "allow all;",
        "deny all;",
        r#"location ~ "^(?:/api)$" {"#,
        r#"set $upstream "web:8000";"#,
        r#"location ~ "^/" {"#,
        r#"set $upstream "web:8000";"#,
        "server {",
        "server_name b.localhost;",
        r#"location ~ "^/" {"#,
        r#"set $upstream "web:8000";"#,
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn routes_that_the_proxy_cannot_serve() {
    let mut app = app([workload("web", [("main", container())])]);
    let lost = Route {
        port: "none".to_owned(),
        ..route("a", "/lost")
    };
    app.routes = vec![lost, route("a", "/x"), route("a", "/x")];
    check_findings(
        &app,
        &[
            "target/invalid: the route `route.default#web.5` leads to port `none` of `web`, which does not exist",
            "target/invalid: the routes `route.default#web.2` and `route.default#web.2` both match `a/x`",
        ],
    );
}

#[test]
fn the_proxy_gets_a_name_that_is_free() {
    let mut app = app([
        workload("routes", [("main", container())]),
        workload("web", [("main", container())]),
    ]);
    app.routes = vec![route("a", "/")];
    let all = rendered(&app);
    assert!(
        all.contains("\n  score-routes:\n")
            && all.contains("=== .score-rs/compose/score-routes/nginx.conf 644\n"),
        "{all}"
    );
}
