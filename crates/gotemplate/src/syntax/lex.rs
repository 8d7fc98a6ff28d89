//! Tokens of templates.

use crate::error::{Failure, Outcome};
use crate::text;

/// A token with its range in the template.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Open,
    Close,
    Space,
    Pipe,
    Assign,
    Declare,
    LeftParen,
    RightParen,
    Comma,
    /// Another ASCII character.
    Other,
    String,
    RawString,
    Character,
    Number,
    Bool,
    Dot,
    /// `.` and a name.
    Field,
    /// `$` and a name, which may be empty.
    Variable,
    Identifier,
    Keyword(Keyword),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// The kind of the next token.
enum State {
    Text,
    Action,
    Close,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    state: State,
    parentheses: usize,
}

/// The characters that separate words inside of an action.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            state: State::Text,
            parentheses: 0,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn token(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token {
            kind,
            start,
            end: self.at,
        }
    }

    fn error<T>(&self, message: &str) -> Outcome<T> {
        Err(Failure::invalid(message).at(self.at))
    }

    pub(super) fn next(&mut self) -> Outcome<Token> {
        match self.state {
            State::Text => self.text(),
            State::Action => self.action(),
            State::Close => {
                let trims = self.rest().starts_with('-');
                let token = self.token(Kind::Close, if trims { 3 } else { 2 });
                self.after_close(trims);
                Ok(token)
            }
        }
    }

    fn after_close(&mut self, trims: bool) {
        if trims {
            self.at = self.text.len() - self.rest().trim_start_matches(SPACE).len();
        }
        self.state = State::Text;
    }

    /// Text up to the next action. Comments end it, but are no tokens.
    fn text(&mut self) -> Outcome<Token> {
        loop {
            let rest = self.rest();
            let Some(length) = rest.find("{{") else {
                let kind = if rest.is_empty() {
                    Kind::End
                } else {
                    Kind::Text
                };
                return Ok(self.token(kind, rest.len()));
            };
            let inner = &rest[length + 2..];
            let trims = inner.starts_with('-') && inner[1..].starts_with(SPACE);
            let text = if trims {
                rest[..length].trim_end_matches(SPACE)
            } else {
                &rest[..length]
            };
            if !text.is_empty() {
                let token = self.token(Kind::Text, text.len());
                // The trimmed space must not be found again.
                self.at = token.start + length;
                return Ok(token);
            }
            self.at += length;
            let marker = if trims { 2 } else { 0 };
            if inner[marker..].starts_with("/*") {
                self.comment(2 + marker)?;
            } else {
                let token = self.token(Kind::Open, 2 + marker);
                (self.state, self.parentheses) = (State::Action, 0);
                return Ok(token);
            }
        }
    }

    fn comment(&mut self, start: usize) -> Outcome<()> {
        let Some(length) = self.rest()[start..].find("*/") else {
            return self.error("unclosed comment");
        };
        self.at += start + length + 2;
        let trims = closes_with_trim(self.rest());
        if !trims && !self.rest().starts_with("}}") {
            return self.error("comment ends before closing delimiter");
        }
        self.at += if trims { 4 } else { 2 };
        self.after_close(trims);
        Ok(())
    }

    fn action(&mut self) -> Outcome<Token> {
        let rest = self.rest();
        if closes_with_trim(rest) || rest.starts_with("}}") {
            if self.parentheses > 0 {
                return self.error("unclosed left paren");
            }
            self.at += usize::from(!rest.starts_with("}}"));
            self.state = State::Close;
            return self.next();
        }
        let Some(first) = rest.chars().next() else {
            return self.error("unclosed action");
        };
        match first {
            ' ' | '\t' | '\r' | '\n' => Ok(self.space()),
            '=' => Ok(self.token(Kind::Assign, 1)),
            ':' if rest.starts_with(":=") => Ok(self.token(Kind::Declare, 2)),
            ':' => self.error("expected :="),
            '|' => Ok(self.token(Kind::Pipe, 1)),
            ',' => Ok(self.token(Kind::Comma, 1)),
            '"' => self.quoted(Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(Kind::Character, "unterminated character constant"),
            '`' => match rest[1..].find('`') {
                Some(length) => Ok(self.token(Kind::RawString, length + 2)),
                None => self.error("unterminated raw quoted string"),
            },
            '$' => self.name(Kind::Variable),
            '.' if !rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                self.name(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            _ if is_alphanumeric(first) => self.identifier(),
            '(' => {
                self.parentheses += 1;
                Ok(self.token(Kind::LeftParen, 1))
            }
            ')' if self.parentheses == 0 => self.error("unexpected right paren"),
            ')' => {
                self.parentheses -= 1;
                Ok(self.token(Kind::RightParen, 1))
            }
            ' '..='~' => Ok(self.token(Kind::Other, 1)),
            _ => self.error("unrecognized character in action"),
        }
    }

    /// Space up to the next word, or to the space before a closing delimiter that trims.
    fn space(&mut self) -> Token {
        let rest = self.rest();
        let mut length = rest.len() - rest.trim_start_matches(SPACE).len();
        if closes_with_trim(&rest[length - 1..]) {
            length -= 1;
        }
        self.token(Kind::Space, length)
    }

    fn quoted(&mut self, kind: Kind, message: &str) -> Outcome<Token> {
        let bytes = self.rest().as_bytes();
        let mut at = 1;
        loop {
            match bytes.get(at) {
                Some(b'\\') if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
                Some(byte) if *byte == bytes[0] => return Ok(self.token(kind, at + 1)),
                None | Some(b'\n' | b'\\') => return self.error(message),
                Some(_) => at += 1,
            }
        }
    }

    /// A field or a variable.
    fn name(&mut self, kind: Kind) -> Outcome<Token> {
        let length = word(&self.rest()[1..]);
        let kind = if kind == Kind::Field && length == 0 {
            Kind::Dot
        } else {
            kind
        };
        self.terminated(kind, 1 + length)
    }

    fn identifier(&mut self) -> Outcome<Token> {
        let rest = self.rest();
        let length = word(rest);
        let kind = match &rest[..length] {
            "true" | "false" => Kind::Bool,
            name => keyword(name).map_or(Kind::Identifier, Kind::Keyword),
        };
        self.terminated(kind, length)
    }

    /// A token after which no other word may start without space.
    fn terminated(&mut self, kind: Kind, length: usize) -> Outcome<Token> {
        let rest = &self.rest()[length..];
        let next = rest.chars().next();
        let ends = next.is_none_or(|next| SPACE.contains(&next) || ".,|:)(".contains(next));
        if ends || rest.starts_with("}}") {
            return Ok(self.token(kind, length));
        }
        self.at += length;
        self.error("bad character")
    }

    fn number(&mut self) -> Outcome<Token> {
        let rest = self.rest();
        let message = "bad number syntax";
        let Some(mut length) = scan_number(rest) else {
            return self.error(message);
        };
        if rest[length..].starts_with(['+', '-']) {
            match scan_number(&rest[length..]) {
                Some(more) if rest[..length + more].ends_with('i') => length += more,
                _ => return self.error(message),
            }
        }
        Ok(self.token(Kind::Number, length))
    }
}

/// Whether a closing delimiter that trims starts here, with its space.
fn closes_with_trim(text: &str) -> bool {
    text.starts_with(SPACE) && text[1..].starts_with("-}}")
}

fn is_alphanumeric(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// The length of the word at the start.
fn word(text: &str) -> usize {
    text.find(|next| !is_alphanumeric(next))
        .unwrap_or(text.len())
}

/// The length of a number, which may still be wrong. None if a letter follows it.
fn scan_number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    let mut end = usize::from(matches!(at(0), b'+' | b'-'));
    let mut radix = 10;
    if at(end) == b'0' {
        end += 1;
        radix = match at(end) {
            b'x' | b'X' => 16,
            b'o' | b'O' => 8,
            b'b' | b'B' => 2,
            _ => 10,
        };
        end += usize::from(radix != 10);
    }
    let digits = |mut from: usize, radix: u32| {
        while at(from) == b'_' || char::from(at(from)).is_digit(radix) {
            from += 1;
        }
        from
    };
    end = digits(end, radix);
    if at(end) == b'.' {
        end = digits(end + 1, radix);
    }
    let has_exponent = match at(end) {
        b'e' | b'E' => radix == 10,
        b'p' | b'P' => radix == 16,
        _ => false,
    };
    if has_exponent {
        end += 1;
        end = digits(end + usize::from(matches!(at(end), b'+' | b'-')), 10);
    }
    end += usize::from(at(end) == b'i');
    let next = bytes
        .get(end..)
        .filter(|rest| !rest.is_empty())
        .map(|rest| text::decode(rest).0);
    (!next.is_some_and(is_alphanumeric)).then_some(end)
}

fn keyword(name: &str) -> Option<Keyword> {
    Some(match name {
        "block" => Keyword::Block,
        "break" => Keyword::Break,
        "continue" => Keyword::Continue,
        "define" => Keyword::Define,
        "else" => Keyword::Else,
        "end" => Keyword::End,
        "if" => Keyword::If,
        "nil" => Keyword::Nil,
        "range" => Keyword::Range,
        "template" => Keyword::Template,
        "with" => Keyword::With,
        _ => return None,
    })
}
