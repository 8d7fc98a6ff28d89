//! Label selectors.

use std::collections::BTreeMap;

use score_compiler::ir::Tree;

use crate::document_set::DocumentSet;
use crate::tree::{Document, entries, items, plain, strings};

/// A selector of objects by labels. An empty one selects all.
#[derive(Debug, Default, Clone)]
pub(crate) struct Selector<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    expressions: Vec<&'a Document>,
}

impl<'a> Selector<'a> {
    /// Reads a `LabelSelector`.
    pub(crate) fn read(selector: &'a Document) -> Self {
        Self {
            labels: labels(selector, &["matchLabels"]),
            expressions: items(selector, &["matchExpressions"]).iter().collect(),
        }
    }

    /// Reads a map of labels.
    pub(crate) fn of_labels(map: &'a Document) -> Self {
        Self {
            labels: labels(map, &[]),
            expressions: Vec::new(),
        }
    }

    /// Whether it selects everything that the other one selects, as far as can be told.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let mut labels = self.labels.iter();
        if !labels.all(|(key, value)| other.labels.get(key) == Some(value)) {
            return false;
        }
        let known: DocumentSet<'_> = other.expressions.iter().copied().collect();
        self.expressions.iter().all(|it| known.contains(it))
    }

    /// Whether it selects an object with these labels.
    pub(crate) fn selects(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let mut wanted = self.labels.iter();
        wanted.all(|(key, value)| labels.get(key) == Some(value))
            && self.expressions.iter().all(|it| holds(it, labels))
    }

    /// Whether it selects all objects.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// One of the labels that it requires.
    pub(crate) fn first_label(&self) -> Option<(&'a str, &'a str)> {
        self.labels
            .first_key_value()
            .map(|(key, value)| (*key, *value))
    }

    /// The labels that it requires.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.labels.iter().map(|(key, value)| (*key, *value))
    }
}

fn holds(expression: &Document, labels: &BTreeMap<&str, &str>) -> bool {
    let value = plain(expression, &["key"]).and_then(|key| labels.get(key));
    let values = strings(expression, &["values"]);
    match plain(expression, &["operator"]) {
        Some("In") => value.is_some_and(|value| values.contains(value)),
        Some("NotIn") => value.is_none_or(|value| !values.contains(value)),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        _ => false,
    }
}

/// The labels in the map at a path.
pub(crate) fn labels<'a>(tree: &'a Document, path: &[&str]) -> BTreeMap<&'a str, &'a str> {
    let labels = entries(tree, path);
    let text = |value: &'a Document| match value {
        Tree::Text(text) => text.as_plain(),
        _ => None,
    };
    labels
        .filter_map(|(key, value)| Some((key, text(value)?)))
        .collect()
}
