//! The candidates of a resource agree with the provisioner that handles it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use score_compiler::catalogue::{Catalogue, Verdict};
use score_spec::{Code, Sources};

fn provisioner(class: Option<&str>, id: Option<&str>) -> String {
    let field = |name: &str, value: Option<&str>| {
        value.map_or(String::new(), |value| format!("{name}: {value}\n"))
    };
    format!(
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: thing\n{}{}",
        field("class", class),
        field("id", id)
    )
}

#[test]
fn the_first_candidate_handles_the_resource() {
    let words = [None, Some("aa"), Some("bb")];
    let mut sources = Sources::new();
    let mut files = Vec::new();
    // Each one twice, in an order that is independent of how specific they are.
    for (number, at) in [4, 0, 8, 2, 6, 1, 5, 3, 7, 7, 3, 8, 0, 5, 1, 6, 2, 4]
        .into_iter()
        .enumerate()
    {
        let text = provisioner(words[at / 3], words[at % 3]);
        files.push(vec![sources.add(format!("{number:02}.yaml"), text)]);
    }
    let mut diagnostics = Vec::new();
    let catalogue = Catalogue::new(&sources, &files, None, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    for class in ["aa", "bb", "cc"] {
        for id in ["aa", "bb", "cc"] {
            let handler = catalogue.handler("thing", class, id).unwrap();
            let candidates = catalogue.candidates("thing", class, id);
            assert_eq!(candidates.len(), 18);
            assert_eq!(candidates[0].provisioner.span, handler.span);
            let of = |verdict| {
                let all = candidates.iter().filter(|it| it.verdict == verdict);
                all.count()
            };
            assert_eq!(of(Verdict::Answers), 1);
            assert_eq!(of(Verdict::Later), 1);
            let fitting = [class, id].iter().filter(|word| **word != "cc").count();
            assert_eq!(of(Verdict::LessSpecific), 2 * (1 << fitting) - 2);
        }
    }
    assert!(catalogue.candidates("other", "aa", "aa").is_empty());
    assert!(catalogue.handler("other", "aa", "aa").is_none());
}

/// File names of an entry are irrelevant: the narrowest platforms decide, and equal platforms are a
/// tie if both match.
#[test]
fn names_of_files_decide_nothing() {
    let all: &[&[&str]] = &[
        &[],
        &["compose"],
        &["kubernetes"],
        &["compose", "kubernetes"],
    ];
    for (one, other) in all
        .iter()
        .flat_map(|one| all.iter().map(move |it| (one, it)))
    {
        for platform in [None, Some("compose"), Some("kubernetes")] {
            let outcome = |files: [&[&str]; 2]| {
                let mut sources = Sources::new();
                let entry = files.iter().enumerate().map(|(number, platforms)| {
                    let mut text = provisioner(None, None);
                    if !platforms.is_empty() {
                        text.extend(["platforms: [", &platforms.join(", "), "]\n"]);
                    }
                    sources.add(format!("{number}.yaml"), text)
                });
                let entry = vec![entry.collect()];
                let mut found = Vec::new();
                let catalogue = Catalogue::new(&sources, &entry, platform, &mut found);
                let is_tie = found.iter().any(|it| it.code == Code::ProvisionerTie);
                let candidates = catalogue.candidates("thing", "default", "aa");
                let ties = candidates.iter().filter(|it| it.verdict == Verdict::Tie);
                assert_eq!(ties.count(), if is_tie { 2 } else { 0 });
                let handler = catalogue.handler("thing", "default", "aa");
                (is_tie, handler.map(|handler| handler.platforms.clone()))
            };
            let found = outcome([one, other]);
            assert_eq!(
                found,
                outcome([other, one]),
                "{one:?} {other:?} {platform:?}"
            );
            let serves = |it: &[&str]| {
                it.is_empty() || platform.is_none_or(|platform| it.contains(&platform))
            };
            let competes = one == other && serves(one);
            assert_eq!(found.0, competes, "{one:?} {other:?} {platform:?}");
        }
    }
}
