//! Edits of the text of a project file, which preserve its comments and formatting. Items are not added to lists in
//! flow style (`[…]`), except at the start; the user must do that.

use std::path::Path;

use score_compiler::yaml::Edit;
use score_spec::{Node, Sources, Value, parse};

use crate::host::{Gates, PROJECT_FILE};
use crate::input::project::EMPTY;
use crate::output::file::{OPEN, Output, Rule};
use crate::report::failure::{About, Failure};
use crate::report::output_text::yaml;

/// The project file in a folder with a new text; `None` if it does not change. `before` is the old text,
/// which is empty for a new file.
pub(crate) fn edited(
    gates: &Gates,
    root: &Path,
    before: &str,
    text: String,
) -> Result<Option<Output<'static>>, Failure> {
    if before == text {
        return Ok(None);
    }
    let path = root.join(PROJECT_FILE);
    let located = gates.project.locate(Path::new(PROJECT_FILE));
    let located = located.writing(&path)?;
    if located.inner != Path::new(PROJECT_FILE) {
        let problem = format!("cannot write `{}`: it is a symbolic link", path.display());
        return Err(Failure::new(problem).help("edit the file that it leads to"));
    }
    let output = Output::named(located, &path, text.into_bytes(), OPEN, Rule::Edited)?;
    Ok(Some(output.edit_of(before.as_bytes())))
}

/// The error for an entry that cannot be added.
pub(crate) fn not_editable(root: &Path, section: &str, entry: &Value) -> Failure {
    let (path, entry) = (root.join(PROJECT_FILE), entry.to_json());
    let problem = format!("cannot add to `{section}` in `{}`", path.display());
    Failure::new(problem).help(format!(
        "write `{section}` with one entry per line, or add it manually: {entry}"
    ))
}

/// Returns the text of a project file with `entry` added to a section: a map or a list with a single
/// entry, or the value of a section that does not exist. Returns `None` if the text has a form that
/// cannot be edited.
pub(crate) fn with(text: &str, section: &str, entry: &Value) -> Option<String> {
    let Some(root) = read(text)?.into_iter().next() else {
        // The file is empty or contains only comments.
        return with(format!("{text}\n{EMPTY}").trim_start(), section, entry);
    };
    let known = root.get(section);
    if known.is_some_and(|known| has(known, entry)) {
        return Some(text.to_owned());
    }
    let edit = match (entry, known) {
        (Value::Map(entries), _) if !entries.is_empty() => {
            let (key, value) = entries.first()?;
            Edit::set(text, 0, &[section, key], value)
        }
        (Value::List(items), Some(_)) => Edit::append(text, 0, &[section], items.first()?),
        (_, Some(_)) => None,
        (entry, None) => Edit::set(text, 0, &[section], entry),
    };
    Some(edit?.apply(text))
}

/// Returns the text of a project file with an item added at the start of a list. Returns `None` if the
/// text has a form that cannot be edited.
pub(crate) fn with_first(text: &str, section: &str, item: &str) -> Option<String> {
    let item = Value::Text(item.to_owned());
    let added = |items: &[Value]| [std::slice::from_ref(&item), items].concat();
    let root = read(text)?.into_iter().next();
    let Some((root, list)) = root.as_ref().and_then(|it| Some((it, it.get(section)?))) else {
        return with(text, section, &Value::List(vec![item]));
    };
    let Value::List(items) = list.to_value() else {
        return None;
    };
    let start = list.span.range().start;
    let (at, lines) = if text[start..].starts_with('[') {
        let comma = if items.is_empty() { "" } else { ", " };
        (start + 1, format!("{}{comma}", item.to_json()))
    } else {
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = &text[line..start];
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        (
            line,
            format!("{indent}- {}{line_break}", yaml(&item).trim_end()),
        )
    };
    let changed = format!("{}{lines}{}", &text[..at], &text[at..]);
    let after = read(&changed)?.into_iter().next()?;
    let is_added = after.get(section)?.to_value() == Value::List(added(&items))
        && others(root, section) == others(&after, section);
    is_added.then_some(changed)
}

/// The sections of a project file except one.
fn others(root: &Node, section: &str) -> Value {
    let others = root.entries().iter().filter(|it| it.key != section);
    let others = others.map(|it| (it.key.clone(), it.value.to_value()));
    others.collect()
}

/// The value of a section of a project file; `None` also if the file has errors.
pub(crate) fn section(text: &str, section: &str) -> Option<Value> {
    Some(read(text)?.first()?.get(section)?.to_value())
}

/// The documents of a file, if it has no errors.
fn read(text: &str) -> Option<Vec<Node>> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(&sources, id);
    parsed.diagnostics.is_empty().then_some(parsed.documents)
}

