use std::fmt::Write;

use score_spec::{Sources, Value, parse};

use super::{Expression, Failure};
use crate::data::Data;

/// The names of the variables; the last one has no value.
const VARIABLES: [&str; 2] = ["self", "other"];

/// The result of an expression about a document in the variable `self`: `true`, `false`, `missing`, or a message.
fn result(text: &str, document: &str) -> String {
    let mut sources = Sources::new();
    let id = sources.add("subject.yaml", document);
    let parsed = parse(&sources, id);
    assert!(parsed.diagnostics.is_empty(), "{document}");
    let node = parsed.documents.first();
    let expression = match Expression::parse(text, &VARIABLES) {
        Ok(expression) => expression,
        Err(problem) => {
            assert!(text.get(problem.range).is_some(), "{text}");
            return format!("parse: {}", problem.message);
        }
    };
    let run = |data| match expression.holds(&[data, None], &mut 1_000_000) {
        Ok(value) => value.to_string(),
        Err(Failure::Missing) => "missing".to_owned(),
        Err(Failure::Wrong(problem) | Failure::TooLong(problem)) => {
            assert!(text.get(problem.range).is_some(), "{text}");
            problem.message.into_owned()
        }
    };
    let by_node = run(node.map(Data::Node));
    let value: Option<Value> = node.map(score_spec::Node::to_value);
    let by_value = run(value.as_ref().map(Data::Value));
    assert_eq!(by_value, by_node, "{text}: views of values differ");
    by_node
}

/// The cases of `cases.txt`: `self` lines set the document, other lines are an expression, `=>` and its result.
#[test]
fn expressions_have_the_expected_results() {
    let (mut document, mut count, mut wrong) = ("{}", 0, String::new());
    for line in include_str!("cases.txt").lines() {
        if let Some(text) = line.strip_prefix("self: ") {
            document = text;
        } else if let Some((expression, expected)) = line.rsplit_once(" => ") {
            let found = result(expression.trim(), document);
            count += 1;
            if found != expected {
                let _ = writeln!(wrong, "{expression} => {found}, expected {expected}");
            }
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 180, "only {count} cases");
}

#[test]
fn the_documentation_lists_all_functions_and_macros() {
    let documentation = include_str!("../expression.rs").split("mod calls;").next();
    let functions = super::functions::FUNCTIONS.iter().map(|it| it.name);
    let macros = super::syntax::Macro::ALL.iter().map(|it| it.0);
    for name in functions.chain(macros) {
        let name = format!("`{name}`");
        assert!(documentation.unwrap().contains(&name), "{name}");
    }
}
