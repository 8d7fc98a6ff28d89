//! Text with typed references: a password, a host name or an environment variable remains a reference until
//! a target writes it. The type of the references determines what is still unresolved: [`Ref`] in an
//! application, only secrets in a file. Writing text is the responsibility of targets.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use score_spec::Value;

use crate::ir::{KeyRef, ProjectKey};

/// The space to reserve for the plain text after a reference, in bytes: documents grow by short strings. With that of
/// templates, it saves a thirtieth of the instructions of a chart with 200 workloads.
const DOCUMENT_PART: usize = 128;

/// Text with references of type `R`. No two adjacent parts are both plain, and no part is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<R = Ref>(Vec<Segment<R>>);

/// A tree whose strings can contain references: outputs, params and documents.
pub type Tree<R = Ref> = Value<Text<R>>;

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment<R = Ref> {
    /// Literal text.
    Plain(String),
    /// A reference.
    Ref(R),
}

/// The only kind of reference in a file: a secret, whose value is computed when the file is
/// written.
pub type Sealed = Arc<Secret>;

/// The value of an environment variable that is not set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unset {
    /// The empty string.
    Empty,
    /// None: the project must not start.
    Error,
    /// Another value. It has no `$`, `{`, `}` or control characters.
    Default {
        /// The value.
        value: String,
        /// Whether it replaces an empty value, too.
        if_empty: bool,
    },
}

/// A reference in an application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ref {
    /// A secret. Only [`Text::reveal`] writes its value.
    Secret(Arc<Secret>),
    /// An environment variable of the user who runs the project.
    Env {
        /// Its name.
        name: String,
        /// Its value if it is not set.
        unset: Unset,
    },
    /// The host name of a component, by the component's name.
    Host(String),
    /// The port number for connections to a named port of a component.
    Port {
        /// The component's name.
        component: String,
        /// The port's name.
        port: String,
    },
    /// The value of another variable of the same container: `$(NAME)` in a command.
    Variable(String),
    /// A value of an object of the platform, which is read when a container starts.
    KeyRef(Arc<KeyRef>),
    /// A value that the user of a chart can change. Other outputs contain its default.
    Parameter(Arc<Parameter>),
}

/// A type of references that includes secrets.
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

/// A chart value that a provisioner declares for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// Its name.
    pub name: String,
    /// Its description, one sentence.
    pub description: String,
    /// Its default: a string, a number or a boolean.
    pub default: Value,
}

impl Hash for Parameter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The name is unique in the resource.
        (&self.object, &self.name).hash(state);
    }
}

impl Parameter {
    /// The default as a string.
    pub(crate) fn default_text<R>(&self) -> Text<R> {
        match &self.default {
            Value::Text(text) => text.as_str().into(),
            other => other.to_json().to_string().into(),
        }
    }
}

/// A secret: its resource, its name, and the origin of its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    /// The uid of the resource.
    pub resource: String,
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// The name of the secret within the resource: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// The origin of its value.
    pub source: SecretSource,
}

/// The origin of the value of a [`Secret`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSource {
    /// It is derived from the project key and the identity of the secret.
    Derived {
        /// Its length in characters.
        length: usize,
        /// Its characters: printable ASCII other than space, `"`, `'`, `\`, `$` and `#`, so that
        /// every target can write it without quoting.
        alphabet: String,
        /// The number of rotations.
        rotation: u64,
    },
    /// It comes from outside. It can contain any character and must be escaped when it is written.
    External(SecretValue),
}

/// The value of an external secret, which is never displayed by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretValue {
    value: String,
    fingerprint: Option<[u8; 32]>,
}

