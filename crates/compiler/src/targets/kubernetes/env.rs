//! Environment variables of containers, and strings that the kubelet expands: variables, commands,
//! arguments.
//!
//! In these, and in the commands of probes, the kubelet replaces `$(NAME)` with the value of a
//! variable and `$$` with `$`. A secret or another value from an object becomes a helper variable
//! if it is part of a longer string, which then refers to the variable. In probes, the kubelet
//! expands only variables with a plain value.

use indexmap::{IndexMap, IndexSet};

use super::objects::{EnvSource, EnvVar, KeySelector};
use super::reference::{Open, OpenText};
use crate::ir::{Container, Holder, Ref, Segment, Text};

/// The helper variables that a container needs in addition to its declared ones.
pub(super) struct Environment<'a> {
    container: &'a Container,
    helpers: IndexMap<Held<'a>, String>,
}

/// A value in an object of the cluster, which can reach a container only as a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Held<'a> {
    holder: Holder,
    object: &'a str,
    key: &'a str,
}

impl<'a> Held<'a> {
    fn of(reference: &'a Ref) -> Option<Self> {
        match reference {
            Ref::Secret(secret) => Some(Self {
                holder: Holder::Secret,
                object: &secret.object,
                key: &secret.name,
            }),
            Ref::KeyRef(deferred) => Some(Self {
                holder: deferred.holder,
                object: &deferred.object,
                key: &deferred.key,
            }),
            Ref::Env { .. }
            | Ref::Host(_)
            | Ref::Port { .. }
            | Ref::Variable(_)
            | Ref::Parameter(_) => None,
        }
    }

    /// The value, if it is the whole string.
    fn alone(text: &'a Text) -> Option<Self> {
        text.as_reference().and_then(Self::of)
    }

    /// The variable with this value.
    fn variable(self, name: &str) -> EnvVar {
        let selector = KeySelector {
            name: self.object.to_owned(),
            key: self.key.to_owned(),
        };
        let (mut secret_key_ref, mut config_map_key_ref) = (None, None);
        match self.holder {
            Holder::Secret => secret_key_ref = Some(selector),
            Holder::Config => config_map_key_ref = Some(selector),
        }
        EnvVar {
            name: name.to_owned(),
            value: None,
            value_from: Some(EnvSource {
                config_map_key_ref,
                secret_key_ref,
            }),
        }
    }

    /// An unused name for a variable with this value.
    fn helper(self, taken: &mut IndexSet<String>) -> String {
        let mut name: String = format!("{}_{}", self.object, self.key)
            .chars()
            .map(|character| match character {
                letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
                _ => '_',
            })
            .collect();
        while name.starts_with(|first: char| first.is_ascii_digit()) || taken.contains(&name) {
            name.insert(0, '_');
        }
        taken.insert(name.clone());
        name
    }
}

impl<'a> Environment<'a> {
    /// Collects the values that can reach the strings of a container only as variables.
    pub(super) fn new(container: &'a Container) -> Self {
        let mixed = container.variables.values();
        let mixed = mixed.filter(|text| Held::alone(text).is_none());
        let commands = container.command.iter().chain(&container.args).flatten();
        let held: IndexSet<Held> = mixed
            .chain(commands)
            .flat_map(Text::references)
            .filter_map(Held::of)
            .collect();
        let mut taken: IndexSet<String> = container.variables.keys().cloned().collect();
        let helpers = held
            .into_iter()
            .map(|held| (held, held.helper(&mut taken)))
            .collect();
        Self { container, helpers }
    }

    /// The variables. Those that others refer to come first, since the kubelet expands only
    /// variables that are defined earlier.
    pub(super) fn variables(&self) -> Vec<EnvVar> {
        let helpers = self.helpers.iter();
        let own = self.container.variables.iter();
        helpers
            .map(|(held, name)| held.variable(name))
            .chain(own.map(|(name, text)| match Held::alone(text) {
                Some(held) => held.variable(name),
                None => EnvVar {
                    name: name.clone(),
                    value: Some(self.expanded(text)),
                    value_from: None,
                },
            }))
            .collect()
    }

    /// The string with escapes, so that the kubelet expands it to the original.
    pub(super) fn expanded(&self, text: &Text) -> OpenText {
        escaped(text, |reference| match (Held::of(reference), reference) {
            (Some(held), _) => {
                let name = self.helpers.get(&held);
                name.map(|name| variable(name)).unwrap_or_default()
            }
            (None, Ref::Variable(name)) => variable(name),
            (None, other) => Open::text(other),
        })
    }
}

/// The string with its plain parts escaped, so that expansion restores them.
pub(super) fn escaped(text: &Text, mut of: impl FnMut(&Ref) -> OpenText) -> OpenText {
    let mut written = OpenText::new();
    for (index, segment) in text.segments().iter().enumerate() {
        match segment {
            Segment::Ref(reference) => written.append(of(reference)),
            Segment::Plain(plain) => {
                let behind = &text.segments()[index + 1..];
                let mut escaped = String::with_capacity(plain.len());
                escape(plain, Behind::of(behind), &mut escaped);
                written.push_str(&escaped);
            }
        }
    }
    written
}

