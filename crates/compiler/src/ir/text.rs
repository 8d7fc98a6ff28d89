//! Text whose references are still typed: a password, a host name or a variable of the
//! environment stays what it is until a target writes it down. Not: how a target writes it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use score_spec::Value;

use crate::ir::ProjectKey;
use crate::ir::name::is_own_variable;
use crate::targets::helm::Hole;

/// A text with references in it. Two neighbours are never both plain, and no part is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(Vec<Segment>);

/// A tree whose texts may hold references: what outputs, params and rendered documents are made of.
pub type Tree = Value<Text>;

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Text that stands for itself.
    Plain(String),
    /// A secret. Only [`Text::reveal`] writes its value.
    Secret(Arc<Secret>),
    /// A variable in the environment of whoever runs the project.
    Env {
        /// Its name.
        name: String,
        /// Whether the project must not start without a value; else the value is empty.
        required: bool,
    },
    /// The host name under which a component (by name) is reached.
    Host(String),
    /// The port number to connect to for a named port of a component.
    Port {
        /// The component's name.
        component: String,
        /// The port's name.
        port: String,
    },
    /// The value of another variable of the same container: `$(NAME)` in a command.
    Variable(String),
    /// A value that an object of the platform holds. It is read when a container starts.
    Deferred(Arc<Deferred>),
    /// A value that whoever installs a chart can change. Other outputs hold what it is otherwise.
    Setting(Arc<Setting>),
    /// A place that is filled when the output is used. Only a target whose output is a template
    /// leaves any, and it alone writes them.
    Hole(Arc<Hole>),
}

/// Identifies a value that is known only when a container starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deferred {
    /// What holds it.
    pub holder: Holder,
    /// The name of the object that holds it.
    pub object: String,
    /// The key under which the object holds it.
    pub key: String,
}

/// A value of a chart that a provisioner declares for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// Its name.
    pub name: String,
    /// What it says, in a sentence.
    pub description: String,
    /// What it is where nothing else is said: a text, a number or a truth value.
    pub default: Value,
}

impl Hash for Setting {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A resource has each name once.
        (&self.object, &self.name).hash(state);
    }
}

/// A kind of object that holds values by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// Values that not everyone may read: a `Secret` of Kubernetes.
    Secret,
    /// Values that everyone may read: a `ConfigMap` of Kubernetes.
    Config,
}

impl Deferred {
    /// The variable of the environment that stands for the value where the platform has no such
    /// objects: `db-login` and `password` give `DB_LOGIN_PASSWORD`. It is none of score-rs itself.
    pub fn variable(&self) -> String {
        let letter = |character: char| match character {
            letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
            _ => '_',
        };
        let name: String = [&self.object, &self.key].map(String::as_str).join("_");
        let name: String = name.chars().map(letter).collect();
        if name.starts_with(|first: char| first.is_ascii_digit()) || is_own_variable(&name) {
            format!("_{name}")
        } else {
            name
        }
    }
}

/// A secret: whose it is, what it is called, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    /// The uid of the resource that it belongs to.
    pub resource: String,
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// The secret's name within the resource: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Where its value comes from.
    pub source: SecretSource,
}

/// Where the value of a [`Secret`] comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSource {
    /// It follows from the project key and from what identifies the secret.
    Derived {
        /// Its length in characters.
        length: usize,
        /// The characters it is made of: printable ASCII other than blank, `"`, `'`, `\`, `$` and
        /// `#`, so that every target can write it without quoting.
        alphabet: String,
        /// How often it has been rotated.
        rotation: u64,
    },
    /// Somebody else made it. It may hold any character, so whoever writes it down escapes it.
    Given(Given),
}

/// The value of a secret that was not derived. It shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Given {
    value: String,
    fingerprint: Option<[u8; 32]>,
}

