//! The diagnostics of a run, with the data that output formats need.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use score_spec::secret::without_credentials;
use score_spec::{
    Diagnostic, Node, Severity, SourceId, Sources, Span, diagnostic::sort, parse, source::Position,
};

/// The maximum number of diagnostics that a format lists. Counts include all of them.
pub(crate) const MOST_LISTED: usize = 1_000;

/// The diagnostics of a run, sorted by location.
#[derive(Debug)]
pub(crate) struct Findings {
    /// The sources of the diagnostics.
    pub(crate) sources: Sources,
    /// The diagnostics.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The findings with an exception.
    waived: Vec<Diagnostic>,
    /// The Score files of the run.
    pub(crate) specs: Vec<SourceId>,
    /// The Score files that could not be checked completely.
    pub(crate) incomplete: Vec<SourceId>,
    /// The command of the run.
    pub(crate) command: &'static str,
    /// The paths of files in the repository.
    paths: BTreeMap<SourceId, String>,
    documents: BTreeMap<SourceId, OnceCell<Vec<Node>>>,
}

/// A location in machine-readable formats.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// The position of the first character.
    pub(crate) start: Position,
    /// The position after the last character.
    pub(crate) end: Position,
}

impl Findings {
    /// Sorts the diagnostics.
    pub(crate) fn new(
        sources: Sources,
        mut diagnostics: Vec<Diagnostic>,
        specs: Vec<SourceId>,
    ) -> Self {
        sort(&mut diagnostics);
        let shown = diagnostics
            .into_iter()
            .map(|it| it.without_secrets(&sources));
        let (waived, diagnostics) = shown.partition(|it| it.waiver.is_some());
        let documents = sources
            .iter()
            .map(|(id, _)| (id, OnceCell::new()))
            .collect();
        Self {
            sources,
            diagnostics,
            waived,
            specs,
            incomplete: Vec::new(),
            command: "validate",
            paths: BTreeMap::new(),
            documents,
        }
    }

    /// Sets the Score files that could not be checked completely.
    #[must_use]
    pub(crate) fn with_incomplete(mut self, incomplete: Vec<SourceId>) -> Self {
        self.incomplete = incomplete;
        self
    }

    /// Sets the command of the run.
    #[must_use]
    pub(crate) fn with_command(mut self, command: &'static str) -> Self {
        self.command = command;
        self
    }

    /// Sets the paths of files in the repository.
    #[must_use]
    pub(crate) fn with_paths(mut self, paths: BTreeMap<SourceId, String>) -> Self {
        self.paths = paths;
        self
    }

    /// The path of the source of a span for programs that only know the repository. A file outside has
    /// its name.
    pub(crate) fn path(&self, span: Span) -> &str {
        let path = self.paths.get(&span.source);
        path.map_or(self.file(span), String::as_str)
    }

    /// The location of a diagnostic in a file. By default it is the start of a Score file, because some
    /// formats require a location.
    pub(crate) fn place(&self, found: &Diagnostic) -> Option<Span> {
        let in_file = found.span().filter(|span| self.is_in_file(*span));
        in_file.or_else(|| Some(Span::new(*self.specs.first()?, 0, 0)))
    }

    /// The number of diagnostics with a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let all = self.diagnostics.iter();
        all.filter(|found| found.severity == severity).count()
    }

    /// The diagnostics that a format lists.
    pub(crate) fn listed(&self) -> &[Diagnostic] {
        &self.diagnostics[..self.diagnostics.len().min(MOST_LISTED)]
    }

    /// The findings with an exception that a format lists.
    pub(crate) fn waived(&self) -> &[Diagnostic] {
        &self.waived[..self.waived.len().min(MOST_LISTED)]
    }

    /// The name of the source of a span.
    pub(crate) fn file(&self, span: Span) -> &str {
        &self.sources.get(span.source).name
    }

    /// Whether a span is in a file, not in an option.
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

    /// The JSON pointer of a span, if it is in a document.
    pub(crate) fn pointer(&self, span: Span) -> Option<String> {
        // Options and files mounted by Score files are not parsed as documents.
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
        Some(without_credentials(&document.pointer(span)).into_owned())
    }
}
