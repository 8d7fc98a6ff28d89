//! The findings of a run with what every format needs to know about them. Not: a format.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use score_spec::{
    Diagnostic, Node, Position, Severity, SourceId, Sources, Span, diagnostic::sort, parse,
};

/// The most findings that a format lists; the counts cover all.
pub(crate) const MOST_LISTED: usize = 1_000;

/// What a run found, sorted by place.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The texts that the findings point into.
    pub(crate) sources: Sources,
    /// The findings.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The Score files of the run.
    pub(crate) specs: Vec<SourceId>,
    documents: BTreeMap<SourceId, OnceCell<Vec<Node>>>,
}

/// A place as formats for programs write it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// The first character.
    pub(crate) start: Position,
    /// The character behind the last.
    pub(crate) end: Position,
}

impl Findings {
    /// Sorts what was found.
    pub(crate) fn new(
        sources: Sources,
        mut diagnostics: Vec<Diagnostic>,
        specs: Vec<SourceId>,
    ) -> Self {
        sort(&mut diagnostics);
        let documents = sources
            .iter()
            .map(|(id, _)| (id, OnceCell::new()))
            .collect();
        Self {
            sources,
            diagnostics,
            specs,
            documents,
        }
    }

    /// How many findings have a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let all = self.diagnostics.iter();
        all.filter(|found| found.severity == severity).count()
    }

    /// The findings that a format lists.
    pub(crate) fn listed(&self) -> &[Diagnostic] {
        &self.diagnostics[..self.diagnostics.len().min(MOST_LISTED)]
    }

    /// The name of the text that a span lies in.
    pub(crate) fn file(&self, span: Span) -> &str {
        &self.sources.get(span.source).name
    }

    /// Whether a span lies in a file, rather than in an option.
    pub(crate) fn is_in_file(&self, span: Span) -> bool {
        !self.file(span).starts_with("--")
    }

    /// The lines and columns of a span.
    pub(crate) fn range(&self, span: Span) -> Range {
        let bytes = span.range();
        Range {
            start: self.sources.position(span.source, bytes.start),
            end: self.sources.position(span.source, bytes.end),
        }
    }

    /// The JSON pointer of a span in its document, if it lies in one.
    pub(crate) fn pointer(&self, span: Span) -> Option<String> {
        // An option is no document, nor is a file that a Score file mounts.
        let name = self.file(span);
        let is_document = [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| name.ends_with(end))
            || self.specs.contains(&span.source);
        let documents = self
            .documents
            .get(&span.source)
            .filter(|_| is_document)?
            .get_or_init(|| parse(&self.sources, span.source).documents);
        let document = documents
            .iter()
            .find(|document| document.span.contains(span))?;
        Some(document.pointer(span))
    }
}
