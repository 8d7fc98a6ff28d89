//! The results and limits of expressions, and their messages.
#![allow(
    clippy::disallowed_methods,
    reason = "a test may look at the clock to tell whether something takes too long"
)]

use std::time::{Duration, Instant};

use score_spec::{Diagnostic, Sources, Span};

use super::{Pattern, Scope};
use crate::ir::{Ref, Sealed, Text, Tree};

/// Far more than any of these takes without optimization.
const LONGEST: Duration = Duration::from_secs(20);

/// The result of a string in a scope: its value, or the message and the help.
fn outcome(text: &str, scope: &Scope) -> Result<Tree, String> {
    let mut sources = Sources::new();
    let id = sources.add("test", text);
    let mut diagnostics = Vec::new();
    let pattern = Pattern::parse(text, Span::new(id, 0, text.len()), &mut diagnostics);
    let said = |it: &Diagnostic| format!("{} ({})", it.message, it.advice());
    if let Some(first) = diagnostics.first() {
        return Err(said(first));
    }
    let outcome = pattern.evaluate(scope);
    outcome.map_err(|problem| problem.map_or(String::new(), |it| said(&it)))
}

fn evaluated(text: &str, scope: &Scope) -> String {
    let written = super::json::json(&outcome(text, scope).unwrap());
    let shown: Text<Sealed> = written.map(|reference| match reference {
        Ref::Secret(secret) => secret.clone().into(),
        _ => Text::new(),
    });
    shown.redact()
}

fn text(text: &str) -> Tree {
    Tree::Text(text.into())
}

fn scope(names: &[(&str, Tree)]) -> Scope {
    let mut scope = Scope::default();
    for (name, value) in names {
        scope.set(name, value);
    }
    scope
}

#[test]
fn a_function_of_another_scope_is_named_as_it_was_written() {
    let refused = outcome("{{ env('HOME') }}", &Scope::default()).unwrap_err();
    assert!(
        refused.starts_with("the function `env` is not available here ("),
        "{refused}"
    );
}

#[test]
fn the_language() {
    let scope = scope(&[
        ("a", text("web.db")),
        ("n", Tree::Number(3.into())),
        ("none", Tree::Null),
        ("l", Tree::List(vec![text("x"), text("y"), text("x")])),
        ("m", Tree::from_iter([("k".to_owned(), text("v"))])),
    ]);
    for (expression, expected) in [
        ("a | split('.') | reverse | join('.')", "\"db.web\""),
        ("a | replace('.', '-') | upper", "\"WEB-DB\""),
        ("(a | split('.'))[-1]", "\"db\""),
        ("'a * b' ~ n", "\"a * b3\""),
        ("n | times(4)", "12"),
        ("n | times(1.5)", "4.5"),
        ("n + 1 - 2", "2"),
        ("7 // 2", "3"),
        ("'7' | int", "7"),
        ("none | default('d')", "null"),
        ("none | default('d', true)", "\"d\""),
        ("m.x | default('d')", "\"d\""),
        ("m.x | d('d')", "\"d\""),
        ("m.x is defined", "false"),
        ("n if n is number else 0", "3"),
        ("l | unique", "[\"x\",\"y\"]"),
        ("l | length + l | count", "6"),
        ("l | select('eq', 'x')", "[\"x\",\"x\"]"),
        ("l | map('upper') | join", "\"XYX\""),
        ("[n == 3, n == 4, 'x', n] | join(',')", "\"true,false,x,3\""),
        ("(n == 3) | string", "\"true\""),
        ("[n == 4] | map('string') | list", "[\"false\"]"),
        ("'abc' | join('-')", "\"a-b-c\""),
        ("m | items | first", "[\"k\",\"v\"]"),
        ("{'a': [1, 2][1:]}", "{\"a\":[2]}"),
        ("'x' in l and not ('z' in l)", "true"),
        ("'  x ' | trim", "\"x\""),
        ("3.75 | round(1)", "3.8"),
    ] {
        let found = evaluated(&format!("{{{{ {expression} }}}}"), &scope);
        assert_eq!(found, expected, "{expression}");
    }
}

