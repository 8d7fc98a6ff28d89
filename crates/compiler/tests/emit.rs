//! YAML output of trees. The expected text was verified with `PyYAML` and with yaml.v2 and yaml.v3
//! of Go; here it is only compared.

use std::sync::Arc;

use score_compiler::ir::{Sealed, Secret, SecretSource, Tree};
use score_compiler::{Text, yaml};
use score_spec::Value;

fn emitted(tree: &Tree<Sealed>) -> Text<Sealed> {
    let mut out = Text::new();
    yaml::emit(tree, &mut out);
    out
}

/// Compares the YAML of a tree, which is given as JSON.
fn check(json: &str, expected: &str) {
    let tree = Value::from_json(serde_json::from_str(json).unwrap_or_default())
        .map_text(&mut |text| Text::from(text.as_str()));
    assert_eq!(emitted(&tree).as_plain(), Some(expected), "for {json}");
}

/// Compares the YAML of a string with a secret for each `@`, with the key `k`.
fn check_secret(text: &str, expected: &str) {
    let secret = Arc::new(Secret {
        resource: "redis.default#cache".to_owned(),
        object: "redis-cache".to_owned(),
        name: "password".to_owned(),
        source: SecretSource::Derived {
            length: 8,
            alphabet: "a".to_owned(),
            rotation: 0,
        },
    });
    let sealed = |text: &str| {
        let mut sealed = Text::new();
        for (index, part) in text.split('@').enumerate() {
            if index > 0 {
                sealed.push_ref(Arc::clone(&secret));
            }
            sealed.push_str(part);
        }
        sealed
    };
    let tree = Tree::from_iter([("k".to_owned(), Tree::Text(sealed(text)))]);
    assert_eq!(emitted(&tree), sealed(expected), "for {text:?}");
}

#[test]
fn plain_strings() {
    for text in [
        "a",
        "nginx:1-alpine",
        "/bin/sh",
        "_x",
        "$HOME",
        "${A}",
        "a b",
        "a#b",
        "a:b",
        "http://a:80/",
        "yesterday",
        "Null0",
        "a, b",
        "a[0]",
        "a{}",
        "it's",
        "say \"x\"",
        "a\\b",
        "a%",
        "a-",
        "x=y",
        "nothing",
        "e1",
        "a !b &c *d",
    ] {
        let json = serde_json::Value::from(text).to_string();
        check(&json, &format!("{text}\n"));
    }
}

#[test]
fn strings_that_some_reader_takes_for_something_else() {
    for text in [
        "",
        " ",
        "y",
        "N",
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "False",
        "null",
        "NULL",
        "None",
        "nan",
        "NaN",
        "inf",
        "Infinity",
        "~",
        "<<",
        "=",
        "-",
        "--",
        "---",
        "...",
        "- a",
        "? a",
        "a: b",
        "a:",
        "a #b",
        "#a",
        " a",
        "a ",
        "0",
        "010",
        "1_000",
        "0x1f",
        "0b1",
        "1e3",
        "1.5",
        ".5",
        "+1",
        "-1",
        ".inf",
        "-.inf",
        ".NaN",
        "2024-01-01",
        "1:30",
        "190:20:30",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "`a",
        "{a}",
        "[a]",
        ", a",
        "|",
        ">",
        "'a'",
        "{",
        "}",
        "]",
        ",",
        ":",
        ": a",
        "(a)",
        "a: ",
        "12e03",
        "0o7",
    ] {
        let json = serde_json::Value::from(text).to_string();
        check(&json, &format!("\"{text}\"\n"));
    }
}

