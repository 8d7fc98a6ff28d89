//! The text of a template file: literal parts, expressions and statements.
//!
//! The statements are those of Jinja that need no limits of their own. The expressions are those of provisioners, so
//! that each of them has a location and its limits.

use score_spec::diagnostic::nearest;
use score_spec::{Code, Diagnostic, SourceId, Sources, Span};

use super::FOLDER;
use crate::provisioner::expression::{Pattern, end_of_expression};

/// The maximum number of blocks in each other.
const MOST_BLOCKS: usize = 32;

/// The maximum number of tags of a template.
pub(super) const MOST_TAGS: usize = 10_000;

/// The statements, for messages.
const STATEMENTS: [&str; 8] = ["if", "elif", "else", "endif", "for", "endfor", "set", "raw"];

/// The names that statements must not change.
const FIXED: [&str; 3] = ["params", FOLDER, LOOP];

/// The name of the state of a loop.
pub(super) const LOOP: &str = "loop";

/// A part of the text of a template file.
#[derive(Debug)]
pub(super) enum Piece {
    Literal(String, Span),
    /// `{{ expression }}`.
    Value(Pattern),
    /// `{% if %}`: each condition with its text, and the text without any.
    If(Vec<(Pattern, Vec<Self>)>, Vec<Self>),
    /// `{% for %}`.
    For(Box<Loop>),
    /// `{% set name = value %}`.
    Set(String, Pattern),
}

/// A loop over a list or a map.
#[derive(Debug)]
pub(super) struct Loop {
    /// One name for an item or a key, or two for a key and its value.
    pub(super) names: Vec<String>,
    pub(super) list: Pattern,
    pub(super) body: Vec<Piece>,
    /// The text for an empty list.
    pub(super) otherwise: Vec<Piece>,
}

