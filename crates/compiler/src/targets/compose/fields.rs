//! The fields of the sections of a Compose file with the forms of their values, from `fields.txt`, and the mistakes
//! that they show: unknown fields, and values in other forms.
//!
//! The table contains neither required fields nor words that a field is restricted to; these are validated only by
//! Compose.

mod scalar;

use std::sync::LazyLock;

use indexmap::IndexMap;
use score_spec::diagnostic::{MOST_NAMED, listed, nearest};
use score_spec::{Map, Value};

use self::scalar::{Scalar, joined};
use super::SECTIONS;
use super::value::PublicTree;

const TABLE: &str = include_str!("fields.txt");

/// The types by name.
static TYPES: LazyLock<IndexMap<&'static str, FieldType>> = LazyLock::new(types);

/// The prefix of fields that Compose ignores.
const EXTENSION: &str = "x-";

/// The type of the entries of a section, which is named after their kind.
pub(super) fn of_section(section: &str) -> Option<&'static str> {
    let found = SECTIONS.iter().find(|(name, _)| *name == section);
    found.map(|(_, of)| *of)
}

/// A map with known fields.
struct FieldType {
    /// Whether other fields with the prefix `x-` are refused.
    is_closed: bool,
    fields: IndexMap<&'static str, FieldForm>,
}

/// The alternatives for a value.
struct FieldForm(Vec<Alternative>);

enum Alternative {
    Null,
    Scalar(Scalar),
    List(FieldForm),
    Map(FieldForm),
    Type(&'static str),
}

/// A mistake in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The path: keys, and indices of lists.
    pub(super) path: Vec<String>,
    pub(super) kind: MistakeKind,
}

/// The kind of a [`Mistake`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MistakeKind {
    /// There is no such field, but these.
    Unknown(Vec<&'static str>),
    /// The value has another form.
    Form {
        /// The expected forms, with articles.
        expected: String,
        /// The form of the value, with an article.
        found: &'static str,
        /// How to write it.
        help: Option<&'static str>,
    },
}

impl Mistake {
    /// The help for an unknown field: one with a similar name, or all of them.
    pub(super) fn similar(&self) -> Option<String> {
        let MistakeKind::Unknown(known) = &self.kind else {
            return None;
        };
        let key = self.path.last().map_or("", String::as_str);
        let known = known.iter().copied();
        match nearest(key, known.clone()) {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if known.len() <= MOST_NAMED => {
                Some(format!("the available fields are {}", listed(known)))
            }
            None => None,
        }
    }
}

/// The meaning of nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// They are values, which some fields accept.
    Values,
    /// They remove a field, as in a change.
    Remove,
}

/// A tree whose strings are read as values. Strings with environment variables, whose values are not known, contain `$`.
pub(super) fn readable(tree: &PublicTree) -> Value {
    tree.map_text(&mut |text| text.as_plain().unwrap_or(scalar::VARIABLE).to_owned())
}

/// The mistakes in a value of a type of the table.
pub(super) fn mistakes(value: &Value, of: &'static str, nulls: Nulls) -> Vec<Mistake> {
    let mut check = Check {
        nulls,
        path: Vec::new(),
        found: Vec::new(),
    };
    check.value(value, &FieldForm(vec![Alternative::Type(of)]));
    check.found
}

struct Check {
    nulls: Nulls,
    /// The path of the current value.
    path: Vec<String>,
    found: Vec<Mistake>,
}

