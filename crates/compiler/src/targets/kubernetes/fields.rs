//! The fields of common kinds of objects: names, types and the customary order.
//! `tests/engines/fields.py` generates the table from the schemas of the API server.
//!
//! The table contains neither formats and ranges of values nor custom resources; these are
//! validated only by a cluster.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::object_field::ObjectField;
use super::reference::{Open, OpenText, OpenTree};
use crate::ir::{Tree, name};

/// The fields of a type with their shapes, in the customary order.
type Fields = IndexMap<&'static str, Shape, FixedState>;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An unknown type.
    Any,
    /// An object of a kind that is not in the table: only its metadata has a known type.
    Custom,
    /// A string, or a reference, whose value is one.
    String(Meaning),
    Integer,
    Number,
    Boolean,
    /// An integer or a string, such as a port.
    IntegerOrString,
    /// A number or a string, such as an amount of memory.
    Quantity,
    /// A map with arbitrary content.
    Object,
    /// A list, with the type of its items in the notation of the table.
    List(&'static str),
    /// A map, with the type of its values in the notation of the table.
    Map(&'static str),
    /// A map with the fields of this type.
    Type(&'static Type),
}

/// The meaning of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An arbitrary string.
    Text,
    /// A string in which the kubelet replaces `$(NAME)` and `$$`.
    Expanding,
    /// The name of an object of this kind.
    NameOf(&'static str),
    /// The name of an object whose kind, or its plural, is in the sibling field with this name.
    NameBy(&'static str),
    /// The name of an object of unknown kind.
    Name,
}

impl Meaning {
    /// Parses the type of a field in the table, if it is a string.
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
    /// The shape of a kind of object or of a named type, if it is in the table.
    pub(super) fn of(name: &str) -> Option<Self> {
        Type::named(name).map(Self::Type)
    }

    /// Parses the type of a field in the table.
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
                let of_type = || Self::of(written).unwrap_or(Self::Any);
                items.or_else(values).unwrap_or_else(of_type)
            }
        }
    }

    /// The name of the shape in messages, with an article.
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

/// A type, with its line of the table, which is parsed on first use.
pub(crate) struct Type {
    name: &'static str,
    line: &'static str,
    fields: OnceLock<Fields>,
}

impl Type {
    /// The type with this name, if it is in the table.
    fn named(name: &str) -> Option<&'static Self> {
        let at = TYPES.binary_search_by_key(&name, |known| known.name).ok()?;
        Some(&TYPES[at])
    }

    /// The name of the type.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The fields of the type.
    pub(super) fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| {
            let blanks = self.line.bytes().filter(|byte| *byte == b' ').count();
            let mut fields = Fields::with_capacity_and_hasher(blanks + 1, FixedState::default());
            let each = self.line.split(' ');
            fields.extend(each.map(|field| match field.split_once(':') {
                Some((field, of)) => (field, Shape::read(of)),
                None => (field, Shape::String(Meaning::Text)),
            }));
            fields
        })
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Type {}

/// Only the name, because types may contain themselves.
impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The types, sorted by name like the table.
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

/// The type of pod templates.
pub(super) const POD_TEMPLATE: &str = "core.v1.PodTemplateSpec";

/// The name of the type of a kind of object.
pub(super) fn kind(api_version: &str, kind: &str) -> String {
    format!("{api_version}/{kind}")
}

/// The field of every object that identifies it.
pub(super) const METADATA: &str = "metadata";

/// A problem in a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The path to the value: keys, and indices of lists.
    pub(super) path: Vec<String>,
    /// The kind of problem.
    pub(super) wrong: Wrong,
}

/// The kinds of problems.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The type has no field with this name.
    Unknown {
        /// The fields of the type.
        known: Vec<&'static str>,
    },
    /// The map does not allow the key.
    Key {
        /// The description of allowed keys.
        rule: &'static str,
    },
    /// The value has a wrong type.
    Type {
        /// The expected type.
        expected: Shape,
        /// The name of the actual type, with an article.
        found: &'static str,
    },
}

/// The problems of a tree of this type: unknown fields and values of wrong types. For kinds that
/// are not in the table, only the metadata is checked.
pub(super) fn faults(tree: &OpenTree, of: &str) -> Vec<Fault> {
    let mut check = Check::default();
    check.value(tree, &ObjectField::root(of));
    check.found
}

#[derive(Default)]
struct Check {
    /// The path of the current value.
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
                let fields = of.fields();
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

/// The rule for the keys of a map that a key violates.
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

/// Whether a value, not considering its content, has this type.
fn fits(tree: &OpenTree, shape: Shape) -> bool {
    let is_integer = |value: &OpenTree| matches!(value, Tree::Number(number) if !number.is_f64());
    match (shape, tree) {
        (Shape::Any | Shape::Custom, _) => true,
        // The type of a single reference depends on the reference.
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

/// Sorts the fields of a tree into the customary order; unknown fields come last.
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
            let fields = of.fields();
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
