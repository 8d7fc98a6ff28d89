//! Trees with expressions in strings and in keys of maps. Out of scope: evaluating expressions.

use std::collections::BTreeSet;

use super::fragment::{EACH, INDEX, ITEM};
use super::value::MAX_KEY;
use score_spec::{Code, Diagnostic, Entry, Kind, Map, Node, Number, Span};

use super::{Failure, Pattern, Scope};
use crate::ir::{Text, Tree};

/// The cost of an entry of a map in bytes: a key, a value, and the copy that expressions can use.
pub(super) const ENTRY: usize = 128;

/// The help if the maps of a project are too large.
pub(super) const MUCH: &str = "reduce the output of the provisioner for each resource, or let the resources \
 share one that is written once";

/// A tree with expressions in strings and keys.
#[derive(Debug)]
pub(crate) enum Patterns {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Pattern),
    /// A list.
    List(Vec<Patterns>),
    /// A map, in its original order.
    Map(Vec<(Key, Patterns)>),
}

/// A key of a map.
#[derive(Debug)]
pub(crate) struct Key {
    span: Span,
    text: KeyText,
}

#[derive(Debug)]
enum KeyText {
    /// A key without an expression, which is the usual case.
    Plain(String),
    Pattern(Pattern),
}

impl Key {
    /// Reads the key of an entry. Errors are reported.
    pub(crate) fn parse(entry: &Entry, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let span = entry.key_span;
        let text = if entry.key.contains("{{") {
            KeyText::Pattern(Pattern::parse(&entry.key, span, diagnostics))
        } else {
            KeyText::Plain(entry.key.clone())
        };
        Self { span, text }
    }

    /// The key, if it contains no expression.
    pub(crate) fn as_plain(&self) -> Option<&str> {
        match &self.text {
            KeyText::Plain(key) => Some(key),
            KeyText::Pattern(_) => None,
        }
    }

    /// Calls `f` for the key, if it has expressions.
    pub(crate) fn each_pattern<'a>(&'a self, f: &mut impl FnMut(&'a Pattern)) {
        if let KeyText::Pattern(pattern) = &self.text {
            f(pattern);
        }
    }

    /// The evaluated key: a string that is known when files are generated.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<String, Failure> {
        let pattern = match &self.text {
            KeyText::Plain(key) => return Ok(key.clone()),
            KeyText::Pattern(pattern) => pattern,
        };
        let value = pattern.evaluate(scope)?;
        let (message, help) = match &value {
            Tree::Text(text) => match text.as_plain() {
                Some(key) if key.len() <= MAX_KEY => return Ok(key.to_owned()),
                Some(_) => (
                    format!("a key has at most {MAX_KEY} bytes"),
                    "use a value, which may be longer",
                ),
                None => (
                    format!("a key cannot contain {}", what_it_holds(text)),
                    "use values that are known when files are generated, such as `name()` and params",
                ),
            },
            other => (
                format!("expected a string as a key, found {}", other.kind()),
                "`{{ … | string }}` converts a number or a boolean to a string",
            ),
        };
        Err(Some(invalid(message, self.span, help)))
    }

    /// An error if this key already exists in the map, with the other location.
    pub(crate) fn twice(&self, first: Option<Span>) -> Box<Diagnostic> {
        let message = "two keys of a map are equal after their expressions have been evaluated";
        if first == Some(self.span) {
            let problem = Diagnostic::new(Code::ProvisionerInvalidKey, message);
            let problem = problem.at(self.span, "for two items of `$each`");
            return Box::new(problem.help("use `item` or `index` in the key"));
        }
        let diagnostic = Diagnostic::new(Code::ProvisionerInvalidKey, message)
            .at(self.span, "second here")
            .help("use expressions with different results, or merge the two entries");
        Box::new(match first {
            Some(first) => diagnostic.at(first, "first here"),
            None => diagnostic,
        })
    }

    /// An error if this key of a map that is repeated is the same for all items.
    pub(super) fn repeated(&self) -> Option<Diagnostic> {
        let names: BTreeSet<String> = [ITEM, INDEX].map(str::to_owned).into();
        if matches!(&self.text, KeyText::Pattern(pattern) if pattern.uses(&names)) {
            return None;
        }
        let message = format!("the key of a map with `{EACH}` is the same for all items");
        let problem = Diagnostic::new(Code::ProvisionerInvalidKey, message).at(self.span, "");
        Some(problem.help("use `item` or `index` in the key, such as `\"{{ item }}\":`"))
    }

    /// An error if this key, evaluated to `name`, is not a valid annotation name.
    pub(crate) fn no_annotation(&self, name: &str) -> Box<Diagnostic> {
        let name = name.escape_debug();
        invalid(
            format!("`{name}` is not a valid annotation name"),
            self.span,
            "a name has up to 63 letters, digits, `-`, `_` and `.`, after an optional prefix such as `example.com/`",
        )
    }

    /// The location.
    pub(crate) fn span(&self) -> Span {
        self.span
    }
}

