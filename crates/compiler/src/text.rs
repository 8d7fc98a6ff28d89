//! Text whose references are still typed: a password, a host name or a variable of the
//! environment stays what it is until a target writes it down. Not: how a target writes it.

use std::sync::Arc;

use score_spec::Value;

/// A text with references in it. Two neighbours are never both plain, and no part is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(Vec<Segment>);

/// A tree whose texts may hold references: what outputs, params and rendered documents are made of.
pub type Tree = Value<Text>;

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text that stands for itself.
    Plain(String),
    /// A generated secret. Only [`Text::reveal`] makes its value.
    Secret(Arc<Secret>),
    /// The variable of that name in the environment of whoever runs the project.
    Env(String),
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
}

/// Identifies a generated secret. Its value follows from this and the project key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret {
    /// The uid of the resource that it belongs to.
    pub resource: String,
    /// The name that the resource's objects have in every target: a DNS label.
    pub object: String,
    /// The secret's name within the resource: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Its length in characters.
    pub length: usize,
    /// The characters it is made of: printable ASCII other than blank, `"`, `'`, `\`, `$` and `#`,
    /// so that every target can write it without quoting.
    pub alphabet: String,
    /// How often it has been rotated.
    pub rotation: u64,
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
            (_, segment) => self.0.push(segment),
        }
    }

    /// Appends plain text.
    pub fn push_str(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Segment::Plain(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Segment::Plain(text.to_owned())),
        }
    }

    /// Appends all parts of another text.
    pub fn append(&mut self, other: Text) {
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

    /// How much memory it takes, more or less.
    pub(crate) fn size(&self) -> usize {
        let parts = self.0.iter().map(|segment| match segment {
            Segment::Plain(text) => text.len(),
            _ => size_of::<Segment>(),
        });
        parts.sum()
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