impl Check {
    fn value(&mut self, value: &Value, form: &FieldForm) {
        match value {
            Value::Map(entries) => match form.of_map() {
                Some(Alternative::Type(of)) => self.fields(entries, of),
                Some(Alternative::Map(form)) => {
                    for (key, value) in entries.iter() {
                        self.below(key, value, form);
                    }
                }
                _ => self.wrong(value, form),
            },
            Value::List(items) => match form.of_list() {
                Some(form) => {
                    for (index, item) in items.iter().enumerate() {
                        self.item(index, item, form);
                    }
                }
                None => self.wrong(value, form),
            },
            Value::Null => {
                let accepts = |it: &Alternative| matches!(it, Alternative::Null);
                if self.nulls == Nulls::Values && !form.0.iter().any(accepts) {
                    self.wrong(value, form);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                if !form.scalars().any(|it| it.accepts(value)) {
                    self.wrong(value, form);
                }
            }
        }
    }

    fn fields(&mut self, entries: &Map<Value>, of: &str) {
        let Some(of) = TYPES.get(of) else { return };
        for (key, value) in entries {
            match of.fields.get(key.as_str()) {
                Some(form) => self.below(key, value, form),
                None if key.starts_with(EXTENSION) && !of.is_closed => {}
                None => {
                    let known = of.fields.keys().copied().collect();
                    self.path.push(key.clone());
                    self.add(MistakeKind::Unknown(known));
                    self.path.pop();
                }
            }
        }
    }

    /// Checks an item of a list, which a null never removes.
    fn item(&mut self, index: usize, item: &Value, form: &FieldForm) {
        let nulls = std::mem::replace(&mut self.nulls, Nulls::Values);
        self.below(&index.to_string(), item, form);
        self.nulls = nulls;
    }

    fn below(&mut self, step: &str, value: &Value, form: &FieldForm) {
        self.path.push(step.to_owned());
        self.value(value, form);
        self.path.pop();
    }

    fn wrong(&mut self, value: &Value, form: &FieldForm) {
        let takes_fractions = form.scalars().any(|it| it == Scalar::Amount);
        let found = match value {
            Value::Number(number) if number.is_f64() && !takes_fractions => {
                "a number with a fraction"
            }
            Value::Text(_) if form.scalars().any(Scalar::is_string) => "another string",
            other => other.kind(),
        };
        self.add(MistakeKind::Form {
            expected: form.words(),
            found,
            help: form.help(value),
        });
    }

    fn add(&mut self, kind: MistakeKind) {
        let path = self.path.clone();
        self.found.push(Mistake { path, kind });
    }
}

impl FieldForm {
    /// Parses a form, in which names stand for other forms.
    fn read(written: &'static str, names: &IndexMap<&'static str, &'static str>) -> Self {
        let mut alternatives = Vec::new();
        for part in alternatives_of(written) {
            let inner = |open, close| part.strip_prefix(open)?.strip_suffix(close);
            if let Some(item) = inner('[', ']') {
                alternatives.push(Alternative::List(Self::read(item, names)));
            } else if let Some(entry) = inner('{', '}') {
                alternatives.push(Alternative::Map(Self::read(entry, names)));
            } else if let Some(named) = names.get(part).filter(|named| **named != written) {
                alternatives.extend(Self::read(named, names).0);
            } else if part == "null" {
                alternatives.push(Alternative::Null);
            } else {
                let scalar = Scalar::named(part).map(Alternative::Scalar);
                alternatives.push(scalar.unwrap_or(Alternative::Type(part)));
            }
        }
        Self(alternatives)
    }

    fn scalars(&self) -> impl Iterator<Item = Scalar> {
        self.0.iter().filter_map(|it| match it {
            Alternative::Scalar(scalar) => Some(*scalar),
            _ => None,
        })
    }

    /// The form of the items, if the value can be a list.
    fn of_list(&self) -> Option<&FieldForm> {
        self.0.iter().find_map(|it| match it {
            Alternative::List(form) => Some(form),
            _ => None,
        })
    }

    /// The alternative for a map.
    fn of_map(&self) -> Option<&Alternative> {
        let is_map = |it: &&Alternative| matches!(it, Alternative::Map(_) | Alternative::Type(_));
        self.0.iter().find(is_map)
    }

    /// The alternatives with articles.
    fn words(&self) -> String {
        let mut words: Vec<&str> = self.scalars().map(Scalar::words).collect();
        words.extend(self.of_list().map(|_| "a list"));
        words.extend(self.of_map().map(|_| "a map"));
        joined(words)
    }

    /// How to write a value in this form.
    fn help(&self, value: &Value) -> Option<&'static str> {
        let quoted = match value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let quoted = quoted.map(Value::Text);
        let accepts = |quoted: &Value| self.scalars().any(|it| it.accepts(quoted));
        match self.0.as_slice() {
            _ if quoted.as_ref().is_some_and(accepts) => Some("put it in quotes"),
            [Alternative::Scalar(Scalar::Duration)] if quoted.is_some() => Some("add a unit"),
            [Alternative::Scalar(Scalar::Boolean | Scalar::Flag)] => {
                Some("write `true` or `false`, without quotes")
            }
            [Alternative::List(_)] => Some("write a list: `- ` before each item"),
            [Alternative::Map(_) | Alternative::Type(_)] => Some("write a map: `key: value`"),
            _ => None,
        }
    }
}

/// The alternatives of a form: its parts between `|` outside of brackets.
fn alternatives_of(written: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = written.split(move |c: char| {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '|' && depth == 0
    });
    parts.collect()
}

fn types() -> IndexMap<&'static str, FieldType> {
    let lines = || TABLE.lines().filter(|line| !line.starts_with('#'));
    let names = lines().filter_map(|line| line.split_once(" = "));
    let names: IndexMap<&str, &str> = names.collect();
    let mut types = IndexMap::new();
    for line in lines() {
        if let Some((field, form)) = line
            .strip_prefix("  ")
            .and_then(|field| field.split_once(' '))
        {
            if let Some((_, FieldType { fields, .. })) = types.last_mut() {
                fields.insert(field, FieldForm::read(form, &names));
            }
        } else if let Some(name) = line.strip_suffix(':') {
            let open = FieldType {
                is_closed: name.ends_with('!'),
                fields: IndexMap::new(),
            };
            types.insert(name.trim_end_matches('!'), open);
        }
    }
    types
}

#[cfg(test)]
mod tests;
