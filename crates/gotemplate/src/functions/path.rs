//! sprig's functions of paths, with `/` on every system.

use super::arguments::{bytes, text};
use super::{Function, entry};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    entry("base", "s", |context, values| {
        text(context, base(bytes(values, 0)))
    }),
    entry("clean", "s", |context, values| {
        text(context, clean(bytes(values, 0)))
    }),
    entry("dir", "s", |context, values| {
        text(context, dir(bytes(values, 0)))
    }),
    entry("ext", "s", |context, values| {
        text(context, ext(bytes(values, 0)))
    }),
    entry("isAbs", "s", |_, values| {
        Ok(Value::Bool(bytes(values, 0).starts_with(b"/")))
    }),
    entry("osBase", "s", |context, values| {
        text(context, base(bytes(values, 0)))
    }),
    entry("osClean", "s", |context, values| {
        text(context, clean(bytes(values, 0)))
    }),
    entry("osDir", "s", |context, values| {
        text(context, dir(bytes(values, 0)))
    }),
    entry("osExt", "s", |context, values| {
        text(context, ext(bytes(values, 0)))
    }),
    entry("osIsAbs", "s", |_, values| {
        Ok(Value::Bool(bytes(values, 0).starts_with(b"/")))
    }),
];

/// The last part.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path
        .iter()
        .rposition(|byte| *byte != b'/')
        .map_or(0, |at| at + 1);
    match path[..end].rsplit(|byte| *byte == b'/').next() {
        Some(name) if !name.is_empty() => name,
        _ => b"/",
    }
}

/// The cleaned path without its last part.
fn dir(path: &[u8]) -> Vec<u8> {
    let end = path
        .iter()
        .rposition(|byte| *byte == b'/')
        .map_or(0, |at| at + 1);
    clean(&path[..end])
}

/// The last dot of the last part, and everything after it.
fn ext(path: &[u8]) -> &[u8] {
    let at = path.iter().rposition(|byte| matches!(byte, b'.' | b'/'));
    at.map(|at| &path[at..])
        .filter(|ext| ext.starts_with(b"."))
        .unwrap_or_default()
}

/// The shortest path with the same meaning.
fn clean(path: &[u8]) -> Vec<u8> {
    let is_absolute = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if is_absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join(b"/".as_slice());
    match (is_absolute, joined.is_empty()) {
        (true, _) => [b"/".as_slice(), &joined].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
