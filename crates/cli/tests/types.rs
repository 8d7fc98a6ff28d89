//! Each built-in resource type has a case of its own, which renders it for every target, and the
//! example of the fields of provisioners is one that a case compiles.
#![allow(clippy::disallowed_methods, reason = "cases are folders on the disk")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use score_compiler::TARGETS;

#[test]
fn every_type_has_a_case_for_every_target() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/resources");
    for (kind, _) in score_provisioners::BUILTIN {
        let commands = std::fs::read_to_string(cases.join(kind).join("cmd"));
        let commands = commands.unwrap_or_else(|_| panic!("`{kind}` has no case"));
        for target in &TARGETS {
            let generates = format!("generate -t {}", target.name);
            assert!(
                commands.lines().any(|line| line.starts_with(&generates)),
                "`{kind}` is not rendered for {}",
                target.name
            );
        }
    }
}

#[test]
fn the_example_of_the_fields_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let example = read("tests/cases/provisioners/every-field/search.yaml");
    assert!(read("docs/provisioners.md").contains(&format!("```yaml\n{example}```\n")));
}
