//! Documentation, help texts, generated files and comments contain no word of the left column in
//! `docs/style.md`. `english.txt` lists the words with their forms.
//!
//! The help texts of all commands are in `docs/cli.md`, which `reference.rs` compares with them.
#![allow(clippy::disallowed_methods, reason = "a test reads files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Files and folders whose whole text is checked.
const PROSE: &[&str] = &[
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Containerfile",
    "README.md",
    "RELEASING.md",
    "SECURITY.md",
    "action.yml",
    "crates/spec/codes",
    "docs",
    "examples",
    "policies",
    "provisioners",
    "schemas",
    "tests/cases",
];

/// Source files and folders whose comments are checked.
const SOURCES: &[&str] = &[
    ".cargo/config.toml",
    ".ci/run",
    "Cargo.toml",
    "benches",
    "clippy.toml",
    "crates",
    "fuzz/Cargo.toml",
    "fuzz/run",
    "fuzz/src",
    "fuzz/targets",
    "tests/engines",
    "tests/kill",
    "tests/run",
    "tests/up",
];

/// The parsed `english.txt`.
struct Rules {
    /// Groups of forms in lower case; the first one is in the table of `docs/style.md`.
    words: Vec<Vec<String>>,
    /// Path prefixes with phrases in lower case.
    allowed: Vec<(String, String)>,
}

fn rules() -> Rules {
    let text = fs::read_to_string(Path::new(ROOT).join("crates/cli/tests/english.txt")).unwrap();
    let mut rules = Rules {
        words: Vec::new(),
        allowed: Vec::new(),
    };
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(allowed) = line.strip_prefix("@ ") {
            let (place, phrase) = allowed.split_once(": ").unwrap();
            rules
                .allowed
                .push((place.to_owned(), phrase.to_lowercase()));
        } else if !line.starts_with('#') {
            let forms = line.split(" | ").map(str::to_lowercase);
            rules.words.push(forms.collect());
        }
    }
    rules
}

#[test]
fn the_left_column_is_not_used() {
    let rules = rules();
    let mut found = Vec::new();
    for place in PROSE {
        for path in files(place) {
            // Generated charts and archives in expected files can be binary.
            let Ok(text) = fs::read_to_string(Path::new(ROOT).join(&path)) else {
                continue;
            };
            if path.starts_with("tests/cases/") && !path.contains("/expected/") {
                continue;
            }
            let text = without_word_list(&path, text);
            check(&rules, &path, &text, &mut found);
        }
    }
    for place in SOURCES {
        for path in files(place) {
            let text = fs::read_to_string(Path::new(ROOT).join(&path)).unwrap();
            check(&rules, &path, &comments(&path, &text), &mut found);
        }
    }
    assert!(
        found.is_empty(),
        "docs/style.md has better words:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_word_is_in_the_table_of_the_style_page() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/style.md")).unwrap();
    let rows = table(&page);
    let left: Vec<_> = rows
        .iter()
        .filter_map(|row| row.split(" | ").next())
        .collect();
    let left = left.join("\n").to_lowercase();
    for forms in rules().words {
        assert!(left.contains(&forms[0]), "`{}`", forms[0]);
    }
}

#[test]
fn words_are_found_in_any_case_across_lines_and_only_as_a_whole() {
    let words = |text: &str| {
        let mut found = Vec::new();
        check(&rules(), "a.md", text, &mut found);
        found.len()
    };
    assert_eq!(words("A variable of the\n  Environment."), 1);
    assert_eq!(words("//! The key\n//! Follows from it."), 1);
    assert_eq!(words("Set the image by `--image`."), 1);
    assert_eq!(words("What it does."), 1);
    assert_eq!(words("# What does it do?\n\nIt bearing amendments."), 0);
    assert_eq!(words("`nobody_reads` and a textbook"), 0);
}

#[test]
fn comments_are_told_from_code() {
    let script =
        "#!x\nA = \"\"\"\n# b\n\"\"\".split()\n\n\ndef c():\n    \"\"\"D\n    e.\"\"\"\n    f()\n";
    let expected = "!x\n\n b\n\n\n\n\n\"\"\"D\ne.\"\"\"\n";
    assert_eq!(comments("a.py", script), expected);
    let source = "/// A\nfn b() {\n    // c\n    \"d\"\n}\n";
    assert_eq!(comments("a.rs", source), "/ A\n\n c\n\n");
}

