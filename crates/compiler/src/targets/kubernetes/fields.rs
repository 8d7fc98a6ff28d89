//! The fields of the kinds of objects that Kubernetes defines: names, types, merge keys and the
//! customary order. `tests/engines/fields.py` generates the table from the schemas of the API server.
//!
//! The table contains neither formats and ranges of values nor custom resources; these are
//! validated only by a cluster.

mod faults;
mod index;
mod merge;
mod shape;
mod table;
mod union;

pub(super) use self::faults::{Fault, Wrong, faults};
pub(super) use self::merge::{Unmatched, merge};
pub use self::shape::FieldShape;
use self::table::Type;
use crate::ir::{Alternatives, MergeKey, PatchedList, Tree};

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
    /// A list.
    List(Items),
    /// A map, with the type of its values in the notation of the table.
    Map(&'static str),
    /// A map with the fields of this type.
    Type(Type),
}

/// The items of a list, in the notation of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Items {
    /// The type of an item.
    of: &'static str,
    /// The alternatives for merge keys: empty for a set, none if the list has none.
    keys: Option<&'static str>,
}

impl Items {
    fn read(written: &'static str) -> Self {
        match written.split_once('|') {
            Some((of, keys)) => Self {
                of,
                keys: Some(keys),
            },
            None => Self {
                of: written,
                keys: None,
            },
        }
    }

    /// The shape of an item.
    pub(super) fn shape(self) -> Shape {
        Shape::read(self.of)
    }

    /// The fields that identify an item among the others; the last of several alternatives are those
    /// that a new item must have. Empty if equal items are the same.
    pub(super) fn keys(self) -> Vec<Vec<MergeKey>> {
        let alternatives = self.keys.into_iter().flat_map(|keys| keys.split('|'));
        let alternatives = alternatives.filter(|keys| !keys.is_empty());
        let alternatives = alternatives.map(|keys| keys.split(',').map(MergeKey::read).collect());
        alternatives.collect()
    }

    /// Whether a patch replaces the list as a whole, as it does with a list of strings or numbers
    /// that is not a set.
    fn is_replaced(self) -> bool {
        self.keys.is_none()
            && matches!(
                self.shape(),
                Shape::String(_)
                    | Shape::Integer
                    | Shape::Number
                    | Shape::Boolean
                    | Shape::IntegerOrString
                    | Shape::Quantity
            )
    }

    /// The effect of a patch on the list.
    fn patched(self) -> PatchedList {
        let keys = self.keys();
        if self.of == CONTAINER {
            PatchedList::Containers
        } else if self.is_replaced() {
            PatchedList::Replaced
        } else if keys.is_empty() {
            PatchedList::Appended
        } else {
            PatchedList::Merged(keys)
        }
    }
}

impl MergeKey {
    /// Parses a merge key of the table.
    fn read(written: &'static str) -> Self {
        let omitted = written.split_once('=');
        Self {
            path: omitted.map_or(written, |(path, _)| path),
            omitted: omitted.map(|(_, value)| value),
        }
    }
}

/// The effect of a patch of a part of this type on the list at a path, in which any step represents an
/// item of a list. None if there is no list.
pub(super) fn patched_list(of: &str, path: &[&str]) -> Option<PatchedList> {
    match shape_at(of, path)? {
        Shape::List(items) => Some(items.patched()),
        _ => None,
    }
}

/// The alternatives among the fields of the map at a path of a part of this type, if there are any.
pub(super) fn alternatives(of: &str, path: &[&str]) -> Option<Alternatives> {
    union::alternatives(shape_at(of, path)?)
}

fn shape_at(of: &str, path: &[&str]) -> Option<Shape> {
    let mut steps = path.iter();
    steps.try_fold(Shape::of(of)?, |shape, step| match shape.below(step) {
        Shape::Any => None,
        below => Some(below),
    })
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
            ("@", _) => Self::Name,
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
                let items = || Some(Self::List(Items::read(written.strip_prefix('[')?)));
                let values = || written.strip_prefix('{').map(Self::Map);
                let of_type = || Self::of(written).unwrap_or(Self::Any);
                items().or_else(values).unwrap_or_else(of_type)
            }
        }
    }

    /// The shape of the value of a key in a map, or of an item of a list.
    fn below(self, key: &str) -> Self {
        match self {
            Self::Type(of) => of.fields().get(key).copied().unwrap_or(Self::Any),
            Self::Map(of) => Self::read(of),
            Self::List(items) => items.shape(),
            _ => Self::Any,
        }
    }

    /// The items of a list of this shape.
    fn items(self) -> Items {
        match self {
            Self::List(items) => items,
            _ => Items::read("a"),
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

/// The type of containers.
pub(super) const CONTAINER: &str = "core.v1.Container";

/// The type of pod templates.
pub(super) const POD_TEMPLATE: &str = "core.v1.PodTemplateSpec";

/// The name of the type of a kind of object.
pub(super) fn kind(api_version: &str, kind: &str) -> String {
    format!("{api_version}/{kind}")
}

/// The field of every object that identifies it.
pub(super) const METADATA: &str = "metadata";

/// Sorts the fields of a tree into the customary order; unknown fields come last.
pub(super) fn arrange<R>(tree: &mut Tree<R>, of: &str) {
    if let Some(shape) = Shape::of(of) {
        arrange_as(tree, shape);
    }
}

fn arrange_as<R>(tree: &mut Tree<R>, shape: Shape) {
    match (shape, tree) {
        (Shape::List(of), Tree::List(items)) => {
            let shape = of.shape();
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
