//! Sets of documents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

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
    if let Tree::Text(text) = value
        && let Some(plain) = text.as_plain()
    {
        return Cow::Borrowed(plain);
    }
    let mut out = String::new();
    write_fingerprint(value, &mut out);
    out.into()
}

/// Writes a value so that its end is known without what follows, so that nothing needs to be escaped.
fn write_fingerprint(value: &Document, out: &mut String) {
    // Writing to a string does not fail.
    let _ = match value {
        Tree::Text(text) => {
            let plain = text.as_plain().map(Cow::Borrowed);
            let text = plain.unwrap_or_else(|| text.redact().into());
            write!(out, "s{}:{text}", text.len())
        }
        Tree::Number(number) => write!(out, "n{number};"),
        Tree::Map(entries) => {
            let written = write!(out, "m{};", entries.len());
            // The keys can have another order.
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (key, value) in entries {
                let _ = write!(out, "{}:{key}", key.len());
                write_fingerprint(value, out);
            }
            written
        }
        Tree::List(items) => {
            let written = write!(out, "l{};", items.len());
            for item in items {
                write_fingerprint(item, out);
            }
            written
        }
        Tree::Bool(value) => write!(out, "b{value};"),
        Tree::Null => write!(out, "0"),
    };
}

#[cfg(test)]
mod tests {
    use score_compiler::ir::Tree;

    use super::{Document, fingerprint};

    #[test]
    fn the_length_of_a_fingerprint_is_that_of_the_value() {
        let mut deep: Document = Tree::Text("a".into());
        for _ in 0..128 {
            deep = Tree::List(vec![[("k".to_owned(), deep)].into_iter().collect()]);
        }
        assert!(fingerprint(&deep).len() < 2000);
    }

    #[test]
    fn fingerprints_of_different_values_differ() {
        let text = |text: &str| -> Document { Tree::Text(text.into()) };
        let lists = [
            vec![text("a"), text("b")],
            vec![text("as1:b")],
            vec![text("a"), Tree::List(vec![text("b")])],
            vec![Tree::Bool(true)],
            vec![text("true")],
            vec![Tree::Null],
            vec![],
        ];
        let lists = lists.map(Tree::List);
        let mut found: Vec<_> = lists.iter().map(fingerprint).collect();
        found.sort();
        found.dedup();
        assert_eq!(found.len(), lists.len());
    }
}
