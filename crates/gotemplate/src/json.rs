//! JSON as Go's package encoding/json writes and reads it.

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::number::Digits;
use crate::text::{REPLACEMENT, characters};
use crate::value::{IntType, List, Map, Str, Value};

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Style {
    /// With `<`, `>` and `&` escaped.
    Html,
    /// The same, with indentation.
    Pretty,
    /// Without these escapes.
    Raw,
}

struct Writer<'a> {
    out: Vec<u8>,
    style: Style,
    context: &'a mut Context,
    depth: usize,
}

/// Writes a value.
pub(crate) fn encode(value: &Value, style: Style, context: &mut Context) -> Outcome<Vec<u8>> {
    let mut writer = Writer {
        out: Vec::new(),
        style,
        context,
        depth: 0,
    };
    writer.value(value)?;
    let out = writer.out;
    context.allocate(out.len())?;
    Ok(out)
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Outcome<()> {
        self.context.step(1)?;
        if self.out.len() > self.context.memory_left() {
            self.context.allocate(self.out.len())?;
        }
        match value {
            Value::Nil => self.out.extend(b"null"),
            Value::Bool(value) => self.out.extend(value.to_string().as_bytes()),
            Value::Int(value, IntType::Uint64) => self
                .out
                .extend(value.cast_unsigned().to_string().as_bytes()),
            Value::Int(value, _) => self.out.extend(value.to_string().as_bytes()),
            Value::Float(value) => self.out.extend(number(*value)?.as_bytes()),
            Value::Complex(..) => return Err(Failure::invalid("JSON has no complex numbers")),
            Value::String(text) => self.string(text.as_bytes()),
            Value::Named(named) => self.string(named.value.as_bytes()),
            Value::List(list) if list.is_nil() => self.out.extend(b"null"),
            Value::List(list) => {
                let items = list.items().iter().map(|item| (None, item.clone()));
                self.container(b"[", items, b"]")?;
            }
            Value::Map(map) if map.is_nil() => self.out.extend(b"null"),
            Value::Map(map) => {
                let entries = map.entries().into_iter();
                self.container(b"{", entries.map(|(key, value)| (Some(key), value)), b"}")?;
            }
            Value::Struct(value) => {
                let fields = value.fields();
                let fields =
                    fields.map(|(field, value)| (Some(Str::from(field.json_name)), value.clone()));
                self.container(b"{", fields, b"}")?;
            }
            Value::Time(value) => self.string(value.rfc3339().as_bytes()),
            Value::Version(version) => self.string(version.original.as_bytes()),
        }
        Ok(())
    }

    fn container(
        &mut self,
        open: &[u8],
        items: impl Iterator<Item = (Option<Str>, Value)>,
        close: &[u8],
    ) -> Outcome<()> {
        if self.depth == self.context.limits().depth {
            return Err(Failure::limit("values are nested too deeply for JSON"));
        }
        self.depth += 1;
        self.out.extend(open);
        let mut is_empty = true;
        for (key, value) in items {
            if !std::mem::take(&mut is_empty) {
                self.out.push(b',');
            }
            self.new_line();
            if let Some(key) = key {
                self.string(key.as_bytes());
                self.out.extend(if self.style == Style::Pretty {
                    b": ".as_slice()
                } else {
                    b":"
                });
            }
            self.value(&value)?;
        }
        self.depth -= 1;
        if !is_empty {
            self.new_line();
        }
        self.out.extend(close);
        Ok(())
    }

    fn new_line(&mut self) {
        if self.style == Style::Pretty {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * self.depth));
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        for (at, character, length) in characters(bytes) {
            match character {
                '"' => self.out.extend(b"\\\""),
                '\\' => self.out.extend(b"\\\\"),
                '\n' => self.out.extend(b"\\n"),
                '\r' => self.out.extend(b"\\r"),
                '\t' => self.out.extend(b"\\t"),
                '\u{8}' => self.out.extend(b"\\b"),
                '\u{c}' => self.out.extend(b"\\f"),
                REPLACEMENT if length == 1 => self.out.extend(b"\\ufffd"),
                '<' | '>' | '&' if self.style != Style::Raw => self.escape(character),
                '\0'..' ' | '\u{2028}' | '\u{2029}' => self.escape(character),
                _ => self.out.extend(&bytes[at..at + length]),
            }
        }
        self.out.push(b'"');
    }

    fn escape(&mut self, character: char) {
        self.out
            .extend(format!("\\u{:04x}", u32::from(character)).as_bytes());
    }
}

fn number(value: f64) -> Outcome<String> {
    if !value.is_finite() {
        return Err(Failure::invalid("JSON has no such number"));
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let digits = Digits::shortest(value.abs());
    let is_plain = value == 0.0 || (1e-6..1e21).contains(&value.abs());
    if is_plain {
        return Ok(format!("{sign}{}", digits.plain()));
    }
    let text = digits.scientific(digits.digits.len() - 1, 'e');
    // `e-07` is written as `e-7`.
    Ok(format!("{sign}{}", text.replace("e-0", "e-")))
}

/// Reads a value, whose numbers are floats. None if the text is not valid JSON.
pub(crate) fn decode(bytes: &[u8], context: &mut Context) -> Outcome<Option<Value>> {
    // The smallest item, `1,`, has two bytes, and becomes two values of at most 40 bytes.
    context.allocate(bytes.len().saturating_mul(40))?;
    let text = crate::text::lossy(bytes);
    Ok(serde_json::from_str(&text).ok().map(|json| value_of(&json)))
}

/// The depth of the JSON is limited by its reader.
fn value_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::List(List::new(items.iter().map(value_of).collect()))
        }
        serde_json::Value::Object(entries) => {
            let map = Map::new();
            for (key, value) in entries {
                map.set(Str::from(key.as_str()), value_of(value));
            }
            Value::Map(map)
        }
    }
}
