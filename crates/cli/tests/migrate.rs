//! `migrate`: projects of score-compose and score-k8s keep their names, passwords, volumes and selectors.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[path = "migrate/kept.rs"]
mod kept;
#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;

use kept::{Kept, OF_COMPOSE, OF_KUBERNETES};
use sandbox::Sandbox;

const SCORE: &str = "apiVersion: score.dev/v1b1\nmetadata: {name: notes}\n\
    containers: {main: {image: example.com/notes:1, variables: {DB: '${resources.db.username}:${resources.db.password}@${resources.db.host}/${resources.db.name}', CACHE: '${resources.cache.password}'}}}\n\
    resources: {db: {type: postgres}, cache: {type: redis}}\n";

const COMPOSE: &str = "workloads: {notes: {spec: {}, file: score.yaml}}\n\
    compose_project: old-notes\nmounts_directory: .score-compose/mounts\n\
    shared_state: {default-provisioners-postgres-instance: {instanceServiceName: pg-Ab12Cd, instancePassword: rootPassw0rd}}\n\
    resources:\n\
    \x20 postgres.default#notes.db: {guid: g, type: postgres, provisioner: 'template://default-provisioners/postgres', state: {database: db-OldName, username: user-OldOne, password: oldPassw0rd1}}\n\
    \x20 redis.default#notes.cache: {guid: g, type: redis, provisioner: 'template://default-provisioners/redis', state: {serviceName: redis-Ef34Gh, password: cachePassw0rd}}\n";

const KUBERNETES: &str = "workloads: {notes: {spec: {}, file: score.yaml, instance_suffix: -c0ffee1234}}\n\
    resources:\n\
    \x20 postgres.default#notes.db: {guid: 01234567-89ab-4cde-8f01-23456789abcd, type: postgres, provisioner: 'template://default-provisioners/postgres', state: {service: pg-notes-01234567, database: db-Live, username: user-Live, password: livePassw0rd}}\n";

/// A project of both tools.
fn project() -> Sandbox {
    let sandbox = Sandbox::new("project");
    let folder = sandbox.folder();
    fs::write(folder.join("score.yaml"), SCORE).unwrap();
    for (name, state) in [(".score-compose", COMPOSE), (".score-k8s", KUBERNETES)] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("state.yaml"), state).unwrap();
    }
    sandbox
}

fn run(sandbox: &Sandbox, arguments: &[&str]) {
    let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
    let outcome = sandbox.run(&arguments, b"");
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.exit, 0, "{arguments:?}: {stderr}");
    assert!(!stderr.contains("Passw0rd"), "{stderr}");
    assert!(!stderr.contains("exposed-secret"), "{stderr}");
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.folder().join(path)).unwrap()
}