/// A tag: `{{ … }}`, `{% … %}` or `{# … #}`.
struct Tag<'a> {
    kind: TagKind,
    /// The text inside.
    inner: &'a str,
    /// The offsets of the tag.
    start: usize,
    end: usize,
    /// Whether the space before it and behind it is removed.
    trims: [bool; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TagKind {
    Expression,
    Statement,
    Comment,
}

/// A block that is still open.
struct Block {
    opened: Span,
    head: Head,
    /// The pieces before the current part.
    outer: Vec<Piece>,
}

enum Head {
    If {
        branches: Vec<(Pattern, Vec<Piece>)>,
        /// The condition of the current part; `None` after `else`.
        condition: Option<Pattern>,
    },
    For {
        names: Vec<String>,
        list: Pattern,
        /// The body, after `else`.
        body: Option<Vec<Piece>>,
    },
}

/// The pieces of a template file. Errors are reported. `tags` are those of the template so far.
pub(super) fn parse(
    sources: &Sources,
    id: SourceId,
    tags: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Piece> {
    let text = &sources.get(id).text;
    let mut parser = Parser {
        text,
        id,
        at: 0,
        pieces: Vec::new(),
        blocks: Vec::new(),
        tags,
    };
    if let Err(Problem(found)) = parser.run() {
        diagnostics.push(*found);
        return Vec::new();
    }
    parser.pieces
}

struct Parser<'a, 'd> {
    text: &'a str,
    id: SourceId,
    /// The offset behind what has been read.
    at: usize,
    /// The pieces of the current part.
    pieces: Vec<Piece>,
    blocks: Vec<Block>,
    tags: &'d mut usize,
}

impl<'a> Parser<'a, '_> {
    fn run(&mut self) -> Result<(), Problem> {
        while let Some(tag) = self.tag()? {
            *self.tags += 1;
            if *self.tags > MOST_TAGS {
                let span = Span::new(self.id, tag.start, tag.end);
                let message = format!("the template has more than {MOST_TAGS} tags");
                return Err(problem(message, span).help("split the template"));
            }
            let inner = tag.inner.trim();
            self.text_before(&tag);
            match tag.kind {
                TagKind::Comment => {}
                TagKind::Expression => {
                    let value = self.expression(inner)?;
                    self.pieces.push(Piece::Value(value));
                }
                TagKind::Statement if inner == "raw" => self.raw(&tag)?,
                TagKind::Statement => self.statement(inner)?,
            }
        }
        let rest = &self.text[self.at..];
        self.literal(rest);
        match self.blocks.pop() {
            None => Ok(()),
            Some(block) => {
                let end = block.head.end();
                let message = format!("the statement needs `{{% {end} %}}`");
                Err(problem(message, block.opened).help("close it"))
            }
        }
    }

    /// The next tag, unless there is none.
    fn tag(&self) -> Result<Option<Tag<'a>>, Problem> {
        let rest = &self.text[self.at..];
        let mut opens = rest.match_indices('{').map(|(at, _)| at);
        let found = opens.find_map(|at| {
            let kind = match rest.as_bytes().get(at + 1)? {
                b'{' => TagKind::Expression,
                b'%' => TagKind::Statement,
                b'#' => TagKind::Comment,
                _ => return None,
            };
            Some((at, kind))
        });
        let Some((at, kind)) = found else {
            return Ok(None);
        };
        let inside = &rest[at + 2..];
        let (close, end) = match kind {
            TagKind::Expression => (end_of_expression(inside), "}}"),
            TagKind::Statement => (end_of_statement(inside), "%}"),
            TagKind::Comment => (inside.find("#}"), "#}"),
        };
        let start = self.at + at;
        let Some(close) = close else {
            let span = Span::new(self.id, start, start + 2);
            let open = &rest[at..at + 2];
            let help = format!("close it; a literal `{open}` is written `{{{{ '{open}' }}}}`");
            return Err(problem(format!("`{open}` without `{end}`"), span).help(help));
        };
        let inner = &inside[..close];
        let before = inner.strip_prefix('-');
        let inner = before.unwrap_or(inner);
        let behind = inner.strip_suffix('-');
        Ok(Some(Tag {
            kind,
            inner: behind.unwrap_or(inner),
            start,
            end: start + 2 + close + 2,
            trims: [before.is_some(), behind.is_some()],
        }))
    }

    /// Adds the text before a tag, and continues behind it. A line with nothing but a statement or a comment leaves
    /// no line.
    fn text_before(&mut self, tag: &Tag<'_>) {
        let before = &self.text[self.at..tag.start];
        let behind = &self.text[tag.end..];
        let is_space = |c: char| c == ' ' || c == '\t';
        let line = self.text[..tag.start].rsplit('\n').next();
        let starts_line = line.is_none_or(|line| line.chars().all(is_space));
        let after = behind.trim_start_matches(is_space);
        let after = after.strip_prefix('\r').unwrap_or(after);
        let ends_line = after.is_empty() || after.starts_with('\n');
        let is_line = tag.kind != TagKind::Expression && starts_line && ends_line;
        let before = match tag.trims[0] {
            true => before.trim_end(),
            false if is_line => before.trim_end_matches(is_space),
            false => before,
        };
        self.literal(before);
        let behind = match tag.trims[1] {
            true => behind.trim_start(),
            false if is_line => after.strip_prefix('\n').unwrap_or(after),
            false => behind,
        };
        self.at = self.text.len() - behind.len();
    }

    /// Adds the text up to `{% endraw %}`.
    fn raw(&mut self, opened: &Tag<'_>) -> Result<(), Problem> {
        let start = self.at;
        let mut at = start;
        while let Some(open) = self.text[at..].find("{%") {
            self.at = at + open;
            let tag = self.tag();
            if let Ok(Some(tag)) = tag
                && tag.inner.trim() == "endraw"
            {
                self.at = start;
                self.text_before(&tag);
                return Ok(());
            }
            at += open + 2;
        }
        let span = Span::new(self.id, opened.start, opened.end);
        Err(problem("the statement needs `{% endraw %}`", span).help("close it"))
    }

    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces
                .push(Piece::Literal(text.to_owned(), self.span(text)));
        }
    }

    /// The location of a part of the text.
    fn span(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        Span::new(self.id, start, start + part.len())
    }

    fn expression(&mut self, text: &str) -> Result<Pattern, Problem> {
        let span = self.span(text);
        if text.is_empty() {
            return Err(problem("an expression is missing", span)
                .help("name a param, as in `{{ params.name }}`"));
        }
        let mut found = Vec::new();
        let pattern = Pattern::parse(&format!("{{{{ {text} }}}}"), span, &mut found);
        let mut errors = found.into_iter().map(super::of_template);
        if let Some(first) = errors.next() {
            return Err(Problem(Box::new(first)));
        }
        if !pattern.is_expression() {
            return Err(problem("this is not a single expression", span));
        }
        Ok(pattern)
    }

    fn statement(&mut self, inner: &str) -> Result<(), Problem> {
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (word, rest) = inner.split_at(end.unwrap_or(inner.len()));
        let rest = rest.trim();
        let takes_nothing = word.starts_with("end") || word == "else";
        if takes_nothing && !rest.is_empty() {
            return Err(problem(
                format!("`{word}` takes no expression"),
                self.span(rest),
            ));
        }
        match word {
            "if" => {
                let condition = Some(self.expression(rest)?);
                let branches = Vec::new();
                let head = Head::If {
                    branches,
                    condition,
                };
                self.open(inner, head)
            }
            "for" => {
                let head = self.head_of_loop(inner, rest)?;
                self.open(inner, head)
            }
            "set" => self.assignment(inner, rest),
            "elif" => {
                let next = self.expression(rest)?;
                self.next_branch(inner, Some(next))
            }
            "else" => self.next_branch(inner, None),
            "endif" | "endfor" => self.close(word, inner),
            _ => {
                let place = if word.is_empty() { inner } else { word };
                let found = problem(format!("unknown statement `{place}`"), self.span(place));
                Err(found.help(match nearest(word, STATEMENTS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the statements are `{}`", STATEMENTS.join("`, `")),
                }))
            }
        }
    }

    fn open(&mut self, inner: &str, head: Head) -> Result<(), Problem> {
        let opened = self.span(inner);
        if self.blocks.len() == MOST_BLOCKS {
            let message = format!("more than {MOST_BLOCKS} statements are in each other");
            return Err(problem(message, opened).help("use conditions with `and` and `or`"));
        }
        let outer = std::mem::take(&mut self.pieces);
        self.blocks.push(Block {
            opened,
            head,
            outer,
        });
        Ok(())
    }

    /// Begins the part of a block after `elif` or `else`.
    fn next_branch(&mut self, inner: &str, next: Option<Pattern>) -> Result<(), Problem> {
        let misplaced = |span| problem("the statement has no place here", span);
        let span = self.span(inner);
        let Some(block) = self.blocks.last_mut() else {
            return Err(misplaced(span).help("write it between `{% if … %}` and `{% endif %}`"));
        };
        let pieces = std::mem::take(&mut self.pieces);
        match &mut block.head {
            Head::If {
                branches,
                condition,
            } => match std::mem::replace(condition, next) {
                Some(before) => branches.push((before, pieces)),
                None => return Err(misplaced(span).help("`else` is the last part of a block")),
            },
            Head::For { body, .. } if body.is_none() && next.is_none() => *body = Some(pieces),
            Head::For { .. } => {
                return Err(misplaced(span).help("a loop has only one `else`, and no `elif`"));
            }
        }
        Ok(())
    }

    fn close(&mut self, word: &str, inner: &str) -> Result<(), Problem> {
        let span = self.span(inner);
        let Some(block) = self.blocks.pop() else {
            return Err(problem(format!("`{word}` closes nothing"), span).help("remove it"));
        };
        let end = block.head.end();
        if end != word {
            let found = problem(format!("`{word}` does not close this block"), span);
            return Err(found
                .at(block.opened, "opened here")
                .help(format!("write `{{% {end} %}}` before it")));
        }
        let last = std::mem::replace(&mut self.pieces, block.outer);
        self.pieces.push(block.head.closed(last));
        Ok(())
    }

    /// `NAME in EXPRESSION`, or `NAME, NAME in EXPRESSION`.
    fn head_of_loop(&mut self, inner: &str, rest: &str) -> Result<Head, Problem> {
        let Some((names, list)) = rest.split_once(" in ") else {
            let found = problem("the statement needs `in`", self.span(inner));
            return Err(found.help("write `{% for item in params.items %}`"));
        };
        let list = self.expression(list.trim())?;
        let parts: Vec<&str> = names.split(',').map(str::trim).collect();
        if parts.len() > 2 {
            let found = problem("a loop has at most two names", self.span(names));
            return Err(found.help("write `{% for key, value in params.map %}`"));
        }
        for name in &parts {
            self.require_name(name, inner)?;
        }
        Ok(Head::For {
            names: parts.into_iter().map(str::to_owned).collect(),
            list,
            body: None,
        })
    }

    fn assignment(&mut self, inner: &str, rest: &str) -> Result<(), Problem> {
        let Some((name, value)) = rest.split_once('=') else {
            let found = problem("the statement needs `=`", self.span(inner));
            return Err(found.help("write `{% set name = expression %}`"));
        };
        let name = name.trim();
        self.require_name(name, inner)?;
        let value = self.expression(value.trim())?;
        self.pieces.push(Piece::Set(name.to_owned(), value));
        Ok(())
    }

    fn require_name(&self, name: &str, inner: &str) -> Result<(), Problem> {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts || !name.chars().all(in_name) {
            let place = if name.is_empty() { inner } else { name };
            return Err(problem("this is not a name", self.span(place))
                .help("use letters, digits and `_`, starting with a letter"));
        }
        if FIXED.contains(&name) {
            let message = format!("the name `{name}` has a meaning already");
            return Err(problem(message, self.span(name)).help("use another name"));
        }
        Ok(())
    }
}

