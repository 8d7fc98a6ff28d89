//! Output documents: structs whose fields become the keys of a [`Tree`] in the order of their
//! declaration, so that no target can misspell a field or write fields in random order.

use score_spec::Map;

use crate::ir::{Text, Tree};

/// A value in an output document whose strings contain references of a certain type.
pub(crate) trait ToTree<R> {
    /// The value as a tree.
    fn to_tree(self) -> Tree<R>;

    /// Whether a struct omits the field: an absent option, an empty list, an empty map.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<R> ToTree<R> for Tree<R> {
    fn to_tree(self) -> Self {
        self
    }
}

impl<R> ToTree<R> for Text<R> {
    fn to_tree(self) -> Tree<R> {
        Tree::Text(self)
    }
}

impl<R> ToTree<R> for String {
    fn to_tree(self) -> Tree<R> {
        Tree::Text(self.into())
    }
}

impl<R> ToTree<R> for &str {
    fn to_tree(self) -> Tree<R> {
        Tree::Text(self.into())
    }
}

impl<R> ToTree<R> for bool {
    fn to_tree(self) -> Tree<R> {
        Tree::Bool(self)
    }
}

macro_rules! integers {
    ($($integer:ty)+) => {$(
        impl<R> ToTree<R> for $integer {
            fn to_tree(self) -> Tree<R> {
                Tree::Number(self.into())
            }
        }
    )+};
}
integers!(u16 u32 u64 i32 i64);

impl<R, T: ToTree<R>> ToTree<R> for Option<T> {
    fn to_tree(self) -> Tree<R> {
        self.map_or(Tree::Null, ToTree::to_tree)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<R, T: ToTree<R>> ToTree<R> for Vec<T> {
    fn to_tree(self) -> Tree<R> {
        Tree::List(self.into_iter().map(ToTree::to_tree).collect())
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<R, T: ToTree<R>> ToTree<R> for Map<T> {
    fn to_tree(self) -> Tree<R> {
        self.into_iter()
            .map(|(key, value)| (key, value.to_tree()))
            .collect()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// Declares a struct and its conversion to a map: one key per field, in order, without absent fields.
///
/// A field whose empty value is meaningful is an `Option`. The types of the fields determine the references
/// of a document.
macro_rules! document {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        pub(crate) struct $name { $($(#[$field_meta])* pub(crate) $field: $type,)+ }

        impl<R> $crate::emit::document::ToTree<R> for $name
        where
            $($type: $crate::emit::document::ToTree<R>,)+
        {
            fn to_tree(self) -> $crate::ir::Tree<R> {
                use $crate::emit::document::ToTree;
                let fields = [$(!<$type as ToTree<R>>::is_absent(&self.$field)),+];
                let mut map = score_spec::Map::default();
                // Most maps of the output are made here, and those that grow take twice the memory.
                map.reserve_exact(fields.into_iter().filter(|is_present| *is_present).count());
                $(if !<$type as ToTree<R>>::is_absent(&self.$field) {
                    map.insert($key.to_owned(), <$type as ToTree<R>>::to_tree(self.$field));
                })+
                map.into()
            }
        }
    };
}
pub(crate) use document;
