//! Access to parts of documents.

use score_compiler::FieldPath;
use score_compiler::ir::{Sealed, Tree};

/// A document: strings can contain sealed secrets.
pub type Document = Tree<Sealed>;

/// The value at a path of keys.
pub(crate) fn at<'a>(tree: &'a Document, path: &[&str]) -> Option<&'a Document> {
    path.iter().try_fold(tree, |tree, key| tree.get(key))
}

/// The string at a path of keys, if it is one without secrets.
pub(crate) fn plain<'a>(tree: &'a Document, path: &[&str]) -> Option<&'a str> {
    match at(tree, path)? {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    }
}

/// The string or number at a path of keys, as a string.
pub(crate) fn scalar(tree: &Document, path: &[&str]) -> Option<String> {
    match at(tree, path)? {
        Tree::Text(text) => text.as_plain().map(str::to_owned),
        Tree::Number(number) => Some(number.to_string()),
        Tree::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The number at a path of keys.
pub(crate) fn number(tree: &Document, path: &[&str]) -> Option<u64> {
    scalar(tree, path)?.parse().ok()
}

/// The boolean at a path of keys.
pub(crate) fn flag(tree: &Document, path: &[&str]) -> Option<bool> {
    match at(tree, path)? {
        Tree::Bool(value) => Some(*value),
        _ => None,
    }
}

/// The items of the list at a path of keys; empty if there is none.
pub(crate) fn items<'a>(tree: &'a Document, path: &[&str]) -> &'a [Document] {
    match at(tree, path) {
        Some(Tree::List(items)) => items,
        _ => &[],
    }
}

/// The strings of the list at a path of keys.
pub(crate) fn strings<'a>(tree: &'a Document, path: &[&str]) -> Vec<&'a str> {
    let items = items(tree, path).iter();
    items.filter_map(|item| plain(item, &[])).collect()
}

/// The entries of the map at a path of keys; empty if there is none.
pub(crate) fn entries<'a>(
    tree: &'a Document,
    path: &[&str],
) -> impl Iterator<Item = (&'a str, &'a Document)> + use<'a> {
    let map = match at(tree, path) {
        Some(Tree::Map(entries)) => Some(entries),
        _ => None,
    };
    let entries = map.into_iter().flat_map(|map| map.iter());
    entries.map(|(key, value)| (key.as_str(), value))
}

/// The path of keys, for a report.
pub(crate) fn path(steps: &[&str]) -> FieldPath {
    steps
        .iter()
        .copied()
        .fold(FieldPath::default(), FieldPath::field)
}
