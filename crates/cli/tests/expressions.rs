//! Expressions and placeholders that multiply text cannot exhaust the memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use sandbox::Sandbox;

/// The maximum memory of the command in KiB, and its time limit, without optimization.
const MEMORY: usize = 1_500_000;
const LONGEST: Duration = Duration::from_mins(2);

const SPEC: &str = "\
apiVersion: score.dev/v1b1
metadata: {name: web}
containers:
  main:
    image: nginx:1
    variables:
      A: ${resources.thing.x}
resources:
  thing: {type: thing}
";

const PROVISIONER: &str = "\
apiVersion: score-rs/v1
kind: Provisioner
type: thing
params: {additionalProperties: true}
outputs: {properties: {x: {}}}
values:
";

/// Validates with limited memory, and returns the exit code and the output.
fn validate(name: &str, spec: &str, provisioner: &str) -> (i32, String) {
    let sandbox = Sandbox::new("project");
    fs::write(sandbox.folder().join("score.yaml"), spec).unwrap();
    fs::write(sandbox.folder().join("thing.yaml"), provisioner).unwrap();
    let start = Instant::now();
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v {MEMORY}; exec {} validate --target kubernetes --provisioners thing.yaml",
            sandbox::binary()
        ))
        .current_dir(sandbox.folder())
        .env_clear()
        .env("COLUMNS", "1000")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown: String = said.chars().take(500).collect();
    assert!(start.elapsed() < LONGEST, "{name}: {:?}", start.elapsed());
    let code = output.status.code();
    let code = code.unwrap_or_else(|| panic!("{name} was ended by a signal: {shown}"));
    assert!(!said.contains("panicked"), "{name}: {shown}");
    (code, said)
}

#[test]
fn provisioners_cannot_multiply_without_end() {
    let many = |count: usize, line: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "  {}", line(number));
            text
        })
    };
    let long = |length: usize| format!("  long: '{}'\n", "n".repeat(length));
    for (name, values, expected) in [
        (
            "many expressions",
            format!("  a: b\n  x: '{}'\n", "{{a}}".repeat(1_900_000)),
            "more than 10000 expressions",
        ),
        (
            "escaped expressions",
            format!("  a: b\n  x: \"{}\"\n", "\\x7b{a}}".repeat(1_000_000)),
            "more than 10000 expressions",
        ),
        (
            "broken expressions",
            format!("  x: '{}'\n", "{{ ( }}".repeat(1_000_000)),
            "more than 10000 expressions",
        ),
        (
            "open expressions",
            format!("  x: '{}'\n", "{{".repeat(4_900_000)),
            "more than 10000 expressions",
        ),
        (
            "a long expression",
            format!("  x: '{{{{ {} }}}}'\n", "(".repeat(9_000_000)),
            "more than 2000 bytes",
        ),
        (
            "lists of lists",
            "  l0: [1]\n".to_owned()
                + &many(12, &|n| {
                    format!(
                        "l{}: '{{{{ [{}] }}}}'",
                        n + 1,
                        vec![format!("l{n}"); 100].join(",")
                    )
                })
                + "  x: y\n",
            "the results of expressions exceed 128 MiB",
        ),
        (
            "texts of texts",
            "  l0: n\n".to_owned()
                + &many(12, &|n| {
                    format!("l{}: '{}'", n + 1, format!("{{{{l{n}}}}}").repeat(90))
                })
                + "  x: y\n",
            "the results of expressions exceed 128 MiB",
        ),
        (
            "a deep value",
            "  v0: 1\n".to_owned()
                + &many(50, &|n| {
                    format!(
                        "v{}: '{{{{ {}v{n}{} }}}}'",
                        n + 1,
                        "[".repeat(50),
                        "]".repeat(50)
                    )
                })
                + "  x: y\n",
            "the value is nested too deeply",
        ),
        (
            "copies of a long text",
            long(5_000_000) + &many(9_000, &|n| format!("v{n}: '{{{{ long }}}}'")) + "  x: y\n",
            "the results of expressions exceed 128 MiB",
        ),
        (
            "repeated text",
            "  x: \"{{ 'x' * 100000000 }}\"\n".to_owned(),
            "expressions have no `*`",
        ),
    ] {
        let (code, said) = validate(name, SPEC, &format!("{PROVISIONER}{values}"));
        let shown: String = said.chars().take(1_000).collect();
        assert_eq!(code, 1, "{name}: {shown}");
        assert!(said.contains(expected), "{name}: {shown}");
    }
}

#[test]
fn placeholders_cannot_multiply_without_end() {
    let provisioner = format!("{PROVISIONER}  x: '{{{{ params.long }}}}'\n");
    let long = "n".repeat(4_000_000);
    let spec = |metadata: &str, params: &str, text: &str| {
        format!(
            "apiVersion: score.dev/v1b1\nmetadata: {{name: web{metadata}}}\ncontainers:\n  main:\n    image: nginx:1\n    variables:\n      A: '{text}'\nresources:\n  thing: {{type: thing, params: {{{params}}}}}\n"
        )
    };
    for (name, spec) in [
        (
            "metadata",
            spec(
                &format!(", note: {long}"),
                "long: a",
                &"${metadata.note}${resources.thing.x}".repeat(49_000),
            ),
        ),
        (
            "outputs",
            spec(
                "",
                &format!("long: {long}"),
                &"${resources.thing.x}".repeat(90_000),
            ),
        ),
        (
            "params",
            spec(
                &format!(", note: {long}"),
                &format!("long: '{}'", "${metadata.note}".repeat(90_000)),
                "${resources.thing.x}",
            ),
        ),
    ] {
        let (code, said) = validate(name, &spec, &provisioner);
        let shown: String = said.chars().take(1_000).collect();
        assert_eq!(code, 1, "{name}: {shown}");
        assert!(
            said.contains("placeholders expand to more than 128 MiB"),
            "{name}: {shown}"
        );
        assert_eq!(said.matches("expand to more").count(), 1, "{name}: {shown}");
    }
}