impl Head {
    /// The statement that closes the block.
    fn end(&self) -> &'static str {
        match self {
            Self::If { .. } => "endif",
            Self::For { .. } => "endfor",
        }
    }

    /// The block with the pieces of its last part.
    fn closed(self, last: Vec<Piece>) -> Piece {
        match self {
            Self::If {
                mut branches,
                condition,
            } => match condition {
                Some(condition) => {
                    branches.push((condition, last));
                    Piece::If(branches, Vec::new())
                }
                None => Piece::If(branches, last),
            },
            Self::For { names, list, body } => {
                let (body, otherwise) = match body {
                    Some(body) => (body, last),
                    None => (last, Vec::new()),
                };
                Piece::For(Box::new(Loop {
                    names,
                    list,
                    body,
                    otherwise,
                }))
            }
        }
    }
}

/// The offset of the `%}` that ends a statement: not inside quotes.
fn end_of_statement(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut quote, mut at) = (None, 0);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'%') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// A mistake in a template.
struct Problem(Box<Diagnostic>);

impl Problem {
    fn at(self, span: Span, label: &str) -> Self {
        Self(Box::new(self.0.at(span, label)))
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self(Box::new(self.0.help(help.into())))
    }
}

fn problem(message: impl Into<String>, span: Span) -> Problem {
    let found = Diagnostic::new(Code::TemplateInvalid, message);
    Problem(Box::new(found.at(span, "")))
}
