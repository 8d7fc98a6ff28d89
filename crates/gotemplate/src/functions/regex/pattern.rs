//! Translation of regular expressions from Go's syntax to that of the crate `regex`.
//!
//! Both are RE2's syntax in most parts. In Go, `\d`, `\s`, `\w` and `\b` are about ASCII only, `{`
//! may be a literal, classes have no operators, and there are `\Q…\E` and octal escapes.

use std::fmt::Write;

/// A translated regular expression.
pub(super) struct Translated {
    pub(super) text: String,
    /// An estimate of the number of states.
    pub(super) weight: usize,
}

/// The weight of a class of Unicode, in states.
const UNICODE_CLASS: usize = 300;

/// The weight of a class that is not only ASCII.
const LARGE_CLASS: usize = 30;

/// The most repetitions, also of repetitions inside of each other.
const MAX_REPEAT: usize = 1000;

type Problem = &'static str;

/// The contents of a group up to here.
#[derive(Clone, Copy)]
struct Group {
    weight: usize,
    /// The weight of the last part, which a repetition multiplies.
    last: usize,
    /// The repetitions inside of the last part, and in the group.
    last_repeat: usize,
    repeat: usize,
    /// The last thing was a repetition.
    is_repeated: bool,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    groups: Vec<Group>,
}

const GROUP: Group = Group {
    weight: 1,
    last: 0,
    last_repeat: 1,
    repeat: 1,
    is_repeated: false,
};

pub(super) fn translate(pattern: &str) -> Result<Translated, Problem> {
    let mut translator = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len()),
        groups: vec![GROUP],
    };
    while let Some(next) = translator.rest.chars().next() {
        translator.part(next)?;
    }
    let weight = translator.groups.first().map_or(1, |group| group.weight);
    Ok(Translated {
        text: translator.out,
        weight,
    })
}

