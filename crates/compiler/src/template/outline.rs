//! A template for another engine that fills in its params: everything else is evaluated here.

use std::collections::BTreeSet;

use score_spec::diagnostic::any_error;
use score_spec::{Diagnostic, Span};

use super::body::{LOOP, Loop, Piece};
use super::path::FilePath;
use super::render::{MOST_BYTES, MOST_STEPS, error, inserted, is_true, items, set_item};
use super::{Contents, FOLDER, FileParts, Template, of_template};
use crate::ir::Tree;
use crate::provisioner::expression::{Failure, Passed, Pattern, Scope, json_function};

/// The name for the values of params in expressions.
const PARAMS: &str = "params";

/// A file of a template before its params are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutlineFile {
    /// Its path in the folder of the template, for messages.
    pub written: String,
    /// The location for messages.
    pub span: Span,
    /// Its relative path, with `/` as separator.
    pub path: Vec<OutlinePart>,
    /// Its contents.
    pub contents: OutlineContents,
    /// Whether it is executable.
    pub executable: bool,
}

/// The contents of a file of a template before its params are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a file is rendered or copied")]
pub enum OutlineContents {
    /// Those of a file that is copied.
    Copied(Vec<u8>),
    /// Those of a file that is rendered.
    Rendered(Vec<OutlinePart>),
}

/// A part of a string before params are filled in. No two literal parts follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutlinePart {
    /// Text that does not depend on params.
    Text(String),
    /// The value of a param.
    Param {
        /// Its name.
        name: String,
        /// Whether it is written as JSON.
        is_json: bool,
        /// The location of the expression.
        span: Span,
    },
    /// An expression with params that does more than to insert one.
    Expression(Span),
    /// A statement that depends on params: its word, and the location of its expression.
    Statement(&'static str, Span),
}

impl Template {
    /// The files before params are filled in. Statements and expressions without params are evaluated. Errors are
    /// reported.
    pub fn outline(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<OutlineFile>> {
        let before = diagnostics.len();
        let mut scope = Scope::default();
        scope.define("json", json_function());
        let (mut files, mut steps, mut seen) = (Vec::new(), 0, BTreeSet::new());
        for part in &self.files {
            let mut outline = Outline {
                parts: Vec::new(),
                size: 0,
                steps: &mut steps,
                at: part.path.span,
                unknown: BTreeSet::from([PARAMS.to_owned(), FOLDER.to_owned()]),
            };
            match outline.file(part, &scope) {
                Ok(Some(file)) => {
                    if !seen.insert(key(&file.path)) {
                        diagnostics.push(part.path.twice(&part.path.written));
                    }
                    files.push(file);
                }
                Ok(None) => {}
                Err(failure) => diagnostics.extend(failure.map(|found| of_template(*found))),
            }
        }
        (!any_error(&diagnostics[before..])).then_some(files)
    }
}

/// A path for comparisons.
fn key(path: &[OutlinePart]) -> String {
    let parts = path.iter().map(|part| match part {
        OutlinePart::Text(text) => text.to_lowercase(),
        OutlinePart::Param { name, .. } => format!("{{{{ {name} }}}}"),
        OutlinePart::Expression(span) | OutlinePart::Statement(_, span) => {
            format!("{{{{ {span:?} }}}}")
        }
    });
    parts.collect()
}

struct Outline<'a> {
    parts: Vec<OutlinePart>,
    /// The size of all literal parts of the file.
    size: usize,
    /// The parts of the template so far.
    steps: &'a mut usize,
    /// The location of the last expression.
    at: Span,
    /// The names whose values are not known.
    unknown: BTreeSet<String>,
}

