//! The wording for invalid YAML: the most likely mistake, and its location, which is not always
//! where the parser gives up.

use std::ops::Range;

use crate::{Code, Diagnostic, SourceId, Span};

use super::event::{Fault, FaultKind};
use super::{finding, place, shown};

/// The context of a fault.
pub(super) struct Scene<'a> {
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    /// The start of the text.
    pub(super) start: usize,
    /// The end of the previous token.
    pub(super) cursor: usize,
    /// The previous scalar.
    pub(super) last: Range<usize>,
    /// The innermost open bracket.
    pub(super) bracket: Option<usize>,
}

/// The diagnostic for a fault.
pub(super) fn explain(fault: Fault, scene: &Scene) -> Diagnostic {
    let at = fault.at;
    if let Some(finding) = scene.merge_conflict(at) {
        return finding;
    }
    if let Some(finding) = scene.placeholder_in_brackets(at) {
        return finding;
    }
    let kind = match fault.kind {
        FaultKind::Tag if place::after(scene.text, at).starts_with('%') => FaultKind::Directive,
        kind => kind,
    };
    match kind {
        FaultKind::ColonInText => scene.colon_in_text(at),
        FaultKind::ColonInFlow | FaultKind::Comma => scene.in_brackets(kind, at),
        FaultKind::Key | FaultKind::Item => scene.no_entry(kind, at),
        FaultKind::KeyWithoutColon => scene.key_without_colon(at),
        FaultKind::UnclosedQuote => scene.unclosed_quote(at),
        FaultKind::MismatchedBracket { open, close } => {
            syntax(format!("`{open}` is closed by `{close}`"))
                .at(scene.character(at), "opened here")
        }
        FaultKind::Character(c) => scene.unexpected_character(c, at),
        FaultKind::Tab => syntax("a tab cannot be used to indent")
            .at(scene.tab(at), "")
            .help("indent with spaces"),
        FaultKind::Escape => syntax("an unknown escape in double quotes")
            .at(scene.bad_escape(at), "")
            .help("write `\\\\` for a backslash, or use single quotes"),
        FaultKind::TooDeep => finding::too_deep(scene.character(at)),
        kind => scene.plainly(kind, at),
    }
}