/// The properties of the string after a plain part that affect its escaping.
#[derive(Debug, Clone, Copy, Default)]
struct Behind {
    /// Whether it starts with a reference that the kubelet expands, or with a value that could
    /// complete one.
    refers: bool,
    /// Whether it contains a `)`.
    closes: bool,
}

impl Behind {
    fn of(segments: &[Segment]) -> Self {
        // A variable with an unknown value can start and end with any character.
        let expands = |segment: &Segment| match segment {
            Segment::Ref(Ref::Variable(_) | Ref::Secret(_) | Ref::KeyRef(_) | Ref::Env { .. }) => {
                true
            }
            Segment::Ref(Ref::Host(_) | Ref::Port { .. } | Ref::Parameter(_))
            | Segment::Plain(_) => false,
        };
        let closes = |segment: &Segment| match segment {
            Segment::Plain(plain) => plain.contains(')'),
            Segment::Ref(_) => expands(segment),
        };
        Self {
            refers: segments.first().is_some_and(expands),
            closes: segments.iter().any(closes),
        }
    }
}

fn variable(name: &str) -> OpenText {
    Open::Variable(name.to_owned()).into()
}

/// Escapes a plain string with as few `$` as possible, so that its expansion is the original.
///
/// The kubelet (`third_party/forked/golang/expansion`) reads `$$` as `$`, and `$(` as a reference
/// if a `)` follows later. Any other `$` is kept, but the next byte is decoded as a character,
/// which damages characters outside ASCII.
fn escape(plain: &str, behind: Behind, out: &mut String) {
    let last_close = plain.rfind(')');
    for (at, character) in plain.char_indices() {
        out.push(character);
        if character != '$' {
            continue;
        }
        let needs_escape = match plain[at + 1..].chars().next() {
            None => behind.refers,
            Some('$') => true,
            Some('(') => behind.closes || last_close > Some(at),
            Some(next) => !next.is_ascii(),
        };
        if needs_escape {
            out.push('$');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Behind, escape, escaped};
    use crate::ir::{Ref, Text};

    /// Expands a string like the kubelet, with a single variable `V` whose value is `value`.
    fn expand(written: &str) -> Vec<u8> {
        let bytes = written.as_bytes();
        let mut expanded = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at + 1..];
            let close = rest.iter().position(|byte| *byte == b')');
            match (bytes[at], rest.first()) {
                (b'$', Some(b'$')) => {
                    expanded.push(b'$');
                    at += 2;
                }
                (b'$', Some(b'(')) if close.is_none() => {
                    expanded.extend(b"$(");
                    at += 2;
                }
                (b'$', Some(b'(')) => {
                    let end = close.unwrap_or_default();
                    // Any other name can belong to a variable that the cluster adds.
                    let known = &rest[1..end] == b"V";
                    expanded.extend_from_slice(if known { b"value" } else { b"?????" });
                    at += 2 + end;
                }
                (b'$', Some(next)) => {
                    expanded.push(b'$');
                    expanded.extend(char::from(*next).to_string().bytes());
                    at += 2;
                }
                (byte, _) => {
                    expanded.push(byte);
                    at += 1;
                }
            }
        }
        expanded
    }

    /// All strings of up to six relevant characters.
    fn texts() -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut start = 0;
        for _ in 0..6 {
            let end = texts.len();
            for index in start..end {
                for character in ['$', '(', ')', 'V', 'é'] {
                    texts.push(format!("{}{character}", texts[index]));
                }
            }
            start = end;
        }
        texts
    }

    #[test]
    fn every_text_arrives_as_it_was_meant() {
        for text in texts() {
            let mut alone = String::new();
            escape(&text, Behind::default(), &mut alone);
            assert_eq!(expand(&alone), text.as_bytes(), "{text} as {alone}");

            let mut before = Text::from(text.as_str());
            before.push_ref(Ref::Variable("V".to_owned()));
            let before = escaped(&before, |_| "$(V)".into());
            let before = before.as_plain().unwrap_or_default();
            let meant = format!("{text}value");
            assert_eq!(expand(before), meant.as_bytes(), "{text} as {before}");
        }
    }

    #[test]
    fn no_dollar_is_doubled_without_need() {
        for text in texts().into_iter().filter(|text| text.len() < 6) {
            let mut written = String::new();
            escape(&text, Behind::default(), &mut written);
            for (at, _) in written.match_indices('$') {
                let mut shorter = written.clone();
                shorter.remove(at);
                assert_ne!(expand(&shorter), text.as_bytes(), "{written} for {text}");
            }
        }
    }
}
