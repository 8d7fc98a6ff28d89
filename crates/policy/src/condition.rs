//! Expressions of policy files, with their locations.

use std::sync::OnceLock;

use score_spec::{Code, Diagnostic, Node, Sources, Span};

use crate::expression::{Expression, Problem};
use crate::subject::On;

/// An expression with its location.
#[derive(Debug)]
pub struct Condition {
    text: String,
    on: On,
    span: Span,
    /// A run evaluates few of the built-in expressions, so each of them is parsed when it is needed.
    expression: OnceLock<Expression>,
}

impl Condition {
    /// Parses a string of a policy file: an expression of a rule for these subjects.
    pub(crate) fn read(
        node: &Node,
        on: On,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = node.text()?;
        match Expression::parse(text, &on.names()) {
            Ok(expression) => Some(Self {
                text: text.to_owned(),
                on,
                span: node.span,
                expression: expression.into(),
            }),
            Err(problem) => {
                diagnostics.push(report(&problem, text, node.span, sources));
                None
            }
        }
    }

    /// An expression of a built-in rule, which a test parses.
    pub(crate) fn built_in(node: &Node, on: On) -> Option<Self> {
        Some(Self {
            text: node.text()?.to_owned(),
            on,
            span: node.span,
            expression: OnceLock::new(),
        })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The expression.
    pub fn expression(&self) -> &Expression {
        let parse = || Expression::parse(&self.text, &self.on.names());
        // Only a built-in expression is parsed here.
        let parse = || parse().unwrap_or_else(|_| Expression::never());
        self.expression.get_or_init(parse)
    }

    /// Its location.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The diagnostic of a failed evaluation.
    pub(crate) fn report(&self, problem: &Problem, sources: &Sources) -> Diagnostic {
        report(problem, &self.text, self.span, sources)
    }
}

fn report(problem: &Problem, text: &str, span: Span, sources: &Sources) -> Diagnostic {
    let place = place(problem.range.clone(), text, span, sources);
    let found = Diagnostic::new(Code::PolicyExpression, problem.message.clone().into_owned());
    let found = found.at(place, "");
    match &problem.help {
        Some(help) => found.help(help.clone()),
        None => found,
    }
}

/// The location of a range of a string that is written at `span`: plain, quoted or as a block. The whole string if
/// it is written with escape sequences.
fn place(range: std::ops::Range<usize>, text: &str, span: Span, sources: &Sources) -> Span {
    let written = sources.slice(span);
    let is_block = written.starts_with(['|', '>']);
    let is_quoted = written.starts_with(['"', '\'']);
    // A block starts with a line of its own.
    let body = if is_block {
        written.find('\n').unwrap_or(0)
    } else {
        usize::from(is_quoted)
    };
    let visible = |text: &str| -> Vec<(usize, char)> {
        let all = text.char_indices();
        all.filter(|(_, c)| !c.is_whitespace()).collect()
    };
    let mut original = visible(&written[body..]);
    if is_quoted {
        original.pop();
    }
    let value = visible(text);
    let is_same = value
        .iter()
        .map(|it| it.1)
        .eq(original.iter().map(|it| it.1));
    let at = |offset: usize| value.partition_point(|it| it.0 < offset);
    // The end of the expression is reported at its last character.
    let first = at(range.start).min(value.len().saturating_sub(1));
    let last = at(range.end).max(first + 1) - 1;
    match (original.get(first), original.get(last)) {
        (Some(start), Some(end)) if is_same => {
            let base = span.start as usize + body;
            Span::new(span.source, base + start.0, base + end.0 + end.1.len_utf8())
        }
        _ => span,
    }
}