/// Whether a section contains an entry.
fn has(section: &Node, entry: &Value) -> bool {
    match (section.to_value(), entry) {
        (Value::Map(all), Value::Map(entry)) => entry.iter().all(|(k, v)| all.get(k) == Some(v)),
        (Value::List(all), Value::List(entry)) => entry.iter().all(|item| all.contains(item)),
        (known, entry) => known == *entry,
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, with, with_first};

    fn entry(value: &str) -> Value {
        Value::from_iter([("web/main".to_owned(), Value::Text(value.to_owned()))])
    }

    #[test]
    fn entries_are_added_without_touching_the_rest() {
        let empty = "# Settings for all workloads of this project.\n\
                     apiVersion: score-rs/v1\nkind: Project\n";
        let added = "builds:\n  web/main: ./web\n";
        for (before, after) in [
            ("", format!("{empty}{added}")),
            ("# mine", format!("# mine\n{empty}{added}")),
            ("# mine\n", format!("# mine\n\n{empty}{added}")),
            (
                "kind: x # c\n# end\n",
                format!("kind: x # c\n{added}# end\n"),
            ),
            ("kind: x", format!("kind: x\n{added}")),
            (
                "builds:\n    # why\n    a/b: c # d\n\nkind: x\n",
                "builds:\n    # why\n    a/b: c # d\n    web/main: ./web\n\nkind: x\n".to_owned(),
            ),
            (
                "builds:\n  web/main: old # c\n  a/b: c\n",
                "builds:\n  web/main: ./web # c\n  a/b: c\n".to_owned(),
            ),
            (
                "builds:\n  web/main:\n    context: x\n    target: y\n",
                "builds:\n  web/main:\n    ./web\n".to_owned(),
            ),
            (
                "builds:\r\n  a/b: c\r\nkind: x\r\n",
                "builds:\r\n  a/b: c\r\n  web/main: ./web\r\nkind: x\r\n".to_owned(),
            ),
            (added, added.to_owned()),
            (
                "builds: {a/b: c} # d\n",
                "builds: {a/b: c, web/main: ./web} # d\n".to_owned(),
            ),
            (
                "{kind: x}\n",
                "{kind: x, builds: {web/main: ./web}}\n".to_owned(),
            ),
        ] {
            let found = with(before, "builds", &entry("./web"));
            assert_eq!(found.as_deref(), Some(&*after), "{before}");
        }
        let item = Value::List(vec![Value::Text("80:web:80".to_owned())]);
        for (before, after) in [
            ("kind: x\n", "kind: x\npublish:\n  - \"80:web:80\"\n"),
            (
                "publish:\n- 1:a:1 # c\nkind: x\n",
                "publish:\n- 1:a:1 # c\n- \"80:web:80\"\nkind: x\n",
            ),
            ("publish: [80:web:80]\n", "publish: [80:web:80]\n"),
        ] {
            assert_eq!(with(before, "publish", &item).as_deref(), Some(after));
        }
    }

    #[test]
    fn what_cannot_be_changed_is_left_alone() {
        for before in [
            "builds: &a {a/b: c}\nx: *a\n",
            "builds: ~\n",
            "a: 1\na: 2\n",
            "builds: 3\n",
        ] {
            assert_eq!(with(before, "builds", &entry("./web")), None, "{before}");
        }
    }

    #[test]
    fn items_are_added_at_the_start() {
        let section = "provisioners";
        for (before, after) in [
            ("kind: x\n", "kind: x\nprovisioners:\n  - a.yaml\n"),
            (
                "provisioners:\n# why\n- b # c\n- d\nkind: x\n",
                "provisioners:\n# why\n- a.yaml\n- b # c\n- d\nkind: x\n",
            ),
            (
                "provisioners:\r\n  - {from: b}\r\n",
                "provisioners:\r\n  - a.yaml\r\n  - {from: b}\r\n",
            ),
            (
                "provisioners: [b, # c\n  d]\n",
                "provisioners: [\"a.yaml\", b, # c\n  d]\n",
            ),
            ("provisioners: []\n", "provisioners: [\"a.yaml\"]\n"),
        ] {
            let found = with_first(before, section, "a.yaml");
            assert_eq!(found.as_deref(), Some(after), "{before}");
        }
        for before in [
            "provisioners: ~\n",
            "provisioners: b\n",
            "provisioners: &a [b]\nx: *a\n",
            "{provisioners: [b]",
        ] {
            assert_eq!(with_first(before, section, "a.yaml"), None, "{before}");
        }
        let odd = with_first("provisioners: [b]\n", section, "a, b: c").unwrap_or_default();
        assert_eq!(odd, "provisioners: [\"a, b: c\", b]\n");
    }

    #[test]
    fn sections_without_entries_are_added() {
        let empty = Value::List(Vec::new());
        let found = with("kind: x\n", "builtins", &empty);
        assert_eq!(found.as_deref(), Some("kind: x\nbuiltins: []\n"));
        let name = Value::Text("shop".to_owned());
        let found = with("kind: x\n", "name", &name);
        assert_eq!(found.as_deref(), Some("kind: x\nname: shop\n"));
        assert_eq!(with("name: other\n", "name", &name), None);
    }
}
