//! The parts of layers that change something, and those that do not.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Code, Diagnostic, Entry, Span};

/// The effects of layers on documents. A layer applies to many documents, and an entry of it is only useless if it
/// changes none of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    applied: BTreeSet<Span>,
    skipped: BTreeMap<Span, Diagnostic>,
}

impl Effects {
    /// Adds the effects on other documents.
    pub fn extend(&mut self, other: Self) {
        self.applied.extend(other.applied);
        self.skipped.extend(other.skipped);
    }

    /// A warning for each entry that changes none of the documents.
    pub fn into_diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        let Self { applied, skipped } = self;
        let useless = skipped.into_iter();
        useless.filter_map(move |(span, found)| (!applied.contains(&span)).then_some(found))
    }

    /// Records an entry that changes a document.
    pub(super) fn applied(&mut self, change: &Entry) {
        self.applied.insert(change.key_span);
    }

    /// Records an entry that does not change a document.
    pub(super) fn skipped(&mut self, change: &Entry, message: &str, help: &str) {
        let found = || {
            Diagnostic::new(
                Code::OverrideNoEffect,
                format!("{message} `{}`", change.key),
            )
            .at(change.key_span, "")
            .help(help)
        };
        self.skipped.entry(change.key_span).or_insert_with(found);
    }
}