impl<'a> Translator<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Takes text over as it is.
    fn copy(&mut self, length: usize) {
        let text = self.take(length);
        self.out.push_str(text);
    }

    /// Counts a part.
    fn add(&mut self, weight: usize, repeat: usize) {
        if let Some(group) = self.groups.last_mut() {
            group.weight = group.weight.saturating_add(weight);
            group.repeat = group.repeat.max(repeat);
            (group.last, group.last_repeat, group.is_repeated) = (weight, repeat, false);
        }
    }

    fn literal(&mut self, character: char) {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            self.out.push(character);
        } else {
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(character));
        }
        self.add(character.len_utf8(), 1);
    }

    fn part(&mut self, next: char) -> Result<(), Problem> {
        match next {
            '\\' => return self.escape(),
            '[' => return self.class(),
            '(' => return self.open(),
            ')' => {
                self.take(1);
                self.out.push(')');
                let group = self.groups.pop().ok_or("unexpected )")?;
                if self.groups.is_empty() {
                    return Err("unexpected )");
                }
                self.add(group.weight, group.repeat);
            }
            '*' | '+' | '?' => {
                self.take(1);
                self.repeat(&next.to_string(), 2)?;
            }
            '{' => {
                let Some((length, least, most)) = count(self.rest) else {
                    self.take(1);
                    self.literal(next);
                    return Ok(());
                };
                let is_range = most.is_none_or(|most| least <= most);
                if !is_range || least.max(most.unwrap_or(0)) > MAX_REPEAT {
                    return Err("invalid repeat count");
                }
                let text = self.take(length);
                self.repeat(text, most.unwrap_or(least + 1))?;
            }
            '.' | '^' | '$' | '|' => {
                self.take(1);
                self.out.push(next);
                self.add(if next == '.' { LARGE_CLASS } else { 1 }, 1);
            }
            _ => {
                self.take(next.len_utf8());
                self.literal(next);
            }
        }
        Ok(())
    }

    fn repeat(&mut self, text: &str, times: usize) -> Result<(), Problem> {
        let is_lazy = self.rest.starts_with('?');
        self.take(usize::from(is_lazy));
        let group = self
            .groups
            .last_mut()
            .ok_or("missing argument to repetition operator")?;
        if std::mem::replace(&mut group.is_repeated, true) {
            return Err("invalid nested repetition operator");
        }
        // `*` and `+` do not multiply their operand in Go either.
        let repeat =
            group
                .last_repeat
                .saturating_mul(if text.len() > 1 { times.max(1) } else { 1 });
        if repeat > MAX_REPEAT {
            return Err("invalid repeat count");
        }
        group.repeat = group.repeat.max(repeat);
        group.weight = group
            .weight
            .saturating_add(group.last.saturating_mul(times.max(1)));
        self.out.push_str(text);
        self.out.push_str(if is_lazy { "?" } else { "" });
        Ok(())
    }

    /// A group or flags.
    fn open(&mut self) -> Result<(), Problem> {
        let Some(inner) = self.rest.strip_prefix("(?") else {
            self.copy(1);
            self.groups.push(GROUP);
            return Ok(());
        };
        let name = inner.strip_prefix("P<").or_else(|| inner.strip_prefix('<'));
        if let Some(end) = name.map(|name| name.find('>').ok_or("invalid named capture")) {
            let start = self.rest.find('<').unwrap_or_default() + 1;
            let length = start + end? + 1;
            let text = self.take(length);
            let name = &text[start..length - 1];
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err("invalid named capture");
            }
            let _ = write!(self.out, "(?P<{name}>");
            self.groups.push(GROUP);
            return Ok(());
        }
        let length = inner.find([')', ':']).ok_or("missing closing )")?;
        if !inner[..length].chars().all(|flag| "imsU-".contains(flag)) {
            return Err("invalid or unsupported Perl syntax");
        }
        let text = self.take(2 + length + 1);
        self.out.push_str(text);
        if text.ends_with(':') {
            self.groups.push(GROUP);
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Problem> {
        if let Some(quoted) = self.rest.strip_prefix("\\Q") {
            let length = quoted.find("\\E").unwrap_or(quoted.len());
            quoted[..length]
                .chars()
                .for_each(|character| self.literal(character));
            self.rest = quoted.get(length + 2..).unwrap_or_default();
            return Ok(());
        }
        let kind = self.rest[1..]
            .chars()
            .next()
            .ok_or("trailing backslash at end of expression")?;
        match kind {
            'b' | 'B' => {
                let _ = write!(self.out, "(?-u:\\{kind})");
            }
            'A' | 'z' => {
                let _ = write!(self.out, "\\{kind}");
            }
            _ => {
                let (class, weight) = self.class_escape()?;
                if let Class::Character(character) = class {
                    self.literal(character);
                    return Ok(());
                }
                class.write(&mut self.out, false);
                self.add(weight, 1);
                return Ok(());
            }
        }
        self.take(2);
        self.add(1, 1);
        Ok(())
    }

    fn class(&mut self) -> Result<(), Problem> {
        self.copy(1);
        let mut weight = 1;
        if self.rest.starts_with('^') {
            self.copy(1);
            weight = LARGE_CLASS;
        }
        let mut is_first = true;
        loop {
            if self.rest.starts_with(']') && !is_first {
                self.copy(1);
                break;
            }
            is_first = false;
            if let Some(length) = posix_class(self.rest) {
                self.copy(length);
                continue;
            }
            let (class, class_weight) = self.class_item()?;
            weight = weight.max(class_weight);
            let Class::Character(low) = class else {
                class.write(&mut self.out, true);
                continue;
            };
            let mut high = low;
            if self.rest.starts_with('-') && !self.rest[1..].starts_with(']') && self.rest.len() > 1
            {
                self.take(1);
                let (Class::Character(end), _) = self.class_item()? else {
                    return Err("invalid character class range");
                };
                high = end;
            }
            if high < low {
                return Err("invalid character class range");
            }
            let _ = write!(
                self.out,
                "\\x{{{:X}}}-\\x{{{:X}}}",
                u32::from(low),
                u32::from(high)
            );
            if !high.is_ascii() {
                weight = weight.max(LARGE_CLASS);
            }
        }
        self.add(weight, 1);
        Ok(())
    }

    /// A character or an escape in a class.
    fn class_item(&mut self) -> Result<(Class<'a>, usize), Problem> {
        match self.rest.chars().next() {
            None => Err("missing closing ]"),
            Some('\\') => self.class_escape(),
            Some('[') if self.rest.starts_with("[:") && self.rest.contains(":]") => {
                Err("invalid character class range")
            }
            Some(character) => {
                self.take(character.len_utf8());
                Ok((Class::Character(character), 1))
            }
        }
    }

    /// An escape that is a character or a class.
    fn class_escape(&mut self) -> Result<(Class<'a>, usize), Problem> {
        let kind = self.rest[1..]
            .chars()
            .next()
            .ok_or("trailing backslash at end of expression")?;
        let text = self.take(1 + kind.len_utf8());
        let character = match kind {
            'd' | 's' | 'w' => return Ok((Class::Perl(kind.to_ascii_lowercase(), false), 1)),
            'D' | 'S' | 'W' => {
                return Ok((Class::Perl(kind.to_ascii_lowercase(), true), LARGE_CLASS));
            }
            'p' | 'P' => {
                let length = match self.rest.strip_prefix('{') {
                    Some(name) => name.find('}').ok_or("invalid character class range")? + 2,
                    None => self.rest.chars().next().map_or(0, char::len_utf8),
                };
                return Ok((Class::Unicode(text, self.take(length)), UNICODE_CLASS));
            }
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => return self.hex(),
            '0'..='7' => {
                let digits = self
                    .rest
                    .chars()
                    .take(2)
                    .take_while(|digit| digit.is_digit(8))
                    .count();
                if kind != '0' && digits == 0 {
                    return Err("invalid escape sequence");
                }
                let code = u32::from_str_radix(&format!("{kind}{}", self.take(digits)), 8);
                code.ok()
                    .and_then(char::from_u32)
                    .ok_or("invalid escape sequence")?
            }
            kind if kind.is_ascii() && !kind.is_ascii_alphanumeric() => kind,
            _ => return Err("invalid escape sequence"),
        };
        Ok((Class::Character(character), 1))
    }

    /// The code after `\x`.
    fn hex(&mut self) -> Result<(Class<'a>, usize), Problem> {
        const WRONG: Problem = "invalid escape sequence";
        let digits = match self.rest.strip_prefix('{') {
            Some(digits) => {
                let length = digits.find('}').ok_or(WRONG)?;
                self.take(length + 2).trim_matches(['{', '}'])
            }
            None if self.rest.is_char_boundary(2) && self.rest.len() >= 2 => self.take(2),
            None => return Err(WRONG),
        };
        if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(WRONG);
        }
        let code = u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32);
        Ok((Class::Character(code.ok_or(WRONG)?), 1))
    }
}

