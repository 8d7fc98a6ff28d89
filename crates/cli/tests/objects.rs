//! Folders of Kubernetes objects over several runs: files that are kept, changed and removed. The
//! contents of objects are tested by the cases.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests are about the outside world, where anything can fail"
)]

#[path = "sandbox/binary.rs"]
mod binary;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use binary::binary;
use tempfile::TempDir;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

const WEB: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers:
  main:
    image: nginx:1
    variables: {PASSWORD: '${resources.db.password}', CACHE: '${resources.cache.host}'}
    files: {/etc/web.conf: {content: a}}
resources:
  cache: {type: redis, id: shared}
  db: {type: postgres}
";

/// A workload that shares only the database server with the other one.
const OTHER: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: other}
service: {ports: {http: {port: 80}}}
containers:
  main: {image: 'nginx:1', variables: {URL: '${resources.db.password}'}}
resources:
  db: {type: postgres}
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs the command, and returns its error output if it fails.
fn run(folder: &Path, arguments: &str) -> Result<(), String> {
    let output = Command::new(binary())
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("SCORE_RS_KEY", KEY)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    output.status.success().then_some(()).ok_or(said)
}

/// The files of a folder with their contents.
fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn another_workload_changes_no_object_of_this_one() {
    let folder = folder(&[("web.yaml", WEB), ("other.yaml", OTHER)]);
    run(
        folder.path(),
        "generate -t kubernetes --output-dir one web.yaml",
    )
    .unwrap();
    run(
        folder.path(),
        "generate -t kubernetes --output-dir two other.yaml web.yaml",
    )
    .unwrap();
    let (one, two) = (
        files(&folder.path().join("one")),
        files(&folder.path().join("two")),
    );
    assert!(two.len() > one.len());
    for (name, content) in one.iter().filter(|(name, _)| *name != "kustomization.yaml") {
        assert_eq!(Some(content), two.get(name), "{name}");
    }
}

#[test]
fn only_own_files_that_are_stale_go() {
    let folder = folder(&[("web.yaml", WEB), ("other.yaml", OTHER)]);
    let generate = "generate -t kubernetes --output-dir k8s";
    run(
        folder.path(),
        &format!("{generate} --secrets separate web.yaml other.yaml"),
    )
    .unwrap();
    let k8s = folder.path().join("k8s");
    let before = files(&k8s);
    assert!(before.contains_key("secrets.yaml") && before.contains_key("other-service.yaml"));

    // Files of the user, one of them with a name that an earlier run used, and one that is listed.
    fs::write(k8s.join("notes.yaml"), "mine: true\n").unwrap();
    fs::write(k8s.join("other-deployment.yaml"), "mine: true\n").unwrap();
    let list = before["kustomization.yaml"].clone() + "  - notes.yaml\n  - ../web.yaml\n";
    fs::write(k8s.join("kustomization.yaml"), list).unwrap();

    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    let after = files(&k8s);
    assert!(!after.contains_key("other-service.yaml") && !after.contains_key("secrets.yaml"));
    assert_eq!(after["notes.yaml"], "mine: true\n");
    assert_eq!(after["other-deployment.yaml"], "mine: true\n");
    assert_eq!(after["web-deployment.yaml"], before["web-deployment.yaml"]);
    assert!(folder.path().join("web.yaml").exists());

    // Another format uses other names.
    run(folder.path(), &format!("{generate} --format json web.yaml")).unwrap();
    assert!(!files(&k8s).contains_key("web-deployment.yaml"));
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    assert!(!files(&k8s).contains_key("web-deployment.json"));
}

#[test]
fn objects_that_an_older_list_does_not_name_go() {
    let folder = folder(&[("web.yaml", WEB), ("other.yaml", OTHER)]);
    let generate = "generate -t kubernetes --output-dir k8s";
    let k8s = folder.path().join("k8s");
    let list = k8s.join("kustomization.yaml");
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    let (before, older) = (files(&k8s), fs::read(&list).unwrap());
    run(folder.path(), &format!("{generate} web.yaml other.yaml")).unwrap();
    fs::write(&list, older).unwrap();
    let check = format!("{generate} --check web.yaml");
    assert!(run(folder.path(), &check).is_err());
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    assert_eq!(files(&k8s), before);
    // A copy with another name belongs to the user.
    fs::copy(
        k8s.join("web-deployment.yaml"),
        k8s.join("web-deployment-canary.yaml"),
    )
    .unwrap();
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    assert!(files(&k8s).contains_key("web-deployment-canary.yaml"));
    // An output of another target is not an object of the folder.
    run(
        folder.path(),
        "generate -t kubernetes -o k8s/manifests.yaml web.yaml",
    )
    .unwrap();
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    assert!(files(&k8s).contains_key("manifests.yaml"));
}