impl Outline<'_> {
    /// A file, unless it has no text.
    fn file(&mut self, file: &FileParts, scope: &Scope) -> Result<Option<OutlineFile>, Failure> {
        self.path(&file.path, scope)?;
        let path = std::mem::take(&mut self.parts);
        let contents = match &file.contents {
            Contents::Copied(bytes) => OutlineContents::Copied(bytes.clone()),
            Contents::Rendered(pieces, start) => {
                self.at = *start;
                self.pieces(pieces, &mut scope.inner())?;
                OutlineContents::Rendered(std::mem::take(&mut self.parts))
            }
        };
        let is_blank =
            |part: &OutlinePart| matches!(part, OutlinePart::Text(text) if text.trim().is_empty());
        if let OutlineContents::Rendered(parts) = &contents
            && parts.iter().all(is_blank)
        {
            return Ok(None);
        }
        Ok(Some(OutlineFile {
            written: file.path.written.clone(),
            span: file.path.span,
            path,
            contents,
            executable: file.executable,
        }))
    }

    fn path(&mut self, path: &FilePath, scope: &Scope) -> Result<(), Failure> {
        for (at, part) in path.parts.iter().enumerate() {
            if at > 0 {
                self.text("/")?;
            }
            if part.uses(&self.unknown) {
                self.pattern(part)?;
            } else {
                self.text(&path.name(part, scope)?)?;
            }
        }
        Ok(())
    }

    /// A string whose value is not known.
    fn pattern(&mut self, pattern: &Pattern) -> Result<(), Failure> {
        let span = pattern.span();
        for part in pattern.passed(PARAMS) {
            let param = |name, is_json| OutlinePart::Param {
                name,
                is_json,
                span,
            };
            match part {
                Passed::Literal(text) => self.text(&text)?,
                Passed::Value(name) => self.parts.push(param(name, false)),
                Passed::Json(name) => self.parts.push(param(name, true)),
                Passed::Computed => self.parts.push(OutlinePart::Expression(span)),
            }
        }
        Ok(())
    }

    fn pieces(&mut self, pieces: &[Piece], scope: &mut Scope) -> Result<(), Failure> {
        for piece in pieces {
            self.step()?;
            match piece {
                Piece::Literal(text, _) => self.text(text)?,
                Piece::Value(pattern) if pattern.uses(&self.unknown) => self.pattern(pattern)?,
                Piece::Value(pattern) => {
                    let value = self.value(pattern, scope)?;
                    self.text(&inserted(&value, self.at)?)?;
                }
                Piece::Set(name, pattern) => {
                    if self.depends("set", pattern) {
                        self.unknown.insert(name.clone());
                    } else {
                        let value = self.value(pattern, scope)?;
                        scope.set(name, &value);
                    }
                }
                Piece::If(branches, otherwise) => self.choice(branches, otherwise, scope)?,
                Piece::For(it) => self.repeat(it, scope)?,
            }
        }
        Ok(())
    }

    /// The text of the condition that is true. If that is not known, the parts of all branches are found.
    fn choice(
        &mut self,
        branches: &[(Pattern, Vec<Piece>)],
        otherwise: &[Piece],
        scope: &mut Scope,
    ) -> Result<(), Failure> {
        let mut depends = false;
        for (condition, pieces) in branches {
            if self.depends("if", condition) {
                depends = true;
            } else if !is_true(&self.value(condition, scope)?) {
                continue;
            } else if !depends {
                return self.pieces(pieces, scope);
            }
            self.pieces(pieces, scope)?;
        }
        self.pieces(otherwise, scope)
    }

    fn repeat(&mut self, it: &Loop, scope: &mut Scope) -> Result<(), Failure> {
        if self.depends("for", &it.list) {
            let names = it.names.iter().cloned().chain([LOOP.to_owned()]);
            self.unknown.extend(names);
            self.pieces(&it.body, &mut scope.inner())?;
            return self.pieces(&it.otherwise, scope);
        }
        let list = self.value(&it.list, scope)?;
        let items = items(it, list)?;
        if items.is_empty() {
            return self.pieces(&it.otherwise, scope);
        }
        let length = items.len();
        for (index, values) in items.into_iter().enumerate() {
            self.at = it.list.span();
            self.step()?;
            let mut inner = scope.inner();
            set_item(&mut inner, it, &values, (index, length));
            self.pieces(&it.body, &mut inner)?;
        }
        Ok(())
    }

    /// Whether a statement depends on params.
    fn depends(&mut self, word: &'static str, pattern: &Pattern) -> bool {
        let depends = pattern.uses(&self.unknown);
        if depends {
            self.parts
                .push(OutlinePart::Statement(word, pattern.span()));
        }
        depends
    }

    fn value(&mut self, pattern: &Pattern, scope: &Scope) -> Result<Tree, Failure> {
        self.at = pattern.span();
        pattern.evaluate(scope)
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.size += text.len();
        if self.size > MOST_BYTES {
            return Err(Some(error("the file would be larger than 1 MiB", self.at)));
        }
        match self.parts.last_mut() {
            Some(OutlinePart::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(OutlinePart::Text(text.to_owned())),
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), Failure> {
        *self.steps += 1;
        if *self.steps > MOST_STEPS {
            let message = format!("the template has more than {MOST_STEPS} parts");
            return Err(Some(error(&message, self.at)));
        }
        Ok(())
    }
}
