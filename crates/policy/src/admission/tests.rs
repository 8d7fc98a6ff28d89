//! Exported expressions hold for the same subjects as those of the rules.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

use score_spec::{Node, Sources, Value};

use super::{literal, other_variable};
use crate::condition::Condition;
use crate::data::Data;
use crate::expression::{Expression, Failure};
use crate::policy::Policy;
use crate::rule::Check;
use crate::subject::On;

const STEPS: u64 = 1_000_000;

/// The result of an expression in which a missing field is false.
fn holds(expression: &Expression, values: &[Option<Data<'_>>]) -> bool {
    match expression.holds(values, &mut STEPS.clone()) {
        Ok(result) => result,
        Err(Failure::Missing) => false,
        Err(failure) => panic!("{}: {failure:?}", expression.text()),
    }
}

/// Checks the guards of an expression for these values: without failures, they give the same result.
fn check(expression: &Expression, names: &[&str], values: &[Option<Data<'_>>]) {
    let guarded = expression.guarded(names);
    let text = guarded.text;
    let again = Expression::parse(&text, names).unwrap_or_else(|it| panic!("{text}: {it:?}"));
    let result = again.holds(values, &mut STEPS.clone());
    let is_missing = matches!(result, Err(Failure::Missing));
    assert!(!guarded.is_complete || !is_missing, "not guarded: {text}");
    assert_eq!(
        holds(&again, values),
        holds(expression, values),
        "{text}\n{}",
        expression.text()
    );
    // The text of the rule is still there, with guards in between.
    let mut rest = text.chars();
    assert!(
        expression.text().chars().all(|c| rest.any(|it| it == c)),
        "{text}"
    );
}

fn node(text: &str) -> Node {
    let mut sources = Sources::new();
    let id = sources.add("subject.yaml", text.to_owned());
    score_spec::parse(&sources, id).documents.remove(0)
}

#[test]
fn guards_change_no_result() {
    let expressions = [
        "pod.a.b == 1",
        "pod.a['b'] == 1 && pod.l[1] == 2",
        "!(pod.a.b == 1)",
        "!has(pod.a.b)",
        "pod.a.b == 1 || pod.c == 1",
        "!(pod.a.b == 1 || pod.c == 1)",
        "pod.l.all(it, it > 0) && pod.m.exists(it, it.x == 1)",
        "pod.m.all(it, it.x == 1 && it.m.all(it, it.x == 1))",
        "!pod.m.exists(it, it.x == 2)",
        "pod.c == 1 ? pod.a.b == 1 : pod.l.size() > 1",
        "(pod.a.?b.orValue(1) + pod.c) == 2",
        "size(pod.m.filter(it, it.x == 1)) == 1",
        "pod.a.?b.hasValue() && pod.?z.?y.orValue(0) == 0",
        "'b' in pod.a && pod.m[0].x == 1",
        "(pod.m + pod.l).size() > 2",
    ];
    let subjects = [
        "{}",
        "{a: {}}",
        "{a: {b: 1}}",
        "{a: {b: 2}, c: 1}",
        "{c: 1, l: [1, 2], a: {b: 1}}",
        "{l: [], m: [{x: 1}]}",
        "{a: {b: 1}, l: [1, 2], m: [{x: 1, m: []}, {}]}",
        "{a: {b: 1}, l: [1, 2], c: 2, m: [{x: 1, m: [{}]}]}",
        "{m: [{x: 2}, {}]}",
    ];
    for text in expressions {
        let expression = Expression::parse(text, &["pod"]).unwrap();
        for subject in subjects.map(node) {
            check(&expression, &["pod"], &[Some(Data::Node(&subject))]);
        }
    }
}

/// The subjects of the tests of a built-in rule, which are in files of their own.
fn subjects(rule: &str) -> Vec<Node> {
    let (scope, name) = rule.split_once('/').unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/tests");
    let tests = node(&std::fs::read_to_string(format!("{folder}/{scope}.yaml")).unwrap());
    let tests = tests.get("rules").unwrap().get(name).unwrap();
    let items = ["passes", "fails"].into_iter();
    items
        .flat_map(|field| tests.items_at(field))
        .map(|item| item.get("subject").unwrap_or(item).clone())
        .collect()
}

#[test]
fn rules_of_score_rs_hold_for_the_same_examples() {
    let mut count = 0;
    for (name, text) in score_policies::BUILTIN {
        let mut sources = Sources::new();
        let id = sources.add(*name, (*text).to_owned());
        let documents = score_spec::parse(&sources, id).documents;
        let read = |it| Policy::read_built_in(it, &mut Vec::new());
        let policies: Vec<Policy> = documents.iter().filter_map(read).collect();
        let rules = policies.iter().flat_map(|it| &it.rules);
        for rule in rules.filter(|it| matches!(it.on, On::Pod | On::Object)) {
            let Check::Expression(require) = &rule.check else {
                continue;
            };
            let names = rule.on.names();
            if other_variable(rule, require.expression()).is_some() {
                continue;
            }
            for subject in subjects(&rule.id) {
                let empty = Value::Map(Box::default());
                let mut values = vec![Some(Data::Value(&empty)); names.len()];
                values[0] = Some(Data::Node(&subject));
                let when = rule.when.iter().map(Condition::expression);
                for expression in when.chain([require.expression()]) {
                    check(expression, &names, &values);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn literals_have_one_type() {
    let value = node("{a: [x, \"it's\"], b: 1, c: {d: e}, f: [1, x]}").to_value();
    assert_eq!(
        literal(&value),
        r"{'a': dyn(['x', 'it\'s']), 'b': dyn(1), 'c': dyn({'d': 'e'}), 'f': dyn([dyn(1), dyn('x')])}"
    );
}
