//! Environments with another name than at the revision, and those that are gone.

use std::fs;

use crate::{PROJECT, Project, WEB};

const SHOP: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main: {image: nginx:1, variables: {DB: \"${resources.db.password}\"}}
resources:
  db: {type: postgres}
";

const WEB_WITH_ROUTE: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
service: {ports: {http: {port: 80}}}
containers:
  main: {image: nginx:1}
resources:
  entry: {type: route, params: {host: web.example.com, path: /, port: 80}}
";

/// An environment file with these further lines.
fn environment(lines: &str) -> String {
    format!("apiVersion: score-rs/v1\nkind: Environment\n{lines}\n")
}

/// A file of an environment with this namespace.
fn in_namespace(namespace: &str) -> String {
    environment(&format!("kubernetes: {{namespace: {namespace}}}"))
}

fn shop(environments: &[(&str, &str)]) -> Project {
    let project = Project::new(&[("score.yaml", SHOP), ("score-rs.yaml", PROJECT)]);
    for (name, text) in environments {
        project.write(&format!("environments/{name}.yaml"), text);
    }
    project.commit();
    project
}

fn remove(project: &Project, name: &str) {
    fs::remove_file(project.0.folder().join(format!("environments/{name}.yaml"))).unwrap();
}

fn rename(project: &Project, from: &str, to: &str) {
    let path = |name| project.0.folder().join(format!("environments/{name}.yaml"));
    fs::rename(path(from), path(to)).unwrap();
}

#[test]
fn a_renamed_environment_is_compared_with_what_it_was() {
    let project = shop(&[
        ("prod", &in_namespace("shop")),
        ("test", &in_namespace("test")),
    ]);
    rename(&project, "prod", "production");
    project.edit(
        "score.yaml",
        "db: {type: postgres}",
        "db: {type: postgres, id: other}",
    );
    for words in ["--env production", "--all-envs"] {
        let plan = project.plan(&format!("{words} --against git:HEAD"), 1);
        let printed = plan.words();
        for expected in [
            "note: `production`: it takes the place of `prod`, with which it is compared: both are deployed to the \
             namespace `shop`",
            "! data-loss postgres.default#other added score.yaml:6 it is new and empty, and `postgres.default#web.db` stays",
            "! downtime Project/score-rs.yaml secrets .score-rs/environments/prod → .score-rs/environments/production",
            "restart Deployment/shop/web",
        ] {
            assert!(printed.contains(expected), "{expected}\n{printed}");
        }
        assert!(!printed.contains("Environment/prod"), "{printed}");
    }
    let report = project.json("--env production --against git:HEAD", 1);
    let former = report["environments"][0]["former"].as_str().unwrap();
    assert!(former.contains("`prod`"), "{former}");
    let report = project.json("--env test --against git:HEAD", 1);
    assert!(report["environments"][0]["former"].is_null(), "{report}");
}

#[test]
fn the_first_environment_takes_the_place_of_the_project() {
    let project = shop(&[]);
    project.write("environments/prod.yaml", &environment("variables: {A: b}"));
    project.edit("score.yaml", "nginx:1", "nginx:2");
    let printed = project.plan("--all-envs --against git:HEAD", 0).words();
    assert!(
        printed.contains("it takes the place of the project without an environment"),
        "{printed}"
    );
    assert!(printed.contains("nginx:1 → nginx:2"), "{printed}");
}

#[test]
fn a_new_default_environment_hides_nothing() {
    let default = |name: &str| format!("{PROJECT}environment: {name}\n");
    for before in [None, Some("old")] {
        let project = shop(&[]);
        if let Some(name) = before {
            project.write("environments/old.yaml", &in_namespace("old"));
            project.write("score-rs.yaml", &default(name));
            project.commit();
        }
        project.write("environments/new.yaml", &in_namespace("new"));
        project.write("score-rs.yaml", &default("new"));
        project.edit("score.yaml", "\n  db: {type: postgres}", " {}");
        project.edit("score.yaml", "${resources.db.password}", "none");
        for words in ["", "--all-envs "] {
            let options = format!("{words}--deny plan/deletion --against git:HEAD");
            let printed = project.plan(&options, 1).words();
            for expected in [
                "note: `new`: it is compared with",
                "which was the default",
                "deletion postgres.default#web.db removed",
            ] {
                assert!(printed.contains(expected), "{before:?}\n{printed}");
            }
        }
    }
}

#[test]
fn a_new_project_file_hides_nothing() {
    let project = Project::new(&[("score.yaml", SHOP)]);
    project.commit();
    project.write("score-rs.yaml", PROJECT);
    project.edit("score.yaml", "nginx:1", "nginx:2");
    let printed = project.plan("--against git:HEAD", 0).words();
    assert!(printed.contains("nginx:1 → nginx:2"), "{printed}");
}

#[test]
fn an_exposure_of_a_new_environment_is_a_hazard() {
    let project = shop(&[("old", &in_namespace("old"))]);
    project.write("environments/new.yaml", &in_namespace("new"));
    project.write("score.yaml", WEB_WITH_ROUTE);
    let words = "--env new --deny plan/exposure --against git:HEAD";
    let printed = project.plan(words, 1).words();
    assert!(printed.contains("everything is new"), "{printed}");
    assert!(printed.contains("! exposure HTTPRoute/"), "{printed}");
}

#[test]
fn environments_of_other_places_do_not_replace_each_other() {
    for (before, after) in [
        ("kubernetes: {namespace: a}", "kubernetes: {namespace: b}"),
        (
            "kubernetes: {namespace: a}\ndelivery: {argocd: {cluster: eu}}",
            "kubernetes: {namespace: a}\ndelivery: {argocd: {cluster: us}}",
        ),
        ("target: compose", "target: kubernetes"),
    ] {
        let project = shop(&[("old", &environment(before))]);
        remove(&project, "old");
        project.write("environments/new.yaml", &environment(after));
        let printed = project.plan("--all-envs --against git:HEAD", 0).words();
        for expected in [
            "everything is new: there was no environment `new`",
            "! deletion Environment/old removed",
            "! deletion postgres.default#web.db removed the resource is not declared any more, and its data stays behind",
        ] {
            assert!(printed.contains(expected), "{before}\n{printed}");
        }
    }
}

#[test]
fn a_compose_project_is_the_place_of_its_environments() {
    let compose = environment("target: compose");
    for (name, is_same) in [("name: shop\n", true), ("", false)] {
        let project = shop(&[("old", &compose)]);
        project.edit("score-rs.yaml", "name: shop\n", name);
        project.commit();
        rename(&project, "old", "new");
        let printed = project.plan("--all-envs --against git:HEAD", 0).words();
        let is_compared = printed.contains("deployed to the Compose project `shop`");
        assert_eq!(is_compared, is_same, "{printed}");
        assert_eq!(printed.contains("Environment/old"), !is_same, "{printed}");
    }
}

#[test]
fn environments_that_cannot_be_told_apart_are_not_compared() {
    let project = shop(&[("a", &in_namespace("shop")), ("b", &in_namespace("shop"))]);
    remove(&project, "a");
    rename(&project, "b", "c");
    let printed = project.plan("--all-envs --against git:HEAD", 0).words();
    for expected in [
        "note: `c`: it is not known which environments take the place of others, so that they are not compared: `a` and \
         `b` before, and now `c`, are deployed to the namespace `shop`",
        "[c] everything is new: there was no environment `c`",
        "! deletion Environment/a removed",
        "! deletion Environment/b removed",
    ] {
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
}

#[test]
fn without_secrets_the_key_of_an_environment_has_no_effect() {
    let project = Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)]);
    project.write("environments/prod.yaml", &environment(""));
    project.commit();
    rename(&project, "prod", "production");
    let printed = project.plan("--all-envs --against git:HEAD", 0).stdout;
    assert_eq!(printed, "nothing changes\n");
    // A default environment has the key of the project.
    let project = shop(&[("prod", &environment(""))]);
    project.write("score-rs.yaml", &format!("{PROJECT}environment: prod\n"));
    project.commit();
    rename(&project, "prod", "production");
    project.edit(
        "score-rs.yaml",
        "environment: prod",
        "environment: production",
    );
    let printed = project.plan("--against git:HEAD", 0).stdout;
    assert_eq!(printed, "nothing changes\n");
}

#[test]
fn an_environment_that_is_gone_and_was_broken_is_still_listed() {
    let project = shop(&[
        ("prod", &in_namespace("prod")),
        ("dev", &in_namespace("dev")),
    ]);
    project.write("environments/prod.yaml", &environment("extends: nowhere"));
    project.commit();
    remove(&project, "prod");
    let printed = project.plan("--all-envs --against git:HEAD", 0).words();
    assert!(
        printed.contains("! deletion Environment/prod removed"),
        "{printed}"
    );
    assert!(printed.contains("its data is not known"), "{printed}");
}
