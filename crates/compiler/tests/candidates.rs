//! The candidates of a resource agree with the provisioner that handles it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use score_compiler::EnvironmentId;
use score_compiler::catalogue::{Catalogue, CatalogueEntry, Conditions, Verdict, Wanted};
use score_spec::{Code, Sources};

const HEAD: &str = "apiVersion: score-rs/v1\nkind: Provisioner\ntype: thing\n";

fn wanted<'a>(class: &'a str, id: &'a str, workload: &'a str) -> Wanted<'a> {
    Wanted {
        kind: "thing",
        class,
        id,
        workload,
        is_declared: true,
    }
}

/// The fields that a provisioner can name, in their order of precedence.
const ASPECTS: [&str; 5] = [
    "id: main",
    "class: large",
    "workloads: [web, 'a*']",
    "environments: [prod*]",
    "environmentTypes: [production]",
];

/// A provisioner that names these aspects.
fn provisioner(names: [bool; 5]) -> String {
    let named = |range: std::ops::Range<usize>| {
        range
            .filter(|at| names[*at])
            .map(|at| ASPECTS[at])
            .collect::<Vec<_>>()
    };
    let mut text = HEAD.to_owned();
    for field in named(0..2) {
        writeln!(text, "{field}").unwrap();
    }
    let audience = named(2..5);
    if !audience.is_empty() {
        writeln!(text, "for: {{{}}}", audience.join(", ")).unwrap();
    }
    text
}

/// All combinations of aspects.
fn combinations() -> impl Iterator<Item = [bool; 5]> {
    (0..32).map(|bits: usize| std::array::from_fn(|at| bits & (1 << at) != 0))
}

fn environment(name: &str, kind: Option<&str>) -> EnvironmentId {
    EnvironmentId {
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
    }
}

#[test]
fn the_first_candidate_handles_the_resource() {
    let mut sources = Sources::new();
    let mut files: Vec<CatalogueEntry> = Vec::new();
    // Each one twice, in an order that is independent of how specific they are.
    for (number, names) in combinations().chain(combinations()).enumerate() {
        let id = sources.add(format!("{number:02}.yaml"), provisioner(names));
        files.push(vec![id].into());
    }
    files.rotate_left(17);
    let environments = [
        (None, [false, false]),
        (Some(environment("prod-eu", None)), [true, false]),
        (Some(environment("prod", Some("production"))), [true, true]),
        (Some(environment("test", Some("production"))), [false, true]),
        (Some(environment("test", Some("test"))), [false, false]),
    ];
    for (environment, [by_name, by_type]) in environments {
        let conditions = Conditions {
            environment,
            ..Conditions::default()
        };
        let mut diagnostics = Vec::new();
        let catalogue = Catalogue::new(&mut sources, &files, conditions, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        for fits in combinations().filter(|fits| fits[3..] == [by_name, by_type]) {
            let pick = |at: usize, word| if fits[at] { word } else { "other" };
            let wanted = wanted(pick(1, "large"), pick(0, "main"), pick(2, "a-web"));
            let handler = catalogue.handler(&wanted).unwrap();
            let candidates = catalogue.candidates(&wanted);
            assert_eq!(candidates.len(), 64);
            assert_eq!(candidates[0].provisioner.span, handler.span);
            // The one that names everything that fits, of the first entry that has it.
            let text = sources.get(handler.span.source).text.as_str();
            assert_eq!(text, provisioner(fits));
            let of = |verdict| {
                let all = candidates.iter().filter(|it| it.verdict == verdict);
                all.count()
            };
            assert_eq!(of(Verdict::Answers), 1);
            assert_eq!(of(Verdict::Later), 1);
            let fitting = fits.iter().filter(|fits| **fits).count();
            assert_eq!(of(Verdict::LessSpecific), 2 * (1 << fitting) - 2);
            // Ranks are the order of the aspects.
            let ranks = candidates.iter().map(|it| it.rank);
            assert_eq!(ranks.clone().max(), Some(32));
            let first = ranks.take(2 << fitting).collect::<Vec<_>>();
            assert!(first.is_sorted(), "{first:?}");
        }
        let other = Wanted {
            kind: "other",
            ..wanted("aa", "aa", "aa")
        };
        assert!(catalogue.candidates(&other).is_empty());
        assert!(catalogue.handler(&other).is_none());
    }
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
                    let mut text = HEAD.to_owned();
                    if !platforms.is_empty() {
                        text.extend(["platforms: [", &platforms.join(", "), "]\n"]);
                    }
                    sources.add(format!("{number}.yaml"), text)
                });
                let entry = [CatalogueEntry::from(entry.collect::<Vec<_>>())];
                let mut found = Vec::new();
                let conditions = Conditions {
                    platform,
                    ..Conditions::default()
                };
                let catalogue = Catalogue::new(&mut sources, &entry, conditions, &mut found);
                let is_tie = found.iter().any(|it| it.code == Code::ProvisionerTie);
                let candidates = catalogue.candidates(&wanted("default", "aa", "web"));
                let ties = candidates.iter().filter(|it| it.verdict == Verdict::Tie);
                assert_eq!(ties.count(), if is_tie { 2 } else { 0 });
                let handler = catalogue.handler(&wanted("default", "aa", "web"));
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
