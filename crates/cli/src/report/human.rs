//! Diagnostics in a human-readable format.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};
use score_spec::diagnostic::Page;
use score_spec::secret::without_credentials;
use score_spec::{Diagnostic, Severity, SourceId, Sources};
use textwrap::{WordSeparator, WordSplitter};

use crate::report::advice::{advice, environments};
use crate::report::failure::Failure;
use crate::report::printable::{clean, clean_lines};
use crate::report::snippet::Snippet;

/// The maximum number of diagnostics to print.
const MOST: usize = 100;

/// The capabilities of the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether to use colours.
    pub(crate) color: bool,
    /// Whether to use characters other than ASCII.
    pub(crate) unicode: bool,
    /// The number of characters in a line.
    pub(crate) width: usize,
}

/// A diagnostic in the form that the renderer expects.
#[derive(Debug)]
struct Shown<'a> {
    message: String,
    code: Option<&'a str>,
    severity: Severity,
    help: Option<String>,
    snippet: Snippet<'a>,
    labels: Vec<LabeledSpan>,
}

/// The text of all diagnostics, each followed by an empty line.
pub(crate) fn report(
    sources: &Sources,
    diagnostics: &[Diagnostic],
    style: Style,
    errors_only: bool,
) -> String {
    let wanted: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|it| it.waiver.is_none())
        .filter(|it| !errors_only || it.severity == Severity::Error)
        .collect();
    if wanted.is_empty() {
        return String::new();
    }
    let shown = most_important(&wanted).into_iter().cloned();
    let shown: Vec<Diagnostic> = shown.map(|it| it.without_secrets(sources)).collect();
    let mut pages = BTreeMap::new();
    for label in shown.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let id = label.span.source;
        pages
            .entry(id)
            .or_insert_with(|| Page::new(sources.get(id)));
    }
    let handler = handler(style);
    let mut text = String::new();
    for diagnostic in &shown {
        render(&handler, &Shown::new(diagnostic, &pages), &mut text);
        if let Some(environments) = environments(diagnostic) {
            let _ = writeln!(text, "  {}", clean(&environments));
        }
        text.push('\n');
    }
    if shown.len() < wanted.len() {
        let _ = writeln!(text, "... and {} more\n", wanted.len() - shown.len());
    }
    text
}

/// The diagnostics to print, in their order. Errors have priority over warnings.
fn most_important<'a>(diagnostics: &[&'a Diagnostic]) -> Vec<&'a Diagnostic> {
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    let errors = diagnostics.iter().filter(|it| is_error(it)).count();
    let mut warnings = MOST.saturating_sub(errors);
    let wanted = diagnostics.iter().copied().filter(|it| {
        let fits = warnings > 0;
        warnings = warnings.saturating_sub(usize::from(!is_error(it)));
        is_error(it) || fits
    });
    wanted.take(MOST).collect()
}

/// The numbers of errors and warnings, if there are any.
pub(crate) fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let of = |severity| {
        diagnostics
            .iter()
            .filter(|it| it.severity == severity && it.waiver.is_none())
            .count()
    };
    let counts = [
        (of(Severity::Error), "error"),
        (of(Severity::Warning), "warning"),
    ];
    let counts = counts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = counts.map(|(number, noun)| count(number, noun)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A number with its noun, such as `1 file` or `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The text of a failure.
pub(crate) fn failure(failure: &Failure, style: Style) -> String {
    let mut text = String::new();
    let shown = Shown {
        message: clean(&without_credentials(&failure.message)),
        code: None,
        severity: Severity::Error,
        help: failure
            .help
            .as_deref()
            .map(|help| clean(&without_credentials(help))),
        snippet: Snippet::default(),
        labels: Vec::new(),
    };
    render(&handler(style), &shown, &mut text);
    text
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: if style.unicode {
            ThemeCharacters::unicode()
        } else {
            ThemeCharacters::ascii()
        },
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(style.width)
        // Do not break names at `-` or `/`.
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
}

fn render(handler: &GraphicalReportHandler, shown: &Shown, text: &mut String) {
    if handler.render_report(text, shown).is_err() {
        let _ = writeln!(text, "{}: {}", shown.severity, shown.message);
    }
}

impl<'a> Shown<'a> {
    fn new(diagnostic: &'a Diagnostic, pages: &'a BTreeMap<SourceId, Page>) -> Self {
        let mut snippet = Snippet::default();
        let mut labels = Vec::with_capacity(diagnostic.labels.len());
        let mut message = clean_lines(&diagnostic.message);
        for (at, label) in diagnostic.labels.iter().enumerate() {
            let Some(page) = pages.get(&label.span.source) else {
                continue;
            };
            let (start, end) = page.mark(label.span);
            if !page.fits((start, end)) {
                message = format!("{message}\nat {}", page.place(label.span.range().start));
                continue;
            }
            let text = Some(clean(&label.message)).filter(|text| !text.is_empty());
            let place = (snippet.add(page) + start, end - start);
            labels.push(match at {
                0 => LabeledSpan::new_primary_with_span(text, place),
                _ => LabeledSpan::new_with_span(text, place),
            });
        }
        Self {
            message,
            code: Some(diagnostic.id()),
            severity: diagnostic.severity,
            help: advice(diagnostic).map(|help| clean_lines(&help)),
            snippet,
            labels,
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as _)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
