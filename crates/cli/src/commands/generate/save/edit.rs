//! Changes of the text of a project file, in which comments and all else stay as they are. Not: what
//! is changed.

use score_spec::{Kind, Node, Sources, Value, parse};

use score_compiler::ir::{Sealed, Tree};
use score_compiler::{Text, yaml};

use crate::input::project::EMPTY;

/// Something to save in a section of the project file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Saved {
    /// An entry of a map, which replaces one of that name.
    Entry(String, Value),
    /// An item of a list.
    Item(Value),
}

/// The text of a project file with something added to one of its sections. Nothing if the text has
/// a form in which that cannot be done.
pub(super) fn with(text: &str, section: &str, saved: &Saved) -> Option<String> {
    let documents = read(text)?;
    let Some(root) = documents.first() else {
        // The file holds comments at most.
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        return with(&format!("{text}{gap}{EMPTY}"), section, saved);
    };
    if root.get(section).is_some_and(|known| saved.is_in(known)) {
        return Some(text.to_owned());
    }
    let changed = change(text, root, section, saved)?;
    let after = read(&changed)?.into_iter().next()?;
    let others = |root: &Node| {
        let entries = root.entries().iter().filter(|it| it.key != section);
        let entries = entries.map(|it| (it.key.clone(), it.value.to_value()));
        entries.collect::<Vec<_>>()
    };
    let is_saved = after.get(section).is_some_and(|known| saved.is_in(known));
    (is_saved && others(root) == others(&after)).then_some(changed)
}

/// The documents of a text that can be read.
fn read(text: &str) -> Option<Vec<Node>> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(&sources, id);
    parsed.diagnostics.is_empty().then_some(parsed.documents)
}

/// The text with one piece replaced.
fn change(text: &str, root: &Node, section: &str, saved: &Saved) -> Option<String> {
    let Some(known) = root.get(section) else {
        return if is_flow(text, root) {
            Some(before_bracket(
                text,
                root,
                &format!("{section:?}: {}", saved.collection()),
            ))
        } else {
            let piece = Value::from_iter([(section.to_owned(), saved.alone())]);
            below(text, root, &block(&piece))
        };
    };
    if let Saved::Entry(key, value) = saved
        && let Some(old) = known.get(key)
    {
        return Some(replaced(text, old, &inline(value)));
    }
    match &known.kind {
        Kind::Null => Some(replaced(text, known, &saved.collection())),
        Kind::Map(_) | Kind::List(_) if is_flow(text, known) => {
            Some(before_bracket(text, known, &saved.flow()))
        }
        Kind::Map(_) | Kind::List(_) => below(text, known, &block(&saved.alone())),
        _ => None,
    }
}

impl Saved {
    /// Whether a section has it.
    fn is_in(&self, section: &Node) -> bool {
        match self {
            Saved::Entry(key, value) => section.get(key).is_some_and(|it| it.to_value() == *value),
            Saved::Item(value) => section.items().iter().any(|it| it.to_value() == *value),
        }
    }

    /// A section that has nothing else.
    fn alone(&self) -> Value {
        match self {
            Saved::Entry(key, value) => Value::from_iter([(key.clone(), value.clone())]),
            Saved::Item(value) => Value::List(vec![value.clone()]),
        }
    }

    /// The same on one line.
    pub(super) fn collection(&self) -> String {
        match self {
            Saved::Entry(..) => format!("{{{}}}", self.flow()),
            Saved::Item(_) => format!("[{}]", self.flow()),
        }
    }

    /// As it stands between brackets.
    fn flow(&self) -> String {
        match self {
            Saved::Entry(key, value) => format!("{key:?}: {}", json(value)),
            Saved::Item(value) => json(value),
        }
    }
}

/// Whether a map or list stands in brackets.
fn is_flow(text: &str, node: &Node) -> bool {
    text[node.span.range()].starts_with(['{', '['])
}

/// A value on one line, as JSON.
fn json(value: &Value) -> String {
    value.to_json().to_string()
}

/// A value on one line. A text needs quotes only if YAML wants them.
fn inline(value: &Value) -> String {
    match value {
        Value::Text(text) if !text.contains(['\n', '\r']) => block(value).trim_end().to_owned(),
        _ => json(value),
    }
}

/// A value in block style, with a line break at its end.
fn block(value: &Value) -> String {
    let tree: Tree<Sealed> = value.map_text(&mut |text| Text::from(text.as_str()));
    let mut out = Text::new();
    yaml::emit(&tree, &mut out);
    out.redact()
}

fn replaced(text: &str, old: &Node, new: &str) -> String {
    let range = old.span.range();
    let gap = if text[..range.start].ends_with(':') {
        " "
    } else {
        ""
    };
    format!("{}{gap}{new}{}", &text[..range.start], &text[range.end..])
}

