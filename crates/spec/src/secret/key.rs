//! The values of keys that sound secret, in YAML, JSON, and lines such as `NAME=value`, which can be malformed.

use std::ops::Range;

use super::{literal, sounds_secret};

/// Keys whose values are names of secrets.
const NAMES: [&str; 2] = ["tlsSecret", "existingSecret"];

/// The lines after a key that can belong to its value.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// The column of the key.
    indent: usize,
    /// The quote that is not closed yet.
    quote: Option<char>,
    /// Whether the line of the key has no value, so that a map can follow.
    is_bare: bool,
}

/// A value in a line.
struct Value {
    range: Range<usize>,
    open: Option<Open>,
}

/// The literal parts of all values of keys that sound secret.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let mut is_named = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if let Some(it) = open.filter(|_| end > start) {
            if it.continues(line) {
                let (hidden, closes) = it.part(line.trim_end());
                found.extend(literal(text, start..start + hidden));
                open = open.filter(|_| !closes);
                start += line.len();
                continue;
            }
            open = None;
        }
        if end > start {
            let entry = line.trim().trim_start_matches("- ");
            // A variable of a container: `name: DB_PASSWORD`, and on the next line `value: …`.
            if let Some(value) = entry.strip_prefix("value:").filter(|_| is_named) {
                found.extend(literal(text, end - value.len()..end));
            }
            let name = entry.strip_prefix("name:").map(str::trim);
            is_named = name.is_some_and(|it| sounds_secret(it.trim_matches(['"', '\''])));
            for value in in_line(&text[start..end]) {
                let range = start + value.range.start..start + value.range.end;
                found.extend(literal(text, range));
                open = value.open;
            }
        }
        start += line.len();
    }
    found
}

impl Open {
    /// Whether a line belongs to the value.
    fn continues(self, line: &str) -> bool {
        let content = line.trim_start();
        let is_deeper = line.len() - content.len() > self.indent;
        if self.is_bare || (self.quote.is_some() && !is_deeper) {
            return (is_deeper || self.quote.is_some()) && !is_structure(content);
        }
        is_deeper
    }

    /// The length of the part of the line that belongs to the value, and whether the value ends with it.
    fn part(self, line: &str) -> (usize, bool) {
        let end = self.quote.and_then(|quote| closing(line, quote));
        (end.unwrap_or(line.len()), end.is_some())
    }
}

/// Whether a line starts with a key, a list item, a comment or a document.
fn is_structure(content: &str) -> bool {
    let is_key = |c: char| c.is_alphanumeric() || "_-./$\"'".contains(c);
    let rest = content.trim_start_matches(is_key);
    let is_key = rest.len() < content.len() && rest.starts_with(':');
    is_key
        || content.starts_with(['#', '{', '['])
        || content.starts_with("- ")
        || content.starts_with("---")
}

/// A line without its line break.
struct Line<'t> {
    text: &'t str,
    /// The offset of the first bracket.
    bracket: usize,
    /// The offset of the last comment, or the end.
    comment: usize,
}