#[test]
fn objects_in_json_replace_only_what_an_earlier_run_listed() {
    let folder = folder(&[("web.yaml", WEB), ("other.yaml", OTHER)]);
    let generate = "generate -t kubernetes --format json --output-dir k8s";
    let k8s = folder.path().join("k8s");
    let mine = "{\"apiVersion\": \"apps/v1\", \"kind\": \"Deployment\", \"metadata\": {\"name\": \"web\"}}\n";
    fs::create_dir(&k8s).unwrap();
    fs::write(k8s.join("web-deployment.json"), mine).unwrap();
    let said = run(folder.path(), &format!("{generate} web.yaml")).unwrap_err();
    assert!(
        said.contains("`k8s/web-deployment.json` was not written by score-rs"),
        "{said}"
    );
    assert_eq!(files(&k8s).len(), 1);

    fs::remove_file(k8s.join("web-deployment.json")).unwrap();
    run(folder.path(), &format!("{generate} web.yaml other.yaml")).unwrap();
    let before = files(&k8s);
    // A listed file is replaced; one listed by the user is kept.
    fs::write(k8s.join("web-deployment.json"), mine).unwrap();
    fs::write(k8s.join("notes.json"), mine).unwrap();
    let list = before["kustomization.yaml"].clone() + "  - notes.json\n";
    fs::write(k8s.join("kustomization.yaml"), list).unwrap();
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    let after = files(&k8s);
    assert_eq!(after["web-deployment.json"], before["web-deployment.json"]);
    assert_eq!(after["notes.json"], mine);
    assert!(!after.contains_key("other-deployment.json"));
}

#[test]
fn a_check_finds_what_a_run_would_change_and_changes_nothing() {
    let folder = folder(&[("web.yaml", WEB), ("other.yaml", OTHER)]);
    let generate = "generate -t kubernetes --secrets separate --output-dir k8s";
    let check = format!("{generate} --check web.yaml");
    let missing = run(folder.path(), &check).unwrap_err();
    assert!(
        missing.contains("k8s/web-service.yaml is missing"),
        "{missing}"
    );
    assert!(!folder.path().join("k8s").exists());

    run(folder.path(), &format!("{generate} web.yaml other.yaml")).unwrap();
    let before = files(&folder.path().join("k8s"));
    let stale = run(folder.path(), &check).unwrap_err();
    assert!(
        stale.contains("k8s/other-service.yaml is left over"),
        "{stale}"
    );
    assert_eq!(files(&folder.path().join("k8s")), before);

    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    run(folder.path(), &check).unwrap();
    // A fresh checkout does not contain the secrets, which are not committed.
    fs::remove_file(folder.path().join("k8s/secrets.yaml")).unwrap();
    run(folder.path(), &check).unwrap();
}

#[test]
fn errors_leave_the_folder_as_it_was() {
    let folder = folder(&[("web.yaml", WEB)]);
    let generate = "generate -t kubernetes --output-dir k8s web.yaml";
    run(folder.path(), generate).unwrap();
    let before = files(&folder.path().join("k8s"));
    fs::write(
        folder.path().join("web.yaml"),
        WEB.replace("image: nginx:1", ""),
    )
    .unwrap();
    assert!(run(folder.path(), generate).is_err());
    assert_eq!(files(&folder.path().join("k8s")), before);
}

#[test]
fn files_outside_are_read_only_where_that_is_allowed() {
    let spec = WEB.replace("{content: a}", "{source: ../shared.conf}");
    let folder = folder(&[("project/web.yaml", &spec), ("shared.conf", "shared")]);
    let project = folder.path().join("project");
    let generate = "generate -t kubernetes web.yaml";
    let refused = run(&project, generate).unwrap_err();
    assert!(refused.contains("file/outside-project"), "{refused}");
    run(&project, &format!("{generate} --allow-outside-files")).unwrap();
    let written = fs::read_to_string(project.join("manifests.yaml")).unwrap();
    assert!(written.contains("web.conf: shared"), "{written}");
}

#[test]
fn a_rotated_secret_replaces_the_pods_that_read_it() {
    let project = "apiVersion: score-rs/v1\nkind: Project\n";
    let folder = folder(&[("web.yaml", WEB), ("score-rs.yaml", project)]);
    let generate = "generate -t kubernetes --output-dir k8s web.yaml";
    run(folder.path(), generate).unwrap();
    let before = files(&folder.path().join("k8s"));
    let rotated = format!("{project}secrets: {{rotations: {{'postgres.default#web.db': 1}}}}\n");
    fs::write(folder.path().join("score-rs.yaml"), rotated).unwrap();
    run(folder.path(), generate).unwrap();
    let after = files(&folder.path().join("k8s"));
    let changed = |name: &str| before.get(name) != after.get(name);
    assert!(changed("web-deployment.yaml"));
    assert!(!changed("redis-shared-statefulset.yaml") && !changed("web-service.yaml"));
    let jobs = |files: &BTreeMap<String, String>| -> Vec<String> {
        let jobs = files.keys().filter(|name| name.ends_with("-job.yaml"));
        jobs.cloned().collect()
    };
    assert_eq!(jobs(&before).len(), 1);
    assert_ne!(jobs(&before), jobs(&after), "the setup has to run anew");
}

