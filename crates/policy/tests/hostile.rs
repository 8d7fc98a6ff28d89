//! Expressions and policy files that are made to exhaust the time, the memory or the stack.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and measures time"
)]

use std::time::{Duration, Instant};

use score_policy::expression::Failure;
use score_policy::{
    Choice, Data, Date, Expression, Judge, On, Policy, RuleSet, Selection, Subject, Waivers,
};
use score_spec::{Code, Diagnostic, Sources, Value};

/// The time that no expression may take, in a build without optimization on a busy machine.
const LONGEST: Duration = Duration::from_secs(10);

/// The variables of all expressions here.
const VARIABLES: [&str; 2] = ["list", "text"];

/// Expressions that would take very long, with repetitions of a part: `PREFIX`, `PART` times a number, `SUFFIX`.
const ENDLESS: [(&str, &str, usize, &str); 19] = [
    ("list.all(a, ", "list.all(b, ", 20, "true"),
    (
        "list",
        ".map(x, list)",
        1,
        ".all(y, y.all(z, z.size() > 0))",
    ),
    (
        "list.map(a, list.map(b, list.map(c, list",
        ")",
        3,
        ").size() > 0",
    ),
    (
        "list.exists(a, list.exists(b, list.exists(c, ",
        "",
        0,
        "a + b + c == 'x')))",
    ),
    (
        "list.filter(a, list.filter(b, list.filter(c, true)",
        ".size() >= 0",
        1,
        ").size() == 0).size() > 0",
    ),
    ("[text]", ".map(x, x + x)", 40, ".size() > 0"),
    ("[[text]]", ".map(x, x + x)", 40, ".size() > 0"),
    ("[['a']]", ".map(x, x + x)", 40, ".size() > 0"),
    (
        "[list].map(x, x + x + x + x)",
        ".map(x, x + x)",
        20,
        "[0].all(x, x == x)",
    ),
    ("[[1]]", ".map(x, [x, x])", 40, ".all(x, x == x)"),
    (
        "[[1]]",
        ".map(x, [x, x])",
        40,
        ".map(x, [x, x].min()) == []",
    ),
    ("list.all(x, text.matches('", "(a*)*", 40, "$'))"),
    ("list.all(x, text.matches(x + '", "(a|b)*", 40, "$'))"),
    (
        "list.all(x, text.matches(x + '",
        "",
        0,
        "(((a{1,30}){1,30}){1,30}){1,30}'))",
    ),
    (
        "list.all(x, text.findAll('a[^b]*b|a').size() > 0)",
        "",
        0,
        "",
    ),
    ("list.all(x, text.replace('a', text).size() > 0)", "", 0, ""),
    (
        "list.all(x, text.split('').join(text).size() > 0)",
        "",
        0,
        "",
    ),
    ("list.all(x, sets.equivalent(list, list))", "", 0, ""),
    (
        "list.map(x, {x: list}).all(x, list.map(y, {y: list}).all(y, y == x || true))",
        "",
        0,
        "",
    ),
];

/// Expressions that are nested so deeply that a recursive parser or evaluator would exhaust the stack.
const DEEP: [(&str, &str, &str); 15] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("{1:", "1", "}"),
    ("-", "1", ""),
    ("!", "true", ""),
    ("- !", "true", ""),
    ("false ? true : ", "true", ""),
    ("list[", "0", "]"),
    ("size(", "list", ")"),
    ("list.all(x, ", "true", ")"),
    ("", "list", ".a"),
    ("", "list", "[0]"),
    ("", "list", ".trim()"),
    ("", "1", " + 1"),
    ("1 + (", "1", ")"),
];

struct Bindings {
    list: Value,
    text: Value,
}

fn data() -> Bindings {
    let items = (0..1_000).map(|at| Value::Text(format!("item-{at}")));
    Bindings {
        list: Value::List(items.collect()),
        text: Value::Text("a".repeat(100_000)),
    }
}

