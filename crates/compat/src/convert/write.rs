//! The text of a native provisioner, with comments.

use std::fmt::Write;

use super::pattern::{Pattern, Reason, quoted};
use super::tree::{Item, Line, Shape};

/// A file that is being written.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
}

impl Writer {
    /// A line with an indentation.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// A comment that names a place for a person, with the original text.
    pub(super) fn todo(&mut self, indent: usize, reason: &str, original: &str) {
        self.line(
            indent,
            &format!("# TODO: {}", printable(&reason.replace('\n', " "))),
        );
        if !original.trim().is_empty() {
            self.comment(indent, original);
        }
    }

    /// Lines of any text as a comment.
    pub(super) fn comment(&mut self, indent: usize, text: &str) {
        for line in unindented(text).split('\n') {
            let line = printable(line.trim_end_matches(['\r', ' ']));
            self.line(indent, format!("#   {line}").trim_end());
        }
    }

    /// A key with a value.
    pub(super) fn entry(&mut self, indent: usize, key: &str, value: &Shape, original: &str) {
        self.shape(indent, &format!("{}:", scalar(key)), value, original);
    }

    /// A key with a string.
    pub(super) fn string(&mut self, indent: usize, key: &str, text: &str) {
        self.scalar(indent, &format!("{}:", scalar(key)), text);
    }

    fn scalar(&mut self, indent: usize, start: &str, text: &str) {
        if is_block(text) {
            let sign = if text.ends_with('\n') { "|" } else { "|-" };
            self.line(indent, &format!("{start} {sign}"));
            for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                if line.is_empty() {
                    self.text.push('\n');
                } else {
                    self.line(indent + 2, line);
                }
            }
        } else {
            self.line(indent, &format!("{start} {}", scalar(text)));
        }
    }

    /// A value after a key or a dash.
    fn shape(&mut self, indent: usize, start: &str, value: &Shape, original: &str) {
        match value {
            Shape::Plain(text) => self.line(indent, &format!("{start} {text}")),
            Shape::Text(pattern) => self.scalar(indent, start, &pattern.written()),
            Shape::List(lines) | Shape::Map(lines) => {
                let has_items = lines.iter().any(|it| matches!(it, Line::Item(_)));
                let empty = if matches!(value, Shape::List(_)) {
                    " []"
                } else {
                    " {}"
                };
                let empty = if has_items { "" } else { empty };
                self.line(indent, &format!("{start}{empty}"));
                self.lines(indent + 2, lines, original);
            }
        }
    }

    /// The lines of a list or map.
    pub(super) fn lines(&mut self, indent: usize, lines: &[Line], original: &str) {
        for line in lines {
            match line {
                Line::Todo(todo) => {
                    let start = line_start(original, todo.range.start);
                    let text = original.get(start..todo.range.end).unwrap_or_default();
                    self.todo(indent, &todo.reason, text);
                }
                Line::Item(item) => self.item(indent, item, original),
            }
        }
    }

    fn item(&mut self, indent: usize, item: &Item, original: &str) {
        let Some(key) = &item.key else {
            return self.list_item(indent, item, original);
        };
        let start = format!("{}:", scalar(&key.written()));
        let Some(condition) = &item.condition else {
            return self.shape(indent, &start, &item.value, original);
        };
        self.line(indent, &start);
        self.conditional(indent + 2, &condition.text, &item.value, original);
    }

    fn conditional(&mut self, indent: usize, condition: &str, value: &Shape, original: &str) {
        self.string(indent, "$when", &format!("{{{{ {condition} }}}}"));
        match value {
            Shape::Map(lines) => self.lines(indent, lines, original),
            other => self.shape(indent, "$value:", other, original),
        }
    }

    fn list_item(&mut self, indent: usize, item: &Item, original: &str) {
        let mut inner = Self::default();
        match (&item.condition, &item.value) {
            (Some(condition), value) => {
                inner.conditional(indent + 2, &condition.text, value, original);
            }
            (None, Shape::Map(lines)) if has_items(lines) => {
                inner.lines(indent + 2, lines, original);
            }
            (None, Shape::List(lines)) if has_items(lines) => {
                self.line(indent, "-");
                return self.lines(indent + 2, lines, original);
            }
            (None, value) => return self.shape(indent, "-", value, original),
        }
        // The dash is in the first line that is not a comment.
        let mut is_open = true;
        for line in inner.text.split_inclusive('\n') {
            let is_comment = line.trim_start().starts_with('#');
            if is_open && !is_comment {
                let _ = write!(self.text, "{:indent$}- {}", "", &line[indent + 2..]);
                is_open = false;
            } else {
                self.text += line;
            }
        }
    }
}

