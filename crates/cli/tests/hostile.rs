//! No Score file crashes the command, however large, deep or unusual it is, and none requires
//! quadratic time.
//!
//! `benches/hostile` measures time and memory of each with a release build.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails"
)]

#[path = "hostile/inputs.rs"]
mod inputs;
#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use inputs::Input;
use sandbox::{Outcome, Sandbox};
use serde_json::Value;

/// Far more than any input takes, even without optimization on a slow machine, and far less than
/// quadratic work would take.
const LONGEST: Duration = Duration::from_mins(1);

/// The maximum size of the output for any input.
const MOST_PRINTED: usize = 4_000_000;

const FORMATS: [&str; 4] = ["json", "sarif", "github", "junit"];

#[test]
fn large() {
    check(&inputs::large());
}

#[test]
fn deep() {
    check(&inputs::deep());
}

#[test]
fn aliases() {
    check(&inputs::aliases());
}

#[test]
fn odd() {
    check(&inputs::odd());
}

#[test]
fn many_findings() {
    check(&inputs::findings());
}

#[test]
fn many_parts() {
    check(&inputs::parts());
}

/// Validates each input in the human-readable format and in one machine-readable format.
fn check(inputs: &[Input]) {
    let sandbox = Sandbox::new("project");
    for (at, input) in inputs.iter().enumerate() {
        fs::write(sandbox.folder().join("score.yaml"), &input.text).unwrap();
        let format = FORMATS[at % FORMATS.len()];
        let outcome = validate(&sandbox, input, &["--target", "compose"]);
        // Errors must be reported; warnings are optional.
        assert!(
            input.exit == 0 || !outcome.stderr.is_empty(),
            "{}",
            input.name
        );
        let outcome = validate(&sandbox, input, &["--format", format]);
        if format == "json" {
            let report: Value = serde_json::from_slice(&outcome.stdout).unwrap();
            let errors = report["summary"]["errors"].as_u64().unwrap();
            assert_eq!(errors > 0, input.exit == 1, "{}", input.name);
        }
    }
}

fn validate(sandbox: &Sandbox, input: &Input, options: &[&str]) -> Outcome {
    let command = [&["validate"], options, &["score.yaml"]].concat();
    let command: Vec<String> = command.into_iter().map(str::to_owned).collect();
    let start = Instant::now();
    let outcome = sandbox.run(&command, b"");
    let (name, took) = (input.name, start.elapsed());
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let shown: String = stderr.chars().take(500).collect();
    assert!(!stderr.contains("panicked"), "{name}: {shown}");
    assert_eq!(outcome.exit, input.exit, "{name} {options:?}: {shown}");
    assert!(took < LONGEST, "{name} {options:?}: {took:?}");
    let printed = outcome.stdout.len() + outcome.stderr.len();
    assert!(
        printed < MOST_PRINTED,
        "{name} {options:?}: {printed} bytes"
    );
    outcome
}

/// Writes all inputs to the folder in `HOSTILE_DIR`, for `benches/hostile`.
#[test]
#[ignore = "writes half a gigabyte"]
fn write_inputs() {
    let Some(folder) = std::env::var_os("HOSTILE_DIR") else {
        return;
    };
    let sets = [
        ("large", inputs::large()),
        ("deep", inputs::deep()),
        ("aliases", inputs::aliases()),
        ("odd", inputs::odd()),
        ("findings", inputs::findings()),
        ("parts", inputs::parts()),
    ];
    for (set, inputs) in sets {
        for input in inputs {
            let name = input.name.replace([' ', ','], "-");
            let file = format!("{set}_{name}_{}.yaml", input.exit);
            fs::write(Path::new(&folder).join(file), input.text).unwrap();
        }
    }
}
