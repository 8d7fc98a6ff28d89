//! A template as YAML in which tokens stand for its actions, so that it can be parsed before it is rendered.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use score_gotemplate::outline::{Expression, Part as Piece};

use super::expression::either;
use super::pattern::{Form, Level, Pattern, Reason, Segment, Term};
use super::scope::Scope;
use crate::list::Part;

/// The maximum number of conditions of a block.
const MAX_ARMS: usize = 10;

/// The text with tokens, and what the tokens stand for.
pub(super) struct Flat<'a> {
    pub(super) template: &'a str,
    pub(super) text: String,
    pub(super) slots: Vec<Slot>,
    pub(super) marks: Vec<Mark>,
    /// Conditions under which the template fails, with the messages.
    pub(super) checks: Vec<(Term, Term)>,
    /// Offsets of the text with those of the template.
    anchors: Vec<(usize, usize)>,
    prefix: String,
}

/// A value in the text.
pub(super) struct Slot {
    pub(super) value: Result<Pattern, Reason>,
    /// How the value is printed.
    pub(super) style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// In quotes of this kind.
    Quoted(&'static str),
    Json,
}

/// Lines between the values, by offsets of the text.
pub(super) enum Mark {
    /// A block that is not converted.
    Hole {
        at: usize,
        range: Range<usize>,
        reason: Reason,
    },
    /// A block whose values depend on a condition.
    When {
        at: Range<usize>,
        range: Range<usize>,
        condition: Term,
    },
}

impl<'a> Flat<'a> {
    pub(super) fn new(template: &'a str, pieces: &[Piece], scope: &mut Scope) -> Self {
        let mut prefix = "slot".to_owned();
        while template.contains(&prefix) {
            prefix.push('q');
        }
        let mut flat = Self {
            template,
            text: String::new(),
            slots: Vec::new(),
            marks: Vec::new(),
            checks: Vec::new(),
            anchors: Vec::new(),
            prefix,
        };
        scope.variables = settings(pieces);
        flat.pieces(pieces, scope, true);
        flat
    }

    /// The offset in the template of an offset in the text.
    pub(super) fn origin(&self, at: usize) -> usize {
        let next = self.anchors.partition_point(|(start, _)| *start <= at);
        let (start, origin) = match next.checked_sub(1) {
            Some(last) => self.anchors[last],
            None => (0, 0),
        };
        let limit = self
            .anchors
            .get(next)
            .map_or(self.template.len(), |it| it.1);
        let mut origin = (origin + (at - start)).min(limit).min(self.template.len());
        while !self.template.is_char_boundary(origin) {
            origin -= 1;
        }
        origin
    }

    fn anchor(&mut self, origin: usize) {
        self.anchors.push((self.text.len(), origin));
    }

    fn pieces(&mut self, pieces: &[Piece], scope: &mut Scope, is_top: bool) {
        for piece in pieces {
            if scope.budget == 0 {
                return;
            }
            scope.budget -= 1;
            match piece {
                Piece::Text(range) => {
                    self.anchor(range.start);
                    self.text += &self.template[range.clone()];
                }
                Piece::Print { range, value } => self.print(range, value, scope),
                Piece::Set {
                    range,
                    variable,
                    value,
                } => {
                    let is_known = is_top && scope.variables.contains_key(variable);
                    let problem = match scope.pattern(value) {
                        _ if !is_known => {
                            Some("a variable is set in a block or more than once".to_owned())
                        }
                        Err(reason) if !scope.is_service(value) => Some(reason),
                        _ => None,
                    };
                    match problem {
                        Some(reason) => self.hole(range, reason),
                        None => {
                            scope.variables.insert(*variable, Some(value.clone()));
                        }
                    }
                }
                Piece::If {
                    range,
                    arms,
                    otherwise,
                } => self.block(range, (arms, otherwise), scope),
                Piece::Other { range, keyword } => {
                    self.hole(range, format!("`{keyword}` has no mechanical equivalent"));
                }
                _ => {}
            }
        }
    }

    fn print(&mut self, range: &Range<usize>, value: &Expression, scope: &mut Scope) {
        let line = self.text.rsplit('\n').next().unwrap_or_default();
        let key = line.trim_start_matches([' ', '-']).split(':').next();
        let key = key
            .filter(|it| !it.contains(&self.prefix))
            .unwrap_or_default();
        let key = key.trim_matches(['"', '\'', ' ']).to_owned();
        if scope.part != Part::Init || !key.is_empty() {
            scope.key = key;
        }
        let style = match value {
            Expression::Call(name, arguments) if arguments.len() == 1 => match name.as_str() {
                "quote" => Style::Quoted("\""),
                "squote" => Style::Quoted("'"),
                "toJson" | "toRawJson" | "mustToJson" | "mustToRawJson" => Style::Json,
                _ => Style::Plain,
            },
            _ => Style::Plain,
        };
        scope.keeps = scope.is_kept(value);
        let value = match value {
            Expression::Call(name, arguments) if name == "fail" && arguments.len() == 1 => {
                Err("the template always fails here".to_owned())
            }
            other => scope.pattern(other),
        };
        scope.keeps = false;
        self.slot(range, value, style);
    }

