//! Diagnostics as plain text: snippet, caret and help. Out of scope: colours, and the width of a terminal.

use std::fmt;
use std::ops::Deref;

use super::printable::{clean, clean_lines};
use super::{Diagnostic, Label, Page};
use crate::Sources;

/// Diagnostics with their sources.
///
/// The [`Display`](fmt::Display) implementation prints a snippet with a caret and a help line for each
/// of them. It requires no terminal, and text from inputs cannot forge lines or control a terminal.
///
/// ```
/// use score_spec::{Overlays, Sources, diagnostic::Diagnostics, load};
///
/// let mut sources = Sources::new();
/// let id = sources.add("score.yaml", "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {imgae: x}}\n");
/// let mut found = Vec::new();
/// load(&sources, id, &Overlays::default(), &mut found);
/// let text = Diagnostics::new(&sources, &found).to_string();
/// assert!(text.contains("
///  --> score.yaml:3:21
///   |
/// 3 | containers: {main: {imgae: x}}
///   |                     ^^^^^
///   = help: did you mean `image`?"), "{text}");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Diagnostics<'a> {
    sources: &'a Sources,
    found: &'a [Diagnostic],
}

impl<'a> Diagnostics<'a> {
    /// Combines diagnostics with their sources.
    pub fn new(sources: &'a Sources, found: &'a [Diagnostic]) -> Self {
        Self { sources, found }
    }

    /// The sources.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        super::any_error(self.found)
    }
}

impl Deref for Diagnostics<'_> {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        self.found
    }
}

impl<'a> IntoIterator for Diagnostics<'a> {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.iter()
    }
}

impl fmt::Display for Diagnostics<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, found) in self.found.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", found.display(self.sources))?;
        }
        Ok(())
    }
}

impl Diagnostic {
    /// The diagnostic as text of several lines, with snippets of its sources.
    pub fn display<'a>(&'a self, sources: &'a Sources) -> impl fmt::Display + 'a {
        Shown {
            diagnostic: self.clone().without_secrets(sources),
            sources,
        }
    }
}

/// A diagnostic with its sources.
struct Shown<'a> {
    diagnostic: Diagnostic,
    sources: &'a Sources,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.diagnostic;
        let message = clean_lines(&found.message).replace('\n', "\n  ");
        writeln!(f, "{}[{}]: {message}", found.severity, found.id())?;
        let width = self.width();
        for (at, label) in found.labels.iter().enumerate() {
            self.excerpt(label, at == 0, width, f)?;
        }
        let indent = " ".repeat(width);
        let help = clean_lines(&found.advice()).replace('\n', &format!("\n{indent}   "));
        writeln!(f, "{indent} = help: {help}")
    }
}

impl Shown<'_> {
    /// The number of digits of the largest line number.
    fn width(&self) -> usize {
        let lines = self.diagnostic.labels.iter().map(|label| {
            let span = label.span;
            self.sources.position(span.source, span.range().start).line
        });
        lines.max().unwrap_or(1).to_string().len()
    }

    /// The location of a label, and the first line of the labelled text unless it is hidden or too
    /// long.
    fn excerpt(
        &self,
        label: &Label,
        is_first: bool,
        width: usize,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let page = Page::new(self.sources.get(label.span.source));
        let (indent, arrow) = (" ".repeat(width), if is_first { "-->" } else { ":::" });
        let place = page.place(label.span.range().start);
        writeln!(f, "{indent}{arrow} {place}")?;
        let message = clean(&label.message);
        let (start, end) = page.mark(label.span);
        if !page.fits((start, end)) {
            if !message.is_empty() {
                writeln!(f, "{indent} | {message}")?;
            }
            return Ok(());
        }
        let line = page.line(start);
        let range = page.start(line)..page.end(line);
        let text = page.text().get(range).unwrap_or_default().trim_end();
        let before = page.column(line, start);
        let marked = page.column(line, end.min(page.end(line)));
        let most = text.chars().count();
        let carets = marked.min(most).saturating_sub(before).max(1);
        // Tabs are kept, so that carets are aligned with the text.
        let tabs = text.chars().take(before);
        let pad: String = tabs.map(|c| if c == '\t' { c } else { ' ' }).collect();
        let (number, carets) = (line + 1, "^".repeat(carets));
        writeln!(f, "{indent} |")?;
        writeln!(f, "{number:>width$} | {text}")?;
        writeln!(
            f,
            "{}",
            format!("{indent} | {pad}{carets} {message}").trim_end()
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::{Code, Diagnostic, Sources, Span};

    #[test]
    fn excerpts_have_carets_and_nothing_forges_a_line() {
        let mut sources = Sources::new();
        let id = sources.add("a\n.yaml", "x: 1\n\tü: \u{1b}[31mred\nz: 3\n");
        let hidden = sources.add("key", "secret");
        sources.hide(hidden);
        let found = Diagnostic::new(Code::SpecInvalidValue, "wrong\nerror: forged")
            .at(Span::new(id, 10, 14), "here\nthere")
            .at(Span::new(id, 5, 24), "")
            .at(Span::new(hidden, 0, 3), "not shown")
            .help("fix it");
        assert_eq!(
            found.display(&sources).to_string(),
            "error[spec/invalid-value]: wrong\n  error: forged\n \
             --> a\\n.yaml:2:5\n  |\n2 | \tü: ?[31mred\n  | \t   ^^^^ here\\nthere\n \
             ::: a\\n.yaml:2:1\n  |\n2 | \tü: ?[31mred\n  | ^^^^^^^^^^^^\n \
             ::: key:1:1\n  | not shown\n  = help: fix it\n"
        );
    }
}
