//! Access to parts of documents.

use score_compiler::ir::Tree;

use crate::object::Document;

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