/// Evaluates an expression if it can be parsed, and returns how that ends. Neither takes long.
fn run(text: &str, data: &Bindings) -> Result<bool, Failure> {
    let started = Instant::now();
    let values = [Some(Data::Value(&data.list)), Some(Data::Value(&data.text))];
    let result = match Expression::parse(text, &VARIABLES) {
        Ok(expression) => expression.holds(&values, &mut 1_000_000),
        Err(problem) => {
            assert!(text.get(problem.range.clone()).is_some(), "{problem:?}");
            Err(Failure::Wrong(Box::new(problem)))
        }
    };
    let end = text.floor_char_boundary(200);
    assert!(
        started.elapsed() < LONGEST,
        "{:?}: {}",
        started.elapsed(),
        &text[..end]
    );
    result
}

#[test]
fn endless_expressions_end() {
    let data = data();
    for (prefix, part, count, suffix) in ENDLESS {
        let mut text = format!("{prefix}{}{suffix}", part.repeat(count));
        let open = text.matches('(').count();
        let open = open.saturating_sub(text.matches(')').count());
        text += &")".repeat(if text.contains('\'') { 0 } else { open });
        match run(&text, &data) {
            Err(Failure::TooLong(_)) => {}
            other => assert!(matches!(other, Err(Failure::Wrong(_))), "{text}: {other:?}"),
        }
    }
}

#[test]
fn deep_expressions_are_refused() {
    let data = data();
    for (open, middle, close) in DEEP {
        for count in [10, 40, 60, 100, 1_000] {
            let text = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
            let result = run(&text, &data);
            if count > 100 {
                let Err(Failure::Wrong(problem)) = result else {
                    unreachable!("{open}{close}: {result:?}");
                };
                assert!(
                    problem.message.contains("deep"),
                    "{open}{close}: {problem:?}"
                );
            }
        }
    }
    assert!(matches!(
        run(&"1 + ".repeat(100_000), &data),
        Err(Failure::Wrong(_))
    ));
    let wide = format!("[{}].size() == 4000", "1, ".repeat(4_000));
    assert_eq!(run(&wide, &data), Ok(true));
    let wide = vec!["true"; 2_000].join(" && ");
    assert_eq!(run(&wide, &data), Ok(true));
}

/// A sequence of numbers that is the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// The pieces of random expressions.
const PIECES: &str = "list text x ( ) [ ] { } , . ? : + - * / % ! == != < <= && || in 1 0 -1 1.5 9223372036854775807 'a' \
    'ä' \"\" null true .all(x, .map(x, .filter(x, .exists(x, .exists_one(x, .optMap(x, .?a [?0] [0] .size() .join() \
    .split('') .substring(1) .charAt(0) .indexOf('m') .lastIndexOf('') .replace('','a') .trim() .sum() .max() .isSorted() \
    .matches('(a') .findAll('.') quantity( '1Gi' int( string( type( has( .orValue(1) optional.of( sets.contains( \\ ' \" r' //";

#[test]
fn random_expressions_neither_panic_nor_hang() {
    let pieces: Vec<&str> = PIECES.split(' ').collect();
    let data = data();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let (mut parsed, mut results) = (0, 0);
    for _ in 0..60_000 {
        let count = 1 + random.below(12);
        let chosen: Vec<&str> = (0..count)
            .map(|_| pieces[random.below(pieces.len())])
            .collect();
        let mut text = chosen.join([" ", ""][random.below(2)]);
        let open = text.matches('(').count();
        text += &")".repeat(open.saturating_sub(text.matches(')').count()));
        parsed += usize::from(Expression::parse(&text, &VARIABLES).is_ok());
        results += usize::from(run(&text, &data).is_ok());
    }
    assert!(parsed > 1_000 && results > 20, "{parsed} {results}");
}

/// The diagnostics of a policy file, and of judging a container by its rules.
fn judged(text: &str) -> (usize, Vec<Diagnostic>) {
    let started = Instant::now();
    let mut sources = Sources::new();
    let id = sources.add("policy.yaml", text);
    let mut diagnostics = Vec::new();
    let policies = Policy::read_all(&sources, id, &mut diagnostics);
    let set = RuleSet::new(policies, &Choice::default(), &sources, &mut diagnostics);
    let mut judge = Judge::new(&set);
    let data = data();
    let mut findings = 0;
    for _ in 0..1_000 {
        let subject = Subject::new(On::Container, Data::Value(&data.list));
        findings += judge.findings(&subject).len();
    }
    diagnostics.extend(judge.finish(&sources));
    assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
    (findings, diagnostics)
}

