//! The parser: tokens to a tree. Its recursion is limited.

mod pipeline;

use std::collections::BTreeMap;

use super::lex::{Keyword, Kind, Lexer, Token};
use super::tree::{Branch, Call, Node, Pipeline, Range};
use crate::error::{Failure, Outcome};
use crate::functions::Functions;
use crate::text;
use crate::value::Str;

/// The maximum size of a template in bytes.
const MAX_SIZE: usize = 1 << 20;

/// The maximum depth of blocks and parentheses.
const MAX_DEPTH: usize = 100;

/// The maximum number of variables in a scope, which are searched one by one.
const MAX_VARIABLES: usize = 1000;

/// The name of the main template.
const MAIN: &str = "";

/// The templates by name. The main one has an empty name.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) templates: BTreeMap<Str, Vec<Node>>,
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    /// Tokens that were read and put back, the next one last.
    pending: Vec<Token>,
    functions: &'a Functions,
    /// The numbers of variables by name.
    names: BTreeMap<&'a str, u32>,
    /// The variables in scope.
    variables: Vec<u32>,
    ranges: usize,
    depth: usize,
    templates: BTreeMap<Str, Vec<Node>>,
}

/// The end of a list of nodes.
#[derive(Clone, Copy, PartialEq)]
enum Ending {
    /// With the offsets of the word and after the action.
    End(usize, usize),
    Else(usize),
    Text,
}

/// The result of an action.
enum Parsing {
    Node(Node),
    Ending(Ending),
}

