//! Output documents: structs whose fields become the keys of a [`Tree`], in the order in which
//! they are declared, so that no target can misspell a field or write one in a random place.

use score_spec::Map;

use crate::ir::{Text, Tree};

/// What can be a value in an output document.
pub(crate) trait ToTree {
    /// The value as a tree.
    fn to_tree(self) -> Tree;

    /// Whether a struct leaves the field out: an absent option, an empty list, an empty map.
    fn is_absent(&self) -> bool {
        false
    }
}

impl ToTree for Tree {
    fn to_tree(self) -> Tree {
        self
    }
}

impl ToTree for Text {
    fn to_tree(self) -> Tree {
        Tree::Text(self)
    }
}

impl ToTree for String {
    fn to_tree(self) -> Tree {
        Tree::Text(self.into())
    }
}

impl ToTree for &str {
    fn to_tree(self) -> Tree {
        Tree::Text(self.into())
    }
}

impl ToTree for bool {
    fn to_tree(self) -> Tree {
        Tree::Bool(self)
    }
}

macro_rules! integers {
    ($($integer:ty)+) => {$(
        impl ToTree for $integer {
            fn to_tree(self) -> Tree {
                Tree::Number(self.into())
            }
        }
    )+};
}
integers!(u16 u32 u64 i32 i64);

impl<T: ToTree> ToTree for Option<T> {
    fn to_tree(self) -> Tree {
        self.map_or(Tree::Null, ToTree::to_tree)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: ToTree> ToTree for Vec<T> {
    fn to_tree(self) -> Tree {
        Tree::List(self.into_iter().map(ToTree::to_tree).collect())
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToTree> ToTree for Map<T> {
    fn to_tree(self) -> Tree {
        self.into_iter()
            .map(|(key, value)| (key, value.to_tree()))
            .collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Declares a struct and how it becomes a map: one key per field, in order, absent fields left out.
///
/// A field whose empty value means something is an `Option`.
macro_rules! document {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        pub(crate) struct $name { $($(#[$field_meta])* pub(crate) $field: $type,)+ }

        impl $crate::emit::document::ToTree for $name {
            fn to_tree(self) -> $crate::ir::Tree {
                let fields = [$(!$crate::emit::document::ToTree::is_absent(&self.$field)),+];
                let present = fields.into_iter().filter(|present| *present).count();
                let mut map = score_spec::Map::with_capacity_and_hasher(present, foldhash::fast::RandomState::default());
                $(if !$crate::emit::document::ToTree::is_absent(&self.$field) {
                    map.insert($key.to_owned(), $crate::emit::document::ToTree::to_tree(self.$field));
                })+
                map.into()
            }
        }
    };
}
pub(crate) use document;
