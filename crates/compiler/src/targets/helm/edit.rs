//! Documents whose parts are left open: what stands where, and what comes in its place. Not: which parts
//! those are.

use score_spec::{Map, Value};

use super::action::{Action, Body, TemplateTree};
use super::values::Plain;
use crate::ir::{Text, Tree};

/// The key of an entry that stands for more of them.
pub(super) const MORE: &str = "";

/// Entries that the values add, if there are any.
pub(super) fn more(code: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Entries(".".to_owned()))])
}

/// A value under its key, if it is not empty.
pub(super) fn below(code: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Below(".".to_owned()))])
}

/// An expression behind its key, if the value is not empty.
pub(super) fn behind(code: &str, expression: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Behind(expression.to_owned()))])
}

/// What stands at a path: keys, and indices of lists.
pub(super) fn get<'t, R>(tree: &'t mut Tree<R>, path: &[&str]) -> Option<&'t mut Tree<R>> {
    path.iter().try_fold(tree, |at, step| match at {
        Tree::Map(entries) => entries.get_mut(*step),
        Tree::List(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The map at a path.
pub(super) fn map<'t, R>(tree: &'t mut Tree<R>, path: &[&str]) -> Option<&'t mut Map<Tree<R>>> {
    match get(tree, path)? {
        Tree::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Puts a hole under a key.
pub(super) fn put(parent: &mut Map<TemplateTree>, key: &str, action: TemplateTree) {
    parent.insert(key.to_owned(), action);
}

/// The text, if it holds nothing open.
pub(super) fn plain(tree: &TemplateTree) -> Option<&str> {
    let Tree::Text(text) = tree else {
        return None;
    };
    match text.as_reference() {
        Some(action) => action.plain(),
        None => text.as_plain(),
    }
}

/// The tree, if it holds nothing open.
pub(super) fn closed(tree: &TemplateTree) -> Option<Plain> {
    let mut open = false;
    let closed = tree.map_text(&mut |text| {
        let plain = text.as_plain();
        open |= plain.is_none();
        Text::from(plain.unwrap_or_default())
    });
    (!open).then_some(closed)
}

/// A map without entries.
pub(super) fn empty<R>() -> Value<R> {
    Map::default().into()
}
