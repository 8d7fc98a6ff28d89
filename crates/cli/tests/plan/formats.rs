//! Formats, levels and waivers.

use serde_json::Value;

use crate::{PROJECT, Project, WEB};

const DB: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables: {HOST: \"${resources.db.host}\"}
resources:
  db: {type: postgres-instance}
";

/// A project whose workload is renamed, so that its database is.
fn renamed() -> Project {
    let project = Project::new(&[("score.yaml", DB), ("score-rs.yaml", PROJECT)]);
    project.edit("score.yaml", "name: web", "name: site");
    project
}

#[test]
fn json_is_what_the_schema_says() {
    let schema: Value = serde_json::from_str(score_schemas::PLAN).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let project = renamed();
    for (words, exit) in [
        ("--against git:HEAD", 1),
        ("--against git:HEAD --allow plan/*", 0),
        ("--against git:nowhere", 2),
        ("", 0),
    ] {
        let report = project.json(words, exit);
        let problems = schema.iter_errors(&report);
        let problems: Vec<String> = problems
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{words}: {problems:#?}");
    }
}

#[test]
fn hazards_have_levels_and_waivers() {
    let project = renamed();
    let against = "--against git:HEAD";
    let printed = project.plan(against, 1).words();
    assert!(
        printed.contains("! data-loss") && printed.contains("! downtime"),
        "{printed}"
    );
    project.plan(&format!("{against} --allow plan/data-loss"), 0);
    let printed = project.plan(
        &format!("{against} --warn plan/data-loss --deny plan/downtime"),
        1,
    );
    assert!(printed.stdout.contains("error"), "{}", printed.stdout);
    project.write(
        "waivers.yaml",
        "apiVersion: score-rs/v1\nkind: Waivers\nwaivers:\n  - {rule: plan/data-loss, reason: it is a \
         test, owner: team-shop, until: 2027-03-31}\n  - {rule: plan/downtime, object: \
         'Service/*', reason: renamed, owner: team-shop, until: 2027-03-31}\n",
    );
    // A change does not waive its own hazards.
    let printed = project.plan(against, 1).words();
    assert!(!printed.contains("waived"), "{printed}");
    assert!(
        printed.contains("takes effect after the change is merged"),
        "{printed}"
    );
    project.git(&["add", "waivers.yaml"]);
    project.git(&["commit", "--quiet", "-m", "a"]);
    let printed = project.plan(against, 0).words();
    assert!(
        printed.contains("waived: it is a test (team-shop, until 2027-03-31)"),
        "{printed}"
    );
    let sarif: Value =
        serde_json::from_str(&project.plan(&format!("{against} -f sarif"), 0).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let waived = results.iter().filter(|it| it["suppressions"].is_array());
    let ids: Vec<_> = waived.map(|it| it["ruleId"].as_str().unwrap()).collect();
    assert!(ids.contains(&"plan/data-loss"), "{ids:?}");
    // `validate` does not find them needless.
    let outcome = crate::sandbox::run(&project.0, "validate");
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert!(!stderr.contains("waiver-unused"), "{stderr}");
    // A waiver that has ended is a second place of the hazard.
    project.edit("waivers.yaml", "2027-03-31", "2026-01-31");
    let json = project.json(against, 1);
    let text = json["diagnostics"].to_string();
    assert!(text.contains("this waiver has ended"), "{text}");
}

#[test]
fn reports_of_failures_are_complete() {
    let project = renamed();
    for (format, expected) in [
        ("json", "\"version\": \"score-rs/plan/v1\""),
        ("sarif", "\"version\": \"2.1.0\""),
        ("junit", "<testsuite name=\"score-rs plan\""),
        ("github", "::error "),
        ("markdown", "**Plan**: 1 error; no plan"),
    ] {
        let printed = project.plan(&format!("--against git:nowhere -f {format}"), 2);
        assert!(
            printed.stdout.contains(expected),
            "{format}: {}",
            printed.stdout
        );
    }
}

#[test]
fn text_of_a_pull_request_stays_in_its_place() {
    let evil = "</code></details>\\n# Title\\n@team [x](http://evil) ![y](z) `a` ``b`` <img src=x> ##[error]x ::error::y | www.evil.example";
    let spec = WEB.replace("red", &format!("\"{evil}\""));
    let project = Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)]);
    project.write("score.yaml", &spec);
    let comment = project.plan("--against git:HEAD -f markdown", 0).stdout;
    for line in comment.lines() {
        let outside = outside_code(line);
        for forged in ["@team", "](", "<img", "</code>", "www.", "http:"] {
            assert!(!outside.contains(forged), "{forged} in {line}");
        }
        assert!(!line.starts_with("# "), "{line}");
    }
    assert_eq!(
        comment.matches("\n</details>").count(),
        comment.matches("\n<details>").count()
    );
    let github = project
        .plan("--against git:HEAD --deny plan/* -f github", 0)
        .stdout;
    assert!(
        github.lines().all(|line| line.starts_with("::error ")),
        "{github}"
    );
}

