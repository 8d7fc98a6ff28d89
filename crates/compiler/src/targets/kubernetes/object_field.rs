//! Fields of objects: their paths and types. The types of kinds that the table of fields contains come from there;
//! for all others, conventions for names apply. Does not define which fields exist.

use std::cell::OnceCell;

use super::fields::{METADATA, Meaning, Shape};

/// The type of the metadata of an object.
const METADATA_TYPE: &str = "meta.v1.ObjectMeta";

/// The label that distinguishes the releases of a chart in selectors. Its value is the name of a component.
pub(super) const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

/// A field of an object, with those around it.
///
/// A recursion over an object carries one of these by reference, not the key of the field and the key of
/// the map around it: rustc 1.91 to 1.95 (LLVM 21 and 22) miscompile recursive functions that pass a
/// parameter on in the place of one before it, such as `walk(value, key, name)` in
/// `walk(tree, parent, key)`. If all other callers pass the same constants, the optimizer takes such a
/// parameter for a constant. A struct of two keys would become two parameters again; one that refers to
/// the field around it does not.
#[derive(Debug)]
pub(crate) struct ObjectField<'a> {
    nesting: Nesting<'a>,
    /// The type of the value, once it is known: all fields of a map ask for that of the map.
    shape: OnceCell<Shape>,
}

/// The place of a field in the object.
#[derive(Debug, Clone, Copy)]
enum Nesting<'a> {
    /// An object, or a part of one.
    Root,
    /// The value of a key of a map, with the map.
    Value(&'a str, &'a ObjectField<'a>),
    /// An item of a list, with the list.
    Item(&'a ObjectField<'a>),
}

impl<'a> ObjectField<'a> {
    /// An object of a kind, or a part of one that has this type.
    pub(crate) fn root(of: &str) -> Self {
        Self {
            nesting: Nesting::Root,
            shape: OnceCell::from(Shape::of(of).unwrap_or(Shape::Custom)),
        }
    }

    fn at(nesting: Nesting<'a>) -> Self {
        Self {
            nesting,
            shape: OnceCell::new(),
        }
    }

    /// The field with this key in the map that is the value of this field.
    pub(crate) fn below<'b>(&'b self, key: &'b str) -> ObjectField<'b> {
        ObjectField::at(Nesting::Value(key, self))
    }

    /// An item of the list that is the value of this field.
    pub(crate) fn item(&self) -> ObjectField<'_> {
        ObjectField::at(Nesting::Item(self))
    }

    /// The type of the value, which is looked up on first use: few values need it.
    pub(crate) fn shape(&self) -> Shape {
        *self.shape.get_or_init(|| match self.nesting {
            Nesting::Root => Shape::Custom,
            Nesting::Value(key, map) => {
                let shape = match map.shape() {
                    Shape::Type(of) => of.fields().get(key).copied(),
                    Shape::Map("s") if key == INSTANCE_LABEL => Some(Shape::String(Meaning::Name)),
                    Shape::Map(of) => Some(Shape::read(of)),
                    Shape::Custom if key == METADATA => Shape::of(METADATA_TYPE),
                    _ => None,
                };
                shape.unwrap_or_else(|| map.by_convention(key))
            }
            Nesting::Item(list) => match list.shape() {
                Shape::List(items) => items.shape(),
                shape => shape,
            },
        })
    }

    /// Whether Kubernetes accepts nothing but a string as the value. Elsewhere a port or a number by
    /// itself is a number.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.shape(), Shape::String(_))
    }

    /// The key of the field, which the items of a list share.
    pub(crate) fn key(&self) -> &str {
        match self.nesting {
            Nesting::Root => "",
            Nesting::Value(key, _) => key,
            Nesting::Item(list) => list.key(),
        }
    }

    /// Whether the field is in the metadata of an object or of a template of one.
    pub(crate) fn is_metadata(&self) -> bool {
        match self.nesting {
            Nesting::Root => false,
            Nesting::Value(_, map) => map.key() == METADATA,
            Nesting::Item(list) => list.is_metadata(),
        }
    }

    /// The likely type of a field below this one if the type of this one is unknown. Most custom resources use
    /// the field names of Kubernetes.
    fn by_convention(&self, key: &str) -> Shape {
        let around = self.key();
        let has = |word: &str| around.to_ascii_lowercase().contains(word);
        Shape::String(match key {
            "secretName" => Meaning::NameOf("Secret"),
            "configMapName" => Meaning::NameOf("ConfigMap"),
            "serviceName" => Meaning::NameOf("Service"),
            "serviceAccountName" => Meaning::NameOf("ServiceAccount"),
            "claimName" => Meaning::NameOf("PersistentVolumeClaim"),
            INSTANCE_LABEL => Meaning::Name,
            "name" => match around {
                "secret" => Meaning::NameOf("Secret"),
                "configMap" => Meaning::NameOf("ConfigMap"),
                "service" => Meaning::NameOf("Service"),
                _ if !around.ends_with("Ref") && !around.ends_with("Refs") => return Shape::Any,
                _ if has("secret") => Meaning::NameOf("Secret"),
                _ if has("configmap") => Meaning::NameOf("ConfigMap"),
                _ => Meaning::Name,
            },
            "value" | "command" | "args" => Meaning::Expanding,
            _ if ["data", "stringData", "labels", "annotations", "matchLabels"]
                .contains(&around) =>
            {
                Meaning::Text
            }
            _ => return Shape::Any,
        })
    }
}
