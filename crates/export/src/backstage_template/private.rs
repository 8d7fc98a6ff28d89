//! Names of files that no template may write, which params could form.

use std::collections::{BTreeMap, BTreeSet};

use score_compiler::templates::OutlinePart;
use score_spec::schema::{Codes, Schema};
use score_spec::{Code, Sources, Value, parse};

use super::form::Field;

/// The names. Their case does not matter.
const PRIVATE: [&str; 12] = [
    ".git",
    ".giT",
    ".gIt",
    ".gIT",
    ".Git",
    ".GiT",
    ".GIt",
    ".GIT",
    ".score-rs",
    ".Score-rs",
    ".SCORE-RS",
    "..",
];

/// Whether params that their schemas accept could make a part of a path one of these names.
pub(super) fn may_be(path: &[OutlinePart], fields: &[Field]) -> bool {
    let mut accepted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in path {
        if let OutlinePart::Param { name, .. } = part
            && let Some(field) = fields.iter().find(|field| field.name == *name)
        {
            let parts = accepted.entry(&field.name);
            parts.or_insert_with(|| accepted_parts(&field.schema));
        }
    }
    let mut names: Vec<Vec<Piece<'_>>> = vec![Vec::new()];
    for part in path {
        match part {
            OutlinePart::Text(text) => {
                for (at, text) in text.split('/').enumerate() {
                    if at > 0 {
                        names.push(Vec::new());
                    }
                    names
                        .last_mut()
                        .into_iter()
                        .for_each(|it| it.push(Piece::Text(text)));
                }
            }
            OutlinePart::Param { name, .. } => {
                let parts = accepted.get(name.as_str());
                names
                    .last_mut()
                    .into_iter()
                    .for_each(|it| it.push(Piece::Param(parts)));
            }
            // These are reported.
            _ => {}
        }
    }
    // `init` refuses a name without params, too.
    let has_param = |name: &&Vec<Piece<'_>>| name.iter().any(|it| matches!(it, Piece::Param(_)));
    let mut names = names.iter().filter(has_param);
    names.any(|name| PRIVATE.iter().any(|private| fits(name, private)))
}

/// A piece of a name: text, or a param with the parts of private names that it accepts; any if it is not known.
enum Piece<'a> {
    Text(&'a str),
    Param(Option<&'a BTreeSet<&'static str>>),
}

/// Whether the pieces can form this name.
fn fits(pieces: &[Piece<'_>], name: &str) -> bool {
    let mut ends = BTreeSet::from([0]);
    for piece in pieces {
        let after = |at: usize| -> Vec<usize> {
            let rest = &name[at..];
            match piece {
                Piece::Text(text) if rest.starts_with(text) => vec![at + text.len()],
                Piece::Text(_) => Vec::new(),
                Piece::Param(parts) => {
                    let ends = (0..=rest.len())
                        .filter(|end| parts.is_none_or(|parts| parts.contains(&rest[..*end])));
                    ends.map(|end| at + end).collect()
                }
            }
        };
        ends = ends.into_iter().flat_map(after).collect();
    }
    ends.contains(&name.len())
}

/// The parts of private names that a schema accepts. It is compiled once.
fn accepted_parts(schema: &Value) -> BTreeSet<&'static str> {
    let schema = Schema::from_value(schema.to_json()).ok();
    let parts = PRIVATE.iter().flat_map(|name| {
        (0..=name.len())
            .flat_map(move |start| (start..=name.len()).map(move |end| &name[start..end]))
    });
    let parts: BTreeSet<&str> = parts.collect();
    let accepts = |part: &&str| schema.as_ref().is_none_or(|schema| accepts(schema, part));
    parts.into_iter().filter(accepts).collect()
}

/// Whether a schema accepts a string, which has no quotes.
fn accepts(schema: &Schema, text: &str) -> bool {
    let mut sources = Sources::new();
    let id = sources.add("param", format!("\"{text}\""));
    let codes = Codes::all(Code::TemplateInvalid);
    let documents = parse(&sources, id).documents;
    let mut documents = documents.iter();
    documents.all(|node| schema.check(node, &sources, &codes).is_empty())
}
