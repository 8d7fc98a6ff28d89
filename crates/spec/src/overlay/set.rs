//! Sets values at paths through maps and lists.

use crate::{Entry, Kind, Node, Span};

/// A message and a help text.
pub(super) type Problem = (String, &'static str);

/// Sets the value at a path, or removes it.
pub(super) fn set(
    node: &mut Node,
    path: &[String],
    value: Option<&Node>,
    span: Span,
) -> Result<(), Problem> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    let kind_name = node.kind_name();
    match &mut node.kind {
        Kind::Map(entries) => set_in_map(entries, key, rest, value, span),
        Kind::List(items) => set_in_list(items, key, rest, value, span),
        _ => Err((
            format!("`{key}` cannot be set in {kind_name}"),
            "only maps and lists can have entries",
        )),
    }
}

fn set_in_map(
    entries: &mut Vec<Entry>,
    key: &str,
    rest: &[String],
    value: Option<&Node>,
    span: Span,
) -> Result<(), Problem> {
    let at = entries.iter().position(|entry| entry.key == key);
    match (at, rest, value) {
        (Some(at), [], Some(value)) => entries[at].value = value.clone(),
        (Some(at), [], None) => {
            entries.remove(at);
        }
        (Some(at), rest, _) => return set(&mut entries[at].value, rest, value, span),
        (None, _, None) => {}
        (None, rest, Some(_)) => {
            let mut child = Node {
                span,
                kind: Kind::Map(Vec::new()),
            };
            match (rest, value) {
                ([], Some(value)) => child = value.clone(),
                _ => set(&mut child, rest, value, span)?,
            }
            entries.push(Entry {
                key: key.to_owned(),
                key_span: span,
                value: child,
            });
        }
    }
    Ok(())
}

fn set_in_list(
    items: &mut Vec<Node>,
    key: &str,
    rest: &[String],
    value: Option<&Node>,
    span: Span,
) -> Result<(), Problem> {
    if key == "-1" {
        let Some(value) = value else {
            return Err((
                "`-1` appends an element and requires a value".to_owned(),
                "write a value after the `=`, or use the index of the element to remove",
            ));
        };
        let mut item = Node {
            span,
            kind: Kind::Map(Vec::new()),
        };
        if rest.is_empty() {
            item = value.clone();
        } else {
            set(&mut item, rest, Some(value), span)?;
        }
        items.push(item);
        return Ok(());
    }
    let length = items.len();
    let index = key
        .parse::<usize>()
        .ok()
        .filter(|index| *index < length)
        .ok_or_else(|| {
            (
                format!("`{key}` is not a valid index of a list of length {length}"),
                "list elements are numbered from 0; `-1` appends an element",
            )
        })?;
    match (rest, value) {
        ([], Some(value)) => items[index] = value.clone(),
        ([], None) => {
            items.remove(index);
        }
        (rest, value) => return set(&mut items[index], rest, value, span),
    }
    Ok(())
}
