//! Edits of YAML text that preserve its comments and formatting.

use std::ops::Range;

use score_spec::{Kind, Node, Sources, Value, parse};

use crate::ir::{Sealed, Text, Tree};

/// A replacement in a YAML text. Applied to it, all other values and all comments are unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced.
    pub range: Range<usize>,
    /// The new text in their place.
    pub replacement: String,
}

impl Edit {
    /// Sets the value with a path of keys in a document, which are created if they do not exist.
    ///
    /// `None` if it already has this value, if the text has errors, or if it has a form that cannot be edited, such as
    /// an alias on the path.
    pub fn set(text: &str, document: usize, path: &[&str], value: &Value) -> Option<Self> {
        let documents = read(text)?;
        let (mut at, mut rest) = (documents.get(document)?, path);
        while let [key, below @ ..] = rest
            && let Some(next) = at.get(key)
        {
            (at, rest) = (next, below);
        }
        let edit = match rest {
            [] if at.to_value() == *value => return None,
            [] => Self {
                range: at.span.range(),
                replacement: one_line(value),
            },
            [key, below @ ..] => {
                let value = below.iter().rev().fold(value.clone(), |value, key| {
                    Value::from_iter([((*key).to_owned(), value)])
                });
                entry(text, at, key, value)?
            }
        };
        edit.changes_only(text, &documents, document, &|before| {
            with_value(before, path, value)
        })
    }

    /// Adds an item at the end of the list with a path of keys in a document.
    ///
    /// `None` if there is no such list, or if it has a form that cannot be edited.
    pub fn append(text: &str, document: usize, path: &[&str], item: &Value) -> Option<Self> {
        let documents = read(text)?;
        let root = documents.get(document)?;
        let list = path.iter().try_fold(root, |at, key| at.get(key))?;
        let item = Value::List(vec![item.clone()]);
        let edit = below(text, list, &block(&item))?;
        let mut items = list.to_value();
        if let (Value::List(items), Value::List(item)) = (&mut items, item) {
            items.extend(item);
        }
        edit.changes_only(text, &documents, document, &|before| {
            with_value(before, path, &items)
        })
    }

    /// The text after the edit.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut changed = text.to_owned();
        changed.replace_range(self.range.clone(), &self.replacement);
        changed
    }

    /// The edit, if the text has exactly the expected values after it.
    fn changes_only(
        self,
        text: &str,
        documents: &[Node],
        document: usize,
        change: &dyn Fn(Value) -> Value,
    ) -> Option<Self> {
        let after = read(&self.apply(text))?;
        let is_expected = |(index, (before, after)): (usize, (&Node, &Node))| {
            let before = before.to_value();
            after.to_value()
                == if index == document {
                    change(before)
                } else {
                    before
                }
        };
        let mut pairs = documents.iter().zip(&after).enumerate();
        (documents.len() == after.len() && pairs.all(is_expected)).then_some(self)
    }
}

/// The documents of a YAML text, if it has no errors and no warnings.
fn read(text: &str) -> Option<Vec<Node>> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(&sources, id);
    parsed.diagnostics.is_empty().then_some(parsed.documents)
}

/// A value in which the one with this path of keys is replaced. Maps on the path are created if they do not exist.
pub fn with_value(whole: Value, path: &[&str], value: &Value) -> Value {
    let [key, below @ ..] = path else {
        return value.clone();
    };
    let mut entries = match whole {
        Value::Map(entries) => entries,
        _ => Box::default(),
    };
    let old = entries.get(*key).cloned().unwrap_or(Value::Null);
    entries.insert((*key).to_owned(), with_value(old, below, value));
    Value::Map(entries)
}