#[test]
fn escapes() {
    check(r#""\"a\"""#, "\"\\\"a\\\"\"\n");
    check(r#""-\\""#, "\"-\\\\\"\n");
    check(r#""a\tb""#, "\"a\\tb\"\n");
    check(r#""a\r\nb""#, "\"a\\r\\nb\"\n");
    check(
        r#""\u0000\u0007\u007f\u0085\u00a0""#,
        "\"\\u0000\\u0007\\u007F\\u0085\u{a0}\"\n",
    );
    check(
        r#""\u2028\u2029\ufeff\uffff""#,
        "\"\\u2028\\u2029\\uFEFF\\uFFFF\"\n",
    );
    check(r#""grüße 🦀""#, "\"grüße 🦀\"\n");
}

#[test]
fn texts_of_several_lines() {
    check(r#"{"k":"a\nb"}"#, "k: |-\n  a\n  b\n");
    check(r#"{"k":"a\nb\n","l":1}"#, "k: |\n  a\n  b\nl: 1\n");
    check(r#"{"k":"a\n\n\n","l":1}"#, "k: |+\n  a\n\n\nl: 1\n");
    check(
        r#"{"k":"\n\na\n  b\n\n\tc"}"#,
        "k: |-\n\n\n  a\n    b\n\n  \tc\n",
    );
    check(r#"["a\nb",["c\n"]]"#, "- |-\n  a\n  b\n- - |\n    c\n");
    check(r##""# a\n---\n""##, "|\n  # a\n  ---\n");
    for text in [
        "\n",
        "\n\n",
        " a\nb",
        "\n a\nb",
        "\ta\nb",
        "a\r\nb",
        "a\u{7}\nb",
        "\u{feff}a\nb",
    ] {
        let tree = Tree::Text(text.into());
        let written = emitted(&tree);
        assert!(
            written.as_plain().is_some_and(|text| text.starts_with('"')),
            "{written:?}"
        );
    }
}

#[test]
fn collections() {
    check("{}", "{}\n");
    check("[]", "[]\n");
    check(
        r#"{"a":{},"b":[],"c":null,"d":true,"e":false}"#,
        "a: {}\nb: []\nc: null\nd: true\ne: false\n",
    );
    check(
        r#"{"a":{"b":["c",{"d":1,"e":[2]},["f",["g"]],{}]}}"#,
        "a:\n  b:\n    - c\n    - d: 1\n      e:\n        - 2\n    - - f\n      - - g\n    - {}\n",
    );
    check(
        r#"{"yes":1,"":2,"<<":3,"a b":4,"a\nb":5,"2":6}"#,
        "\"yes\": 1\n\"\": 2\n\"<<\": 3\na b: 4\n\"a\\nb\": 5\n\"2\": 6\n",
    );
    let key = "k".repeat(200);
    check(
        &format!(r#"[{{"{key}":{{"a":1}}}}]"#),
        &format!("- ? \"{key}\"\n  :\n    a: 1\n"),
    );
}

#[test]
fn numbers() {
    check(
        "[0,-1,1.5,18446744073709551615]",
        "- 0\n- -1\n- 1.5\n- 18446744073709551615\n",
    );
    check("[1e30,1.5e300,2e-9]", "- 1.0e+30\n- 1.5e+300\n- 2.0e-9\n");
}

#[test]
fn secrets_stay_sealed() {
    check_secret("@", "k: \"@\"\n");
    check_secret("redis://:@:1/", "k: \"redis://:@:1/\"\n");
    check_secret("\"@\\", "k: \"\\\"@\\\\\"\n");
    check_secret("requirepass @\n", "k: |\n  requirepass @\n");
    check_secret("@\na\n@", "k: |-\n  @\n  a\n  @\n");
    check_secret("a\n@\n\n", "k: |+\n  a\n  @\n\n");
    check_secret("a\n@\n", "k: |\n  a\n  @\n");
}

#[test]
fn documents() {
    let mut out: Text<Sealed> = Text::new();
    yaml::emit_all(&[Tree::Null, Tree::from_iter([])], &mut out);
    assert_eq!(out.as_plain(), Some("null\n---\n{}\n"));
}

#[test]
fn long_lines_are_not_folded() {
    let text = "word ".repeat(400) + "end";
    check(&format!("{{\"k\":\"{text}\"}}"), &format!("k: {text}\n"));
}
