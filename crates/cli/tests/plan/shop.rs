//! Five changes of the example `shop`, as a team would make them, compared with a revision.

use std::path::Path;

use crate::Project;
use crate::sandbox::Sandbox;

/// The example in a repository.
fn shop() -> Project {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let project = Project(Sandbox::new("shop").with_copy(&folder, &[]));
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.commit();
    project
}

#[test]
fn nothing_changes_without_a_change() {
    let project = shop();
    let printed = project.plan("--all-envs --param pr=7 --against git:main", 0);
    assert!(
        printed
            .stdout
            .ends_with("nothing changes in 5 environments\n"),
        "{}",
        printed.stdout
    );
}

/// The changes in the environment `prod-eu`, compared with the branch `main`.
#[track_caller]
fn changes(project: &Project, exit: i32) -> Vec<String> {
    project.changes("--env prod-eu --against git:main", exit)
}

/// The changes that contain a word.
fn with<'a>(changes: &'a [String], word: &str) -> Vec<&'a str> {
    let found = changes.iter().filter(|change| change.contains(word));
    found.map(String::as_str).collect()
}

#[test]
fn another_image_restarts_its_workload() {
    let project = shop();
    let digest = |digit: &str| format!("@sha256:{}", digit.repeat(64));
    let file = "environments/prod-eu.images.yaml";
    project.edit(file, &digest("e"), &digest("f"));
    assert_eq!(
        changes(&project, 0),
        [
            "restart Deployment/media-api spec.template.spec.containers[api].image environments/prod-eu.images.yaml:5"
        ]
    );
    // No other environment has the image.
    let same = project.plan("--env prod-us --against git:main", 0);
    assert_eq!(same.stdout, "nothing changes\n");
}

#[test]
fn another_size_of_a_claim_is_refused() {
    let project = shop();
    project.edit("services/search/score.yaml", "20Gi", "30Gi");
    assert_eq!(
        changes(&project, 1),
        [
            "refused StatefulSet/search spec.volumeClaimTemplates[data].spec.resources.requests.storage services/search/score.yaml:21"
        ]
    );
    let printed = project.plan("--env prod-eu --against git:main", 1).words();
    assert!(
        printed.contains("20Gi → 30Gi") && printed.contains("1 error; 1 refused"),
        "{printed}"
    );
}

#[test]
fn a_public_route_is_an_exposure() {
    let project = shop();
    project.edit(
        "services/admin-web/score.yaml",
        "class: internal, params: {host: admin.internal.acme.example",
        "params: {host: admin.acme.example",
    );
    let found = changes(&project, 0);
    assert_eq!(
        with(&found, "exposure"),
        [
            "exposure Ingress/route-admin-web--route spec.rules[0].host services/admin-web/score.yaml:27"
        ]
    );
    assert_eq!(
        with(&found, "deletion"),
        ["deletion Ingress/route-internal-admin-web--route  -"]
    );
    let printed = project.plan("--env prod-eu --against git:main", 0).words();
    assert!(
        printed.contains("the host `admin.acme.example` is new"),
        "{printed}"
    );
}

#[test]
fn a_rename_names_the_id_that_keeps_the_database() {
    let project = shop();
    let file = "services/identity-api/score.yaml";
    project.edit(file, "name: identity-api", "name: id-api");
    project.edit(
        "services/storefront/score.yaml",
        "workload: identity-api",
        "workload: id-api",
    );
    let found = changes(&project, 1);
    assert_eq!(
        with(&found, "data-loss"),
        ["data-loss postgres.large#id-api.db  services/identity-api/score.yaml:22"]
    );
    let json = project.json("--env prod-eu --against git:main", 1);
    let rename = &json["environments"][0]["renames"][0];
    assert_eq!(
        (&rename["from"], &rename["to"]),
        (&"identity-api".into(), &"id-api".into())
    );
    let keep = &rename["keeps"][0];
    assert_eq!(
        (&keep["resource"], &keep["id"]),
        (&"db".into(), &"identity-api.db".into())
    );
    // With that id, nothing is lost.
    let id = "db: {type: postgres, class: large, id: identity-api.db}";
    project.edit(file, "db: {type: postgres, class: large}", id);
    let found = changes(&project, 0);
    assert_eq!(with(&found, "data-loss"), [""; 0]);
    let restarts = with(&found, "restart");
    let storefront = "restart Deployment/storefront spec.template.spec.containers[web].env[IDENTITY_URL].value services/storefront/score.yaml:26";
    assert!(restarts.contains(&storefront), "{restarts:?}");
}

#[test]
fn a_removed_workload_is_deleted() {
    let project = shop();
    std::fs::remove_dir_all(project.0.folder().join("services/invoices-cron")).unwrap();
    let found = changes(&project, 0);
    assert_eq!(
        with(&found, "deletion"),
        ["deletion CronJob/invoices-cron  -"]
    );
    let denied = "--env prod-eu --against git:main --deny plan/deletion";
    let printed = project.plan(denied, 1).words();
    assert!(printed.contains("1 error"), "{printed}");
}
