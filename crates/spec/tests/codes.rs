//! The pages of the diagnostic codes: their format, and the correctness of their examples. Also
//! generates `docs/codes.md` from them.
#![allow(
    clippy::disallowed_methods,
    reason = "the pages and the generated document are on the disk"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use score_spec::{Code, Overlays, Sources, load};

/// The document that is generated from the pages.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/codes.md");

/// The folder of the pages.
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/codes");

/// The title of each scope, in the order of the list.
const SCOPES: &[(&str, &str)] = &[
    ("yaml", "YAML syntax of any file"),
    ("spec", "Score files"),
    ("override", "Overrides for a single run"),
    ("project", "The project as a whole"),
    ("resource", "Resources of workloads"),
    ("provisioner", "Provisioners"),
    ("patch", "Patch templates"),
    ("state", "State of provisioner commands"),
    ("package", "Packages of provisioners"),
    ("file", "Files referenced by Score files"),
    ("environment", "Environment variables"),
    ("template", "Templates of `init`"),
    ("target", "Limitations of targets"),
    ("policy", "Policies and waivers"),
    ("plan", "Effects of changes"),
    ("export", "Exports"),
    ("run", "The run itself"),
];

#[test]
fn the_document_is_up_to_date() {
    let document = document();
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(DOCUMENT, &document).unwrap();
    }
    let found = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        found == document,
        "docs/codes.md is out of date; UPDATE=1 cargo test -p score-spec --test codes writes it"
    );
}

#[test]
fn every_page_has_a_wrong_and_a_right_example() {
    for code in Code::ALL {
        let page = code.explanation();
        assert!(
            page.lines().all(|line| line.chars().count() <= 110),
            "{code}"
        );
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{code}");
        assert!(!page.starts_with(['#', '\n']), "{code}");
        for heading in ["Wrong:", "Right:"] {
            let (_, text) = block(page, heading).unwrap_or_else(|| panic!("{code}: {heading}"));
            assert!(!text.is_empty(), "{code}: {heading}");
        }
    }
}

#[test]
fn examples_that_this_crate_can_judge_are_true() {
    for code in Code::ALL {
        if !["yaml", "spec"].contains(&scope(*code)) {
            continue;
        }
        let (language, wrong) = block(code.explanation(), "Wrong:").unwrap();
        let (_, right) = block(code.explanation(), "Right:").unwrap();
        if language != "yaml" {
            continue;
        }
        let found = findings(wrong);
        assert!(
            !found.is_empty() && found.iter().all(|found| found == code),
            "{code}: {found:?}"
        );
        assert_eq!(findings(right), [], "{code}");
    }
}

#[test]
fn names_lead_back_to_codes() {
    for code in Code::ALL {
        assert_eq!(Code::from_name(code.name()), Some(*code));
        assert!(
            code.page()
                .starts_with(&format!("# {code}\n\n{}: ", code.severity()))
        );
    }
    assert_eq!(Code::from_name("spec/no-such-code"), None);
}

#[test]
fn no_page_is_left_of_a_code_that_is_gone() {
    for scope in std::fs::read_dir(PAGES).unwrap() {
        for page in std::fs::read_dir(scope.unwrap().path()).unwrap() {
            let path = page.unwrap().path().with_extension("");
            let name = path.strip_prefix(PAGES).unwrap().to_str().unwrap();
            assert!(
                Code::from_name(&name.replace('\\', "/")).is_some(),
                "{name}"
            );
        }
    }
}

/// The language and the text of the fenced block below a heading such as `Wrong:`.
fn block<'a>(page: &'a str, heading: &str) -> Option<(&'a str, &'a str)> {
    let (_, below) = page.split_once(&format!("\n\n{heading}\n\n```"))?;
    let (language, rest) = below.split_once('\n')?;
    let (text, _) = rest.split_once("```\n")?;
    Some((language, text))
}

/// The codes of the diagnostics of a Score file.
fn findings(text: &str) -> Vec<Code> {
    let mut sources = Sources::new();
    let id = sources.add("score.yaml", text);
    let mut diagnostics = Vec::new();
    load(&sources, id, &Overlays::default(), &mut diagnostics);
    diagnostics.iter().map(|found| found.code).collect()
}

fn scope(code: Code) -> &'static str {
    code.name().split_once('/').unwrap().0
}

/// The text of `docs/codes.md`.
fn document() -> String {
    let mut out = String::from(
        "# Diagnostic codes\n\n\
         Every error and warning of score-rs has a code. `score-rs explain CODE` prints the page of a code.\n\n\
         <!-- Generated from `crates/spec/codes` with UPDATE=1 cargo test -p score-spec --test codes -->\n",
    );
    for (name, about) in SCOPES {
        write!(
            out,
            "\n**{about}**\n\n| code | severity | description |\n|---|---|---|\n"
        )
        .unwrap();
        for code in Code::ALL.iter().filter(|code| scope(**code) == *name) {
            // GitHub removes the slash of a heading from its anchor.
            let anchor = code.name().replace('/', "");
            let (severity, title) = (code.severity(), code.title());
            writeln!(out, "| [`{code}`](#{anchor}) | {severity} | {title} |").unwrap();
        }
    }
    for (name, _) in SCOPES {
        for code in Code::ALL.iter().filter(|code| scope(**code) == *name) {
            write!(out, "\n#{}", code.page()).unwrap();
        }
    }
    for code in Code::ALL {
        assert!(
            out.contains(&format!("\n## {code}\n")),
            "{code} has a scope that is not listed"
        );
    }
    out
}
