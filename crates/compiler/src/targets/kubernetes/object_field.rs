//! Fields of objects: their paths and types. The types of kinds that the table of fields contains come from there;
//! for all others, conventions for names apply. Does not define which fields exist.

use super::fields::{METADATA, Meaning, Shape, fields};

/// The type of the metadata of an object.
const METADATA_TYPE: &str = "meta.v1.ObjectMeta";

/// The label that distinguishes the releases of a chart in selectors. Its value is the name of a component.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// A field of an object, with those around it.
///
/// A recursion over an object carries one of these by reference, not the key of the field and the key of
/// the map around it: rustc 1.91 to 1.95 (LLVM 21 and 22) miscompile recursive functions that pass a
/// parameter on in the place of one before it, such as `walk(value, key, name)` in
/// `walk(tree, parent, key)`. If all other callers pass the same constants, the optimizer takes such a
/// parameter for a constant. A struct of two keys would become two parameters again; one that refers to
/// the field around it does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObjectField<'a> {
    key: &'a str,
    shape: Shape,
    around: Option<&'a Self>,
}

impl<'a> ObjectField<'a> {
    /// An object of a kind, or a part of one that has this type.
    pub(crate) fn root(of: &str) -> Self {
        Self {
            key: "",
            shape: Shape::of(of).unwrap_or(Shape::Custom),
            around: None,
        }
    }

    /// The field with this key in the map that is the value of this field.
    pub(crate) fn below<'b>(&'b self, key: &'b str) -> ObjectField<'b>
    where
        'a: 'b,
    {
        let shape = match self.shape {
            Shape::Type(of) => fields(of).and_then(|fields| fields.get(key).copied()),
            Shape::Map("s") if key == INSTANCE => Some(Shape::String(Meaning::Name)),
            Shape::Map(of) => Some(Shape::read(of)),
            Shape::Custom if key == METADATA => Some(Shape::Type(METADATA_TYPE)),
            _ => None,
        };
        ObjectField {
            key,
            shape: shape.unwrap_or_else(|| self.by_convention(key)),
            around: Some(self),
        }
    }

    /// An item of the list that is the value of this field.
    pub(crate) fn item(&self) -> Self {
        let shape = match self.shape {
            Shape::List(of) => Shape::read(of),
            shape => shape,
        };
        Self { shape, ..*self }
    }

    /// The type of the value.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether Kubernetes accepts nothing but a string as the value. Elsewhere a port or a number by
    /// itself is a number.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.shape, Shape::String(_))
    }

    /// The key of the field, which the items of a list share.
    pub(crate) fn key(&self) -> &str {
        self.key
    }

    /// Whether the field is in the metadata of an object or of a template of one.
    pub(crate) fn is_metadata(&self) -> bool {
        self.around.is_some_and(|around| around.key == METADATA)
    }

    /// The likely type of a field below this one if the type of this one is unknown. Most custom resources use
    /// the field names of Kubernetes.
    fn by_convention(&self, key: &str) -> Shape {
        let around = self.key;
        let has = |word: &str| around.to_ascii_lowercase().contains(word);
        Shape::String(match key {
            "secretName" => Meaning::NameOf("Secret"),
            "configMapName" => Meaning::NameOf("ConfigMap"),
            "serviceName" => Meaning::NameOf("Service"),
            "serviceAccountName" => Meaning::NameOf("ServiceAccount"),
            "claimName" => Meaning::NameOf("PersistentVolumeClaim"),
            INSTANCE => Meaning::Name,
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
