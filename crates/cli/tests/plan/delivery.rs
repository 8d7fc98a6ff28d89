//! Objects that another Application or Kustomization applies than at the revision.

use crate::Project;

const PROJECT: &str = "apiVersion: score-rs/v1
kind: Project
name: shop
target: kubernetes
output: deploy/
kubernetes: {namespace: shop, layout: flat}
delivery: {repository: https://git.acme.example/deploy.git}
";

const WEB: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: nginx:1, variables: {DATA: \"${resources.data.name}\"}}
service: {ports: {http: {port: 80}}}
resources:
  data: {type: claim}
";

const CLAIM: &str = "apiVersion: score-rs/v1
kind: Provisioner
type: claim
platforms: [kubernetes]
outputs: {properties: {name: {}}}
values: {name: data}
kubernetes:
  - {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
";

fn shop(settings: &str) -> Project {
    let settings = format!(
        "{settings}provisioners: [claim.yaml]
"
    );
    Project::new(&[
        ("score.yaml", WEB),
        ("claim.yaml", CLAIM),
        ("score-rs.yaml", &settings),
    ])
}

#[test]
fn another_layout_moves_objects_to_other_applications() {
    let project = shop(PROJECT);
    assert_eq!(
        project.plan("--against git:HEAD", 0).stdout,
        "nothing changes\n"
    );
    project.edit("score-rs.yaml", "layout: flat", "layout: per-workload");
    let printed = project.plan("--against git:HEAD", 1).words();
    for expected in [
        "! data-loss PersistentVolumeClaim/shop/data changed",
        "`Application/shop-web` applies it in place of `Application/shop`: if that one deletes it, its data is lost",
        "! downtime Application/shop-web changed score.yaml:2 it applies what `Application/shop` applied: if that one deletes it, it \
         is gone until it is created again: `Service/shop/web`, `Deployment/shop/web`",
        "help: keep the old one from deleting them",
        "1 data-loss, 1 downtime",
    ] {
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
    // Objects that are never deleted are safe.
    let kept = "metadata: {name: web, annotations: {argocd.argoproj.io/sync-options: \"ServerSideApply=true,Prune=false\"}}";
    project.edit("score.yaml", "metadata: {name: web}", kept);
    let printed = project.plan("--against git:HEAD", 1).words();
    assert!(!printed.contains("`Deployment/shop/web`"), "{printed}");
}

#[test]
fn flux_applies_all_folders_of_an_environment_together() {
    let flux = PROJECT.replace("git}", "git, flux: {interval: 5m}}");
    let project = shop(&flux);
    project.edit("score-rs.yaml", "layout: flat", "layout: per-workload");
    assert_eq!(
        project.plan("--against git:HEAD", 0).stdout,
        "nothing changes\n"
    );
    project.edit(
        "score-rs.yaml",
        "interval: 5m",
        "interval: 5m, namespace: delivery",
    );
    let printed = project.plan("--against git:HEAD", 1).words();
    let expected = "downtime Kustomization/delivery/shop changed score.yaml:2 it applies what `Kustomization/flux-system/shop` applied";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn a_resource_that_others_share_moves_to_the_shared_application() {
    let project = shop(&PROJECT.replace("flat", "per-workload"));
    project.git(&["mv", "score.yaml", "web.score.yaml"]);
    project.commit();
    let other = WEB.replace("name: web", "name: other");
    project.write(
        "other.score.yaml",
        &other.replace("{type: claim}", "{type: claim, id: web.data}"),
    );
    let printed = project.plan("--against git:HEAD", 1).words();
    let expected = "`Application/shop` applies it in place of `Application/shop-web`";
    assert!(printed.contains(expected), "{printed}");
    assert!(
        !printed.contains("Application/shop-web` applied"),
        "{printed}"
    );
}

#[test]
fn a_renamed_environment_has_another_application() {
    let project = shop(PROJECT);
    let environment = "apiVersion: score-rs/v1\nkind: Environment\n";
    project.write("environments/prod.yaml", environment);
    project.commit();
    project.git(&[
        "mv",
        "environments/prod.yaml",
        "environments/production.yaml",
    ]);
    let printed = project.plan("--all-envs --against git:HEAD", 1).words();
    let expected = "it applies what `Application/shop-prod` applied";
    assert!(printed.contains(expected), "{printed}");
    // Different environments have different Applications.
    project.write("environments/prod.yaml", environment);
    let printed = project
        .plan("--env production --against env:prod", 0)
        .stdout;
    assert_eq!(printed, "nothing changes\n");
}

#[test]
fn without_a_repository_moves_are_not_compared() {
    let project = shop(&PROJECT.replace(
        "delivery: {repository: https://git.acme.example/deploy.git}\n",
        "",
    ));
    project.edit("score-rs.yaml", "layout: flat", "layout: per-workload");
    let printed = project.plan("--against git:HEAD", 0).words();
    assert!(
        printed.starts_with("nothing changes note: the layout"),
        "{printed}"
    );
}

#[test]
fn another_cluster_has_no_data() {
    let project = shop(&PROJECT.replace("git}", "git, argocd: {cluster: eu}}"));
    project.edit("score-rs.yaml", "cluster: eu", "cluster: us");
    let expected = ["data-loss Project/score-rs.yaml cluster score-rs.yaml:7"];
    assert_eq!(project.changes("--against git:HEAD", 1), expected);
}
