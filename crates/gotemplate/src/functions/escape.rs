//! Go's escaping functions.

use super::arguments::text;
use super::builtin::printed;
use super::{Function, entry};
use crate::context::Context;
use crate::error::Outcome;
use crate::text::{characters, is_print};
use crate::value::Value;

pub(super) const TABLE: &[Function] = &[
    entry("html", "a*", |context, values| {
        escaped(context, values, html)
    }),
    entry("js", "a*", |context, values| escaped(context, values, js)),
    entry("urlquery", "a*", |context, values| {
        escaped(context, values, query)
    }),
];

fn escaped(
    context: &mut Context,
    values: &[Value],
    escape: fn(&[u8]) -> Vec<u8>,
) -> Outcome<Value> {
    let printed = printed(context, values)?;
    // Before the escaping, which makes a string at most six times as long.
    context.allocate(printed.len())?;
    text(context, escape(&printed))
}

fn html(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'&' => out.extend(b"&amp;"),
            b'\'' => out.extend(b"&#39;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            b'"' => out.extend(b"&#34;"),
            0 => out.extend("\u{fffd}".as_bytes()),
            byte => out.push(*byte),
        }
    }
    out
}

fn js(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (at, character, length) in characters(bytes) {
        match character {
            '\\' => out.extend(b"\\\\"),
            '\'' => out.extend(b"\\'"),
            '"' => out.extend(b"\\\""),
            '<' => out.extend(b"\\u003C"),
            '>' => out.extend(b"\\u003E"),
            '&' => out.extend(b"\\u0026"),
            '=' => out.extend(b"\\u003D"),
            _ if character < ' ' || !character.is_ascii() && !is_print(character) => {
                out.extend(format!("\\u{:04X}", u32::from(character)).as_bytes());
            }
            _ => out.extend(&bytes[at..at + length]),
        }
    }
    out
}

/// Escapes what is not safe in the query of a URL.
fn query(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            byte => out.extend(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}
