//! Environments: layers, locks, keys and outputs of a project with several of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeSet;
use std::fs;

use sandbox::{Files, KEY, Sandbox, fail, run, write};

/// The files of the project.
const PROJECT: &[(&str, &str)] = &[
    (
        "score-rs.yaml",
        "apiVersion: score-rs/v1
kind: Project
name: shop
environment: dev
",
    ),
    (
        "environments/dev.yaml",
        "apiVersion: score-rs/v1
kind: Environment
output: compose.yaml
",
    ),
    (
        "environments/base.yaml",
        r#"apiVersion: score-rs/v1
kind: Environment
abstract: true
target: kubernetes
kubernetes: {namespace: "shop-{{ environment.name }}"}
workloads:
  "*":
    metadata: {annotations: {k8s.score.dev/profile: restricted}}
    containers: {"*": {variables: {STAGE: "{{ environment.name }}"}}}
locked: ['metadata.annotations.k8s\.score\.dev/profile']
"#,
    ),
    (
        "environments/staging.yaml",
        "apiVersion: score-rs/v1
kind: Environment
extends: base
",
    ),
    (
        "environments/prod.yaml",
        "apiVersion: score-rs/v1
kind: Environment
type: production
extends: base
workloads: {debug: null}
",
    ),
    (
        "services/web/score.yaml",
        "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1.27
    variables: {PASSWORD: \"${resources.db.password}\"}
resources:
  db: {type: postgres}
",
    ),
    (
        "services/debug/score.yaml",
        "apiVersion: score.dev/v1b1
metadata: {name: debug}
containers: {main: {image: busybox:1.37, command: [sleep, infinity]}}
",
    ),
];

/// The differences that developers want in production.
const BESIDE: &str = "containers: {main: {variables: {LOG_LEVEL: warn}}}\n";

/// The project, with the key of its default environment in a file.
fn project() -> Sandbox {
    let sandbox =
        Sandbox::new("shop").with_environment(&[("SCORE_RS_KEY".to_owned(), String::new())]);
    for (path, text) in PROJECT {
        write(&sandbox, path, text);
    }
    for folder in [
        ".score-rs",
        ".score-rs/environments/prod",
        ".score-rs/environments/staging",
    ] {
        write(&sandbox, &format!("{folder}/key"), KEY);
        private(&sandbox, folder);
    }
    sandbox
}

fn private(sandbox: &Sandbox, folder: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = sandbox.folder().join(folder).join("key");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[track_caller]
fn succeed(sandbox: &Sandbox, line: &str) -> String {
    let outcome = run(sandbox, line);
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.exit, 0, "{line}\n{stderr}");
    String::from_utf8(outcome.stdout).unwrap()
}

/// The generated files.
fn outputs(sandbox: &Sandbox) -> Files {
    let mut files = sandbox.files();
    files.retain(|path, _| path == "compose.yaml" || path.starts_with("deploy/"));
    files
}

#[test]
fn the_order_of_environments_and_files_changes_nothing() {
    let sandbox = project();
    succeed(&sandbox, "generate --all-envs");
    let all = outputs(&sandbox);
    let names: BTreeSet<&str> = all
        .keys()
        .filter_map(|path| path.split('/').nth(1))
        .collect();
    assert_eq!(names, ["prod", "staging"].into());
    for lines in [
        &["generate --env staging --env prod --env dev"][..],
        &["generate --env prod --env dev --env staging"],
        &["generate", "generate --env prod", "generate --env staging"],
        &["generate -C services/web --all-envs"],
    ] {
        let other = project();
        for line in lines {
            succeed(&other, line);
        }
        let same = outputs(&other);
        assert!(same == all, "{lines:?}: {:?}", same.keys());
    }
    for line in ["--check --all-envs", "-C services/web --check --all-envs"] {
        succeed(&sandbox, &format!("generate {line}"));
    }
    write(&sandbox, "services/web/score.staging.yaml", BESIDE);
    let stale = fail(&sandbox, "generate --check --all-envs");
    assert!(
        stale.contains("deploy/staging/web-deployment.yaml differs"),
        "{stale}"
    );
    assert!(
        !stale.contains("deploy/prod/web-deployment.yaml differs"),
        "{stale}"
    );
}

#[test]
fn the_folder_of_an_output_file_is_created() {
    let sandbox = project();
    let file = "environments/dev.yaml";
    let head = "apiVersion: score-rs/v1\nkind: Environment\n";
    write(&sandbox, file, &format!("{head}output: a/b/compose.yaml\n"));
    let missing = fail(&sandbox, "generate --check --env dev");
    assert!(missing.contains("a/b/compose.yaml is missing"), "{missing}");
    succeed(&sandbox, "generate -C services --all-envs");
    succeed(&sandbox, "generate --check --all-envs");
    assert!(sandbox.folder().join("a/b/compose.yaml").is_file());
    // A link in the place of the folder leads nowhere.
    let outside = sandbox.folder().parent().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::remove_dir_all(sandbox.folder().join("a")).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.folder().join("a")).unwrap();
    assert_eq!(run(&sandbox, "generate --env dev").exit, 2);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn an_environment_leaves_out_a_workload() {
    let sandbox = project();
    succeed(&sandbox, "generate --all-envs");
    let files = outputs(&sandbox);
    assert!(files.contains_key("deploy/staging/debug-deployment.yaml"));
    assert!(!files.contains_key("deploy/prod/debug-deployment.yaml"));
}

#[test]
fn a_file_beside_a_score_file_equals_an_overrides_file() {
    let (beside, option) = (project(), project());
    write(&beside, "services/web/score.prod.yaml", BESIDE);
    write(&option, "overrides.yaml", BESIDE);
    let one = succeed(&beside, "generate --env prod -o -");
    let other = succeed(
        &option,
        "generate --env prod -o - --overrides-file web:overrides.yaml",
    );
    assert!(one.contains("LOG_LEVEL"));
    assert_eq!(one, other);
}

#[test]
fn a_lock_cannot_be_passed() {
    let profile = "metadata: {annotations: {k8s.score.dev/profile: none}}\n";
    let path = r"metadata.annotations.k8s\.score\.dev/profile";
    let score = PROJECT
        .iter()
        .find(|(path, _)| *path == "services/web/score.yaml")
        .unwrap()
        .1;
    let in_score = score.replace(
        "{name: web}",
        "{name: web, annotations: {k8s.score.dev/profile: none}}",
    );
    let files = [
        ("services/web/score.yaml", in_score.as_str(), ""),
        ("services/web/score.prod.yaml", profile, ""),
        ("services/web/score.base.yaml", profile, ""),
        ("services/web/score.prod.yaml", "metadata: null\n", ""),
        (
            "services/web/score.prod.yaml",
            "metadata: {annotations: null}\n",
            "",
        ),
        ("o.yaml", profile, " --overrides-file o.yaml"),
        ("o.yaml", profile, " --overrides-file web:o.yaml"),
    ];
    let options = [
        format!(" --override-property {path}=none"),
        format!(" --override-property {path}="),
        format!(" --override-property web:{path}=none"),
        " --override-property metadata.annotations=".to_owned(),
        " --override-property metadata.annotations={}".to_owned(),
    ];
    let options = options
        .iter()
        .map(|options| ("README.md", "", options.as_str()));
    for (file, text, options) in files.into_iter().chain(options) {
        let sandbox = project();
        write(&sandbox, file, text);
        for command in ["validate", "generate", "generate --check", "generate -o -"] {
            let outcome = run(&sandbox, &format!("{command} --env prod{options}"));
            let stderr = String::from_utf8(outcome.stderr).unwrap();
            let is_refused = outcome.exit == 1 && stderr.contains("environment/locked");
            assert!(is_refused, "{file} {text} {options} {command}\n{stderr}");
            assert!(outcome.stdout.is_empty(), "{file} {options} {command}");
        }
        assert!(outputs(&sandbox).is_empty());
    }
    let sandbox = project();
    // The value of the environment may be repeated.
    write(
        &sandbox,
        "services/web/score.prod.yaml",
        "metadata: {annotations: {k8s.score.dev/profile: restricted}}\n",
    );
    succeed(&sandbox, "generate --env prod -o -");
}

/// The values of secrets in the output.
fn secrets(sandbox: &Sandbox) -> BTreeSet<String> {
    let files = outputs(sandbox);
    let own = sandbox.files();
    let env = own
        .iter()
        .filter(|(path, _)| path.starts_with(".score-rs/compose/"));
    let objects = files
        .iter()
        .filter(|(path, _)| path.ends_with("-secret.yaml"));
    let texts = env
        .chain(objects)
        .map(|(_, file)| String::from_utf8(file.content.clone()).unwrap());
    let texts: Vec<String> = texts.collect();
    let words = texts
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    // Derived secrets are the only long words with letters of both cases and digits.
    let is_secret = |word: &&str| {
        word.len() >= 16
            && word.chars().any(|c| c.is_ascii_uppercase())
            && word.chars().any(|c| c.is_ascii_digit())
    };
    words.filter(is_secret).map(str::to_owned).collect()
}

#[test]
fn environments_have_no_secret_in_common() {
    let each = ["dev", "staging", "prod"].map(|name| {
        let sandbox = project();
        succeed(&sandbox, &format!("generate --env {name}"));
        secrets(&sandbox)
    });
    for (at, secrets) in each.iter().enumerate() {
        assert!(!secrets.is_empty());
        let others = each.iter().skip(at + 1);
        assert!(
            others.clone().all(|other| other.is_disjoint(secrets)),
            "{each:?}"
        );
    }
}

#[test]
fn a_key_in_the_environment_belongs_to_one_environment() {
    let of = |variables: &[(&str, &str)], line: &str| {
        let variables = variables.iter();
        let variables: Vec<_> = variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sandbox = project().with_environment(&variables);
        fs::remove_dir_all(sandbox.folder().join(".score-rs")).unwrap();
        let outcome = run(&sandbox, line);
        (sandbox, outcome)
    };
    let (one, _) = of(&[("SCORE_RS_KEY", KEY)], "generate --env prod");
    let (named, _) = of(&[("SCORE_RS_KEY_PROD", KEY)], "generate --env prod");
    let both = [("SCORE_RS_KEY_PROD", KEY), ("SCORE_RS_KEY_STAGING", KEY)];
    let (several, _) = of(&both, "generate --env prod --env staging");
    let prod = |sandbox: &Sandbox| {
        let mut files = outputs(sandbox);
        files.retain(|path, _| path.starts_with("deploy/prod/"));
        files
    };
    assert!(!prod(&one).is_empty());
    assert!(prod(&one) == prod(&named) && prod(&one) == prod(&several));
    // In a run of several environments, a key for one of them is not used for the others, and none is created instead.
    for (variable, key, exit) in [("SCORE_RS_KEY", KEY, 2), ("SCORE_RS_KEY_PROD", " ", 2)] {
        let (sandbox, outcome) = of(&[(variable, key)], "generate --env prod --env staging");
        let stderr = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.exit, exit, "{variable}\n{stderr}");
        assert!(outputs(&sandbox).is_empty(), "{variable}");
    }
}

