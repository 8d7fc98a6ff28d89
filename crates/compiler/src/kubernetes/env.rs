//! Variables of containers, and texts that the kubelet expands: variables, commands, arguments.
//!
//! In those, and in the commands of probes, the kubelet replaces `$(NAME)` by a variable and `$$` by
//! `$`. A secret or another value of the cluster inside a longer text becomes a variable of its own, which the text refers to; in
//! probes the kubelet knows only variables with a plain value.

use indexmap::{IndexMap, IndexSet};

use super::cluster::Cluster;
use super::objects::{EnvSource, EnvVar, KeySelector};
use crate::{Container, Holder, Segment, Text};

/// The variables that a container needs beside its own.
pub(super) struct Environment<'a> {
    cluster: &'a Cluster<'a>,
    container: &'a Container,
    helpers: IndexMap<Held<'a>, String>,
}

/// A value that an object of the cluster holds, which only a variable can bring into a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Held<'a> {
    holder: Holder,
    object: &'a str,
    key: &'a str,
}

impl<'a> Held<'a> {
    fn of(segment: &'a Segment) -> Option<Self> {
        match segment {
            Segment::Secret(secret) => Some(Self {
                holder: Holder::Secret,
                object: &secret.object,
                key: &secret.name,
            }),
            Segment::Deferred(deferred) => Some(Self {
                holder: deferred.holder,
                object: &deferred.object,
                key: &deferred.key,
            }),
            _ => None,
        }
    }

    /// The value that is the whole text.
    fn alone(text: &'a Text) -> Option<Self> {
        text.as_single().and_then(Self::of)
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

    /// A free name for a variable with this value.
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
    /// Finds the values that only a variable can bring into the texts of a container.
    pub(super) fn new(cluster: &'a Cluster<'a>, container: &'a Container) -> Self {
        let mixed = container.variables.values();
        let mixed = mixed.filter(|text| Held::alone(text).is_none());
        let commands = container.command.iter().chain(&container.args).flatten();
        let held: IndexSet<Held> = mixed
            .chain(commands)
            .flat_map(Text::segments)
            .filter_map(Held::of)
            .collect();
        let mut taken: IndexSet<String> = container.variables.keys().cloned().collect();
        let helpers = held
            .into_iter()
            .map(|held| (held, held.helper(&mut taken)))
            .collect();
        Self {
            cluster,
            container,
            helpers,
        }
    }

    /// The variables: first those that others refer to, since the kubelet knows a variable only
    /// behind its definition.
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

    /// How to write a text so that its expansion is the text.
    pub(super) fn expanded(&self, text: &Text) -> String {
        let text = self.cluster.resolve(text);
        let mut written = String::new();
        let last = text.segments().len().saturating_sub(1);
        for (index, segment) in text.segments().iter().enumerate() {
            match segment {
                Segment::Plain(plain) => escape(plain, index < last, &mut written),
                Segment::Variable(name) => refer(name, &mut written),
                Segment::Secret(_) | Segment::Deferred(_) => {
                    let held = Held::of(segment);
                    if let Some(name) = held.and_then(|held| self.helpers.get(&held)) {
                        refer(name, &mut written);
                    }
                }
                Segment::Env { .. } | Segment::Host(_) | Segment::Port { .. } => {}
            }
        }
        written
    }
}

/// How to write plain text so that its expansion is the text.
pub(super) fn escaped(plain: &str) -> String {
    let mut written = String::with_capacity(plain.len());
    escape(plain, false, &mut written);
    written
}

fn refer(name: &str, out: &mut String) {
    out.push_str("$(");
    out.push_str(name);
    out.push(')');
}

/// Writes plain text so that its expansion is the text, with no more `$` than that needs.
///
/// The kubelet (`third_party/forked/golang/expansion`) reads `$$` as `$`, takes `$(` for a
/// reference if a `)` comes later, and leaves any other `$` alone, except that it takes the byte
/// behind it for a character, which spoils one that is not ASCII.
fn escape(plain: &str, reference_follows: bool, out: &mut String) {
    let last_close = plain.rfind(')');
    for (at, character) in plain.char_indices() {
        out.push(character);
        if character != '$' {
            continue;
        }
        let needs_escape = match plain[at + 1..].chars().next() {
            None => reference_follows,
            Some('$') => true,
            Some('(') => reference_follows || last_close > Some(at),
            Some(next) => !next.is_ascii(),
        };
        if needs_escape {
            out.push('$');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, refer};

    /// What the kubelet makes of a text, with one variable `V` that is `value`.
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
                    // Any name may belong to a variable that the cluster adds.
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

    /// Every text of up to six characters that matter.
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
            escape(&text, false, &mut alone);
            assert_eq!(expand(&alone), text.as_bytes(), "{text} as {alone}");

            let mut before = String::new();
            escape(&text, true, &mut before);
            refer("V", &mut before);
            let meant = format!("{text}value");
            assert_eq!(expand(&before), meant.as_bytes(), "{text} as {before}");
        }
    }

    #[test]
    fn no_dollar_is_doubled_without_need() {
        for text in texts().into_iter().filter(|text| text.len() < 6) {
            let mut written = String::new();
            escape(&text, false, &mut written);
            for (at, _) in written.match_indices('$') {
                let mut shorter = written.clone();
                shorter.remove(at);
                assert_ne!(expand(&shorter), text.as_bytes(), "{written} for {text}");
            }
        }
    }
}
