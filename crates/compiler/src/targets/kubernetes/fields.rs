//! The fields of the common kinds of objects: which there are, of which types, and in which order a person
//! writes them. The table is made of the schemas of the API server by `tests/engines/fields.py`. Not: formats
//! and ranges of values, and no kinds of custom resources; a cluster has the last word.

use std::sync::{LazyLock, OnceLock};

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::object_field::ObjectField;
use super::reference::{Open, OpenText, OpenTree};
use crate::ir::{Tree, name};

/// The fields of a type, in order, each with what is in it.
type Fields = IndexMap<&'static str, Shape, FixedState>;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Not known.
    Any,
    /// A string, or a reference, which becomes one.
    String,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An integer or a string, such as a port.
    IntegerOrString,
    /// A number or a string, such as an amount of memory.
    Quantity,
    /// A map of anything.
    Object,
    /// A list, and what the table says of its items.
    List(&'static str),
    /// A map, and what the table says of its values.
    Map(&'static str),
    /// A map with the fields of this type.
    Type(&'static str),
}

impl Shape {
    /// Reads what the table says.
    fn read(written: &'static str) -> Self {
        match written {
            "a" => Self::Any,
            "s" => Self::String,
            "i" => Self::Integer,
            "n" => Self::Number,
            "b" => Self::Boolean,
            "p" => Self::IntegerOrString,
            "q" => Self::Quantity,
            "o" => Self::Object,
            _ => {
                let items = written.strip_prefix('[').map(Self::List);
                let values = || written.strip_prefix('{').map(Self::Map);
                items.or_else(values).unwrap_or(Self::Type(written))
            }
        }
    }

    /// The words for it in a message, with an article.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::IntegerOrString => "an integer or a string",
            Self::Quantity => "a number or a string",
            Self::List(_) => "a list",
            Self::Object | Self::Map(_) | Self::Type(_) => "a map",
        }
    }
}

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

/// The place of a type in the table.
fn position(of: &str) -> Option<usize> {
    TYPES.binary_search_by_key(&of, |known| known.name).ok()
}

