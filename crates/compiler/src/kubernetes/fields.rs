//! The fields of the common kinds of objects: which there are, and in which order a person writes
//! them. The table is made of the schemas of the API server by `tests/engines/fields.py`. Not: types
//! of values, and no kinds of custom resources; a cluster has the last word.

use std::sync::{LazyLock, OnceLock};

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::Tree;

/// The fields of a type, in order, each with the type of what is in it, if that has fields.
type Fields = IndexMap<&'static str, Option<&'static str>, FixedState>;

/// A type: its line of the table, which is read when it is asked for.
struct Type {
    name: &'static str,
    line: &'static str,
    fields: OnceLock<Fields>,
}

/// The types, sorted by name, as the table is.
static TYPES: LazyLock<Vec<Type>> = LazyLock::new(|| {
    let lines = include_str!("fields.txt").lines();
    let types = lines.filter_map(|line| line.split_once(' '));
    types
        .map(|(name, line)| Type {
            name,
            line,
            fields: OnceLock::new(),
        })
        .collect()
});

/// The fields of a type, if the table has it.
fn fields(of: &str) -> Option<&'static Fields> {
    let place = TYPES.binary_search_by_key(&of, |known| known.name).ok()?;
    let Type { line, fields, .. } = &TYPES[place];
    let read = || {
        let blanks = line.bytes().filter(|byte| *byte == b' ').count();
        let mut fields = Fields::with_capacity_and_hasher(blanks + 1, FixedState::default());
        let each = line.split(' ');
        fields.extend(each.map(|field| match field.split_once(':') {
            Some((field, of)) => (field, Some(of)),
            None => (field, None),
        }));
        fields
    };
    Some(fields.get_or_init(read))
}

/// The type of pod templates.
pub(super) const POD_TEMPLATE: &str = "core.v1.PodTemplateSpec";

/// The name of the type of a kind of object.
pub(super) fn kind(api_version: &str, kind: &str) -> String {
    format!("{api_version}/{kind}")
}

/// A field that a type does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown<'t> {
    /// The way to it: keys, and indices of lists.
    pub(super) path: Vec<String>,
    /// The fields that would be right there.
    pub(super) known: Vec<&'t str>,
}

/// The fields in a tree that its type does not have. Nothing is known about a type that the table
/// lacks.
pub(super) fn unknown(tree: &Tree, of: &str) -> Vec<Unknown<'static>> {
    let mut found = Vec::new();
    find(tree, of, &mut Vec::new(), &mut found);
    found
}

fn find(tree: &Tree, of: &str, path: &mut Vec<String>, found: &mut Vec<Unknown<'static>>) {
    match tree {
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                find(item, of, path, found);
                path.pop();
            }
        }
        Tree::Map(entries) => {
            let Some(fields) = fields(of) else {
                return;
            };
            for (key, value) in entries.iter() {
                path.push(key.clone());
                match fields.get(key.as_str()) {
                    Some(Some(inner)) => find(value, inner, path, found),
                    Some(None) => {}
                    None => found.push(Unknown {
                        path: path.clone(),
                        known: fields.keys().copied().collect(),
                    }),
                }
                path.pop();
            }
        }
        _ => {}
    }
}

/// Puts the fields of a tree into the order in which a person writes them; those that its type does
/// not have stay behind the others.
pub(super) fn arrange(tree: &mut Tree, of: &str) {
    match tree {
        Tree::List(items) => items.iter_mut().for_each(|item| arrange(item, of)),
        Tree::Map(entries) => {
            let Some(fields) = fields(of) else {
                return;
            };
            let place = |key: &String| fields.get_index_of(key.as_str()).unwrap_or(fields.len());
            if !entries.keys().map(place).is_sorted() {
                entries.sort_by_cached_key(|key, _| place(key));
            }
            for (key, value) in entries.iter_mut() {
                if let Some(Some(inner)) = fields.get(key.as_str()) {
                    arrange(value, inner);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use score_spec::Value;
    use serde_json::json;

    use super::{TYPES, arrange, fields, unknown};
    use crate::{Text, Tree};

    fn tree(json: serde_json::Value) -> Tree {
        Value::from_json(json).map_text(&mut |text| Text::from(text.as_str()))
    }

    #[test]
    fn every_type_that_a_field_has_is_there() {
        for known in TYPES.iter() {
            let fields = fields(known.name).unwrap_or_else(|| panic!("{}", known.name));
            for of in fields.values().flatten() {
                assert!(super::fields(of).is_some(), "{of}");
            }
        }
    }

    #[test]
    fn unknown_fields_are_found_at_their_place() {
        let deployment = tree(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"any": "thing"}},
            "spec": {"template": {"spec": {"containers": [
                {"name": "a", "volumeMount": []}, {"env": [{"name": "A", "vale": "b"}]},
            ]}}},
        }));
        let found = unknown(&deployment, "apps/v1/Deployment");
        let paths: Vec<String> = found.iter().map(|it| it.path.join(".")).collect();
        assert_eq!(
            paths,
            [
                "spec.template.spec.containers.0.volumeMount",
                "spec.template.spec.containers.1.env.0.vale"
            ]
        );
        assert!(found[0].known.contains(&"volumeMounts"));
        assert_eq!(unknown(&deployment, "example.com/v1/Bucket"), []);
    }

    #[test]
    fn fields_get_into_order() {
        let mut pod = tree(json!({
            "spec": {"containers": [{"image": "a", "name": "b"}], "nodeName": "c", "volumes": []},
            "metadata": {},
        }));
        arrange(&mut pod, "core.v1.PodTemplateSpec");
        let sorted = json!({
            "metadata": {},
            "spec": {"nodeName": "c", "containers": [{"name": "b", "image": "a"}], "volumes": []},
        });
        assert_eq!(
            pod.map_text(&mut Text::redact).to_json().to_string(),
            sorted.to_string()
        );
    }
}