#[test]
fn databases_keep_their_names_passwords_and_volumes() {
    let sandbox = project();
    run(&sandbox, &["migrate", "--dry-run"]);
    assert!(!sandbox.folder().join("score-rs.yaml").exists());
    run(&sandbox, &["migrate"]);
    let settings = read(&sandbox, "score-rs.yaml");
    let expected = "name: old-notes\nworkloads:\n  notes:\n    metadata:\n      annotations:\n        k8s.score.dev/instance: notes-c0ffee1234\nprovisioners:\n  - adopted-compose.provisioners.yaml\n  - adopted-kubernetes.provisioners.yaml\n";
    assert!(settings.ends_with(expected), "{settings}");
    let state = read(&sandbox, ".score-rs/state.json");
    assert!(
        !state.contains("assw0rd") && !state.contains("OldName"),
        "{state}"
    );
    run(&sandbox, &["migrate"]);
    assert_eq!(read(&sandbox, "score-rs.yaml"), settings);
    assert_eq!(read(&sandbox, ".score-rs/state.json"), state);
    assert_eq!(read(&sandbox, ".score-compose/state.yaml"), COMPOSE);

    run(&sandbox, &["generate"]);
    let compose = read(&sandbox, "compose.yaml");
    assert!(!compose.contains("assw0rd"), "{compose}");
    for part in [
        "name: old-notes",
        "  pg-Ab12Cd:",
        "  pg-Ab12Cd-data:",
        "    name: redis-Ef34Gh-data\n    driver: local\n    labels:\n      dev.score.compose.res.uid: redis.default#notes.cache\n",
    ] {
        assert!(compose.contains(part), "{part}: {compose}");
    }
    let variables = read(&sandbox, ".score-rs/compose/notes-main.env");
    let expected = "DB=user-OldOne:oldPassw0rd1@pg-Ab12Cd/db-OldName\nCACHE=cachePassw0rd\n";
    assert_eq!(variables, expected);
    let server = read(&sandbox, ".score-rs/compose/pg-Ab12Cd.env");
    assert_eq!(server, "POSTGRES_PASSWORD=rootPassw0rd\n");

    run(&sandbox, &["generate", "-t", "kubernetes"]);
    let manifests = read(&sandbox, "manifests.yaml");
    for part in [
        "name: pg-notes-01234567",
        "app.kubernetes.io/instance: notes-c0ffee1234",
        "password: \"livePassw0rd\"",
        "value: db-Live",
        "name: pv-data",
    ] {
        assert!(manifests.contains(part), "{part}: {manifests}");
    }
    assert_eq!(manifests.matches("livePassw0rd").count(), 1, "{manifests}");
    // Names are not secrets, so they need no Secret of their own.
    assert!(!manifests.contains("postgres-notes--db"), "{manifests}");
    assert_eq!(read(&sandbox, ".score-rs/state.json"), state);
}

#[test]
fn another_key_does_not_rename_databases() {
    let sandbox = project();
    run(&sandbox, &["migrate"]);
    run(&sandbox, &["generate"]);
    let before = read(&sandbox, "compose.yaml");
    // As after another key, the values cannot be opened.
    let path = sandbox.folder().join(".score-rs/state.json");
    let state = fs::read_to_string(&path).unwrap();
    let (start, rest) = state.split_once("\"shared\": \"").unwrap();
    let changed = if rest.starts_with('0') { "1" } else { "0" };
    fs::write(
        &path,
        format!("{start}\"shared\": \"{changed}{}", &rest[1..]),
    )
    .unwrap();
    let outcome = sandbox.run(&["generate".to_owned()], b"");
    assert_eq!(outcome.exit, 1);
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(stderr.contains("another project key"), "{stderr}");
    assert_eq!(read(&sandbox, "compose.yaml"), before);
}

#[test]
fn a_folder_without_a_state_is_an_error() {
    let sandbox = Sandbox::new("project");
    assert_eq!(sandbox.run(&["migrate".to_owned()], b"").exit, 2);
    let folder = sandbox.folder().join(".score-compose");
    fs::create_dir(&folder).unwrap();
    for wrong in ["- a\n", "a: [\n", "\u{0}"] {
        fs::write(folder.join("state.yaml"), wrong).unwrap();
        let outcome = sandbox.run(&["migrate".to_owned()], b"");
        assert_eq!(outcome.exit, 2, "{wrong}");
        assert!(!sandbox.folder().join("score-rs.yaml").exists());
    }
}