/// The parts of a line of Markdown that are not in code spans.
fn outside_code(line: &str) -> String {
    let mut rest = line;
    let mut outside = String::new();
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        let run = rest[start..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(run);
        let after = &rest[start + run..];
        let mut from = 0;
        let end = loop {
            let Some(at) = after[from..].find(&fence).map(|at| from + at) else {
                break None;
            };
            let length = after[at..].chars().take_while(|c| *c == '`').count();
            if length == run {
                break Some(at);
            }
            from = at + length;
        };
        if let Some(end) = end {
            rest = &after[end + run..];
        } else {
            outside.push_str(&fence);
            rest = after;
        }
    }
    outside + rest
}

#[test]
fn environments_are_compared_with_each_other() {
    let environment = |extra: &str| format!("apiVersion: score-rs/v1\nkind: Environment\n{extra}");
    let project = Project::new(&[
        ("score.yaml", WEB),
        ("score-rs.yaml", PROJECT),
        ("environments/staging.yaml", &environment("")),
        (
            "environments/prod.yaml",
            &environment("defaults: {annotations: {k8s.score.dev/replicas: '3'}}\n"),
        ),
    ]);
    let changes = project.changes("--env prod --against env:staging", 0);
    assert_eq!(
        changes,
        ["scale Deployment/web spec.replicas environments/prod.yaml:3"]
    );
    let same = project.plan("--env prod --against env:prod", 0);
    assert_eq!(same.stdout, "nothing changes\n");
    project.edit("score.yaml", "nginx:1", "nginx:2");
    let printed = project.plan("--all-envs --against git:HEAD", 0).stdout;
    assert!(
        printed.contains("[prod]\n") && printed.contains("[staging]\n"),
        "{printed}"
    );
    assert!(printed.ends_with("2 restart\n"), "{printed}");
}

#[test]
fn environments_for_other_targets_are_not_compared() {
    let compose = format!("{ENVIRONMENT}target: compose\n");
    let project = Project::new(&[
        ("score.yaml", WEB),
        ("score-rs.yaml", PROJECT),
        ("environments/dev.yaml", &compose),
        ("environments/prod.yaml", ENVIRONMENT),
    ]);
    let printed = project.plan("--env prod --against env:dev", 2).words();
    assert!(
        printed.contains("is for `compose`") && printed.contains("`--target kubernetes`"),
        "{printed}"
    );
    let printed = project.plan("--env prod --against env:dev -t kubernetes", 0);
    assert!(printed.stdout.ends_with("nothing changes\n"));
}

#[test]
fn values_of_the_environment_are_hidden() {
    let spec =
        WEB.replace("red", "'${resources.env.TOKEN}'") + "resources: {env: {type: environment}}\n";
    let text = format!("{PROJECT}permissions: {{environment: [TOKEN]}}\n");
    let mut project = Project::new(&[("score.yaml", &spec), ("score-rs.yaml", &text)]);
    let token = "s3cr3t-t0k3n";
    let variables = [("TOKEN".to_owned(), token.to_owned())];
    project.0 = project.0.with_environment(&variables);
    let outcome = crate::sandbox::run(&project.0, "generate");
    assert_eq!(outcome.exit, 0);
    let written = std::fs::read_to_string(project.0.folder().join("manifests.yaml")).unwrap();
    assert!(written.contains(token), "{written}");
    project.edit("manifests.yaml", token, "0th3r-t0k3n");
    project.edit("score.yaml", "nginx:1", "nginx:2");
    for format in ["human", "json", "markdown", "sarif", "github", "junit"] {
        let printed = project.plan(&format!("-f {format}"), 0).words();
        assert!(!printed.contains("t0k3n"), "{format}: {printed}");
        if format == "human" {
            assert!(
                printed.contains("(hidden)") && printed.contains("nginx:1 → nginx:2"),
                "{printed}"
            );
        }
    }
}

