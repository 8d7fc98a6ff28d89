//! Printing of values, as Go's package fmt does.

mod format;
mod verbs;

use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::text;
use crate::value::{Value, duration_text, month_name, type_name, weekday_name};
use verbs::Flags;

/// Collects output up to a limit.
pub(crate) struct Printer {
    out: Vec<u8>,
    /// The maximum length of the output, beyond which everything is dropped.
    limit: usize,
    /// The maximum depth of lists and maps.
    depth: usize,
    /// The values that were printed, and their maximum number.
    values: u64,
    most_values: u64,
    flags: Flags,
    /// Inside of a message about a wrong verb, nothing calls `String` methods.
    is_error: bool,
    is_too_deep: bool,
}

impl Printer {
    fn new(context: &Context) -> Self {
        let (limit, depth) = (context.memory_left(), context.limits().depth);
        let (flags, is_error, is_too_deep) = (Flags::default(), false, false);
        Self {
            out: Vec::new(),
            limit,
            depth,
            values: 0,
            most_values: context.steps_left(),
            flags,
            is_error,
            is_too_deep,
        }
    }

    /// The output, which counts as a new value.
    fn finish(self, context: &mut Context) -> Outcome<Vec<u8>> {
        if self.is_too_deep {
            return Err(Failure::limit("values are nested too deeply to print them"));
        }
        context.step(usize::try_from(self.values).unwrap_or(usize::MAX))?;
        context.allocate(self.out.len())?;
        Ok(self.out)
    }

    fn is_full(&self) -> bool {
        self.is_too_deep || self.out.len() > self.limit || self.values > self.most_values
    }

