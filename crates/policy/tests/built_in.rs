//! The built-in rules: what they are, and that they do what their tests say.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and reads files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use score_policy::{BUILT_IN_SCOPES, Check, Policy, Preset, Rule, test};
use score_spec::{Diagnostic, Kind, Node, Sources, parse, stored};

/// The rules with their levels in `baseline`, `restricted` and `production`: `d`eny, `w`arn, or neither.
const RULES: [(&str, &str); 38] = [
    ("availability/autoscaling", "-dd"),
    ("availability/disruption-budget", "--w"),
    ("availability/drain", "wdd"),
    ("availability/replicas", "--d"),
    ("availability/spread", "--w"),
    ("catalogue/in-cluster", "--w"),
    ("compute/bounds", "ddd"),
    ("compute/memory-limit", "--d"),
    ("compute/requests", "--w"),
    ("image/digest", "--w"),
    ("image/registry", "ddd"),
    ("image/tag", "-wd"),
    ("metadata/owner", "ddd"),
    ("network/dangling", "ddd"),
    ("network/policy", "-wd"),
    ("network/published", "-ww"),
    ("network/tls", "--d"),
    ("probe/host", "ddd"),
    ("probe/port", "wdd"),
    ("probe/readiness", "--d"),
    ("probe/same", "www"),
    ("secret/config-map", "wdd"),
    ("secret/environment", "-wd"),
    ("secret/url", "wwd"),
    ("security/added-capabilities", "ddd"),
    ("security/dropped-capabilities", "-dd"),
    ("security/host-namespaces", "ddd"),
    ("security/host-path", "ddd"),
    ("security/host-port", "ddd"),
    ("security/non-root", "-dd"),
    ("security/privilege-escalation", "-dd"),
    ("security/privileged", "ddd"),
    ("security/rbac", "wdd"),
    ("security/read-only-root", "--w"),
    ("security/seccomp", "-dd"),
    ("security/token", "-ww"),
    ("security/unsafe-options", "ddd"),
    ("storage/ephemeral", "-wd"),
];

/// Rules that are not judged until a project sets their params.
const NEED_PARAMS: [&str; 2] = ["image/registry", "metadata/owner"];

fn rules() -> (Sources, Vec<Arc<Rule>>) {
    let mut sources = Sources::new();
    let mut rules = Vec::new();
    let mut diagnostics = Vec::new();
    for (scope, text) in score_policies::BUILTIN {
        let id = sources.add(*scope, *text);
        let parsed = parse(&sources, id);
        diagnostics.extend(parsed.diagnostics);
        for mut document in parsed.documents {
            add_tests(&mut document, scope, &mut sources);
            let mut found = Vec::new();
            Policy::read(&document, &sources, &mut found);
            // They are valid but for their scope, which includes expressions and params.
            assert_eq!(found.len(), 1, "{scope}: {found:#?}");
            let policy = Policy::read_built_in(&document, &mut diagnostics);
            let policy = policy.unwrap_or_else(|| fail(&diagnostics, &sources));
            assert_eq!(policy.name, *scope);
            assert!(policy.description.is_some(), "{scope}");
            rules.extend(policy.rules);
        }
    }
    if !diagnostics.is_empty() {
        fail(&diagnostics, &sources)
    }
    (sources, rules)
}

