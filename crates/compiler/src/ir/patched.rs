//! How patches of provisioners change lists and maps with alternatives. The syntax of a patch, and so the answer, depends on the platform.

use crate::ir::Tree;

/// A field that identifies an item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MergeKey {
    /// The path of the field in an item, separated by `.`.
    pub(crate) path: &'static str,
    /// The value of an omitted field; none if an item without the field has no identity.
    pub(crate) omitted: Option<&'static str>,
}

impl MergeKey {
    /// The value of the field in an item; `null` is none.
    pub(crate) fn value<R: PartialEq>(self, item: &Tree<R>) -> Option<&Tree<R>> {
        let mut steps = self.path.split('.');
        let value = steps.try_fold(item, |at, step| at.get(step));
        value.filter(|value| **value != Tree::Null)
    }
}

/// The effect of a patch on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PatchedList {
    /// Each item is merged with the container of the same name, or with all of them.
    Containers,
    /// Each item is merged with the one that has the same values in these fields. The first alternative
    /// applies whose fields the item has.
    Merged(Vec<Vec<MergeKey>>),
    /// Its items are appended.
    Appended,
    /// It replaces the list.
    Replaced,
}

/// The fields of a map of which a valid object has one, so that a patch with one of them replaces another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternatives {
    /// These fields.
    Of(&'static [&'static str]),
    /// All fields except those.
    AllBut(&'static [&'static str]),
}

impl Alternatives {
    /// Whether a field is one of the alternatives.
    pub(crate) fn contains(self, field: &str) -> bool {
        match self {
            Self::Of(fields) => fields.contains(&field),
            Self::AllBut(others) => !others.contains(&field),
        }
    }
}