#[test]
fn a_mistake_in_one_environment_is_reported_once_in_every_format() {
    let sandbox = project();
    write(
        &sandbox,
        "services/web/score.prod.yaml",
        "containers: {main: {imge: x}}\n",
    );
    for (format, name) in [
        ("human", "in: prod"),
        ("json", "\"environments\": [\n        \"prod\"\n      ]"),
        (
            "sarif",
            "\"environments\": [\n              \"prod\"\n            ]",
        ),
        ("github", "in: prod"),
        ("gitlab", "in: prod"),
        ("junit", "in: prod"),
    ] {
        let outcome = run(&sandbox, &format!("validate --all-envs --format {format}"));
        let text = String::from_utf8([outcome.stdout, outcome.stderr].concat()).unwrap();
        assert_eq!(outcome.exit, 1, "{format}\n{text}");
        // A test case of JUnit begins with the message of its first error.
        let number = if format == "junit" { 2 } else { 1 };
        let findings = text.matches("unknown field `imge`").count();
        assert_eq!(findings, number, "{format}\n{text}");
        assert_eq!(text.matches(name).count(), 1, "{format}\n{text}");
    }
    let stderr = fail(&sandbox, "generate --all-envs");
    assert_eq!(
        stderr.matches("unknown field `imge`").count(),
        1,
        "{stderr}"
    );
    // Nothing is written for the other environments.
    assert!(outputs(&sandbox).is_empty());
    write(&sandbox, "services/web/score.prod.yaml", "");
    write(
        &sandbox,
        "services/debug/score.yaml",
        "apiVersion: score.dev/v1b1\n",
    );
    let stderr = fail(&sandbox, "validate --all-envs");
    assert!(stderr.contains("in: dev, prod, staging"), "{stderr}");
}

