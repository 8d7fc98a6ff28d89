//! Documents whose values have places: as YAML for people, and as values with their paths.

use score_spec::{Kind, Node, Sources, Span, Value};
use serde_json::json;

use crate::report::output_text::yaml;
use crate::report::printable::clean;

/// The maximum length of a line that moves the places of all lines to the right.
const WIDEST: usize = 60;

/// The length of a path below which maps are not divided, so that the paths of a document have a limit.
const LONG: usize = 1000;

/// A value and its place.
pub(super) struct Located {
    pub(super) value: Value,
    /// The name of the source.
    pub(super) file: String,
    /// The line, from 1; absent for options.
    pub(super) line: Option<usize>,
}

/// A line of a document.
struct Line {
    text: String,
    /// The location of its value.
    value: Option<Span>,
}

/// A document in block style. Lines with a value end with its place.
pub(super) fn text(sources: &Sources, document: &Node) -> String {
    let mut lines = Vec::new();
    write(document, "", 0, &mut lines);
    let lines = lines
        .into_iter()
        .map(|line| (clean(&line.text), line.value));
    let lines: Vec<(String, Option<Span>)> = lines.collect();
    let with_value = lines.iter().filter(|(_, value)| value.is_some());
    let widths = with_value.map(|(text, _)| text.chars().count());
    let width = widths.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let lines = lines.into_iter().map(|(text, value)| match value {
        Some(span) => {
            let place = Located::new(sources, Value::Null, span).place();
            format!("{text:width$}  # {}\n", clean(&place))
        }
        None => format!("{text}\n"),
    });
    lines.collect()
}

/// The values of a document by path, as `--override-property` writes paths. A list is one value.
pub(super) fn values(sources: &Sources, document: &Node) -> Vec<(String, Located)> {
    let mut values = Vec::new();
    collect(sources, document, "", &mut values);
    values
}

fn collect(sources: &Sources, node: &Node, path: &str, values: &mut Vec<(String, Located)>) {
    for entry in node.entries() {
        let key = entry.key.replace('.', "\\.");
        let path = match path {
            "" => key,
            path => format!("{path}.{key}"),
        };
        if entry.value.entries().is_empty() || path.len() > LONG {
            let value = entry.value.to_value();
            values.push((path, Located::new(sources, value, entry.value.span)));
        } else {
            collect(sources, &entry.value, &path, values);
        }
    }
}

impl Located {
    fn new(sources: &Sources, value: Value, span: Span) -> Self {
        let file = &sources.get(span.source).name;
        let position = sources.position(span.source, span.range().start);
        Self {
            value,
            file: file.clone(),
            line: Some(position.line).filter(|_| !file.starts_with("--")),
        }
    }

    /// The place, as in messages.
    pub(super) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    /// The value on a single line, for people.
    pub(super) fn text(&self) -> String {
        let text = yaml(&self.value);
        let line = text.trim_end();
        if line.contains('\n') || matches!(self.value, Value::List(_) | Value::Map(_)) {
            return self.value.to_json().to_string();
        }
        line.to_owned()
    }

    /// The value and its place for programs.
    pub(super) fn json(&self) -> serde_json::Value {
        json!({"value": self.value.to_json(), "file": self.file, "line": self.line})
    }
}

/// Writes a value whose first line begins with `first`, and whose other lines begin at a column.
fn write(node: &Node, first: &str, column: usize, lines: &mut Vec<Line>) {
    let indent = " ".repeat(column);
    let lead = |at: usize| if at == 0 { first } else { &indent };
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for (at, entry) in entries.iter().enumerate() {
                let with = |value| yaml(&Value::from_iter([(entry.key.clone(), value)]));
                if is_collection(&entry.value) {
                    let text = with(Value::Null);
                    let key = text.trim_end().strip_suffix(" null").unwrap_or(&text);
                    push(lead(at), &indent, key, None, lines);
                    let inner = column + 2;
                    write(&entry.value, &" ".repeat(inner), inner, lines);
                } else {
                    let text = with(entry.value.to_value());
                    push(lead(at), &indent, &text, Some(entry.value.span), lines);
                }
            }
        }
        Kind::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                write(item, &format!("{}- ", lead(at)), column + 2, lines);
            }
        }
        _ => push(
            first,
            &indent,
            &yaml(&node.to_value()),
            Some(node.span),
            lines,
        ),
    }
}

fn is_collection(node: &Node) -> bool {
    !node.entries().is_empty() || !node.items().is_empty()
}

/// Adds the lines of a value, which has its location in the first one.
fn push(first: &str, indent: &str, text: &str, value: Option<Span>, lines: &mut Vec<Line>) {
    for (at, line) in text.lines().enumerate() {
        let text = match (at, line) {
            (0, line) => format!("{first}{line}"),
            (_, "") => String::new(),
            (_, line) => format!("{indent}{line}"),
        };
        let value = value.filter(|_| at == 0);
        lines.push(Line { text, value });
    }
}
