//! Upgrades deprecated forms of a Score document with a warning: `files` and `volumes` as lists,
//! `content` as a list of lines, and `read_only`.

use std::collections::BTreeMap;

use crate::{Code, Diagnostic, Entry, Kind, Node, Span};

/// Upgrades a Score document in place. Each deprecated form is reported.
pub fn upgrade(document: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(Kind::Map(containers)) = document.get_mut("containers").map(|node| &mut node.kind)
    else {
        return;
    };
    for container in containers {
        let container = &mut container.value;
        if let Some(files) = container.get_mut("files") {
            if let Kind::List(items) = &mut files.kind {
                for file in items {
                    join_lines(file, diagnostics);
                }
            }
            key_by_target(files, "files", diagnostics);
        }
        if let Some(volumes) = container.get_mut("volumes") {
            let each: Vec<&mut Node> = match &mut volumes.kind {
                Kind::List(items) => items.iter_mut().collect(),
                Kind::Map(entries) => entries.iter_mut().map(|entry| &mut entry.value).collect(),
                _ => Vec::new(),
            };
            for volume in each {
                rename_read_only(volume, diagnostics);
            }
            key_by_target(volumes, "volumes", diagnostics);
        }
    }
}

/// Converts a list of maps with a `target` each to a map by target. A list with any other items is
/// not changed.
fn key_by_target(node: &mut Node, field: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Kind::List(items) = &node.kind else {
        return;
    };
    if !items.iter().all(|item| matches!(item.kind, Kind::Map(_))) {
        return;
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(items.len());
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for item in items {
        let Some(target) = item.get("target") else {
            diagnostics.push(missing_target(item.span, field));
            return;
        };
        // The schema reports a target of another type.
        let Some(text) = target.text() else { return };
        if let Some(first) = seen.get(text) {
            diagnostics.push(same_target(text, field, target.span, *first));
            continue;
        }
        seen.insert(text, target.span);
        let rest = item.entries().iter().filter(|entry| entry.key != "target");
        entries.push(Entry {
            key: text.to_owned(),
            key_span: target.span,
            value: Node {
                span: item.span,
                kind: Kind::Map(rest.cloned().collect()),
            },
        });
    }
    diagnostics.push(
        Diagnostic::new(
            Code::SpecDeprecated,
            format!("`{field}` as a list is deprecated"),
        )
        .at(node.span, "")
        .help(format!(
            "write it as a map: `{field}: {{\"/target/path\": {{…}}}}`"
        )),
    );
    node.kind = Kind::Map(entries);
}

fn missing_target(item: Span, field: &str) -> Diagnostic {
    let message = format!("an entry of `{field}` lacks `target`");
    let help = format!("write `{field}` as a map with the target paths as keys");
    let found = Diagnostic::new(Code::SpecMissingField, message);
    found.at(item, "").help(help)
}

fn same_target(target: &str, field: &str, second: Span, first: Span) -> Diagnostic {
    let message = format!("`{target}` is the target of two entries of `{field}`");
    Diagnostic::new(Code::SpecFileTarget, message)
        .at(second, "second here")
        .at(first, "first here")
        .help("use different targets, or remove one")
}

/// Converts `content` as a list of lines to a string.
fn join_lines(file: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(content) = file.get_mut("content") else {
        return;
    };
    let lines: Option<Vec<&str>> = match &content.kind {
        Kind::List(lines) => lines.iter().map(Node::text).collect(),
        _ => return,
    };
    let Some(lines) = lines else {
        return;
    };
    let joined = lines.join("\n");
    diagnostics.push(
        Diagnostic::new(
            Code::SpecDeprecated,
            "`content` as a list of lines is deprecated",
        )
        .at(content.span, "")
        .help("write it as one string, such as `content: |` with the lines below it"),
    );
    content.kind = Kind::Text(joined);
}

/// Renames `read_only` to `readOnly`.
fn rename_read_only(volume: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    if volume.get("readOnly").is_some() {
        return;
    }
    let Kind::Map(entries) = &mut volume.kind else {
        return;
    };
    for entry in entries.iter_mut().filter(|entry| entry.key == "read_only") {
        diagnostics.push(
            Diagnostic::new(Code::SpecDeprecated, "`read_only` is deprecated")
                .at(entry.key_span, "")
                .help("write `readOnly`")
                .fix(entry.key_span, "readOnly"),
        );
        "readOnly".clone_into(&mut entry.key);
    }
}