impl Given {
    /// Seals a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            fingerprint: None,
        }
    }

    /// The value in clear, for whoever writes it where it belongs.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// The value with what tells it from others without giving anything of it away.
    #[must_use]
    pub(crate) fn fingerprinted(mut self, key: Option<&ProjectKey>) -> Self {
        self.fingerprint = key.map(|key| key.fingerprint(&self.value));
        self
    }

    /// What tells the value from others, if there was a key.
    pub(crate) fn fingerprint(&self) -> Option<&[u8; 32]> {
        self.fingerprint.as_ref()
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Secret {
    /// The value, if it was given.
    pub fn given(&self) -> Option<&str> {
        match &self.source {
            SecretSource::Given(given) => Some(given.reveal()),
            SecretSource::Derived { .. } => None,
        }
    }

    /// The secret as it stands inside a text of some syntax, such as JSON: a given value is escaped.
    /// What the escape changes is another secret, with a name that says so. A derived one needs no
    /// escape.
    pub(crate) fn within(
        self: &Arc<Self>,
        syntax: &str,
        escape: impl FnOnce(&str) -> String,
    ) -> Arc<Self> {
        let SecretSource::Given(given) = &self.source else {
            return Arc::clone(self);
        };
        let escaped = escape(&given.value);
        if escaped == given.value {
            return Arc::clone(self);
        }
        let escaped = Given {
            value: escaped,
            fingerprint: given.fingerprint,
        };
        Arc::new(Self {
            resource: self.resource.clone(),
            object: self.object.clone(),
            name: format!("{}.{syntax}", self.name),
            source: SecretSource::Given(escaped),
        })
    }
}

impl Text {
    /// The empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part, joining plain neighbours.
    pub fn push(&mut self, segment: Segment) {
        match (self.0.last_mut(), segment) {
            (_, Segment::Plain(text)) if text.is_empty() => {}
            (Some(Segment::Plain(last)), Segment::Plain(text)) => last.push_str(&text),
            (_, segment) => self.add(segment),
        }
    }

    /// Appends a part that nothing is joined with.
    fn add(&mut self, segment: Segment) {
        if self.0.is_empty() {
            // Most texts stay at one part, and a vector makes room for four.
            self.0.reserve_exact(1);
        }
        self.0.push(segment);
    }

    /// Appends plain text.
    pub fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Segment::Plain(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.add(Segment::Plain(text.to_owned())),
        }
    }

    /// Appends all parts of another text.
    pub fn append(&mut self, other: Text) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        other.0.into_iter().for_each(|segment| self.push(segment));
    }

    /// The parts.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The text, if it holds no reference.
    pub fn as_plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// The only part of a text that has one.
    pub fn as_single(&self) -> Option<&Segment> {
        match self.0.as_slice() {
            [segment] => Some(segment),
            _ => None,
        }
    }

    /// The text with something in place of each hole that looks like what fills it. Nothing if it
    /// holds other references, or a hole that can be filled with anything.
    pub(crate) fn sample(&self) -> Option<String> {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Plain(text) => Some(text.as_str()),
            Segment::Hole(hole) => hole.sample(),
            _ => None,
        });
        parts.collect()
    }

    /// Takes the text out, if it is nothing but plain.
    pub(crate) fn take_plain(&mut self) -> Option<String> {
        match self.0.as_mut_slice() {
            [] => Some(String::new()),
            [Segment::Plain(plain)] => Some(std::mem::take(plain)),
            _ => None,
        }
    }

    /// The secrets in it, in order.
    pub fn secrets(&self) -> impl Iterator<Item = &Arc<Secret>> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Secret(secret) => Some(secret),
            _ => None,
        })
    }

    /// Whether a secret is part of it.
    pub fn is_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// Whether a secret is part of it that follows from the project key.
    pub fn needs_key(&self) -> bool {
        self.secrets().any(|secret| secret.given().is_none())
    }

    /// How much memory it takes, more or less.
    pub(crate) fn size(&self) -> usize {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Plain(text) => text.len(),
            _ => size_of::<Segment>(),
        });
        parts.sum()
    }

    /// The components whose host or port it holds.
    pub(crate) fn components(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Host(component) | Segment::Port { component, .. } => Some(component.as_str()),
            _ => None,
        })
    }

    /// The text with each part replaced by what `f` makes of it.
    #[must_use]
    pub fn map(&self, mut f: impl FnMut(&Segment) -> Text) -> Self {
        let mut text = Text::new();
        for segment in &self.0 {
            text.append(f(segment));
        }
        text
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Segment::Plain(text).into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Segment> for Text {
    fn from(segment: Segment) -> Self {
        let mut text = Text::new();
        text.push(segment);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Deferred, Holder};

    #[test]
    fn variables_for_values_of_objects_are_none_of_score_rs() {
        for (object, key, expected) in [
            ("db-login", "password", "DB_LOGIN_PASSWORD"),
            ("1st", "a.b", "_1ST_A_B"),
            ("score-rs", "key", "_SCORE_RS_KEY"),
            ("score", "rs_key", "_SCORE_RS_KEY"),
        ] {
            let deferred = Deferred {
                holder: Holder::Secret,
                object: object.to_owned(),
                key: key.to_owned(),
            };
            assert_eq!(deferred.variable(), expected);
        }
    }
}
