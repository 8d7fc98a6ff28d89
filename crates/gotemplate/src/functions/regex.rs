//! sprig's functions of regular expressions, which take linear time.

mod pattern;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::arguments::{bytes, int, text};
use super::list::string_list;
use super::{Function, entry};
use crate::context::Context;
use crate::error::{ErrorKind, Failure, Outcome};
use crate::text::{decode, lossy};
use crate::value::{ElementType, List, Value};

pub(super) const TABLE: &[Function] = &[
    entry("mustRegexFind", "ss", find),
    entry("mustRegexFindAll", "ssi", find_all),
    entry("mustRegexMatch", "ss", is_match),
    entry("mustRegexReplaceAll", "sss", replace_all),
    entry("mustRegexReplaceAllLiteral", "sss", replace_all_literal),
    entry("mustRegexSplit", "ssi", split),
    entry("regexFind", "ss", find),
    entry("regexFindAll", "ssi", find_all),
    entry("regexMatch", "ss", |context, values| {
        match is_match(context, values) {
            Err(failure) if failure.kind() == ErrorKind::Invalid => Ok(Value::Bool(false)),
            result => result,
        }
    }),
    entry("regexQuoteMeta", "s", |context, values| {
        let escaped = bytes(values, 0).iter().flat_map(|byte| {
            let is_meta = b"\\.+*?()|[]{}^$".contains(byte);
            is_meta.then_some(b'\\').into_iter().chain([*byte])
        });
        text(context, escaped.collect::<Vec<u8>>())
    }),
    entry("regexReplaceAll", "sss", replace_all),
    entry("regexReplaceAllLiteral", "sss", replace_all_literal),
    entry("regexSplit", "ssi", split),
];

/// The maximum length of a regular expression in bytes.
const MAX_LENGTH: usize = 4096;

/// The maximum size of a compiled regular expression in bytes.
const MAX_SIZE: usize = 256 << 10;

/// The steps that it takes to compile a regular expression.
const COMPILATION: usize = 20_000;

/// A compiled regular expression.
struct Compiled {
    regex: Regex,
    /// The work of a match per 16 bytes of the text.
    weight: usize,
}

thread_local! {
    /// Regular expressions that were used before. Their number is limited.
    static CACHE: RefCell<BTreeMap<Vec<u8>, Rc<Compiled>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The maximum number of regular expressions in the cache.
const CACHED: usize = 64;

fn compiled(context: &mut Context, pattern: &[u8]) -> Outcome<Rc<Compiled>> {
    if pattern.len() > MAX_LENGTH {
        return Err(Failure::limit(format!(
            "a regular expression of more than {MAX_LENGTH} bytes"
        )));
    }
    // The work does not depend on the cache, so that the same execution always succeeds or fails.
    if context.is_new_pattern(pattern) {
        context.allocate(pattern.len())?;
        context.step(COMPILATION)?;
    }
    if let Some(compiled) = CACHE.with_borrow(|cache| cache.get(pattern).cloned()) {
        return Ok(compiled);
    }
    let translated = pattern::translate(&lossy(pattern)).map_err(Failure::invalid)?;
    let regex = RegexBuilder::new(&translated.text)
        .size_limit(MAX_SIZE)
        .dfa_size_limit(MAX_SIZE)
        .nest_limit(100)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                Failure::limit("the regular expression is too large")
            }
            _ => Failure::invalid("invalid regular expression"),
        })?;
    let compiled = Rc::new(Compiled {
        regex,
        weight: translated.weight,
    });
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(pattern.to_owned(), Rc::clone(&compiled));
    });
    Ok(compiled)
}

impl Compiled {
    /// Counts the work of a search from a position.
    fn search(&self, context: &mut Context, bytes: &[u8], from: usize) -> Outcome<()> {
        context.step(1 + (bytes.len() - from).saturating_mul(self.weight) / 16)
    }

    /// The matches, at most so many. An empty match after another match is none.
    fn matches(
        &self,
        context: &mut Context,
        bytes: &[u8],
        most: usize,
    ) -> Outcome<Vec<Range<usize>>> {
        let (mut matches, mut at, mut last) = (Vec::new(), 0, None);
        while at <= bytes.len() && matches.len() < most {
            self.search(context, bytes, at)?;
            let Some(found) = self.regex.find_at(bytes, at) else {
                break;
            };
            if !found.is_empty() || last != Some(found.start()) {
                context.allocate(size_of::<Range<usize>>() + size_of::<Value>())?;
                matches.push(found.range());
            }
            last = Some(found.end());
            at = next_position(bytes, found.range(), at);
        }
        Ok(matches)
    }
}

/// Where the next search starts: after the match, at least one character further.
fn next_position(bytes: &[u8], found: Range<usize>, at: usize) -> usize {
    if found.is_empty() {
        let rest = &bytes[found.end..];
        return found.end.max(at) + if rest.is_empty() { 1 } else { decode(rest).1 };
    }
    found.end
}

