//! Writes trees as human-readable YAML that all common readers parse to the same values: YAML 1.1
//! (`PyYAML`), Go's yaml.v2 (kubectl) and yaml.v3 (Compose), YAML 1.2.
//!
//! It is not a serializer for arbitrary types. It never resolves a reference, but writes the surrounding
//! text so that the value can be inserted later.

mod edit;

use std::fmt::Write;

use score_spec::{Map, Number};

pub use self::edit::{Edit, with_value};
use super::leaf::{Leaf, sample};
use crate::ir::{Segment, Text, Tree};

/// Writes a document in block style with an indentation of two spaces and a trailing line break.
///
/// References remain in `out`.
pub fn emit<R: Leaf>(document: &Tree<R>, out: &mut Text<R>) {
    node(document, 0, out);
}

/// Writes a document like [`emit`] with the given indentation; the first line is appended to `out`.
pub(crate) fn emit_at<R: Leaf>(document: &Tree<R>, column: usize, out: &mut Text<R>) {
    node(document, column, out);
}

/// Writes documents separated by `---`.
pub fn emit_all<'a, R: Leaf + 'a>(
    documents: impl IntoIterator<Item = &'a Tree<R>>,
    out: &mut Text<R>,
) {
    for (index, document) in documents.into_iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        emit(document, out);
    }
}

/// Writes an entry of a map at `column` on separate lines.
pub(crate) fn emit_entry<R: Leaf>(name: &str, value: &Tree<R>, column: usize, out: &mut Text<R>) {
    indent(column, out);
    entry(name, value, column, out);
}

/// Writes a key of a map at `column` on a separate line.
pub(crate) fn emit_key<R: Leaf>(name: &str, column: usize, out: &mut Text<R>) {
    indent(column, out);
    key(name, column, out);
    out.push_str(":\n");
}

/// Writes a node that starts at `column`, to the end of its last line.
fn node<R: Leaf>(node: &Tree<R>, column: usize, out: &mut Text<R>) {
    match node {
        Tree::Map(map) if !map.is_empty() => entries(map, column, out),
        Tree::List(list) if !list.is_empty() => items(list, column, out),
        _ => {
            // Literal text at the margin could look like a document marker.
            scalar(node, column.max(2), out);
            out.push_str("\n");
        }
    }
}

fn items<R: Leaf>(list: &[Tree<R>], column: usize, out: &mut Text<R>) {
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            indent(column, out);
        }
        out.push_str("- ");
        node(item, column + 2, out);
    }
}

fn entries<R: Leaf>(map: &Map<Tree<R>>, column: usize, out: &mut Text<R>) {
    for (index, (name, value)) in map.iter().enumerate() {
        if index > 0 {
            indent(column, out);
        }
        entry(name, value, column, out);
    }
}

/// Writes an entry of a map at `column`, starting with its key.
fn entry<R: Leaf>(name: &str, value: &Tree<R>, column: usize, out: &mut Text<R>) {
    key(name, column, out);
    if is_collection(value) {
        out.push_str(":\n");
        indent(column + 2, out);
    } else {
        out.push_str(": ");
    }
    node(value, column + 2, out);
}

fn is_collection<R: Leaf>(node: &Tree<R>) -> bool {
    match node {
        Tree::Map(map) => !map.is_empty(),
        Tree::List(list) => !list.is_empty(),
        _ => false,
    }
}

/// Writes a key. The short form `key: value` is limited to 1024 characters (YAML 1.2.2, 8.2.2), and
/// an escape has up to six.
fn key<R: Leaf>(name: &str, column: usize, out: &mut Text<R>) {
    const LONGEST: usize = 1024 / 6;
    if name.len() > LONGEST && name.chars().count() > LONGEST {
        out.push_str("? ");
        quoted(&name.into(), out);
        out.push_str("\n");
        indent(column, out);
    } else if is_plain(name) {
        out.push_str(name);
    } else {
        quoted(&name.into(), out);
    }
}

fn scalar<R: Leaf>(node: &Tree<R>, column: usize, out: &mut Text<R>) {
    match node {
        Tree::Null => out.push_str("null"),
        Tree::Bool(true) => out.push_str("true"),
        Tree::Bool(false) => out.push_str("false"),
        Tree::Number(value) => out.push_str(&number(value)),
        Tree::Text(value) => text(value, column, out),
        Tree::List(_) => out.push_str("[]"),
        Tree::Map(_) => out.push_str("{}"),
    }
}

/// YAML 1.1 parses a float as a string unless it has a decimal point and a signed exponent.
pub(crate) fn number(value: &Number) -> String {
    let written = value.to_string();
    let Some((mantissa, exponent)) = written.split_once('e') else {
        return written;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) {
        ""
    } else {
        "+"
    };
    format!("{mantissa}{point}e{sign}{exponent}")
}

fn text<R: Leaf>(value: &Text<R>, column: usize, out: &mut Text<R>) {
    match value.as_plain() {
        Some(plain) if is_plain(plain) => out.push_str(plain),
        None if is_whole(value) => out.append(value.clone()),
        _ if is_literal(value) => literal(value, column, out),
        _ => quoted(value, out),
    }
}

/// Whether text with references can be unquoted: it is either a reference that quotes itself, or
/// consists of references whose values are plain together with the surrounding text.
fn is_whole<R: Leaf>(text: &Text<R>) -> bool {
    match text.as_reference() {
        Some(reference) if reference.is_scalar() => true,
        _ => sample(text).is_some_and(|sample| is_plain(&sample)),
    }
}