#[test]
fn builds_and_patch_templates_are_taken_over() {
    let sandbox = Sandbox::new("project");
    let folder = sandbox.folder();
    let spec =
        "apiVersion: score.dev/v1b1\nmetadata: {name: notes}\ncontainers: {main: {image: .}}\n";
    fs::write(folder.join("score.yaml"), spec).unwrap();
    fs::create_dir(folder.join("notes")).unwrap();
    fs::create_dir(folder.join(".score-compose")).unwrap();
    let state = "workloads: {notes: {spec: {}, file: score.yaml, build_configs: {main: {context: ./notes, target: dev}}}}\n\
        compose_project: old-notes\nresources: {}\npatching_templates:\n\
        - '  - {op: set, path: services.notes-main.init, value: true}'\n\
        - '{{ range $name, $_ := .Compose.services }}- {op: set, path: services.{{ $name }}.labels.a, value: b}{{ end }}'\n";
    fs::write(folder.join(".score-compose/state.yaml"), state).unwrap();
    run(&sandbox, &["migrate"]);
    let settings = read(&sandbox, "score-rs.yaml");
    for part in [
        "builds:\n  notes/main:\n    context: ./notes\n    target: dev\n",
        "patchTemplates:\n  compose:\n    - patch-compose-1.tpl\n    - patch-compose-2.tpl\n",
    ] {
        assert!(settings.contains(part), "{part}: {settings}");
    }
    run(&sandbox, &["migrate"]);
    assert_eq!(read(&sandbox, "score-rs.yaml"), settings);
    // Indentation at the start of a template stays, and so does a template that someone has changed.
    assert!(
        read(&sandbox, "patch-compose-1.tpl")
            .ends_with("\n  - {op: set, path: services.notes-main.init, value: true}")
    );
    let changed = "{{ range $name, $_ := .Compose.services }}- {op: set, path: services.{{ $name }}.labels.a, value: b}{{ end }}";
    fs::write(folder.join("patch-compose-2.tpl"), changed).unwrap();
    run(&sandbox, &["migrate"]);
    assert_eq!(read(&sandbox, "patch-compose-2.tpl"), changed);
    run(&sandbox, &["generate"]);
    let compose = read(&sandbox, "compose.yaml");
    for part in ["context: ./notes", "target: dev", "init: true", "a: b"] {
        assert!(compose.contains(part), "{part}: {compose}");
    }
}

/// The outputs of a type, as variables.
fn variables(kind: &str) -> String {
    let outputs = match kind {
        "dns" => "host",
        "kafka-topic" => "host name",
        "amqp" => "host vhost username password",
        "mssql" => "server username password",
        "mysql" | "postgres" => "host name username password",
        "s3" => "bucket access_key_id secret_key",
        "route" | "volume" => "",
        _ => "host username password",
    };
    let outputs = outputs.split_whitespace();
    let variables =
        outputs.map(|it| format!("OUT_{}: '${{resources.it.{it}}}', ", it.to_uppercase()));
    variables.collect()
}

/// A project with one resource of a tool, taken over and generated again.
fn moved(kept: &Kept, tool: &str, target: &str) -> Sandbox {
    let kind = kept.kind;
    let sandbox = Sandbox::new("project");
    let folder = sandbox.folder();
    let params = match kind {
        "route" => ", params: {host: a.example.com, path: /, port: web}",
        _ => "",
    };
    let volumes = match kind {
        "volume" => ", volumes: {/data: {source: '${resources.it}'}}",
        _ => "",
    };
    let score = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: notes}}\nservice: {{ports: {{web: {{port: 80}}}}}}\n\
         containers: {{main: {{image: example.com/notes:1, variables: {{{}}}{volumes}}}}}\n\
         resources: {{it: {{type: {kind}{params}}}}}\n",
        variables(kind)
    );
    let state = format!(
        "workloads: {{notes: {{spec: {{}}, file: score.yaml}}}}\ncompose_project: old-notes\nshared_state: {{{}}}\n\
         resources: {{{kind}.default#notes.it: {{guid: 01234567-89ab-4cde-8f01-23456789abcd, type: {kind}, \
         provisioner: 'template://default-provisioners/{kind}', state: {{{}}}}}}}\n",
        kept.shared, kept.state
    );
    fs::write(folder.join("score.yaml"), score).unwrap();
    fs::create_dir(folder.join(tool)).unwrap();
    fs::write(folder.join(tool).join("state.yaml"), state).unwrap();
    run(&sandbox, &["migrate"]);
    run(&sandbox, &["generate", "-t", target]);
    sandbox
}