impl Scene<'_> {
    /// Faults that do not depend on their context.
    fn plainly(&self, kind: FaultKind, at: usize) -> Diagnostic {
        let of_line = about_line(kind).map(|words| (words, self.line(at)));
        let words = of_line.or_else(|| Some((about_character(kind)?, self.character(at))));
        match (kind, words) {
            (FaultKind::AfterDocument, _) => self.after_document(at),
            (FaultKind::Ended, _) => syntax("the text ends too early").at(self.end(at), ""),
            (_, Some(((message, help), span))) => syntax(message).at(span, "").help(help),
            (_, None) => syntax("this is not valid YAML").at(self.line(at), ""),
        }
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    /// The character at an offset; at the end of the text, the end of its last word.
    fn character(&self, at: usize) -> Span {
        match place::after(self.text, at).chars().next() {
            None => self.end(at),
            Some('\n' | '\r') => self.span(&(at..at)),
            Some(c) => self.span(&(at..at + c.len_utf8())),
        }
    }

    /// The rest of the line, or the end of the text's last word.
    fn line(&self, at: usize) -> Span {
        let range = place::rest_of_line(self.text, at);
        if range.is_empty() {
            self.character(at)
        } else {
            self.span(&range)
        }
    }

    fn end(&self, at: usize) -> Span {
        let end = place::before(self.text, at).trim_end().len();
        let end = end.max(self.start.min(at));
        self.span(&(end..end))
    }

    /// The start of the line, within the text.
    fn line_start(&self, at: usize) -> usize {
        place::line_start(self.text, at).max(self.start).min(at)
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The first marker that version control has left in the text before a fault, or on its line.
    fn merge_conflict(&self, at: usize) -> Option<Diagnostic> {
        let mut start = self.start;
        for line in place::after(self.text, start).split_inclusive('\n') {
            if start > at {
                break;
            }
            let written = line.trim_end();
            let is_marker = ["<<<<<<< ", ">>>>>>> "]
                .iter()
                .any(|marker| written.starts_with(marker));
            if is_marker {
                let span = self.span(&(start..start + written.len()));
                let help = "keep one of the versions between `<<<<<<<` and `>>>>>>>`, and remove \
                            the lines with the markers";
                return Some(
                    syntax("left over from a merge conflict")
                        .at(span, "")
                        .help(help),
                );
            }
            start += line.len();
        }
        None
    }

    /// In `{x: ${y.z}}`, the brace of the placeholder starts a map.
    fn placeholder_in_brackets(&self, at: usize) -> Option<Diagnostic> {
        let dollar = self.last.end;
        let split = self.bracket.is_some()
            && dollar <= at
            && place::before(self.text, dollar).ends_with('$')
            && place::after(self.text, dollar).starts_with('{');
        if !split {
            return None;
        }
        let start = self.last.start;
        let mut depth = 0usize;
        let mut end = dollar;
        let mut whole = false;
        for (offset, c) in place::after(self.text, dollar).char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | ']' | '}' if depth == 0 => {
                    whole = true;
                    break;
                }
                '\n' | '\r' => break,
                _ => {}
            }
            end = dollar + offset + c.len_utf8();
        }
        let text = self.slice(start..end).trim_end();
        let span = self.span(&(start..start + text.len()));
        let finding = syntax("a placeholder inside brackets needs quotes").at(span, "");
        // In single quotes or with a backslash, it would have another meaning.
        if !whole || text.contains(['"', '\\']) {
            return Some(finding.help("quote the string that contains it"));
        }
        let quoted = format!("\"{text}\"");
        Some(finding.help(format!("write `{quoted}`")).fix(span, quoted))
    }

    /// A `: ` after an unquoted string: a second one in the line, a line that is indented too far,
    /// or a preceding line with a wrong colon.
    fn colon_in_text(&self, at: usize) -> Diagnostic {
        let last = self.last.clone();
        let text = self.slice(last.clone());
        if last.end != at || !text.contains('\n') {
            let value = place::rest_of_line(self.text, last.start.min(at));
            let value = self.slice(value);
            let finding = syntax("a second `:` in this line").at(self.character(at), "");
            return if value.contains(['"', '\'']) || last.end != at {
                finding.help("quote the string that contains it, or begin a new line")
            } else {
                finding.help(format!(
                    "if it belongs to the string, quote it: `\"{}\"`",
                    shown(value)
                ))
            };
        }
        let first = text.lines().next().unwrap_or_default().trim_end();
        let first_span = self.span(&(last.start..last.start + first.len()));
        let line = self.line_start(last.start);
        let begins_line = self
            .slice(line..last.start)
            .chars()
            .all(|c| c.is_whitespace() || c == '-' || c == '?');
        if !begins_line {
            let key = self.line_start(at);
            let key = key + self.slice(key..at).len() - self.slice(key..at).trim_start().len();
            return syntax("a key cannot follow inside a string")
                .at(
                    self.span(&(key..at)),
                    "this line is indented as part of the string",
                )
                .at(first_span, "the string begins here")
                .help("indent it like the keys around it, or quote the string");
        }
        match first.find(':') {
            Some(colon) => {
                let colon = last.start + colon;
                syntax("a space is missing after this `:`")
                    .at(self.span(&(colon..colon + 1)), "")
                    .fix(self.span(&(colon..colon + 1)), ": ")
                    .help("a key is followed by `:` and a space")
            }
            None => syntax("a `:` is missing after this key").at(first_span, ""),
        }
    }

    /// A colon or another token where a list or map in brackets needs a comma or its end.
    fn in_brackets(&self, kind: FaultKind, at: usize) -> Diagnostic {
        let finding = syntax(if kind == FaultKind::Comma {
            "a `,` or a closing bracket is missing here"
        } else {
            "a `:` is not allowed here inside brackets"
        });
        let finding = finding.at(self.character(at), "");
        let Some(open) = self.bracket else {
            return finding;
        };
        let finding = finding.at(
            self.character(open),
            "the bracket opened here is still open",
        );
        if self.line_start(at) > open {
            finding.help("close the bracket at the end of its content")
        } else {
            finding.help("quote the string if this belongs to it")
        }
    }

    /// A token where the next key or list item is expected.
    fn no_entry(&self, kind: FaultKind, at: usize) -> Diagnostic {
        let start = self.line_start(at);
        let before = self.slice(start..at);
        let line = self.line(start + before.len() - before.trim_start().len());
        let wanted = if kind == FaultKind::Item {
            "a list item"
        } else {
            "a key"
        };
        if before.trim_start().starts_with('-') && kind == FaultKind::Key {
            return syntax("a list item instead of a key")
                .at(line, "")
                .help("indent the list below the key that it belongs to");
        }
        if !before.trim().is_empty() {
            return syntax("text after the end of the value")
                .at(self.line(at), "")
                .help("quote the whole value if this belongs to it");
        }
        syntax(format!("expected {wanted} of the lines above"))
            .at(line, "the indentation matches none of the lines above")
            .help("indent it like the entries that it belongs to")
    }

    fn key_without_colon(&self, at: usize) -> Diagnostic {
        let line = place::rest_of_line(self.text, at);
        let text = self.slice(line.clone());
        let finding = syntax("a `:` is missing after this key").at(self.line(at), "");
        if text.starts_with('-') {
            finding.help("a list item begins with `-` and a space")
        } else if text.contains(':') {
            finding.help("a key is followed by `:` and a space")
        } else {
            finding
        }
    }

    fn unclosed_quote(&self, at: usize) -> Diagnostic {
        let finding = syntax("a quote that is never closed");
        if place::after(self.text, at).starts_with(['"', '\'']) {
            return finding.at(self.character(at), "opened here");
        }
        let finding = finding.help("close it, or indent the lines that belong to the string");
        match place::open_quote(self.text, self.cursor, at) {
            Some(open) => finding.at(self.character(open), "opened here").at(
                self.line(at),
                "this line is not indented as part of the string",
            ),
            None => finding.at(self.line(at), ""),
        }
    }

    fn unexpected_character(&self, c: char, at: usize) -> Diagnostic {
        // In a block, the parser points to the start of the line.
        let ahead = place::after(self.text, at).find(c).unwrap_or(0);
        let span = self.character(at + ahead);
        if c.is_control() || !c.is_ascii() {
            return syntax(format!(
                "the character U+{:04X} is not allowed",
                u32::from(c)
            ))
            .at(span, "")
            .help("remove it; in double quotes it can be written as an escape");
        }
        syntax(format!("a string cannot begin with `{c}`"))
            .at(span, "")
            .help("quote it")
    }

    fn after_document(&self, at: usize) -> Diagnostic {
        let line = self.line(at);
        if place::after(self.text, self.line_start(at)).starts_with("...") {
            return syntax("text after the `...` that ends the document").at(line, "");
        }
        if place::after(self.text, self.start).starts_with('%') {
            return syntax("a `---` line is missing after the lines that begin with `%`")
                .at(line, "");
        }
        syntax("text after the end of the value")
            .at(line, "")
            .help("separate documents with a `---` line")
    }

    /// The white space with the tab that causes a fault at or after `at`.
    fn tab(&self, at: usize) -> Span {
        let before = self.slice(self.line_start(at)..at);
        let start = if before.ends_with('\t') {
            Some(at - (before.len() - before.trim_end_matches('\t').len()))
        } else {
            // The parser points to the text that contains the tab.
            let rest = place::after(self.text, at);
            let inside = rest
                .match_indices('\n')
                .map(|(line, _)| {
                    let line = &rest[line + 1..];
                    at + rest.len() - line.trim_start_matches(' ').len()
                })
                .find(|&blank| place::after(self.text, blank).starts_with('\t'));
            if rest.starts_with('\t') {
                Some(at)
            } else {
                inside
            }
        };
        let Some(start) = start else {
            return self.character(at);
        };
        let rest = place::after(self.text, start);
        let length = rest.len() - rest.trim_start_matches('\t').len();
        self.span(&(start..start + length))
    }

    /// The first invalid escape in double quotes, in the string whose quote is at `at`.
    fn bad_escape(&self, at: usize) -> Span {
        let text = place::after(self.text, at);
        let mut chars = text.char_indices();
        let mut surrogate = false;
        while let Some((offset, c)) = chars.next() {
            if c != '\\' {
                continue;
            }
            let Some((_, escape)) = chars.next() else {
                break;
            };
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            let start = offset + 1 + escape.len_utf8();
            let value = text
                .get(start..start + digits)
                .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
                .map(|hex| u32::from_str_radix(hex, 16).unwrap_or(0));
            let known = "0abt\tnvfre \"/\\N_LPxuU\n\r".contains(escape);
            let pair = value.is_some_and(|value| (0xDC00..=0xDFFF).contains(&value)) && surrogate;
            surrogate = value.is_some_and(|value| (0xD800..=0xDBFF).contains(&value));
            let followed = surrogate && place::after(text, start + digits).starts_with("\\u");
            let good = known
                && value.is_some_and(|value| pair || followed || char::from_u32(value).is_some());
            if !good {
                let end = if value.is_some() {
                    start + digits
                } else {
                    start
                };
                return self.span(&(at + offset..at + end));
            }
        }
        self.character(at)
    }
}