#[test]
fn levels_of_the_change_do_not_hide_its_hazards() {
    let project = web();
    let levels = format!("{PROJECT}levels: {{deny: [plan/deletion]}}\n");
    project.write("score-rs.yaml", &levels);
    project.commit();
    // The base is stricter than the change.
    project.write("score-rs.yaml", &levels.replace("deny", "allow"));
    project.edit("score.yaml", "service: {ports: {http: {port: 80}}}\n", "");
    let printed = project.plan("--against git:HEAD", 1).words();
    assert!(printed.contains("! deletion"), "{printed}");
    assert!(
        printed.contains("takes effect after the change"),
        "{printed}"
    );
    let markdown = project.plan("--against git:HEAD -f markdown", 1).stdout;
    assert!(
        markdown.contains("takes effect after the change"),
        "{markdown}"
    );
    let report = project.json("--against git:HEAD", 1);
    let help = report["diagnostics"][0]["help"].as_str().unwrap();
    assert!(help.contains("takes effect after the change"), "{help}");
    // The options of the run are those of the user.
    project.plan("--against git:HEAD --allow plan/deletion", 0);
    // The change is stricter than the base.
    project.write("score-rs.yaml", &levels.replace("plan/deletion", "plan/*"));
    let printed = project.plan("--against git:HEAD", 1).words();
    assert!(
        !printed.contains("takes effect after the change"),
        "{printed}"
    );
}

#[test]
fn settings_of_the_project_are_hazards() {
    let project = web();
    project.write("environments/dev.yaml", ENVIRONMENT);
    project.write("environments/prod.yaml", ENVIRONMENT);
    project.edit(
        "score-rs.yaml",
        "target: kubernetes",
        "target: kubernetes\nenvironment: dev",
    );
    project.commit();
    project.edit("score-rs.yaml", "environment: dev", "environment: prod");
    // Without secrets, a key has no effect.
    assert!(
        project
            .changes("--env dev --against git:HEAD", 0)
            .is_empty()
    );
    let db = "variables: {DB: \"${resources.db.password}\"}";
    project.edit("score.yaml", "variables: {COLOR: red}", db);
    project.edit(
        "score.yaml",
        "service:",
        "resources: {db: {type: postgres}}\nservice:",
    );
    project.git(&["add", "score.yaml"]);
    project.git(&["commit", "--quiet", "-m", "a"]);
    let expected = ["downtime Project/score-rs.yaml secrets score-rs.yaml:5"];
    assert_eq!(project.changes("--env dev --against git:HEAD", 0), expected);
    project.edit("score-rs.yaml", "target: kubernetes", "target: compose");
    let changes = project.changes("--env dev --against git:HEAD", 1);
    assert!(
        changes.contains(&"data-loss Project/score-rs.yaml target score-rs.yaml:4".to_owned()),
        "{changes:?}"
    );
}

const ENVIRONMENT: &str = "apiVersion: score-rs/v1\nkind: Environment\n";