/// The values in a line without its line break.
fn in_line(text: &str) -> Vec<Value> {
    let line = Line {
        text,
        bracket: text.find(['{', '[']).unwrap_or(text.len()),
        comment: text.rfind(" #").unwrap_or(text.len()),
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find([':', '=']) {
        let separator = at + next;
        at = separator + 1;
        if let Some(key) = key(text, separator) {
            let value = line.value(at, key);
            at = value.range.end.max(at);
            found.push(value);
        }
    }
    found
}

/// The offset of the key before a separator, if it sounds secret.
fn key(line: &str, separator: usize) -> Option<usize> {
    let before = line[..separator].trim_end();
    let is_quoted = before.ends_with(['"', '\'']);
    let is_part = |c: char| c.is_alphanumeric() || "_-./\\".contains(c);
    let start = if is_quoted {
        let (inside, quote) = before.split_at(before.len() - 1);
        inside.rfind(quote)?
    } else {
        before.trim_end_matches(is_part).len()
    };
    let name = before[start..].trim_matches(['"', '\'']);
    let outside = line[..start].trim_end();
    let is_first = outside.is_empty() || outside.ends_with(['-', '{', ',', '[', '?']);
    let rest = &line[separator + 1..];
    let is_key = match line.as_bytes()[separator] {
        b'=' => {
            let is_outside = outside == "export" || is_first || outside.ends_with(['"', '\'']);
            is_outside && !rest.starts_with(['=', ' ']) && before.len() == separator
        }
        _ => {
            is_quoted
                || rest.is_empty()
                || rest.starts_with([' ', '\t'])
                || (is_first && !rest.starts_with("//"))
        }
    };
    (is_key && sounds_secret(name) && !NAMES.contains(&name)).then_some(start)
}

impl Line<'_> {
    /// The value after a separator. It is empty if it is no literal, such as a map.
    fn value(&self, after: usize, key: usize) -> Value {
        let rest = self.text[after..].trim_start();
        let start = self.text.len() - rest.len();
        let none = |open| Value {
            range: start..start,
            open,
        };
        let open = |quote, is_bare| {
            Some(Open {
                indent: key,
                quote,
                is_bare,
            })
        };
        match rest.chars().next() {
            None | Some('#') => none(open(None, true)),
            Some('|' | '>') => none(open(None, false)),
            Some('*') => none(None),
            Some('{' | '[') if is_collection(rest) => none(None),
            Some(quote @ ('"' | '\'')) => match closing(&rest[1..], quote) {
                Some(length) => Value {
                    range: start + 1..self.end_after(start + 1 + length),
                    open: None,
                },
                None => Value {
                    range: start + 1..self.text.len(),
                    open: open(Some(quote), false),
                },
            },
            Some(_) => {
                let end = self.plain(start, key);
                if matches!(&self.text[start..end], "true" | "false" | "null" | "~") {
                    return none(None);
                }
                Value {
                    range: start..end,
                    open: open(None, false).filter(|_| end == self.text.len()),
                }
            }
        }
    }

    /// The end of a value with a closing quote: the quote, or the end of the line if more follows than a value can have.
    fn end_after(&self, quote: usize) -> usize {
        let rest = self.text[quote + 1..].trim_start();
        let is_end = rest.is_empty() || rest.starts_with([',', '}', ']', '#']);
        if is_end { quote } else { self.text.len() }
    }

    /// The end of a plain value: a comment, or in brackets the next entry that is not in a placeholder.
    fn plain(&self, start: usize, key: usize) -> usize {
        let end = if self.comment > start {
            self.comment
        } else {
            self.text.len()
        };
        let mut depth = 0_usize;
        let is_flow = self.bracket < key;
        let mut chars = self.text[start..end].char_indices().filter(|_| is_flow);
        let entry = chars.find(|(at, c)| {
            let is_entry = matches!(c, ']' | '}') || self.text[start + at..].starts_with(", ");
            let is_end = depth == 0 && is_entry;
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            is_end
        });
        let end = entry.map_or(end, |(at, _)| start + at);
        // `"NAME=value"` is quoted as a whole.
        let quote = self.text[..key].chars().next_back();
        let quote = quote.filter(|it| matches!(it, '"' | '\''));
        let quoted = quote.and_then(|quote| self.text[start..end].find(quote));
        let end = quoted.map_or(end, |at| start + at);
        start + self.text[start..end].trim_end().len()
    }
}

/// Whether a value is a map, a list of maps, an empty one or one that goes on in the next line.
fn is_collection(rest: &str) -> bool {
    !rest.starts_with("{{")
        && !rest.starts_with("{%")
        && (rest.len() == 1
            || rest.contains(':')
            || rest.starts_with("{}")
            || rest.starts_with("[]"))
}

/// The offset of the quote that closes a string.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            let is_doubled = quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote);
            if !is_doubled {
                return Some(at);
            }
            chars.next();
        }
    }
    None
}