    fn write(&mut self, bytes: &[u8]) {
        if !self.is_full() {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Prints a value with a verb.
    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        self.values += 1;
        if depth > self.depth {
            self.is_too_deep = true;
        }
        if self.is_full() {
            return;
        }
        match value {
            Value::Nil if depth > 0 => {
                self.write(if self.flags.go_syntax {
                    b"interface {}(nil)"
                } else {
                    b"<nil>"
                });
            }
            Value::Nil if matches!(verb, 'v' | 'T') => self.pad(b"<nil>"),
            Value::Nil => self.bad_verb(value, verb),
            _ if verb == 'T' && depth == 0 => self.pad_string(type_name(value).as_bytes()),
            Value::Bool(truth) if matches!(verb, 't' | 'v') => {
                self.pad(if *truth { b"true" } else { b"false" });
            }
            Value::Float(number) => self.float(*number, verb, value),
            Value::Complex(real, imaginary) => self.complex(*real, *imaginary, verb, value),
            Value::String(bytes) => self.string(bytes.as_bytes(), verb, value),
            Value::Named(named) => self.string(named.value.as_bytes(), verb, value),
            Value::List(_) | Value::Map(_) | Value::Struct(_) => self.container(value, verb, depth),
            value => match stringer(value).filter(|_| self.is_stringer(verb)) {
                Some(string) => self.string(&string, verb, value),
                None => self.number(value, verb),
            },
        }
    }

    fn is_stringer(&self, verb: char) -> bool {
        !self.is_error && !self.flags.go_syntax && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
    }

    fn number(&mut self, value: &Value, verb: char) {
        match value {
            Value::Int(number, of) => self.integer(*number, of.is_signed(), verb, value),
            Value::Time(_) | Value::Version(_) => {
                let string = stringer(value).unwrap_or_default();
                self.pad(&string);
            }
            value => self.bad_verb(value, verb),
        }
    }

    fn container(&mut self, value: &Value, verb: char, depth: usize) {
        let go_syntax = self.flags.go_syntax;
        let type_name = if go_syntax {
            type_name(value)
        } else {
            String::new()
        };
        self.write(type_name.as_bytes());
        match value {
            Value::List(list) if go_syntax && list.is_nil() => self.write(b"(nil)"),
            Value::List(list) => {
                self.write(if go_syntax { b"{" } else { b"[" });
                for (at, item) in list.items().iter().enumerate() {
                    self.separate(at);
                    self.value(item, verb, depth + 1);
                }
                self.write(if go_syntax { b"}" } else { b"]" });
            }
            Value::Map(map) if go_syntax && map.is_nil() => self.write(b"(nil)"),
            Value::Map(map) => {
                self.write(if go_syntax { b"{" } else { b"map[" });
                for (at, (key, value)) in map.entries().into_iter().enumerate() {
                    if self.is_full() {
                        return;
                    }
                    self.separate(at);
                    self.value(&Value::String(key), verb, depth + 1);
                    self.write(b":");
                    self.value(&value, verb, depth + 1);
                }
                self.write(if go_syntax { b"}" } else { b"]" });
            }
            Value::Struct(value) => {
                if depth == 0 && !go_syntax && value.struct_type().is_pointer() {
                    self.write(b"&");
                }
                self.write(b"{");
                for (at, (field, value)) in value.fields().enumerate() {
                    self.separate(at);
                    if go_syntax || self.flags.field_names {
                        self.write(field.name.as_bytes());
                        self.write(b":");
                    }
                    self.value(value, verb, depth + 1);
                }
                self.write(b"}");
            }
            _ => {}
        }
    }

    fn separate(&mut self, at: usize) {
        match at {
            0 => {}
            _ if self.flags.go_syntax => self.write(b", "),
            _ => self.write(b" "),
        }
    }

    /// Writes what is printed for a verb that does not fit the value.
    fn bad_verb(&mut self, value: &Value, verb: char) {
        let was_error = std::mem::replace(&mut self.is_error, true);
        self.write(b"%!");
        self.write(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.write(b"(");
        if matches!(value, Value::Nil) {
            self.write(b"<nil>");
        } else {
            self.write(type_name(value).as_bytes());
            self.write(b"=");
            self.value(value, 'v', 0);
        }
        self.write(b")");
        self.is_error = was_error;
    }
}

/// The result of the `String` method of a value.
fn stringer(value: &Value) -> Option<Vec<u8>> {
    use crate::value::IntType;
    Some(match value {
        Value::Int(value, IntType::Duration) => duration_text(*value).into_bytes(),
        Value::Int(value, IntType::Month) => month_name(*value).into_bytes(),
        Value::Int(value, IntType::Weekday) => weekday_name(*value).into_bytes(),
        Value::Time(time) => time.to_string().into_bytes(),
        Value::Version(version) => version.to_string().into_bytes(),
        _ => return None,
    })
}

/// Prints operands, with a space between two of them if neither is a string.
pub(crate) fn print(values: &[Value], context: &mut Context) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(context);
    for (at, value) in values.iter().enumerate() {
        let has_string = value.bytes().is_some() || at > 0 && values[at - 1].bytes().is_some();
        if at > 0 && !has_string {
            printer.write(b" ");
        }
        printer.value(value, 'v', 0);
    }
    printer.finish(context)
}

/// Prints the value of an action, which is not nil.
pub(crate) fn display(value: &Value, context: &mut Context) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(context);
    // Like a part of another value: a pointer is printed as what it points to.
    printer.value(value, 'v', 1);
    printer.finish(context)
}

/// Prints operands with spaces between them and a newline.
pub(crate) fn println(values: &[Value], context: &mut Context) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(context);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            printer.write(b" ");
        }
        printer.value(value, 'v', 0);
    }
    printer.write(b"\n");
    printer.finish(context)
}

/// Prints operands according to a format.
pub(crate) fn printf(format: &[u8], values: &[Value], context: &mut Context) -> Outcome<Vec<u8>> {
    let mut printer = Printer::new(context);
    format::print(&mut printer, format, values);
    printer.finish(context)
}

/// The string that sprig uses for a value.
pub(crate) fn string_of(value: &Value, context: &mut Context) -> Outcome<Vec<u8>> {
    match value.bytes() {
        Some(bytes) => {
            context.allocate(bytes.len())?;
            Ok(bytes.to_owned())
        }
        None => print(std::slice::from_ref(value), context),
    }
}

/// A quoted string, as `%q` prints it.
pub(crate) fn quoted(bytes: &[u8]) -> Vec<u8> {
    text::quoted(bytes, '"', false)
}
