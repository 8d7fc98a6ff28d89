//! Strings with native expressions.

use std::fmt::Write;

/// The reason why a part cannot be converted: the end of a sentence.
pub(super) type Reason = String;

/// A string with expressions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Pattern {
    pub(super) segments: Vec<Segment>,
    /// Whether the value is encoded in base64.
    pub(super) encoded: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Segment {
    Text(String),
    Value(Term),
}

/// A native expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) text: String,
    pub(super) level: Level,
    pub(super) form: Form,
    pub(super) origin: Origin,
}

/// How tightly an expression binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Operator,
    Filter,
    Atom,
}

/// The known form of the value of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// A param, which can be absent.
    Param,
    Text,
    Number,
    Bool,
    /// A list or a map.
    List,
    /// A reference to a secret, which cannot be processed.
    Secret,
    /// A reference to a value that is known only in a container.
    Deferred,
    /// A reference to a host, a port or an environment variable.
    Reference,
}

/// Where a value comes from, which decides whether a string with it is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Plain,
    /// The GUID of the resource, or a part of it.
    Guid,
    /// Random characters.
    Random(i64),
}

impl Form {
    pub(super) fn is_reference(self) -> bool {
        matches!(self, Self::Secret | Self::Deferred | Self::Reference)
    }
}

impl Term {
    pub(super) fn new(text: impl Into<String>, level: Level, form: Form) -> Self {
        Self {
            text: text.into(),
            level,
            form,
            origin: Origin::Plain,
        }
    }

    pub(super) fn atom(text: impl Into<String>, form: Form) -> Self {
        Self::new(text, Level::Atom, form)
    }

    /// The text where an expression of at least this level is expected.
    pub(super) fn at(&self, level: Level) -> String {
        if self.level >= level {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// Whether it is a number or a boolean.
    pub(super) fn is_literal(&self) -> bool {
        let is_number = self.text.parse::<f64>().is_ok_and(f64::is_finite);
        is_number || matches!(self.text.as_str(), "true" | "false")
    }

    pub(super) fn filtered(&self, filter: &str, form: Form) -> Self {
        let text = format!("{} | {filter}", self.at(Level::Filter));
        Self::new(text, Level::Filter, form)
    }

    /// The value, or `other` if it is a param that is absent.
    pub(super) fn or(&self, other: &str) -> Self {
        if self.form == Form::Param {
            self.filtered(&format!("default({other})"), Form::Any)
        } else {
            self.clone()
        }
    }
}

impl Pattern {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            segments: vec![Segment::Text(text.into())],
            encoded: false,
        }
    }

    /// The text, if there are no expressions.
    pub(super) fn as_text(&self) -> Option<String> {
        let texts = self.segments.iter().map(|it| match it {
            Segment::Text(text) => Some(text.as_str()),
            Segment::Value(_) => None,
        });
        texts.collect()
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.segments.iter().filter_map(|it| match it {
            Segment::Value(term) => Some(term),
            Segment::Text(_) => None,
        })
    }

    /// The size of its expressions in bytes.
    pub(super) fn size(&self) -> usize {
        self.terms().map(|term| term.text.len()).sum()
    }

    /// The length of its text in bytes.
    pub(super) fn length(&self) -> usize {
        let lengths = self.segments.iter().map(|it| match it {
            Segment::Text(text) => text.len(),
            Segment::Value(_) => 1,
        });
        lengths.sum()
    }

    /// The same value with numbers and booleans that are known as text.
    pub(super) fn with_literals(self) -> Self {
        let mut pattern = Self {
            encoded: self.encoded,
            ..Self::default()
        };
        for segment in self.segments {
            let segment = match segment {
                Segment::Value(term) if term.is_literal() => Segment::Text(term.text),
                other => other,
            };
            pattern.extend(Self {
                segments: vec![segment],
                encoded: false,
            });
        }
        pattern
    }

    pub(super) fn has(&self, form: Form) -> bool {
        self.terms().any(|term| term.form == form)
    }

    pub(super) fn has_reference(&self) -> bool {
        self.terms().any(|term| term.form.is_reference())
    }

    pub(super) fn extend(&mut self, other: Self) {
        for segment in other.segments {
            match (self.segments.last_mut(), segment) {
                (Some(Segment::Text(before)), Segment::Text(text)) => before.push_str(&text),
                (_, segment) => self.segments.push(segment),
            }
        }
    }

    /// The value as a single expression, if it has one.
    pub(super) fn term(&self) -> Result<Term, Reason> {
        if self.encoded {
            return Err("a value in base64 can be used only in the `data` of a Secret".to_owned());
        }
        if let [Segment::Value(term)] = self.segments.as_slice() {
            return Ok(term.clone());
        }
        if let Some(text) = self.as_text() {
            return Ok(Term::atom(quoted(&text), Form::Text));
        }
        if self.has_reference() {
            return Err("a secret, a host or a port can be a part of a string, but a function cannot use it".to_owned());
        }
        let parts = self.segments.iter().map(|it| match it {
            Segment::Text(text) => quoted(text),
            Segment::Value(term) => match term.form {
                Form::Any | Form::Param | Form::Bool => {
                    term.filtered("string", Form::Text).at(Level::Filter)
                }
                _ => term.at(Level::Filter),
            },
        });
        let text = parts.collect::<Vec<_>>().join(" ~ ");
        Ok(Term::new(text, Level::Operator, Form::Text))
    }

    /// The text in a file of provisioners.
    pub(super) fn written(&self) -> String {
        let mut written = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => written += &escaped(text),
                Segment::Value(term) => {
                    let _ = write!(written, "{{{{ {} }}}}", term.text);
                }
            }
        }
        written
    }

    /// The same value, but a string also if it is a single expression with another value.
    pub(super) fn into_string(mut self) -> Self {
        if let [Segment::Value(term)] = self.segments.as_mut_slice()
            && matches!(
                term.form,
                Form::Any | Form::Param | Form::Number | Form::Bool | Form::List
            )
        {
            *term = term.filtered("string", Form::Text);
        }
        self
    }
}

impl From<Term> for Pattern {
    fn from(term: Term) -> Self {
        Self {
            segments: vec![Segment::Value(term)],
            encoded: false,
        }
    }
}

/// Literal text, in which nothing is an expression.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let braces = rest[at..].len() - rest[at..].trim_start_matches('{').len();
        escaped += &rest[..at];
        if braces > 1 {
            let _ = write!(escaped, "{{{{ '{}' }}}}", "{".repeat(braces));
        } else {
            escaped.push('{');
        }
        rest = &rest[at + braces..];
    }
    escaped + rest
}

/// A literal string in an expression.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = "'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            // An expression ends at the first braces, also in a string.
            '}' => quoted += "\\u007d",
            '{' => quoted += "\\u007b",
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "'"
}

/// Whether an attribute can be written with a `.`.
pub(super) fn is_identifier(name: &str) -> bool {
    const WORDS: [&str; 12] = [
        "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "None",
    ];
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !WORDS.contains(&name)
}
