//! The labels of all objects, which are a value of charts for several environments.

use score_spec::Map;

use super::action::{Action, argument};
use super::edit::{MORE, below, empty, map, more, plain};
use crate::emit::yaml;
use crate::ir::Tree;
use crate::targets::kubernetes::Object;

/// The value that contains the labels.
const CODE: &str = "$.Values.global.labels";

/// The labels that select pods, which no value can change.
pub(super) const SELECTORS: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];

/// Replaces the labels of all objects by an action, and returns the expression for them. A label
/// that the object itself sets or lacks is not taken from the value.
pub(super) fn replace(object: &mut Object<Action>, common: &Map<String>) -> Option<String> {
    let metadata = map(&mut object.tree, &["metadata"])?;
    let labels = metadata.entry("labels".to_owned()).or_insert_with(empty);
    let Tree::Map(entries) = labels else {
        return None;
    };
    let has_none = entries.is_empty();
    let mut omitted = Vec::new();
    for (name, label) in common {
        match entries.get(name).and_then(plain) {
            Some(own) if own == label => drop(entries.shift_remove(name)),
            _ => omitted.push(name.clone()),
        }
    }
    let others = entries.keys().filter(|name| {
        let is_fixed = SELECTORS.contains(&name.as_str());
        !is_fixed && !common.contains_key(*name)
    });
    omitted.extend(others.cloned());
    let code = if omitted.is_empty() {
        CODE.to_owned()
    } else {
        omitted.sort_unstable();
        let names = omitted.iter().map(|name| yaml::escaped(name));
        names.fold(format!("omit {CODE}"), |code, name| {
            format!("{code} \"{name}\"")
        })
    };
    if has_none {
        *labels = below(&code);
    } else {
        entries.insert(MORE.to_owned(), more(&code));
    }
    Some(argument(&code))
}