/// Adds each use of a word, and each statement that starts with `What`, as `path:line: words`.
fn check(rules: &Rules, path: &str, text: &str, found: &mut Vec<String>) {
    let (text, lines) = flow(text);
    let lower = text.to_lowercase();
    // Positions are equal in both only if no character changes its length.
    let lower = if lower.len() == text.len() {
        lower
    } else {
        text.to_ascii_lowercase()
    };
    let mut report = |at: usize, words: &str| {
        let line = lines.partition_point(|start| *start <= at);
        found.push(format!("{path}:{line}: {words}"));
    };
    let allowed: Vec<_> = rules
        .allowed
        .iter()
        .filter(|(place, _)| path.starts_with(place.as_str()))
        .flat_map(|(_, phrase)| {
            let at = lower.match_indices(phrase.as_str());
            at.map(|(start, phrase)| start..start + phrase.len())
        })
        .collect();
    let is_allowed = |range: &Range<usize>| {
        let mut allowed = allowed.iter();
        allowed.any(|ok| ok.start <= range.start && range.end <= ok.end)
    };
    for form in rules.words.iter().flatten() {
        for (at, _) in lower.match_indices(form.as_str()) {
            if is_whole(&lower, at, form) && !is_allowed(&(at..at + form.len())) {
                report(at, form);
            }
        }
    }
    for (at, form) in text.match_indices("What ") {
        let rest = &text[at..];
        let end = rest.find(['.', '?', '|', '\n']).map(|end| &rest[end..]);
        let is_question = end.is_some_and(|end| end.starts_with('?'));
        let range = at..at + form.len();
        if is_whole(&text, at, form) && !is_question && !is_allowed(&range) {
            report(at, "What …");
        }
    }
}

/// Whether a match is a whole word: no letter, digit or `_` precedes or follows it.
fn is_whole(text: &str, at: usize, form: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = text[..at].chars().next_back();
    let after = text[at + form.len()..].chars().next();
    let starts = form.starts_with(in_word) && before.is_some_and(in_word);
    let ends = form.ends_with(in_word) && after.is_some_and(in_word);
    !starts && !ends
}

/// The text with single spaces between words, without marks of comments and diagnostics at the
/// start of lines, and the positions of its lines. Blank lines, headings, table rows and list items
/// start a new line.
fn flow(text: &str) -> (String, Vec<usize>) {
    let (mut out, mut lines) = (String::new(), Vec::new());
    for line in text.lines() {
        let words = line.trim_start().trim_start_matches(['/', '!', '│', '#']);
        let is_block = line.starts_with(['#', '|']) || words.trim_start().starts_with("- ");
        if !out.is_empty() {
            let is_break = words.trim().is_empty() || is_block;
            out.push(if is_break { '\n' } else { ' ' });
        }
        lines.push(out.len());
        out += &words.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    (out, lines)
}

/// The comments of a source file without their marks; all other lines are empty. In scripts,
/// docstrings are comments too.
fn comments(path: &str, text: &str) -> String {
    let is_rust = Path::new(path).extension().is_some_and(|it| it == "rs");
    let mark = if is_rust { "//" } else { "#" };
    let mut is_docstring = false;
    let lines = text.lines().map(|line| {
        let words = line.trim_start();
        let quoted = words.strip_prefix("\"\"\"").unwrap_or_default();
        is_docstring |= quoted.starts_with(char::is_alphabetic);
        let is_comment = is_docstring || words.starts_with(mark);
        is_docstring &= !words.ends_with("\"\"\"");
        Some(words.trim_start_matches(mark))
            .filter(|_| is_comment)
            .unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A page without the table of words.
fn without_word_list(path: &str, text: String) -> String {
    if path != "docs/style.md" {
        return text;
    }
    let rows = table(&text).join("\n");
    text.replace(&rows, &"\n".repeat(rows.lines().count() - 1))
}

/// The rows of the table of words.
fn table(page: &str) -> Vec<&str> {
    let below = page.lines().skip_while(|line| *line != "| not | but |");
    below.take_while(|line| line.starts_with('|')).collect()
}

/// A file, or the files in a folder, by their paths from the root, in order.
fn files(place: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::from(place)];
    while let Some(path) = pending.pop() {
        let full = Path::new(ROOT).join(&path);
        if full.is_dir() {
            pending.extend(
                fs::read_dir(&full)
                    .unwrap()
                    .map(|entry| path.join(entry.unwrap().file_name())),
            );
        } else {
            found.push(path.to_str().unwrap().replace('\\', "/"));
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{place}");
    found
}
