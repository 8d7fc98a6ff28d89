//! Pipelines, commands and terms.

use super::super::lex::{Keyword, Kind, Token};
use super::super::literal;
use super::super::tree::{Command, Pipeline, Term, TermKind};
use super::{MAX_VARIABLES, Parser, offset};
use crate::error::{Failure, Outcome};
use crate::value::Str;

impl Parser<'_> {
    /// A pipeline up to the end of its action or the closing parenthesis.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Outcome<Pipeline> {
        let start = self.peek_word()?.start;
        let mut pipeline = Pipeline {
            offset: offset(start),
            end: 0,
            variables: Vec::new(),
            is_assignment: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipeline, context)?;
        loop {
            let token = self.next_word()?;
            if token.kind == end {
                pipeline.end = offset(token.end);
                break;
            }
            if !starts_term(token.kind) {
                return self.unexpected(token, context);
            }
            self.pending.push(token);
            pipeline.commands.push(self.command()?);
        }
        let rest = pipeline.commands.get(1..).unwrap_or_default();
        if pipeline.commands.is_empty() {
            return Err(Failure::invalid(format!("missing value for {context}")).at(start));
        }
        let is_value = |term: &TermKind| {
            matches!(
                term,
                TermKind::Bool(_)
                    | TermKind::Dot
                    | TermKind::Nil
                    | TermKind::Number(_)
                    | TermKind::String(_)
            )
        };
        match rest.iter().find(|command| is_value(&command.first.kind)) {
            Some(command) => {
                let message = "a value after `|` cannot be executed";
                Err(Failure::invalid(message).at(command.first.offset as usize))
            }
            None => Ok(pipeline),
        }
    }

    /// The variables that a pipeline sets, if it does.
    fn declarations(&mut self, pipeline: &mut Pipeline, context: &str) -> Outcome<()> {
        loop {
            let variable = self.next_word()?;
            if variable.kind != Kind::Variable {
                self.pending.push(variable);
                return Ok(());
            }
            let after = self.next()?;
            let next = if after.kind == Kind::Space {
                self.next_word()?
            } else {
                after
            };
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipeline.is_assignment = next.kind == Kind::Assign;
                    self.declare(pipeline, variable)?;
                    return Ok(());
                }
                Kind::Comma => {
                    self.declare(pipeline, variable)?;
                    if context != "range" || pipeline.variables.len() > 1 {
                        return Err(Failure::invalid(format!(
                            "too many declarations in {context}"
                        ))
                        .at(next.start));
                    }
                    let following = self.peek_word()?;
                    if !matches!(
                        following.kind,
                        Kind::Variable | Kind::Close | Kind::RightParen
                    ) {
                        return Err(Failure::invalid("range can only initialize variables")
                            .at(following.start));
                    }
                }
                _ => {
                    self.pending.push(next);
                    // A field follows its variable without space.
                    if after.kind == Kind::Space {
                        self.pending.push(after);
                    }
                    self.pending.push(variable);
                    return Ok(());
                }
            }
        }
    }

    fn declare(&mut self, pipeline: &mut Pipeline, token: Token) -> Outcome<()> {
        if self.variables.len() == MAX_VARIABLES {
            let message = format!("more than {MAX_VARIABLES} variables in a scope");
            return Err(Failure::limit(message).at(token.start));
        }
        let next = offset(self.names.len());
        let number = *self.names.entry(self.content(token)).or_insert(next);
        self.variables.push(number);
        pipeline.variables.push(number);
        Ok(())
    }

    /// A term and its arguments, and the `|` after them.
    fn command(&mut self) -> Outcome<Command> {
        let mut terms = Vec::new();
        loop {
            self.peek_word()?;
            terms.extend(self.operand()?);
            let token = self.next()?;
            match token.kind {
                Kind::Space => {}
                Kind::Close | Kind::RightParen => {
                    self.pending.push(token);
                    break;
                }
                Kind::Pipe => break,
                _ => return self.unexpected(token, "operand"),
            }
        }
        let mut terms = terms.into_iter();
        let Some(first) = terms.next() else {
            let at = self.peek_word()?.start;
            return Err(Failure::invalid("empty command").at(at));
        };
        let arguments = terms.collect();
        Ok(Command { first, arguments })
    }

    /// A term with its fields.
    fn operand(&mut self) -> Outcome<Option<Term>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        loop {
            let token = self.next()?;
            if token.kind != Kind::Field {
                self.pending.push(token);
                break;
            }
            fields.push(self.field(token));
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        let kind = match term.kind {
            TermKind::Field(first) => TermKind::Field([first.into_vec(), fields].concat().into()),
            TermKind::Variable(number, _) => TermKind::Variable(number, fields.into()),
            TermKind::Function(_) | TermKind::Pipeline(_) | TermKind::Chain(..) => {
                let inner = Term {
                    offset: term.offset,
                    kind: term.kind,
                };
                TermKind::Chain(Box::new(inner), fields.into())
            }
            _ => {
                return Err(Failure::invalid("unexpected . after a value").at(term.offset as usize));
            }
        };
        Ok(Some(Term {
            offset: term.offset,
            kind,
        }))
    }

    fn field(&self, token: Token) -> Str {
        self.content(token)[1..].into()
    }

    fn term(&mut self) -> Outcome<Option<Term>> {
        let token = self.next_word()?;
        let at = token.start;
        let kind = match token.kind {
            Kind::Identifier => {
                let name = self.content(token);
                let function = self.functions.find(name);
                let message =
                    || Failure::invalid(format!("function \"{name}\" not defined")).at(at);
                TermKind::Function(function.ok_or_else(message)?)
            }
            Kind::Dot => TermKind::Dot,
            Kind::Keyword(Keyword::Nil) => TermKind::Nil,
            Kind::Variable => TermKind::Variable(self.variable(token)?, Box::default()),
            Kind::Field => TermKind::Field(vec![self.field(token)].into()),
            Kind::Bool => TermKind::Bool(self.content(token) == "true"),
            Kind::Character => {
                let number = literal::character(self.content(token));
                let number = number
                    .ok_or_else(|| Failure::invalid("malformed character constant").at(at))?;
                TermKind::Number(Box::new(number))
            }
            Kind::Number => {
                let number = literal::number(self.content(token));
                TermKind::Number(Box::new(
                    number.map_err(|message| Failure::invalid(message).at(at))?,
                ))
            }
            Kind::LeftParen => {
                let inner = self.nested(at, |it| {
                    it.pipeline("parenthesized pipeline", Kind::RightParen)
                })?;
                TermKind::Pipeline(Box::new(inner))
            }
            Kind::String | Kind::RawString => TermKind::String(self.string(token)?),
            _ => {
                self.pending.push(token);
                return Ok(None);
            }
        };
        Ok(Some(Term {
            offset: offset(at),
            kind,
        }))
    }

    fn variable(&self, token: Token) -> Outcome<u32> {
        let name = self.content(token);
        let number = self.names.get(name).copied();
        let in_scope = number.filter(|number| self.variables.contains(number));
        let message = || format!("undefined variable \"{name}\"");
        in_scope.ok_or_else(|| Failure::invalid(message()).at(token.start))
    }
}

fn starts_term(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::Character
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Keyword(Keyword::Nil)
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen
    )
}
