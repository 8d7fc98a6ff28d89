//! Format strings of `printf`.

use super::{Flags, Printer};
use crate::text;
use crate::value::{IntType, Value, type_name};

/// The largest width and precision. Larger numbers are printed as an error.
const MAX_NUMBER: i64 = 1_000_000;

/// A reader of a format.
struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    /// The index of the next operand.
    next: usize,
    /// The last thing was an index such as `[3]`.
    after_index: bool,
    /// An index was used somewhere.
    is_reordered: bool,
    /// The index of the current verb is valid.
    is_valid: bool,
}

/// Prints according to a format.
pub(super) fn print(printer: &mut Printer, format: &[u8], values: &[Value]) {
    let mut reader = Reader {
        format,
        at: 0,
        values,
        next: 0,
        after_index: false,
        is_reordered: false,
        is_valid: true,
    };
    while let Some(found) = format[reader.at..].iter().position(|byte| *byte == b'%') {
        printer.write(&format[reader.at..reader.at + found]);
        reader.at += found + 1;
        if printer.is_full() {
            return;
        }
        reader.verb(printer);
    }
    printer.write(&format[reader.at..]);
    if !reader.is_reordered && reader.next < values.len() {
        printer.flags = Flags::default();
        printer.write(b"%!(EXTRA ");
        for (at, value) in values[reader.next..].iter().enumerate() {
            if at > 0 {
                printer.write(b", ");
            }
            if !matches!(value, Value::Nil) {
                printer.write(type_name(value).as_bytes());
                printer.write(b"=");
            }
            printer.value(value, 'v', 0);
        }
        printer.write(b")");
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn verb(&mut self, printer: &mut Printer) {
        (self.is_valid, self.after_index) = (true, false);
        printer.flags = self.flags();
        self.index();
        if self.accept(b'*') {
            self.width_of_operand(printer);
        } else {
            let width = self.number();
            printer.flags.width = width.and_then(|it| usize::try_from(it).ok());
            self.is_valid &= !(self.after_index && width.is_some());
        }
        if self.accept(b'.') {
            self.is_valid &= !self.after_index;
            self.index();
            if self.accept(b'*') {
                let number = self.operand();
                if number.is_none() {
                    printer.write(b"%!(BADPREC)");
                }
                printer.flags.precision = number.and_then(|it| usize::try_from(it).ok());
                self.after_index = false;
            } else {
                let precision = self.number().unwrap_or_default();
                printer.flags.precision = usize::try_from(precision).ok();
            }
        }
        if !self.after_index {
            self.index();
        }
        if self.at >= self.format.len() {
            return printer.write(b"%!(NOVERB)");
        }
        let (verb, length) = text::decode(&self.format[self.at..]);
        self.at += length;
        self.print_verb(verb, printer);
    }

    fn print_verb(&mut self, verb: char, printer: &mut Printer) {
        let problem = match self.values.get(self.next) {
            _ if verb == '%' => return printer.write(b"%"),
            _ if !self.is_valid => "BADINDEX",
            None => "MISSING",
            Some(value) => {
                if verb == 'v' {
                    printer.flags.go_syntax = std::mem::take(&mut printer.flags.sharp);
                    printer.flags.field_names = std::mem::take(&mut printer.flags.plus);
                }
                printer.value(value, verb, 0);
                self.next += 1;
                return;
            }
        };
        printer.write(format!("%!{verb}({problem})").as_bytes());
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'#') => flags.sharp = true,
                Some(b'0') => flags.zero = true,
                Some(b'+') => flags.plus = true,
                Some(b'-') => flags.minus = true,
                Some(b' ') => flags.space = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn width_of_operand(&mut self, printer: &mut Printer) {
        let width = self.operand();
        if width.is_none() {
            printer.write(b"%!(BADWIDTH)");
        }
        if width.is_some_and(|width| width < 0) {
            (printer.flags.minus, printer.flags.zero) = (true, false);
        }
        printer.flags.width = width.and_then(|it| usize::try_from(it.abs()).ok());
        self.after_index = false;
    }

    /// An unsigned number, or none if there are no digits or it is too large.
    fn number(&mut self) -> Option<i64> {
        let mut number = None;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            let value = number.unwrap_or_default();
            if value > MAX_NUMBER {
                // As in Go, the rest of the format is not read.
                self.at = self.format.len();
                return None;
            }
            number = Some(value * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// The next operand as a width or a precision.
    fn operand(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        match value {
            Value::Int(number, of) if *of != IntType::Uint64 || *number >= 0 => {
                Some(*number).filter(|number| (-MAX_NUMBER..=MAX_NUMBER).contains(number))
            }
            _ => None,
        }
    }

    /// An index such as `[3]`.
    fn index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.is_reordered = true;
        let rest = &self.format[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b']') else {
            (self.is_valid, self.at) = (false, self.at + 1);
            return;
        };
        let digits = std::str::from_utf8(&rest[1..end]).unwrap_or_default();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let index = digits.parse::<usize>().ok().filter(|_| is_number);
        self.at += end + 1;
        match index.and_then(|index| index.checked_sub(1)) {
            Some(index) if index < self.values.len() => {
                (self.next, self.after_index) = (index, true);
            }
            _ => self.is_valid = false,
        }
    }
}
