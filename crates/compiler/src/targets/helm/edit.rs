//! Documents whose parts are left open: what stands where, and what comes in its place. Not: which parts
//! those are.

use score_spec::Map;

use super::hole::{Body, Hole};
use crate::ir::{Segment, Tree};

/// The key of an entry that stands for more of them.
pub(super) const MORE: &str = "";

/// Entries that the values add, if there are any.
pub(super) fn more(code: &str) -> Tree {
    Hole::block([(format!("with {code}"), Body::Entries(".".to_owned()))])
}

/// A value under its key, if it is not empty.
pub(super) fn below(code: &str) -> Tree {
    Hole::block([(format!("with {code}"), Body::Below(".".to_owned()))])
}

/// An expression behind its key, if the value is not empty.
pub(super) fn behind(code: &str, expression: &str) -> Tree {
    Hole::block([(format!("with {code}"), Body::Behind(expression.to_owned()))])
}

/// What stands at a path: keys, and indices of lists.
pub(super) fn get<'t>(tree: &'t mut Tree, path: &[&str]) -> Option<&'t mut Tree> {
    path.iter().try_fold(tree, |at, step| match at {
        Tree::Map(entries) => entries.get_mut(*step),
        Tree::List(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The map at a path.
pub(super) fn map<'t>(tree: &'t mut Tree, path: &[&str]) -> Option<&'t mut Map<Tree>> {
    match get(tree, path)? {
        Tree::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Puts a hole under a key.
pub(super) fn put(parent: &mut Map<Tree>, key: &str, hole: Tree) {
    parent.insert(key.to_owned(), hole);
}

/// The text, if it holds nothing open.
pub(super) fn plain(tree: &Tree) -> Option<&str> {
    let Tree::Text(text) = tree else {
        return None;
    };
    match text.as_single() {
        Some(Segment::Hole(hole)) => hole.plain(),
        _ => text.as_plain(),
    }
}

/// Whether a tree holds nothing open.
pub(super) fn is_plain(tree: &Tree) -> bool {
    let mut open = false;
    tree.each_text(&mut |text| open |= text.as_plain().is_none());
    !open
}

/// A map without entries.
pub(super) fn empty() -> Tree {
    Map::default().into()
}
