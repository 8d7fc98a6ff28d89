//! Parses chart templates like Helm: as text and actions. Actions are not evaluated.

use std::iter::Peekable;
use std::str::CharIndices;

use score_spec::{Kind, Node};

/// Represents the result of an action, or nothing on a separate line.
const GIVEN: char = '\u{E000}';

/// A parsed template.
pub(super) struct Template {
    /// The output: actions that consist of a literal are replaced with its value, others with `x`.
    /// Only the first branch of a block is included, and lines with only other actions are omitted.
    pub(super) text: String,
    /// The other actions, in a form that does not depend on the names in them.
    pub(super) actions: Vec<String>,
    /// The literals in those actions.
    pub(super) literals: Vec<String>,
}

/// Parses a template; fails if Go would fail.
pub(super) fn read(content: &str) -> Result<Template, String> {
    let mut template = Template {
        text: String::new(),
        actions: Vec::new(),
        literals: Vec::new(),
    };
    // For each open block, whether its first branch has ended.
    let mut blocks: Vec<bool> = Vec::new();
    let mut text = String::new();
    let mut rest = content;
    while let Some((before, behind)) = rest.split_once("{{") {
        let is_left_out = blocks.contains(&true);
        if !is_left_out {
            text.push_str(before);
        }
        let (action, after) = Action::read(behind)?;
        rest = after;
        if action.code == "\"\"" {
            let literal = action.literals.concat();
            text.push_str(if is_left_out { "" } else { &literal });
            continue;
        }
        match action.code.split(' ').next() {
            Some("if" | "with" | "range" | "define") => blocks.push(false),
            Some("else") => *blocks.last_mut().ok_or("an `else` without a block")? = true,
            Some("end") => {
                blocks.pop().ok_or("an `end` without a block")?;
            }
            _ => {}
        }
        text.push(GIVEN);
        template.actions.push(action.code);
        template.literals.extend(action.literals);
    }
    if !blocks.is_empty() {
        return Err("a block without an end".to_owned());
    }
    text.push_str(rest);
    let only_given = |line: &&str| line.contains(GIVEN) && line.trim().chars().all(|c| c == GIVEN);
    let lines = text.split_inclusive('\n').filter(|line| !only_given(line));
    template.text = lines.collect::<String>().replace(GIVEN, "x");
    Ok(template)
}

/// The contents of an action.
struct Action {
    /// Its code, with empty literals and paths, and equal comments.
    code: String,
    /// The values of its literals.
    literals: Vec<String>,
}

impl Action {
    /// Parses the action at the beginning of `text`, and returns the rest.
    fn read(text: &str) -> Result<(Self, &str), String> {
        let text = text.strip_prefix("- ").unwrap_or(text);
        if let Some(comment) = text.strip_prefix("/*") {
            let (_, after) = comment.split_once("*/").ok_or("an open comment")?;
            let after = after.strip_prefix(" -").unwrap_or(after);
            let after = after.strip_prefix("}}").ok_or("code behind a comment")?;
            let (code, literals) = ("/**/".to_owned(), Vec::new());
            return Ok((Self { code, literals }, after));
        }
        let (mut code, mut literals) = (String::new(), Vec::new());
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '}' if text[at..].starts_with("}}") => {
                    let trimmed = code.trim();
                    let code = trimmed.strip_suffix(" -").unwrap_or(trimmed).trim();
                    let code = without_paths(code);
                    return Ok((Self { code, literals }, &text[at + 2..]));
                }
                '"' => {
                    literals.push(quoted(&mut chars)?);
                    code.push_str("\"\"");
                }
                '`' => {
                    let (raw, _) = text[at + 1..].split_once('`').ok_or("an open literal")?;
                    chars.by_ref().take(raw.chars().count() + 1).for_each(drop);
                    literals.push(raw.to_owned());
                    code.push_str("\"\"");
                }
                '\n' | '\r' => return Err("a line break in an action".to_owned()),
                c => code.push(c),
            }
        }
        Err("an open action".to_owned())
    }
}

/// Parses a Go string literal after its opening quote.
fn quoted(chars: &mut Peekable<CharIndices>) -> Result<String, String> {
    let mut said = String::new();
    loop {
        let (_, c) = chars.next().ok_or("an open literal")?;
        match c {
            '"' => return Ok(said),
            '\n' => return Err("a line break in a literal".to_owned()),
            '\\' => {
                let (_, kind) = chars.next().ok_or("an open literal")?;
                said.push(match kind {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '"' | '\\' => kind,
                    'x' => number(chars, 2)?,
                    'u' => number(chars, 4)?,
                    'U' => number(chars, 8)?,
                    _ => return Err(format!("`\\{kind}` in a literal")),
                });
            }
            c => said.push(c),
        }
    }
}

/// Parses a character given by hexadecimal digits.
fn number(chars: &mut Peekable<CharIndices>, digits: usize) -> Result<char, String> {
    let digits: String = chars.take(digits).map(|(_, digit)| digit).collect();
    let number = u32::from_str_radix(&digits, 16)
        .ok()
        .and_then(char::from_u32);
    number.ok_or(format!("`{digits}` is no character"))
}

/// The code with equal forms of path steps, whether written as `.a` or `index … "a"`.
fn without_paths(code: &str) -> String {
    let mut out = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' => {
                while chars
                    .next_if(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .is_some()
                {}
                out.push_str(" \"\"");
            }
            '(' | ')' => out.push(' '),
            c => out.push(c),
        }
    }
    let words = out.split_whitespace().filter(|word| *word != "index");
    words.collect::<Vec<_>>().join(" ")
}

/// Adds the images in a tree of values, whose parts Helm joins.
pub(super) fn images(node: &Node, out: &mut Vec<String>) {
    let Kind::Map(entries) = &node.kind else {
        return;
    };
    let part = |name: &str, before: &str, behind: &str| {
        let text = node.get(name).and_then(Node::text).unwrap_or_default();
        let is_empty = text.is_empty();
        if is_empty {
            String::new()
        } else {
            format!("{before}{text}{behind}")
        }
    };
    if node.get("repository").is_some() {
        let (registry, repository) = (part("registry", "", "/"), part("repository", "", ""));
        let (tag, digest) = (part("tag", ":", ""), part("digest", "@", ""));
        out.push([registry, repository, tag, digest].concat());
    }
    for entry in entries {
        images(&entry.value, out);
    }
}