/// The kind of an object, whether it is of a resource, and its wave.
fn wave(object: &str) -> (&str, bool, i32) {
    let behind = |start: &str| {
        let mut lines = object.lines();
        lines.find_map(|line| line.trim_start().strip_prefix(start))
    };
    let kind = object.lines().find_map(|it| it.strip_prefix("kind: "));
    let wave = behind("argocd.argoproj.io/sync-wave: ").unwrap();
    let is_of_resource = behind("k8s.score.dev/resource-uid: ").is_some();
    (
        kind.unwrap(),
        is_of_resource,
        wave.trim_matches('"').parse().unwrap(),
    )
}

#[test]
fn waves_order_secrets_servers_jobs_workloads_and_routes() {
    const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop");
    if !Path::new(SHOP).is_dir() {
        // A published package has no examples.
        return;
    }
    let target = TempDir::new().unwrap();
    for region in ["prod-eu", "prod-us"] {
        let folder = target.path().join(region);
        let out = folder.to_str().unwrap();
        run(
            Path::new(SHOP),
            &format!("generate --env {region} --output-dir {out}"),
        )
        .unwrap();
        let mut waves: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
        let mut others = BTreeSet::new();
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            if !entry.file_type().unwrap().is_dir() {
                continue;
            }
            for object in files(&entry.path()).values() {
                let (kind, is_of_resource, wave) = wave(object);
                let group = match (kind, is_of_resource) {
                    ("ExternalSecret" | "ConfigMap" | "ServiceAccount" | "NetworkPolicy", _) => {
                        "secret"
                    }
                    (
                        "PostgresInstance" | "ResourceQuota" | "ServiceMonitor" | "PrometheusRule",
                        _,
                    ) => "raw",
                    ("StatefulSet" | "Service", true) => "server",
                    ("Job", true) => "job",
                    ("Ingress", _) => "route",
                    (_, false) => "workload",
                    _ => {
                        others.insert(kind.to_owned());
                        continue;
                    }
                };
                waves.entry(group).or_default().insert(wave);
            }
        }
        assert!(others.is_empty(), "{others:?}");
        let of = |group: &str| waves[group].iter().copied().collect::<Vec<_>>();
        let groups = ["secret", "raw", "server", "job", "workload", "route"];
        assert_eq!(groups.map(of), [[-3], [-3], [-2], [-1], [0], [1]]);
    }
}

#[test]
fn files_of_users_in_the_folders_of_workloads_stay() {
    let project = "apiVersion: score-rs/v1\nkind: Project\nkubernetes: {layout: per-workload, secrets: external}\n";
    let folder = folder(&[
        ("score-rs.yaml", project),
        ("web.yaml", WEB),
        ("other.yaml", OTHER),
    ]);
    let generate = "generate -t kubernetes --output-dir k8s";
    run(folder.path(), &format!("{generate} web.yaml other.yaml")).unwrap();
    let k8s = folder.path().join("k8s");
    let (web, other) = (k8s.join("web"), k8s.join("other"));
    let deployment = fs::read(other.join("other-deployment.yaml")).unwrap();
    // Another output in a folder with the name of a workload, and files that score-rs did not write.
    let list = fs::read_to_string(k8s.join("kustomization.yaml")).unwrap();
    fs::write(other.join("kustomization.yaml"), &list).unwrap();
    fs::write(web.join("notes.yaml"), "a: b\n").unwrap();
    let copies = k8s.join("copies");
    fs::create_dir(&copies).unwrap();
    fs::write(copies.join("other-deployment.yaml"), &deployment).unwrap();
    let listed = format!("{list}  - copies/other-deployment.yaml\n  - ../web.yaml\n");
    fs::write(k8s.join("kustomization.yaml"), listed).unwrap();
    // A file that no list has is left over if it is beside files of this run.
    fs::write(web.join("other-deployment.yaml"), &deployment).unwrap();
    run(folder.path(), &format!("{generate} web.yaml")).unwrap();
    assert!(web.join("notes.yaml").exists());
    assert!(!web.join("other-deployment.yaml").exists());
    assert!(other.join("other-deployment.yaml").exists());
    assert!(!copies.join("other-deployment.yaml").exists());
    assert!(folder.path().join("web.yaml").exists());
}

#[cfg(unix)]
#[test]
fn the_folder_of_a_workload_is_no_link() {
    let project = "apiVersion: score-rs/v1\nkind: Project\nkubernetes: {layout: per-workload, secrets: external}\n";
    let folder = folder(&[("score-rs.yaml", project), ("web.yaml", WEB)]);
    let outside = TempDir::new().unwrap();
    let k8s = folder.path().join("k8s");
    fs::create_dir(&k8s).unwrap();
    std::os::unix::fs::symlink(outside.path(), k8s.join("web")).unwrap();
    let said = run(
        folder.path(),
        "generate -t kubernetes --output-dir k8s web.yaml",
    )
    .unwrap_err();
    assert!(said.contains("`k8s/web` is not a folder"), "{said}");
    assert!(files(outside.path()).is_empty());
    assert!(!k8s.join("kustomization.yaml").exists());
}