#[test]
fn each_type_of_compose_keeps_its_names_passwords_and_volumes() {
    for row in &OF_COMPOSE {
        let sandbox = moved(row, ".score-compose", "compose");
        let mut written = read(&sandbox, "compose.yaml");
        assert!(!written.contains("Passw0rd"), "{}: {written}", row.kind);
        let folder = sandbox.folder().join(".score-rs/compose");
        for entry in fs::read_dir(folder).into_iter().flatten() {
            written += &fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        }
        for part in row.parts {
            assert!(written.contains(part), "{}: {part}: {written}", row.kind);
        }
    }
}

#[test]
fn each_type_of_kubernetes_keeps_its_names_passwords_and_claims() {
    let claims = "          app.kubernetes.io/managed-by: score-k8s\n        annotations:\n          \
                  k8s.score.dev/resource-guid: \"01234567-89ab-4cde-8f01-23456789abcd\"\n";
    for row in &OF_KUBERNETES {
        let sandbox = moved(row, ".score-k8s", "kubernetes");
        let written = read(&sandbox, "manifests.yaml");
        for part in row.parts {
            assert!(written.contains(part), "{}: {part}: {written}", row.kind);
        }
        for object in written.split("\n---\n") {
            let is_secret = object.contains("kind: Secret\n");
            assert!(
                is_secret || !object.contains("Passw0rd"),
                "{}: {object}",
                row.kind
            );
            let is_set = object.contains("kind: StatefulSet\n");
            assert!(!is_set || object.contains(claims), "{}: {object}", row.kind);
        }
    }
}

#[test]
fn another_port_for_routes_is_a_note() {
    let sandbox = project();
    let state = COMPOSE.replace(
        "shared_state: {",
        "shared_state: {default-provisioners-routing-instance: {instancePort: 8090}, ",
    );
    let path = sandbox.folder().join(".score-compose/state.yaml");
    fs::write(path, state).unwrap();
    let outcome = sandbox.run(&["migrate".to_owned()], b"");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let note = "routes are published on port 8080 instead of 8090";
    assert!(stderr.contains(note), "{stderr}");
}

#[test]
fn new_resources_join_the_old_ones() {
    let sandbox = Sandbox::new("project");
    let folder = sandbox.folder();
    let kept = OF_KUBERNETES.iter().filter(|it| it.kind != "route");
    let resources = kept.clone().map(|Kept { kind, .. }| {
        format!("old-{kind}: {{type: {kind}}}, new-{kind}: {{type: {kind}}}, ")
    });
    let resources: String = resources.collect();
    let states = kept.clone().map(|Kept { kind, state, .. }| {
        format!(
            "{kind}.default#notes.old-{kind}: {{type: {kind}, state: {{{state}}}, \
             provisioner: 'template://default-provisioners/{kind}'}}, "
        )
    });
    let states: String = states.collect();
    let shared: Vec<&str> = kept
        .map(|it| it.shared)
        .filter(|it| !it.is_empty())
        .collect();
    let shared = shared.join(", ");
    let score = format!(
        "apiVersion: score.dev/v1b1\nmetadata: {{name: notes}}\n\
         containers: {{main: {{image: example.com/notes:1, variables: {{OLD: '${{resources.old-s3.secret_key}}', NEW: '${{resources.new-s3.secret_key}}'}}}}}}\n\
         resources: {{{resources}}}\n"
    );
    fs::write(folder.join("score.yaml"), score).unwrap();
    fs::create_dir(folder.join(".score-k8s")).unwrap();
    let state = format!("workloads: {{}}\nshared_state: {{{shared}}}\nresources: {{{states}}}\n");
    fs::write(folder.join(".score-k8s/state.yaml"), state).unwrap();
    run(&sandbox, &["migrate"]);
    run(&sandbox, &["generate", "-t", "kubernetes"]);
    let manifests = read(&sandbox, "manifests.yaml");
    // One server for both buckets, and a job for each.
    for (part, count) in [
        ("kind: StatefulSet\nmetadata:\n  name: minio-01234567\n", 1),
        ("kind: Secret\nmetadata:\n  name: minio-01234567\n", 1),
        ("kind: Job\nmetadata:\n  name: minio-01234567-", 2),
        ("kind: Job\nmetadata:\n  name: kafka-01234567-", 2),
        ("kind: StatefulSet\nmetadata:\n  name: pg-notes-", 4),
        (
            "kind: StatefulSet\nmetadata:\n  name: pg-notes-01234567\n",
            1,
        ),
    ] {
        assert_eq!(
            manifests.matches(part).count(),
            count,
            "{part}: {manifests}"
        );
    }
}

