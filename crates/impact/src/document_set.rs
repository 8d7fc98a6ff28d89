//! Sets of documents.

use std::borrow::Cow;
use std::collections::BTreeMap;

use score_compiler::ir::Tree;

use crate::tree::Document;

/// Documents, to look up equal ones.
pub(crate) struct DocumentSet<'a>(BTreeMap<Cow<'a, str>, Vec<&'a Document>>);

impl<'a> FromIterator<&'a Document> for DocumentSet<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Document>>(documents: I) -> Self {
        let mut set = Self(BTreeMap::new());
        for document in documents {
            set.insert(document);
        }
        set
    }
}

impl<'a> DocumentSet<'a> {
    /// Whether it has an equal document.
    pub(crate) fn contains(&self, document: &Document) -> bool {
        let alike = self.0.get(&*fingerprint(document));
        alike.is_some_and(|alike| alike.contains(&document))
    }

    /// Adds a document. Returns whether there was no equal one.
    pub(crate) fn insert(&mut self, document: &'a Document) -> bool {
        let alike = self.0.entry(fingerprint(document)).or_default();
        let is_new = !alike.contains(&document);
        if is_new {
            alike.push(document);
        }
        is_new
    }
}

/// A string that is equal for equal values.
pub(crate) fn fingerprint(value: &Document) -> Cow<'_, str> {
    match value {
        Tree::Text(text) => text
            .as_plain()
            .map_or_else(|| text.redact().into(), Cow::Borrowed),
        Tree::Number(number) => number.to_string().into(),
        Tree::Map(entries) => {
            // The keys can have another order.
            let mut parts: Vec<_> = entries
                .iter()
                .map(|(key, value)| (key, fingerprint(value)))
                .collect();
            parts.sort();
            format!("{parts:?}").into()
        }
        Tree::List(items) => {
            format!("{:?}", items.iter().map(fingerprint).collect::<Vec<_>>()).into()
        }
        Tree::Bool(value) => if *value { "true" } else { "false" }.into(),
        Tree::Null => "null".into(),
    }
}