    fn slot(&mut self, range: &Range<usize>, value: Result<Pattern, Reason>, style: Style) {
        self.anchor(range.start);
        let token = format!("{}{}z", self.prefix, self.slots.len());
        self.text += &token;
        self.anchor(range.end);
        self.slots.push(Slot { value, style });
    }

    /// The indentation of a block, if it has lines of its own.
    fn indentation(&self, range: &Range<usize>) -> Option<&'a str> {
        let before = &self.template[..range.start];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let after = &self.template[range.end..];
        let rest = after.split('\n').next().unwrap_or_default();
        let indent = &before[start..];
        (indent.trim().is_empty() && rest.trim().is_empty()).then_some(indent)
    }

    fn hole(&mut self, range: &Range<usize>, reason: Reason) {
        let Some(indent) = self.indentation(range) else {
            self.slot(range, Err(reason), Style::Plain);
            return;
        };
        let number = self.slots.len();
        self.slots.push(Slot {
            value: Err(reason.clone()),
            style: Style::Plain,
        });
        // Inside of a block scalar this line is a part of the string, in which the token is found.
        self.anchor(range.start);
        let _ = write!(self.text, "\n{indent}# {}{number}z", self.prefix);
        let at = self.text.len();
        self.text.push('\n');
        self.anchor(range.end);
        self.marks.push(Mark::Hole {
            at,
            range: range.clone(),
            reason,
        });
    }

    fn block(
        &mut self,
        range: &Range<usize>,
        (arms, otherwise): (&[(Expression, Vec<Piece>)], &[Piece]),
        scope: &mut Scope,
    ) {
        if let ([(condition, body)], []) = (arms, otherwise)
            && let Some(message) = failure(self.template, body)
        {
            self.check(range, (condition, message), scope);
            return;
        }
        if arms.len() > MAX_ARMS {
            self.hole(range, "it has too many conditions".to_owned());
            return;
        }
        if self.indentation(range).is_none() {
            let value = self.choice(arms, otherwise, scope);
            self.slot(range, value, Style::Plain);
            return;
        }
        if scope.part.tool().is_none() || scope.part == Part::InfoLogs {
            self.hole(
                range,
                "a part that depends on a condition needs a value for both cases".to_owned(),
            );
            return;
        }
        let conditions = arms.iter().map(|(it, _)| scope.condition(it));
        let conditions: Vec<Term> = match conditions.collect::<Result<_, Reason>>() {
            Ok(conditions) => conditions,
            Err(reason) => return self.hole(range, reason),
        };
        let bodies = arms.iter().map(|(_, body)| body.as_slice());
        let mut before: Vec<String> = Vec::new();
        for (number, body) in bodies.chain([otherwise]).enumerate() {
            let own = conditions.get(number);
            let is_only = before.is_empty();
            let mut all = before.clone();
            all.extend(own.map(|it| boolean(it).at(Level::Filter)));
            let text = match own {
                Some(own) if is_only => boolean(own).text,
                _ => all.join(" and "),
            };
            let condition = Term::new(text, Level::Operator, Form::Bool);
            before.extend(own.map(|it| format!("not {}", it.at(Level::Filter))));
            self.text.push('\n');
            let start = self.text.len();
            self.pieces(body, scope, false);
            self.text.push('\n');
            if !body.is_empty() {
                self.marks.push(Mark::When {
                    at: start..self.text.len(),
                    range: range.clone(),
                    condition,
                });
            }
        }
        self.anchor(range.end);
    }

    /// A block that only fails.
    fn check(
        &mut self,
        range: &Range<usize>,
        (condition, message): (&Expression, &Expression),
        scope: &mut Scope,
    ) {
        if scope.is_missing_service(condition) {
            // Unknown workloads and ports are errors anyway.
            self.anchor(range.end);
            return;
        }
        let check = scope.condition(condition).and_then(|condition| {
            let message = scope.message(message)?;
            Ok((condition, message))
        });
        match check {
            Ok(check) => {
                self.anchor(range.end);
                self.checks.push(check);
            }
            Err(reason) => self.hole(range, reason),
        }
    }

    /// A value in a line that depends on conditions.
    fn choice(
        &self,
        arms: &[(Expression, Vec<Piece>)],
        otherwise: &[Piece],
        scope: &mut Scope,
    ) -> Result<Pattern, Reason> {
        let mut value = self.inline(otherwise, scope)?;
        for (condition, body) in arms.iter().rev() {
            let condition = scope.condition(condition)?;
            value = either(&condition, &self.inline(body, scope)?, &value)?;
        }
        Ok(value)
    }