#[test]
fn a_denied_warning_that_is_not_shown_fails_nothing() {
    let sandbox = project();
    let base = PROJECT
        .iter()
        .find(|(path, _)| *path == "environments/base.yaml");
    let base = format!("{}variables: {{REGION: eu}}\n", base.unwrap().1);
    write(&sandbox, "environments/base.yaml", &base);
    let unused = "--deny environment/unused-variable";
    let stderr = fail(&sandbox, &format!("generate --all-envs {unused}"));
    assert!(stderr.contains("`variables` sets `REGION`"), "{stderr}");
    // Only `staging` has the workload that uses the variable, and a run of `prod` alone does not know that.
    let debug = PROJECT
        .iter()
        .find(|(path, _)| *path == "services/debug/score.yaml");
    let debug = debug.unwrap().1.replace(
        "infinity]",
        "infinity], variables: {A: \"${resources.env.REGION}\"}",
    );
    let debug = format!("{debug}resources: {{env: {{type: environment}}}}\n");
    write(&sandbox, "services/debug/score.yaml", &debug);
    for command in ["validate", "generate"] {
        for environments in ["--env prod --env staging", "--env prod"] {
            succeed(&sandbox, &format!("{command} {environments} {unused}"));
        }
    }
}

#[test]
fn a_foreign_file_stops_all_environments() {
    let sandbox = project();
    write(
        &sandbox,
        "deploy/staging/web-deployment.yaml",
        "kind: Other\n",
    );
    let outcome = run(&sandbox, "generate --all-envs");
    assert_eq!(
        outcome.exit,
        2,
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    let files: Vec<String> = outputs(&sandbox).into_keys().collect();
    assert_eq!(files, ["deploy/staging/web-deployment.yaml"]);
}

#[test]
fn an_output_has_one_environment_however_its_path_is_written() {
    let sandbox = project();
    fs::create_dir_all(sandbox.folder().join("deploy")).unwrap();
    std::os::unix::fs::symlink("deploy", sandbox.folder().join("link")).unwrap();
    let set = |name: &str, target: &str, output: &str| {
        let head = "apiVersion: score-rs/v1\nkind: Environment\nextends: base\n";
        let text = format!("{head}target: {target}\noutput: {output}\n");
        write(&sandbox, &format!("environments/{name}.yaml"), &text);
    };
    for (target, one, other) in [
        ("kubernetes", "all.yaml", "./all.yaml"),
        ("kubernetes", "deploy/all/", "deploy/./all/"),
        ("kubernetes", "deploy/all/", "link/all/"),
        ("helm", "deploy/chart/", "link/chart/"),
    ] {
        set("prod", target, one);
        set("staging", target, other);
        for command in ["generate --env prod --env staging", "validate --all-envs"] {
            let errors = fail(&sandbox, command);
            assert!(
                errors.contains("environment/same-output"),
                "{one} {other}\n{errors}"
            );
        }
    }
    // Charts at the same path are one chart.
    set("prod", "helm", "./deploy/chart/");
    set("staging", "helm", "deploy/chart/");
    succeed(&sandbox, "generate --env prod --env staging");
    assert!(
        sandbox
            .folder()
            .join("deploy/chart/values-staging.yaml")
            .is_file()
    );
}

#[test]
fn environment_files_are_no_outputs_and_links_lead_nowhere() {
    let sandbox = project();
    for path in [
        "environments/prod.yaml",
        "score-rs.yaml",
        "services/web/score.yaml",
    ] {
        let outcome = run(&sandbox, &format!("generate --env prod -o {path} --force"));
        assert_eq!(outcome.exit, 2, "{path}");
    }
    let secret = sandbox.folder().parent().unwrap().join("secret.yaml");
    fs::write(
        &secret,
        "apiVersion: score-rs/v1\nkind: Environment\nextends: hunter2\n",
    )
    .unwrap();
    for name in [
        "environments/leak.yaml",
        "environments/prod.images.yaml",
        "services/web/score.prod.yaml",
    ] {
        let sandbox = project();
        let link = sandbox.folder().join(name);
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        let environment = if name.contains("leak") {
            "leak"
        } else {
            "prod"
        };
        let outcome = run(&sandbox, &format!("validate --env {environment}"));
        let text = String::from_utf8([outcome.stdout, outcome.stderr].concat()).unwrap();
        assert_ne!(outcome.exit, 0, "{name}\n{text}");
        assert!(!text.contains("hunter2"), "{name}\n{text}");
    }
}