#[test]
fn a_name_that_no_project_can_have_is_not_taken_over() {
    let sandbox = project();
    let state = COMPOSE.replace("old-notes", "\"Old Notes\\n: x\"");
    fs::write(sandbox.folder().join(".score-compose/state.yaml"), state).unwrap();
    run(&sandbox, &["migrate"]);
    let settings = read(&sandbox, "score-rs.yaml");
    assert!(!settings.contains("Notes"), "{settings}");
    run(&sandbox, &["generate"]);
}

/// A Score file whose image is set by an option.
const SHOP: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: shop}
containers:
  main:
    image: .
    variables: {LEVEL: info}
    files:
      - {target: /etc/shop.conf, content: a}
    resources: {}
";

/// A state with the Score file after options changed it.
const CHANGED: &str = "\
workloads:
  shop:
    file: score.yaml
    spec:
      apiVersion: score.dev/v1b1
      metadata: {name: shop}
      containers:
        main:
          image: registry.example/shop:7
          variables: {LEVEL: IT-IS-SECRET, A.B: c}
          files: {/etc/shop.conf: {content: a}}
  gone: {file: gone.yaml, spec: {containers: {main: {image: 'a:1'}}}}
compose_project: shop
";

#[test]
fn images_of_options_are_taken_over_and_other_options_are_noted() {
    let sandbox = Sandbox::new("project");
    let folder = sandbox.folder();
    fs::write(folder.join("score.yaml"), SHOP).unwrap();
    fs::create_dir(folder.join(".score-compose")).unwrap();
    fs::write(folder.join(".score-compose/state.yaml"), CHANGED).unwrap();
    let migrate = |arguments: &[&str]| {
        let arguments = [&["migrate"][..], arguments].concat();
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        let outcome = sandbox.run(&arguments, b"");
        assert_eq!(outcome.exit, 0);
        let stderr = String::from_utf8(outcome.stderr).unwrap();
        stderr.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let note = "the last `score-compose generate` had other values than `score.yaml` for \
                `containers.main.variables.LEVEL`, `containers.main.variables.A\\.B`; unless";
    let dry = migrate(&["--dry-run"]);
    assert!(dry.contains(note), "{dry}");
    assert!(
        !dry.contains("IT-IS-SECRET") && !dry.contains("`gone.yaml` for"),
        "{dry}"
    );
    assert!(!folder.join("score-rs.yaml").exists());

    assert!(migrate(&[]).contains(note));
    let settings = read(&sandbox, "score-rs.yaml");
    assert!(
        settings.contains("images:\n  shop/main: registry.example/shop:7\n"),
        "{settings}"
    );
    run(&sandbox, &["generate"]);
    assert!(read(&sandbox, "compose.yaml").contains("image: registry.example/shop:7\n"));
    run(
        &sandbox,
        &["generate", "--image", "registry.example/shop:8"],
    );
    assert!(read(&sandbox, "compose.yaml").contains("image: registry.example/shop:8\n"));

    // An image of the user stays.
    fs::write(
        folder.join("score-rs.yaml"),
        settings.replace("shop:7", "shop:9"),
    )
    .unwrap();
    let again = migrate(&[]);
    let note = "score-rs.yaml keeps its image of `shop/main`; it was \"registry.example/shop:7\"";
    assert!(again.contains(note), "{again}");
}
