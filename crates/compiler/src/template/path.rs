//! The paths of rendered files.

use score_spec::{Code, Diagnostic, Span};

use crate::provisioner::expression::{Failure, Pattern, Scope, to_text};

/// The maximum length of the name of a file or folder in bytes.
const LONGEST_NAME: usize = 128;

/// The maximum length of a path in bytes.
const LONGEST_PATH: usize = 512;

/// The path of a file of a template: the names of folders and of the file, which can contain expressions.
#[derive(Debug)]
pub(super) struct FilePath {
    /// The path in the folder of the template.
    pub(super) written: String,
    pub(super) parts: Vec<Pattern>,
    pub(super) span: Span,
}

impl FilePath {
    /// Parses a path. `span` is the location of errors.
    pub(super) fn parse(
        written: &str,
        suffix: &str,
        span: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let before = diagnostics.len();
        let plain = written.strip_suffix(suffix).unwrap_or(written);
        let parts = plain.split('/');
        let parts = parts.map(|part| Pattern::parse(part, span, diagnostics));
        let parts = parts.collect();
        for found in &mut diagnostics[before..] {
            super::mark(found);
            found.message = format!("in the name of `{written}`: {}", found.message);
        }
        Self {
            written: written.to_owned(),
            parts,
            span,
        }
    }

    /// The path of the rendered file. Errors are reported.
    pub(super) fn render(&self, scope: &Scope) -> Result<String, Failure> {
        let mut path = String::new();
        for part in &self.parts {
            let name = self.name(part, scope)?;
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(&name);
            if path.len() > LONGEST_PATH {
                return Err(Some(self.refused(&name, "makes the path too long")));
            }
        }
        Ok(path)
    }

    /// The name of a folder or of the file.
    pub(super) fn name(&self, part: &Pattern, scope: &Scope) -> Result<String, Failure> {
        let value = part.evaluate(scope).map_err(|failure| {
            failure.map(|mut found| {
                super::mark(&mut found);
                found.message = format!("in the name of `{}`: {}", self.written, found.message);
                found
            })
        })?;
        let text = to_text(&value);
        let name = text.as_plain().unwrap_or_default();
        match problem(name) {
            Some(problem) => Err(Some(self.refused(name, problem))),
            None => Ok(name.to_owned()),
        }
    }

    fn refused(&self, name: &str, problem: &str) -> Box<Diagnostic> {
        let shown: String = name.chars().take(LONGEST_NAME).collect();
        let message = format!(
            "`{}` would become a file or folder with the name `{}`, which {problem}",
            self.written,
            shown.escape_debug()
        );
        let found = Diagnostic::new(Code::TemplateInvalid, message).at(self.span, "");
        Box::new(found.help("restrict the values of the params in the name with a `pattern`"))
    }

    /// The error for two files with one path.
    pub(super) fn twice(&self, path: &str) -> Diagnostic {
        let message = format!(
            "`{}` and another file would both become `{path}`",
            self.written
        );
        let found = Diagnostic::new(Code::TemplateInvalid, message).at(self.span, "");
        found.help("rename one of them; some systems do not tell upper and lower case apart")
    }
}

/// The reason why a file or folder cannot have a name on every system.
fn problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if matches!(name, "." | "..") {
        Some("leads out of its folder")
    } else if name.contains(['/', '\\']) {
        Some("contains a separator of paths")
    } else if name.chars().any(|c| c.is_control() || is_invisible(c)) {
        Some("contains a control character")
    } else if name.contains([':', '*', '?', '"', '<', '>', '|']) {
        Some("contains a character that some systems do not allow")
    } else if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        Some("begins with a space, or ends with a space or a dot")
    } else if name.len() > LONGEST_NAME {
        Some("is too long")
    } else {
        None
    }
}

/// Whether a character has no width, or changes the direction of text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
