//! The policy of a company in `examples/shop`: its rules find what the script found that they replace, at the lines of
//! Score files, in all formats. To accept the current output of the binary, run with `UPDATE=1`, and review the
//! difference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sandbox::{Outcome, Sandbox, run, write};

/// The rules of the company.
const RULES: [&str; 11] = [
    "digest",
    "disruption-budget",
    "memory-budget",
    "memory-limit",
    "non-root",
    "orders-database",
    "owner",
    "probes",
    "registry",
    "replicas",
    "route-tls",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies")
}

/// The example; none in a published package.
fn shop() -> Option<Sandbox> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    folder.is_dir().then(|| {
        // Several environments need several keys, which are created.
        let no_key = [("SCORE_RS_KEY".to_owned(), String::new())];
        let sandbox = Sandbox::new("shop").with_environment(&no_key);
        sandbox.with_copy(&folder, &[])
    })
}

/// The example with an environment in which the platform adds no replicas and no mirrors of registries to what the
/// Score files say, and with waivers for it.
fn bare_shop() -> Option<Sandbox> {
    let sandbox = shop()?;
    let text = |name: &str| fs::read_to_string(folder().join(name)).unwrap();
    write(
        &sandbox,
        "environments/prod-bare.yaml",
        &text("prod-bare.yaml"),
    );
    write(&sandbox, "waivers.yaml", &text("waivers.yaml"));
    let images = sandbox.folder().join("environments/prod-eu.images.yaml");
    let images = fs::read_to_string(images).unwrap();
    write(&sandbox, "environments/prod-bare.images.yaml", &images);
    Some(sandbox)
}

/// The output of a command, which is on one of both streams.
fn output(outcome: &Outcome) -> String {
    let both = [&outcome.stdout, &outcome.stderr];
    both.map(|it| String::from_utf8(it.clone()).unwrap())
        .concat()
}

#[track_caller]
fn check(name: &str, found: &str) {
    let path = folder().join("expected").join(name);
    if std::env::var_os("UPDATE").is_some_and(|it| it != "0") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{name}\n{}",
        similar::TextDiff::from_lines(&*expected, found).unified_diff()
    );
}

/// The rules of the company that are violated, each with the number of its findings.
fn findings(sandbox: &Sandbox, environment: &str) -> BTreeMap<String, usize> {
    let outcome = run(sandbox, &format!("validate --env {environment} -f json"));
    let report: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let mut counts = BTreeMap::new();
    for found in report["diagnostics"].as_array().unwrap() {
        if let Some(rule) = found["rule"].as_str().filter(|it| it.starts_with("acme/")) {
            assert!(found["range"]["start"]["line"].is_u64(), "{found:#}");
            *counts.entry(rule.to_owned()).or_default() += 1;
        }
    }
    counts
}

fn counts(all: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let all = all.iter();
    all.map(|(rule, count)| ((*rule).to_owned(), *count))
        .collect()
}

#[test]
fn the_policy_has_the_rules_of_the_company() {
    let Some(sandbox) = shop() else { return };
    let outcome = run(&sandbox, "policy list --env prod-eu -f json");
    let rules: serde_json::Value = serde_json::from_slice(&outcome.stdout).unwrap();
    let names = rules.as_array().unwrap().iter().filter_map(|rule| {
        let name = rule["rule"].as_str()?.strip_prefix("acme/")?;
        assert!(!rule["help"].is_null(), "{name} has no help");
        Some(name.to_owned())
    });
    assert_eq!(names.collect::<Vec<_>>(), RULES);
    let outcome = run(&sandbox, "policy test");
    assert_eq!(outcome.exit, 0, "{}", output(&outcome));
}

#[test]
fn the_rules_find_what_the_services_violate_themselves() {
    let Some(sandbox) = bare_shop() else { return };
    fs::remove_file(sandbox.folder().join("waivers.yaml")).unwrap();
    let expected = [
        ("acme/probes", 2),
        ("acme/registry", 8),
        ("acme/replicas", 5),
    ];
    assert_eq!(findings(&sandbox, "prod-bare"), counts(&expected));
}

#[test]
fn every_format_shows_findings_and_waivers() {
    let Some(sandbox) = bare_shop() else { return };
    for format in ["human", "json", "sarif", "github", "gitlab", "junit"] {
        let outcome = run(&sandbox, &format!("validate --env prod-bare -f {format}"));
        assert_eq!(outcome.exit, 1, "{format}");
        let found = output(&outcome).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        check(&format!("prod-bare.{format}"), &found);
    }
}

#[test]
fn all_findings_of_production_are_waived() {
    let Some(sandbox) = shop() else { return };
    let outcome = run(&sandbox, "validate --env prod-eu -f json");
    assert_eq!(outcome.exit, 0);
    check("prod-eu.json", &output(&outcome));
    let waivers = sandbox.folder().join("waivers.yaml");
    fs::remove_file(waivers).unwrap();
    let expected = [("acme/digest", 8), ("acme/probes", 2)];
    assert_eq!(findings(&sandbox, "prod-eu"), counts(&expected));
}

#[test]
fn no_environment_has_diagnostics() {
    let Some(sandbox) = shop() else { return };
    let outcome = run(&sandbox, "generate --all-envs --param pr=1");
    let said = output(&outcome);
    assert_eq!(outcome.exit, 0, "{said}");
    assert!(!said.contains("warning"), "{said}");
}
