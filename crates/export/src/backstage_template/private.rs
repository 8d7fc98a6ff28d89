//! Names of files that no template may write, which params could form.

use score_compiler::templates::OutlinePart;
use score_spec::schema::{Codes, Schema};
use score_spec::{Code, Sources, Value, parse};

use super::form::Field;

/// The names.
const PRIVATE: [&str; 4] = [".git", ".GIT", ".score-rs", ".."];

/// Whether params that their schemas accept could make a part of a path one of these names.
pub(super) fn may_be(path: &[OutlinePart], fields: &[Field]) -> bool {
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
                let field = fields.iter().find(|field| field.name == *name);
                names
                    .last_mut()
                    .into_iter()
                    .for_each(|it| it.push(Piece::Param(field)));
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

/// A piece of a name.
enum Piece<'a> {
    Text(&'a str),
    Param(Option<&'a Field>),
}

/// Whether the pieces can form this name.
fn fits(pieces: &[Piece<'_>], name: &str) -> bool {
    match pieces.split_first() {
        None => name.is_empty(),
        Some((Piece::Text(text), rest)) => {
            name.strip_prefix(text).is_some_and(|name| fits(rest, name))
        }
        Some((Piece::Param(field), rest)) => (0..=name.len()).any(|end| {
            let accepted = field.is_none_or(|field| accepts(&field.schema, &name[..end]));
            accepted && fits(rest, &name[end..])
        }),
    }
}

/// Whether a schema accepts a string, which has no quotes.
fn accepts(schema: &Value, text: &str) -> bool {
    let Ok(schema) = Schema::from_value(schema.to_json()) else {
        return true;
    };
    let mut sources = Sources::new();
    let id = sources.add("param", format!("\"{text}\""));
    let codes = Codes::all(Code::TemplateInvalid);
    let documents = parse(&sources, id).documents;
    let mut documents = documents.iter();
    documents.all(|node| schema.check(node, &sources, &codes).is_empty())
}
