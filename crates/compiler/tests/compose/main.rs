//! Compose output for small applications. Compose itself validates other output.

mod apps;
mod routes;

use std::fmt::Write;

use apps::{
    app, before, container, exec, given, http, password, plain, server, span, text, workload,
};
use score_compiler::ir::{
    Asker, Build, Component, Container, File, FileContent, Mount, Published, Ref, Run, Segment,
    Storage, Unset, Volume,
};
use score_compiler::{App, Compose, OutputContent, OutputFile, ProjectKey, Target};
use score_spec::{Diagnostic, Map, Protocol, Quantity, Ready, Spanned, diagnostic};

fn render(app: &App) -> (Vec<OutputFile>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let files = Compose::default().render(app, &mut diagnostics);
    (files, diagnostics)
}

/// The files with their paths and modes, and secrets derived from a key of zeros.
fn rendered(app: &App) -> String {
    let (files, diagnostics) = render(app);
    assert!(!diagnostic::any_error(&diagnostics), "{diagnostics:#?}");
    let key = ProjectKey::new([0; 32]);
    let mut all = String::new();
    for file in files {
        let path = file.path.unwrap_or_else(|| "compose.yaml".to_owned());
        let content = match file.content {
            OutputContent::Text(text) => text.reveal(&key).into_owned(),
            OutputContent::Binary(bytes) => format!("{bytes:?}\n"),
        };
        let _ = write!(all, "=== {path} {:o}\n{content}", file.mode);
    }
    all
}

/// Compares the services, without the lines that all of them contain.
fn check_services(app: &App, expected: &str) {
    let all = rendered(app);
    let services = all.split("services:\n").nth(1).unwrap_or_default();
    let services = services.split("===").next().unwrap_or_default();
    let kept = services.lines().filter(|line| {
        !["image: x", "annotations:", "workload-name:"]
            .iter()
            .any(|part| line.contains(part))
    });
    let kept: Vec<&str> = kept.collect();
    let expected: Vec<&str> = expected
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert_eq!(kept, expected, "{all}");
}

/// Compares the diagnostics.
fn check_findings(app: &App, expected: &[&str]) {
    let (_, diagnostics) = render(app);
    let found = diagnostics
        .iter()
        .map(|it| format!("{}: {}", it.code, it.message));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!(
        diagnostics.iter().all(|it| it.help.is_some()),
        "{diagnostics:#?}"
    );
}

#[test]
fn a_whole_project() {
    let mut main = container();
    main.image = "nginx".to_owned();
    main.command = Some(vec!["sh".into(), "-c".into()]);
    main.args = Some(vec![text([
        plain("echo $HOME $(X) "),
        Ref::Variable("PORT".to_owned()).into(),
    ])]);
    let port = Ref::Port {
        component: "web".to_owned(),
        port: "web".to_owned(),
    };
    let host = Ref::Host("redis-cache".to_owned());
    main.variables = Map::from_iter([
        ("PORT".to_owned(), text([port.into()])),
        ("$X".to_owned(), text([plain("$$ "), env("NAME")])),
        (
            "URL".to_owned(),
            text([plain("redis://:"), password(), plain("@"), host.into()]),
        ),
    ]);
    let content = |content: FileContent, mode| File { content, mode };
    main.files = Map::from_iter([
        (
            "/etc/a".to_owned(),
            content(
                FileContent::Text(text([plain("$a "), password()])),
                Some(0o440),
            ),
        ),
        (
            "/etc/A".to_owned(),
            content(FileContent::Binary(vec![0, 255]), None),
        ),
    ]);
    let mount = Mount {
        volume: "data".to_owned(),
        path: Some("sub".to_owned()),
        read_only: true,
    };
    main.mounts = Map::from_iter([("/data".to_owned(), mount)]);
    main.limits.memory = Some(Spanned::new(Quantity::bytes("128Mi").unwrap(), span()));
    main.requests.cpu = Some(Spanned::new(Quantity::cpu("250m").unwrap(), span()));
    main.liveness_probe = Some(exec("test -f $X"));
    let mut web = workload("web", [("main", main)]);
    web.annotations = Map::from_iter([
        ("k8s.score.dev/kind".to_owned(), "Job".to_owned()),
        ("a".to_owned(), "$".to_owned()),
    ]);
    web.waits_for = Map::from_iter([("redis-cache".to_owned(), Ready::Healthy)]);
    let redis = Container {
        readiness_probe: Some(exec("redis-cli ping")),
        ..container()
    };
    let mut app = app([server("redis-cache", [("redis", redis)]), web]);
    app.published = vec![Published {
        component: "web".to_owned(),
        address: None,
        host: 53,
        container: 53,
        protocol: Protocol::Udp,
        span: None,
        asked_by: Asker::Option,
    }];
    let volume = Volume {
        name: "data".to_owned(),
        resource: "volume.default#web.data".to_owned(),
        local_name: None,
        owner: None,
        size: None,
        storage: Storage::Managed,
    };
    app.volumes = Map::from_iter([("data".to_owned(), volume)]);
    insta::assert_snapshot!(rendered(&app));
}

#[test]
fn the_owner_of_the_network_waits_for_no_other_of_its_workload() {
    check_services(
        &app([workload(
            "w",
            [
                ("app", container()),
                ("init", before("app", Ready::Complete)),
                (
                    "proxy",
                    Container {
                        readiness_probe: Some(exec("up")),
                        ..before("app", Ready::Healthy)
                    },
                ),
            ],
        )]),
        r"
  w-app:
    network_mode: service:w-proxy
    depends_on:
      w-init:
        condition: service_completed_successfully
      w-proxy:
        condition: service_healthy
  w-init:
  w-proxy:
    hostname: w
    healthcheck:
      test:
        - CMD
        - up
      interval: 5s
      timeout: 5s
      start_period: 120s
",
    );
}