/// Adds the tests of rules, which are in files of their own, because they are not part of the binary.
fn add_tests(policy: &mut Node, scope: &str, sources: &mut Sources) {
    let path = format!(
        "{}/../../policies/tests/{scope}.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap();
    let id = sources.add(path, text);
    let parsed = parse(sources, id);
    assert_eq!(parsed.diagnostics, [], "{scope}");
    for tests in parsed.documents[0].entries_at("rules") {
        let rule = policy
            .get_mut("rules")
            .and_then(|rules| rules.get_mut(&tests.key));
        let Some(Kind::Map(entries)) = rule.map(|rule| &mut rule.kind) else {
            panic!("there is no rule `{scope}/{}`", tests.key)
        };
        entries.extend(tests.value.entries().iter().cloned());
    }
}

fn fail(diagnostics: &[Diagnostic], sources: &Sources) -> ! {
    let texts = diagnostics.iter().fold(String::new(), |mut all, it| {
        let _ = writeln!(all, "{}", it.display(sources));
        all
    });
    panic!("{texts}")
}

#[test]
fn the_rules_have_their_levels() {
    let (_, rules) = rules();
    let mut found: Vec<(String, String)> = rules
        .iter()
        .map(|rule| {
            assert_eq!(rule.levels.at(Preset::None).name(), "allow", "{}", rule.id);
            let levels = [Preset::Baseline, Preset::Restricted, Preset::Production];
            let letters = levels.map(|preset| match rule.levels.at(preset).name() {
                "deny" => 'd',
                "warn" => 'w',
                _ => '-',
            });
            (rule.id.to_string(), letters.iter().collect())
        })
        .collect();
    found.sort();
    let expected = RULES.map(|(id, levels)| (id.to_owned(), levels.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn the_files_are_those_of_the_reserved_scopes() {
    let scopes: Vec<&str> = score_policies::BUILTIN.iter().map(|it| it.0).collect();
    assert_eq!(scopes, BUILT_IN_SCOPES);
}

#[test]
fn the_stored_forms_are_up_to_date() {
    for ((scope, text), of_scope) in score_policies::BUILTIN.iter().zip(score_policies::STORED) {
        let mut sources = Sources::new();
        let id = sources.add(*scope, *text);
        let documents = parse(&sources, id).documents;
        let expected = stored::store(&documents);
        if std::env::var("UPDATE").is_ok() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/stored");
            std::fs::write(format!("{folder}/{scope}.txt"), expected).unwrap();
            continue;
        }
        assert!(
            *of_scope == expected,
            "policies/stored/{scope}.txt is out of date; \
             UPDATE=1 cargo test -p score-policy --test built_in writes it"
        );
        assert_eq!(stored::documents(&sources, id, of_scope), documents);
    }
}

/// An expression is parsed when it is needed; the result would be another one if it were not valid.
#[test]
fn expressions_are_parsed() {
    for rule in rules().1 {
        let Check::Expression(require) = &rule.check else {
            continue;
        };
        for condition in rule.when.iter().chain([require]) {
            let found = condition.expression().text();
            assert_eq!(found, condition.text(), "{}", rule.id);
        }
    }
}

#[test]
fn some_rules_need_params() {
    let (_, rules) = rules();
    let needing = rules.iter().filter(|it| !it.params.required().is_empty());
    let needing: BTreeSet<&str> = needing.map(|it| &*it.id).collect();
    assert_eq!(needing, NEED_PARAMS.into_iter().collect());
}

#[test]
fn all_tests_of_rules_pass() {
    let (sources, rules) = rules();
    let mut failed = Vec::new();
    for rule in &rules {
        let outcomes = test(rule, &sources);
        for passes in [true, false] {
            let has = outcomes.iter().any(|it| it.passes == passes);
            assert!(has, "{} has no test that expects {passes}", rule.id);
        }
        failed.extend(outcomes.into_iter().filter_map(|it| it.problem));
    }
    if !failed.is_empty() {
        fail(&failed, &sources);
    }
}

#[test]
fn everything_is_described() {
    for rule in rules().1 {
        let id = &rule.id;
        let help = rule.help.as_deref().unwrap_or_default();
        let description = rule.description.as_deref().unwrap_or_default();
        for text in [&*rule.message, help] {
            let first = text.chars().next();
            let is_lower = first.is_some_and(char::is_lowercase);
            assert!(is_lower && !text.ends_with('.'), "{id}: {text}");
        }
        let first = description.chars().next();
        let is_sentence = first.is_some_and(char::is_uppercase) && description.ends_with('.');
        assert!(is_sentence, "{id}: {description}");
    }
}
