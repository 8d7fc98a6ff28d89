//! sprig's functions of strings.

mod cases;
mod words;

use super::arguments::{any, bytes, int, text};
use super::list::{string_list, strings};
use super::{Function, entry};
use crate::context::{Context, OVERHEAD};
use crate::error::{Failure, Outcome};
use crate::print::{print, quoted, string_of};
use crate::text::{characters, chars, is_space, lower, map, upper};
use crate::value::{Map, Str, Value, ValueType};

pub(super) const TABLE: &[Function] = &[
    entry("abbrev", "is", |context, values| {
        text(
            context,
            words::abbreviated(bytes(values, 1), 0, int(values, 0)),
        )
    }),
    entry("abbrevboth", "iis", |context, values| {
        text(
            context,
            words::abbreviated(bytes(values, 2), int(values, 0), int(values, 1)),
        )
    }),
    entry("camelcase", "s", |context, values| {
        text(context, cases::camel(bytes(values, 0)))
    }),
    entry("cat", "a*", cat),
    entry("contains", "ss", |_, values| {
        Ok(Value::Bool(
            find(bytes(values, 1), bytes(values, 0)).is_some(),
        ))
    }),
    entry("hasPrefix", "ss", |_, values| {
        Ok(Value::Bool(bytes(values, 1).starts_with(bytes(values, 0))))
    }),
    entry("hasSuffix", "ss", |_, values| {
        Ok(Value::Bool(bytes(values, 1).ends_with(bytes(values, 0))))
    }),
    entry("indent", "is", |context, values| {
        indent(context, values, "")
    }),
    entry("initials", "s", |context, values| {
        text(context, words::initials(bytes(values, 0)))
    }),
    entry("join", "sa", |context, values| {
        let items = strings(context, &any(values, 1))?;
        let separators = items
            .len()
            .saturating_sub(1)
            .saturating_mul(bytes(values, 0).len());
        context.allocate(separators)?;
        text(context, items.join(bytes(values, 0)))
    }),
    entry("kebabcase", "s", |context, values| {
        text(context, cases::connected(bytes(values, 0), '-'))
    }),
    entry("lower", "s", |context, values| {
        text(context, map(bytes(values, 0), lower))
    }),
    entry("nindent", "is", |context, values| {
        indent(context, values, "\n")
    }),
    entry("nospace", "s", |context, values| {
        let characters = chars(bytes(values, 0)).filter(|character| !is_space(*character));
        text(context, characters.collect::<String>())
    }),
    entry("plural", "ssi", |_, values| {
        Ok(any(values, usize::from(int(values, 2) != 1)))
    }),
    entry("quote", "a*", |context, values| {
        quote(context, values, quoted)
    }),
    entry("repeat", "is", repeat),
    entry("replace", "sss", |context, values| {
        replace(
            context,
            bytes(values, 2),
            bytes(values, 0),
            bytes(values, 1),
        )
    }),
    entry("snakecase", "s", |context, values| {
        text(context, cases::connected(bytes(values, 0), '_'))
    }),
    entry("split", "ss", |context, values| {
        let parts = split(context, bytes(values, 1), bytes(values, 0), -1)?;
        numbered(context, parts)
    }),
    entry("splitList", "ss", |context, values| {
        let parts = split(context, bytes(values, 1), bytes(values, 0), -1)?;
        string_list(context, parts)
    }),
    entry("splitn", "sis", |context, values| {
        let parts = split(context, bytes(values, 2), bytes(values, 0), int(values, 1))?;
        numbered(context, parts)
    }),
    entry("squote", "a*", |context, values| {
        quote(context, values, |bytes| [b"'", bytes, b"'"].concat())
    }),
    entry("substr", "iis", substr),
    entry("swapcase", "s", |context, values| {
        text(context, cases::swapped(bytes(values, 0)))
    }),
    entry("title", "s", |context, values| {
        text(context, cases::title(bytes(values, 0)))
    }),
    entry("toString", "a", |context, values| {
        string_of(&any(values, 0), context).map(Value::string)
    }),
    entry("toStrings", "a", |context, values| {
        let items = strings(context, &any(values, 0))?;
        string_list(context, items)
    }),
    entry("trim", "s", |context, values| {
        let bytes = trimmed_start(bytes(values, 0), is_space);
        text(context, trimmed_end(bytes, is_space))
    }),
    entry("trimAll", "ss", trim_all),
    entry("trimPrefix", "ss", |context, values| {
        let bytes = (bytes(values, 1), bytes(values, 0));
        text(context, bytes.0.strip_prefix(bytes.1).unwrap_or(bytes.0))
    }),
    entry("trimSuffix", "ss", |context, values| {
        let bytes = (bytes(values, 1), bytes(values, 0));
        text(context, bytes.0.strip_suffix(bytes.1).unwrap_or(bytes.0))
    }),
    entry("trimall", "ss", trim_all),
    entry("trunc", "is", trunc),
    entry("untitle", "s", |context, values| {
        text(context, cases::untitled(bytes(values, 0)))
    }),
    entry("upper", "s", |context, values| {
        text(context, map(bytes(values, 0), upper))
    }),
    entry("wrap", "is", |context, values| {
        text(
            context,
            words::wrapped(bytes(values, 1), int(values, 0), b"\n", false),
        )
    }),
    entry("wrapWith", "iss", |context, values| {
        let (separator, bytes) = (bytes(values, 1), bytes(values, 2));
        // A separator after each character at most.
        context.allocate(bytes.len().saturating_mul(1 + separator.len()))?;
        text(
            context,
            words::wrapped(bytes, int(values, 0), separator, true),
        )
    }),
];