/// Operators whose operands are guarded have the results that the engine has for them.
#[test]
fn operators_are_those_of_the_engine() {
    let tree = Tree::from_iter([
        ("a".to_owned(), text("web.db")),
        ("n".to_owned(), Tree::Number(3.into())),
        ("l".to_owned(), Tree::List(vec![text("x"), text("y")])),
        (
            "m".to_owned(),
            Tree::from_iter([("k".to_owned(), text("v"))]),
        ),
    ]);
    let engine = minijinja::Environment::new();
    for expression in [
        r#"a ~ '-' ~ n ~ "q\"\n\u00e9'" ~ 'é\x41"'"#,
        "a ~ (n + 1 - -2 + (n - 1) - 1) ~ 'x'",
        "10 - 3 - 2, 10 // 3 / 2",
        "2 ** 3 ** 2 % 5, -2 ** 2, -n",
        "1 < n < 4, 1 < n > 4, (1 < n) == (n < 4), 1 < n == true",
        "'x' in l, 'z' not in l, 'k' in m, 'eb' in a, not 'x' in l, 'x' in l in [true]",
        "n == 3 and a or l, n == 4 or a and (l or m), not (n == 4) and true",
        "l + l + ['z'] == ['x', 'y', 'x', 'y', 'z'], (l + l)[3], (l + l)[1:3][0], l[-1:], l[:1]",
        "a[1:3], a[0], a[-1] ~ 'q', m['k'], m[l[5] | default('k')], m.k[0], l.0, l[n - 2]",
        "{'x': n, a ~ 'y': l, 1: 2}, {}, (1,), ()",
        "'a' if n > 2 else 'b' if n > 1 else 'c', 'a' if n > 5",
        "a | replace('.', '-') | upper ~ 'q', (a ~ a) | length, -n | abs, (n | abs).x | default(l | join(',')), [m, {}] | map(attribute='k', default=a ~ n) | list",
        "a is string and n is not string, n is eq 3, n is eq(2 + 1), 'x' is in l",
        "1.5 + 2, 1e3, 1e999 > 1e300, 170141183460469231731687303715884105727, true, none, 0x10",
    ] {
        let expression = format!("[{expression}]");
        let guarded = super::operators::guarded(&expression).unwrap();
        let (found, expected) = [guarded, expression.clone()]
            .map(|it| {
                let mut engine = engine.clone();
                super::engine::add_guards(&mut engine);
                let compiled = engine.compile_expression_owned(it).unwrap();
                format!("{:?}", compiled.eval(super::to_jinja(&tree)).unwrap())
            })
            .into();
        assert_eq!(found, expected, "{expression}");
    }
}

/// A comparison with a value that is not known yet would have the same result for all values.
#[test]
fn references_are_not_compared() {
    let scope = scope(&[
        ("r", Tree::Text(Text::from(Ref::Host("name".to_owned())))),
        ("l", Tree::List(vec![text("x")])),
        ("m", Tree::from_iter([("x".to_owned(), text("v"))])),
    ]);
    for expression in [
        "r == 'a'",
        "'a' == r",
        "r != 'a'",
        "'a' < r",
        "r < 1 < 2",
        "r in l",
        "'a' in r",
        "'a' not in [r]",
        "[[r]] == [['a']]",
        "(r if l else 'a') == 'b'",
        "not r",
        "'a' if r else 'b'",
        "r or 'a'",
        "r and 'a'",
        "r | bool",
        "r | default('a', true)",
        "r is string",
        "r is eq 'a'",
        "'a' is in [r]",
        "[r] | select('eq', 'a') | list",
        "[r] | select | list",
        "[r, 'a'] | sort",
        "['a', r] | unique",
        "[r, 'a'] | max",
        "r in m",
    ] {
        let said = outcome(&format!("{{{{ {expression} }}}}"), &scope);
        let expected = "the expression tries to compare or test a reference";
        let found = said.as_ref().is_err_and(|it| it.starts_with(expected));
        assert!(found, "{expression}: {said:?}");
    }
    for expression in [
        "r",
        "[r, {'a': r}]",
        "r if l == ['x'] else 'a'",
        "r if 'x' in m",
        "l and r",
        "r is defined",
        "r is not none",
        "r is not mapping",
        "r | default('a')",
        "[r][0]",
        "{'a': r}.a",
        "([r] + l)[0]",
    ] {
        let said = outcome(&format!("{{{{ {expression} }}}}"), &scope);
        assert!(said.is_ok(), "{expression}: {said:?}");
    }
}