/// Adds to a map or list in brackets.
fn before_bracket(text: &str, node: &Node, piece: &str) -> String {
    let end = node.span.range().end - 1;
    let gap = if node.entries().is_empty() && node.items().is_empty() {
        ""
    } else {
        ", "
    };
    format!("{}{gap}{piece}{}", &text[..end], &text[end..])
}

/// Adds lines below the last one of a map or list, as far to the right as it begins.
fn below(text: &str, node: &Node, lines: &str) -> Option<String> {
    let range = node.span.range();
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..range.start];
    if !indent.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let end = text[range.end..].find('\n').map(|at| range.end + at + 1);
    let (above, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut out = above.to_owned();
    if !out.ends_with('\n') {
        out.push_str(line_break);
    }
    for line in lines.lines() {
        out.extend([indent, line, line_break]);
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Saved, with};
    use score_spec::Value;

    fn entry(value: &str) -> Saved {
        Saved::Entry("web/main".to_owned(), Value::Text(value.to_owned()))
    }

    fn item(value: &str) -> Saved {
        Saved::Item(Value::Text(value.to_owned()))
    }

    #[test]
    fn entries_are_added_to_every_form() {
        for (before, after) in [
            (
                "",
                "# Settings for all workloads of this project.\napiVersion: score-rs/v1\nkind: Project\nbuilds:\n  web/main: ./web\n",
            ),
            (
                "# mine",
                "# mine\n# Settings for all workloads of this project.\napiVersion: score-rs/v1\nkind: Project\nbuilds:\n  web/main: ./web\n",
            ),
            (
                "kind: x # c\n# end\n",
                "kind: x # c\nbuilds:\n  web/main: ./web\n# end\n",
            ),
            ("kind: x", "kind: x\nbuilds:\n  web/main: ./web\n"),
            (
                "{kind: x}\n",
                "{kind: x, \"builds\": {\"web/main\": \"./web\"}}\n",
            ),
            (
                "builds:\n    # why\n    a/b: c # d\n\nkind: x\n",
                "builds:\n    # why\n    a/b: c # d\n    web/main: ./web\n\nkind: x\n",
            ),
            (
                "builds: {a/b: c}\n",
                "builds: {a/b: c, \"web/main\": \"./web\"}\n",
            ),
            (
                "builds: {} # c\n",
                "builds: {\"web/main\": \"./web\"} # c\n",
            ),
            (
                "builds: # c\nkind: x\n",
                "builds: {\"web/main\": \"./web\"} # c\nkind: x\n",
            ),
            ("builds: ~\n", "builds: {\"web/main\": \"./web\"}\n"),
            (
                "builds:\n  web/main: old # c\n  a/b: c\n",
                "builds:\n  web/main: ./web # c\n  a/b: c\n",
            ),
            (
                "builds:\n  web/main:\n    context: x\n    target: y\n",
                "builds:\n  web/main:\n    ./web\n",
            ),
            (
                "builds:\r\n  a/b: c\r\nkind: x\r\n",
                "builds:\r\n  a/b: c\r\n  web/main: ./web\r\nkind: x\r\n",
            ),
            (
                "builds:\n  a/b: |\n    c\n",
                "builds:\n  a/b: |\n    c\n  web/main: ./web\n",
            ),
            (
                "builds:\n  web/main: ./web\n",
                "builds:\n  web/main: ./web\n",
            ),
        ] {
            assert_eq!(
                with(before, "builds", &entry("./web")).as_deref(),
                Some(after),
                "{before}"
            );
        }
    }

    #[test]
    fn items_are_added_to_every_form() {
        for (before, after) in [
            ("kind: x\n", "kind: x\npublish:\n  - \"80:web:80\"\n"),
            (
                "publish:\n- 1:a:1 # c\nkind: x\n",
                "publish:\n- 1:a:1 # c\n- \"80:web:80\"\nkind: x\n",
            ),
            ("publish: [1:a:1]\n", "publish: [1:a:1, \"80:web:80\"]\n"),
            ("publish: []\n", "publish: [\"80:web:80\"]\n"),
            ("publish: [80:web:80]\n", "publish: [80:web:80]\n"),
        ] {
            assert_eq!(
                with(before, "publish", &item("80:web:80")).as_deref(),
                Some(after),
                "{before}"
            );
        }
    }

    #[test]
    fn what_cannot_be_changed_is_left_alone() {
        for before in [
            "builds: &a {a/b: c}\nx: *a\n",
            "builds: {a/b: c,}\n",
            "a: 1\na: 2\n",
            "builds: 3\n",
        ] {
            assert_eq!(with(before, "builds", &entry("./web")), None, "{before}");
        }
    }
}