fn has_items(lines: &[Line]) -> bool {
    lines.iter().any(|it| matches!(it, Line::Item(_)))
}

/// The start of a line, if there are only spaces before an offset.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |it| it + 1);
    if before[start..].trim_matches([' ', '-', '\t']).is_empty() {
        start
    } else {
        at
    }
}

/// Text without the indentation that all lines have, and without empty lines around it.
fn unindented(text: &str) -> String {
    let mut text = text.trim_matches('\n').trim_end();
    // The dash of the item after the text.
    while let Some((before, last)) = text.rsplit_once('\n')
        && last.trim() == "-"
    {
        text = before.trim_end();
    }
    let width = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    let least = lines.map(width).min().unwrap_or_default();
    let lines = text
        .split('\n')
        .map(|line| line.get(least..).unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Text for a comment. Characters that end a line for a reader of YAML, or that it refuses, are written with an escape.
fn printable(text: &str) -> String {
    let mut printable = String::new();
    for c in text.chars() {
        if is_printable(c) {
            printable.push(c);
        } else {
            printable.extend(c.escape_unicode());
        }
    }
    printable
}

/// Whether a character is safe and visible in all readers.
fn is_printable(c: char) -> bool {
    let is_hidden = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}');
    c == '\t' || (!c.is_control() && !is_hidden)
}

/// Whether a string is written in a block.
fn is_block(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    lines.contains('\n')
        && !lines.starts_with([' ', '\n', '\t'])
        && !lines.ends_with('\n')
        && text.chars().all(|c| c == '\n' || is_printable(c))
        && lines.split('\n').all(|line| !line.ends_with([' ', '\t']))
}

/// A string as a scalar in a line.
pub(super) fn scalar(text: &str) -> String {
    const WORDS: [&str; 10] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "none",
    ];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if is_printable(c) => quoted.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(quoted, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
            }
        }
    }
    quoted + "\""
}

/// A value without references as a string with a single expression, if it is a list or a map.
pub(super) fn literal(value: &Shape) -> Result<Pattern, Reason> {
    let whole = |text: String| {
        let term = super::pattern::Term::atom(text, super::pattern::Form::Any);
        Pattern::from(term)
    };
    match value {
        Shape::Text(pattern) => Ok(pattern.clone()),
        other => Ok(whole(expression(other)?)),
    }
}

fn expression(value: &Shape) -> Result<String, Reason> {
    let incomplete = || "a part of the value is not converted".to_owned();
    match value {
        Shape::Plain(text) if text == "null" => Ok("none".to_owned()),
        Shape::Plain(text) => Ok(text.clone()),
        Shape::Text(pattern) => match pattern.as_text() {
            Some(text) => Ok(quoted(&text)),
            None => Ok(pattern.term()?.text),
        },
        Shape::List(lines) | Shape::Map(lines) => {
            let mut parts = Vec::new();
            for line in lines {
                let Line::Item(item) = line else {
                    return Err(incomplete());
                };
                let key = match &item.key {
                    Some(key) => format!("{}: ", key.term()?.text),
                    None => String::new(),
                };
                parts.push(key + &expression(&item.value)?);
            }
            let parts = parts.join(", ");
            Ok(match value {
                Shape::List(_) => format!("[{parts}]"),
                _ => format!("{{{parts}}}"),
            })
        }
    }
}