/// Each would take gigabytes, hours or the whole stack. Expressions that require much time or
/// memory. `a` is a long string, and `l` a long list.
fn hostile() -> Vec<String> {
    let row = |part: &str, count: usize| vec![part; count].join("");
    let nested = |open: &str, close: &str, count: usize| {
        format!("{}1{}", open.repeat(count), close.repeat(count))
    };
    let mut hostile = vec![
        "'x' * 1000000000".to_owned(),
        "('x' * 10000) * 10000".to_owned(),
        "[1] * 100000000".to_owned(),
        "(1,) * 100000000".to_owned(),
        "2 ** 100000000".to_owned(),
        "range(1000000000)".to_owned(),
        "range(99999) | list".to_owned(),
        "'%999999999d' | format(1)".to_owned(),
        "a | indent(1000000000)".to_owned(),
        "a | replace('x', a)".to_owned(),
        "a | replace('', a)".to_owned(),
        "a | join(a)".to_owned(),
        "l | join(a)".to_owned(),
        "a | list | join(a)".to_owned(),
        "l | map('replace', '1', a) | list".to_owned(),
        "a | list | map('replace', 'x', a)".to_owned(),
        "a | trim(a)".to_owned(),
        "l | select('in', l)".to_owned(),
        "a | list | map('list') | map('list')".to_owned(),
        "[1] | slice(1000000000)".to_owned(),
        "[1] | batch(1000000000, 0)".to_owned(),
        "a | center(1000000000)".to_owned(),
        "debug()".to_owned(),
        "a | pprint".to_owned(),
        "''[5:0:-1]".to_owned(),
        "1 is divisibleby(0)".to_owned(),
        "a".to_owned() + &row(" ~ a", 100),
        "a".to_owned() + &row(" ~ a", 400),
        "a".to_owned() + &row(" + a", 400),
        "a".to_owned() + &row(" | list", 250),
        "a".to_owned() + &row(" | replace('x', 'xx')", 90),
        "a".to_owned() + &row(".a", 900),
        "a".to_owned() + &row(".a", 1_000_000),
        "a".to_owned() + &row("[0]", 600),
        row("not ", 490) + "a",
        row("not ", 1_000_000) + "a",
        "'".to_owned() + &row("x", 3_000_000) + "'",
    ];
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{1: ", "}"),
        ("-", ""),
        ("a if a else ", ""),
    ] {
        hostile.push(nested(open, close, 150));
        hostile.push(nested(open, close, 400));
        hostile.push(nested(open, close, 900));
        hostile.push(nested(open, close, 1_000_000));
    }
    hostile.extend(hostile_operators());
    hostile
}

/// Operators with long operands.
fn hostile_operators() -> Vec<String> {
    let row = |part: &str, count: usize| vec![part; count].join("");
    vec![
        "l".to_owned() + &row(" + l", 100),
        "l".to_owned() + &row("[1:]", 30),
        "a".to_owned() + &row("[1:]", 30) + &row(" | list", 200),
        "[".to_owned() + &row("a == a,", 200) + "]",
        "[".to_owned() + &row("a < a,", 200) + "]",
        "[".to_owned() + &row("'y' in a,", 200) + "]",
        "[".to_owned() + &row("l == l,", 200) + "]",
        "[".to_owned() + &row("2 in l,", 200) + "]",
        "[".to_owned() + &row("a[59999],", 200) + "]",
        "[".to_owned() + &row("{a: 1},", 200) + "]",
        "[".to_owned() + &row("{}[l],", 200) + "]",
    ]
}

#[test]
fn nothing_blows_up() {
    let long = "x".repeat(60_000);
    let numbers = Tree::List(vec![Tree::Number(1.into()); 100_000]);
    let scope = scope(&[("a", text(&long)), ("l", numbers)]);
    for expression in hostile() {
        let start = Instant::now();
        let found = outcome(&format!("{{{{ {expression} }}}}"), &scope);
        let shown: String = expression.chars().take(60).collect();
        assert!(start.elapsed() < LONGEST, "{shown}: {:?}", start.elapsed());
        // Harmless ones may have a value.
        let harmless = ["not", "-", "a if", "[[", "((", "{", "a[0]"];
        let harmless = harmless.iter().any(|start| shown.starts_with(start));
        assert!(harmless || found.is_err(), "{shown} has a value");
    }
}