/// The fields of a type, if the table has it.
fn fields(of: &str) -> Option<&'static Fields> {
    let Type { line, fields, .. } = &TYPES[position(of)?];
    let read = || {
        let blanks = line.bytes().filter(|byte| *byte == b' ').count();
        let mut fields = Fields::with_capacity_and_hasher(blanks + 1, FixedState::default());
        let each = line.split(' ');
        fields.extend(each.map(|field| match field.split_once(':') {
            Some((field, of)) => (field, Shape::read(of)),
            None => (field, Shape::String),
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

/// The words for a reference to a port.
pub(super) const A_PORT: &str = "a port, which is a number";

/// The type of the metadata of an object.
const METADATA: &str = "meta.v1.ObjectMeta";

/// What is wrong with a part of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The path to it: keys, and indices of lists.
    pub(super) path: Vec<String>,
    /// What is wrong.
    pub(super) wrong: Wrong,
}

/// What can be wrong with a part of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Its type has no such field.
    Unknown {
        /// The fields that would be right there.
        known: Vec<&'static str>,
    },
    /// It is under a key that is not possible there.
    Key {
        /// The words for what is possible.
        rule: &'static str,
    },
    /// It is of another type.
    Type {
        /// What it should be.
        expected: Shape,
        /// The words for what it is.
        found: &'static str,
    },
}

/// What is wrong with a tree of this type: fields that there are not, and values of other types. Of a kind
/// that the table lacks only the metadata is known.
pub(super) fn faults(tree: &OpenTree, of: &str) -> Vec<Fault> {
    let mut check = Check::default();
    match position(of) {
        Some(at) => check.value(tree, Shape::Type(TYPES[at].name), &ObjectField::ROOT),
        None => {
            if let Some(metadata) = tree.get("metadata") {
                let field = ObjectField::ROOT.below("metadata");
                check.path.push("metadata".to_owned());
                check.value(metadata, Shape::Type(METADATA), &field);
            }
        }
    }
    check.found
}

#[derive(Default)]
struct Check {
    /// The path to where the check is.
    path: Vec<String>,
    found: Vec<Fault>,
}

impl Check {
    fn value(&mut self, tree: &OpenTree, shape: Shape, field: &ObjectField<'_>) {
        match (shape, tree) {
            (Shape::List(of), Tree::List(items)) => {
                let shape = Shape::read(of);
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    match item {
                        Tree::Null if shape != Shape::Any => self.wrong(item, shape),
                        item => self.value(item, shape, field),
                    }
                    self.path.pop();
                }
            }
            (Shape::Map(of), Tree::Map(entries)) => {
                let shape = Shape::read(of);
                for (key, value) in entries.iter() {
                    self.path.push(key.clone());
                    if let Some(rule) = broken_rule(field, key) {
                        self.found(Wrong::Key { rule });
                    }
                    self.value(value, shape, &field.below(key));
                    self.path.pop();
                }
            }
            (Shape::Type(of), Tree::Map(entries)) => {
                let Some(fields) = fields(of) else { return };
                for (key, value) in entries.iter() {
                    self.path.push(key.clone());
                    match fields.get(key.as_str()) {
                        Some(shape) => self.value(value, *shape, &field.below(key)),
                        None => self.found(Wrong::Unknown {
                            known: fields.keys().copied().collect(),
                        }),
                    }
                    self.path.pop();
                }
            }
            // Null never has a wrong type: it is omitted, and in a patch it removes a field.
            (_, Tree::Null) => {}
            (shape, tree) if fits(tree, shape, field) => {}
            (shape, tree) => self.wrong(tree, shape),
        }
    }

    fn wrong(&mut self, tree: &OpenTree, expected: Shape) {
        let found = match tree {
            Tree::Number(_) if matches!(expected, Shape::Integer | Shape::IntegerOrString) => {
                "a number with a fraction"
            }
            Tree::Text(text) => match text.as_reference() {
                Some(Open::Port { .. }) => A_PORT,
                Some(Open::Parameter(parameter)) => parameter.default.kind(),
                _ => tree.kind(),
            },
            _ => tree.kind(),
        };
        self.found(Wrong::Type { expected, found });
    }

    fn found(&mut self, wrong: Wrong) {
        self.found.push(Fault {
            path: self.path.clone(),
            wrong,
        });
    }
}

/// The rule for the keys of a map that a key breaks.
fn broken_rule(map: &ObjectField<'_>, key: &str) -> Option<&'static str> {
    let (is_fine, rule) = match map.key() {
        "labels" | "annotations" | "matchLabels" => (
            name::is_qualified(key),
            "a key has up to 63 letters, digits, `-`, `_` and `.`, after an optional prefix such as `example.com/`",
        ),
        "data" | "stringData" | "binaryData" => (
            name::is_data_key(key),
            "a key has up to 253 letters, digits, `-`, `_` and `.`",
        ),
        _ => return None,
    };
    (!is_fine).then_some(rule)
}

/// Whether a value with nothing in it is of a type.
fn fits(tree: &OpenTree, shape: Shape, field: &ObjectField<'_>) -> bool {
    let is_integer = |value: &OpenTree| matches!(value, Tree::Number(number) if !number.is_f64());
    match (shape, tree) {
        (Shape::Any, _) => true,
        // What a reference alone becomes depends on what it is: a port becomes a number.
        (shape, Tree::Text(text)) => match text.as_reference() {
            Some(Open::Port { .. }) => match shape {
                Shape::String => field.is_string(),
                Shape::Integer | Shape::Number | Shape::IntegerOrString | Shape::Quantity => true,
                _ => false,
            },
            Some(Open::Parameter(parameter)) => {
                let default = parameter
                    .default
                    .map_text(&mut |text| OpenText::from(text.as_str()));
                fits(&default, shape, field)
            }
            _ => matches!(
                shape,
                Shape::String | Shape::IntegerOrString | Shape::Quantity
            ),
        },
        (Shape::Integer | Shape::IntegerOrString, value) => is_integer(value),
        (Shape::Number | Shape::Quantity, value) => matches!(value, Tree::Number(_)),
        (Shape::Boolean, value) => matches!(value, Tree::Bool(_)),
        (Shape::Object, value) => matches!(value, Tree::Map(_)),
        (Shape::String | Shape::List(_) | Shape::Map(_) | Shape::Type(_), _) => false,
    }
}

/// Puts the fields of a tree into the order in which a person writes them; those that its type does
/// not have stay behind the others.
pub(super) fn arrange<R>(tree: &mut Tree<R>, of: &str) {
    if let Some(at) = position(of) {
        arrange_as(tree, Shape::Type(TYPES[at].name));
    }
}

fn arrange_as<R>(tree: &mut Tree<R>, shape: Shape) {
    match (shape, tree) {
        (Shape::List(of), Tree::List(items)) => {
            let shape = Shape::read(of);
            for item in items {
                arrange_as(item, shape);
            }
        }
        (Shape::Map(of), Tree::Map(entries)) => {
            let shape = Shape::read(of);
            entries
                .values_mut()
                .for_each(|value| arrange_as(value, shape));
        }
        (Shape::Type(of), Tree::Map(entries)) => {
            let Some(fields) = fields(of) else {
                return;
            };
            let place = |key: &String| fields.get_index_of(key.as_str()).unwrap_or(fields.len());
            if !entries.keys().map(place).is_sorted() {
                entries.sort_by_cached_key(|key, _| place(key));
            }
            for (key, value) in entries.iter_mut() {
                if let Some(shape) = fields.get(key.as_str()) {
                    arrange_as(value, *shape);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