/// A character, or an escape that stands for several.
enum Class<'a> {
    Character(char),
    /// `\d`, `\s` or `\w`, or its complement.
    Perl(char, bool),
    /// `\p` or `\P` and the name.
    Unicode(&'a str, &'a str),
}

impl Class<'_> {
    /// Writes a class. Inside of another class, a complement needs brackets, too.
    fn write(&self, out: &mut String, is_inner: bool) {
        match self {
            Self::Character(_) => {}
            Self::Unicode(kind, name) => {
                out.push_str(kind);
                out.push_str(name);
            }
            Self::Perl(kind, is_complement) => {
                let ranges = match kind {
                    'd' => "0-9",
                    's' => "\\t\\n\\x0C\\r\\x20",
                    _ => "0-9A-Za-z_",
                };
                let (open, close) = match (is_complement, is_inner) {
                    (true, _) => ("[^", "]"),
                    (false, false) => ("[", "]"),
                    (false, true) => ("", ""),
                };
                let _ = write!(out, "{open}{ranges}{close}");
            }
        }
    }
}

/// The length of a class such as `[:alpha:]` at the start.
fn posix_class(text: &str) -> Option<usize> {
    const NAMES: [&str; 14] = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
        "space", "upper", "word", "xdigit",
    ];
    let inner = text.strip_prefix("[:")?;
    let length = inner.find(":]")?;
    let name = inner[..length]
        .strip_prefix('^')
        .unwrap_or(&inner[..length]);
    NAMES.contains(&name).then_some(length + 4)
}

/// The length and the numbers of a repetition such as `{2,5}` at the start.
fn count(text: &str) -> Option<(usize, usize, Option<usize>)> {
    let inner = text.strip_prefix('{')?;
    let length = inner.find('}')?;
    let (least, most) = match inner[..length].split_once(',') {
        Some((least, most)) => (least, most),
        None => (&inner[..length], &inner[..length]),
    };
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(usize::MAX))
    };
    let most = if most.is_empty() {
        None
    } else {
        Some(number(most)?)
    };
    Some((length + 2, number(least)?, most))
}
