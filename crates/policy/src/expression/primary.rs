//! The operands of an expression: literals, names, functions, lists and maps.

use std::ops::Range;

use score_spec::diagnostic::{listed, nearest};

use super::calls::{call, is_namespace, not_a_function};
use super::parse::{Parser, deepest};
use super::problem::Problem;
use super::syntax::{Access, Expr, ExprKind};
use super::token::Token;

/// The names of types, which are values.
pub(super) const TYPES: [&str; 8] = [
    "bool",
    "int",
    "double",
    "string",
    "list",
    "map",
    "null_type",
    "type",
];

/// Words that cannot be names of variables.
const RESERVED: [&str; 16] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "while",
];

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Result<Expr, Problem> {
        let range = self.range();
        let start = range.start;
        // No token is read twice, so a string is moved out of it.
        let token = match &mut self.tokens[self.at].0 {
            Token::Text(text) => Token::Text(std::mem::take(text)),
            other => other.clone(),
        };
        self.advance();
        let kind = match token {
            Token::Int(value) => ExprKind::Int(value),
            Token::Double(value) => ExprKind::Double(value),
            Token::Text(text) => ExprKind::Text(text),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => {
                let mut items = Vec::new();
                self.list("]", &mut items)?;
                return self.node(start, deepest(&items), ExprKind::List(items));
            }
            Token::Sign("{") => return self.map(start),
            Token::Name(name) => return self.named(name, range),
            Token::LeastInt => return Err(Problem::new("the number is too large", range)),
            Token::Sign(_) | Token::End => {
                self.at -= usize::from(token != Token::End);
                return Err(self.unexpected("a value"));
            }
        };
        self.node(start, 0, kind)
    }

    fn map(&mut self, start: usize) -> Result<Expr, Problem> {
        let (mut entries, mut depth) = (Vec::new(), 0);
        while !self.take("}") {
            if matches!(self.peek(), Token::Sign("?")) {
                return Err(Problem::new(
                    "optional entries are not supported",
                    self.range(),
                ));
            }
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            depth = depth.max(key.depth).max(value.depth);
            entries.push((key, value));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        self.node(start, depth, ExprKind::Map(entries))
    }

    /// The meaning of a name: a literal, a function, a variable or a type.
    fn named(&mut self, name: &str, range: Range<usize>) -> Result<Expr, Problem> {
        let start = range.start;
        let kind = match name {
            "true" | "false" => Some(ExprKind::Bool(name == "true")),
            "null" => Some(ExprKind::Null),
            _ => None,
        };
        if let Some(kind) = kind {
            return self.node(start, 0, kind);
        }
        if is_namespace(name) && !self.is_variable(name) && self.take(".") {
            let member = self.name("the name of a function")?;
            let name = format!("{name}.{member}");
            let range = start..self.end();
            if !self.take("(") {
                return Err(not_a_function(&name, range, false));
            }
            return self.function(&name, range);
        }
        if self.take("(") {
            return self.function(name, range);
        }
        let kind = self.resolve(name, range)?;
        self.node(start, 0, kind)
    }

    fn function(&mut self, name: &str, range: Range<usize>) -> Result<Expr, Problem> {
        let start = range.start;
        let mut arguments = Vec::new();
        self.list(")", &mut arguments)?;
        if name == "has" {
            let select = (arguments.len() == 1).then(|| arguments.pop()).flatten();
            if let Some(Expr {
                kind: ExprKind::Select(of, field, _),
                ..
            }) = select
            {
                let depth = of.depth;
                return self.node(start, depth, ExprKind::Select(of, field, Access::Test));
            }
            let help = "such as `has(workload.service)`; for keys use `'key' in map`";
            return Err(Problem::new("`has` needs a field", range).help(help));
        }
        let kind = call((name, range), false, arguments)?;
        self.node(start, kind.0, kind.1)
    }

    fn is_variable(&self, name: &str) -> bool {
        self.locals.contains(&name) || self.variables.contains(&name)
    }

    fn resolve(&mut self, name: &str, range: Range<usize>) -> Result<ExprKind, Problem> {
        if let Some(at) = self.locals.iter().rposition(|it| *it == name) {
            return Ok(ExprKind::Local(at));
        }
        if let Some(at) = self.variables.iter().position(|it| *it == name) {
            self.read |= 1 << at;
            return Ok(ExprKind::Global(at));
        }
        if let Some(kind) = TYPES.iter().find(|it| **it == name) {
            return Ok(ExprKind::Type(kind));
        }
        if RESERVED.contains(&name) || name == "in" {
            return Err(Problem::new(format!("`{name}` is a reserved word"), range));
        }
        let locals = self.locals.iter().copied();
        let known: Vec<&str> = locals.chain(self.variables.iter().copied()).collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", listed(known)),
        };
        Err(Problem::new(format!("there is no variable `{name}`"), range).help(help))
    }
}
