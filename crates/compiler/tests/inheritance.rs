//! Which provisioner another one extends, and limits of inheritance.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::fmt::Write;

use score_compiler::EnvironmentId;
use score_compiler::catalogue::{Catalogue, CatalogueEntry, Conditions, Provisioner};
use score_spec::{Code, Diagnostic, Sources};

/// The catalogue of entries with one file each, and its diagnostics.
fn catalogue(files: &[&str], conditions: Conditions) -> (Catalogue, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let entries = files.iter().enumerate().map(|(at, text)| {
        let id = sources.add(format!("{at}.yaml"), *text);
        CatalogueEntry::from(vec![id])
    });
    let entries: Vec<CatalogueEntry> = entries.collect();
    let mut diagnostics = Vec::new();
    let catalogue = Catalogue::new(&mut sources, &entries, conditions, &mut diagnostics);
    (catalogue, diagnostics)
}

/// A document; its description tells which one it is.
fn document(about: &str, more: &str) -> String {
    format!("apiVersion: score-rs/v1\nkind: Provisioner\ndescription: {about}\n{more}\n---\n")
}

/// The provisioner of the class `large`.
fn large(catalogue: &Catalogue) -> &Provisioner {
    let mut all = catalogue.provisioners();
    all.find(|it| it.class.as_deref() == Some("large")).unwrap()
}

fn on(platform: Option<&'static str>, environment: Option<&str>) -> Conditions {
    Conditions {
        platform,
        environment: environment.map(|name| EnvironmentId {
            name: name.to_owned(),
            kind: None,
        }),
        builtins: None,
    }
}

/// The description that `large` inherits from one of these files.
fn inherited(files: &[&str], conditions: Conditions) -> String {
    let extending =
        "apiVersion: score-rs/v1\nkind: Provisioner\ntype: mail\nclass: large\nextends: mail\n";
    let first = format!("{}{extending}", files[0]);
    let files: Vec<&str> = [first.as_str()]
        .into_iter()
        .chain(files[1..].iter().copied())
        .collect();
    let (catalogue, diagnostics) = catalogue(&files, conditions);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    large(&catalogue).description.clone()
}

#[test]
fn the_own_entry_and_what_fits_the_run_take_precedence() {
    let texts = [
        document("any", "type: mail"),
        document("default", "type: mail\nclass: default"),
        document("kubernetes", "type: mail\nplatforms: [kubernetes]"),
        document("compose", "type: mail\nplatforms: [compose]"),
        document("prod", "type: mail\nfor: {environments: [prod]}"),
        document("orders", "type: mail\nfor: {workloads: [orders]}"),
        document("one", "type: mail\nid: one"),
    ];
    let [any, default, kubernetes, compose, prod, orders, one] =
        texts.each_ref().map(String::as_str);
    let both = format!("{kubernetes}{compose}");
    let both = both.as_str();
    let [k8s, none] = [Some("kubernetes"), None];
    for (files, conditions, expected) in [
        // The own entry, even if others are more specific or come first.
        (["", any, default], on(none, None), "any"),
        ([any, kubernetes, ""], on(k8s, None), "any"),
        ([one, any, ""], on(none, None), "any"),
        // The platform of the run, or the widest.
        (["", any, kubernetes], on(k8s, None), "kubernetes"),
        (["", any, kubernetes], on(Some("compose"), None), "any"),
        (["", kubernetes, any], on(none, None), "any"),
        ([both, "", ""], on(k8s, None), "kubernetes"),
        ([both, "", ""], on(Some("compose"), None), "compose"),
        // One for other platforms, if there is no other.
        (
            ["", kubernetes, ""],
            on(Some("compose"), None),
            "kubernetes",
        ),
        // The environment of the run.
        (["", any, prod], on(none, Some("prod")), "prod"),
        (["", prod, any], on(none, Some("test")), "any"),
        (["", prod, any], on(none, None), "any"),
        // All workloads.
        (["", orders, any], on(none, None), "any"),
        (["", orders, ""], on(none, None), "orders"),
    ] {
        assert_eq!(inherited(&files, conditions), expected, "{files:?}");
    }
}

/// Documents for one platform inherit from those for that platform, whatever the platform of the run is.
#[test]
fn a_chain_is_for_one_platform() {
    let text = [
        document("x", "type: mail\nplatforms: [compose]\nvolume: {name: a}"),
        document("x", "type: mail\nplatforms: [kubernetes]\nroutes: []"),
        document("x", "type: mail\nclass: medium\nextends: mail"),
        document(
            "x",
            "type: mail\nclass: large\nextends: mail.medium\nplatforms: [compose]\nvolume: {size: 1Gi}",
        ),
    ]
    .concat();
    for platform in [None, Some("compose"), Some("kubernetes")] {
        let (catalogue, diagnostics) = catalogue(&[&text], on(platform, None));
        assert!(diagnostics.is_empty(), "{platform:?}: {diagnostics:?}");
        assert_eq!(large(&catalogue).bases.len(), 2);
        assert_eq!(large(&catalogue).platforms, ["compose"]);
        let mut all = catalogue.provisioners();
        let medium = all.find(|it| it.class.as_deref() == Some("medium"));
        let expected: &[&str] = match platform {
            None => &["compose", "kubernetes"],
            Some("compose") => &["compose"],
            Some(_) => &["kubernetes"],
        };
        assert_eq!(medium.unwrap().platforms, expected);
    }
}

/// A provisioner that extends its own type inherits from those over which it takes precedence.
#[test]
fn a_replacement_extends_what_it_replaces() {
    let own = "apiVersion: score-rs/v1\nkind: Provisioner\ntype: redis\nextends: redis\n";
    let (catalogue, diagnostics) = catalogue(&[own, own], Conditions::default());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let bases: Vec<usize> = catalogue.provisioners().map(|it| it.bases.len()).collect();
    assert_eq!(bases, [2, 1]);
    let first = catalogue.provisioners().next().unwrap();
    assert!(first.outputs.contains_key("password"));
}

#[test]
fn what_is_inherited_is_limited() {
    let long = format!("type: mail\nnotes: {}", "x".repeat(1 << 20));
    let mut text = document("x", &long);
    for at in 0..100 {
        let more = format!("type: mail\nclass: c{at}\nextends: mail");
        text.push_str(&document("x", &more));
    }
    let (_, diagnostics) = catalogue(&[&text], Conditions::default());
    let codes: Vec<Code> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::ProjectTooLarge]);
}

#[test]
fn comparisons_are_limited() {
    let mut text = String::new();
    for at in 0..2_000 {
        let _ = write!(
            text,
            "{}",
            document("x", "type: mail\nfor: {environments: [a]}")
        );
        let more = format!("type: page\nclass: c{at}\nextends: mail");
        text.push_str(&document("x", &more));
    }
    let conditions = on(None, Some("b"));
    let (_, diagnostics) = catalogue(&[&text], conditions);
    let codes: Vec<Code> = diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [Code::ProjectTooLarge]);
}
