//! Every example compiles for every target, and nothing is to be said against it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on fails"
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod sandbox;

use std::path::Path;

use sandbox::{Sandbox, entries};

const TARGETS: [&str; 2] = ["compose", "kubernetes"];

#[test]
fn examples_compile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    if !root.is_dir() {
        // A published package has no examples.
        return;
    }
    let mut count = 0;
    for (name, folder) in entries(&root) {
        if !folder.is_dir() {
            continue;
        }
        for target in TARGETS {
            let sandbox = Sandbox::new("project").with_copy(&folder, &[]);
            let arguments = ["generate", "-t", target, "-o", "out.yaml"].map(str::to_owned);
            let outcome = sandbox.run(&arguments, b"");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            let fine = outcome.exit == 0
                && !stderr.contains("error")
                && !stderr.contains("warning")
                && sandbox.files().contains_key("out.yaml");
            assert!(
                fine,
                "{} for {target}: exit code {}\n{stderr}",
                name.display(),
                outcome.exit
            );
            count += 1;
        }
    }
    assert!(count > 0);
}