    fn inline(&self, pieces: &[Piece], scope: &mut Scope) -> Result<Pattern, Reason> {
        let mut value = Pattern::default();
        for piece in pieces {
            match piece {
                Piece::Text(range) => {
                    let text = &self.template[range.clone()];
                    if text.contains(['\n', '"', '\'']) {
                        return Err(
                            "a part of a line that depends on a condition has no equivalent"
                                .to_owned(),
                        );
                    }
                    value.extend(Pattern::text(text));
                }
                Piece::Print { value: printed, .. } => value.extend(scope.pattern(printed)?),
                Piece::If {
                    arms, otherwise, ..
                } => value.extend(self.choice(arms, otherwise, scope)?),
                _ => return Err("a block in a line has no mechanical equivalent".to_owned()),
            }
        }
        Ok(value)
    }

    /// A string with tokens as a pattern.
    pub(super) fn pattern(&self, text: &str, is_string: bool) -> Result<Pattern, Reason> {
        let mut pattern = Pattern::default();
        let mut rest = text;
        let is_alone = |token: &str| token.len() == text.len();
        while let Some(at) = rest.find(&self.prefix) {
            pattern.extend(Pattern::text(&rest[..at]));
            let number = &rest[at + self.prefix.len()..];
            let end = number.find('z').unwrap_or_default();
            let slot = number[..end]
                .parse()
                .ok()
                .and_then(|it: usize| self.slots.get(it));
            let slot = slot.ok_or_else(|| "a value is not in its place".to_owned())?;
            let token = &rest[at..=at + self.prefix.len() + end];
            rest = &number[end + 1..];
            let value = slot.value.clone()?;
            let value = if is_alone(token) && !is_string {
                value
            } else {
                value.with_literals()
            };
            match slot.style {
                Style::Plain => pattern.extend(value),
                Style::Json if is_alone(token) => return Ok(value),
                Style::Quoted(_) if is_alone(token) => return Ok(value.into_string()),
                Style::Quoted(sign) if is_harmless(&value) => {
                    pattern.extend(Pattern::text(sign));
                    pattern.extend(value);
                    pattern.extend(Pattern::text(sign));
                }
                Style::Quoted(_) | Style::Json => {
                    return Err(
                        "a quoted value within a longer string has no equivalent".to_owned()
                    );
                }
            }
            if is_alone(token) {
                pattern.encoded = self.slots_encoded(token);
            }
        }
        if !rest.is_empty() || pattern.segments.is_empty() {
            pattern.extend(Pattern::text(rest));
        }
        pattern
            .segments
            .retain(|it| !matches!(it, Segment::Text(it) if it.is_empty()));
        if pattern.segments.is_empty() {
            pattern = Pattern::text("");
        }
        Ok(if is_string {
            pattern.into_string()
        } else {
            pattern
        })
    }

    fn slots_encoded(&self, token: &str) -> bool {
        let number = token[self.prefix.len()..].trim_end_matches('z');
        let slot = number.parse().ok().and_then(|it: usize| self.slots.get(it));
        slot.is_some_and(|it| matches!(&it.value, Ok(value) if value.encoded))
    }
}

/// The variables that are set once.
fn settings(pieces: &[Piece]) -> BTreeMap<u32, Option<Expression>> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    count(pieces, &mut counts);
    let once = counts.into_iter().filter(|(_, number)| *number == 1);
    once.map(|(variable, _)| (variable, None)).collect()
}

fn count(pieces: &[Piece], counts: &mut BTreeMap<u32, usize>) {
    for piece in pieces {
        match piece {
            Piece::Set { variable, .. } => *counts.entry(*variable).or_default() += 1,
            Piece::If {
                arms, otherwise, ..
            } => {
                for (_, body) in arms {
                    count(body, counts);
                }
                count(otherwise, counts);
            }
            _ => {}
        }
    }
}

/// The message, if a block only fails.
fn failure<'a>(template: &str, body: &'a [Piece]) -> Option<&'a Expression> {
    let mut pieces = body.iter().filter(|piece| match piece {
        Piece::Text(range) => !template[range.clone()].trim().is_empty(),
        _ => true,
    });
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Print { value, .. }), None) => match value {
            Expression::Call(name, arguments) if name == "fail" => arguments.first(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value needs no escapes in quotes.
fn is_harmless(value: &Pattern) -> bool {
    value.terms().all(|term| {
        matches!(term.form, Form::Secret | Form::Number) || term.text.starts_with("name(")
    }) && value
        .as_text()
        .is_none_or(|it| !it.contains(['"', '\\', '\'']))
}

/// A condition whose value is a boolean.
fn boolean(term: &Term) -> Term {
    if term.form == Form::Bool {
        term.clone()
    } else {
        term.filtered("bool", Form::Bool)
    }
}
