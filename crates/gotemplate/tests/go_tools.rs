//! Compares renderings with those of score-compose and score-k8s. The data is not part of this
//! repository; `SCORE_GO_TOOLS` is the path of its folder. Without it, the test is skipped.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "the data is a file on the disk, and a variable names its folder"
)]

use std::path::Path;

use serde_json::Value as Json;

#[path = "../examples/batch.rs"]
#[allow(dead_code, reason = "the main function of the example")]
mod batch;

/// Cases that fail on purpose, by the name of the function that is not supported.
const EXCEPTIONS: [(&str, &[&str]); 3] = [
    // The same input must give the same output at any time.
    (
        "current time",
        &[
            "date-07",
            "date-33",
            "random-shape-19",
            "random-shape-20",
            "random-shape-21",
        ],
    ),
    // A certificate is valid from the current time.
    (
        "certificates",
        &["random-shape-13", "random-shape-14", "random-shape-15"],
    ),
    // The rules of time zones change, and no crate has those of the machine.
    ("time zones", &["date-09"]),
];

#[test]
fn renderings_are_those_of_the_go_tools() {
    let Ok(folder) = std::env::var("SCORE_GO_TOOLS") else {
        println!("skipped: SCORE_GO_TOOLS does not name the folder with the data of the Go tools");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&folder).join("gotemplate-cases.jsonl")).unwrap();
    let mut problems = Vec::new();
    let (mut count, mut exceptions) = (0, 0);
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let result = batch::render(&case);
        count += 1;
        if let Some((reason, _)) = EXCEPTIONS.iter().find(|(_, names)| names.contains(&name)) {
            exceptions += 1;
            let message = result.unwrap_err().message;
            assert!(message.contains(reason), "{name}: {message}");
            continue;
        }
        let is_expected = match (&result, case["output"].as_str()) {
            (Ok(output), Some(expected)) => output == expected,
            (Err(_), None) => true,
            _ => false,
        };
        if !is_expected {
            let expected = &case["output"];
            problems.push(format!("{name}: expected {expected}, found {result:?}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(
        count > 2000 && exceptions * 100 < count,
        "{exceptions} of {count}"
    );
}
