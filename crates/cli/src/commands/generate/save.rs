//! `generate --save`: adds builds and published ports of the run to the project file, and preserves
//! its comments and formatting. Sections in flow style (`{…}`, `[…]`) are not edited; the user must
//! do that.

use std::path::Path;

use score_compiler::ir::Asker;
use score_compiler::{Rendered, Text};
use score_spec::{Node, Sources, Value, parse};

use crate::args::Generate;
use crate::host::{PROJECT_FILE, canonical, name, relative};
use crate::input::project::{EMPTY, Project};
use crate::output::file::{OPEN, Output, Rule};
use crate::report::console::Console;
use crate::report::failure::{About, Failure};
use crate::report::output_text::yaml;

/// The project file with the builds and published ports of the run, if they change it.
pub(crate) fn saved(
    compiled: &Rendered,
    project: &Project,
    args: &Generate,
    console: &Console,
) -> Result<Option<Output>, Failure> {
    let mut entries = builds(compiled, project);
    let published = args.publish.iter().map(|text| Value::Text(text.clone()));
    entries.extend(published.map(|text| ("publish", Value::List(vec![text]))));
    if entries.is_empty() {
        console.note("`--save` requires `--build` or `--publish`");
        return Ok(None);
    }
    let before = project.file.map(|id| &compiled.sources.get(id).text);
    let mut text = before.cloned().unwrap_or_default();
    let path = project.root.join(PROJECT_FILE);
    for (section, entry) in entries {
        text = with(&text, section, &entry).ok_or_else(|| {
            let (path, entry) = (path.display(), entry.to_json());
            let problem = format!("cannot add to `{section}` in `{path}`");
            Failure::new(problem).help(format!(
                "write `{section}` with one entry per line, or add it manually: {entry}"
            ))
        })?;
    }
    if before == Some(&text) {
        return Ok(None);
    }
    let located = project.gates.project.locate(Path::new(PROJECT_FILE));
    let located = located.writing(&path)?;
    if located.inner != Path::new(PROJECT_FILE) {
        let problem = format!("cannot write `{}`: it is a symbolic link", path.display());
        return Err(Failure::new(problem).help("edit the file that it leads to"));
    }
    let output = Output::named(located, &path, text.into_bytes(), OPEN, Rule::Edited)?;
    Ok(Some(
        output.edit_of(before.map_or(b"", |text| text.as_bytes())),
    ))
}

/// The builds requested by options. Their folders are relative to the folder of the project file.
fn builds(compiled: &Rendered, project: &Project) -> Vec<(&'static str, Value)> {
    let root = project.gates.project.real();
    let here = name(&relative(root, &canonical(Path::new("."))));
    let mut builds = Vec::new();
    for component in compiled.app.components.values() {
        for (name, container) in &component.containers {
            let build = container.build.as_ref();
            if let Some(build) = build.filter(|build| build.asked_by == Asker::Option) {
                let plain = &mut |text: &Text| text.as_plain().unwrap_or_default().to_owned();
                let build = build.seen_from(&here).tree.map_text(plain);
                // A build with no setting but its folder is written in the short form.
                let value = match &build {
                    Value::Map(entries) if entries.len() == 1 => build.get("context"),
                    _ => None,
                };
                let value = value.unwrap_or(&build).clone();
                let key = format!("{}/{name}", component.name);
                builds.push(("builds", Value::from_iter([(key, value)])));
            }
        }
    }
    builds
}

/// Returns the text of a project file with `entry` added to a section, a map or a list with a
/// single entry. Returns `None` if the text has a form that cannot be edited.
///
/// The result is parsed again: it must contain the entry, and all other sections must be unchanged.
fn with(text: &str, section: &str, entry: &Value) -> Option<String> {
    let Some(root) = read(text)?.into_iter().next() else {
        // The file is empty or contains only comments.
        return with(format!("{text}\n{EMPTY}").trim_start(), section, entry);
    };
    let known = root.get(section);
    if known.is_some_and(|known| has(known, entry)) {
        return Some(text.to_owned());
    }
    let old = match entry {
        Value::Map(entry) => entry.first().and_then(|it| Some((known?.get(it.0)?, it.1))),
        _ => None,
    };
    let changed = match (old, known) {
        (Some((old, value)), _) => replaced(text, old, value),
        (None, Some(known)) => below(text, known, &yaml(entry))?,
        (None, None) => {
            let whole = Value::from_iter([(section.to_owned(), entry.clone())]);
            below(text, &root, &yaml(&whole))?
        }
    };
    let after = read(&changed)?.into_iter().next()?;
    let others = |root: &Node| {
        let others = root.entries().iter().filter(|it| it.key != section);
        let others = others.map(|it| (it.key.clone(), it.value.to_value()));
        others.collect::<Value>()
    };
    let is_added = has(after.get(section)?, entry) && others(&root) == others(&after);
    is_added.then_some(changed)
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
        _ => false,
    }
}

/// The text with the value of a node replaced by another one, on a single line.
fn replaced(text: &str, old: &Node, value: &Value) -> String {
    let value = match value {
        Value::Text(text) if !text.contains(['\n', '\r']) => yaml(value).trim_end().to_owned(),
        _ => value.to_json().to_string(),
    };
    let range = old.span.range();
    format!("{}{value}{}", &text[..range.start], &text[range.end..])
}

/// The text with lines inserted after a map or list, indented like its first entry.
fn below(text: &str, node: &Node, lines: &str) -> Option<String> {
    let range = node.span.range();
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[start..range.start];
    let end = text[range.end..].find('\n').map(|at| range.end + at + 1);
    let (above, rest) = text.split_at(end.unwrap_or(text.len()));
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = Some(line_break).filter(|_| !above.ends_with('\n'));
    let added = lines.lines().flat_map(|line| [indent, line, line_break]);
    let pieces = [above, gap.unwrap_or_default()].into_iter().chain(added);
    let is_block = indent.bytes().all(|byte| byte == b' ');
    is_block.then(|| pieces.chain([rest]).collect())
}

#[cfg(test)]
mod tests {
    use super::{Value, with};

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
            "builds: {a/b: c}\n",
            "{kind: x}\n",
            "builds: ~\n",
            "a: 1\na: 2\n",
            "builds: 3\n",
        ] {
            assert_eq!(with(before, "builds", &entry("./web")), None, "{before}");
        }
    }
}
