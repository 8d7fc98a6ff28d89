//! The table of fields for other crates.

use super::{METADATA, Shape, kind};
use crate::ir::{MergeKey, Tree};

/// The type of a field of a Kubernetes object, from the schemas of the API server. Fields of custom resources have no
/// known type, except their metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldShape(Shape);

impl FieldShape {
    /// A field of unknown type.
    pub const UNKNOWN: Self = Self(Shape::Any);

    /// The type of an object, if Kubernetes itself defines its kind.
    pub fn of(api_version: &str, kind_name: &str) -> Option<Self> {
        Shape::of(&kind(api_version, kind_name)).map(Self)
    }

    /// The type of the metadata of every object.
    pub fn of_metadata() -> Self {
        Shape::of("v1/ConfigMap").map_or(Self::UNKNOWN, |of| Self(of.below(METADATA)))
    }

    /// The type of the value of a key.
    #[must_use]
    pub fn field(self, key: &str) -> Self {
        Self(self.0.below(key))
    }

    /// The type of the items of a list.
    #[must_use]
    pub fn item(self) -> Self {
        Self(self.0.items().shape())
    }

    /// The name of the type of a map with fields, such as `core.v1.Container`.
    pub fn type_name(self) -> Option<&'static str> {
        match self.0 {
            Shape::Type(of) => Some(of.name()),
            _ => None,
        }
    }

    /// Whether the value is an amount, such as `1Gi`.
    pub fn is_quantity(self) -> bool {
        self.0 == Shape::Quantity
    }

    /// Whether the value is a list whose order has no meaning, and whose items are identified by their value.
    pub fn is_set(self) -> bool {
        matches!(self.0, Shape::List(items) if items.keys == Some(""))
    }

    /// The identity of an item of this list by each alternative of merge keys; none if the item lacks one of the
    /// keys. Empty if the list has no merge keys.
    pub fn identities<R: PartialEq>(self, item: &Tree<R>) -> Vec<Option<String>> {
        let alternatives = self.0.items().keys().into_iter();
        let of = |keys: Vec<MergeKey>| {
            let values = keys.iter().map(|key| identity(*key, item));
            values
                .collect::<Option<Vec<String>>>()
                .map(|it| it.join("/"))
        };
        alternatives.map(of).collect()
    }
}

/// The value of a merge key as a string; none if it is missing or not known.
fn identity<R: PartialEq>(key: MergeKey, item: &Tree<R>) -> Option<String> {
    match key.value(item) {
        Some(Tree::Text(text)) => text.as_plain().map(str::to_owned),
        Some(Tree::Number(number)) => Some(number.to_string()),
        Some(_) => None,
        None => key.omitted.map(str::to_owned),
    }
}
