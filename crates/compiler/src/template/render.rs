//! The text of a template file with values.

use score_spec::{Code, Diagnostic, Number, Span};

use super::body::{LOOP, Loop, Piece};
use super::origin::Origins;
use crate::ir::{Text, Tree};
use crate::provisioner::expression::{Failure, Pattern, Scope, to_text};

/// The maximum size of a rendered file.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// The maximum number of parts that are rendered for a template. A loop counts as often as it runs.
pub(super) const MOST_STEPS: usize = 20_000;

/// The text of a file, and where it is from. The first error ends it. `steps` are the parts of the template so far.
pub(super) fn render(
    pieces: &[Piece],
    scope: &Scope,
    start: Span,
    steps: &mut usize,
) -> Result<(String, Origins), Failure> {
    let mut run = Run {
        out: String::new(),
        origins: Origins::default(),
        steps,
        at: start,
    };
    let mut scope = scope.inner();
    run.pieces(pieces, &mut scope)?;
    Ok((run.out, run.origins))
}

struct Run<'a> {
    out: String,
    origins: Origins,
    steps: &'a mut usize,
    /// The location of the last expression.
    at: Span,
}

impl Run<'_> {
    fn pieces(&mut self, pieces: &[Piece], scope: &mut Scope) -> Result<(), Failure> {
        for piece in pieces {
            self.step()?;
            match piece {
                Piece::Literal(text, span) => self.write(text, *span, true)?,
                Piece::Value(pattern) => {
                    let value = self.value(pattern, scope)?;
                    self.write(&inserted(&value, self.at)?, self.at, false)?;
                }
                Piece::Set(name, pattern) => {
                    let value = self.value(pattern, scope)?;
                    scope.set(name, &value);
                }
                Piece::If(branches, otherwise) => {
                    let mut chosen = otherwise;
                    for (condition, pieces) in branches {
                        if is_true(&self.value(condition, scope)?) {
                            chosen = pieces;
                            break;
                        }
                    }
                    self.pieces(chosen, scope)?;
                }
                Piece::For(it) => self.repeat(it, scope)?,
            }
        }
        Ok(())
    }

    fn repeat(&mut self, it: &Loop, scope: &mut Scope) -> Result<(), Failure> {
        let list = self.value(&it.list, scope)?;
        let span = it.list.span();
        let items = items(it, list)?;
        if items.is_empty() {
            return self.pieces(&it.otherwise, scope);
        }
        let length = items.len();
        for (index, values) in items.into_iter().enumerate() {
            self.at = span;
            self.step()?;
            let mut inner = scope.inner();
            set_item(&mut inner, it, &values, (index, length));
            self.pieces(&it.body, &mut inner)?;
        }
        Ok(())
    }

    fn value(&mut self, pattern: &Pattern, scope: &Scope) -> Result<Tree, Failure> {
        self.at = pattern.span();
        pattern.evaluate(scope)
    }

    fn write(&mut self, text: &str, span: Span, is_literal: bool) -> Result<(), Failure> {
        if self.out.len() + text.len() > MOST_BYTES {
            let found = error("the file would be larger than 1 MiB", self.at);
            return Err(Some(found));
        }
        if !text.is_empty() {
            self.origins.push(self.out.len(), span, is_literal);
        }
        self.out.push_str(text);
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

/// The values for the names of a loop in each of its rounds.
pub(super) fn items(it: &Loop, list: Tree) -> Result<Vec<Vec<Tree>>, Failure> {
    let span = it.list.span();
    match (list, it.names.len()) {
        (Tree::List(items), 1) => Ok(items.into_iter().map(|item| vec![item]).collect()),
        (Tree::List(items), _) => items
            .into_iter()
            .map(|item| match item {
                Tree::List(parts) if parts.len() == it.names.len() => Ok(parts),
                _ => Err(Some(error("not every item of the list is a pair", span))),
            })
            .collect(),
        (Tree::Map(entries), names) => {
            let entries = entries.into_iter();
            let parts = |(key, value)| vec![Tree::Text(Text::from(key)), value];
            let rounds = entries.map(|entry| parts(entry).into_iter().take(names).collect());
            Ok(rounds.collect())
        }
        _ => Err(Some(error("this is neither a list nor a map", span))),
    }
}

/// Sets the names of a loop for a round.
pub(super) fn set_item(
    scope: &mut Scope,
    it: &Loop,
    values: &[Tree],
    (index, length): (usize, usize),
) {
    for (name, value) in it.names.iter().zip(values) {
        scope.set(name, value);
    }
    scope.set(LOOP, &state(index, length));
}

/// The value of an expression as text.
pub(super) fn inserted(value: &Tree, span: Span) -> Result<String, Failure> {
    if let Tree::Null | Tree::List(_) | Tree::Map(_) = value {
        let kind = value.kind();
        let found = error(&format!("the value of the expression is {kind}"), span);
        let help = "write it as JSON with `json(…)`, or use `join` or `default`";
        return Err(Some(Box::new(found.help(help))));
    }
    let text = to_text(value);
    Ok(text.as_plain().unwrap_or_default().to_owned())
}

/// The value of `loop`.
fn state(index: usize, length: usize) -> Tree {
    let number = |number: usize| Tree::Number(Number::from(number as u64));
    [
        ("index".to_owned(), number(index + 1)),
        ("index0".to_owned(), number(index)),
        ("first".to_owned(), Tree::Bool(index == 0)),
        ("last".to_owned(), Tree::Bool(index + 1 == length)),
        ("length".to_owned(), number(length)),
    ]
    .into_iter()
    .collect()
}

/// Whether a value is true as a condition: not empty, zero, null or false.
pub(super) fn is_true(value: &Tree) -> bool {
    match value {
        Tree::Null => false,
        Tree::Bool(value) => *value,
        Tree::Number(number) => number.as_f64() != Some(0.0),
        Tree::Text(text) => text.as_plain() != Some(""),
        Tree::List(items) => !items.is_empty(),
        Tree::Map(entries) => !entries.is_empty(),
    }
}

pub(super) fn error(message: &str, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::TemplateInvalid, message).at(span, ""))
}
