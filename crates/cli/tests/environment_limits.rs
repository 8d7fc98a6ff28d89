//! Limits on environments: their number, their chains, outputs that overlap, and what killed runs leave.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;

use sandbox::{Sandbox, fail, run, write};

/// A Score file.
const SPEC: &str = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers: {main: {image: nginx:1.27}}
";

#[test]
fn outputs_do_not_overlap() {
    let environment = |target: &str, output: &str| {
        format!("apiVersion: score-rs/v1\nkind: Environment\ntarget: {target}\noutput: {output}\n")
    };
    for (staging, prod) in [
        (("kubernetes", "out/"), ("kubernetes", "./out/")),
        (("compose", "out.yaml"), ("compose", "./out.yaml")),
        (("kubernetes", "out/"), ("kubernetes", "out/prod/")),
        (("kubernetes", "out/prod/"), ("kubernetes", "out/")),
        (("helm", "out/"), ("kubernetes", "out/templates/")),
        (("helm", "out/"), ("helm", "out/charts/prod/")),
        (
            ("kubernetes", "out/"),
            ("compose", "out/kustomization.yaml"),
        ),
        (("kubernetes", "real/"), ("kubernetes", "link/")),
        (("kubernetes", "real/all/"), ("kubernetes", "link/all/")),
    ] {
        let sandbox = Sandbox::new("shop");
        write(&sandbox, "score.yaml", SPEC);
        fs::create_dir(sandbox.folder().join("real")).unwrap();
        std::os::unix::fs::symlink("real", sandbox.folder().join("link")).unwrap();
        for (name, (target, output)) in [("staging", staging), ("prod", prod)] {
            let text = environment(target, output);
            write(&sandbox, &format!("environments/{name}.yaml"), &text);
        }
        for command in ["validate --all-envs", "generate --all-envs"] {
            let stderr = fail(&sandbox, command);
            assert!(
                stderr.contains("environment/same-output"),
                "{staging:?} {prod:?}\n{stderr}"
            );
        }
        assert!(!sandbox.folder().join("out").exists());
    }
}

#[test]
fn long_chains_and_many_environments_are_rejected() {
    let sandbox = Sandbox::new("shop");
    write(&sandbox, "score.yaml", SPEC);
    let layer = |below: usize| {
        format!("apiVersion: score-rs/v1\nkind: Environment\nextends: e{below}\nabstract: true\n")
    };
    let path = |n: usize| format!("environments/e{n}.yaml");
    write(
        &sandbox,
        &path(0),
        "apiVersion: score-rs/v1\nkind: Environment\n",
    );
    for n in 1..=400 {
        write(&sandbox, &path(n), &layer(n - 1));
    }
    let top = "apiVersion: score-rs/v1\nkind: Environment\nextends: ";
    for (below, is_allowed) in [(30, true), (31, false), (400, false)] {
        write(
            &sandbox,
            "environments/top.yaml",
            &format!("{top}e{below}\n"),
        );
        let outcome = run(&sandbox, "validate --env top");
        assert_eq!(outcome.exit == 0, is_allowed, "{below}");
        let stderr = String::from_utf8(outcome.stderr).unwrap();
        assert!(
            is_allowed || stderr.contains("extends 32 or more others"),
            "{stderr}"
        );
    }
    write(&sandbox, &path(0), &layer(400));
    let stderr = fail(&sandbox, "validate --env top");
    assert!(stderr.contains("extends 32 or more others"), "{stderr}");
    for n in 401..=500 {
        write(&sandbox, &path(n), &layer(0));
    }
    let outcome = run(&sandbox, "validate --all-envs");
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert!(stderr.contains("more than 500 files"), "{stderr}");
}

#[test]
fn a_key_that_a_killed_run_left_is_removed() {
    let variables = [("SCORE_RS_KEY".to_owned(), String::new())];
    let sandbox = Sandbox::new("shop").with_environment(&variables);
    let secret = "    variables: {PASSWORD: \"${resources.db.password}\"}
resources: {db: {type: postgres}}
";
    let spec = "apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1.27
";
    write(&sandbox, "score.yaml", &format!("{spec}{secret}"));
    let environment = "apiVersion: score-rs/v1\nkind: Environment\ntarget: kubernetes\n";
    write(&sandbox, "environments/staging.yaml", environment);
    let folder = ".score-rs/environments/staging";
    let left = format!("{folder}/.score-rs-06833d7e33738fda.tmp");
    write(&sandbox, &left, "");
    let outcome = run(&sandbox, "generate --env staging");
    let stderr = String::from_utf8(outcome.stderr).unwrap();
    assert_eq!(outcome.exit, 0, "{stderr}");
    assert!(sandbox.folder().join(folder).join("key").exists());
    assert!(!sandbox.folder().join(left).exists());
}