#[test]
fn environments_that_are_gone_are_hazards() {
    let project = web();
    let params = "params: {required: [pr], properties: {pr: {type: integer, examples: [123]}}}\n";
    project.write(
        "environments/base.yaml",
        &format!("{ENVIRONMENT}abstract: true\n"),
    );
    project.write("environments/prod.yaml", ENVIRONMENT);
    project.write(
        "environments/preview.yaml",
        &format!("{ENVIRONMENT}{params}"),
    );
    project.commit();
    // Params that are not given have the values of examples.
    let printed = project.plan("--all-envs --against git:HEAD", 0).words();
    assert!(
        printed.ends_with("nothing changes in 2 environments"),
        "{printed}"
    );
    for gone in ["base", "prod"] {
        let path = format!("environments/{gone}.yaml");
        std::fs::remove_file(project.0.folder().join(path)).unwrap();
    }
    let report = project.json("--all-envs --against git:HEAD", 0);
    let gone = &report["environments"][1];
    assert_eq!(gone["environment"], "prod");
    assert_eq!(gone["changes"][0]["class"], "deletion");
    assert_eq!(report["environments"].as_array().unwrap().len(), 2);
    project.plan("--all-envs --against git:HEAD --deny plan/deletion", 1);
    let printed = project.plan("--all-envs --against git:HEAD", 0).words();
    assert!(printed.contains("[prod] (shared) ! deletion"), "{printed}");
}

#[test]
fn levels_of_the_project_apply_to_environments_that_are_gone() {
    let project = web();
    project.write("environments/dev.yaml", ENVIRONMENT);
    project.write("environments/prod.yaml", ENVIRONMENT);
    project.commit();
    std::fs::remove_file(project.0.folder().join("environments/prod.yaml")).unwrap();
    let plan = |exit| project.plan("--all-envs --against git:HEAD", exit).words();
    // Stricter levels of the change apply at once.
    let deny = format!("{PROJECT}levels: {{deny: [plan/deletion]}}\n");
    let allow = deny.replace("deny", "allow");
    project.write("score-rs.yaml", &deny);
    assert!(plan(1).contains("! deletion"));
    project.write("score-rs.yaml", &allow);
    assert!(plan(0).contains("takes effect after the change"));
    // The base is stricter, or has the same level.
    for (text, exit) in [(&deny, 1), (&allow, 0)] {
        project.write("score-rs.yaml", text);
        project.write("environments/prod.yaml", ENVIRONMENT);
        project.commit();
        std::fs::remove_file(project.0.folder().join("environments/prod.yaml")).unwrap();
        project.write("score-rs.yaml", &allow);
        let printed = plan(exit);
        let is_lowered = printed.contains("takes effect after the change");
        assert_eq!(is_lowered, exit == 1, "{printed}");
    }
}

#[test]
fn options_of_generate_apply_to_both_sides() {
    let project = web();
    let printed = project
        .plan("--against git:HEAD -n shop --secrets external", 0)
        .words();
    assert_eq!(printed, "nothing changes");
    let outcome = crate::sandbox::run(&project.0, "generate -n shop");
    assert_eq!(outcome.exit, 0);
    let printed = project.plan("-n shop", 0).words();
    assert_eq!(printed, "nothing changes");
    let printed = project.plan("-n other", 0).words();
    assert!(printed.contains("other"), "{printed}");
}

#[test]
fn a_revision_without_its_prefix_is_explained() {
    let printed = web().plan("--against HEAD", 2).words();
    assert!(printed.contains("--against git:HEAD"), "{printed}");
}

fn web() -> Project {
    Project::new(&[("score.yaml", WEB), ("score-rs.yaml", PROJECT)])
}

#[test]
fn general_advice_is_given_once() {
    let project = web();
    let removed = "containers:\n  main: {image: nginx:1}\n";
    project.write(
        "a.score.yaml",
        &format!("apiVersion: score.dev/v1b1\nmetadata: {{name: first}}\n{removed}"),
    );
    project.write(
        "b.score.yaml",
        &format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: second}}\n{}",
            removed.replace("nginx", "caddy")
        ),
    );
    std::fs::rename(
        project.0.folder().join("score.yaml"),
        project.0.folder().join("web.score.yaml"),
    )
    .unwrap();
    project.commit();
    for file in ["a.score.yaml", "b.score.yaml"] {
        std::fs::remove_file(project.0.folder().join(file)).unwrap();
    }
    for format in ["human", "markdown"] {
        let printed = project
            .plan(&format!("--against git:HEAD -f {format}"), 0)
            .stdout;
        assert_eq!(
            printed
                .matches("check that nothing uses it any more")
                .count(),
            1,
            "{printed}"
        );
        assert!(
            printed.matches("not part of the output").count() >= 2,
            "{printed}"
        );
    }
}
