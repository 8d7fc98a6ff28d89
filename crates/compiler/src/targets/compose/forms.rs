//! The two forms of some fields of services in Compose: a list of strings, and a map. A patch in either form is merged
//! with a service in the other one.

use score_spec::Map;

use super::value::{Public, PublicTree};
use crate::ir::{Segment, Tree};

/// The meaning of a field in its form as a list.
#[derive(Clone, Copy)]
enum Form {
    /// Items `NAME=VALUE`.
    Values,
    /// Items `NAME=VALUE`, or only a name, whose value is empty.
    Labels,
    /// Services, which have started.
    Dependencies,
}

/// The fields that this module knows. All others keep their form.
const FIELDS: [(&str, Form); 5] = [
    ("environment", Form::Values),
    ("sysctls", Form::Values),
    ("labels", Form::Labels),
    ("annotations", Form::Labels),
    ("depends_on", Form::Dependencies),
];

/// A field of a change that cannot be merged.
pub(super) struct Misfit {
    pub(super) field: String,
    /// The index of the item or the key of the entry that is wrong, if the field itself is not.
    pub(super) part: Option<String>,
    pub(super) problem: String,
    pub(super) help: &'static str,
}

/// The wrong part of a field, the problem and the help.
type Problem = (Option<String>, String, &'static str);

const AS_MAP: &str = "write the field as a map";
const AS_LIST: &str = "write the field as a list";

/// Converts lists in the change of a service to maps. Returns the fields that cannot be merged with those of the
/// service, and removes them from the change.
pub(super) fn unify(service: &PublicTree, change: &mut PublicTree) -> Vec<Misfit> {
    let Tree::Map(fields) = change else {
        return Vec::new();
    };
    let mut misfits = Vec::new();
    fields.retain(
        |field, value| match unified(service.get(field), field, value) {
            Ok(()) => true,
            Err((part, problem, help)) => {
                misfits.push(Misfit {
                    field: field.to_owned(),
                    part,
                    problem,
                    help,
                });
                false
            }
        },
    );
    misfits
}

/// Converts a field.
fn unified(known: Option<&PublicTree>, field: &str, value: &mut PublicTree) -> Result<(), Problem> {
    let form = FIELDS.iter().find(|(name, _)| *name == field);
    if let (Some((_, form)), Tree::List(items)) = (form, &mut *value) {
        let mut map = Map::default();
        for (index, item) in std::mem::take(items).into_iter().enumerate() {
            let (key, value) = form.entry(item).ok_or_else(|| {
                let expected = form.expected();
                (
                    Some(index.to_string()),
                    format!("expected {expected}"),
                    AS_MAP,
                )
            })?;
            map.insert(key, value);
        }
        *value = map.into();
    }
    if let (Some(_), Tree::Map(entries)) = (form, &*value)
        && entries.contains_key("")
    {
        return Err((
            Some(String::new()),
            "expected a name, found an empty key".to_owned(),
            "give the entry a name",
        ));
    }
    match (known, &*value) {
        (Some(Tree::Map(_)), Tree::List(_)) => {
            Err((None, "expected a map, found a list".to_owned(), AS_MAP))
        }
        (Some(Tree::List(_)), Tree::Map(_)) => {
            Err((None, "expected a list, found a map".to_owned(), AS_LIST))
        }
        _ => Ok(()),
    }
}

impl Form {
    /// The entry of the map for an item of the list.
    fn entry(self, item: PublicTree) -> Option<(String, PublicTree)> {
        let Tree::Text(text) = item else {
            return None;
        };
        match (self, text.as_plain()) {
            (Self::Dependencies, name) => {
                let started = super::dependencies::STARTED.into();
                let condition = [("condition".to_owned(), Tree::Text(started))];
                Some((name?.to_owned(), condition.into_iter().collect()))
            }
            (Self::Labels, Some(name)) if !name.contains('=') => {
                Some((name.to_owned(), Tree::Text(Public::new())))
            }
            _ => split(&text),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Values | Self::Labels => "a string `NAME=VALUE`",
            Self::Dependencies => "the name of a service",
        }
    }
}

/// The name and the value of `NAME=VALUE`.
fn split(text: &Public) -> Option<(String, PublicTree)> {
    let Some((Segment::Plain(first), rest)) = text.segments().split_first() else {
        return None;
    };
    let (name, start) = first.split_once('=')?;
    let mut value = Public::from(start);
    for segment in rest {
        value.push(segment.clone());
    }
    Some((name.to_owned(), Tree::Text(value)))
}