fn is_match(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (compiled, bytes) = (compiled(context, bytes(values, 0))?, bytes(values, 1));
    compiled.search(context, bytes, 0)?;
    Ok(Value::Bool(compiled.regex.is_match(bytes)))
}

fn find(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (compiled, bytes) = (compiled(context, bytes(values, 0))?, bytes(values, 1));
    compiled.search(context, bytes, 0)?;
    let found = compiled.regex.find(bytes);
    text(
        context,
        found.map(|found| found.as_bytes()).unwrap_or_default(),
    )
}

/// The number of results that a parameter asks for.
fn limit(values: &[Value]) -> usize {
    usize::try_from(int(values, 2)).unwrap_or(usize::MAX)
}

fn find_all(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (compiled, bytes) = (compiled(context, bytes(values, 0))?, bytes(values, 1));
    let matches = compiled.matches(context, bytes, limit(values))?;
    if matches.is_empty() {
        return Ok(Value::List(List::nil(ElementType::String)));
    }
    let matches = matches.into_iter().map(|range| bytes[range].to_vec());
    string_list(context, matches.collect())
}

fn split(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let (pattern, most) = (bytes(values, 0), limit(values));
    let (compiled, bytes) = (compiled(context, pattern)?, bytes(values, 1));
    if most == 0 {
        return Ok(Value::List(List::nil(ElementType::String)));
    }
    if !pattern.is_empty() && bytes.is_empty() {
        return string_list(context, vec![Vec::new()]);
    }
    let (mut parts, mut start, mut end) = (Vec::new(), 0, 0);
    for found in compiled.matches(context, bytes, most)? {
        if parts.len() == most - 1 {
            break;
        }
        end = found.start;
        if found.end != 0 {
            parts.push(bytes[start..end].to_vec());
        }
        start = found.end;
    }
    if end != bytes.len() {
        parts.push(bytes[start..].to_vec());
    }
    string_list(context, parts)
}

fn replace_all(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let replacement = bytes(values, 2);
    replaced(context, values, |context, found, out| {
        expand(context, found, replacement, out)
    })
}

fn replace_all_literal(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let replacement = bytes(values, 2);
    replaced(context, values, |context, _, out| {
        context.allocate(replacement.len())?;
        out.extend(replacement);
        Ok(())
    })
}

/// Replaces all matches.
fn replaced(
    context: &mut Context,
    values: &[Value],
    replace: impl Fn(&mut Context, &Captures<'_>, &mut Vec<u8>) -> Outcome<()>,
) -> Outcome<Value> {
    let (compiled, bytes) = (compiled(context, bytes(values, 0))?, bytes(values, 1));
    let (mut out, mut last, mut at) = (Vec::with_capacity(bytes.len()), 0, 0);
    while at <= bytes.len() {
        // Captures are found in several passes.
        compiled.search(context, bytes, at)?;
        compiled.search(context, bytes, at)?;
        let Some(captures) = compiled.regex.captures_at(bytes, at) else {
            break;
        };
        let Some(found) = captures.get(0).map(|found| found.range()) else {
            break;
        };
        out.extend(&bytes[last..found.start]);
        // An empty match after another match is not replaced.
        if found.end > last || found.start == 0 {
            replace(context, &captures, &mut out)?;
        }
        last = found.end;
        at = next_position(bytes, found, at);
    }
    out.extend(&bytes[last..]);
    text(context, out)
}

/// Writes a replacement, in which `$1`, `$name` and `${name}` are groups.
fn expand(
    context: &mut Context,
    found: &Captures<'_>,
    replacement: &[u8],
    out: &mut Vec<u8>,
) -> Outcome<()> {
    let (before, mut rest) = (out.len(), replacement);
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        out.extend(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(b"$") {
            out.push(b'$');
            rest = after;
            continue;
        }
        let Some((name, after)) = group(rest) else {
            out.push(b'$');
            continue;
        };
        let group = match name.parse::<usize>() {
            Ok(number) => found.get(number),
            Err(_) => found.name(name),
        };
        out.extend(group.map(|group| group.as_bytes()).unwrap_or_default());
        rest = after;
    }
    out.extend(rest);
    context.allocate(out.len() - before)
}

/// The name of a group after `$`, and the rest.
fn group(text: &[u8]) -> Option<(&str, &[u8])> {
    let (inner, braces) = match text.strip_prefix(b"{") {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = inner.iter().take_while(|byte| is_name(byte)).count();
    let (name, rest) = inner.split_at(length);
    let rest = if braces {
        rest.strip_prefix(b"}")?
    } else {
        rest
    };
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty())?;
    Some((name, rest))
}
