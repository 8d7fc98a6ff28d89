//! Where in an object a value is, and what that says about the value. Not: which fields there are.

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
    around: Option<&'a Self>,
}

impl ObjectField<'_> {
    /// The object itself.
    pub(crate) const ROOT: Self = Self {
        key: "",
        around: None,
    };

    /// The field with this key in the map that is the value of this field.
    pub(crate) fn below<'b>(&'b self, key: &'b str) -> ObjectField<'b> {
        ObjectField {
            key,
            around: Some(self),
        }
    }

    /// The key of the field, which the items of a list share.
    pub(crate) fn key(&self) -> &str {
        self.key
    }

    /// The key of the map around the field.
    pub(crate) fn parent(&self) -> &str {
        self.around.map_or("", |around| around.key)
    }

    /// Whether Kubernetes accepts nothing but a string as the value. Elsewhere a text that is a port
    /// is a number.
    pub(crate) fn is_string(&self) -> bool {
        let hold_strings = ["data", "stringData", "labels", "annotations", "matchLabels"];
        matches!(self.key, "value" | "command" | "args") || hold_strings.contains(&self.parent())
    }
}