impl SecretValue {
    /// Seals a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            fingerprint: None,
        }
    }

    /// The value in clear text, for the code that writes it.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// The value with a fingerprint that reveals nothing about it.
    #[must_use]
    pub(crate) fn fingerprinted(mut self, key: Option<&ProjectKey>) -> Self {
        self.fingerprint = key.map(|key| key.fingerprint(&self.value));
        self
    }

    /// The fingerprint of the value, if there was a key.
    pub(crate) fn fingerprint(&self) -> Option<&[u8; 32]> {
        self.fingerprint.as_ref()
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Secret {
    /// The value, if it is external.
    pub fn external(&self) -> Option<&str> {
        match &self.source {
            SecretSource::External(value) => Some(value.reveal()),
            SecretSource::Derived { .. } => None,
        }
    }

    /// The secret for use inside a string of some syntax, such as JSON: an external value is
    /// escaped. If escaping changes the value, the result is another secret with a corresponding
    /// name. A derived one needs no escapes.
    pub(crate) fn within(
        self: &Arc<Self>,
        syntax: &str,
        escape: impl FnOnce(&str) -> String,
    ) -> Arc<Self> {
        let SecretSource::External(value) = &self.source else {
            return Arc::clone(self);
        };
        let escaped = escape(&value.value);
        if escaped == value.value {
            return Arc::clone(self);
        }
        let escaped = SecretValue {
            value: escaped,
            fingerprint: value.fingerprint,
        };
        Arc::new(Self {
            resource: self.resource.clone(),
            object: self.object.clone(),
            name: format!("{}.{syntax}", self.name),
            source: SecretSource::External(escaped),
        })
    }
}

impl<R> Default for Text<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R> Text<R> {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a part, and joins adjacent plain text.
    pub fn push(&mut self, segment: Segment<R>) {
        match segment {
            Segment::Plain(text) if self.0.is_empty() && !text.is_empty() => {
                self.add(Segment::Plain(text));
            }
            Segment::Plain(text) => self.push_str(&text),
            Segment::Ref(_) => self.add(segment),
        }
    }

    /// Appends a part without joining.
    fn add(&mut self, segment: Segment<R>) {
        if self.0.is_empty() {
            // Most values have a single part, and a vector would allocate space for four: a twentieth of
            // the time and up to a tenth of the memory of a run with 1,000 workloads.
            self.0.reserve_exact(1);
        }
        self.0.push(segment);
    }

    /// Appends plain text.
    pub fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Segment::Plain(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            None => self.add(Segment::Plain(text.to_owned())),
            Some(Segment::Ref(_)) => {
                let mut plain = String::with_capacity(text.len().max(DOCUMENT_PART));
                plain.push_str(text);
                self.add(Segment::Plain(plain));
            }
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

    /// Its references, in order.
    pub fn references(&self) -> impl Iterator<Item = &R> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Plain(_) => None,
            Segment::Ref(reference) => Some(reference),
        })
    }

    /// The string, if it contains no reference.
    pub fn as_plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference, if the text consists of a single one.
    pub fn as_reference(&self) -> Option<&R> {
        match self.0.as_slice() {
            [Segment::Ref(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Takes the string out, if the text is plain.
    pub(crate) fn take_plain(&mut self) -> Option<String> {
        match self.0.as_mut_slice() {
            [] => Some(String::new()),
            [Segment::Plain(plain)] => Some(std::mem::take(plain)),
            _ => None,
        }
    }

    /// Its approximate memory use.
    pub(crate) fn size(&self) -> usize {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Plain(text) => text.len(),
            Segment::Ref(_) => size_of::<Segment<R>>(),
        });
        parts.sum()
    }

    /// The text with each reference replaced by the result of `f`.
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
    /// Its secrets, in order.
    pub fn secrets(&self) -> impl Iterator<Item = &Arc<Secret>> {
        self.references().filter_map(AsSecret::as_secret)
    }

    /// Whether it contains a secret.
    pub fn is_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// Whether it contains a secret that is derived from the project key.
    pub fn needs_key(&self) -> bool {
        self.secrets().any(|secret| secret.external().is_none())
    }
}

impl Text {
    /// The components whose host or port it contains.
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