/// Joins what is not nil with spaces.
fn cat(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let mut printed = Vec::new();
    for value in values.iter().filter(|value| !matches!(value, Value::Nil)) {
        printed.push(print(std::slice::from_ref(value), context)?);
    }
    text(context, printed.join(b" ".as_slice()))
}

/// Quotes what is not nil, with spaces between the strings.
fn quote(context: &mut Context, values: &[Value], quoted: fn(&[u8]) -> Vec<u8>) -> Outcome<Value> {
    let mut strings = Vec::new();
    for value in values.iter().filter(|value| !matches!(value, Value::Nil)) {
        strings.push(quoted(&string_of(value, context)?));
    }
    text(context, strings.join(b" ".as_slice()))
}

fn indent(context: &mut Context, values: &[Value], start: &str) -> Outcome<Value> {
    let Ok(count) = usize::try_from(int(values, 0)) else {
        return Err(Failure::invalid("negative number of spaces"));
    };
    let lines: Vec<&[u8]> = bytes(values, 1).split(|byte| *byte == b'\n').collect();
    context.allocate(lines.len().saturating_mul(count))?;
    let padding = " ".repeat(count);
    let mut out = start.as_bytes().to_vec();
    for (at, line) in lines.into_iter().enumerate() {
        if at > 0 {
            out.push(b'\n');
        }
        out.extend(padding.as_bytes());
        out.extend(line);
    }
    text(context, out)
}

fn repeat(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let Ok(count) = usize::try_from(int(values, 0)) else {
        return Err(Failure::invalid("negative count"));
    };
    let bytes = bytes(values, 1);
    context.allocate(bytes.len().saturating_mul(count))?;
    Ok(Value::string(bytes.repeat(if bytes.is_empty() {
        0
    } else {
        count
    })))
}

fn substr(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let bytes = bytes(values, 2);
    let start = usize::try_from(int(values, 0)).unwrap_or_default();
    let end = usize::try_from(int(values, 1))
        .ok()
        .filter(|end| *end <= bytes.len());
    let part = bytes.get(start..end.unwrap_or(bytes.len()));
    text(
        context,
        part.ok_or_else(|| Failure::invalid("the bounds are out of range"))?,
    )
}

/// So many bytes from the start, or from the end if the number is negative.
fn trunc(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (bytes, count) = (bytes(values, 1), int(values, 0));
    let length = usize::try_from(count.unsigned_abs())
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    text(
        context,
        if count < 0 {
            &bytes[bytes.len() - length..]
        } else {
            &bytes[..length]
        },
    )
}

fn trim_all(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let set: Vec<char> = chars(bytes(values, 0)).collect();
    let work = set.len().saturating_mul(bytes(values, 1).len()) / 16;
    context.step(work)?;
    let rest = trimmed_start(bytes(values, 1), |character| set.contains(&character));
    text(
        context,
        trimmed_end(rest, |character| set.contains(&character)),
    )
}

fn trimmed_start(bytes: &[u8], trims: impl Fn(char) -> bool) -> &[u8] {
    let start = characters(bytes).find(|(_, character, _)| !trims(*character));
    &bytes[start.map_or(bytes.len(), |(at, ..)| at)..]
}

fn trimmed_end(bytes: &[u8], trims: impl Fn(char) -> bool) -> &[u8] {
    let kept = characters(bytes).filter(|(_, character, _)| !trims(*character));
    &bytes[..kept.last().map_or(0, |(at, _, length)| at + length)]
}

/// The place of the first occurrence.
pub(super) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

fn replace(context: &mut Context, bytes: &[u8], old: &[u8], new: &[u8]) -> Outcome<Value> {
    let places: Vec<usize> = if old.is_empty() {
        characters(bytes)
            .map(|(at, ..)| at)
            .chain([bytes.len()])
            .collect()
    } else {
        memchr::memmem::find_iter(bytes, old).collect()
    };
    context.allocate(places.len().saturating_mul(new.len() + size_of::<usize>()))?;
    let (mut out, mut last) = (Vec::with_capacity(bytes.len()), 0);
    for at in places {
        out.extend(&bytes[last..at]);
        out.extend(new);
        last = at + old.len();
    }
    out.extend(&bytes[last..]);
    text(context, out)
}

/// The parts between separators: at most so many, all if the number is negative. An empty separator
/// splits characters.
fn split(
    context: &mut Context,
    bytes: &[u8],
    separator: &[u8],
    most: i64,
) -> Outcome<Vec<Vec<u8>>> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Vec::new());
    }
    let ends: Vec<(usize, usize)> = if separator.is_empty() {
        characters(bytes)
            .skip(1)
            .map(|(at, ..)| (at, at))
            .take(most - 1)
            .collect()
    } else {
        let places = memchr::memmem::find_iter(bytes, separator);
        places
            .map(|at| (at, at + separator.len()))
            .take(most - 1)
            .collect()
    };
    context.allocate((ends.len() + 1).saturating_mul(OVERHEAD))?;
    let mut start = 0;
    let mut parts = Vec::with_capacity(ends.len() + 1);
    for (end, next) in ends {
        parts.push(bytes[start..end].to_vec());
        start = next;
    }
    if !separator.is_empty() || !bytes.is_empty() {
        parts.push(bytes[start..].to_vec());
    }
    Ok(parts)
}

/// The map of sprig's `split`: `_0`, `_1` and so on.
fn numbered(context: &mut Context, parts: Vec<Vec<u8>>) -> Outcome<Value> {
    let size = parts
        .iter()
        .map(|part| part.len() + super::dict::ENTRY + OVERHEAD)
        .sum();
    context.allocate(size)?;
    let map = Map::of(ValueType::String);
    for (at, part) in parts.into_iter().enumerate() {
        map.set(Str::from(format!("_{at}")), Value::string(part));
    }
    Ok(Value::Map(map))
}