/// The message and help of a fault that concerns the rest of a line.
fn about_line(kind: FaultKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        FaultKind::AfterQuote => (
            "text after the closing quote",
            "quote the whole value, or escape the quotes inside it",
        ),
        FaultKind::BlockHeader => (
            "text after the `|` or `>` of a block",
            "begin the text on the next line, or quote it",
        ),
        FaultKind::BlockIndent => (
            "the first line of the block is not indented like those before it",
            "indent the blank lines of a block no further than its text",
        ),
        FaultKind::Comment => (
            "a comment that is not allowed here",
            "put a space before the `#`, and no comment inside an unquoted string",
        ),
        FaultKind::Directive => (
            "a line that begins with `%` cannot be parsed",
            "remove it, or quote a string that begins with `%`",
        ),
        FaultKind::Tag => (
            "a tag with a syntax error",
            "quote a string that begins with `!`",
        ),
        FaultKind::TagHandle => (
            "a tag whose prefix is not declared",
            "quote a string that begins with `!`",
        ),
        _ => return None,
    })
}

/// The message and help of a fault that concerns a character.
fn about_character(kind: FaultKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        FaultKind::AnchorName => (
            "a name is missing after `*` or `&`",
            "quote a string that begins with `*` or `&`",
        ),
        FaultKind::Bom => (
            "a byte order mark inside the text",
            "remove it; it is allowed only at the beginning",
        ),
        FaultKind::ListHere => (
            "a list item cannot begin here",
            "begin the list on the next line, or quote a string that begins with `-`",
        ),
        FaultKind::StrayBracket => (
            "a closing bracket without an opening one",
            "remove it, or quote the string that it belongs to",
        ),
        FaultKind::UnclosedBracket => (
            "a bracket that is never closed",
            "close it, or quote a string that begins with it",
        ),
        _ => return None,
    })
}

fn syntax(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::YamlSyntax, message)
}