fn invalid(message: String, span: Span, help: &str) -> Box<Diagnostic> {
    let diagnostic = Diagnostic::new(Code::ProvisionerInvalidKey, message);
    Box::new(diagnostic.at(span, "").help(help))
}

fn what_it_holds(text: &Text) -> &'static str {
    if text.is_secret() {
        "a secret"
    } else {
        "a reference"
    }
}

impl Patterns {
    /// The location of a string; other values have none.
    pub(crate) fn place(&self) -> Option<Span> {
        match self {
            Self::Text(pattern) => Some(pattern.span()),
            _ => None,
        }
    }

    /// Reads the expressions of a tree. Errors are reported.
    pub(crate) fn parse(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Self {
        match &node.kind {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(*value),
            Kind::Number(number) => Self::Number(number.clone()),
            Kind::Text(text) => Self::Text(Pattern::parse(text, node.span, diagnostics)),
            Kind::List(items) => {
                let items = items.iter();
                Self::List(items.map(|item| Self::parse(item, diagnostics)).collect())
            }
            Kind::Map(entries) => {
                let entries = entries.iter().map(|entry| {
                    let key = Key::parse(entry, diagnostics);
                    (key, Self::parse(&entry.value, diagnostics))
                });
                Self::Map(entries.collect())
            }
        }
    }

    /// The value of the tree. The first part without a value is the failure.
    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Tree, Failure> {
        Ok(match self {
            Self::Null => Tree::Null,
            Self::Bool(value) => Tree::Bool(*value),
            Self::Number(number) => Tree::Number(number.clone()),
            Self::Text(pattern) => pattern.evaluate(scope)?,
            Self::List(items) => {
                let items = items.iter().map(|item| item.evaluate(scope));
                Tree::List(items.collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let mut map = Map::default();
                map.reserve_exact(entries.len());
                if let Some((key, _)) = entries.first() {
                    // Literal parts also use memory, once for each resource.
                    scope.work(entries.len() * ENTRY, key.span, MUCH)?;
                }
                for (key, value) in entries {
                    let name = key.evaluate(scope)?;
                    if map.contains_key(&name) {
                        return Err(Some(key.twice(first(entries, &name, scope))));
                    }
                    map.insert(name, value.evaluate(scope)?);
                }
                map.into()
            }
        })
    }

    /// The value under a key without an expression, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let (_, value) = self
            .entries()
            .iter()
            .find(|(known, _)| known.as_plain() == Some(key))?;
        Some(value)
    }

    /// The entries of a map; empty for other values.
    pub(crate) fn entries(&self) -> &[(Key, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether it is nothing but an output of a required resource.
    pub(crate) fn is_output_of_resource(&self) -> bool {
        matches!(self, Self::Text(pattern) if pattern.is_output_of_resource())
    }

    /// Calls `f` for each string with expressions, including keys, in order.
    pub(crate) fn each_pattern<'a>(&'a self, f: &mut impl FnMut(&'a Pattern)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::Text(pattern) => f(pattern),
            Self::List(items) => items.iter().for_each(|item| item.each_pattern(f)),
            Self::Map(entries) => {
                for (key, value) in entries {
                    key.each_pattern(f);
                    value.each_pattern(f);
                }
            }
        }
    }
}

/// The location of the first key of a map with this evaluated name.
fn first(entries: &[(Key, Patterns)], name: &str, scope: &Scope) -> Option<Span> {
    let mut keys = entries.iter().map(|(key, _)| key);
    let same = |key: &&Key| key.evaluate(scope).is_ok_and(|known| known == name);
    keys.find(same).map(Key::span)
}
