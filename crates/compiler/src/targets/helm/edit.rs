//! Helpers to find parts of a document, to replace them with actions, and to read them if they
//! contain none.

use std::fmt::Write;

use score_spec::{Map, Value};

use super::action::{Action, Body, TemplateTree, argument};
use super::values::Plain;
use crate::emit::yaml;
use crate::ir::{Text, Tree};

/// The key of an action that adds entries to a map.
pub(super) const MORE: &str = "";

/// An action for additional entries from the values, if there are any.
pub(super) fn more(code: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Entries(".".to_owned()))])
}

/// An action for a value below its key, if the value is not empty.
pub(super) fn below(code: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Below(".".to_owned()))])
}

/// An action for an expression on the line of its key, if the value is not empty.
pub(super) fn behind(code: &str, expression: &str) -> TemplateTree {
    Action::block([(format!("with {code}"), Body::Behind(expression.to_owned()))])
}

/// The part of a tree at a path of keys and list indices.
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

pub(super) fn put(parent: &mut Map<TemplateTree>, key: &str, action: TemplateTree) {
    parent.insert(key.to_owned(), action);
}

/// The string, if it contains no action.
pub(super) fn plain(tree: &TemplateTree) -> Option<&str> {
    let Tree::Text(text) = tree else {
        return None;
    };
    match text.as_reference() {
        Some(action) => action.plain(),
        None => text.as_plain(),
    }
}

/// The tree, if it contains no action.
pub(super) fn closed(tree: &TemplateTree) -> Option<Plain> {
    let mut open = false;
    let closed = tree.map_text(&mut |text| {
        let plain = text.as_plain();
        open |= plain.is_none();
        Text::from(plain.unwrap_or_default())
    });
    (!open).then_some(closed)
}

/// An expression for the tree; `None` if a part of it has no expression for its value.
pub(super) fn expression(tree: &TemplateTree) -> Option<String> {
    Some(match tree {
        Tree::Map(entries) => {
            let mut code = "dict".to_owned();
            for (key, value) in &**entries {
                let value = argument(&expression(value)?);
                // Writing to a string does not fail.
                let _ = write!(code, " \"{}\" {value}", yaml::escaped(key));
            }
            code
        }
        Tree::List(items) => {
            let mut code = "list".to_owned();
            for item in items {
                code.push(' ');
                code.push_str(&argument(&expression(item)?));
            }
            code
        }
        Tree::Text(text) => match (plain(tree), text.as_reference()) {
            (Some(plain), _) => format!("\"{}\"", yaml::escaped(plain)),
            (None, Some(action)) => action.name_code()?.to_owned(),
            (None, None) => return None,
        },
        Tree::Null => "nil".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Number(number) => number.to_string(),
    })
}

/// The names of the entries of a map, without those that values add.
pub(super) fn taken(entries: &Map<TemplateTree>) -> Vec<String> {
    let names = entries.keys().filter(|name| *name != MORE);
    names.cloned().collect()
}

/// An empty map.
pub(super) fn empty<R>() -> Value<R> {
    Map::default().into()
}
