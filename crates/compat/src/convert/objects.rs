//! Kubernetes objects: what is written in another way here.

use super::named::{Value, is_alias};
use super::pattern::{Form, Pattern, Segment};
use super::tree::{Item, Line, Shape};

pub(super) fn is_item(line: &Line) -> bool {
    matches!(line, Line::Item(_))
}

/// The kind of an object that is always there.
pub(super) fn kind(line: &Line) -> Option<String> {
    let Line::Item(Item {
        value: Shape::Map(lines),
        condition: None,
        ..
    }) = line
    else {
        return None;
    };
    lines.iter().find_map(|line| match line {
        Line::Item(Item {
            key: Some(key),
            value: Shape::Text(kind),
            condition: None,
            ..
        }) if key.as_text().as_deref() == Some("kind") => kind.as_text(),
        _ => None,
    })
}

/// Removes the namespace of the project from an object, which gets it anyway.
pub(super) fn without_namespace(line: &mut Line) {
    let Line::Item(Item {
        value: Shape::Map(lines),
        ..
    }) = line
    else {
        return;
    };
    let is_key = |item: &Item, name: &str| {
        let key = item.key.as_ref().and_then(Pattern::as_text);
        key.as_deref() == Some(name)
    };
    for line in lines {
        if let Line::Item(item) = line
            && is_key(item, "metadata")
            && let Shape::Map(fields) = &mut item.value
        {
            fields.retain(|line| match line {
                Line::Item(item) if is_key(item, "namespace") => match &item.value {
                    Shape::Text(pattern) => pattern.written() != "{{ namespace }}",
                    _ => true,
                },
                _ => true,
            });
        }
    }
}

/// Moves values in base64 of an object to its `stringData`.
pub(super) fn seal(line: &mut Line) {
    let Line::Item(Item {
        value: Shape::Map(lines),
        ..
    }) = line
    else {
        return;
    };
    let is_key = |line: &Line, name: &str| matches!(line, Line::Item(Item { key: Some(key), .. }) if key.as_text().as_deref() == Some(name));
    let has_strings = lines.iter().any(|line| is_key(line, "stringData"));
    let Some(at) = lines.iter().position(|line| is_key(line, "data")) else {
        return;
    };
    let Line::Item(Item {
        value: Shape::Map(data),
        condition,
        ..
    }) = &mut lines[at]
    else {
        return;
    };
    let is_encoded = |line: &Line| matches!(line, Line::Item(Item { value: Shape::Text(pattern), .. }) if pattern.encoded);
    let (mut encoded, rest): (Vec<Line>, Vec<Line>) = data.drain(..).partition(is_encoded);
    if encoded.is_empty() {
        *data = rest;
        return;
    }
    for line in &mut encoded {
        if let Line::Item(Item {
            value: Shape::Text(pattern),
            ..
        }) = line
        {
            pattern.encoded = false;
        }
    }
    let strings = Line::Item(Item {
        key: Some(Pattern::text("stringData")),
        value: Shape::Map(encoded),
        condition: condition.clone(),
        range: 0..0,
    });
    *data = rest;
    let is_empty = !data.iter().any(is_item);
    let comments = std::mem::take(data);
    if is_empty {
        lines.splice(at..=at, std::iter::once(strings).chain(comments));
    } else {
        *data = comments;
        lines.insert(at, strings);
    }
    if has_strings {
        merge_strings(lines);
    }
}

/// Joins the two maps of strings of a Secret.
fn merge_strings(lines: &mut Vec<Line>) {
    let is_strings = |line: &Line| matches!(line, Line::Item(Item { key: Some(key), .. }) if key.as_text().as_deref() == Some("stringData"));
    let Some(first) = lines.iter().position(is_strings) else {
        return;
    };
    let Some(second) = lines[first + 1..].iter().position(is_strings) else {
        return;
    };
    let moved = lines.remove(first + 1 + second);
    if let (
        Line::Item(Item {
            value: Shape::Map(all),
            ..
        }),
        Line::Item(Item {
            value: Shape::Map(more),
            ..
        }),
    ) = (&mut lines[first], moved)
    {
        all.extend(more);
    }
}

/// Makes the names of Services references in outputs, because a release of a chart can add its prefix to them.
pub(super) fn refer_to_services(outputs: &mut [Value], objects: &[Line]) {
    let services: Vec<String> = objects.iter().filter_map(service).collect();
    let own = outputs.iter_mut().filter(|it| !is_alias(it));
    for segment in own.flat_map(|it| &mut it.pattern.segments) {
        if let Segment::Value(term) = segment
            && services.contains(&term.text)
        {
            term.text = format!("name_ref({})", term.text);
            term.form = Form::Reference;
        }
    }
}

/// The expression that is the name of an object, if it is a Service.
fn service(line: &Line) -> Option<String> {
    let Line::Item(Item {
        value: Shape::Map(lines),
        ..
    }) = line
    else {
        return None;
    };
    let value = |lines: &[Line], name: &str| {
        lines.iter().find_map(|line| match line {
            Line::Item(item) if item.key.as_ref()?.as_text()? == name => Some(item.value.clone()),
            _ => None,
        })
    };
    let Shape::Map(metadata) =
        value(lines, "metadata").filter(|_| kind(line).as_deref() == Some("Service"))?
    else {
        return None;
    };
    match value(&metadata, "name")? {
        Shape::Text(name) => match name.segments.as_slice() {
            [Segment::Value(term)] => Some(term.text.clone()),
            _ => None,
        },
        _ => None,
    }
}