#[test]
fn copies_have_an_end() {
    let long = "x".repeat(1_000_000);
    let scope = scope(&[("a", text(&long))]);
    assert!(outcome("{{ a }}", &scope).is_ok());
    let all = "{{ a }}".repeat(200);
    let first = outcome(&all, &scope).unwrap_err();
    assert!(
        first.starts_with("the results of expressions exceed 128 MiB"),
        "{first}"
    );
    // Once is enough.
    assert_eq!(outcome(&all, &scope), Err(String::new()));

    let list = "{{ [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a] }}";
    let scope = self::scope(&[("a", Tree::List(vec![text(&long); 20]))]);
    let error = outcome(list, &scope).unwrap_err();
    assert!(
        error.starts_with("the results of expressions exceed 128 MiB"),
        "{error}"
    );
}

#[test]
fn long_texts_are_handed_on() {
    let long = "x".repeat(70_000);
    let scope = scope(&[("a", text(&long))]);
    assert_eq!(evaluated("{{ a }}", &scope).len(), 70_002);
    assert_eq!(evaluated("-{{ a }}-", &scope).len(), 70_004);
    let error = outcome("{{ a ~ a }}", &scope).unwrap_err();
    assert!(error.contains("tries to process a reference"), "{error}");
}

/// A value can be a secret from the environment, which is not marked as one. Combines each of these
/// values with each operator, filter and test, and with each other value.
fn combinations() -> Vec<String> {
    let filters = "abs bool capitalize default dictsort first float int items last length lower max \
                   min reject rejectattr reverse round select selectattr sort string sum title \
                   unique upper lines list map split trim replace join d count times nothing";
    let tests = "boolean endingwith eq even in lt lower odd startingwith nothing";
    let operators = "+ - / // % ~ == < in and or";
    let mut expressions = Vec::new();
    for a in ["s", "n", "l", "m", "r"] {
        for b in [
            "s",
            "n",
            "l",
            "m",
            "r",
            "0",
            "1.5",
            "170141183460469231731687303715884105727",
        ] {
            for operator in operators.split(' ') {
                expressions.push(format!("{a} {operator} {b}"));
            }
            for filter in filters.split_whitespace() {
                expressions.push(format!("{a} | {filter}"));
                expressions.push(format!("{a} | {filter}({b})"));
                expressions.push(format!("{a} | {filter}({b}, {b})"));
                expressions.push(format!("[{a}] | map('{filter}', {b})"));
            }
            for test in tests.split(' ') {
                expressions.push(format!("{a} is {test}"));
                expressions.push(format!("{a} is {test}({b})"));
            }
            for (before, between, behind) in [
                ("", "[", "]"),
                ("", "(", ")"),
                ("", "[1:", "]"),
                ("-", " // ", ""),
                ("", ".x(", ")"),
            ] {
                expressions.push(format!("{before}{a}{between}{b}{behind}"));
            }
        }
    }
    expressions
}

#[test]
fn no_message_holds_a_value() {
    const TEXT: &str = "hunter2";
    const NUMBER: i64 = 918_273_645;
    let map = Tree::from_iter([(TEXT.to_owned(), text(TEXT))]);
    let scope = scope(&[
        ("s", text(TEXT)),
        ("n", Tree::Number(NUMBER.into())),
        (
            "l",
            Tree::List(vec![text(TEXT), Tree::Number(NUMBER.into())]),
        ),
        ("m", map),
        ("r", Tree::Text(Text::from(Ref::Host("name".to_owned())))),
    ]);
    let mut failed = 0;
    for expression in combinations() {
        if let Err(message) = outcome(&format!("{{{{ {expression} }}}}"), &scope) {
            failed += 1;
            let found = message.contains(TEXT) || message.contains(&NUMBER.to_string());
            assert!(!found, "{expression}: {message}");
        }
    }
    assert!(failed > 500, "{failed}");
}