#[test]
fn an_endless_rule_is_judged_once_and_other_rules_are_still_judged() {
    let rules = "apiVersion: score-rs/v1\nkind: Policy\nname: acme\nrules:\n  \
        endless: {on: container, require: 'container.all(a, container.all(b, container.all(c, true)))'}\n  \
        wrong: {on: container, require: 'container.size() + 1.0 > 1.0'}\n  \
        never: {on: container, require: 'container.size() == 0'}\n";
    let (findings, diagnostics) = judged(rules);
    assert_eq!(findings, 1_000);
    let codes: Vec<_> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::PolicyExpression; 2]);
}

#[test]
fn hostile_policy_files_are_refused() {
    let rule = "apiVersion: score-rs/v1\nkind: Policy\nname: acme\nrules:\n  a: {on: container, ";
    let deep = format!("{rule}require: '{}'}}\n", "(".repeat(100_000));
    let pattern = format!(
        "{rule}schema: {{items: {{pattern: '{}'}}}}}}\n",
        "(a*)*".repeat(50_000)
    );
    let many = format!("{rule}require: '{}true'}}\n", "true && ".repeat(100_000));
    for text in [deep, pattern, many] {
        let (_, diagnostics) = judged(&text);
        assert!(!diagnostics.is_empty());
        assert!(diagnostics.iter().all(|it| it.message.len() < 2_100));
    }
}

#[test]
fn the_number_of_waivers_is_limited() {
    let waiver = "  - {rule: 'image/*', reason: moves, owner: team-shop, until: 2027-03-31}\n";
    for (number, problems) in [(1_000, 0), (1_001, 1)] {
        let text = format!(
            "apiVersion: score-rs/v1\nkind: Waivers\nwaivers:\n{}",
            waiver.repeat(number)
        );
        let mut sources = Sources::new();
        let id = sources.add("waivers.yaml", text);
        let (mut waivers, mut found) = (Waivers::default(), Vec::new());
        waivers.read_all(&sources, id, &mut found);
        assert_eq!(found.len(), problems, "{number} {:?}", found.first());
    }
}

/// The waivers of a file, each with the rule and the selectors for its number.
fn numbered(waiver: impl Fn(usize) -> String) -> Waivers {
    let waivers = (0..1_000).map(|at| {
        let rest = "reason: moves, owner: shop, until: 2027-03-31";
        format!("  - {{{}, {rest}}}\n", waiver(at))
    });
    let head = "apiVersion: score-rs/v1\nkind: Waivers\nwaivers:\n";
    let text = format!("{head}{}", waivers.collect::<String>());
    let mut sources = Sources::new();
    let id = sources.add("waivers.yaml", text);
    let (mut waivers, mut found) = (Waivers::default(), Vec::new());
    waivers.read_all(&sources, id, &mut found);
    assert_eq!(found, []);
    waivers
}

/// Many findings and many waivers that do not apply to them: the time does not depend on their product.
#[test]
fn many_findings_and_many_waivers_end() {
    let all = [
        numbered(|at| format!("rule: acme/r{at}")),
        numbered(|at| format!("rule: acme/*, workload: w{at}")),
        numbered(|at| format!("rule: acme/*, object: 'Pod/*w*w*w*w*w*w*{at}x'")),
    ];
    for waivers in &all {
        let mut application = waivers.at(Date::parse("2027-01-01").unwrap());
        let start = Instant::now();
        for at in 0..100_000 {
            let workload = format!("{}-{}", "w".repeat(30), at % 1_000);
            let object = format!("Pod/{workload}");
            let about = Selection {
                workload: Some(&workload),
                object: Some(&object),
                ..Selection::default()
            };
            assert!(application.verdict("acme/other", &about).is_none());
        }
        let took = start.elapsed();
        assert!(took < LONGEST, "{took:?}");
    }
}