/// Whether every reader parses the unquoted text as the same string.
pub(crate) fn is_plain(text: &str) -> bool {
    let harmless = |byte: u8| byte.is_ascii_alphabetic() || b"_/$".contains(&byte);
    let first = match text.as_bytes() {
        // An option such as `-c` or `--port`, or a relative or hidden path. A `-` or `.` before
        // other characters can start a list, a number or a document.
        [b'-', b'-', third, ..] => third.is_ascii_alphabetic(),
        [b'-' | b'.', second, ..] if second.is_ascii_alphabetic() => !is_word(&text[1..]),
        [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => true,
        [first, ..] => harmless(*first),
        [] => false,
    };
    (first || is_quantity(text)) && !is_broken(text) && !is_word(text)
}

/// Whether the text contains characters that end an unquoted string, or need an escape.
fn is_broken(text: &str) -> bool {
    // Most strings are a word. Without an early exit, several bytes are compared at a time.
    let is_inner = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b':' | b'#');
    if text.bytes().filter(|byte| !is_inner(byte)).count() == 0 {
        return false;
    }
    // The preceding character in its line: a space.
    let mut before = b' ';
    let breaks = text.bytes().any(|byte| {
        let breaks = !matches!(byte, b' '..=b'~') || matches!(&[before, byte], b": " | b" #");
        before = byte;
        breaks
    });
    breaks || matches!(before, b':' | b' ')
}

/// Whether the text is a duration or a size, such as `5s`, `100m` or `1Gi`: a decimal number with a
/// unit that no reader treats as part of the number.
fn is_quantity(text: &str) -> bool {
    const UNITS: [&str; 11] = ["s", "m", "h", "ms", "k", "M", "G", "Ki", "Mi", "Gi", "Ti"];
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    !text.starts_with('0') && unit.len() < text.len() && UNITS.contains(&unit)
}

/// Whether some reader parses the text as a boolean, a number or null.
fn is_word(text: &str) -> bool {
    let words: &[&str] = match text.len() {
        1 => &["y", "n"],
        2 => &["no", "on"],
        3 => &["yes", "off", "nan", "inf"],
        4 => &["true", "null", "none"],
        5 => &["false"],
        8 => &["infinity"],
        _ => return false,
    };
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a character can be written unescaped, except line breaks.
fn is_printable(c: char) -> bool {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' | '\u{a0}'..='\u{fffd}' => true,
        _ => c >= '\u{10000}',
    }
}

/// Whether the text has several lines that can be written unescaped. Readers derive the indentation
/// from the first non-empty line, so it must start with neither a space nor a tab.
pub(crate) fn is_literal<R: Leaf>(text: &Text<R>) -> bool {
    let mut broken = false;
    let mut begun = false;
    for segment in text.segments() {
        match segment {
            Segment::Plain(plain) => {
                for c in plain.chars() {
                    match c {
                        '\n' => broken = true,
                        ' ' | '\t' if !begun => return false,
                        _ if c != '\t' && !is_printable(c) => return false,
                        _ => begun = true,
                    }
                }
            }
            // The positions of its lines are not known here.
            Segment::Ref(reference) if !reference.is_line() => return false,
            Segment::Ref(_) => begun = true,
        }
    }
    broken && begun
}

/// Writes a block literal without its last line break, with its lines at `column`.
fn literal<R: Leaf>(text: &Text<R>, column: usize, out: &mut Text<R>) {
    let last = match text.segments().last() {
        Some(Segment::Plain(plain)) => plain.as_str(),
        _ => "",
    };
    out.push_str(match last.strip_suffix('\n') {
        None => "|-",
        Some(rest) if rest.ends_with('\n') => "|+",
        Some(_) => "|",
    });
    out.push_str("\n");
    let mut at_margin = true;
    let count = text.segments().len();
    for (index, segment) in text.segments().iter().enumerate() {
        match segment {
            Segment::Plain(plain) => {
                let plain = match plain.strip_suffix('\n') {
                    Some(rest) if index + 1 == count => rest,
                    _ => plain,
                };
                for (line, content) in plain.split('\n').enumerate() {
                    if line > 0 {
                        out.push_str("\n");
                        at_margin = true;
                    }
                    if !content.is_empty() {
                        begin_line(&mut at_margin, column, out);
                        out.push_str(content);
                    }
                }
            }
            Segment::Ref(reference) => {
                begin_line(&mut at_margin, column, out);
                out.push_ref(reference.clone());
            }
        }
    }
}

fn begin_line<R>(at_margin: &mut bool, column: usize, out: &mut Text<R>) {
    if std::mem::take(at_margin) {
        indent(column, out);
    }
}

/// Writes a string in double quotes.
fn quoted<R: Leaf>(text: &Text<R>, out: &mut Text<R>) {
    out.push_str("\"");
    for segment in text.segments() {
        match segment {
            Segment::Plain(plain) => out.push_str(&escaped(plain)),
            Segment::Ref(reference) => out.push_ref(reference.quoted()),
        }
    }
    out.push_str("\"");
}

/// A string for double quotes in YAML and JSON.
pub(crate) fn escaped(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            // Writing to a string cannot fail.
            c => drop(write!(out, "\\u{:04X}", u32::from(c))),
        }
    }
    out
}

fn indent<R>(column: usize, out: &mut Text<R>) {
    const BLANKS: &str = "                                ";
    let mut left = column;
    while left > 0 {
        let some = left.min(BLANKS.len());
        out.push_str(&BLANKS[..some]);
        left -= some;
    }
}