/// Adds an entry at the end of a map.
fn entry(text: &str, map: &Node, key: &str, value: Value) -> Option<Edit> {
    let Kind::Map(entries) = &map.kind else {
        return None;
    };
    let range = map.span.range();
    if !text[range.clone()].starts_with('{') {
        let lines = block(&Value::from_iter([(key.to_owned(), value)]));
        return below(text, map, &lines);
    }
    let inner = text[range.start + 1..range.end].strip_suffix('}')?;
    let end = range.start + 1 + inner.trim_end().len();
    let comma = if entries.is_empty() { "" } else { ", " };
    let replacement = format!(
        "{comma}{}: {}",
        one_line(&Value::Text(key.to_owned())),
        one_line(&value)
    );
    Some(Edit {
        range: end..end,
        replacement,
    })
}

/// Inserts lines after a map or list in block style, indented like its first entry.
fn below(text: &str, node: &Node, lines: &str) -> Option<Edit> {
    let range = node.span.range();
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[start..range.start];
    let end = text[range.end..].find('\n').map(|at| range.end + at + 1);
    let end = end.unwrap_or(text.len());
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = Some(line_break).filter(|_| !text[..end].ends_with('\n'));
    let added = lines.lines().flat_map(|line| [indent, line, line_break]);
    let is_block = indent.bytes().all(|byte| byte == b' ');
    is_block.then(|| Edit {
        range: end..end,
        replacement: gap.into_iter().chain(added).collect(),
    })
}

/// A value in block style with a final line break.
fn block(value: &Value) -> String {
    let tree: Tree<Sealed> = value.map_text(&mut |text| text.as_str().into());
    let mut text = Text::new();
    super::emit(&tree, &mut text);
    text.redact()
}

/// A value on a single line, which can be a part of a map or list in flow style.
fn one_line(value: &Value) -> String {
    match value {
        Value::Text(text) if !text.contains(['\n', '\r', ',', '[', ']', '{', '}']) => {
            block(value).trim_end().to_owned()
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| {
                let key = one_line(&Value::Text(key.clone()));
                format!("{key}: {}", one_line(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(one_line).collect();
            format!("[{}]", items.join(", "))
        }
        _ => value.to_json().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use score_spec::Value;

    use super::Edit;

    fn set(text: &str, path: &[&str], value: &str) -> Option<String> {
        let value = Value::Text(value.to_owned());
        Some(Edit::set(text, 0, path, &value)?.apply(text))
    }

    #[test]
    fn values_are_set_without_touching_the_rest() {
        let path = ["main", "variables", "LEVEL"];
        for (before, after) in [
            (
                "main: # c\n  image: x # d\n\n# e\nother: 1\n",
                "main: # c\n  image: x # d\n  variables:\n    LEVEL: info\n\n# e\nother: 1\n",
            ),
            (
                "main:\n    variables:\n        A: b\n        # c\n",
                "main:\n    variables:\n        A: b\n        LEVEL: info\n        # c\n",
            ),
            (
                "main: {image: x, variables: {A: b }}\n",
                "main: {image: x, variables: {A: b, LEVEL: info }}\n",
            ),
            ("main: {}", "main: {variables: {LEVEL: info}}"),
            (
                "main: {variables: {LEVEL: \"debug\"}} # c\n",
                "main: {variables: {LEVEL: info}} # c\n",
            ),
            (
                "main:\r\n  variables:\r\n    A: b",
                "main:\r\n  variables:\r\n    A: b\r\n    LEVEL: info\r\n",
            ),
        ] {
            assert_eq!(
                set(before, &path, "info").as_deref(),
                Some(after),
                "{before}"
            );
        }
        let found = set("a: {b: c}\n", &["a", "d"], "e, f: {g}");
        assert_eq!(found.as_deref(), Some("a: {b: c, d: \"e, f: {g}\"}\n"));
    }

    #[test]
    fn what_cannot_be_edited_is_left_alone() {
        for before in [
            "a: &a {b: c}\nx: *a\n",
            "a: &a\n  b: c\nx: *a\n",
            "a: [b]\n",
            "a: ~\n",
            "a: 3\n",
            "a: {d: e}\n",
            "a: {b: 1\n",
            "a: {b: 1,}\n",
            "",
        ] {
            assert_eq!(set(before, &["a", "d"], "e"), None, "{before}");
        }
    }
}
