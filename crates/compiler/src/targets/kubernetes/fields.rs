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
pub(crate) enum Shape {
    /// Not known.
    Any,
    /// An object of a kind that the table lacks: only its metadata is known.
    Custom,
    /// A string, or a reference, which becomes one.
    String(Meaning),
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

/// The meaning of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Any string.
    Text,
    /// A string in which the kubelet replaces `$(NAME)` and `$$`.
    Expanding,
    /// The name of an object of this kind.
    NameOf(&'static str),
    /// The name of an object whose kind, or its plural, is in this field next to it.
    NameBy(&'static str),
    /// The name of an object of an unknown kind.
    Name,
}

impl Meaning {
    /// Reads the type of a field in the table, if it is a string.
    fn read(written: &'static str) -> Option<Self> {
        Some(match (written, written.strip_prefix('@')) {
            ("s", _) => Self::Text,
            ("$", _) => Self::Expanding,
            (_, Some(kind)) if kind.starts_with(|first: char| first.is_ascii_uppercase()) => {
                Self::NameOf(kind)
            }
            (_, Some(field)) => Self::NameBy(field),
            (_, None) => return None,
        })
    }
}

impl Shape {
    /// The shape of a kind of object, or of a part of one with this type, if the table has it.
    pub(super) fn of(name: &str) -> Option<Self> {
        position(name).map(|at| Self::Type(TYPES[at].name))
    }

    /// Reads what the table says.
    pub(super) fn read(written: &'static str) -> Self {
        if let Some(meaning) = Meaning::read(written) {
            return Self::String(meaning);
        }
        match written {
            "a" => Self::Any,
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
            Self::Any | Self::Custom => "a value",
            Self::String(_) => "a string",
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
pub(super) fn fields(of: &str) -> Option<&'static Fields> {
    let Type { line, fields, .. } = &TYPES[position(of)?];
    let read = || {
        let blanks = line.bytes().filter(|byte| *byte == b' ').count();
        let mut fields = Fields::with_capacity_and_hasher(blanks + 1, FixedState::default());
        let each = line.split(' ');
        fields.extend(each.map(|field| match field.split_once(':') {
            Some((field, of)) => (field, Shape::read(of)),
            None => (field, Shape::String(Meaning::Text)),
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

/// The field of every object that says which one it is.
pub(super) const METADATA: &str = "metadata";

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
    check.value(tree, &ObjectField::root(of));
    check.found
}

#[derive(Default)]
struct Check {
    /// The path to where the check is.
    path: Vec<String>,
    found: Vec<Fault>,
}

impl Check {
    fn value(&mut self, tree: &OpenTree, field: &ObjectField<'_>) {
        let shape = field.shape();
        match (shape, tree) {
            (Shape::List(_), Tree::List(items)) => {
                let item_field = field.item();
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    match item {
                        Tree::Null if item_field.shape() != Shape::Any => {
                            self.wrong(item, item_field.shape());
                        }
                        item => self.value(item, &item_field),
                    }
                    self.path.pop();
                }
            }
            (Shape::Map(_), Tree::Map(entries)) => {
                for (key, value) in entries.iter() {
                    self.path.push(key.clone());
                    if let Some(rule) = broken_rule(field, key) {
                        self.found(Wrong::Key { rule });
                    }
                    self.value(value, &field.below(key));
                    self.path.pop();
                }
            }
            (Shape::Type(of), Tree::Map(entries)) => {
                let Some(fields) = fields(of) else { return };
                for (key, value) in entries.iter() {
                    self.path.push(key.clone());
                    if fields.contains_key(key.as_str()) {
                        self.value(value, &field.below(key));
                    } else {
                        self.found(Wrong::Unknown {
                            known: fields.keys().copied().collect(),
                        });
                    }
                    self.path.pop();
                }
            }
            (Shape::Custom, Tree::Map(entries)) => {
                if let Some(metadata) = entries.get(METADATA) {
                    self.path.push(METADATA.to_owned());
                    self.value(metadata, &field.below(METADATA));
                    self.path.pop();
                }
            }
            // Null never has a wrong type: it is omitted, and in a patch it removes a field.
            (_, Tree::Null) => {}
            (shape, tree) if fits(tree, shape) => {}
            (shape, tree) => self.wrong(tree, shape),
        }
    }

    fn wrong(&mut self, tree: &OpenTree, expected: Shape) {
        let found = match tree {
            Tree::Number(_) if matches!(expected, Shape::Integer | Shape::IntegerOrString) => {
                "a number with a fraction"
            }
            Tree::Text(text) => match text.as_reference() {
                Some(Open::Port { .. }) => "a port",
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
fn fits(tree: &OpenTree, shape: Shape) -> bool {
    let is_integer = |value: &OpenTree| matches!(value, Tree::Number(number) if !number.is_f64());
    match (shape, tree) {
        (Shape::Any | Shape::Custom, _) => true,
        // What a reference alone becomes depends on what it is.
        (shape, Tree::Text(text)) => match text.as_reference() {
            Some(Open::Port { .. }) => matches!(
                shape,
                Shape::String(_)
                    | Shape::Integer
                    | Shape::Number
                    | Shape::IntegerOrString
                    | Shape::Quantity
            ),
            Some(Open::Parameter(parameter)) => {
                let default = parameter
                    .default
                    .map_text(&mut |text| OpenText::from(text.as_str()));
                fits(&default, shape)
            }
            _ => matches!(
                shape,
                Shape::String(_) | Shape::IntegerOrString | Shape::Quantity
            ),
        },
        (Shape::Integer | Shape::IntegerOrString, value) => is_integer(value),
        (Shape::Number | Shape::Quantity, value) => matches!(value, Tree::Number(_)),
        (Shape::Boolean, value) => matches!(value, Tree::Bool(_)),
        (Shape::Object, value) => matches!(value, Tree::Map(_)),
        (Shape::String(_) | Shape::List(_) | Shape::Map(_) | Shape::Type(_), _) => false,
    }
}

/// Puts the fields of a tree into the order in which a person writes them; those that its type does
/// not have stay behind the others.
pub(super) fn arrange<R>(tree: &mut Tree<R>, of: &str) {
    if let Some(shape) = Shape::of(of) {
        arrange_as(tree, shape);
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
