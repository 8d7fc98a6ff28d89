//! Text whose references are typed: a password, a host name or an environment variable stays what it is
//! until a target writes it down. The type of a reference says what is still open: a [`Ref`] in an
//! application, nothing but secrets in a file. Not: how a target writes text.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use score_spec::Value;

use crate::ir::ProjectKey;
use crate::ir::name::is_own_variable;

/// A text with references of a type in it. Two neighbours are never both plain, and no part is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<R = Ref>(Vec<Segment<R>>);

/// A tree whose texts may hold references: outputs, params and documents.
pub type Tree<R = Ref> = Value<Text<R>>;

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment<R = Ref> {
    /// Text that stands for itself.
    Plain(String),
    /// A reference.
    Ref(R),
}

/// The reference that a file may hold: a secret, whose value is made when the file is written.
pub type Sealed = Arc<Secret>;

/// A reference in an application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ref {
    /// A secret. Only [`Text::reveal`] writes its value.
    Secret(Arc<Secret>),
    /// An environment variable of the user who runs the project.
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
    KeyRef(Arc<KeyRef>),
    /// A value that the user who installs a chart can change. Other outputs hold its default.
    Parameter(Arc<Parameter>),
}

/// A reference that can be a secret.
pub trait AsSecret {
    /// The secret, if it is one.
    fn as_secret(&self) -> Option<&Arc<Secret>>;
}

impl AsSecret for Sealed {
    fn as_secret(&self) -> Option<&Arc<Secret>> {
        Some(self)
    }
}

impl AsSecret for Ref {
    fn as_secret(&self) -> Option<&Arc<Secret>> {
        match self {
            Ref::Secret(secret) => Some(secret),
            Ref::Env { .. }
            | Ref::Host(_)
            | Ref::Port { .. }
            | Ref::Variable(_)
            | Ref::KeyRef(_)
            | Ref::Parameter(_) => None,
        }
    }
}

/// Identifies a value that is known only when a container starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyRef {
    /// What holds it.
    pub holder: Holder,
    /// The name of the object that holds it.
    pub object: String,
    /// The key under which the object holds it.
    pub key: String,
}

/// A value of a chart that a provisioner declares for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// Its name.
    pub name: String,
    /// What it says, in a sentence.
    pub description: String,
    /// What it is where nothing else is said: a text, a number or a truth value.
    pub default: Value,
}

impl Hash for Parameter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A resource has each name once.
        (&self.object, &self.name).hash(state);
    }
}

impl Parameter {
    /// The default as text.
    pub(crate) fn default_text<R>(&self) -> Text<R> {
        match &self.default {
            Value::Text(text) => text.as_str().into(),
            other => other.to_json().to_string().into(),
        }
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

impl KeyRef {
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

impl<R> Default for Text<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R> Text<R> {
    /// The empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part, joining plain neighbours.
    pub fn push(&mut self, segment: Segment<R>) {
        match segment {
            Segment::Plain(text) if self.0.is_empty() && !text.is_empty() => {
                self.add(Segment::Plain(text));
            }
            Segment::Plain(text) => self.push_str(&text),
            Segment::Ref(_) => self.add(segment),
        }
    }

    /// Appends a part that nothing is joined with.
    fn add(&mut self, segment: Segment<R>) {
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

    /// Appends a reference.
    pub fn push_ref(&mut self, reference: R) {
        self.add(Segment::Ref(reference));
    }

    /// Appends all parts of another text.
    pub fn append(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        other.0.into_iter().for_each(|segment| self.push(segment));
    }

    /// The parts.
    pub fn segments(&self) -> &[Segment<R>] {
        &self.0
    }

    /// The references in it, in order.
    pub fn references(&self) -> impl Iterator<Item = &R> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Plain(_) => None,
            Segment::Ref(reference) => Some(reference),
        })
    }

    /// The text, if it holds no reference.
    pub fn as_plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference that is the whole text.
    pub fn as_reference(&self) -> Option<&R> {
        match self.0.as_slice() {
            [Segment::Ref(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Takes the text out, if it is nothing but plain.
    pub(crate) fn take_plain(&mut self) -> Option<String> {
        match self.0.as_mut_slice() {
            [] => Some(String::new()),
            [Segment::Plain(plain)] => Some(std::mem::take(plain)),
            _ => None,
        }
    }

    /// How much memory it takes, more or less.
    pub(crate) fn size(&self) -> usize {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Plain(text) => text.len(),
            Segment::Ref(_) => size_of::<Segment<R>>(),
        });
        parts.sum()
    }

    /// The text with each reference replaced by what `f` makes of it.
    pub fn map<'a, S>(&'a self, mut f: impl FnMut(&'a R) -> Text<S>) -> Text<S> {
        let mut text = Text::new();
        for segment in &self.0 {
            match segment {
                Segment::Plain(plain) => text.push_str(plain),
                Segment::Ref(reference) => text.append(f(reference)),
            }
        }
        text
    }
}

impl<R: AsSecret> Text<R> {
    /// The secrets in it, in order.
    pub fn secrets(&self) -> impl Iterator<Item = &Arc<Secret>> {
        self.references().filter_map(AsSecret::as_secret)
    }

    /// Whether a secret is part of it.
    pub fn is_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// Whether a secret is part of it that is derived from the project key.
    pub fn needs_key(&self) -> bool {
        self.secrets().any(|secret| secret.given().is_none())
    }
}

impl Text {
    /// The components whose host or port it holds.
    pub(crate) fn components(&self) -> impl Iterator<Item = &str> {
        self.references().filter_map(|reference| match reference {
            Ref::Host(component) | Ref::Port { component, .. } => Some(component.as_str()),
            Ref::Secret(_)
            | Ref::Env { .. }
            | Ref::Variable(_)
            | Ref::KeyRef(_)
            | Ref::Parameter(_) => None,
        })
    }
}

impl<R> From<String> for Text<R> {
    fn from(text: String) -> Self {
        let mut whole = Self::new();
        whole.push(Segment::Plain(text));
        whole
    }
}

impl<R> From<&str> for Text<R> {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl<R> From<Segment<R>> for Text<R> {
    fn from(segment: Segment<R>) -> Self {
        let mut text = Self::new();
        text.push(segment);
        text
    }
}

impl From<Ref> for Segment {
    fn from(reference: Ref) -> Self {
        Self::Ref(reference)
    }
}

impl From<Ref> for Text {
    fn from(reference: Ref) -> Self {
        Segment::Ref(reference).into()
    }
}

impl From<Sealed> for Text<Sealed> {
    fn from(secret: Sealed) -> Self {
        Segment::Ref(secret).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Holder, KeyRef};

    #[test]
    fn variables_for_values_of_objects_are_none_of_score_rs() {
        for (object, key, expected) in [
            ("db-login", "password", "DB_LOGIN_PASSWORD"),
            ("1st", "a.b", "_1ST_A_B"),
            ("score-rs", "key", "_SCORE_RS_KEY"),
            ("score", "rs_key", "_SCORE_RS_KEY"),
        ] {
            let deferred = KeyRef {
                holder: Holder::Secret,
                object: object.to_owned(),
                key: key.to_owned(),
            };
            assert_eq!(deferred.variable(), expected);
        }
    }
}
