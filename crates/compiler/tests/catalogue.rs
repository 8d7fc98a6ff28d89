//! The built-in catalogue: it can be loaded, and all of its parts are described. Also generates
//! `docs/catalogue.md`.
#![allow(
    clippy::disallowed_methods,
    reason = "the generated document is on the disk"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use score_compiler::catalogue::{Catalogue, Provisioner};
use score_spec::schema::{Codes, Schema};
use score_spec::{Code, Sources, parse};

/// The document that is generated from the catalogue.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/catalogue.md");

#[test]
fn the_document_is_up_to_date() {
    let document = document(&catalogue());
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(DOCUMENT, &document).unwrap();
    }
    let found = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        found == document,
        "docs/catalogue.md is out of date; \
         UPDATE=1 cargo test -p score-compiler --test catalogue writes it"
    );
}

#[test]
fn everything_is_described() {
    for provisioner in catalogue().provisioners() {
        let kind = &provisioner.kind;
        assert!(!provisioner.description.is_empty(), "{kind}");
        for (name, description) in parts(provisioner) {
            assert!(!description.is_empty(), "{kind}: {name}");
        }
    }
}

/// Built-in provisioners are not validated at run time.
#[test]
fn it_meets_the_schema() {
    let mut sources = Sources::new();
    let builtin = score_provisioners::BUILTIN.iter();
    let files: Vec<_> = builtin
        .map(|(name, text)| sources.add(*name, *text))
        .collect();
    let mut diagnostics = Vec::new();
    let number = files.len();
    let catalogue = Catalogue::new(&sources, &[files], None, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert!(catalogue.provisioners().count() >= number);
}

/// No value of an expression in a component of a built-in provisioner can violate the schema: it
/// allows any string there.
#[test]
fn values_of_expressions_in_components_are_not_restricted() {
    let schema = Schema::new(score_schemas::PROVISIONER).unwrap();
    let codes = Codes::all(Code::ProvisionerInvalid);
    for (name, text) in score_provisioners::BUILTIN {
        let mut sources = Sources::new();
        let id = sources.add(*name, *text);
        for mut document in parse(&sources, id).documents {
            if let Some(components) = document.get_mut("components") {
                // An empty string violates each rule about strings.
                let filled = components.map_text(&mut |text, _| {
                    let is_expression = text.contains("{{");
                    if is_expression {
                        String::new()
                    } else {
                        text.clone()
                    }
                });
                *components = filled;
            }
            let found = schema.check(&document, &sources, &codes);
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

fn catalogue() -> Catalogue {
    let (mut catalogue, mut sources) = (Catalogue::default(), Sources::new());
    let mut diagnostics = Vec::new();
    catalogue.need_all(&mut sources, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    catalogue
}

/// The params and outputs with their descriptions.
fn parts(provisioner: &Provisioner) -> impl Iterator<Item = (&str, &str)> {
    let params = provisioner.params.known.iter();
    let params = params.map(|(name, about)| (name.as_str(), about.as_str()));
    let outputs = provisioner.outputs.iter();
    params.chain(outputs.map(|(name, output)| (name.as_str(), output.description.as_str())))
}

/// The text of `docs/catalogue.md`.
fn document(catalogue: &Catalogue) -> String {
    let mut out = String::from(
        "# Built-in resource types\n\n\
         These types are available on every target. An output marked with 🔒 is a secret or contains one.\n\n\
         In Compose, the annotation `compose.score.dev/publish-port` of a resource publishes the port of its server on the\n\
         host, and `compose.score.dev/publish-management-port` publishes the management port of RabbitMQ. A shared server\n\
         is published if one of its resources has the annotation.\n\n\
         <!-- Generated from `provisioners/` with UPDATE=1 cargo test -p score-compiler --test catalogue -->\n\n\
         | type | params | outputs |\n|---|---|---|\n",
    );
    for provisioner in catalogue.provisioners() {
        let kind = &provisioner.kind;
        let params = provisioner.params.known.keys();
        let params = listed(params.map(|name| format!("`{name}`")));
        let outputs = provisioner.outputs.iter();
        let outputs = outputs.map(|(name, output)| format!("`{name}`{}", mark(output.secret)));
        let any = provisioner.any_output.as_ref();
        let any = any.map(|output| format!("any{}", mark(output.secret)));
        let outputs = listed(outputs.chain(any));
        writeln!(out, "| [`{kind}`](#{kind}) | {params} | {outputs} |").unwrap();
    }
    for provisioner in catalogue.provisioners() {
        let (kind, about) = (&provisioner.kind, &provisioner.description);
        write!(out, "\n## {kind}\n\n{about}.\n").unwrap();
        if !provisioner.params.known.is_empty() {
            out.push_str("\n| param | description |\n|---|---|\n");
            for (name, about) in &provisioner.params.known {
                writeln!(out, "| `{name}` | {about} |").unwrap();
            }
        }
        if !provisioner.outputs.is_empty() {
            out.push_str("\n| output | description |\n|---|---|\n");
            for (name, output) in &provisioner.outputs {
                let (mark, about) = (mark(output.secret), &output.description);
                writeln!(out, "| `{name}`{mark} | {about} |").unwrap();
            }
        }
    }
    out
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(", ")
    }
}

fn mark(secret: bool) -> &'static str {
    if secret { " 🔒" } else { "" }
}
