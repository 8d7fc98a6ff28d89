//! The problems that the table of fields finds in objects and patches.

use super::{CONTAINER, Items, METADATA, Shape};
use crate::ir::{MergeKey, Tree, name};
use crate::targets::kubernetes::object_field::ObjectField;
use crate::targets::kubernetes::reference::{Open, OpenText, OpenTree};

/// A problem in a tree.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Fault {
    /// The path to the value: keys, and indices of lists.
    pub(in super::super) path: Vec<String>,
    /// The kind of problem.
    pub(in super::super) wrong: Wrong,
}

/// The kinds of problems.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Wrong {
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
    /// An item of a list does not have the fields that identify it.
    Unidentified {
        /// The items of the list.
        items: Items,
    },
}

/// The problems of a tree of this type: unknown fields and values of wrong types. For kinds that
/// are not in the table, only the metadata is checked.
pub(in super::super) fn faults(tree: &OpenTree, of: &str) -> Vec<Fault> {
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
            (Shape::List(of), Tree::List(items)) => {
                let item_field = field.item();
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    match item {
                        Tree::Null if item_field.shape() != Shape::Any => {
                            self.wrong(item, item_field.shape());
                        }
                        item => {
                            self.value(item, &item_field);
                            self.identity(item, of);
                        }
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

    /// Reports a missing merge key of an item. Containers of patches without a name are reported when
    /// the patch is applied.
    fn identity(&mut self, item: &OpenTree, items: Items) {
        if !matches!(item, Tree::Map(_)) || items.of == CONTAINER {
            return;
        }
        let keys = items.keys();
        let has = |key: &MergeKey| key.omitted.is_some() || key.value(item).is_some();
        if !keys.is_empty() && !keys.iter().any(|keys| keys.iter().all(has)) {
            self.found(Wrong::Unidentified { items });
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
