//! The findings of an export.

use score_spec::{Code, Diagnostic, Span};

/// The findings in each environment, which has sources of its own.
#[derive(Debug)]
pub(crate) struct Findings(Vec<Vec<Diagnostic>>);

/// A finding that is not complete yet.
pub(crate) struct Finding<'a> {
    found: &'a mut Vec<Diagnostic>,
    diagnostic: Diagnostic,
}

impl Findings {
    pub(crate) fn new(environments: usize) -> Self {
        Self(vec![Vec::new(); environments])
    }

    pub(crate) fn into_inner(self) -> Vec<Vec<Diagnostic>> {
        self.0
    }

    /// A part of the project that the format cannot express, in the environment with this index.
    pub(crate) fn lossy(&mut self, at: usize, message: impl Into<String>) -> Finding<'_> {
        self.found(at, Code::ExportLossy, message.into())
    }

    /// A part that the system needs, or that would be wrong, in the environment with this index.
    pub(crate) fn incomplete(&mut self, at: usize, message: impl Into<String>) -> Finding<'_> {
        self.found(at, Code::ExportIncomplete, message.into())
    }

    fn found(&mut self, at: usize, code: Code, message: String) -> Finding<'_> {
        Finding {
            found: &mut self.0[at],
            diagnostic: Diagnostic::new(code, message),
        }
    }
}

impl Finding<'_> {
    /// Adds the finding at a location, if it has one, with advice.
    pub(crate) fn add(self, span: Option<Span>, help: &'static str) {
        let mut diagnostic = self.diagnostic.help(help);
        if let Some(span) = span {
            diagnostic = diagnostic.at(span, "");
        }
        self.found.push(diagnostic);
    }
}
