//! The YAML parser: the values of scalars, the spans of keys and values, errors and their messages,
//! and hostile input.

// Tables are long, and speed is irrelevant.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_collect,
    clippy::too_many_lines
)]

use std::fmt::Write as _;

use score_spec::{
    Diagnostic, Kind, Node, Severity, Sources, Span, parse, parse_value, yaml::Parsed,
};

/// Parses `text`, and checks properties that hold for every text: all spans are in it.
fn read(text: &str) -> (Sources, Parsed) {
    let mut sources = Sources::new();
    let id = sources.add("test.yaml", text);
    let parsed = parse(&sources, id);
    for document in &parsed.documents {
        check_node(text, document);
    }
    for finding in &parsed.diagnostics {
        assert!(!finding.labels.is_empty(), "{finding:?}");
        assert!(!finding.message.ends_with('.'), "{finding:?}");
        for label in &finding.labels {
            assert!(text.get(label.span.range()).is_some(), "{finding:?}");
        }
    }
    (sources, parsed)
}

fn check_node(text: &str, node: &Node) {
    assert!(text.get(node.span.range()).is_some(), "{node:?}");
    for item in node.items() {
        check_node(text, item);
    }
    for entry in node.entries() {
        assert!(text.get(entry.key_span.range()).is_some(), "{entry:?}");
        check_node(text, &entry.value);
    }
}

