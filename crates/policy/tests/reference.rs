//! Generates `docs/policies-reference.md` from the built-in rules, and checks the functions that they use.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "the generated document is on the disk, and a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use score_policy::{Check, Policy, Preset, Rule};
use score_spec::{Node, Sources, parse};

/// The document that is generated from the rules.
const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/policies-reference.md"
);

const INTRODUCTION: &str = "\
# Built-in rules

The rules that are part of score-rs, with their levels in the presets `baseline`, `restricted` and `production`. Without `preset` in the
project file, all findings of `baseline` are warnings. `–` means that a rule is not judged. [Policies](policies.md) explains presets, levels
and params.

<!-- Generated from `policies` with UPDATE=1 cargo test -p score-policy --test reference -->
";

/// The functions and macros of CEL in Kubernetes 1.30 that the rules use. A new one must be looked up in
/// <https://kubernetes.io/docs/reference/using-api/cel/>.
const FUNCTIONS: [&str; 25] = [
    "all",
    "contains",
    "endsWith",
    "exists",
    "filter",
    "has",
    "hasValue",
    "indexOf",
    "int",
    "isGreaterThan",
    "isLessThan",
    "map",
    "matches",
    "or",
    "orValue",
    "quantity",
    "replace",
    "size",
    "split",
    "startsWith",
    "string",
    "substring",
    "trim",
    "type",
    "value",
];

/// The built-in policies with their documents.
fn policies() -> Vec<(Policy, Node)> {
    let mut sources = Sources::new();
    let mut policies = Vec::new();
    for (scope, text) in score_policies::BUILTIN {
        let id = sources.add(*scope, *text);
        for document in parse(&sources, id).documents {
            let policy = Policy::read_built_in(&document, &mut Vec::new());
            policies.push((policy.unwrap(), document));
        }
    }
    policies
}

#[test]
fn the_document_is_up_to_date() {
    let mut document = INTRODUCTION.to_owned();
    for (policy, node) in policies() {
        section(&mut document, &policy, &node);
    }
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(DOCUMENT, &document).unwrap();
    }
    let found = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        found == document,
        "docs/policies-reference.md is out of date; UPDATE=1 cargo test -p score-policy --test reference writes it"
    );
}

fn section(document: &mut String, policy: &Policy, node: &Node) {
    let description = policy.description.as_deref().unwrap();
    let _ = write!(
        document,
        "
## {}

{description}

| rule | on | baseline | restricted | production | purpose | how to comply |
|---|---|---|---|---|---|---|
",
        policy.name
    );
    for rule in &policy.rules {
        let levels = [Preset::Baseline, Preset::Restricted, Preset::Production];
        let levels = levels.map(|preset| match rule.levels.at(preset).name() {
            "allow" => "–",
            name => name,
        });
        let _ = writeln!(
            document,
            "| `{}` | {} | {} | {}{} | {} |",
            rule.id,
            rule.on.name(),
            levels.join(" | "),
            cell(rule.description.as_deref().unwrap()),
            params(rule, node),
            cell(rule.help.as_deref().unwrap()),
        );
    }
}

/// The params of a rule, as the end of its description.
fn params(rule: &Rule, document: &Node) -> String {
    let name = rule.id.rsplit('/').next().unwrap();
    let path = ["rules", name, "params", "properties"];
    let properties = path.iter().try_fold(document, |at, key| at.get(key));
    let properties = properties.map(Node::entries).unwrap_or_default();
    let mut text = String::new();
    for (at, param) in properties.iter().enumerate() {
        let before = if at == 0 { " Params:" } else { ";" };
        let description = param.value.get("description").and_then(Node::text);
        let description = description.unwrap().trim_end_matches('.');
        let _ = write!(text, "{before} `{}`: {}", param.key, cell(description));
        let default = param.value.get("default");
        if let Some(default) = default {
            let _ = write!(text, " (default `{}`)", default.to_value().to_json());
        }
        if rule.params.required().contains(&param.key) {
            text.push_str(" (required)");
        }
    }
    if !text.is_empty() {
        text.push('.');
    }
    text
}

/// A string in a cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|")
}

/// A word before a parenthesis is a function. The strings of the rules contain none.
#[test]
fn expressions_use_only_functions_of_kubernetes() {
    let mut used = BTreeSet::new();
    for (policy, _) in policies() {
        for rule in &policy.rules {
            let Check::Expression(require) = &rule.check else {
                continue;
            };
            let all = [Some(require), rule.when.as_ref()];
            for condition in all.into_iter().flatten() {
                used.extend(functions(condition.text()));
            }
        }
    }
    let known: BTreeSet<String> = FUNCTIONS.into_iter().map(str::to_owned).collect();
    assert_eq!(used, known);
}

fn functions(expression: &str) -> BTreeSet<String> {
    let parts = expression.split('\'').step_by(2);
    let words = parts.flat_map(|part| {
        let before = part.split('(').rev().skip(1);
        before.filter_map(|text| {
            let start = text.rfind(|it: char| !it.is_ascii_alphanumeric());
            let word = &text[start.map_or(0, |it| it + 1)..];
            (!word.is_empty()).then(|| word.to_owned())
        })
    });
    words.collect()
}
