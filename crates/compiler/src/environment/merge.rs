//! Merging of settings files: maps are merged, `null` removes, anything else is replaced.

use std::collections::BTreeSet;

use score_spec::overlay::Change;
use score_spec::{Diagnostic, Entry, Kind, Node, Overlay, Span};

/// Merges a document over another one.
pub(super) fn merge(base: &mut Node, layer: Node) {
    apply(base, layer.span, Change::Merge(layer));
}

/// The documents merged over each other, starting with the lowest one. Absent without documents.
pub(super) fn merged(layers: Vec<Node>) -> Option<Node> {
    let mut layers = layers.into_iter();
    let mut document = layers.next()?;
    for mut layer in layers {
        let section = layer.get_mut("kubernetes");
        let labels = section.and_then(|section| take(section, "labels"));
        merge(&mut document, layer);
        if let Some(labels) = labels {
            merge_labels(&mut document, &labels);
        }
    }
    Some(document)
}

/// Adds the locked paths of the layers below to those of a layer, which then cannot unlock them.
pub(super) fn keep_locked(below: &[Node], layer: &mut Node) {
    let locked = layer.get_mut("locked").map(|locked| &mut locked.kind);
    let (Some(Kind::List(paths)), Some(inherited)) = (
        locked,
        below.iter().rev().find_map(|layer| layer.get("locked")),
    ) else {
        return;
    };
    let known: BTreeSet<&str> = paths.iter().filter_map(Node::text).collect();
    let inherited = match &inherited.kind {
        Kind::List(inherited) => inherited.as_slice(),
        Kind::Null => &[],
        _ => std::slice::from_ref(inherited),
    };
    let inherited = inherited.iter();
    let missing: Vec<Node> = inherited
        .filter(|path| path.text().is_none_or(|path| !known.contains(path)))
        .cloned()
        .collect();
    paths.splice(0..0, missing);
}

/// Removes an entry of a map, and returns its value.
pub(super) fn take(node: &mut Node, key: &str) -> Option<Node> {
    let Kind::Map(entries) = &mut node.kind else {
        return None;
    };
    let at = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(at).value)
}

/// Merges labels, of which `null` is a value: it removes a default label.
fn merge_labels(document: &mut Node, labels: &Node) {
    let path = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let set = |path: Vec<String>, value: &Node| Change::Set {
        path,
        value: Some(value.clone()),
    };
    if !matches!(labels.kind, Kind::Map(_)) {
        let change = set(path(&["kubernetes", "labels"]), labels);
        return apply(document, labels.span, change);
    }
    for Entry {
        key,
        key_span,
        value,
    } in labels.entries()
    {
        let change = set(path(&["kubernetes", "labels", key]), value);
        apply(document, *key_span, change);
    }
}

fn apply(document: &mut Node, span: Span, change: Change) {
    let overlay = Overlay {
        workload: None,
        span,
        change,
    };
    // A path through a value of the wrong type fails, and the schema reports the value.
    overlay.apply(document, &mut Vec::<Diagnostic>::new());
}