/// Parses a template with its definitions.
pub(crate) fn parse(text: &str, functions: &Functions) -> Outcome<Parsed> {
    if text.len() > MAX_SIZE {
        return Err(Failure::limit(format!(
            "a template of more than {MAX_SIZE} bytes"
        )));
    }
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text),
        pending: Vec::new(),
        functions,
        names: BTreeMap::from([("$", 0)]),
        variables: vec![0],
        ranges: 0,
        depth: 0,
        templates: BTreeMap::new(),
    };
    let main = parser.main()?;
    parser.define(MAIN.into(), main, text.len())?;
    Ok(Parsed {
        templates: parser.templates,
    })
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Outcome<Token> {
        match self.pending.pop() {
            Some(token) => Ok(token),
            None => self.lexer.next(),
        }
    }

    fn next_word(&mut self) -> Outcome<Token> {
        loop {
            let token = self.next()?;
            if token.kind != Kind::Space {
                return Ok(token);
            }
        }
    }

    fn peek_word(&mut self) -> Outcome<Token> {
        let token = self.next_word()?;
        self.pending.push(token);
        Ok(token)
    }

    fn content(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    fn unexpected<T>(&self, token: Token, context: &str) -> Outcome<T> {
        let what = match token.kind {
            Kind::End => "end of the template".to_owned(),
            _ => format!("`{}`", self.content(token)),
        };
        Err(Failure::invalid(format!("unexpected {what} in {context}")).at(token.start))
    }

    /// The offset after the end of an action.
    fn expect_close(&mut self, context: &str) -> Outcome<usize> {
        let token = self.next_word()?;
        if token.kind == Kind::Close {
            Ok(token.end)
        } else {
            self.unexpected(token, context)
        }
    }

    /// Calls a function one level deeper.
    fn nested<T>(
        &mut self,
        offset: usize,
        parse: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        if self.depth == MAX_DEPTH {
            let message = format!("blocks or parentheses are nested more than {MAX_DEPTH} deep");
            return Err(Failure::limit(message).at(offset));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// The main template, at whose top level others are defined.
    fn main(&mut self) -> Outcome<Vec<Node>> {
        let mut nodes = Vec::new();
        loop {
            let token = self.next_word()?;
            if token.kind == Kind::Open {
                let word = self.next_word()?;
                if word.kind == Kind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.pending.push(word);
            }
            match self.node(token)? {
                Parsing::Node(node) => nodes.push(node),
                Parsing::Ending(Ending::Text) => return Ok(nodes),
                Parsing::Ending(Ending::End(at, _)) => {
                    return Err(Failure::invalid("unexpected {{end}}").at(at));
                }
                Parsing::Ending(Ending::Else(at)) => {
                    return Err(Failure::invalid("unexpected {{else}}").at(at));
                }
            }
        }
    }

    /// `define`, after this word.
    fn definition(&mut self) -> Outcome<()> {
        let context = "define clause";
        let (name, at) = self.template_name(context)?;
        self.expect_close(context)?;
        let body = self.body_of_template(at)?;
        self.define(name, body, at)
    }

    /// A template up to its `end`, which sees no variables of others.
    fn body_of_template(&mut self, at: usize) -> Outcome<Vec<Node>> {
        let variables = std::mem::replace(&mut self.variables, vec![0]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, ending) = self.nested(at, Self::list)?;
        (self.variables, self.ranges) = (variables, ranges);
        match ending {
            Ending::Else(at) => Err(Failure::invalid("unexpected {{else}} in a template").at(at)),
            _ => Ok(body),
        }
    }

    fn define(&mut self, name: Str, body: Vec<Node>, at: usize) -> Outcome<()> {
        let is_blank = |nodes: &[Node]| {
            nodes.iter().all(|node| match node {
                Node::Text(start, end) => {
                    self.text[*start as usize..*end as usize].trim().is_empty()
                }
                _ => false,
            })
        };
        match self.templates.get(&name) {
            Some(old) if !is_blank(old) && !is_blank(&body) => {
                let message = format!("multiple definition of template \"{}\"", name.to_text());
                Err(Failure::invalid(message).at(at))
            }
            Some(old) if !is_blank(old) => Ok(()),
            _ => {
                self.templates.insert(name, body);
                Ok(())
            }
        }
    }

    fn template_name(&mut self, context: &str) -> Outcome<(Str, usize)> {
        let token = self.next_word()?;
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        Ok((self.string(token)?, token.start))
    }

    fn string(&self, token: Token) -> Outcome<Str> {
        let string = text::unquoted(self.content(token));
        string
            .map(Str::from)
            .ok_or_else(|| Failure::invalid("invalid string").at(token.start))
    }

    /// Nodes up to `end` or `else`.
    fn list(&mut self) -> Outcome<(Vec<Node>, Ending)> {
        let mut nodes = Vec::new();
        loop {
            let token = self.next_word()?;
            match self.node(token)? {
                Parsing::Node(node) => nodes.push(node),
                Parsing::Ending(Ending::Text) => {
                    return Err(Failure::invalid(
                        "unexpected end of the template: {{end}} is missing",
                    )
                    .at(token.start));
                }
                Parsing::Ending(ending) => return Ok((nodes, ending)),
            }
        }
    }

    fn node(&mut self, token: Token) -> Outcome<Parsing> {
        match token.kind {
            Kind::Text => Ok(Parsing::Node(Node::Text(
                offset(token.start),
                offset(token.end),
            ))),
            Kind::End => Ok(Parsing::Ending(Ending::Text)),
            Kind::Open => self.action(),
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Outcome<Parsing> {
        let token = self.next_word()?;
        let at = token.start;
        let Kind::Keyword(keyword) = token.kind else {
            self.pending.push(token);
            return Ok(Parsing::Node(Node::Action(
                self.pipeline("command", Kind::Close)?,
            )));
        };
        Ok(Parsing::Node(match keyword {
            Keyword::End => {
                let after = self.expect_close("end")?;
                return Ok(Parsing::Ending(Ending::End(at, after)));
            }
            Keyword::Else => {
                let next = self.peek_word()?;
                // `else if` and `else with` are read by the block that they belong to.
                if !matches!(next.kind, Kind::Keyword(Keyword::If | Keyword::With)) {
                    self.expect_close("else")?;
                }
                return Ok(Parsing::Ending(Ending::Else(at)));
            }
            Keyword::If => Node::If(self.nested(at, |it| it.branch("if", Keyword::If))?),
            Keyword::With => Node::With(self.nested(at, |it| it.branch("with", Keyword::With))?),
            Keyword::Range => Node::Range(Box::new(self.nested(at, Self::range)?)),
            Keyword::Template => self.call(at)?,
            Keyword::Block => self.block(at)?,
            Keyword::Break | Keyword::Continue => {
                self.expect_close("break or continue")?;
                if self.ranges == 0 {
                    return Err(Failure::invalid("break or continue outside range").at(at));
                }
                if keyword == Keyword::Break {
                    Node::Break
                } else {
                    Node::Continue
                }
            }
            Keyword::Nil => {
                self.pending.push(token);
                Node::Action(self.pipeline("command", Kind::Close)?)
            }
            Keyword::Define => return self.unexpected(token, "command"),
        }))
    }

    fn branch(&mut self, context: &str, keyword: Keyword) -> Outcome<Branch> {
        let scope = self.variables.len();
        let (mut arms, mut otherwise) = (Vec::new(), Vec::new());
        loop {
            let pipeline = self.pipeline(context, Kind::Close)?;
            let (body, mut ending) = self.list()?;
            arms.push((pipeline, body));
            if let Ending::Else(_) = ending {
                let next = self.pending.last().map(|token| token.kind);
                if next == Some(Kind::Keyword(keyword)) {
                    self.pending.pop();
                    continue;
                }
                (otherwise, ending) = self.list()?;
            }
            self.variables.truncate(scope);
            let end = expect_end(ending)?;
            return Ok(Branch {
                arms,
                otherwise,
                end,
            });
        }
    }

    fn range(&mut self) -> Outcome<Range> {
        let scope = self.variables.len();
        let pipeline = self.pipeline("range", Kind::Close)?;
        self.ranges += 1;
        let (body, mut ending) = self.list()?;
        self.ranges -= 1;
        let mut otherwise = Vec::new();
        if let Ending::Else(_) = ending {
            (otherwise, ending) = self.list()?;
        }
        self.variables.truncate(scope);
        let end = expect_end(ending)?;
        Ok(Range {
            pipeline,
            body,
            otherwise,
            end,
        })
    }

    /// `template`, after this word.
    fn call(&mut self, at: usize) -> Outcome<Node> {
        let context = "template clause";
        let (name, _) = self.template_name(context)?;
        let pipeline = match self.peek_word()?.kind {
            Kind::Close => {
                self.next_word()?;
                None
            }
            _ => Some(self.pipeline(context, Kind::Close)?),
        };
        Ok(Node::Template(Box::new(Call {
            offset: offset(at),
            name,
            pipeline,
        })))
    }

    /// `block`, after this word: a definition and a call of it.
    fn block(&mut self, at: usize) -> Outcome<Node> {
        let context = "block clause";
        let (name, _) = self.template_name(context)?;
        let pipeline: Option<Pipeline> = Some(self.pipeline(context, Kind::Close)?);
        let body = self.body_of_template(at)?;
        self.define(name.clone(), body, at)?;
        Ok(Node::Template(Box::new(Call {
            offset: offset(at),
            name,
            pipeline,
        })))
    }
}

fn expect_end(ending: Ending) -> Outcome<u32> {
    match ending {
        Ending::End(_, after) => Ok(offset(after)),
        Ending::Else(at) => Err(Failure::invalid("expected {{end}}, found {{else}}").at(at)),
        Ending::Text => Ok(0),
    }
}

/// An offset in a tree. Templates are smaller than 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
