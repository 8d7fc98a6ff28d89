//! Pairs of outputs with the changes that are found. `UPDATE=1` writes the expected changes.
#![allow(clippy::disallowed_methods, reason = "cases are files on the disk")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use score_impact::{Changes, Class, Object, RULES, Rendering, compare};
use score_spec::{Sources, parse};

/// The mark before the name of a case, and before its parts.
const CASE: &str = "### ";
const BEFORE: &str = "## before\n";
const AFTER: &str = "## after\n";
const CHANGES: &str = "## changes\n";

/// A case of a file.
struct Case {
    name: String,
    before: String,
    after: String,
    expected: String,
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    files
}

fn cases(text: &str) -> Vec<Case> {
    let case = |text: &str| {
        let (name, text) = text.split_once('\n').unwrap();
        let (_, text) = text.split_once(BEFORE).unwrap();
        let (before, text) = text.split_once(AFTER).unwrap();
        let (after, expected) = text.split_once(CHANGES).unwrap_or((text, ""));
        Case {
            name: name.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            expected: expected.to_owned(),
        }
    };
    let text = format!("\n{text}");
    text.split(&format!("\n{CASE}"))
        .skip(1)
        .map(|it| case(&format!("{it}\n")))
        .collect()
}

fn rendering(text: &str) -> Rendering<'static> {
    let mut sources = Sources::new();
    let id = sources.add("objects.yaml", text);
    let parsed = parse(&sources, id);
    assert!(parsed.diagnostics.is_empty(), "{text}");
    let documents = parsed.documents.iter();
    let objects = documents.filter_map(Object::read);
    Rendering::new(objects.flatten())
}

/// The changes as lines.
fn written(changes: &Changes) -> String {
    let mut text = String::new();
    for change in &changes.changes {
        let (class, action) = (change.class.name(), change.action.name());
        let _ = write!(text, "{class} {action} {}", change.subject);
        if change.effect != change.class {
            let _ = write!(text, " ({})", change.effect.name());
        }
        if !change.path.is_empty() {
            let _ = write!(text, " {}", change.path);
        }
        if change.before.is_some() || change.after.is_some() {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let _ = write!(
                text,
                ": {} -> {}",
                shown(&change.before),
                shown(&change.after)
            );
        }
        let _ = write!(text, "\n    {}", change.reason);
        if let Some(rule) = change.rule {
            let _ = write!(text, " [{}]", rule.id);
        }
        if let Some(advice) = &change.advice {
            let _ = write!(text, "\n    help: {advice}");
        }
        text.push('\n');
    }
    for rename in &changes.renames {
        let _ = writeln!(
            text,
            "rename {} -> {} ({} %)",
            rename.from, rename.to, rename.share
        );
        for keep in &rename.keeps {
            let name = keep.resource.as_deref().unwrap_or("-");
            let _ = writeln!(text, "    {name}: id {} keeps {}", keep.id, keep.from);
        }
    }
    text
}

#[test]
fn changes_are_as_expected() {
    let mut problems = String::new();
    for file in files() {
        let mut updated = String::new();
        for case in cases(&fs::read_to_string(&file).unwrap()) {
            let (before, after) = (rendering(&case.before), rendering(&case.after));
            let found = written(&compare(&before, &after));
            if found.trim() != case.expected.trim() {
                let _ = writeln!(problems, "{}: {}\n{found}", file.display(), case.name);
            }
            assert!(compare(&before, &before).is_empty(), "{}", case.name);
            assert!(compare(&after, &after).is_empty(), "{}", case.name);
            let _ = write!(
                updated,
                "{CASE}{}\n{BEFORE}{}{AFTER}{}{CHANGES}{found}\n",
                case.name, case.before, case.after
            );
        }
        if env::var_os("UPDATE").is_some() {
            fs::write(&file, updated).unwrap();
        }
    }
    assert!(
        problems.is_empty() || env::var_os("UPDATE").is_some(),
        "{problems}"
    );
}

#[test]
fn each_rule_and_class_has_a_case() {
    let (mut rules, mut classes) = (BTreeSet::new(), BTreeSet::new());
    for file in files() {
        for case in cases(&fs::read_to_string(&file).unwrap()) {
            let changes = compare(&rendering(&case.before), &rendering(&case.after));
            rules.extend(
                changes
                    .changes
                    .iter()
                    .filter_map(|it| it.rule)
                    .map(|it| it.id),
            );
            classes.extend(changes.changes.iter().map(|it| it.class));
            classes.insert(changes.class());
        }
    }
    let missing = RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !rules.contains(id));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(classes, Class::ALL.into_iter().collect());
}

#[test]
fn rules_are_unique_and_have_sources() {
    let (mut ids, mut fields) = (BTreeSet::new(), BTreeSet::new());
    for rule in RULES {
        assert!(ids.insert(rule.id), "{}", rule.id);
        assert!(fields.insert(rule.field), "{}", rule.field);
        let is_page = rule.source.starts_with("https://");
        let is_code = rule.source.contains(".go: ") && rule.source.contains('/');
        assert!(is_page || is_code, "{}", rule.source);
    }
}
