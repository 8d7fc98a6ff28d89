//! The parser: precedence climbing over the tokens.

use std::ops::Range;

use super::calls::call;
use super::problem::Problem;
use super::syntax::{Access, DEEPEST, Expr, ExprKind, Macro, Operator};
use super::token::{Token, tokens};

/// The maximum length of an expression in bytes.
const LONGEST: usize = 16_384;

/// The maximum number of brackets and operators that contain each other.
const MOST_NESTED: u16 = 48;

/// The binary operators but `&&` and `||`, with their precedence.
const OPERATORS: [(&str, u8, Operator); 12] = [
    ("==", 0, Operator::Equal),
    ("!=", 0, Operator::NotEqual),
    ("<", 0, Operator::Less),
    ("<=", 0, Operator::LessOrEqual),
    (">", 0, Operator::Greater),
    (">=", 0, Operator::GreaterOrEqual),
    ("in", 0, Operator::In),
    ("+", 1, Operator::Add),
    ("-", 1, Operator::Subtract),
    ("*", 2, Operator::Multiply),
    ("/", 2, Operator::Divide),
    ("%", 2, Operator::Remainder),
];

/// Parses an expression that can use these variables, of which there are at most 32. Also returns a bit for each variable
/// that it reads.
pub(super) fn parse(text: &str, variables: &[&str]) -> Result<(Expr, u32), Problem> {
    if text.len() > LONGEST {
        let message = format!("the expression is longer than {LONGEST} bytes");
        return Err(Problem::new(message, 0..text.len()));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        variables,
        locals: Vec::new(),
        read: 0,
        nested: 0,
    };
    if *parser.peek() == Token::End {
        return Err(Problem::new("the expression is empty", 0..text.len()));
    }
    let expr = parser.expression()?;
    match parser.peek() {
        Token::End => Ok((expr, parser.read)),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

pub(super) struct Parser<'t> {
    pub(super) tokens: Vec<(Token<'t>, Range<usize>)>,
    pub(super) at: usize,
    pub(super) variables: &'t [&'t str],
    /// The variables of the macros around the current place.
    pub(super) locals: Vec<&'t str>,
    /// A bit for each variable that has been read.
    pub(super) read: u32,
    nested: u16,
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> &Token<'t> {
        &self.tokens[self.at].0
    }

    /// The range of the next token.
    pub(super) fn range(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// The end of the last token.
    pub(super) fn end(&self) -> usize {
        self.tokens[self.at.saturating_sub(1)].1.end
    }

    /// Continues behind the next token, unless it is the end.
    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Sign(next) if *next == sign);
        if is_next {
            self.advance();
        }
        is_next
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.take(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{sign}`")))
    }

    pub(super) fn unexpected(&self, expected: &str) -> Problem {
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Name(name) => format!("`{name}`"),
            Token::Text(_) => "a string".to_owned(),
            Token::Int(_) | Token::LeastInt | Token::Double(_) => "a number".to_owned(),
        };
        Problem::new(format!("expected {expected}, found {found}"), self.range())
    }

    pub(super) fn node(&self, start: usize, depth: u16, kind: ExprKind) -> Result<Expr, Problem> {
        let end = self.end();
        if depth >= DEEPEST {
            return Err(too_deep(start..end));
        }
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Ok(Expr {
            start: offset(start),
            end: offset(end),
            depth: depth + 1,
            kind,
        })
    }

    /// Any expression: a condition with alternatives, or one of higher precedence.
    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        if self.nested >= MOST_NESTED {
            return Err(too_deep(self.range()));
        }
        self.nested += 1;
        let start = self.range().start;
        let condition = self.any()?;
        let expr = if self.take("?") {
            let yes = self.any()?;
            self.expect(":")?;
            let no = self.expression()?;
            let depth = condition.depth.max(yes.depth).max(no.depth);
            self.node(
                start,
                depth,
                ExprKind::Choice(Box::new((condition, yes, no))),
            )?
        } else {
            condition
        };
        self.nested -= 1;
        Ok(expr)
    }

    fn any(&mut self) -> Result<Expr, Problem> {
        self.series("||", Self::every, ExprKind::Or)
    }

    fn every(&mut self) -> Result<Expr, Problem> {
        self.series("&&", |parser| parser.binary(0), ExprKind::And)
    }

    /// Operands with an operator between them, as one expression.
    fn series(
        &mut self,
        sign: &str,
        operand: impl Fn(&mut Self) -> Result<Expr, Problem>,
        kind: impl Fn(Vec<Expr>) -> ExprKind,
    ) -> Result<Expr, Problem> {
        let start = self.range().start;
        let first = operand(self)?;
        if !self.take(sign) {
            return Ok(first);
        }
        let mut operands = vec![first, operand(self)?];
        while self.take(sign) {
            operands.push(operand(self)?);
        }
        self.node(start, deepest(&operands), kind(operands))
    }

    /// Operands with binary operators of at least this precedence between them.
    fn binary(&mut self, least: u8) -> Result<Expr, Problem> {
        let start = self.range().start;
        let mut left = self.unary()?;
        while let Some((operator, precedence)) = self.operator(least) {
            let right = self.binary(precedence + 1)?;
            let depth = left.depth.max(right.depth);
            let operands = Box::new((left, right));
            left = self.node(start, depth, ExprKind::Binary(operator, operands))?;
        }
        Ok(left)
    }

    /// The next operator, if it has at least this precedence.
    fn operator(&mut self, least: u8) -> Option<(Operator, u8)> {
        let next = match self.peek() {
            Token::Sign(sign) => *sign,
            Token::Name("in") => "in",
            _ => return None,
        };
        let (_, precedence, operator) = OPERATORS.iter().find(|it| it.0 == next)?;
        if *precedence < least {
            return None;
        }
        self.advance();
        Some((*operator, *precedence))
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        let start = self.range().start;
        let is_minus = self.take("-");
        if !is_minus && !self.take("!") {
            return self.member();
        }
        let literal = match self.peek() {
            Token::Int(value) if is_minus => Some(ExprKind::Int(-value)),
            Token::LeastInt if is_minus => Some(ExprKind::Int(i64::MIN)),
            Token::Double(value) if is_minus => Some(ExprKind::Double(-value)),
            _ => None,
        };
        if let Some(literal) = literal {
            self.advance();
            let value = self.node(start, 0, literal)?;
            return self.members(start, value);
        }
        if self.nested >= MOST_NESTED {
            return Err(too_deep(self.range()));
        }
        self.nested += 1;
        let operand = self.unary()?;
        self.nested -= 1;
        let (depth, operand) = (operand.depth, Box::new(operand));
        let negate = [ExprKind::Not, ExprKind::Negate][usize::from(is_minus)];
        self.node(start, depth, negate(operand))
    }

    fn member(&mut self) -> Result<Expr, Problem> {
        let start = self.range().start;
        let value = self.primary()?;
        self.members(start, value)
    }

    /// The fields, items and methods that follow a value.
    fn members(&mut self, start: usize, mut value: Expr) -> Result<Expr, Problem> {
        loop {
            let depth = value.depth;
            if self.take(".") {
                let access = self.access();
                let range = self.range();
                let name = self.name("the name of a field or function")?;
                if access == Access::Required && self.take("(") {
                    value = self.method(start, value, (name, range))?;
                } else {
                    value = self.node(
                        start,
                        depth,
                        ExprKind::Select(Box::new(value), name.to_owned(), access),
                    )?;
                }
            } else if self.take("[") {
                let access = self.access();
                let key = self.expression()?;
                self.expect("]")?;
                let depth = depth.max(key.depth);
                value = self.node(
                    start,
                    depth,
                    ExprKind::Index(Box::new((value, key)), access),
                )?;
            } else {
                return Ok(value);
            }
        }
    }

    /// Whether a `?` marks an optional field or item.
    fn access(&mut self) -> Access {
        if self.take("?") {
            Access::Optional
        } else {
            Access::Required
        }
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<&'t str, Problem> {
        let Token::Name(name) = *self.peek() else {
            return Err(self.unexpected(expected));
        };
        self.advance();
        Ok(name)
    }

    /// The method or macro of a value, whose opening parenthesis has been read.
    fn method(
        &mut self,
        start: usize,
        of: Expr,
        name: (&str, Range<usize>),
    ) -> Result<Expr, Problem> {
        if let Some((_, kind)) = Macro::ALL.iter().find(|(known, _)| *known == name.0) {
            return self.each(start, of, *kind, name);
        }
        let mut arguments = vec![of];
        self.list(")", &mut arguments)?;
        let kind = call(name, true, arguments)?;
        self.node(start, kind.0, kind.1)
    }

    fn each(
        &mut self,
        start: usize,
        of: Expr,
        kind: Macro,
        (name, range): (&str, Range<usize>),
    ) -> Result<Expr, Problem> {
        let comma = self.tokens.get(self.at + 1).map(|it| &it.0);
        let (&Token::Name(variable), Some(Token::Sign(","))) = (self.peek(), comma) else {
            let message = format!("`{name}` needs the name of a variable and an expression");
            return Err(Problem::new(message, range).help(format!("such as `.{name}(x, x > 0)`")));
        };
        self.advance();
        self.advance();
        self.locals.push(variable);
        let mut bodies = Vec::new();
        self.list(")", &mut bodies)?;
        self.locals.pop();
        let most = if kind == Macro::Map { 2 } else { 1 };
        if bodies.is_empty() || bodies.len() > most {
            let message = format!("`{name}` has the wrong number of arguments");
            return Err(Problem::new(message, range));
        }
        let depth = of.depth.max(deepest(&bodies));
        self.node(start, depth, ExprKind::Each(kind, Box::new(of), bodies))
    }

    /// The expressions up to a closing bracket, with commas between them.
    pub(super) fn list(&mut self, close: &str, items: &mut Vec<Expr>) -> Result<(), Problem> {
        while !self.take(close) {
            if matches!(self.peek(), Token::Sign("?")) {
                return Err(Problem::new(
                    "optional items are not supported",
                    self.range(),
                ));
            }
            items.push(self.expression()?);
            if !self.take(",") {
                return self.expect(close);
            }
        }
        Ok(())
    }
}

pub(super) fn deepest(all: &[Expr]) -> u16 {
    all.iter().map(|expr| expr.depth).max().unwrap_or(0)
}

fn too_deep(range: Range<usize>) -> Problem {
    Problem::new("the expression is nested too deeply", range)
}