#[test]
fn a_container_behind_an_init_container_that_waits_is_no_owner() {
    // `a` waits for `init`, and `init` for `z`, so `a` cannot join the network of `z`.
    check_services(
        &app([workload(
            "w",
            [
                ("a", container()),
                ("init", before("a", Ready::Complete)),
                ("z", before("init", Ready::Started)),
            ],
        )]),
        r"
  w-a:
    network_mode: service:w-z
    depends_on:
      w-init:
        condition: service_completed_successfully
  w-init:
    depends_on:
      w-z:
        condition: service_started
  w-z:
    hostname: w
",
    );
}

#[test]
fn the_first_containers_of_a_component_wait_for_others() {
    let job = Component {
        run: Run::Once,
        ..server("job", [("b", container()), ("a", container())])
    };
    let mut web = workload(
        "web",
        [
            ("app", container()),
            ("init", before("app", Ready::Complete)),
        ],
    );
    web.waits_for = Map::from_iter([
        ("db".to_owned(), Ready::Healthy),
        ("job".to_owned(), Ready::Complete),
    ]);
    check_services(
        &app([server("db", [("db", container())]), job, web]),
        r"
  db:
    restart: unless-stopped
    labels:
      dev.score.compose.res.uid: redis.default#db
  job-a:
    hostname: job
    labels:
      dev.score.compose.res.uid: redis.default#job
  job-b:
    labels:
      dev.score.compose.res.uid: redis.default#job
  web-app:
    hostname: web
    depends_on:
      web-init:
        condition: service_completed_successfully
  web-init:
    depends_on:
      db:
        condition: service_started
      job-a:
        condition: service_completed_successfully
      job-b:
        condition: service_completed_successfully
",
    );
}

#[test]
fn an_image_that_is_built() {
    let build = score_spec::Value::from_json(serde_json::json!({"context": "a$b"}));
    let mut main = container();
    main.image = ".".to_owned();
    main.build = Some(Build {
        tree: build.map_text(&mut |text| text.as_str().into()),
        asked_by: Asker::Option,
    });
    let all = rendered(&app([workload("w", [("main", main)])]));
    assert!(
        all.contains("  w-main:\n    build:\n      context: a$$b\n    hostname: w\n"),
        "{all}"
    );
}

#[test]
fn probes_over_http() {
    let probed = Container {
        readiness_probe: Some(http()),
        liveness_probe: Some(exec("up")),
        ..container()
    };
    let waited = Container {
        readiness_probe: Some(http()),
        ..before("probed", Ready::Healthy)
    };
    check_findings(
        &app([workload("w", [("probed", probed), ("waited", waited)])]),
        &[
            "target/unsupported: Compose does not support the HTTP probe of container `probed` of `w`",
            "target/invalid: container `probed` waits until container `waited` of `w` is healthy, \
             which Compose cannot check",
        ],
    );
}

#[test]
fn names_that_collide() {
    check_findings(
        &app([
            workload("a", [("b-c", container())]),
            workload("a-b", [("c", container())]),
        ]),
        &[
            "project/name-collision: container `b-c` of `a` and container `c` of `a-b` would both be named `a-b-c`",
        ],
    );
    check_findings(
        &app([
            workload("a", [("b", container())]),
            workload("a-b", [("c", container())]),
        ]),
        &[
            "project/name-collision: container `b` of `a` and workload `a-b` would both be named `a-b`",
        ],
    );
}

#[test]
fn what_cannot_be_written() {
    let mut main = container();
    main.variables = Map::from_iter([
        ("A".to_owned(), text([password(), plain("\n")])),
        ("B".to_owned(), text([password(), env("X")])),
        ("C D".to_owned(), text([password()])),
        ("E".to_owned(), text([env("X-Y")])),
        ("F".to_owned(), text([given("a\nb")])),
        ("G".to_owned(), text([given("a $\"'\\# b")])),
    ]);
    main.command = Some(vec![text([Ref::Variable("A".to_owned()).into()])]);
    main.args = Some(vec![text([Ref::Variable("Z".to_owned()).into()])]);
    main.limits.memory = Some(Spanned::new(Quantity::bytes("8Ei").unwrap(), span()));
    let content = FileContent::Text(text([env("X"), password()]));
    main.files = Map::from_iter([(
        "/f".to_owned(),
        File {
            content,
            mode: None,
        },
    )]);
    let (_, diagnostics) = render(&app([workload("w", [("main", main)])]));
    let mut found: Vec<&str> = diagnostics.iter().map(|it| it.message.as_str()).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "an argument of container `main` of `w` refers to the variable `Z`, which does not exist",
            "container `main` of `w` requests `8Ei`, which Compose cannot express",
            "the command of container `main` of `w` contains a secret, which cannot be written to `compose.yaml`",
            "the file `/f` of container `main` of `w` contains a secret and the environment \
             variable `X`, which Compose replaces only in `compose.yaml`",
            "the variable `A` of container `main` of `w` contains a secret and a line break, which \
             an env file cannot combine",
            "the variable `B` of container `main` of `w` contains a secret and the environment \
             variable `X`, which Compose replaces only in `compose.yaml`",
            "the variable `C D` of container `main` of `w` contains a secret, but an env file \
             cannot contain a variable with that name",
            "the variable `E` of container `main` of `w` needs the environment variable `X-Y`, \
             whose name Compose cannot replace",
            "the variable `F` of container `main` of `w` contains a secret and a line break, which \
             an env file cannot combine",
        ]
    );
}

/// An environment variable that may be unset.
fn env(name: &str) -> Segment {
    Segment::Ref(Ref::Env {
        name: name.to_owned(),
        unset: Unset::Empty,
    })
}