/// A tree on one line: strings in quotes, `~` for null.
fn show(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "~".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::Text(text) => format!("{text:?}"),
        Kind::List(items) => {
            let items: Vec<_> = items.iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, show(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn show_all(parsed: &Parsed) -> String {
    let documents: Vec<_> = parsed.documents.iter().map(show).collect();
    documents.join(" --- ")
}

/// A diagnostic on one line: code, spans, message.
fn finding(sources: &Sources, finding: &Diagnostic) -> String {
    let places: Vec<_> = finding
        .labels
        .iter()
        .map(|label| {
            let at = sources.position(label.span.source, label.span.start as usize);
            format!("{}:{} `{}`", at.line, at.column, sources.slice(label.span))
        })
        .collect();
    format!(
        "{} {}: {}",
        finding.code,
        places.join(", "),
        finding.message
    )
}

fn findings(sources: &Sources, parsed: &Parsed) -> Vec<String> {
    parsed
        .diagnostics
        .iter()
        .map(|one| finding(sources, one))
        .collect()
}

/// The source text of every key and value below a node, one per line.
fn places(sources: &Sources, path: &str, node: &Node, out: &mut String) {
    writeln!(out, "{path} = {:?}", sources.slice(node.span)).unwrap();
    for (index, item) in node.items().iter().enumerate() {
        places(sources, &format!("{path}[{index}]"), item, out);
    }
    for entry in node.entries() {
        let path = format!("{path}.{}", entry.key);
        writeln!(out, "{path} : {:?}", sources.slice(entry.key_span)).unwrap();
        places(sources, &path, &entry.value, out);
    }
}

#[test]
fn scalars_mean_what_go_makes_of_them() {
    let table = [
        ("", "~"),
        ("~", "~"),
        ("null", "~"),
        ("Null", "~"),
        ("NULL", "~"),
        ("nUll", "\"nUll\""),
        ("true", "true"),
        ("True", "true"),
        ("TRUE", "true"),
        ("tRue", "\"tRue\""),
        ("false", "false"),
        ("False", "false"),
        ("FALSE", "false"),
        ("yes", "\"yes\""),
        ("No", "\"No\""),
        ("on", "\"on\""),
        ("off", "\"off\""),
        ("y", "\"y\""),
        ("n", "\"n\""),
        ("0", "0"),
        ("-0", "0"),
        ("+1", "1"),
        ("010", "8"),
        ("-010", "-8"),
        ("08", "8.0"),
        ("0o17", "15"),
        ("0O17", "15"),
        ("+0o7", "7"),
        ("0x1F", "31"),
        ("-0xff", "-255"),
        ("0b11", "3"),
        ("-0B11", "-3"),
        ("0b12", "\"0b12\""),
        ("0x", "\"0x\""),
        ("0x1p3", "\"0x1p3\""),
        ("0b-1", "\"0b-1\""),
        ("1_000", "1000"),
        ("1__0_", "10"),
        ("0x_10", "16"),
        ("_1", "\"_1\""),
        ("-_1", "-1"),
        ("1_0.5", "10.5"),
        (".5_0", "\".5_0\""),
        ("9223372036854775808", "9223372036854775808"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("+18446744073709551615", "1.8446744073709552e+19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("0xffffffffffffffffff", "\"0xffffffffffffffffff\""),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("+.5", "0.5"),
        ("-0.0", "-0.0"),
        ("1e3", "1000.0"),
        ("12e03", "12000.0"),
        ("1e400", "\"1e400\""),
        ("1e", "\"1e\""),
        ("1e+", "\"1e+\""),
        (".", "\".\""),
        ("+", "\"+\""),
        ("1.2.3", "\"1.2.3\""),
        ("1:30", "\"1:30\""),
        ("infinity", "\"infinity\""),
        (".inf", "\".inf\""),
        ("-.INF", "\"-.INF\""),
        (".NaN", "\".NaN\""),
        ("2024-01-01", "\"2024-01-01\""),
        ("2024-01-01T00:00:00Z", "\"2024-01-01T00:00:00Z\""),
        ("<<", "\"<<\""),
        ("=", "\"=\""),
        ("'5'", "\"5\""),
        ("\"true\"", "\"true\""),
        ("''", "\"\""),
        ("'it''s'", "\"it's\""),
        (r#""\x41\u00e9\U0001F600\t""#, "\"Aé😀\\t\""),
        ("\"a\n  b\n\n  c\"", "\"a b\\nc\""),
        ("|\n  5\n", "\"5\\n\""),
        ("|-\n  5\n  6\n", "\"5\\n6\""),
        (">-\n  5\n  6\n", "\"5 6\""),
        ("|+\n  5\n", "\"5\\n\\n\""),
        ("a b", "\"a b\""),
        ("a#b", "\"a#b\""),
        ("a:b", "\"a:b\""),
        ("${resources.db.host}", "\"${resources.db.host}\""),
        ("! 5", "\"5\""),
        ("!!str 5", "\"5\""),
        ("!!str", "\"\""),
        ("!!int \"5\"", "5"),
        ("!!int 0x10", "16"),
        ("!!float 5", "5.0"),
        ("!!float .inf", "\".inf\""),
        ("!!bool \"true\"", "true"),
        ("!!null \"\"", "~"),
        ("!!null", "~"),
        ("!!binary aGk=", "\"aGk=\""),
        ("!!timestamp 2024-01-01", "\"2024-01-01\""),
        ("!!map {a: 1}", "{a: 1}"),
        ("!!seq [1]", "[1]"),
        ("! [1]", "[1]"),
        ("!<tag:yaml.org,2002:int> 5", "5"),
    ];
    for (input, expected) in table {
        let (_, parsed) = read(&format!("k: {input}\n"));
        assert_eq!(show_all(&parsed), format!("{{k: {expected}}}"), "{input:?}");
        assert_eq!(parsed.diagnostics, [], "{input:?}");
    }
}

#[test]
fn block_scalars_end_with_the_line_break_of_the_input() {
    let table = [
        ("|\n  5", "\"5\""),
        ("|\n  5\n  6", "\"5\\n6\""),
        ("|+\n  5", "\"5\""),
        (">\n  5\n  6", "\"5 6\""),
        ("|-\n  5", "\"5\""),
        ("|\n  5\n", "\"5\\n\""),
        ("|\n  5\n  ", "\"5\\n\""),
        ("|\n  5 # no comment", "\"5 # no comment\""),
        ("|", "\"\""),
    ];
    for (input, expected) in table {
        let (_, parsed) = read(&format!("k: {input}"));
        assert_eq!(show_all(&parsed), format!("{{k: {expected}}}"), "{input:?}");
    }
}

#[test]
fn tags_that_do_not_fit_are_errors_and_unknown_ones_are_warnings() {
    let table = [
        ("!!int 5.5", "5.5", Severity::Error),
        ("!!int", "~", Severity::Error),
        ("!!int 99999999999999999999", "1e+20", Severity::Error),
        ("!!bool yes", "\"yes\"", Severity::Error),
        ("!!null x", "\"x\"", Severity::Error),
        ("!!map x", "\"x\"", Severity::Error),
        ("!!merge x", "\"x\"", Severity::Error),
        ("!!str {a: 1}", "{a: 1}", Severity::Error),
        ("!!seq {a: 1}", "{a: 1}", Severity::Error),
        ("!!map\n- a", "[\"a\"]", Severity::Error),
        ("!env 5", "\"5\"", Severity::Warning),
        ("!env {a: 1}", "{a: 1}", Severity::Warning),
        ("!!set {a}", "{a: ~}", Severity::Warning),
    ];
    for (input, expected, severity) in table {
        let (sources, parsed) = read(&format!("k: {input}\n"));
        assert_eq!(show_all(&parsed), format!("{{k: {expected}}}"), "{input:?}");
        let [finding] = &parsed.diagnostics[..] else {
            panic!("{input}: {:?}", parsed.diagnostics);
        };
        assert_eq!(finding.code.name(), "yaml/tag");
        assert_eq!(finding.severity, severity, "{input:?}");
        let tag = input.split_whitespace().next().unwrap();
        assert_eq!(sources.slice(finding.span().unwrap()), tag);
    }
}

const RICH: &str = r#"# a comment
apiVersion: score.dev/v1b1   # another
"quoted": 'it''s'
ü: "é\n"
list:
- a
- - b
  -
  - c: 1
    d: |
      block

      text  
    # comment
-
  - e
indented: &anchor
  - !!str 1
  - &x !!str y
flow: {a: 1, b: [x, "y", ], c, "d":1, e: }
multi: plain
  text
folded: >+  # why
  one
  two

empty:
nothing: |
tagged: !!null
? complex
: - x
  - y
copy: *anchor
last: [a: 1, ]
"#;

#[test]
fn every_key_and_value_knows_its_place() {
    let expected = r#"
$ = "apiVersion: score.dev/v1b1   # another\n\"quoted\": 'it''s'\n…last: [a: 1, ]"
$.apiVersion : "apiVersion"
$.apiVersion = "score.dev/v1b1"
$.quoted : "\"quoted\""
$.quoted = "'it''s'"
$.ü : "ü"
$.ü = "\"é\\n\""
$.list : "list"
$.list = "- a\n- - b\n  -\n  - c: 1\n    d: |\n      block\n\n      text  \n    # comment\n-\n  - e"
$.list[0] = "a"
$.list[1] = "- b\n  -\n  - c: 1\n    d: |\n      block\n\n      text  "
$.list[1][0] = "b"
$.list[1][1] = ""
$.list[1][2] = "c: 1\n    d: |\n      block\n\n      text  "
$.list[1][2].c : "c"
$.list[1][2].c = "1"
$.list[1][2].d : "d"
$.list[1][2].d = "|\n      block\n\n      text  "
$.list[2] = "- e"
$.list[2][0] = "e"
$.indented : "indented"
$.indented = "- !!str 1\n  - &x !!str y"
$.indented[0] = "1"
$.indented[1] = "y"
$.flow : "flow"
$.flow = "{a: 1, b: [x, \"y\", ], c, \"d\":1, e: }"
$.flow.a : "a"
$.flow.a = "1"
$.flow.b : "b"
$.flow.b = "[x, \"y\", ]"
$.flow.b[0] = "x"
$.flow.b[1] = "\"y\""
$.flow.c : "c"
$.flow.c = ""
$.flow.d : "\"d\""
$.flow.d = "1"
$.flow.e : "e"
$.flow.e = ""
$.multi : "multi"
$.multi = "plain\n  text"
$.folded : "folded"
$.folded = ">+  # why\n  one\n  two"
$.empty : "empty"
$.empty = ""
$.nothing : "nothing"
$.nothing = "|"
$.tagged : "tagged"
$.tagged = ""
$.complex : "complex"
$.complex = "- x\n  - y"
$.complex[0] = "x"
$.complex[1] = "y"
$.copy : "copy"
$.copy = "- !!str 1\n  - &x !!str y"
$.copy[0] = "1"
$.copy[1] = "y"
$.last : "last"
$.last = "[a: 1, ]"
$.last[0] = "a: 1"
$.last[0].a : "a"
$.last[0].a = "1"
"#;
    for ends in ["\n", "\r\n"] {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}{}", RICH.replace('\n', ends));
            let (sources, parsed) = read(&text);
            assert_eq!(parsed.diagnostics, []);
            let [document] = &parsed.documents[..] else {
                panic!("{:?}", parsed.documents);
            };
            let mut actual = String::from("\n");
            places(&sources, "$", document, &mut actual);
            let actual = actual.replace("\\r\\n", "\\n");
            // Only the ends of the whole text are compared.
            let (_, root) = actual.trim_start().split_once("$ = ").unwrap();
            let root = root.lines().next().unwrap();
            let (begin, end) = ("\"quoted\\\": 'it''s'\\n", "last: [a: 1, ]\"");
            let cut = root.find(begin).unwrap() + begin.len();
            let short = format!("{}…{end}", &root[..cut]);
            assert!(root.ends_with(end), "{root}");
            assert_eq!(actual.replace(root, &short), expected);
        }
    }
}

#[test]
fn an_absent_value_stands_behind_what_it_would_follow() {
    let table = [
        ("a:", 2),
        ("a :  # c\n", 3),
        ("a:\nb: 1", 2),
        ("{a: , b}", 3),
        ("{a}", 2),
        ("? a\n", 3),
        ("? a\n:\n", 5),
        ("a: &x\n", 5),
        ("a: !!null\n", 9),
        ("-", 1),
        ("- a\n-  # c\n- b", 5),
    ];
    for (text, offset) in table {
        let (_, parsed) = read(text);
        let root = &parsed.documents[0];
        let absent = match &root.kind {
            Kind::List(items) => items.iter().find(|item| item.kind == Kind::Null).unwrap(),
            _ => root.get("a").unwrap(),
        };
        assert_eq!(
            (absent.span.start, absent.span.end),
            (offset, offset),
            "{text:?}"
        );
    }
}

#[test]
fn a_list_begins_at_its_first_dash() {
    let table = [
        ("? - x\n", "- x"),
        ("a: b\n?\n- x\n- y\n: c\n", "- x\n- y"),
        ("a: b\n? &k !!seq # ü\n- - x\n", "- - x"),
        ("a: b\n?\n- ", "-"),
        ("a: b\n?\n-\n- ", "-\n-"),
        ("a: b\n?\n- # ü", "-"),
    ];
    for (text, list) in table {
        let (sources, parsed) = read(text);
        let places = parsed.diagnostics.iter().map(|one| one.labels[0].span);
        let places: Vec<_> = places.map(|span| sources.slice(span)).collect();
        assert_eq!(places, [list], "{text:?}");
    }
}

#[test]
fn documents_are_separated_and_empty_ones_skipped() {
    let table = [
        ("", ""),
        ("\u{feff}", ""),
        ("\n\n", ""),
        ("# only a comment\n", ""),
        ("---\n---\n# c\n---\n...\n", ""),
        ("&a\n", ""),
        ("~", "~"),
        ("--- ~\n--- 1\n", "~ --- 1"),
        ("a\n---\nb\n", "\"a\" --- \"b\""),
        ("a: 1\n...\nb: 2\n", "{a: 1} --- {b: 2}"),
        ("%YAML 1.2\n---\na\n", "\"a\""),
        ("a: &x 1\n---\nb: 2\n", "{a: 1} --- {b: 2}"),
    ];
    for (text, expected) in table {
        let (_, parsed) = read(text);
        assert_eq!(show_all(&parsed), expected, "{text:?}");
        assert_eq!(parsed.diagnostics, [], "{text:?}");
    }
}

/// Invalid documents, their diagnostics, and the values that are parsed nevertheless.
fn check(table: &[(&str, &[&str], &str)]) {
    let mut wrong = String::new();
    for (text, expected, tree) in table {
        let (sources, parsed) = read(text);
        let (actual, shown) = (findings(&sources, &parsed), show_all(&parsed));
        if actual != *expected || shown != *tree {
            writeln!(wrong, "{text:?}: {actual:#?} {shown}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn duplicate_keys_are_errors() {
    check(&[
        (
            "a: 1\nb: 2\n\"a\": 3\n",
            &["yaml/duplicate-key 3:1 `\"a\"`, 1:1 `a`: the key `a` occurs twice"],
            "{a: 1, b: 2}",
        ),
        (
            "{a: 1, a: {b: 1, b: 2}}",
            &[
                "yaml/duplicate-key 1:8 `a`, 1:2 `a`: the key `a` occurs twice",
                "yaml/duplicate-key 1:18 `b`, 1:12 `b`: the key `b` occurs twice",
            ],
            "{a: 1}",
        ),
        (
            "<<: {a: 1}\n<<: {b: 1}\n",
            &["yaml/duplicate-key 2:1 `<<`, 1:1 `<<`: the key `<<` occurs twice"],
            "{a: 1}",
        ),
    ]);
    let many: String = (0..200).map(|n| format!("k{n}: {n}\n")).collect();
    let (sources, parsed) = read(&format!("{many}k3: x\nk199: x\n"));
    assert_eq!(
        findings(&sources, &parsed),
        [
            "yaml/duplicate-key 201:1 `k3`, 4:1 `k3`: the key `k3` occurs twice",
            "yaml/duplicate-key 202:1 `k199`, 200:1 `k199`: the key `k199` occurs twice",
        ]
    );
    assert_eq!(parsed.documents[0].entries().len(), 200);
    assert_eq!(parsed.diagnostics[0].labels[1].message, "first occurrence");
}

#[test]
fn keys_that_are_no_strings_are_errors() {
    check(&[
        (
            "80: x\n",
            &["yaml/key-type 1:1 `80`: the key `80` is a number, not a string"],
            "{80: \"x\"}",
        ),
        (
            "{true: x}",
            &["yaml/key-type 1:2 `true`: the key `true` is a boolean, not a string"],
            "{true: \"x\"}",
        ),
        (
            "1: a\n'1': b",
            &[
                "yaml/key-type 1:1 `1`: the key `1` is a number, not a string",
                "yaml/duplicate-key 2:1 `'1'`, 1:1 `1`: the key `1` occurs twice",
            ],
            "{1: \"a\"}",
        ),
        (
            "null: x\na: 1",
            &["yaml/key-type 1:1 `null`: the key `null` is nothing, not a string"],
            "{a: 1}",
        ),
        (": x\n", &["yaml/key-type 1:1 ``: a key is missing"], "{}"),
        (
            "a: {{ x }}\n",
            &["yaml/key-type 1:5 `{ x }`: the key `{ x }` is a map, not a string"],
            "{a: \"{{ x }}\"}",
        ),
        (
            "? - x\n: y\nz: 1",
            &["yaml/key-type 1:3 `- x`: the key `- x` is a list, not a string"],
            "{z: 1}",
        ),
        (
            "- &p 80\n- *p : x\n",
            &["yaml/key-type 2:3 `*p`: the key `*p` is a number, not a string"],
            "[80, {80: \"x\"}]",
        ),
        ("- &p x\n- *p : 1\n", &[], "[\"x\", {x: 1}]"),
        ("yes: 1\n2024-01-01: 2\n", &[], "{yes: 1, 2024-01-01: 2}"),
    ]);
    let (_, parsed) = read("80: x\n");
    let fix = parsed.diagnostics[0].fix.clone().unwrap();
    assert_eq!((fix.span.range(), &*fix.replacement), (0..2, "\"80\""));
    let (_, parsed) = read("!!int 80: x\n");
    assert_eq!(parsed.diagnostics[0].fix, None);
}

#[test]
fn merge_keys_add_what_is_not_given() {
    check(&[
        ("<<: {a: 1, b: 2}\nb: 3\n", &[], "{a: 1, b: 3}"),
        ("b: 3\n<<: {a: 1, b: 2}\nc: 4\n", &[], "{b: 3, a: 1, c: 4}"),
        (
            "x: &x {a: 1}\ny: {<<: *x, b: 2}\n",
            &[],
            "{x: {a: 1}, y: {a: 1, b: 2}}",
        ),
        (
            "x: &x {a: 1}\ny: {<<: [*x, {a: 2, b: 2}]}\n",
            &[],
            "{x: {a: 1}, y: {a: 1, b: 2}}",
        ),
        ("!!merge \"<<\": {a: 1}\n", &[], "{a: 1}"),
        ("\"<<\": {a: 1}\n", &[], "{<<: {a: 1}}"),
        ("!!str <<: {a: 1}\n", &[], "{<<: {a: 1}}"),
        ("<<: []\na: 1", &[], "{a: 1}"),
        (
            "<<: 1\na: 1\n",
            &["yaml/merge 1:5 `1`, 1:1 `<<`: the value of `<<` must be a map, not a number"],
            "{a: 1}",
        ),
        (
            "<<: [{a: 1}, x]\n",
            &["yaml/merge 1:14 `x`, 1:1 `<<`: the value of `<<` must be a map, not a string"],
            "{a: 1}",
        ),
        (
            "{<<: }",
            &["yaml/merge 1:5 ``, 1:2 `<<`: the value of `<<` must be a map, not nothing"],
            "{}",
        ),
        (
            "a: &x [{b: 1}]\n<<: *x\n",
            &["yaml/merge 1:7 `[{b: 1}]`, 2:1 `<<`: the value of `<<` must be a map, not a list"],
            "{a: [{b: 1}]}",
        ),
        (
            "<<: *gone\na: 1\n",
            &["yaml/syntax 1:5 `*gone`: there is no anchor `gone` before this alias"],
            "{a: 1}",
        ),
    ]);
}

#[test]
fn aliases_stand_for_what_their_anchor_names() {
    check(&[
        (
            "a: &x [1, &y 2]\nb: *x\nc: *y",
            &[],
            "{a: [1, 2], b: [1, 2], c: 2}",
        ),
        ("- &a 1\n- *a\n- &a 2\n- *a", &[], "[1, 1, 2, 2]"),
        ("a: &e\nb: *e", &[], "{a: ~, b: ~}"),
        (
            "a: &name 1\nb: *nam\n",
            &["yaml/syntax 2:4 `*nam`: there is no anchor `nam` before this alias"],
            "{a: 1, b: ~}",
        ),
        (
            "a: &x 1\n---\nb: *x\n",
            &["yaml/syntax 3:4 `*x`: there is no anchor `x` before this alias"],
            "{a: 1} --- {b: ~}",
        ),
        (
            "a: &x\n  b: [*x]\n",
            &["yaml/limit 2:7 `*x`, 1:4 `&x`: the alias `*x` is inside the node that it refers to"],
            "{a: {b: [~]}}",
        ),
        (
            "a: *.js\n",
            &["yaml/syntax 1:4 `*.js`: there is no anchor `.js` before this alias"],
            "{a: ~}",
        ),
    ]);
    let (_, parsed) = read("a: &name 1\nb: *nam\n");
    assert_eq!(
        parsed.diagnostics[0].help,
        Some("did you mean `*name`?".into())
    );
}

#[test]
fn faults_are_found_where_they_are() {
    check(&[
        (
            "a: b: c\n",
            &["yaml/syntax 1:5 `:`: a second `:` in this line"],
            "",
        ),
        (
            "a: b\n  c: d\n",
            &["yaml/syntax 2:3 `c`, 1:4 `b`: a key cannot follow inside a string"],
            "",
        ),
        (
            "a:b\nc: 1\n",
            &["yaml/syntax 1:2 `:`: a space is missing after this `:`"],
            "",
        ),
        (
            "x: 1\na\nb: 1\n",
            &["yaml/syntax 2:1 `a`: a `:` is missing after this key"],
            "",
        ),
        (
            "a\nb: 1\n",
            &["yaml/syntax 1:1 `a`: a `:` is missing after this key"],
            "",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            &["yaml/syntax 3:2 `c: 2`: expected a key of the lines above"],
            "",
        ),
        (
            "a: 1\n- b\n",
            &["yaml/syntax 2:1 `- b`: a list item instead of a key"],
            "",
        ),
        (
            "- a\nb: 1\n",
            &["yaml/syntax 2:1 `b: 1`: expected a list item of the lines above"],
            "",
        ),
        (
            "- a\n-b\n",
            &["yaml/syntax 2:1 `-b`: a `:` is missing after this key"],
            "",
        ),
        (
            "a: {{ x }}y\n",
            &[
                "yaml/key-type 1:5 `{ x }`: the key `{ x }` is a map, not a string",
                "yaml/syntax 1:11 `y`: text after the end of the value",
            ],
            "",
        ),
        (
            "a: \"x\" y # c\n",
            &["yaml/syntax 1:8 `y`: text after the closing quote"],
            "",
        ),
        (
            "a: \"x\nb: 1\nc: 2\n",
            &["yaml/syntax 1:4 `\"`, 2:1 `b: 1`: a quote that is never closed"],
            "",
        ),
        (
            "a: [1, \"x]\nb: 2\n",
            &["yaml/syntax 1:8 `\"`: a quote that is never closed"],
            "",
        ),
        (
            "a: 'x\n\n",
            &["yaml/syntax 1:4 `'`, 1:6 ``: a quote that is never closed"],
            "",
        ),
        (
            "a: [1, 2\n",
            &["yaml/syntax 1:4 `[`: a bracket that is never closed"],
            "",
        ),
        (
            "a: {b: 1\n",
            &["yaml/syntax 1:4 `{`: a bracket that is never closed"],
            "",
        ),
        (
            "a: [1, 2\nb: 3\n",
            &["yaml/syntax 2:2 `:`, 1:4 `[`: a `:` is not allowed here inside brackets"],
            "",
        ),
        (
            "a: [1}\n",
            &["yaml/syntax 1:4 `[`: `[` is closed by `}`"],
            "",
        ),
        (
            "a: ]\n",
            &["yaml/syntax 1:4 `]`: a closing bracket without an opening one"],
            "",
        ),
        (
            "a: 1\n\tb: 2\n",
            &["yaml/syntax 2:1 `\t`: a tab cannot be used to indent"],
            "",
        ),
        (
            "a:\n\tb: 2\n",
            &["yaml/syntax 2:1 `\t`: a tab cannot be used to indent"],
            "",
        ),
        (
            "a:\n  b:\n  \t\tc: 2\n",
            &["yaml/syntax 3:3 `\t\t`: a tab cannot be used to indent"],
            "",
        ),
        (
            "a: \"é\\q\"\n",
            &["yaml/syntax 1:6 `\\q`: an unknown escape in double quotes"],
            "",
        ),
        (
            "a: \"\\n\\u12\"\n",
            &["yaml/syntax 1:7 `\\u`: an unknown escape in double quotes"],
            "",
        ),
        (
            "\"\\ud800\"\n",
            &["yaml/syntax 1:2 `\\ud800`: an unknown escape in double quotes"],
            "",
        ),
        (
            "a: @x\n",
            &["yaml/syntax 1:4 `@`: a string cannot begin with `@`"],
            "",
        ),
        (
            "a: `x`\n",
            &["yaml/syntax 1:4 ```: a string cannot begin with ```"],
            "",
        ),
        (
            "a: %x\n",
            &["yaml/syntax 1:4 `%`: a string cannot begin with `%`"],
            "",
        ),
        (
            "a: *\n",
            &["yaml/syntax 1:4 `*`: a name is missing after `*` or `&`"],
            "",
        ),
        (
            "a: !x!y z\n",
            &["yaml/syntax 1:4 `!x!y z`: a tag whose prefix is not declared"],
            "",
        ),
        (
            "a: - b\n",
            &["yaml/syntax 1:4 `-`: a list item cannot begin here"],
            "",
        ),
        (
            "a: > b\n  c\n",
            &["yaml/syntax 1:4 `> b`: text after the `|` or `>` of a block"],
            "",
        ),
        (
            "a: x # c\n  y\n",
            &["yaml/syntax 1:6 `# c`: a comment that is not allowed here"],
            "",
        ),
        (
            "%TAG\na: 1\n",
            &["yaml/syntax 1:1 `%TAG`: a line that begins with `%` cannot be parsed"],
            "",
        ),
        (
            "%x\na: 1\n",
            &[
                "yaml/syntax 2:1 `a: 1`: a `---` line is missing after the lines that begin with `%`",
            ],
            "",
        ),
        (
            "{a: 1} b\n",
            &["yaml/syntax 1:8 `b`: text after the end of the value"],
            "{a: 1}",
        ),
        (
            "a: 1\n... b\n",
            &["yaml/syntax 2:5 `b`: text after the `...` that ends the document"],
            "",
        ),
        (
            "a: 1\n\u{feff}b: 2\n",
            &["yaml/syntax 2:1 `\u{feff}`: a byte order mark inside the text"],
            "",
        ),
        (
            "a: 1\0b\n",
            &["yaml/syntax 1:5 `\0`: the character U+0000 is not allowed"],
            "",
        ),
        (
            "# \u{8}\na: 1\n",
            &["yaml/syntax 1:3 `\u{8}`: the character U+0008 is not allowed"],
            "",
        ),
        (
            "a: |\n  x\u{1b}\n",
            &["yaml/syntax 2:4 `\u{1b}`: the character U+001B is not allowed"],
            "",
        ),
        (
            "\"\0\"",
            &["yaml/syntax 1:2 `\0`: the character U+0000 is not allowed"],
            "",
        ),
        (
            "\0",
            &["yaml/syntax 1:1 `\0`: the character U+0000 is not allowed"],
            "",
        ),
    ]);
}

#[test]
fn a_placeholder_in_brackets_asks_for_quotes() {
    let message = "a placeholder inside brackets needs quotes";
    let table = [
        ("x: {x: ${y.z}}\n", "${y.z}", true),
        ("x: [a, ${y.z}-b , c]\n", "${y.z}-b", true),
        ("x: [tcp://${a}:${b}]\n", "tcp://${a}:${b}", true),
        ("x: [a, ${c} \\n]\n", "${c} \\n", false),
    ];
    for (text, place, mended) in table {
        let (sources, parsed) = read(text);
        let [finding] = &parsed.diagnostics[..] else {
            panic!("{text}: {:?}", parsed.diagnostics);
        };
        assert_eq!(finding.message, message, "{text}");
        assert_eq!(sources.slice(finding.span().unwrap()), place);
        assert_eq!(finding.fix.is_some(), mended, "{text}");
        if let Some(fix) = &finding.fix {
            let mut text = text.to_owned();
            text.replace_range(fix.span.range(), &fix.replacement);
            assert_eq!(read(&text).1.diagnostics, [], "{text}");
        }
    }
}

#[test]
fn reading_goes_on_with_the_next_document() {
    check(&[
        (
            "a: 1\n---\nb: [\n---\nc: 3\n",
            &["yaml/syntax 3:4 `[`: a bracket that is never closed"],
            "{a: 1} --- {c: 3}",
        ),
        (
            "a: 'x\n---\nb: : 1\n--- # c\nc: 3\r\n---\r\nd: 4",
            &[
                "yaml/syntax 1:4 `'`, 2:1 `---`: a quote that is never closed",
                "yaml/syntax 3:4 `:`: a second `:` in this line",
            ],
            "{c: 3} --- {d: 4}",
        ),
        (
            "--- [\n--- ]\n---x: 1\n--- a",
            &[
                "yaml/syntax 1:5 `[`: a bracket that is never closed",
                "yaml/syntax 2:5 `]`: a closing bracket without an opening one",
            ],
            "\"a\"",
        ),
        (
            "a: \u{1}\n---\nb: &x 1\n---\nc: *x",
            &[
                "yaml/syntax 1:4 `\u{1}`: the character U+0001 is not allowed",
                "yaml/syntax 5:4 `*x`: there is no anchor `x` before this alias",
            ],
            "{b: 1} --- {c: ~}",
        ),
    ]);
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let mut sources = Sources::new();
    let id = sources.add("x", b"a: 1\nb: \xff\xfe\n".to_vec());
    let parsed = parse(&sources, id);
    assert_eq!(parsed.documents, []);
    assert_eq!(
        findings(&sources, &parsed),
        ["yaml/not-utf8 2:4 `?`: the text is not UTF-8"]
    );
}

#[test]
fn a_piece_of_a_text_is_read_with_places_in_the_whole() {
    let table: &[(&str, &str, &[&str])] = &[
        ("a.b=5", "5", &[]),
        ("a.b=", "", &[]),
        ("a.b=~", "~", &[]),
        ("é=[ä, {b: ö}]", "[\"ä\", {b: \"ö\"}]", &[]),
        ("a=x: y", "{x: \"y\"}", &[]),
        ("a=- 1\n- 2", "[1, 2]", &[]),
        ("a=|\n  x\n", "\"x\\n\"", &[]),
        (
            "a=b: c: d",
            "",
            &["yaml/syntax 1:7 `:`: a second `:` in this line"],
        ),
        (
            "a=x\n--- y",
            "\"x\"",
            &["yaml/syntax 2:5 `y`: more than one value"],
        ),
        (
            "a=[",
            "",
            &["yaml/syntax 1:3 `[`: a bracket that is never closed"],
        ),
    ];
    for (text, expected, found) in table {
        let mut sources = Sources::new();
        let id = sources.add("--set", *text);
        let start = text.find('=').unwrap() + 1;
        let (value, diagnostics) = parse_value(&sources, Span::new(id, start, text.len()));
        assert_eq!(
            value.as_ref().map_or(String::new(), show),
            *expected,
            "{text}"
        );
        let actual: Vec<_> = diagnostics
            .iter()
            .map(|one| finding(&sources, one))
            .collect();
        assert_eq!(actual, *found, "{text}");
        if let Some(value) = value {
            check_node(text, &value);
            assert!(value.span.start as usize >= start);
        }
    }
    let mut sources = Sources::new();
    let id = sources.add("--set", "a=[1, 2],b=3");
    let (value, diagnostics) = parse_value(&sources, Span::new(id, 2, 8));
    assert_eq!(diagnostics, []);
    assert_eq!(sources.slice(value.unwrap().items()[1].span), "2");
    assert_eq!(parse_value(&sources, Span::new(id, 5, 500)), (None, vec![]));
}

/// The only diagnostic of `text`.
fn only(text: &str) -> Diagnostic {
    let (_, parsed) = read(text);
    let [finding] = &parsed.diagnostics[..] else {
        panic!("{:?}", parsed.diagnostics);
    };
    finding.clone()
}

#[test]
fn nesting_has_a_limit() {
    let deep = |level: &str, n: usize| level.repeat(n);
    for level in [
        "- ", "[", "{", "[{", "? ", "{a: ", "[a: ", "!!seq [", "&a [", "? - ",
    ] {
        let finding = only(&deep(level, 200_000));
        assert_eq!(finding.code.name(), "yaml/limit", "{level}");
    }
    let lines: String = (0..2_000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    assert_eq!(only(&lines).code.name(), "yaml/limit");
    let (sources, parsed) = read(&format!("{}\n---\na: 1", deep("- ", 200_000)));
    assert_eq!(findings(&sources, &parsed).len(), 1);
    assert_eq!(show_all(&parsed), "{a: 1}");

    let (_, parsed) = read(&format!("{}{}", deep("[", 128), deep("]", 128)));
    assert_eq!((parsed.documents.len(), parsed.diagnostics.len()), (1, 0));
    assert_eq!(
        only(&format!("{}{}", deep("[", 129), deep("]", 129)))
            .span()
            .unwrap()
            .start,
        128
    );

    let chain: String = (1..500)
        .map(|n| format!("- &a{n} [*a{}]\n", n - 1))
        .collect();
    assert_eq!(
        only(&format!("- &a0 []\n{chain}")).code.name(),
        "yaml/limit"
    );
}

#[test]
fn expansion_has_a_limit() {
    let mut doubling = String::from("- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..10 {
        let aliases = vec![format!("*a{}", n - 1); 10].join(", ");
        writeln!(doubling, "- &a{n} [{aliases}]").unwrap();
    }
    let text = "x".repeat(1_000_000);
    let long = format!("- &a {text}\n{}", "- *a\n".repeat(10_000));
    let merges = format!(
        "a: &a {{{}}}\n{}",
        (0..1_000).map(|n| format!("k{n}: 1, ")).collect::<String>(),
        (0..5_000)
            .map(|n| format!("m{n}: {{<<: *a}}\n"))
            .collect::<String>()
    );
    let documents = format!(
        "a: &a [{}]\nb: [{}]\n---\n",
        "x, ".repeat(1_000),
        "*a, ".repeat(50)
    )
    .repeat(100);
    let anchors = format!(
        "{}{}{}",
        "[&a ".repeat(100),
        "x, ".repeat(30_000),
        "]".repeat(100)
    );
    for bomb in [doubling, long, merges, documents, anchors] {
        let finding = only(&bomb);
        assert_eq!(finding.code.name(), "yaml/limit");
        assert!(finding.message.contains("expand"), "{}", finding.message);
    }
    let fair = format!(
        "a: &a [{}]\nb: [{}]\n",
        "x, ".repeat(100),
        "*a, ".repeat(500)
    );
    assert_eq!(read(&fair).1.diagnostics, []);
}

#[test]
fn size_and_number_of_findings_have_limits() {
    assert_eq!(only(&"#".repeat(10_000_001)).code.name(), "yaml/limit");
    for text in [
        "a: [\n---\n",
        "a: 1\na: 1\n",
        "- *x\n",
        "- !x y\n",
        "1: 2\n---\n",
    ] {
        let (_, parsed) = read(&text.repeat(5_000));
        assert_eq!(parsed.diagnostics.len(), 1_001, "{text}");
        assert_eq!(parsed.diagnostics[1_000].code.name(), "yaml/limit");
    }
}

#[test]
fn no_text_does_harm() {
    let samples = [
        RICH,
        "a: &a {b: [1, 'x', \"\\u00e9\\n\"], ? c : d}\n<<: *a\n--- !t |2-\n   x\n...\n%YAML 1.2\n---\n- ? a\n  : >\n    ü\n\n- \t[{a: *b}, ${x}]\n",
        "\u{feff}# ä\r\n\"k\": 'v''v'\r\n\r\n? |\r\n  x\r\n: - - \"a\r\n   b\"\r\n  -\t1\r\n",
        "a: b\n?\n- \n:\n- \n? &k !!seq # ü\n- - \n: - \n?\n- é\n",
    ];
    let inserts = [
        "\0", "\t", "'", "\"", "[", "{", "}", "]", ":", ": ", "- ", "?", "&", "*", "!", "|", ">",
        "#", "%", "\u{feff}", "\u{85}", "\r", "\n", "---\n", "...", "é", "\\", "<<: ", ",", "${",
    ];
    for sample in samples {
        for (at, _) in sample.char_indices() {
            let (head, tail) = sample.split_at(at);
            read(head);
            read(tail);
            // Each position gets a few of the insertions, so that all of them are tried often in
            // total.
            for insert in inserts.iter().skip(at % 5).step_by(5) {
                read(&format!("{head}{insert}{tail}"));
                read(&format!("{head}{insert}"));
            }
            let mut sources = Sources::new();
            let id = sources.add("x", sample);
            parse_value(&sources, Span::new(id, at, sample.len()));
            parse_value(&sources, Span::new(id, 0, at));
            parse_value(&sources, Span::new(id, at.saturating_sub(3), at + 7));
        }
    }
    for piece in [
        "\"", "'", "|", ">", "? ", ": ", "%", "!", "&a ", "*a ", "---\n", "...\n", "a:\n", "\t",
        "\r", "[,", "{,", "\"\\", "${",
    ] {
        read(&piece.repeat(20_000));
    }
}
