//! Expressions of policy files, with their locations.

use score_spec::{Code, Diagnostic, Node, Sources, Span};

use crate::expression::{Expression, Problem};

/// An expression with its location.
#[derive(Debug)]
pub struct Condition {
    expression: Expression,
    span: Span,
}

impl Condition {
    /// Parses a string of a policy file.
    pub(crate) fn read(
        node: &Node,
        variables: &[&str],
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let text = node.text()?;
        match Expression::parse(text, variables) {
            Ok(expression) => Some(Self {
                expression,
                span: node.span,
            }),
            Err(problem) => {
                diagnostics.push(report(&problem, text, node.span, sources));
                None
            }
        }
    }

    /// The expression.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Its location.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The diagnostic of a failed evaluation.
    pub(crate) fn report(&self, problem: &Problem, sources: &Sources) -> Diagnostic {
        report(problem, self.expression.text(), self.span, sources)
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
